/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/index.h"

#include "base/clock.h"
#include "hls/playlist.h"
#include "timeline/timeline.h"

#define FORMAT  "hlsgen-index"
#define VERSION 1

size_t index_size(int64_t count)
{
    return INDEX_HEAD_SIZE + (size_t)count * INDEX_LINE_SIZE + INDEX_LINE_SIZE;
}

/* ---- model to text --------------------------------------------------------------------------- */

static char *put_map(char *at, uint64_t map)
{
    char name[PLAYLIST_MAP_NAME_SIZE];

    playlist_map_name(map, name);
    return put_text(put_json_string(put_json_key(at, "map"), name), ",\n");
}

size_t index_write_head(const struct index_head *head, char text[INDEX_HEAD_SIZE])
{
    const struct index_stream *stream = &head->stream;
    char *at = text;

    at = put_text(at, "{\n");
    at = put_text(put_json_string(put_json_key(at, "format"), FORMAT), ",\n");
    at = put_text(put_json_field(at, "version", VERSION), ",\n");
    at = put_text(put_json_string(put_json_key(at, "generator"), "hlsgen " HLSGEN_VERSION), ",\n");
    at = put_text(put_json_string(put_json_key(at, "preset"), stream->preset), ",\n");
    at = put_json_key(at, "rendition");
    at = stream->rendition[0] ? put_json_string(at, stream->rendition) : put_text(at, "null");
    at = put_text(at, ",\n");
    at = put_json_field(at, "stream", stream->number > 0 ? stream->number : INDEX_UNKNOWN);
    at = put_text(at, ",\n");
    at = put_text(put_json_field(at, "target_duration", head->target), ",\n");
    at = put_json_field(at, "window", head->window > 0 ? head->window : INDEX_UNKNOWN);
    at = put_text(at, ",\n");
    at = put_text(put_json_date(put_json_key(at, "epoch"), head->epoch), ",\n");
    if (head->map)
        at = put_map(at, head->map);
    at = put_text(put_json_key(at, "segments"), "{");
    return (size_t)(at - text);
}

static int64_t whole_us(int64_t ns)
{
    return ns / NS_PER_US - (ns % NS_PER_US < 0);
}

/* As the two dates tell it. */
static int64_t slip_us(const struct index_segment *segment)
{
    if (segment->published == INDEX_UNKNOWN || segment->due == INDEX_UNKNOWN)
        return INDEX_UNKNOWN;
    return whole_us(segment->published) - whole_us(segment->due);
}

static char *put_publication(char *at, const struct index_segment *segment)
{
    static const char *const answers[] = {
        [INDEX_NO] = "false",
        [INDEX_YES] = "true",
        [INDEX_NOT_KNOWN] = "null",
    };

    at = put_json_date(put_text(at, ",\"published\":"), segment->published);
    at = put_json_number(put_text(at, ",\"slip_us\":"), slip_us(segment));
    return put_text(put_text(at, ",\"stand_by\":"), answers[segment->stand_by]);
}

static char *put_digest(char *at, const uint8_t *digest)
{
    char text[SHA256_TEXT_SIZE];

    at = put_text(at, ",\"sha256\":");
    if (!digest)
        return put_text(at, "null");
    sha256_text(digest, text);
    return put_json_string(at, text);
}

size_t index_write_segment(const struct index_head *head, const struct index_segment *segment,
                           bool first, char text[INDEX_LINE_SIZE])
{
    int64_t ticks = segment->ticks;
    char name[PLAYLIST_SEGMENT_NAME_SIZE];
    char *at = put_text(text, first ? "\n" : ",\n");

    playlist_segment_name(segment->number, head->map, name);
    at = put_text(put_json_key(at, name), "{");
    at = put_json_field(at, "number", segment->number);
    at = put_json_number(put_text(at, ",\"index\":"), segment->index);
    at = put_json_number(put_text(at, ",\"size\":"), segment->size);
    at = put_json_seconds(put_text(at, ",\"duration\":"), segment->duration_us);
    at = put_json_number(put_text(at, ",\"pts\":"),
                         ticks == INDEX_UNKNOWN ? ticks : ticks % TIMELINE_PTS_MODULUS);
    at = put_json_date(put_text(at, ",\"due\":"), segment->due);
    if (!head->finite)
        at = put_publication(at, segment);
    if (head->hashed)
        at = put_digest(at, segment->digest);
    at = put_text(at, "}");
    return (size_t)(at - text);
}

size_t index_write_end(char text[INDEX_LINE_SIZE])
{
    return (size_t)(put_text(text, "\n}\n}\n") - text);
}
