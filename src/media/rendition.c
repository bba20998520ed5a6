/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/rendition.h"

#include <assert.h>
#include <errno.h>
#include <libavutil/error.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/sha256.h"
#include "media/audio.h"
#include "media/container.h"
#include "media/cycle.h"
#include "media/engine.h"
#include "media/face.h"
#include "media/facts.h"
#include "media/ts.h"
#include "media/video.h"

struct rendition {
    const struct preset *preset;
    const struct timeline *line;
    const struct container *container;
    struct cycle cycle;
    struct buffer init_section;     /* of fragmented MPEG-4 */
    struct engine *engine;          /* of the exact encoder, with a clock */
    union container_places *places; /* likewise: of each template */
    struct face *face;              /* of an aperiodic preset */
    struct audio audio;             /* likewise */
    bool has_audio;
    int64_t bitrate; /* that libx264 was to make of the cycle */
    uint8_t digest[RENDITION_DIGEST_SIZE];
    bool has_digest;
    char codecs[RENDITION_CODECS_SIZE];
};

int64_t rendition_cycle_of(const struct preset *preset, const struct timeline *line)
{
    return cycle_length_of(preset, line);
}

size_t rendition_segment_bound(const struct preset *preset, const struct timeline *line)
{
    return container_of(preset)->bound(preset, line);
}

int rendition_check(const struct preset *preset, struct error *err)
{
    if (!preset_has_video(preset) || preset->video.overlay != OVERLAY_CLOCK || face_fits(preset))
        return 0;
    return error_set(err, -EINVAL, EX_DATAERR,
                     "overlay = clock needs a picture of at least %dx%d, that of %s is %dx%d",
                     FACE_WIDTH_MIN, FACE_HEIGHT_MIN,
                     preset->rendition[0] ? preset->rendition : preset->name, preset->video.width,
                     preset->video.height);
}

/* ---- making ---------------------------------------------------------------------------------- */

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

static int find_places(struct rendition *rendition)
{
    const struct cycle *cycle = &rendition->cycle;
    int result = 0;

    rendition->places = calloc((size_t)cycle->length, sizeof(*rendition->places));
    if (!rendition->places)
        return -ENOMEM;
    for (int64_t i = 0; i < cycle->length && result == 0; i++)
        result = rendition->container->find_places(&cycle->templates[i], rendition->preset,
                                                   rendition->line, &rendition->places[i]);
    return result;
}

/* What is not needed when the templates are there goes. */
static int make_templates(struct rendition *rendition, const struct cycle_source *source)
{
    int result = cycle_make(source, &rendition->cycle);

    if (result == 0 && has_exact_clock(rendition->preset))
        result = find_places(rendition);
    else
        rendition->engine = engine_free(rendition->engine);
    return result;
}

static int make_init_section(struct rendition *rendition, const struct cycle_source *source)
{
    const struct mux_source media = {source->line, source->video, source->audio};

    if (!rendition->container->make_init_section)
        return 0;
    return rendition->container->make_init_section(&media, &rendition->init_section);
}

/* What segments that are encoded afresh are made of. */
static int keep_source(struct rendition *rendition, const struct audio *audio)
{
    int result = face_new(rendition->preset, &rendition->face);

    if (result < 0 || !audio)
        return result;
    rendition->has_audio = true;
    return audio_copy(audio, &rendition->audio);
}

static int make_segments(struct rendition *rendition, const struct cycle_source *source,
                         struct error *err)
{
    const struct preset *preset = rendition->preset;
    int result = facts_name_codecs(source->video, source->audio, rendition->codecs);

    if (result == 0)
        result = make_init_section(rendition, source);
    if (result == 0)
        result = make_templates(rendition, source);
    if (result == 0 && preset_is_aperiodic(preset))
        result = keep_source(rendition, source->audio);
    if (result == -ERANGE)
        return error_set(err, result, EX_DATAERR,
                         "a frame of %s would arrive after its decode time: raise its bitrate",
                         preset->name);
    if (result < 0)
        return error_set(err, result, EX_SOFTWARE, "libavformat cannot mux %s: %s", preset->name,
                         av_err2str(result));
    return 0;
}

static int make(struct rendition *rendition, const struct audio *audio,
                const struct progress *progress, struct error *err)
{
    struct video video = {0};
    struct cycle_source source = {rendition->preset, rendition->line, audio, NULL, progress};
    int result = 0;

    if (preset_has_video(rendition->preset)) {
        result = make_video(rendition, progress, &video, err);
        source.video = &video;
        rendition->bitrate = video.bitrate;
    }
    if (result == 0)
        result = make_segments(rendition, &source, err);
    video_finish(&video);
    return result;
}

int rendition_make(const struct preset *preset, const struct timeline *line,
                   const struct audio *audio, const struct progress *progress,
                   struct rendition **ret, struct error *err)
{
    struct rendition *rendition = calloc(1, sizeof(*rendition));
    int result;

    assert(line->sound == !preset_has_video(preset));
    if (!rendition)
        return error_set(err, -ENOMEM, EX_OSERR, "out of memory");
    rendition->preset = preset;
    rendition->line = line;
    rendition->container = container_of(preset);
    result = make(rendition, audio, progress, err);
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
    for (int64_t i = 0; rendition->places && i < rendition->cycle.length; i++)
        rendition->container->forget_places(&rendition->places[i]);
    free(rendition->places);
    (void)engine_free(rendition->engine);
    (void)face_free(rendition->face);
    audio_finish(&rendition->audio);
    buffer_finish(&rendition->init_section);
    cycle_finish(&rendition->cycle);
    free(rendition);
    return NULL;
}

/* ---- the function ---------------------------------------------------------------------------- */

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

void rendition_describe(const struct rendition *rendition, struct rendition_facts *ret)
{
    struct rendition_facts facts;

    facts_measure(&rendition->cycle, rendition->line, !preset_is_aperiodic(rendition->preset),
                  &facts);
    memcpy(facts.codecs, rendition->codecs, sizeof(facts.codecs));
    *ret = facts;
}

struct rendition_range rendition_iframe(const struct rendition *rendition, const uint8_t *segment,
                                        size_t size)
{
    struct rendition_range range = {0};

    if (preset_has_video(rendition->preset))
        range.size = rendition->container->find_picture(segment, size, &range.start);
    return range;
}

const uint8_t *rendition_init_section(const struct rendition *rendition, size_t *ret_size)
{
    if (rendition->init_section.size == 0)
        return NULL;
    *ret_size = rendition->init_section.size;
    return rendition->init_section.data;
}

int64_t rendition_cycle(const struct rendition *rendition)
{
    return rendition->cycle.length;
}

static void write_pictures(struct rendition *rendition, const struct rendition_stream *stream,
                           int64_t index, uint8_t *bytes)
{
    union container_places *places = &rendition->places[index % rendition->cycle.length];

    engine_begin(rendition->engine, stream, index);
    for (int64_t i = 0; i < rendition->line->frames; i++) {
        size_t size;
        const uint8_t *unit = engine_write(rendition->engine, &size);

        rendition->container->write_unit(places, bytes, i, unit, size);
    }
}

const uint8_t *rendition_segment(struct rendition *rendition, const struct rendition_stream *stream,
                                 int64_t index)
{
    struct template *template = cycle_patch(&rendition->cycle, rendition->line, index);

    if (rendition->places)
        write_pictures(rendition, stream, index, template->bytes);
    return template->bytes;
}

int rendition_encode(const struct rendition *rendition, const struct rendition_stream *stream,
                     int64_t index, const struct progress *progress, uint8_t *to)
{
    const struct video_clock clock = {rendition->face, stream->number, rendition->bitrate};
    struct video video = {0};
    const struct audio *audio = rendition->has_audio ? &rendition->audio : NULL;
    const struct cycle_source source = {rendition->preset, stream->line, audio, &video, NULL};
    struct error err;
    int result = video_encode_segment(rendition->preset, stream->line, index, &clock, progress,
                                      &video, &err);

    if (result == 0)
        result = cycle_make_other(&rendition->cycle, &source, index, to);
    video_finish(&video);
    return result;
}

/* ---- digest ---------------------------------------------------------------------------------- */

/* What an aperiodic preset shows of itself, which templates do not. */
static void digest_names(const struct preset *preset, struct sha256 *sha)
{
    sha256_add(sha, preset->name, strlen(preset->name) + 1);
    if (preset->rendition[0])
        sha256_add(sha, preset->rendition, strlen(preset->rendition) + 1);
}

/* Of the templates, with the clock of the only stream, and of what decides the pictures besides.
 * Whether there is sound or video, and so where borders are, is in their program map tables, or in
 * the initialization section. */
static void digest_templates(struct rendition *rendition, const struct progress *progress)
{
    const struct rendition_stream stream = {.line = rendition->line};
    struct sha256 sha;

    sha256_begin(&sha);
    sha256_add(&sha, rendition->init_section.data, rendition->init_section.size);
    if (preset_is_aperiodic(rendition->preset))
        digest_names(rendition->preset, &sha);
    for (int64_t i = 0; i < rendition->cycle.length; i++) {
        progress_step(progress, 1, 1);
        sha256_add(&sha, rendition_segment(rendition, &stream, i),
                   rendition_segment_size(rendition, i));
    }
    sha256_end(&sha, rendition->digest);
    rendition->has_digest = true;
}

void rendition_digest(struct rendition *rendition, const struct rendition_stream *stream,
                      const struct progress *progress, uint8_t ret_digest[RENDITION_DIGEST_SIZE])
{
    const struct timeline *line = stream->line;
    const int64_t numbers[] = {
        line->epoch,  line->rate_num,          line->rate_den,
        line->frames, rendition->cycle.length, stream->number,
    };
    struct sha256 sha;

    if (!rendition->has_digest)
        digest_templates(rendition, progress);
    sha256_begin(&sha);
    sha256_add(&sha, numbers, sizeof(numbers));
    sha256_add(&sha, rendition->digest, sizeof(rendition->digest));
    sha256_end(&sha, ret_digest);
}
