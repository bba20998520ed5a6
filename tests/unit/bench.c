/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/bench.h"

#include <stdlib.h>
#include <string.h>

#include "media/container.h"
#include "media/h264.h"
#include "tests/unit/suite.h"

static struct timeline line_of(const struct preset *preset)
{
    struct timeline line = timeline_make(0, preset->stream.segment_duration, preset->video.rate.num,
                                         preset->video.rate.den);

    line.sound = !preset_has_video(preset);
    line.media_start = container_media_start(preset);
    return line;
}

static void make_video(const struct preset *preset, const struct timeline *line,
                       struct engine **ret_engine, struct video *ret_video)
{
    struct error err = {0};

    if (preset->video.encoder == ENCODER_X264) {
        ck_assert_int_eq(video_encode(preset, line, NULL, ret_video, &err), 0);
        return;
    }
    ck_assert_int_eq(engine_new(preset, line, ret_engine, &err), 0);
    ck_assert_int_eq(engine_make_video(*ret_engine, ret_video, &err), 0);
}

/* A rendition keeps the address. */
static struct timeline *keep_line(const struct timeline *line)
{
    struct timeline *kept = malloc(sizeof(*kept));

    ck_assert_ptr_nonnull(kept);
    *kept = *line;
    return kept;
}

const struct audio *bench_audio(const struct bench *bench)
{
    return preset_has_audio(bench->preset) ? &bench->audio : NULL;
}

const struct video *bench_video(const struct bench *bench)
{
    return preset_has_video(bench->preset) ? &bench->video : NULL;
}

struct bench bench_make(const struct preset *preset)
{
    struct timeline line = line_of(preset);
    struct bench bench = {.preset = preset};
    struct error err = {0};

    if (preset_has_audio(preset))
        ck_assert_int_eq(audio_encode(preset, &line, NULL, &bench.audio, &err), 0);
    bench.line = keep_line(&line);
    ck_assert_msg(
        rendition_make(preset, bench.line, bench_audio(&bench), NULL, &bench.rendition, &err) == 0,
        "%s", err.text);
    if (preset_has_video(preset))
        make_video(preset, bench.line, &bench.engine, &bench.video);
    return bench;
}

void bench_draw(const struct bench *bench, int64_t index)
{
    const struct rendition_stream stream = {.number = BENCH_STREAM, .line = bench->line};
    struct video_unit *units =
        bench->video.units + index % bench->video.segments * bench->line->frames;

    engine_begin(bench->engine, &stream, index);
    for (int64_t i = 0; i < bench->line->frames; i++) {
        uint8_t *to = bench->video.bytes.data + units[i].offset;
        size_t size;
        const uint8_t *unit = engine_write(bench->engine, &size);

        memcpy(to, unit, size);
        if (preset_has_filler(bench->preset))
            h264_write_filler(to + size, units[i].size - size);
        else
            memset(to + size, 0, units[i].size - size);
    }
}

const uint8_t *bench_segment(const struct bench *bench, int64_t index)
{
    const struct rendition_stream stream = {.number = BENCH_STREAM, .line = bench->line};

    return rendition_segment(bench->rendition, &stream, index);
}

void bench_finish(struct bench *bench)
{
    (void)rendition_free(bench->rendition);
    (void)engine_free(bench->engine);
    audio_finish(&bench->audio);
    video_finish(&bench->video);
    free(bench->line);
}
