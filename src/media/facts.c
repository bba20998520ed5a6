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
#include "media/container.h"
#include "media/h264.h"

#define CYCLES       3
#define IFRAME_BOXES 512

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

/* What is sent in the course of time. */
struct rates {
    int64_t peak;
    int64_t bytes;
    int64_t us;
};

static void add(struct rates *rates, int64_t bytes, int64_t us)
{
    int64_t rate = rate_of(bytes, us);

    rates->peak = rates->peak > rate ? rates->peak : rate;
    rates->bytes += bytes;
    rates->us += us;
}

/* Of any video: the channel has brought the picture by its decode time, VIDEO_LEAD_MS after the
 * segment's first byte (ISO 13818-1 2.4.2); in fragmented MP4 with boxes around it. */
static int64_t iframe_bound(int64_t segment_bytes, int64_t us)
{
    return segment_bytes * VIDEO_LEAD_MS * 1000 / us + IFRAME_BOXES;
}

static int64_t iframe_bytes(const struct cycle *cycle, int64_t index)
{
    const struct template *template = &cycle->templates[index % cycle->length];
    size_t start;

    return (int64_t) template->container->find_picture(template->bytes, template->size, &start);
}

void facts_measure(const struct cycle *cycle, const struct timeline *line, bool alike,
                   struct rendition_facts *ret)
{
    struct rates whole = {0};
    struct rates iframes = {0};

    for (int64_t i = 0; i < CYCLES * cycle->length; i++) {
        int64_t bytes = (int64_t)cycle_segment_size(cycle, i);
        int64_t us = timeline_segment_us(line, i);

        add(&whole, bytes, us);
        if (!line->sound)
            add(&iframes, alike ? iframe_bytes(cycle, i) : iframe_bound(bytes, us), us);
    }
    ret->bandwidth = whole.peak;
    ret->average_bandwidth = rate_of(whole.bytes, whole.us);
    ret->iframe_bandwidth = iframes.peak;
    ret->iframe_average = alike && iframes.us > 0 ? rate_of(iframes.bytes, iframes.us) : 0;
}
