/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bit rates are those that a client finds: the bytes of a segment over the duration that its
 * playlist says. That of AAC frames is rounded to microseconds, alike again after three of them
 * (64 ms), and so after three cycles.
 */
#include "media/facts.h"

#include <assert.h>
#include <stdio.h>

#include "media/aac.h"
#include "media/h264.h"

#define CYCLES 3

int facts_name_codecs(const struct video *video, const struct audio *audio,
                      char ret_codecs[RENDITION_CODECS_SIZE])
{
    uint8_t profile[H264_PROFILE_SIZE] = {0};
    char avc[] = "avc1.PPCCLL";
    char mp4a[] = "mp4a.40.TT";

    if (video) {
        const struct video_unit *first = &video->units[0];
        int result = h264_read_profile(video->bytes.data + first->offset, first->size, profile);

        if (result < 0)
            return result;
        (void)snprintf(avc, sizeof(avc), "avc1.%02x%02x%02x", profile[0], profile[1], profile[2]);
    }
    if (audio)
        (void)snprintf(mp4a, sizeof(mp4a), "mp4a.40.%d", aac_object_type(audio->config.data));
    (void)snprintf(ret_codecs, RENDITION_CODECS_SIZE, "%s%s%s", video ? avc : "",
                   video && audio ? "," : "", audio ? mp4a : "");
    return 0;
}

/* Rounded up. */
static int64_t rate_of(int64_t bytes, int64_t us)
{
    assert(us > 0);
    return (bytes * 8 * 1000000 + us - 1) / us;
}

void facts_measure(const struct cycle *cycle, const struct timeline *line,
                   struct rendition_facts *ret)
{
    int64_t sum_bytes = 0;
    int64_t sum_us = 0;
    int64_t peak = 0;

    for (int64_t i = 0; i < CYCLES * cycle->length; i++) {
        int64_t bytes = (int64_t)cycle_segment_size(cycle, i);
        int64_t us = timeline_segment_us(line, i);
        int64_t rate = rate_of(bytes, us);

        peak = peak > rate ? peak : rate;
        sum_bytes += bytes;
        sum_us += us;
    }
    ret->bandwidth = peak;
    ret->average_bandwidth = rate_of(sum_bytes, sum_us);
}
