/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/measured.h"

static char stream_path[] = "stream.m3u8", segment_path[] = "segment";

void measured_make(struct stream *stream, struct stream_segment *segments, int64_t pts)
{
    *stream = (struct stream){.path = stream_path, .segments = segments, .segment_count = MEASURED};
    stream->version.playlist.target = 2;
    for (int i = 0; i < MEASURED; i++) {
        segments[i] = (struct stream_segment){
            .path = segment_path,
            .number = i,
            .duration_ns = 2 * SECOND,
            .decimals = 6,
            .date_ns = 2 * SECOND * i,
            .range = {.size = -1},
            .measured = true,
            .media = {.container = SEGMENT_TS, .bytes = 100000},
        };
        segments[i].media.video = (struct segment_track){
            .units = 50,
            .first_pts = pts + INT64_C(180000) * i,
            .end_pts = pts + INT64_C(180000) * (i + 1),
            .unit_num = 3600,
            .unit_den = 1,
        };
    }
}
