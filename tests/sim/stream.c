/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A segment holds its preset, its index, and dice that are thrown with these two; an initialization
 * section its preset. */
#include "tests/sim/stream.h"

#include <string.h>

#include "tests/sim/chance.h"

static const struct {
    int64_t duration_ms;
    int rate_num;
    int rate_den;
    size_t segment_size;
} presets[STREAM_PRESETS] = {
    {2000, 30, 1, 40}, {2000, 30, 1, 40},       {2000, 25, 1, 64},
    {1000, 25, 1, 24}, {2000, 30000, 1001, 48}, {6000, 50, 1, 56},
};

struct stream stream_make(int preset, int64_t window, int64_t epoch)
{
    struct stream stream = {
        .preset = preset,
        .window = window,
        .length = window,
        .line = timeline_make(epoch, presets[preset].duration_ms, presets[preset].rate_num,
                              presets[preset].rate_den),
        .segment_size = presets[preset].segment_size,
    };

    stream_section(preset, stream.section);
    memset(stream.digest, 0x11 * (preset + 1), sizeof(stream.digest));
    memcpy(stream.digest, &epoch, sizeof(epoch));
    return stream;
}

struct stream stream_make_like(const struct stream *stream, int preset, int64_t window,
                               int64_t epoch)
{
    struct stream like = stream_make(preset, window, epoch);

    like.kind = stream->kind;
    like.follow = stream->follow;
    like.has_alias = stream->has_alias;
    like.mapped = stream->mapped;
    like.has_iframes = stream->has_iframes;
    if (like.kind == PLAYLIST_EVENT)
        like.length = stream->length;
    return like;
}

static void fill(int preset, int64_t index, size_t size, uint8_t *bytes)
{
    uint64_t words[STREAM_SEGMENT_MAX / 8] = {(uint64_t)preset, (uint64_t)index};

    for (size_t i = 2; i < size / 8; i++)
        words[i] = chance_mix(words[i - 1] + words[0] + i);
    memcpy(bytes, words, size);
}

void stream_segment(const struct stream *stream, int64_t index, uint8_t *bytes)
{
    fill(stream->preset, index, stream->segment_size, bytes);
}

struct playlist_range stream_picture(int64_t index)
{
    return (struct playlist_range){3, 4 + index % 8};
}

void stream_section(int preset, uint8_t bytes[STREAM_SECTION_SIZE])
{
    memset(bytes, 's', STREAM_SECTION_SIZE);
    bytes[0] = (uint8_t)(preset == 1 ? 0 : preset);
}

bool stream_identify(const uint8_t *bytes, size_t size, int *ret_preset, int64_t *ret_index)
{
    uint8_t expected[STREAM_SEGMENT_MAX];
    uint64_t preset;
    int64_t index;

    if (size < 2 * sizeof(uint64_t))
        return false;
    memcpy(&preset, bytes, sizeof(preset));
    memcpy(&index, bytes + sizeof(preset), sizeof(index));
    if (preset >= STREAM_PRESETS || size != presets[preset].segment_size)
        return false;
    fill((int)preset, index, size, expected);
    if (memcmp(bytes, expected, size) != 0)
        return false;
    *ret_preset = (int)preset;
    *ret_index = index;
    return true;
}
