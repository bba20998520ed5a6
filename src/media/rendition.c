/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/rendition.h"

#include <errno.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/sha.h>
#include <stdlib.h>

#include "media/audio.h"
#include "media/layout.h"
#include "media/mux.h"
#include "media/pattern.h"
#include "media/template.h"
#include "media/ts.h"
#include "media/video.h"
#include "media/video_fill.h"

enum {
    COUNTER_MODULUS = 16,
};

struct rendition {
    const struct timeline *line;
    int64_t cycle;
    int64_t packets;                /* of a segment */
    struct template *templates;     /* cycle of them */
    int64_t (*sent)[TEMPLATE_PIDS]; /* payloads before each segment of the cycle */
    int64_t sent_in_cycle[TEMPLATE_PIDS];
};

/* What only the making needs. */
struct workshop {
    const struct progress *progress;
    struct audio audio;
    struct video video;
    struct buffer *muxed; /* the muxer's packets, one buffer for each segment of the cycle */
    int64_t first;        /* index of the first of them */
};

size_t rendition_segment_bound(const struct preset *preset, const struct timeline *line)
{
    int64_t payload = TS_PACKET - 4;
    int64_t duration_ms = timeline_duration_us(line) / 1000;
    int64_t sounds = timeline_audio_first(line, 1) + 1;
    int64_t sound_bytes = preset->audio.bitrate * TIMELINE_AAC_SAMPLES / 8 / TIMELINE_SAMPLE_RATE;
    int64_t packets = video_segment_bytes(line, preset->video.bitrate) / payload;

    packets += 2 * line->frames; /* headers and the unfilled last packets */
    packets += sounds * (1 + (sound_bytes + 22) / payload);
    packets += duration_ms / 20 + 16; /* PCR-only packets, PAT and PMT */
    return (size_t)packets * TS_PACKET;
}

int64_t rendition_cycle_of(const struct preset *preset, const struct timeline *line)
{
    return timeline_lcm(pattern_cycle(preset), timeline_audio_cycle(line, audio_period(preset)));
}

/* All video has been encoded. */
static void report_packing(const struct workshop *workshop)
{
    progress_step(workshop->progress, workshop->video.count, workshop->video.count);
}

static int keep_muxed(void *arg, int64_t index, const uint8_t *packets, size_t size)
{
    struct workshop *workshop = arg;
    struct buffer *muxed = &workshop->muxed[index - workshop->first];
    int result = buffer_reserve(muxed, size);

    report_packing(workshop);
    return result < 0 ? result : buffer_append(muxed, packets, size);
}

/* The number of packets that every segment of the cycle can be laid out on. */
static int64_t find_packets(const struct timeline *line, const struct workshop *workshop,
                            int64_t cycle)
{
    int64_t packets = 0;

    for (int64_t i = 0; i < cycle; i++) {
        const struct buffer *muxed = &workshop->muxed[i];
        int64_t lacking;

        report_packing(workshop);
        do {
            lacking = layout_place(line, muxed->data, muxed->size, packets, NULL);
            packets += lacking;
        } while (lacking > 0);
    }
    return packets;
}

static int make_template(struct rendition *rendition, const struct workshop *workshop, int64_t i)
{
    const struct buffer *muxed = &workshop->muxed[i];
    uint8_t *bytes = malloc(rendition_segment_size(rendition));
    int result;

    if (!bytes)
        return -ENOMEM;
    if (layout_place(rendition->line, muxed->data, muxed->size, rendition->packets, bytes) != 0) {
        free(bytes);
        return AVERROR_BUG;
    }
    result = template_init(&rendition->templates[i], bytes, rendition->packets, workshop->first + i,
                           rendition->line, &workshop->video);
    if (result < 0)
        return result;
    for (int pid = 0; pid < TEMPLATE_PIDS; pid++) {
        rendition->sent[i][pid] = rendition->sent_in_cycle[pid];
        rendition->sent_in_cycle[pid] += rendition->templates[i].payloads[pid];
    }
    return 0;
}

static int make_templates(struct rendition *rendition, struct workshop *workshop)
{
    struct mux_source source = {rendition->line, &workshop->video, &workshop->audio};
    size_t cycle = (size_t)rendition->cycle;
    int result;

    rendition->templates = calloc(cycle, sizeof(*rendition->templates));
    rendition->sent = calloc(cycle, sizeof(*rendition->sent));
    workshop->muxed = calloc(cycle, sizeof(*workshop->muxed));
    if (!rendition->templates || !rendition->sent || !workshop->muxed)
        return -ENOMEM;
    /* Not segment 0, whose decode times may be negative, but one with the same counters. */
    workshop->first = COUNTER_MODULUS * rendition->cycle;
    result = mux_segments(&source, workshop->first, rendition->cycle, keep_muxed, workshop);
    buffer_finish(&workshop->video.bytes); /* the units are still asked for their times */
    rendition->packets = result < 0 ? 0 : find_packets(rendition->line, workshop, rendition->cycle);
    for (int64_t i = 0; i < rendition->cycle && result >= 0; i++) {
        report_packing(workshop);
        result = make_template(rendition, workshop, i);
        buffer_finish(&workshop->muxed[i]);
    }
    return result;
}

static void workshop_finish(struct workshop *workshop, int64_t cycle)
{
    audio_finish(&workshop->audio);
    video_finish(&workshop->video);
    for (int64_t i = 0; workshop->muxed && i < cycle; i++)
        buffer_finish(&workshop->muxed[i]);
    free(workshop->muxed);
}

static int make(const struct preset *preset, struct rendition *rendition, struct workshop *workshop,
                struct error *err)
{
    const struct timeline *line = rendition->line;
    int result = audio_encode(preset, workshop->progress, &workshop->audio, err);

    if (result < 0)
        return result;
    result = video_encode(preset, line, workshop->progress, &workshop->video, err);
    if (result < 0)
        return result;
    result = make_templates(rendition, workshop);
    if (result == -ERANGE)
        return error_set(err, result, EX_DATAERR,
                         "a frame of %s would arrive after its decode time: raise its bitrate",
                         preset->name);
    if (result < 0)
        return error_set(err, result, EX_SOFTWARE, "libavformat cannot mux %s: %s", preset->name,
                         av_err2str(result));
    return 0;
}

int rendition_make(const struct preset *preset, const struct timeline *line,
                   const struct progress *progress, struct rendition **ret, struct error *err)
{
    struct rendition *rendition = calloc(1, sizeof(*rendition));
    struct workshop workshop = {.progress = progress};
    int result;

    if (!rendition)
        return error_set(err, -ENOMEM, EX_OSERR, "out of memory");
    rendition->line = line;
    rendition->cycle = rendition_cycle_of(preset, line);
    result = make(preset, rendition, &workshop, err);
    workshop_finish(&workshop, rendition->cycle);
    if (result < 0) {
        (void)rendition_free(rendition);
        return result;
    }
    *ret = rendition;
    return 0;
}

size_t rendition_segment_size(const struct rendition *rendition)
{
    return (size_t)rendition->packets * TS_PACKET;
}

int64_t rendition_cycle(const struct rendition *rendition)
{
    return rendition->cycle;
}

const uint8_t *rendition_segment(struct rendition *rendition, int64_t index)
{
    int64_t class = index % rendition->cycle;
    struct template *template = &rendition->templates[class];
    int64_t counters[TEMPLATE_PIDS];

    for (int pid = 0; pid < TEMPLATE_PIDS; pid++)
        counters[pid] =
            index / rendition->cycle * rendition->sent_in_cycle[pid] + rendition->sent[class][pid];
    template_patch(template, rendition->line, index, counters);
    return template->bytes;
}

int rendition_digest(struct rendition *rendition, const struct progress *progress,
                     uint8_t ret_digest[RENDITION_DIGEST_SIZE])
{
    const struct timeline *line = rendition->line;
    const int64_t numbers[] = {line->epoch,  line->rate_num,   line->rate_den,
                               line->frames, rendition->cycle, rendition->packets};
    struct AVSHA *sha = av_sha_alloc();

    if (!sha)
        return -ENOMEM;
    (void)av_sha_init(sha, 8 * RENDITION_DIGEST_SIZE);
    av_sha_update(sha, (const uint8_t *)numbers, sizeof(numbers));
    for (int64_t i = 0; i < rendition->cycle; i++) {
        progress_step(progress, 1, 1);
        av_sha_update(sha, rendition_segment(rendition, i), rendition_segment_size(rendition));
    }
    av_sha_final(sha, ret_digest);
    av_free(sha);
    return 0;
}

struct rendition *rendition_free(struct rendition *rendition)
{
    if (!rendition)
        return NULL;
    for (int64_t i = 0; rendition->templates && i < rendition->cycle; i++)
        template_finish(&rendition->templates[i]);
    free(rendition->templates);
    free(rendition->sent);
    free(rendition);
    return NULL;
}
