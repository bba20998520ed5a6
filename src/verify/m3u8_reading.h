/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A playlist while it is read, and what only its own rules ask of it. */
#ifndef HLSGEN_VERIFY_M3U8_READING_H
#define HLSGEN_VERIFY_M3U8_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify/m3u8.h"
#include "verify/m3u8_lex.h"
#include "verify/m3u8_tags.h"

/** EXT-X-DEFINE (bis 4.4.2.3). */
struct m3u8_variable {
    struct m3u8_text name;
    struct m3u8_text value; /**< data NULL: not in this playlist */
};

/** What low latency needs beside parts; -1 where nothing is said. */
struct m3u8_control {
    int64_t part_target, part_hold_back, hold_back, skip_until; /**< nanoseconds */
    int line;                                                   /**< of EXT-X-SERVER-CONTROL */
    int part_inf_line;
    int hints;     /**< EXT-X-PRELOAD-HINT of TYPE=PART */
    int hint_line; /**< of the first */
};

struct m3u8_reading {
    const char *place;
    struct findings *findings;
    struct m3u8 playlist;
    int seen[TAGS]; /**< how often */
    int line;       /**< that is read */
    int64_t version_needed;
    const char *needed_for;
    size_t segment_room, part_room, variant_room, rendition_room;
    struct m3u8_variable *variables;
    size_t variable_count, variable_room;
    size_t made_size; /**< bytes of text with variables replaced */
    int failure;      /**< of doing so: -EFBIG, -ENOMEM */

    /* of media playlists */
    struct m3u8_segment next; /**< that the tags are gathered for */
    bool has_extinf;
    bool has_vague_map; /**< the one that applies cannot be told, which has been filed */
    bool hides_map;     /**< the EXT-X-KEY that applies is of METHOD=AES-128 */
    bool has_tags;      /**< one that belongs to it alone */
    struct m3u8_part *parts;
    size_t part_count;
    struct m3u8_control control;
    int64_t skipped;  /**< EXT-X-SKIP */
    int64_t total_ns; /**< of all EXTINF */

    /* of multivariant ones */
    bool wants_uri;
};

/** What must be right, wherever @p line (0: the playlist as a whole) is. */
void m3u8_file(const struct m3u8_reading *reading, enum rule_id rule, int line, const char *wanted,
               const char *found, ...) __attribute__((format(printf, 5, 6)));

/** There is something in it that EXT-X-VERSION has to allow (7). */
void m3u8_need_version(struct m3u8_reading *reading, int64_t version, const char *what);

/** A list of attributes, variables replaced; what is wrong with it is filed under @p rule. */
struct m3u8_attributes m3u8_read_list(struct m3u8_reading *reading, enum m3u8_tag tag,
                                      struct m3u8_text list, enum rule_id rule);

/** One more element of @p size in an array that grows. @return where it is, zeroed; NULL: no memory
 */
void *m3u8_add(void **array, size_t *count, size_t *room, size_t size);

/** EXT-X-DEFINE: a variable from here on. What fails is kept in reading->failure. */
void m3u8_variables_define(struct m3u8_reading *reading, const struct m3u8_attributes *attributes);

/** Puts values in the place of references in @p text, for the life of the model; likewise. Of what
 * has no value here the reference stays. */
void m3u8_variables_replace(struct m3u8_reading *reading, struct m3u8_text *text);

/** Frees all text that was made for @p playlist. */
void m3u8_variables_finish(struct m3u8 *playlist);

/** A tag, or a URI, of a media playlist. @return 0, -EFBIG or -ENOMEM */
int m3u8_media_tag(struct m3u8_reading *reading, enum m3u8_tag tag, struct m3u8_text value,
                   const struct m3u8_line *line);
/** @param uri of the line, variables replaced */
int m3u8_media_uri(struct m3u8_reading *reading, struct m3u8_text uri,
                   const struct m3u8_line *line);

/** What can be said only when all of it has been read. */
void m3u8_media_end(struct m3u8_reading *reading);

/** A tag, or a URI, of a multivariant playlist. @return 0, -EFBIG or -ENOMEM */
int m3u8_multivariant_tag(struct m3u8_reading *reading, enum m3u8_tag tag, struct m3u8_text value);
int m3u8_multivariant_uri(struct m3u8_reading *reading, struct m3u8_text uri);

/** Before any other tag, and before the end, the URI of a variant must have come. */
void m3u8_multivariant_settle(struct m3u8_reading *reading);

/** The rules about a media playlist that has been read. */
void rules_playlist_judge(struct m3u8_reading *reading);

/** Those about parts: low latency (bis B.1). */
void rules_parts_judge(const struct m3u8_reading *reading);

/** Those about one EXT-X-STREAM-INF or EXT-X-MEDIA, the last that was read, and about all. */
void rules_multivariant_judge_variant(const struct m3u8_reading *reading,
                                      const struct m3u8_attributes *attributes);
void rules_multivariant_judge_rendition(const struct m3u8_reading *reading,
                                        const struct m3u8_attributes *attributes);
void rules_multivariant_judge(const struct m3u8_reading *reading);

#endif
