/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 (FIPS 180-4), by libnettle, with the instructions that the processor has for it.
 * Allocates nothing and calls nothing of the system; each thread may hash with a state of its own.
 */
#ifndef HLSGEN_BASE_SHA256_H
#define HLSGEN_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum {
    SHA256_SIZE = 32,      /**< bytes of a digest */
    SHA256_TEXT_SIZE = 65, /**< room for it in hexadecimal, NUL included */
    SHA256_STATE_SIZE = 128,
};

/** A message of which not all has come yet. */
struct sha256 {
    uint8_t state[SHA256_STATE_SIZE];
};

void sha256_begin(struct sha256 *sha);

void sha256_add(struct sha256 *sha, const void *data, size_t size);

/** The digest of all that was added; @p sha is then as sha256_begin() leaves it. */
void sha256_end(struct sha256 *sha, uint8_t ret_digest[SHA256_SIZE]);

/** The digest of a message that is there as a whole. */
void sha256_of(const void *data, size_t size, uint8_t ret_digest[SHA256_SIZE]);

/** Writes @p digest as sha256sum(1) does: lower case, no blanks. */
void sha256_text(const uint8_t digest[SHA256_SIZE], char text[SHA256_TEXT_SIZE]);

#endif
