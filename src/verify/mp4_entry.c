/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sample entries. H.264 brings its parameter sets in an avcC box (ISO 14496-15 5.3.3), AAC its
 * AudioSpecificConfig in an esds box of nested descriptors (ISO 14496-14 5.6, 14496-1 7.2.6). Of
 * other codecs, and of what is encrypted, only times are looked at.
 */
#include "verify/mp4_entry.h"

#include <string.h>

#include "verify/audio.h"

enum {
    ENTRY_HEAD = 8,  /* of any sample entry: reserved, data_reference_index */
    VIDEO_SIZE = 70, /* and of a picture */
    AUDIO_SIZE = 20, /* and of sound */
    AUDIO_MORE = 16, /* which QuickTime makes longer */

    AAC_RATE_ESCAPE = 15,
    AAC_OBJECT_LC = 2,
    AAC_OBJECT_SBR = 5,
    AAC_OBJECT_ESCAPE = 31,
    AAC_OBJECT_PS = 29,

    DESCRIPTOR_STREAM = 3,
    DESCRIPTOR_DECODER = 4,
    DESCRIPTOR_SPECIFIC = 5,
};

/* ---- video ----------------------------------------------------------------------------------- */

static const char *read_avcc(struct mp4_bytes body, struct mp4_track *track)
{
    if (mp4_take(&body, 1) != 1)
        return "avcC of an unknown version";
    mp4_skip(&body, 3);
    track->length_size = (int)(mp4_take(&body, 1) & 3) + 1;
    for (int count = (int)mp4_take(&body, 1) & 31; count > 0; count--) {
        size_t size = (size_t)mp4_take(&body, 2);

        if (size > body.left)
            return "a parameter set goes over the end of avcC";
        if (track->sps_size == 0 && size <= MP4_SPS_MAX) {
            memcpy(track->sps, body.at, size);
            track->sps_size = size;
        }
        mp4_skip(&body, size);
    }
    track->has_pps = mp4_take(&body, 1) > 0;
    return body.short_of ? "avcC ends too early" : NULL;
}

static const char *read_video(struct mp4_bytes body, uint32_t type, struct mp4_track *track)
{
    struct mp4_bytes fields = body, avcc;

    mp4_skip(&fields, ENTRY_HEAD + 16);
    track->width = (int)mp4_take(&fields, 2);
    track->height = (int)mp4_take(&fields, 2);
    mp4_skip(&body, ENTRY_HEAD + VIDEO_SIZE);
    if (body.short_of)
        return "a visual sample entry ends too early";
    if (!mp4_box_find(body, MP4_TYPE('a', 'v', 'c', 'C'), &avcc))
        return type == MP4_TYPE('a', 'v', 'c', '1') || type == MP4_TYPE('a', 'v', 'c', '3')
                   ? "H.264 without avcC"
                   : NULL;
    track->is_readable = type != MP4_TYPE('e', 'n', 'c', 'v');
    return read_avcc(avcc, track);
}

/* ---- sound ----------------------------------------------------------------------------------- */

/* Bits of an AudioSpecificConfig. */
struct bits {
    const uint8_t *data;
    size_t size; /* bits */
    size_t at;
};

static int take_bits(struct bits *bits, int count)
{
    int value = 0;

    for (; count > 0; count--, bits->at++) {
        int bit = bits->at < bits->size ? bits->data[bits->at / 8] >> (7 - bits->at % 8) & 1 : 0;
        value = value << 1 | bit;
    }
    return value;
}

static int take_object_type(struct bits *bits)
{
    int type = take_bits(bits, 5);

    return type == AAC_OBJECT_ESCAPE ? 32 + take_bits(bits, 6) : type;
}

static int take_rate(struct bits *bits)
{
    int index = take_bits(bits, 4);

    return index == AAC_RATE_ESCAPE ? take_bits(bits, 24) : audio_rate(index);
}

/* AudioSpecificConfig (ISO 14496-3 1.6.2.1), as far as GASpecificConfig.frameLengthFlag. */
static const char *read_config(struct mp4_bytes config, struct mp4_track *track)
{
    struct bits bits = {config.at, config.left * 8, 0};
    struct segment_audio *sound = &track->sound;
    int channels;

    sound->object_type = take_object_type(&bits);
    sound->rate = take_rate(&bits);
    channels = take_bits(&bits, 4);
    if (channels > 0)
        sound->channels = channels == 7 ? 8 : channels;
    if (sound->object_type == AAC_OBJECT_SBR || sound->object_type == AAC_OBJECT_PS)
        sound->rate = take_rate(&bits);
    else if (sound->object_type == AAC_OBJECT_LC)
        track->samples = take_bits(&bits, 1) ? 960 : 1024;
    if (bits.at > bits.size || sound->object_type == 0 || sound->rate == 0)
        return "an AudioSpecificConfig that says no rate";
    return NULL;
}

/* A descriptor's head: tag, and a size of 7 bits a byte. */
static int take_descriptor(struct mp4_bytes *bytes)
{
    int tag = (int)mp4_take(bytes, 1);
    int count = 0;

    while (count < 4 && mp4_take(bytes, 1) & 0x80)
        count++;
    return tag;
}

static const char *read_esds(struct mp4_bytes body, struct mp4_track *track)
{
    unsigned flags;

    mp4_take_full(&body);
    if (take_descriptor(&body) != DESCRIPTOR_STREAM)
        return "esds without an ES_Descriptor";
    mp4_skip(&body, 2);
    flags = (unsigned)mp4_take(&body, 1);
    mp4_skip(&body, flags & 0x80 ? 2 : 0);
    if (flags & 0x40)
        mp4_skip(&body, (size_t)mp4_take(&body, 1));
    mp4_skip(&body, flags & 0x20 ? 2 : 0);
    if (take_descriptor(&body) != DESCRIPTOR_DECODER)
        return "esds without a DecoderConfigDescriptor";
    if (mp4_take(&body, 1) != 0x40)
        return NULL; /* MPEG-4 audio is 0x40; what else there may be has no such config */
    mp4_skip(&body, 12);
    if (take_descriptor(&body) != DESCRIPTOR_SPECIFIC || body.short_of)
        return "esds without an AudioSpecificConfig";
    return read_config(body, track);
}

static const char *read_audio(struct mp4_bytes body, struct mp4_track *track)
{
    struct mp4_bytes fields = body, esds;
    int version;

    mp4_skip(&fields, ENTRY_HEAD);
    version = (int)mp4_take(&fields, 2);
    mp4_skip(&fields, 6);
    track->sound.channels = (int)mp4_take(&fields, 2);
    mp4_skip(&fields, 6);
    track->sound.rate = (int)mp4_take(&fields, 2);
    mp4_skip(&body, ENTRY_HEAD + AUDIO_SIZE + (version == 1 ? AUDIO_MORE : 0));
    if (body.short_of)
        return "an audio sample entry ends too early";
    if (mp4_box_find(body, MP4_TYPE('e', 's', 'd', 's'), &esds))
        return read_esds(esds, track);
    return NULL;
}

const char *mp4_entry_read(struct mp4_bytes stsd, struct mp4_track *track)
{
    struct mp4_box entry;

    mp4_take_full(&stsd);
    if (mp4_take(&stsd, 4) < 1 || mp4_box_take(&stsd, &entry) <= 0)
        return "stsd without a sample entry";
    if (track->kind == MP4_VIDEO)
        return read_video(entry.body, entry.type, track);
    if (track->kind == MP4_AUDIO)
        return read_audio(entry.body, track);
    return NULL;
}
