/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/rendition.h"

#include <errno.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/sha.h>
#include <stdlib.h>
#include <string.h>

#include "media/audio.h"
#include "media/cycle.h"
#include "media/engine.h"
#include "media/face.h"
#include "media/slot.h"
#include "media/ts.h"
#include "media/video.h"
#include "media/video_fill.h"

struct rendition {
    const struct preset *preset;
    const struct timeline *line;
    struct cycle cycle;
    struct engine *engine; /* of the exact encoder, with a clock */
    struct slots *slots;   /* likewise: of each template */
    struct audio audio;    /* of an aperiodic preset */
    struct face *face;     /* likewise */
    int64_t bitrate;       /* that libx264 was to make of the cycle */
    uint8_t digest[RENDITION_DIGEST_SIZE];
    bool has_digest;
};

int64_t rendition_cycle_of(const struct preset *preset, const struct timeline *line)
{
    return cycle_length_of(preset, line);
}

size_t rendition_segment_bound(const struct preset *preset, const struct timeline *line)
{
    int64_t payload = TS_PACKET - 4;
    int64_t duration_ms = timeline_duration_us(line) / 1000;
    int64_t sounds = timeline_audio_first(line, 1) + 1;
    int64_t sound_bytes = preset->audio.bitrate * TIMELINE_AAC_SAMPLES / 8 / TIMELINE_SAMPLE_RATE;
    int64_t packets = video_bytes_range_of(preset, line).most / payload;

    packets += 2 * line->frames; /* headers and the unfilled last packets */
    packets += sounds * (1 + (sound_bytes + 22) / payload);
    packets += duration_ms / 20 + 32; /* PCR-only packets, PAT and PMT, even counters */
    return (size_t)packets * TS_PACKET;
}

int rendition_check(const struct preset *preset, struct error *err)
{
    if (preset->video.overlay != OVERLAY_CLOCK || face_fits(preset))
        return 0;
    return error_set(err, -EINVAL, EX_DATAERR,
                     "overlay = clock needs a picture of at least %dx%d, that of %s is %dx%d",
                     FACE_WIDTH_MIN, FACE_HEIGHT_MIN, preset->name, preset->video.width,
                     preset->video.height);
}

/* ---- making ------------------------------------------------------------------------------------
 */

static bool has_exact_clock(const struct preset *preset)
{
    return preset->video.encoder == ENCODER_EXACT && preset->video.overlay == OVERLAY_CLOCK;
}

static int make_video(struct rendition *rendition, const struct progress *progress,
                      struct video *ret_video, struct error *err)
{
    const struct preset *preset = rendition->preset;
    int result;

    if (preset->video.encoder == ENCODER_X264)
        return video_encode(preset, rendition->line, progress, ret_video, err);
    result = engine_new(preset, rendition->line, &rendition->engine, err);
    return result < 0 ? result : engine_make_video(rendition->engine, ret_video, err);
}

static int make_slots(struct rendition *rendition)
{
    int64_t length = rendition->cycle.length;
    int result = 0;

    rendition->slots = calloc((size_t)length, sizeof(*rendition->slots));
    if (!rendition->slots)
        return -ENOMEM;
    for (int64_t i = 0; i < length && result == 0; i++)
        result = slots_init(&rendition->slots[i], rendition->cycle.templates[i].bytes,
                            rendition->cycle.templates[i].packets, rendition->line->frames,
                            (enum preset_stuffing)rendition->preset->video.stuffing);
    return result;
}

/* What is not needed when the templates are there goes. */
static int make_templates(struct rendition *rendition, const struct cycle_source *source)
{
    int result = cycle_make(source, &rendition->cycle);

    if (result == 0 && has_exact_clock(rendition->preset))
        result = make_slots(rendition);
    else
        rendition->engine = engine_free(rendition->engine);
    if (result == 0 && preset_is_aperiodic(rendition->preset))
        result = face_new(rendition->preset, &rendition->face);
    else
        audio_finish(&rendition->audio);
    return result;
}

static int make(struct rendition *rendition, const struct progress *progress, struct video *video,
                struct error *err)
{
    const struct preset *preset = rendition->preset;
    const struct cycle_source source = {preset, rendition->line, &rendition->audio, video,
                                        progress};
    int result = audio_encode(preset, rendition->line, progress, &rendition->audio, err);

    if (result == 0)
        result = make_video(rendition, progress, video, err);
    if (result < 0)
        return result;
    rendition->bitrate = video->bitrate;
    result = make_templates(rendition, &source);
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
    struct video video = {0};
    int result;

    if (!rendition)
        return error_set(err, -ENOMEM, EX_OSERR, "out of memory");
    rendition->preset = preset;
    rendition->line = line;
    result = make(rendition, progress, &video, err);
    video_finish(&video);
    if (result < 0) {
        (void)rendition_free(rendition);
        return result;
    }
    *ret = rendition;
    return 0;
}

struct rendition *rendition_free(struct rendition *rendition)
{
    if (!rendition)
        return NULL;
    for (int64_t i = 0; rendition->slots && i < rendition->cycle.length; i++)
        slots_finish(&rendition->slots[i]);
    free(rendition->slots);
    (void)engine_free(rendition->engine);
    (void)face_free(rendition->face);
    audio_finish(&rendition->audio);
    cycle_finish(&rendition->cycle);
    free(rendition);
    return NULL;
}

/* ---- the function ------------------------------------------------------------------------------
 */

size_t rendition_segment_size(const struct rendition *rendition, int64_t index)
{
    return cycle_segment_size(&rendition->cycle, index);
}

size_t rendition_segment_max(const struct rendition *rendition)
{
    size_t most = 0;

    for (int64_t i = 0; i < rendition->cycle.length; i++) {
        size_t size = rendition_segment_size(rendition, i);

        most = most > size ? most : size;
    }
    return most;
}

int64_t rendition_cycle(const struct rendition *rendition)
{
    return rendition->cycle.length;
}

static void write_pictures(struct rendition *rendition, const struct rendition_stream *stream,
                           int64_t index, uint8_t *bytes)
{
    struct slots *slots = &rendition->slots[index % rendition->cycle.length];

    engine_begin(rendition->engine, stream, index);
    for (int64_t i = 0; i < rendition->line->frames; i++) {
        size_t size;
        const uint8_t *unit = engine_write(rendition->engine, &size);

        slots_write(slots, bytes, i, unit, size);
    }
}

const uint8_t *rendition_segment(struct rendition *rendition, const struct rendition_stream *stream,
                                 int64_t index)
{
    struct template *template = cycle_patch(&rendition->cycle, rendition->line, index);

    if (rendition->slots)
        write_pictures(rendition, stream, index, template->bytes);
    return template->bytes;
}

int rendition_encode(const struct rendition *rendition, const struct rendition_stream *stream,
                     int64_t index, const struct progress *progress, uint8_t *to)
{
    const struct video_clock clock = {rendition->face, stream->number, rendition->bitrate};
    struct video video = {0};
    const struct cycle_source source = {rendition->preset, stream->line, &rendition->audio, &video,
                                        NULL};
    struct error err;
    int result = video_encode_segment(rendition->preset, stream->line, index, &clock, progress,
                                      &video, &err);

    if (result == 0)
        result = cycle_make_other(&rendition->cycle, &source, index, to);
    video_finish(&video);
    return result;
}

/* ---- digest ------------------------------------------------------------------------------------
 */

/* Of the templates, with the clock of the only stream, and of what decides the pictures besides. */
static void digest_templates(struct rendition *rendition, struct AVSHA *sha,
                             const struct progress *progress)
{
    const struct rendition_stream stream = {.line = rendition->line};
    const struct preset *preset = rendition->preset;

    (void)av_sha_init(sha, 8 * RENDITION_DIGEST_SIZE);
    if (preset_is_aperiodic(preset))
        av_sha_update(sha, (const uint8_t *)preset->name, strlen(preset->name) + 1);
    for (int64_t i = 0; i < rendition->cycle.length; i++) {
        progress_step(progress, 1, 1);
        av_sha_update(sha, rendition_segment(rendition, &stream, i),
                      rendition_segment_size(rendition, i));
    }
    av_sha_final(sha, rendition->digest);
    rendition->has_digest = true;
}

int rendition_digest(struct rendition *rendition, const struct rendition_stream *stream,
                     const struct progress *progress, uint8_t ret_digest[RENDITION_DIGEST_SIZE])
{
    const struct timeline *line = stream->line;
    const int64_t numbers[] = {
        line->epoch,  line->rate_num,          line->rate_den,
        line->frames, rendition->cycle.length, stream->number,
    };
    struct AVSHA *sha = av_sha_alloc();

    if (!sha)
        return -ENOMEM;
    if (!rendition->has_digest)
        digest_templates(rendition, sha, progress);
    (void)av_sha_init(sha, 8 * RENDITION_DIGEST_SIZE);
    av_sha_update(sha, (const uint8_t *)numbers, sizeof(numbers));
    av_sha_update(sha, rendition->digest, sizeof(rendition->digest));
    av_sha_final(sha, ret_digest);
    av_free(sha);
    return 0;
}
