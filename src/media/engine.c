/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/engine.h"

#include <inttypes.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <stdlib.h>
#include <string.h>

#include "media/exact/exact.h"
#include "media/face.h"
#include "media/h264.h"
#include "media/pattern.h"
#include "media/video_fill.h"

struct engine {
    const struct preset *preset;
    const struct timeline *line;
    struct exact *exact;
    struct face *face; /* NULL: no clock */
    size_t idr_max;    /* bytes of an access unit */
    size_t p_max;
    uint8_t *unit;
    struct rendition_stream stream; /* what is being written */
    int64_t index;
    int64_t next;
    struct cells cells[2]; /* of the frame before and of this one, in turns */
};

static int draw_still(const struct preset *preset, AVFrame *frame)
{
    struct pattern *pattern;
    int result = pattern_new(preset, 0, &pattern);

    if (result < 0)
        return result;
    result = pattern_draw(pattern, frame);
    (void)pattern_free(pattern);
    return result;
}

static int make_exact(struct engine *engine, const struct cells_place *place)
{
    const struct preset *preset = engine->preset;
    struct pattern_color color = pattern_color_of(preset);
    struct exact_format format = {
        .width = preset->video.width,
        .height = preset->video.height,
        .rate_num = preset->video.rate.num,
        .rate_den = preset->video.rate.den,
        .bitrate = video_bitrate_range_of(preset).most,
        .primaries = (int)color.primaries,
        .transfer = (int)color.transfer,
        .matrix = (int)color.matrix,
    };
    AVFrame *frame = av_frame_alloc();
    struct exact_picture still;
    int result = frame ? draw_still(preset, frame) : AVERROR(ENOMEM);

    for (int i = 0; i < 3 && result == 0; i++) {
        still.planes[i] = frame->data[i];
        still.strides[i] = frame->linesize[i];
    }
    if (result == 0)
        result = exact_new(&format, &still, place, &engine->exact);
    av_frame_free(&frame);
    return result;
}

static int init(struct engine *engine)
{
    struct face_change change = {0};
    struct cells_place place;
    int result = 0;

    if (engine->preset->video.overlay == OVERLAY_CLOCK)
        result = face_new(engine->preset, &engine->face);
    if (result == 0 && engine->face) {
        place = face_place(engine->face);
        change = face_change_max(engine->face);
    }
    if (result == 0)
        result = make_exact(engine, engine->face ? &place : NULL);
    if (result < 0)
        return result;
    engine->idr_max = exact_idr_max(engine->exact);
    engine->p_max = exact_p_max(engine->exact, change.cells, change.macroblocks);
    engine->unit = malloc(engine->idr_max > engine->p_max ? engine->idr_max : engine->p_max);
    return engine->unit ? 0 : AVERROR(ENOMEM);
}

int engine_new(const struct preset *preset, const struct timeline *line, struct engine **ret,
               struct error *err)
{
    struct engine *engine = calloc(1, sizeof(*engine));
    int result = AVERROR(ENOMEM);

    if (engine) {
        engine->preset = preset;
        engine->line = line;
        result = init(engine);
    }
    if (result == 0) {
        *ret = engine;
        return 0;
    }
    (void)engine_free(engine);
    if (result == AVERROR(ENOMEM))
        return error_set(err, result, EX_OSERR, "out of memory");
    return error_set(err, result, EX_SOFTWARE, "libavfilter cannot draw the pattern of %s: %s",
                     preset->name, av_err2str(result));
}

struct engine *engine_free(struct engine *engine)
{
    if (!engine)
        return NULL;
    (void)exact_free(engine->exact);
    (void)face_free(engine->face);
    free(engine->unit);
    free(engine);
    return NULL;
}

/* ---- access units ---------------------------------------------------------------------------- */

void engine_begin(struct engine *engine, const struct rendition_stream *stream, int64_t index)
{
    engine->stream = *stream;
    engine->index = index;
    engine->next = 0;
}

static const struct cells *draw_cells(struct engine *engine, int64_t i)
{
    struct cells *cells = &engine->cells[i % 2];
    struct face_moment moment;

    if (!engine->face)
        return NULL;
    moment =
        face_moment_of(engine->face, engine->stream.line, engine->stream.number, engine->index, i);
    face_draw(engine->face, &moment, cells);
    return cells;
}

const uint8_t *engine_write(struct engine *engine, size_t *ret_size)
{
    int64_t i = engine->next++;
    const struct cells *cells = draw_cells(engine, i);
    const struct cells *before = engine->face ? &engine->cells[(i + 1) % 2] : NULL;

    *ret_size = i == 0 ? exact_write_idr(engine->exact, cells, engine->unit)
                       : exact_write_p(engine->exact, i, before, cells, engine->unit);
    return engine->unit;
}

/* ---- the cycle ------------------------------------------------------------------------------- */

/* Bytes that unit @p i takes before it is filled up: with a clock, those of the largest one. */
static size_t unit_size(const struct engine *engine, int64_t i, size_t written)
{
    size_t most = i == 0 ? engine->idr_max : engine->p_max;

    if (!engine->face)
        return written;
    return preset_has_filler(engine->preset) ? most + H264_FILLER_MIN : most;
}

static int append_unit(struct engine *engine, int64_t i, struct video *video)
{
    size_t written;
    const uint8_t *unit = engine_write(engine, &written);
    size_t size = unit_size(engine, i, written);
    size_t offset = video->bytes.size;
    uint8_t *place = buffer_extend(&video->bytes, size);

    if (!place)
        return AVERROR(ENOMEM);
    memcpy(place, unit, written);
    memset(place + written, 0, size - written);
    video->units[i] = (struct video_unit){.offset = offset, .size = size, .pts = i};
    video->count++;
    return 0;
}

static int append_segment(struct engine *engine, struct video *video)
{
    const struct rendition_stream stream = {.line = engine->line};
    int result = 0;

    engine_begin(engine, &stream, 0);
    for (int64_t i = 0; i < engine->line->frames && result == 0; i++)
        result = append_unit(engine, i, video);
    return result;
}

static bool fits(const struct video *video, const struct preset *preset,
                 const struct timeline *line)
{
    return video_excess(video, line, video_bytes_range_of(preset, line).least) <= 1000;
}

/* Tells the lowest bit rate that carries the video. */
static int refuse_bitrate(const struct engine *engine, const struct video *video, struct error *err)
{
    struct preset preset = *engine->preset;
    int64_t step = 1000;

    do {
        preset.video.bitrate += step - preset.video.bitrate % step;
    } while (!fits(video, &preset, engine->line));
    return error_set(
        err, AVERROR(EINVAL), EX_DATAERR,
        "[video] bitrate of %s is too low for its picture at %dx%d: %" PRId64 "kbit/s will do",
        preset.name, preset.video.width, preset.video.height, preset.video.bitrate / step);
}

int engine_make_video(struct engine *engine, struct video *ret_video, struct error *err)
{
    const struct preset *preset = engine->preset;
    int64_t segments = video_cycle(preset);
    struct video video = {
        .segments = 1,
        .anew = engine->face != NULL,
        .width = preset->video.width,
        .height = preset->video.height,
    };
    int result = AVERROR(ENOMEM);

    video.units = calloc((size_t)(segments * engine->line->frames), sizeof(*video.units));
    if (video.units)
        result = append_segment(engine, &video);
    if (result == 0 && !fits(&video, preset, engine->line))
        result = refuse_bitrate(engine, &video, err);
    if (result == 0)
        result = video_complete(&video, preset, engine->line, 0, segments);
    if (result == AVERROR(ENOMEM))
        (void)error_set(err, result, EX_OSERR, "out of memory");
    if (result < 0) {
        video_finish(&video);
        return result;
    }
    *ret_video = video;
    return 0;
}
