/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One folder's index is held at a time: a playlist has all its segments in one folder, mostly. An
 * index.json of another format is somebody else's, and nothing is said of it.
 */
#include "verify/index_json.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "verify/folder.h"

#define INDEX_MAX ((size_t)64 << 20) /* bytes: of a day of segments of a second it has 26 MB */

static void file_fault(struct findings *findings, const char *place, const char *found)
{
    findings_add(findings, RULE_IX_PARSE, place, "what doc/index-json.md says", "%s", found);
}

static bool is_ours(const json_t *root)
{
    const char *format = json_string_value(json_object_get(root, "format"));

    return format && strcmp(format, "hlsgen-index") == 0 &&
           json_integer_value(json_object_get(root, "version")) == 1;
}

/* The member "segments" of @p text, a reference that the caller owns; NULL: it is not ours. */
static json_t *parse(const struct buffer *text, const char *path, struct findings *findings)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)text->data, text->size, JSON_REJECT_DUPLICATES, &error);
    json_t *segments = NULL;

    if (!root) {
        findings_add(findings, RULE_IX_PARSE, path, "JSON", "line %d: %s", error.line, error.text);
        return NULL;
    }
    if (is_ours(root)) {
        findings_check(findings, RULE_IX_PARSE);
        segments = json_incref(json_object_get(root, "segments"));
        if (!json_is_object(segments)) {
            file_fault(findings, path, "it has no object \"segments\"");
            json_decref(segments);
            segments = NULL;
        }
    }
    json_decref(root);
    return segments;
}

/* Reads the index.json of the folder of @p length bytes that @p path begins with. */
static int load(struct index_json *index, int folder, const char *path, size_t length,
                struct findings *findings)
{
    struct buffer text = {0};
    char *name;
    int result;

    index_json_finish(index);
    index->folder = strndup(path, length);
    if (!index->folder || asprintf(&name, "%sindex.json", index->folder) < 0)
        return -ENOMEM;
    result = folder_read_whole(folder, name, 0, -1, INDEX_MAX, &text);
    if (result == 0)
        index->segments = parse(&text, name, findings);
    else if (result != -ENOENT && result != -ENOMEM)
        file_fault(findings, name, folder_explain(result));
    buffer_finish(&text);
    free(name);
    return result == -ENOMEM ? result : 0;
}

static bool read_sha256(const char *text, uint8_t ret[SHA256_SIZE])
{
    if (strlen(text) != 2 * SHA256_SIZE || strspn(text, "0123456789abcdef") != 2 * SHA256_SIZE)
        return false;
    for (int i = 0; i < SHA256_SIZE; i++) {
        const char digits[] = {text[2 * i], text[2 * i + 1], '\0'};

        ret[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return true;
}

/* @return whether @p entry has what it must */
static bool read_claim(const json_t *entry, struct index_claim *ret)
{
    const json_t *size = json_object_get(entry, "size");
    const json_t *digest = json_object_get(entry, "sha256");
    struct index_claim claim = {
        .size = json_integer_value(size),
        .has_sha256 = json_is_string(digest),
    };

    if (!json_is_integer(size) || claim.size < 0)
        return false;
    if (claim.has_sha256 && !read_sha256(json_string_value(digest), claim.sha256))
        return false;
    if (!claim.has_sha256 && digest && !json_is_null(digest))
        return false;
    *ret = claim;
    return true;
}

int index_json_find(struct index_json *index, int folder, const char *path,
                    struct findings *findings, struct index_claim *ret_claim)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    const json_t *entry;
    int result = 0;

    if (!index->folder || strlen(index->folder) != length ||
        memcmp(index->folder, path, length) != 0)
        result = load(index, folder, path, length, findings);
    if (result < 0 || !index->segments)
        return result;
    entry = json_object_get(index->segments, path + length);
    if (!entry)
        return -ENODATA;
    if (read_claim(entry, ret_claim))
        return 1;
    file_fault(findings, path, "its entry has no size, or a digest that is none");
    return 0;
}

void index_json_finish(struct index_json *index)
{
    json_decref(index->segments);
    free(index->folder);
    *index = (struct index_json){0};
}
