/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/samples.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "media/box.h"
#include "media/h264.h"

enum {
    TRUN_COUNT = BOX_FULL_HEAD, /* offsets in trun */
    TRUN_DATA_OFFSET = BOX_FULL_HEAD + 4,
    TRUN_ENTRIES = BOX_FULL_HEAD + 8,
    TRUN_FLAGS = 0x00000201, /* data-offset, sizes, and nothing else */
    ENTRY = 4,
};

/* The place of @p count pictures in the chunk that begins with @p moof. */
static int find_place(const uint8_t *bytes, const uint8_t *moof, const uint8_t *end, int64_t count,
                      struct samples_place *ret)
{
    const uint8_t *mdat = moof + box_read32(moof);
    const uint8_t *room = mdat + box_read32(mdat);
    const uint8_t *trun = box_child(box_child(moof, "traf"), "trun");

    if (box_read32(trun + BOX_HEAD) != TRUN_FLAGS || box_read32(trun + TRUN_COUNT) != count ||
        room >= end || !box_is(room, "free"))
        return -EINVAL;
    *ret = (struct samples_place){
        .sizes = (size_t)(trun + TRUN_ENTRIES - bytes),
        .mdat = (size_t)(mdat - bytes),
        .start = (size_t)(moof + box_read32(trun + TRUN_DATA_OFFSET) - bytes),
        .used = (size_t)(room + BOX_HEAD - bytes),
        .end = (size_t)(room + box_read32(room) - bytes),
    };
    return 0;
}

int samples_init(struct samples *ret, const uint8_t *bytes, size_t size, int64_t count)
{
    struct samples samples = {.count = count};
    const uint8_t *end = bytes + size;
    const uint8_t *first = box_find(bytes, end, "moof");
    const uint8_t *second = first ? box_find(first + box_read32(first), end, "moof") : NULL;
    int result = -EINVAL;

    if (second)
        result = find_place(bytes, first, end, 1, &samples.places[0]);
    if (result == 0)
        result = find_place(bytes, second, end, count - 1, &samples.places[1]);
    if (result == 0)
        *ret = samples;
    return result;
}

/* What the pictures have left becomes free space, of zeros. */
static void finish_place(struct samples_place *place, uint8_t *bytes)
{
    uint8_t *room = bytes + place->at;
    size_t used = place->at + BOX_HEAD;

    box_end(bytes + place->mdat, room);
    (void)box_begin(room, "free");
    box_end(room, bytes + place->end);
    if (place->used > used)
        memset(bytes + used, 0, place->used - used);
    place->used = used;
}

void samples_write(struct samples *samples, uint8_t *bytes, int64_t unit, const uint8_t *data,
                   size_t size)
{
    struct samples_place *place = &samples->places[unit > 0];
    int64_t i = unit > 0 ? unit - 1 : 0; /* in its place */
    size_t written;

    if (i == 0)
        place->at = place->start;
    assert(place->at + size + BOX_HEAD <= place->end); /* as a sample it is smaller */
    written = h264_write_sample(bytes + place->at, data, size);
    (void)box_put32(bytes + place->sizes + i * ENTRY, (uint32_t)written);
    place->at += written;
    if (unit == 0 || unit == samples->count - 1)
        finish_place(place, bytes);
}
