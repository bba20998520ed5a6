/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/cycle.h"

#include <errno.h>
#include <libavutil/error.h>
#include <stdlib.h>
#include <string.h>

#include "media/align.h"
#include "media/container.h"
#include "media/mux.h"
#include "media/video_fill.h"

/* The muxed segments of a run, as they come. */
struct stack {
    const struct container *container;
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

/* ---- muxing ---------------------------------------------------------------------------------- */

static int keep_muxed(void *arg, int64_t index, const uint8_t *bytes, size_t size)
{
    struct stack *stack = arg;

    report(stack->source);
    return stack->container->keep(&stack->muxed[index - stack->first], bytes, size);
}

static int stack_init(struct stack *ret, const struct cycle_source *source, int64_t first,
                      int64_t count)
{
    struct mux_source media = {source->line, source->video, source->audio};

    *ret = (struct stack){
        .container = container_of(source->preset),
        .source = source,
        .muxed = calloc((size_t)count, sizeof(*ret->muxed)),
        .first = first,
        .count = count,
    };
    return ret->muxed ? ret->container->mux(&media, first, count, keep_muxed, ret) : -ENOMEM;
}

static void stack_finish(struct stack *stack)
{
    for (int64_t i = 0; stack->muxed && i < stack->count; i++)
        buffer_finish(&stack->muxed[i]);
    free(stack->muxed);
}

/* ---- sizes ----------------------------------------------------------------------------------- */

/* Which segments have one size: those of equal video, or else of equally much sound. */
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

static void find_sizes(const struct stack *stack, size_t *sizes)
{
    for (int64_t i = 0; i < stack->count; i++) {
        size_t *size = &sizes[size_class(stack, i)];

        report(stack->source);
        *size = stack->container->fit(stack->source, stack->first + i, &stack->muxed[i], *size);
    }
}

/* Gives the first of the stack's segments that is left its size, and makes it a template. */
static int make_template(const struct stack *stack, int64_t i, size_t size,
                         struct template *ret_template)
{
    const struct cycle_source *source = stack->source;
    struct buffer *muxed = &stack->muxed[i];
    uint8_t *bytes = malloc(size);

    if (!bytes)
        return -ENOMEM;
    report(source);
    if (stack->container->place(source, stack->first + i, muxed, size, bytes) < 0) {
        free(bytes);
        return AVERROR_BUG;
    }
    buffer_finish(muxed);
    return template_init(ret_template, stack->container, bytes, size, stack->first + i,
                         source->line, source->video);
}

/* ---- the cycle ------------------------------------------------------------------------------- */

static void count_sent(struct cycle *cycle, int64_t i)
{
    for (int pid = 0; pid < TEMPLATE_PIDS; pid++) {
        cycle->sent[i][pid] = cycle->sent_in_cycle[pid];
        cycle->sent_in_cycle[pid] += cycle->templates[i].payloads[pid];
    }
}

static int make_templates(const struct stack *stack, struct cycle *cycle)
{
    size_t *sizes = calloc((size_t)count_classes(stack->source), sizeof(*sizes));
    int result = sizes ? 0 : -ENOMEM;

    if (sizes)
        find_sizes(stack, sizes);
    for (int64_t i = 0; i < cycle->length && result == 0; i++) {
        result = make_template(stack, i, sizes[size_class(stack, i)], &cycle->templates[i]);
        if (result == 0)
            count_sent(cycle, i);
    }
    free(sizes);
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
    return template_of(cycle, index)->size;
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
        result = make_template(&stack, 0, model->size, &other);
    stack_finish(&stack);
    /* Counters of the segments behind it go on as from the model. */
    for (int pid = 0; pid < TEMPLATE_PIDS && result == 0; pid++) {
        if (other.payloads[pid] % ALIGN_PACKETS != model->payloads[pid] % ALIGN_PACKETS)
            result = AVERROR_BUG;
    }
    if (result == 0) {
        patch(cycle, &other, source->line, index);
        memcpy(to, other.bytes, other.size);
    }
    template_finish(&other);
    return result;
}
