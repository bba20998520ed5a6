/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/cycle.h"

#include <errno.h>
#include <libavutil/error.h>
#include <stdlib.h>
#include <string.h>

#include "media/align.h"
#include "media/layout.h"
#include "media/mux.h"
#include "media/ts.h"
#include "media/video_fill.h"

enum {
    PAYLOAD = TS_PACKET - 4,
    PES_OVERHEAD = 19 + 8, /* of a picture: PES header with PTS and DTS, PCR */
};

/* The muxed packets of a run of segments, as they come. */
struct stack {
    const struct cycle_source *source;
    struct buffer *muxed; /* one buffer for each */
    int64_t first;        /* index of the first */
    int64_t count;
};

/* All video has been encoded. */
static void report(const struct cycle_source *source)
{
    int64_t frames = source->video ? source->video->count : 1;

    progress_step(source->progress, frames, frames);
}

int64_t cycle_length_of(const struct preset *preset, const struct timeline *line)
{
    int64_t video = preset_has_video(preset) ? video_cycle(preset) : 1;
    int64_t audio = preset_has_audio(preset) ? timeline_audio_cycle(line, audio_period(preset)) : 1;

    return timeline_lcm(video, audio);
}

/* ---- muxing ------------------------------------------------------------------------------------
 */

static int keep_muxed(void *arg, int64_t index, const uint8_t *packets, size_t size)
{
    struct stack *stack = arg;

    report(stack->source);
    return align_append(&stack->muxed[index - stack->first], packets, size);
}

static int stack_init(struct stack *ret, const struct cycle_source *source, int64_t first,
                      int64_t count)
{
    struct mux_source media = {source->line, source->video, source->audio};

    *ret = (struct stack){
        .source = source,
        .muxed = calloc((size_t)count, sizeof(*ret->muxed)),
        .first = first,
        .count = count,
    };
    return ret->muxed ? mux_segments(&media, first, count, keep_muxed, ret) : -ENOMEM;
}

static void stack_finish(struct stack *stack)
{
    for (int64_t i = 0; stack->muxed && i < stack->count; i++)
        buffer_finish(&stack->muxed[i]);
    free(stack->muxed);
}

/* ---- layout ------------------------------------------------------------------------------------
 */

static bool is_paced(const struct cycle_source *source)
{
    return source->video && source->preset->video.stuffing == STUFFING_NULL;
}

static int64_t count_others(const struct buffer *muxed)
{
    int64_t count = 0;

    for (size_t at = 0; at < muxed->size; at += TS_PACKET)
        count += ts_pid(muxed->data + at) != TS_PID_VIDEO;
    return count;
}

/* Where the size is not that of the packets there are: enough for any video of the declared size,
 * however it is spread over the pictures. */
static int64_t declared_packets(const struct cycle_source *source, int64_t index,
                                const struct buffer *muxed)
{
    const struct timeline *line = source->line;
    int64_t pictures = line->frames;
    int64_t bytes = video_segment_bytes(source->preset, line, index) + pictures * PES_OVERHEAD;

    return bytes / PAYLOAD + pictures + ALIGN_PACKETS + count_others(muxed) +
           timeline_duration_us(line) / (1000 * LAYOUT_PCR_INTERVAL_MS) + 2;
}

/* @return by how many packets to enlarge @p packets for the next try, or 0 */
static int64_t place(const struct stack *stack, int64_t i, int64_t packets, uint8_t *to)
{
    const struct cycle_source *source = stack->source;
    const struct buffer *muxed = &stack->muxed[i];

    return layout_place(source->line, stack->first + i, muxed->data, muxed->size, is_paced(source),
                        packets, to);
}

/* Enlarges @p packets until the segment can be laid out on them. Of sound alone PCR-only packets
 * are a large part, and the fewer there are in all, the fewer of these: one by one, then. */
static void fit(const struct stack *stack, int64_t i, int64_t *packets)
{
    bool sound = stack->source->line->sound;
    int64_t lacking;

    report(stack->source);
    while ((lacking = place(stack, i, *packets, NULL)) > 0)
        *packets += sound && *packets > 0 ? 1 : lacking;
}

/* Which segments have equally many packets: those of equal video, or else of equally much sound. */
static int64_t size_class(const struct stack *stack, int64_t i)
{
    const struct timeline *line = stack->source->line;

    if (!line->sound)
        return i % video_bitrate_cycle(stack->source->preset);
    return timeline_audio_first(line, i + 1) - timeline_audio_first(line, i) -
           timeline_audio_first(line, 1) + 1;
}

static int64_t count_classes(const struct cycle_source *source)
{
    return source->line->sound ? 2 : video_bitrate_cycle(source->preset);
}

static void find_packets(const struct stack *stack, int64_t *packets)
{
    const struct cycle_source *source = stack->source;
    bool declared = is_paced(source) || preset_is_aperiodic(source->preset);

    for (int64_t i = 0; i < stack->count; i++) {
        int64_t *entry = &packets[size_class(stack, i)];
        int64_t least = declared ? declared_packets(source, i, &stack->muxed[i]) : 0;

        *entry = *entry > least ? *entry : least;
        fit(stack, i, entry);
    }
}

/* Lays out the first of the stack's segments that is left, and makes it a template. */
static int make_template(const struct stack *stack, int64_t i, int64_t packets,
                         struct template *ret_template)
{
    const struct cycle_source *source = stack->source;
    struct buffer *muxed = &stack->muxed[i];
    uint8_t *bytes = malloc((size_t)packets * TS_PACKET);

    if (!bytes)
        return -ENOMEM;
    report(source);
    if (place(stack, i, packets, bytes) != 0) {
        free(bytes);
        return AVERROR_BUG;
    }
    buffer_finish(muxed);
    return template_init(ret_template, bytes, packets, stack->first + i, source->line,
                         source->video);
}

/* ---- the cycle ---------------------------------------------------------------------------------
 */

static void count_sent(struct cycle *cycle, int64_t i)
{
    for (int pid = 0; pid < TEMPLATE_PIDS; pid++) {
        cycle->sent[i][pid] = cycle->sent_in_cycle[pid];
        cycle->sent_in_cycle[pid] += cycle->templates[i].payloads[pid];
    }
}

static int make_templates(const struct stack *stack, struct cycle *cycle)
{
    int64_t *packets = calloc((size_t)count_classes(stack->source), sizeof(*packets));
    int result = packets ? 0 : -ENOMEM;

    if (packets)
        find_packets(stack, packets);
    for (int64_t i = 0; i < cycle->length && result == 0; i++) {
        result = make_template(stack, i, packets[size_class(stack, i)], &cycle->templates[i]);
        if (result == 0)
            count_sent(cycle, i);
    }
    free(packets);
    return result;
}

int cycle_make(const struct cycle_source *source, struct cycle *ret_cycle)
{
    struct cycle cycle = {.length = cycle_length_of(source->preset, source->line)};
    struct stack stack;
    /* Not segment 0, whose decode times may be negative, but one with the same counters. */
    int result = stack_init(&stack, source, ALIGN_PACKETS * cycle.length, cycle.length);

    if (source->video)
        buffer_finish(&source->video->bytes); /* the units are still asked for their times */
    cycle.templates = calloc((size_t)cycle.length, sizeof(*cycle.templates));
    cycle.sent = calloc((size_t)cycle.length, sizeof(*cycle.sent));
    if (result == 0)
        result = cycle.templates && cycle.sent ? make_templates(&stack, &cycle) : -ENOMEM;
    stack_finish(&stack);
    if (result < 0) {
        cycle_finish(&cycle);
        return result;
    }
    *ret_cycle = cycle;
    return 0;
}

void cycle_finish(struct cycle *cycle)
{
    for (int64_t i = 0; cycle->templates && i < cycle->length; i++)
        template_finish(&cycle->templates[i]);
    free(cycle->templates);
    free(cycle->sent);
    *cycle = (struct cycle){0};
}

static struct template *template_of(const struct cycle *cycle, int64_t index)
{
    return &cycle->templates[index % cycle->length];
}

size_t cycle_segment_size(const struct cycle *cycle, int64_t index)
{
    return (size_t)template_of(cycle, index)->packets * TS_PACKET;
}

static void patch(const struct cycle *cycle, struct template *template, const struct timeline *line,
                  int64_t index)
{
    int64_t counters[TEMPLATE_PIDS];

    for (int pid = 0; pid < TEMPLATE_PIDS; pid++)
        counters[pid] = index / cycle->length * cycle->sent_in_cycle[pid] +
                        cycle->sent[index % cycle->length][pid];
    template_patch(template, line, index, counters);
}

struct template *cycle_patch(struct cycle *cycle, const struct timeline *line, int64_t index)
{
    struct template *template = template_of(cycle, index);

    patch(cycle, template, line, index);
    return template;
}

int cycle_make_other(const struct cycle *cycle, const struct cycle_source *source, int64_t index,
                     uint8_t *to)
{
    const struct template *model = template_of(cycle, index);
    struct template other = {0};
    struct stack stack;
    int result = stack_init(&stack, source, index + ALIGN_PACKETS * cycle->length, 1);

    if (result == 0)
        result = make_template(&stack, 0, model->packets, &other);
    stack_finish(&stack);
    /* Counters of the segments behind it go on as from the model. */
    for (int pid = 0; pid < TEMPLATE_PIDS && result == 0; pid++) {
        if (other.payloads[pid] % ALIGN_PACKETS != model->payloads[pid] % ALIGN_PACKETS)
            result = AVERROR_BUG;
    }
    if (result == 0) {
        patch(cycle, &other, source->line, index);
        memcpy(to, other.bytes, (size_t)other.packets * TS_PACKET);
    }
    template_finish(&other);
    return result;
}
