/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/codecs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
    OBJECT_LC = 2,
    SBR_RATE_MAX = 24000, /* of an AAC-LC core that spectral band replication doubles */
};

static bool has(const struct codecs *codecs, const char *name)
{
    for (size_t i = 0; i < codecs->count; i++) {
        if (strcmp(codecs->names[i], name) == 0)
            return true;
    }
    return false;
}

static void add(struct codecs *codecs, const char *name)
{
    if (has(codecs, name))
        return;
    if (codecs->count == CODECS_MAX) {
        codecs->is_open = true;
        return;
    }
    (void)snprintf(codecs->names[codecs->count++], CODECS_NAME_SIZE, "%s", name);
}

static void add_picture(struct codecs *codecs, const struct segment_video *picture)
{
    char name[CODECS_NAME_SIZE];

    if (picture->profile == 0) {
        codecs->is_open = true;
        return;
    }
    (void)snprintf(name, sizeof(name), "avc1.%02x%02x%02x", picture->profile, picture->constraints,
                   picture->level);
    add(codecs, name);
}

static void add_sound(struct codecs *codecs, const struct segment_audio *sound)
{
    char name[CODECS_NAME_SIZE];

    /* Whether what has a core of AAC-LC at a low rate is HE-AAC is not said in its headers. */
    if (sound->object_type == 0 ||
        (sound->object_type == OBJECT_LC && sound->rate <= SBR_RATE_MAX)) {
        codecs->is_open = true;
        return;
    }
    (void)snprintf(name, sizeof(name), "mp4a.40.%d", sound->object_type);
    add(codecs, name);
}

void codecs_add(struct codecs *codecs, const struct stream *stream)
{
    bool sound = !stream->version.playlist.iframes_only;

    for (size_t i = 0; i < stream->segment_count; i++) {
        const struct stream_segment *segment = &stream->segments[i];

        if (!segment->measured) {
            codecs->is_open = true;
            continue;
        }
        if (segment->media.video.units > 0)
            add_picture(codecs, &segment->media.picture);
        if (sound && segment->media.audio.units > 0)
            add_sound(codecs, &segment->media.sound);
    }
}

void codecs_join(struct codecs *codecs, const struct codecs *others)
{
    for (size_t i = 0; i < others->count; i++)
        add(codecs, others->names[i]);
    codecs->is_open = codecs->is_open || others->is_open;
}

/* The next name of a list, in lower case, "avc3" as "avc1", without blanks. */
static bool take_name(struct m3u8_text *list, char ret[CODECS_NAME_SIZE])
{
    size_t used = 0;
    size_t at = 0;

    if (list->size == 0)
        return false;
    for (; at < list->size && list->data[at] != ','; at++) {
        if (list->data[at] != ' ' && used < CODECS_NAME_SIZE - 1)
            ret[used++] = (char)tolower((unsigned char)list->data[at]);
    }
    ret[used] = '\0';
    if (strncmp(ret, "avc3.", 5) == 0)
        ret[3] = '1';
    at += at < list->size;
    list->data += at;
    list->size -= at;
    return true;
}

bool codecs_agree(const struct codecs *codecs, struct m3u8_text attribute)
{
    char name[CODECS_NAME_SIZE];
    bool said[CODECS_MAX] = {false};
    bool agrees = true;

    while (take_name(&attribute, name)) {
        agrees = agrees && (codecs->is_open || has(codecs, name));
        for (size_t i = 0; i < codecs->count; i++)
            said[i] = said[i] || strcmp(codecs->names[i], name) == 0;
    }
    for (size_t i = 0; i < codecs->count; i++)
        agrees = agrees && said[i];
    return agrees;
}

void codecs_print(const struct codecs *codecs, char ret[CODECS_TEXT_SIZE])
{
    size_t used = 0;

    ret[0] = '\0';
    for (size_t i = 0; i < codecs->count && used + CODECS_NAME_SIZE < CODECS_TEXT_SIZE; i++)
        used += (size_t)snprintf(ret + used, CODECS_TEXT_SIZE - used, "%s%s", i > 0 ? "," : "",
                                 codecs->names[i]);
}
