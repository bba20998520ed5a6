/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/segments.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

static uint8_t *copy(const uint8_t *data, size_t size)
{
    uint8_t *memory = malloc(size);

    if (!memory)
        abort();
    memcpy(memory, data, size);
    return memory;
}

static void check_track(const struct segment_track *track, int64_t bytes)
{
    FUZZ_CHECK(track->units >= 0 && track->bytes >= 0 && track->bytes <= bytes);
    FUZZ_CHECK((track->unit_den > 0 && track->unit_num > 0) ||
               (track->unit_den == 0 && track->unit_num == 0));
}

static void check_segment(const struct segment *segment, size_t size)
{
    FUZZ_CHECK(segment->bytes == (int64_t)size);
    check_track(&segment->video, segment->bytes);
    check_track(&segment->audio, segment->bytes);
    FUZZ_CHECK(segment->iframe.offset >= 0 && segment->iframe.size >= 0);
    FUZZ_CHECK(segment->iframe.offset + segment->iframe.size <= segment->bytes);
}

static void feed(struct segment_reader *reader, const uint8_t *data, size_t size, size_t piece)
{
    while (size > 0) {
        size_t part = size < piece ? size : piece;
        uint8_t *memory = copy(data, part);

        segment_reader_feed(reader, memory, part);
        free(memory);
        data += part;
        size -= part;
    }
}

void segments_read(const uint8_t *init, size_t init_size, const uint8_t *data, size_t size,
                   size_t piece, struct segments *ret)
{
    struct segment_reader *reader;

    memset(ret, 0, sizeof(*ret));
    FUZZ_CHECK(segment_reader_new(&ret->findings, true, &reader) == 0);
    if (init_size > 0) {
        uint8_t *memory = copy(init, init_size);

        (void)segment_reader_map(reader, "init", memory, init_size);
        free(memory);
    }
    for (int i = 0; i < SEGMENTS_COUNT; i++) {
        segment_reader_begin(reader, "segment", i != 1);
        feed(reader, data, size, piece);
        segment_reader_end(reader, &ret->measured[i]);
        check_segment(&ret->measured[i], size);
    }
    segment_reader_free(reader);
}

static void check_same_track(const struct segment_track *one, const struct segment_track *other)
{
    FUZZ_CHECK(one->units == other->units && one->bytes == other->bytes);
    FUZZ_CHECK(one->first_pts == other->first_pts && one->end_pts == other->end_pts);
    FUZZ_CHECK(one->first_dts == other->first_dts && one->last_dts == other->last_dts);
    FUZZ_CHECK(one->unit_num == other->unit_num && one->unit_den == other->unit_den);
}

static void check_same(const struct segment *one, const struct segment *other)
{
    FUZZ_CHECK(one->container == other->container);
    check_same_track(&one->video, &other->video);
    check_same_track(&one->audio, &other->audio);
    FUZZ_CHECK(one->picture.profile == other->picture.profile &&
               one->picture.level == other->picture.level);
    FUZZ_CHECK(one->picture.width == other->picture.width &&
               one->picture.height == other->picture.height);
    FUZZ_CHECK(one->sound.object_type == other->sound.object_type &&
               one->sound.rate == other->sound.rate &&
               one->sound.channels == other->sound.channels);
    FUZZ_CHECK(one->iframe.offset == other->iframe.offset &&
               one->iframe.size == other->iframe.size);
    FUZZ_CHECK(one->starts_with_idr == other->starts_with_idr);
}

void segments_check_same(const struct segments *one, const struct segments *other)
{
    for (int i = 0; i < SEGMENTS_COUNT; i++)
        check_same(&one->measured[i], &other->measured[i]);
    FUZZ_CHECK(memcmp(&one->findings, &other->findings, sizeof(one->findings)) == 0);
}
