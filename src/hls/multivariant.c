/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * There is no EXT-X-VERSION: all that is said here is compatible with protocol version 1 (RFC 8216
 * 7), and a playlist without the tag has that version.
 */
#include "hls/multivariant.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    HEAD_SIZE = 512, /* the audio group included */
    VARIANT_SIZE = 512,
    IFRAMES_SIZE = 448,
};

#define GROUP "audio"

/* With a comment by which to know it again. */
#define START "#EXTM3U\n# hlsgen\n"

size_t multivariant_size(int64_t count)
{
    return HEAD_SIZE + (size_t)count * (VARIANT_SIZE + IFRAMES_SIZE);
}

static size_t write_head(const struct multivariant_audio *audio, char *text)
{
    size_t used = (size_t)snprintf(text, HEAD_SIZE, START "#EXT-X-INDEPENDENT-SEGMENTS\n");

    if (audio->uri)
        used += (size_t)snprintf(text + used, HEAD_SIZE - used,
                                 "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"" GROUP
                                 "\",NAME=\"%s\","
                                 "DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"%d\",URI=\"%s\"\n",
                                 audio->name, audio->channels, audio->uri);
    return used;
}

/* RESOLUTION, and FRAME-RATE rounded to three decimals (4.3.4.2). */
static size_t write_picture(const struct multivariant_variant *variant, char *text, size_t size)
{
    int64_t thousandths =
        (INT64_C(2000) * variant->rate_num + variant->rate_den) / (INT64_C(2) * variant->rate_den);

    return (size_t)snprintf(text, size, ",RESOLUTION=%dx%d,FRAME-RATE=%" PRId64 ".%03" PRId64,
                            variant->width, variant->height, thousandths / 1000,
                            thousandths % 1000);
}

static size_t write_variant(const struct multivariant_variant *variant, bool grouped, char *text)
{
    size_t used = (size_t)snprintf(text, VARIANT_SIZE,
                                   "#EXT-X-STREAM-INF:BANDWIDTH=%" PRId64
                                   ",AVERAGE-BANDWIDTH=%" PRId64 ",CODECS=\"%s\"",
                                   variant->bandwidth, variant->average_bandwidth, variant->codecs);

    if (variant->width > 0)
        used += write_picture(variant, text + used, VARIANT_SIZE - used);
    used += (size_t)snprintf(text + used, VARIANT_SIZE - used, "%s\n%s\n",
                             grouped ? ",AUDIO=\"" GROUP "\"" : "", variant->uri);
    return used;
}

static size_t write_iframes(const struct multivariant_iframes *iframes, char *text)
{
    size_t used = (size_t)snprintf(
        text, IFRAMES_SIZE, "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=%" PRId64, iframes->bandwidth);

    if (iframes->average_bandwidth > 0)
        used += (size_t)snprintf(text + used, IFRAMES_SIZE - used, ",AVERAGE-BANDWIDTH=%" PRId64,
                                 iframes->average_bandwidth);
    used += (size_t)snprintf(text + used, IFRAMES_SIZE - used,
                             ",CODECS=\"%s\",RESOLUTION=%dx%d,URI=\"%s\"\n", iframes->codecs,
                             iframes->width, iframes->height, iframes->uri);
    return used;
}

size_t multivariant_write(const struct multivariant *multivariant, char *text)
{
    size_t used = write_head(&multivariant->audio, text);

    for (int64_t i = 0; i < multivariant->count; i++)
        used +=
            write_variant(&multivariant->variants[i], multivariant->audio.uri != NULL, text + used);
    for (int64_t i = 0; i < multivariant->iframes_count; i++)
        used += write_iframes(&multivariant->iframes[i], text + used);
    return used;
}

bool multivariant_is_own(const char *text, size_t size)
{
    return size >= strlen(START) && memcmp(text, START, strlen(START)) == 0;
}
