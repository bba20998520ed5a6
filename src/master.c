/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A group of audio is a part of every variant: its codec and its bit rate are in what is declared
 * of each (RFC 8216 4.3.4.2.1). What is declared of I-frames is of the video alone.
 */
#include "master.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hls/multivariant.h"
#include "hls/playlist.h"
#include "media/audio.h"

enum {
    URI_SIZE = PRESET_RENDITION_SIZE + sizeof("/" PLAYLIST_IFRAMES_NAME),
    CODECS_SIZE = 2 * RENDITION_CODECS_SIZE,
};

struct variant_text {
    char uri[URI_SIZE];
    char codecs[CODECS_SIZE];
    char iframes_uri[URI_SIZE];
    char iframes_codecs[RENDITION_CODECS_SIZE];
};

struct writing {
    const struct ladder *ladder;
    struct rendition *const *renditions;
    bool has_group;
    struct rendition_facts group; /* of the audio, if it is a rendition of its own */
    char group_uri[URI_SIZE];
    struct multivariant_variant variants[LADDER_MAX];
    struct variant_text texts[LADDER_MAX];
    int64_t count;
    struct multivariant_iframes iframes[LADDER_MAX];
    int64_t iframes_count;
};

static void write_uri(const struct preset *preset, const char *name, char uri[URI_SIZE])
{
    (void)snprintf(uri, URI_SIZE, "%s%s%s", preset->rendition, preset->rendition[0] ? "/" : "",
                   name);
}

static bool is_group(const struct preset *preset)
{
    return strcmp(preset->rendition, LADDER_AUDIO) == 0;
}

/* The video's codec comes first. */
static void add_iframes(struct writing *writing, const struct preset *preset,
                        const struct rendition_facts *facts, struct variant_text *text)
{
    write_uri(preset, PLAYLIST_IFRAMES_NAME, text->iframes_uri);
    (void)snprintf(text->iframes_codecs, sizeof(text->iframes_codecs), "%.*s",
                   (int)strcspn(facts->codecs, ","), facts->codecs);
    writing->iframes[writing->iframes_count++] = (struct multivariant_iframes){
        .uri = text->iframes_uri,
        .bandwidth = facts->iframe_bandwidth,
        .average_bandwidth = facts->iframe_average,
        .codecs = text->iframes_codecs,
        .width = preset->video.width,
        .height = preset->video.height,
    };
}

static void add_variant(struct writing *writing, int64_t i)
{
    const struct preset *preset = &writing->ladder->renditions[i];
    struct variant_text *text = &writing->texts[writing->count];
    struct rendition_facts facts;

    rendition_describe(writing->renditions[i], &facts);
    write_uri(preset, PLAYLIST_NAME, text->uri);
    (void)snprintf(text->codecs, sizeof(text->codecs), "%s%s%s", facts.codecs,
                   writing->has_group ? "," : "", writing->group.codecs);
    writing->variants[writing->count++] = (struct multivariant_variant){
        .uri = text->uri,
        .bandwidth = facts.bandwidth + writing->group.bandwidth,
        .average_bandwidth = facts.average_bandwidth + writing->group.average_bandwidth,
        .codecs = text->codecs,
        .width = preset_has_video(preset) ? preset->video.width : 0,
        .height = preset_has_video(preset) ? preset->video.height : 0,
        .rate_num = preset->video.rate.num,
        .rate_den = preset->video.rate.den,
    };
    if (preset_has_iframes(preset))
        add_iframes(writing, preset, &facts, text);
}

static void find_group(struct writing *writing)
{
    for (int64_t i = 0; i < writing->ladder->count; i++) {
        if (!is_group(&writing->ladder->renditions[i]))
            continue;
        writing->has_group = true;
        rendition_describe(writing->renditions[i], &writing->group);
        write_uri(&writing->ladder->renditions[i], PLAYLIST_NAME, writing->group_uri);
    }
}

int master_write(const struct ladder *ladder, struct rendition *const *renditions, char **ret_text,
                 size_t *ret_size)
{
    struct writing writing = {.ladder = ladder, .renditions = renditions};
    int64_t top = ladder_top(ladder);
    struct multivariant playlist = {.variants = writing.variants, .iframes = writing.iframes};
    char *text = malloc(multivariant_size(ladder->count));

    if (!text)
        return -ENOMEM;
    find_group(&writing);
    add_variant(&writing, top);
    for (int64_t i = 0; i < ladder->count; i++) {
        if (i != top && !is_group(&ladder->renditions[i]))
            add_variant(&writing, i);
    }
    playlist.count = writing.count;
    playlist.iframes_count = writing.iframes_count;
    if (writing.has_group)
        playlist.audio = (struct multivariant_audio){
            .uri = writing.group_uri, .name = "Tone", .channels = AUDIO_CHANNELS};
    *ret_size = multivariant_write(&playlist, text);
    *ret_text = text;
    return 0;
}
