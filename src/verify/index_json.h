/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the index.json of a folder says of the segments in it (doc/index-json.md). */
#ifndef HLSGEN_VERIFY_INDEX_JSON_H
#define HLSGEN_VERIFY_INDEX_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sha256.h"
#include "verify/findings.h"

/** That of the folder looked at last. Zero-initialised: of none. */
struct index_json {
    char *folder; /**< path beneath the directory, "" or with a slash at its end; NULL: none */
    struct json_t *segments; /**< by name; NULL: there is no index.json of this format */
};

/** What is said of a segment. */
struct index_claim {
    int64_t size; /**< bytes */
    bool has_sha256;
    uint8_t sha256[SHA256_SIZE];
};

/**
 * Looks for the segment @p path in the index.json beside it, which is read when it is the first of
 * its folder. What is wrong with the file is filed under IX_PARSE.
 *
 * @param ret_claim filled if there is one
 * @return 1: there is one; 0: nothing is said of it; -ENODATA: the index.json that there is does
 * not have it; -ENOMEM
 */
int index_json_find(struct index_json *index, int folder, const char *path,
                    struct findings *findings, struct index_claim *ret_claim);

/** Frees what was read; it will be read again. */
void index_json_finish(struct index_json *index);

#endif
