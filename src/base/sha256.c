/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No header but this file knows libnettle: its state travels as bytes, copied in and out. That is
 * nothing beside what is hashed.
 */
#include "base/sha256.h"

#include <assert.h>
#include <nettle/sha2.h>
#include <nettle/version.h>
#include <string.h>

static_assert(sizeof(struct sha256_ctx) <= sizeof(struct sha256), "room for libnettle's state");

static void finish(struct sha256_ctx *context, uint8_t digest[SHA256_SIZE])
{
#if NETTLE_VERSION_MAJOR >= 4
    sha256_digest(context, digest);
#else
    sha256_digest(context, SHA256_SIZE, digest);
#endif
}

void sha256_begin(struct sha256 *sha)
{
    struct sha256_ctx context;

    sha256_init(&context);
    memcpy(sha->state, &context, sizeof(context));
}

void sha256_add(struct sha256 *sha, const void *data, size_t size)
{
    struct sha256_ctx context;

    memcpy(&context, sha->state, sizeof(context));
    sha256_update(&context, size, data);
    memcpy(sha->state, &context, sizeof(context));
}

void sha256_end(struct sha256 *sha, uint8_t ret_digest[SHA256_SIZE])
{
    struct sha256_ctx context;

    memcpy(&context, sha->state, sizeof(context));
    finish(&context, ret_digest);
    memcpy(sha->state, &context, sizeof(context));
}

void sha256_of(const void *data, size_t size, uint8_t ret_digest[SHA256_SIZE])
{
    struct sha256_ctx context;

    sha256_init(&context);
    sha256_update(&context, size, data);
    finish(&context, ret_digest);
}

void sha256_text(const uint8_t digest[SHA256_SIZE], char text[SHA256_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";

    for (int i = 0; i < SHA256_SIZE; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[2 * SHA256_SIZE] = '\0';
}
