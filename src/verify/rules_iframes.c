/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * I-frame playlists beside their media. An entry is measured by itself, as a player reads it; that
 * its picture is whole, and not cut, is seen in the segment of which it is a part, if that begins
 * with an IDR picture of H.264.
 */
#include "verify/rules_iframes.h"

#include <string.h>

#include "verify/measure.h"

/* The segment of another stream that is the resource of which @p entry is a part, or NULL. */
static const struct stream_segment *find_resource(const struct presentation *presentation,
                                                  const struct stream_segment *entry)
{
    for (size_t i = 0; i < presentation->stream_count; i++) {
        const struct stream *stream = &presentation->streams[i];
        const struct stream_segment *segment = measure_find(stream, entry->number);

        if (!stream->version.playlist.iframes_only && segment && segment->measured &&
            segment->range.size < 0 && segment->path && strcmp(segment->path, entry->path) == 0)
            return segment;
    }
    return NULL;
}

/* Whether it ends before the first I-frame of its resource does. */
static bool is_cut(const struct presentation *presentation, const struct stream_segment *entry)
{
    const struct stream_segment *resource = find_resource(presentation, entry);
    int64_t end;

    if (!resource || entry->range.size < 0)
        return false;
    end = resource->media.iframe.offset + resource->media.iframe.size;
    return entry->range.offset < end && entry->range.offset + entry->range.size < end;
}

/* Whether the first picture of it is all there, as far as can be told. */
static bool is_whole(const struct presentation *presentation, const struct stream_segment *entry)
{
    const struct segment_iframe *iframe = &entry->media.iframe;

    return iframe->size > 0 ? !is_cut(presentation, entry) : iframe->may_open;
}

/* RFC 8216 4.3.3.6: "each Media Segment in the Playlist describes a single I-frame". */
static void judge_stream(const struct presentation *presentation, const struct stream *stream,
                         struct findings *findings)
{
    for (size_t i = 0; i < stream->segment_count; i++) {
        const struct stream_segment *segment = &stream->segments[i];
        const struct segment *media = &segment->media;
        const char *wrong = NULL;

        if (!segment->path || (!segment->measured && media->bytes == 0))
            continue;
        if (!is_whole(presentation, segment))
            wrong = "no whole I-frame";
        else if (media->video.units != 1)
            wrong = "more pictures than one";
        if (!wrong)
            findings_check(findings, RULE_MV_IFRAME);
        else
            findings_add(findings, RULE_MV_IFRAME, segment->path,
                         "one I-frame, whole, in each byte range", "%lld bytes at %lld: %s",
                         (long long)segment->range.size, (long long)segment->range.offset, wrong);
    }
}

void rules_iframes_judge(const struct presentation *presentation, struct findings *findings)
{
    for (size_t i = 0; i < presentation->stream_count; i++) {
        if (presentation->streams[i].version.playlist.iframes_only)
            judge_stream(presentation, &presentation->streams[i], findings);
    }
}
