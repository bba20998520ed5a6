/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each segment is read once, in pieces: what is measured, hashed and counted of it is so on the
 * way. What cannot be read is filed under SG_AVAILABLE and nowhere else: to the reader it is a
 * discontinuity.
 */
#include "verify/stream.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "verify/folder.h"
#include "verify/uri.h"

enum {
    MAP_MAX = 16 << 20,
    HEAD_MAX = 348 * 188, /* of a segment, before its I-frame: there are PAT and PMT */
};

/* ---- versions of the playlist ---------------------------------------------------------------- */

int version_parse(struct run *run, const char *path, struct buffer *text, struct version *ret)
{
    struct version version = {.text = *text};
    int result = m3u8_read(path, (const char *)version.text.data, version.text.size, &run->findings,
                           &version.playlist);

    *text = (struct buffer){0};
    run->versions++;
    if (result < 0) {
        buffer_finish(&version.text);
        return result;
    }
    *ret = version;
    return 0;
}

int version_read(struct run *run, const char *path, struct version *ret)
{
    struct buffer text = {0};
    int result = folder_read_whole(run->folder, path, 0, -1, VERSION_MAX, &text);

    if (result == 0)
        result = version_parse(run, path, &text, ret);
    buffer_finish(&text);
    return result;
}

void version_finish(struct version *version)
{
    m3u8_finish(&version->playlist);
    buffer_finish(&version->text);
    *version = (struct version){0};
}

/* ---- one segment ----------------------------------------------------------------------------- */

/* @p result: of reading the file @p path. @return it */
static int judge_presence(struct run *run, const char *path, int result)
{
    if (result == 0)
        findings_check(&run->findings, RULE_SG_AVAILABLE);
    else if (result != -ENOMEM)
        findings_add(&run->findings, RULE_SG_AVAILABLE, path, "it can be read, whole", "%s",
                     folder_explain(result));
    return result;
}

static bool is_same_range(struct m3u8_range a, struct m3u8_range b)
{
    return a.offset == b.offset && a.size == b.size;
}

/* Gives the reader the initialization section @p map in @p path, which is taken over, unless it has
 * it. @return 0; a negative errno: it cannot have it, which has been filed or is -ENOKEY */
static int take_section(struct stream *stream, struct run *run, char *path,
                        const struct m3u8_map *map)
{
    struct m3u8_range range = map->range;
    struct buffer section = {0};
    int result;

    if (stream->map && strcmp(stream->map, path) == 0 && is_same_range(stream->map_range, range)) {
        free(path);
        return stream->map_result;
    }
    free(stream->map);
    stream->map = path;
    stream->map_range = range;
    result = folder_read_whole(run->folder, path, range.offset, range.size, MAP_MAX, &section);
    if (judge_presence(run, path, result) == 0)
        result = map->is_encrypted
                     ? -ENOKEY
                     : segment_reader_map(stream->reader, path, section.data, section.size);
    buffer_finish(&section);
    stream->map_result = result;
    return result;
}

/* As uri_resolve(); what leads nowhere is filed. @p line: of the segment that it is about */
static int resolve(const struct stream *stream, struct run *run, struct m3u8_text uri, int line,
                   char **ret_path)
{
    int result = uri_resolve(stream->path, uri, ret_path);

    if (result == -EREMOTE || result == -EXDEV)
        run->elsewhere++;
    if (result == -EINVAL)
        findings_add(&run->findings, RULE_SG_AVAILABLE, stream->path, "the name of a file",
                     "none in a URI for line %d", line);
    return result;
}

/* What the media of @p listed begin with, if they need something (RFC 8216 4.3.2.5, 4.3.3.6). */
static int take_map(struct stream *stream, struct run *run, const struct m3u8_segment *listed,
                    const struct stream_segment *segment)
{
    int64_t head = listed->range.offset < HEAD_MAX ? listed->range.offset : HEAD_MAX;
    struct m3u8_map before = {.range = {0, head}};
    char *path = NULL;
    int result;

    if (listed->map.uri.data) {
        result = resolve(stream, run, listed->map.uri, listed->line, &path);
        return result < 0 ? result : take_section(stream, run, path, &listed->map);
    }
    if (!stream->version.playlist.iframes_only || head == 0)
        return 0;
    path = strdup(segment->path);
    return path ? take_section(stream, run, path, &before) : -ENOMEM;
}

/* Reads the range, or the file as large as it was when it was opened: who appends to it does not
 * keep us. Hashes it if @p sha. @return how many bytes, or a negative errno */
static int64_t feed(struct run *run, const struct folder_file *file, struct m3u8_range range,
                    struct segment_reader *reader, struct sha256 *sha)
{
    int64_t left = range.size < 0 ? file->size : range.size;
    int64_t total = 0;

    while (total < left) {
        size_t wanted = left - total < RUN_PIECE ? (size_t)(left - total) : RUN_PIECE;
        int64_t got = folder_read(file, range.offset + total, run->piece, wanted);

        if (got < 0)
            return got;
        if (got == 0)
            break;
        segment_reader_feed(reader, run->piece, (size_t)got);
        if (sha)
            sha256_add(sha, run->piece, (size_t)got);
        total += got;
    }
    run->segments++;
    run->bytes += total;
    return total;
}

static int measure(struct stream *stream, struct run *run, struct stream_segment *segment,
                   const struct folder_file *file, bool hash, bool runs_on)
{
    struct sha256 sha;
    int64_t total;

    sha256_begin(&sha);
    segment_reader_begin(stream->reader, segment->path, !runs_on);
    total = feed(run, file, segment->range, stream->reader, hash ? &sha : NULL);
    segment_reader_end(stream->reader, &segment->media);
    sha256_end(&sha, segment->sha256);
    if (total < 0)
        return (int)total;
    if (total < segment->range.size)
        return -ENODATA;
    segment->media.bytes = total;
    segment->hashed = hash;
    segment->measured = segment->media.container != SEGMENT_UNKNOWN;
    return 0;
}

/* ---- one segment, beside index.json ---------------------------------------------------------- */

/* What index.json says of it; a size of -1: nothing. @return 0 or -ENOMEM */
static int find_claim(const struct stream *stream, struct run *run,
                      const struct stream_segment *segment, struct index_claim *ret_claim)
{
    int result;

    *ret_claim = (struct index_claim){.size = -1};
    if (segment->range.size >= 0 || stream->version.playlist.iframes_only)
        return 0;
    result = index_json_find(&run->index, run->folder, segment->path, &run->findings, ret_claim);
    if (result > 0)
        findings_check(&run->findings, RULE_IX_ENTRY);
    if (result == -ENODATA && stream->version.playlist.ended)
        findings_add(&run->findings, RULE_IX_ENTRY, segment->path, "an entry in index.json",
                     "there is none");
    return result == -ENOMEM ? result : 0;
}

/* @return whether it has the size that index.json has */
static bool judge_size(struct findings *findings, const struct stream_segment *segment,
                       const struct folder_file *file, const struct index_claim *claim)
{
    if (claim->size < 0 || claim->size == file->size)
        return true;
    findings_add(findings, RULE_SG_IMMUTABLE, segment->path, "the size that index.json has",
                 "%" PRId64 " bytes, not %" PRId64, file->size, claim->size);
    return false;
}

static void judge_digest(struct findings *findings, const struct stream_segment *segment,
                         const struct index_claim *claim)
{
    if (claim->has_sha256 && memcmp(claim->sha256, segment->sha256, SHA256_SIZE) != 0)
        findings_add(findings, RULE_SG_IMMUTABLE, segment->path, "the SHA-256 that index.json has",
                     "other bytes");
    else if (claim->size >= 0)
        findings_check(findings, RULE_SG_IMMUTABLE);
}

/* Measures it, unless it is seen not to be whole. */
static int read_whole(struct stream *stream, struct run *run, struct stream_segment *segment,
                      const struct folder_file *file, const struct index_claim *claim, bool runs_on)
{
    int result;

    if (!judge_size(&run->findings, segment, file, claim))
        return 0;
    result = measure(stream, run, segment, file, run->hashes || claim->has_sha256, runs_on);
    if (result == 0)
        judge_digest(&run->findings, segment, claim);
    return result;
}

/* ---- one segment, as it is listed ------------------------------------------------------------ */

/* One file is open at a time. @return 0: the segment is there, whole; or a negative errno */
static int read_segment(struct stream *stream, struct run *run, const struct m3u8_segment *listed,
                        struct stream_segment *segment, bool runs_on)
{
    int map = take_map(stream, run, listed, segment);
    struct index_claim claim;
    struct folder_file file;
    int result = map == -ENOMEM ? map : find_claim(stream, run, segment, &claim);

    if (result == 0)
        result = folder_open_file(run->folder, segment->path, &file);
    if (result != 0)
        return result;
    if (segment->range.size > file.size - segment->range.offset)
        result = -ENODATA;
    else if (listed->encrypted || listed->map.is_encrypted)
        run->encrypted++;
    else if (map == 0)
        result = read_whole(stream, run, segment, &file, &claim, runs_on);
    folder_close_file(&file);
    return result;
}

/* Reads what is listed as @p listed into @p segment. @return 0 or -ENOMEM */
static int take_segment(struct stream *stream, struct run *run, const struct m3u8_segment *listed,
                        struct stream_segment *segment, bool runs_on)
{
    int result = resolve(stream, run, listed->uri, listed->line, &segment->path);

    if (result == 0 && !listed->gap && !listed->is_vague)
        result =
            judge_presence(run, segment->path, read_segment(stream, run, listed, segment, runs_on));
    return result == -ENOMEM ? result : 0;
}

/* ---- partial segments (bis 4.4.4.9) ---------------------------------------------------------- */

/* @return 0: its bytes are there; or a negative errno */
static int find_part(const struct run *run, const char *path, struct m3u8_range range)
{
    struct folder_file file;
    int result = folder_open_file(run->folder, path, &file);

    if (result < 0)
        return result;
    if (range.size > file.size - range.offset)
        result = -ENODATA;
    folder_close_file(&file);
    return result;
}

/* @return 0 or -ENOMEM */
static int take_part(struct stream *stream, struct run *run, const struct m3u8_part *part)
{
    char *path = NULL;
    int result;

    if (part->gap || !part->uri.data)
        return 0;
    result = resolve(stream, run, part->uri, part->line, &path);
    if (result == 0)
        result = judge_presence(run, path, find_part(run, path, part->range));
    free(path);
    return result == -ENOMEM ? result : 0;
}

/* Looks for those that the versions before did not list. @return 0 or -ENOMEM */
static int take_parts(struct stream *stream, struct run *run)
{
    const struct m3u8 *playlist = &stream->version.playlist;
    int64_t first = playlist->segment_count > 0 ? playlist->segments[0].number : playlist->sequence;
    size_t place = 0;
    int result = 0;

    for (size_t i = 0; i < playlist->part_count && result == 0; i++) {
        const struct m3u8_part *part = &playlist->parts[i];
        int64_t number = first + (int64_t)part->segment;

        place = i > 0 && part[-1].segment == part->segment ? place + 1 : 0;
        if (number < stream->part_number ||
            (number == stream->part_number && place < stream->part_count))
            continue;
        stream->part_number = number;
        stream->part_count = place + 1;
        result = take_part(stream, run, part);
    }
    return result;
}

/* ---- the segments of a version --------------------------------------------------------------- */

static struct stream_segment *add(struct stream *stream, const struct m3u8_segment *listed)
{
    if (stream->segment_count == stream->segment_capacity) {
        size_t capacity = stream->segment_capacity * 2 + 16;
        struct stream_segment *segments =
            reallocarray(stream->segments, capacity, sizeof(*segments));

        if (!segments)
            return NULL;
        stream->segments = segments;
        stream->segment_capacity = capacity;
    }
    stream->segments[stream->segment_count] = (struct stream_segment){
        .number = listed->number,
        .discontinuity = listed->discontinuity,
        .breaks = listed->breaks,
        .duration_ns = listed->duration_ns,
        .is_untimed = listed->is_untimed,
        .decimals = listed->decimals,
        .date_ns = listed->date_ns,
        .date_jumps = listed->date_jumps,
        .range = listed->range,
    };
    return &stream->segments[stream->segment_count++];
}

/* Whether the media of the segment last added go on where those of the one before it end. */
static bool runs_on(const struct stream *stream)
{
    const struct stream_segment *last = &stream->segments[stream->segment_count - 1];

    return stream->segment_count > 1 && last[-1].measured && !last->breaks &&
           last->number == last[-1].number + 1 && !stream->version.playlist.iframes_only;
}

/* @return 0 or -ENOMEM */
static int make_reader(struct stream *stream, struct run *run)
{
    bool independent = stream->is_independent || stream->version.playlist.independent;
    struct findings *findings = &run->findings;

    if (stream->version.playlist.iframes_only) {
        stream->ignored = calloc(1, sizeof(*stream->ignored));
        findings = stream->ignored;
    }
    return findings ? segment_reader_new(findings, independent, &stream->reader) : -ENOMEM;
}

int stream_take(struct stream *stream, struct run *run, struct version *version)
{
    int64_t newest =
        stream->segment_count > 0 ? stream->segments[stream->segment_count - 1].number : INT64_MIN;
    const struct m3u8 *playlist = &stream->version.playlist;
    int result;

    version_finish(&stream->version);
    stream->version = *version;
    *version = (struct version){0};
    result = stream->reader ? 0 : make_reader(stream, run);
    index_json_finish(&run->index); /* a newer one tells of the new segments */
    for (size_t i = 0; i < playlist->segment_count && result == 0; i++) {
        const struct m3u8_segment *listed = &playlist->segments[i];
        struct stream_segment *segment;

        if (listed->number <= newest)
            continue;
        segment = add(stream, listed);
        result = segment ? take_segment(stream, run, listed, segment, runs_on(stream)) : -ENOMEM;
    }
    return result == 0 ? take_parts(stream, run) : result;
}

/* ---- lifetime -------------------------------------------------------------------------------- */

int stream_init(struct stream *ret, const char *path)
{
    struct stream stream = {.path = strdup(path)};

    if (!stream.path)
        return -ENOMEM;
    *ret = stream;
    return 0;
}

void stream_forget(struct stream *stream, size_t kept)
{
    size_t gone = stream->segment_count > kept ? stream->segment_count - kept : 0;

    for (size_t i = 0; i < gone; i++)
        free(stream->segments[i].path);
    if (gone > 0)
        memmove(stream->segments, &stream->segments[gone],
                (stream->segment_count - gone) * sizeof(*stream->segments));
    stream->segment_count -= gone;
}

void stream_finish(struct stream *stream)
{
    for (size_t i = 0; i < stream->segment_count; i++)
        free(stream->segments[i].path);
    free(stream->segments);
    free(stream->map);
    free(stream->path);
    stream->reader = segment_reader_free(stream->reader);
    free(stream->ignored);
    version_finish(&stream->version);
    *stream = (struct stream){0};
}
