/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/slot.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "media/h264.h"
#include "media/ts.h"

enum {
    PES_HEADER_LENGTH = 8, /* offset of PES_header_data_length (ISO 13818-1 2.4.3.6) */
    PES_HEADER_FIXED = 9,
};

/* Where the elementary stream begins in a packet. */
static size_t stream_offset(const uint8_t *packet)
{
    size_t offset = ts_payload_offset(packet);

    if (ts_starts_unit(packet))
        offset += PES_HEADER_FIXED + packet[offset + PES_HEADER_LENGTH];
    return offset;
}

static int add_run(struct slots *slots, const uint8_t *packet, size_t offset)
{
    size_t start = stream_offset(packet);
    struct slot *unit;

    if (ts_starts_unit(packet))
        slots->units[slots->count++].first_run = slots->run_count;
    if (slots->count == 0 || start > TS_PACKET)
        return -EINVAL;
    unit = &slots->units[slots->count - 1];
    unit->size += TS_PACKET - start;
    unit->used = unit->size;
    slots->runs[slots->run_count++] = (struct slot_run){
        .offset = (uint32_t)(offset + start),
        .size = (uint32_t)(TS_PACKET - start),
    };
    return 0;
}

int slots_init(struct slots *ret, const uint8_t *bytes, int64_t packets, int64_t count,
               enum preset_stuffing stuffing)
{
    struct slots slots = {
        .stuffing = stuffing,
        .runs = calloc((size_t)packets, sizeof(*slots.runs)),
        .units = calloc((size_t)count, sizeof(*slots.units)),
    };
    int result = slots.runs && slots.units ? 0 : -ENOMEM;

    for (int64_t i = 0; i < packets && result == 0; i++) {
        const uint8_t *packet = bytes + i * TS_PACKET;

        if (ts_pid(packet) != TS_PID_VIDEO || !ts_has_payload(packet))
            continue;
        result = ts_starts_unit(packet) && slots.count == count
                     ? -EINVAL
                     : add_run(&slots, packet, (size_t)i * TS_PACKET);
    }
    if (result == 0 && slots.count != count)
        result = -EINVAL;
    if (result < 0) {
        slots_finish(&slots);
        return result;
    }
    *ret = slots;
    return 0;
}

void slots_finish(struct slots *slots)
{
    free(slots->runs);
    free(slots->units);
    *slots = (struct slots){0};
}

size_t slots_room(size_t size, enum preset_stuffing stuffing)
{
    size_t least = stuffing == STUFFING_FILLER ? H264_FILLER_MIN : 0;

    return size > least ? size - least : 0;
}

/* A place in a slot, which moves on as it is written to. */
struct cursor {
    uint8_t *bytes;
    const struct slot_run *run;
    size_t at; /* in the run */
};

/* Copies @p data, or with NULL sets to @p value. */
static void put(struct cursor *cursor, const uint8_t *data, int value, size_t size)
{
    while (size > 0) {
        size_t part = cursor->run->size - cursor->at;
        uint8_t *to = cursor->bytes + cursor->run->offset + cursor->at;

        if (part == 0) {
            cursor->run++;
            cursor->at = 0;
            continue;
        }
        part = part < size ? part : size;
        if (data) {
            memcpy(to, data, part);
            data += part;
        } else {
            memset(to, value, part);
        }
        cursor->at += part;
        size -= part;
    }
}

void slots_write(struct slots *slots, uint8_t *bytes, int64_t unit, const uint8_t *data,
                 size_t size)
{
    struct slot *slot = &slots->units[unit];
    struct cursor cursor = {.bytes = bytes, .run = &slots->runs[slot->first_run]};
    uint8_t filler[H264_FILLER_MIN];
    bool fills = slots->stuffing == STUFFING_FILLER;
    size_t head = fills ? sizeof(filler) - 1 : 0; /* all but the trailing bits, which stay */
    size_t used = size + head;

    assert(size <= slots_room(slot->size, slots->stuffing));
    put(&cursor, data, 0, size);
    if (fills) {
        h264_write_filler(filler, sizeof(filler));
        put(&cursor, filler, 0, head);
    }
    if (slot->used > used) {
        bool whole = fills && slot->used == slot->size; /* what was at the end is unknown */

        put(&cursor, NULL, fills ? 0xff : 0, slot->used - used - whole);
        if (whole)
            put(&cursor, filler + head, 0, 1);
    }
    slot->used = used;
}
