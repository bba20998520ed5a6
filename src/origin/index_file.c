/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text is made in pieces, on the stack: of a thousand streams none needs a buffer for it, nor
 * does one of a hundred thousand segments.
 */
#include "origin/index_file.h"

#include "origin/names.h"

enum {
    PIECE_SIZE = 12 * 1024, /* a window of 20 with digests in one write */
};

/* What is left to be written. */
struct pieces {
    const struct index_head *head;
    const struct index_source *source;
    enum { AT_HEAD, AT_SEGMENTS, AT_END } at;
    bool first;
    char text[PIECE_SIZE];
};

static size_t add_segments(struct pieces *pieces, size_t used)
{
    struct index_segment segment;

    while (sizeof(pieces->text) - used >= 2 * INDEX_LINE_SIZE) {
        if (!pieces->source->next(pieces->source->context, &segment)) {
            pieces->at = AT_END;
            return used + index_write_end(pieces->text + used);
        }
        used += index_write_segment(pieces->head, &segment, pieces->first, pieces->text + used);
        pieces->first = false;
    }
    return used;
}

static size_t next_piece(void *context, const void **ret_data)
{
    struct pieces *pieces = context;
    size_t used = 0;

    if (pieces->at == AT_HEAD) {
        used = index_write_head(pieces->head, pieces->text);
        pieces->at = AT_SEGMENTS;
    }
    if (pieces->at == AT_SEGMENTS)
        used = add_segments(pieces, used);
    *ret_data = pieces->text;
    return used;
}

int index_file_write(const struct fs *fs, const struct index_head *head,
                     const struct index_source *source, int64_t time)
{
    struct pieces pieces = {.head = head, .source = source, .first = true};
    const struct fs_pieces of = {next_piece, &pieces};
    struct fs_status left;
    int result = fs_write_pieces(fs, NAMES_INDEX_TMP, &of, time, &left);

    return result < 0 ? result : fs_put_in_place(fs, NAMES_INDEX_TMP, NAMES_INDEX);
}
