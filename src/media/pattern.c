/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each pattern is one source of libavfilter and the colour values it draws with. SMPTE and PAL bars
 * and the drawn-in-RGB sources come in BT.601 values at any size, SMPTE HD bars in BT.709; the VUI
 * must say the same, or players shift the colours.
 */
#include "media/pattern.h"

#include <inttypes.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <stdio.h>
#include <stdlib.h>

struct pattern {
    AVFilterGraph *graph;
    AVFilterContext *sink; /* owned by graph */
};

struct pattern_row {
    const char *source;
    const char *convert; /* how it gets to 4:2:0, when it does not draw in it */
    struct pattern_color color;
};

#define BT601_525                                                                                  \
    {                                                                                              \
        AVCOL_PRI_SMPTE170M, AVCOL_TRC_SMPTE170M, AVCOL_SPC_SMPTE170M                              \
    }
#define BT601_625                                                                                  \
    {                                                                                              \
        AVCOL_PRI_BT470BG, AVCOL_TRC_SMPTE170M, AVCOL_SPC_BT470BG                                  \
    }
#define BT709                                                                                      \
    {                                                                                              \
        AVCOL_PRI_BT709, AVCOL_TRC_BT709, AVCOL_SPC_BT709                                          \
    }

/* bitexact and accurate_rnd: the same pixels whatever vector instructions a machine has. */
#define RGB_TO_BT601                                                                               \
    ",scale=flags=bitexact+accurate_rnd+full_chroma_int"                                           \
    ":out_color_matrix=smpte170m:out_range=limited"

static const struct pattern_row patterns[] = {
    [PATTERN_SMPTEBARS] = {"smptebars", "", BT601_525},
    [PATTERN_SMPTEHDBARS] = {"smptehdbars", "", BT709},
    [PATTERN_PAL75BARS] = {"pal75bars", "", BT601_625},
    [PATTERN_TESTSRC] = {"testsrc", RGB_TO_BT601, BT601_525},
    [PATTERN_TESTSRC2] = {"testsrc2", "", BT601_525},
    [PATTERN_COLOR] = {"color", "", BT601_525},
};

static const struct pattern_row *row_of(const struct preset *preset)
{
    return &patterns[preset->video.pattern];
}

struct pattern_color pattern_color_of(const struct preset *preset)
{
    return row_of(preset)->color;
}

int64_t pattern_cycle(const struct preset *preset)
{
    return preset_is_animated(preset) ? preset->video.cycle / preset->stream.segment_duration : 1;
}

/* Frames are left out before they are converted, which costs more than to draw them. */
static void describe_graph(const struct preset *preset, int64_t first, char *text, size_t size)
{
    char color[32] = "";
    char skip[48] = "";

    if (preset->video.pattern == PATTERN_COLOR)
        (void)snprintf(color, sizeof(color), ":color=0x%06x", (unsigned)preset->video.color);
    if (first > 0 && preset_is_animated(preset))
        (void)snprintf(skip, sizeof(skip), ",trim=start_frame=%" PRId64, first);
    (void)snprintf(text, size, "%s=size=%dx%d:rate=%d/%d%s%s%s,format=yuv420p",
                   row_of(preset)->source, preset->video.width, preset->video.height,
                   preset->video.rate.num, preset->video.rate.den, color, skip,
                   row_of(preset)->convert);
}

/* Parses the description, adds a sink to its open end, and checks the formats. */
static int configure(struct pattern *pattern, const char *description)
{
    AVFilterInOut *inputs = NULL;
    AVFilterInOut *outputs = NULL;
    int result;

    avfilter_graph_set_auto_convert(pattern->graph, (unsigned)AVFILTER_AUTO_CONVERT_NONE);
    result = avfilter_graph_parse2(pattern->graph, description, &inputs, &outputs);
    if (result >= 0)
        result = avfilter_graph_create_filter(&pattern->sink, avfilter_get_by_name("buffersink"),
                                              "sink", NULL, NULL, pattern->graph);
    if (result >= 0)
        result = avfilter_link(outputs->filter_ctx, (unsigned)outputs->pad_idx, pattern->sink, 0);
    if (result >= 0)
        result = avfilter_graph_config(pattern->graph, NULL);
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    return result < 0 ? result : 0;
}

int pattern_new(const struct preset *preset, int64_t first, struct pattern **ret_pattern)
{
    struct pattern *pattern = calloc(1, sizeof(*pattern));
    char description[320];
    int result = AVERROR(ENOMEM);

    if (!pattern)
        return result;
    pattern->graph = avfilter_graph_alloc();
    if (!pattern->graph)
        goto fail;
    pattern->graph->nb_threads = 1; /* no thread may start under the system-call filter */
    describe_graph(preset, first, description, sizeof(description));
    result = configure(pattern, description);
    if (result < 0)
        goto fail;
    *ret_pattern = pattern;
    return 0;

fail:
    (void)pattern_free(pattern);
    return result;
}

int pattern_draw(struct pattern *pattern, AVFrame *frame)
{
    return av_buffersink_get_frame(pattern->sink, frame);
}

struct pattern *pattern_free(struct pattern *pattern)
{
    if (pattern)
        avfilter_graph_free(&pattern->graph);
    free(pattern);
    return NULL;
}
