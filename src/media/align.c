/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/align.h"

#include <stdbool.h>
#include <string.h>

#include "media/ts.h"

static bool is_video(const uint8_t *packet)
{
    return ts_pid(packet) == TS_PID_VIDEO && ts_has_payload(packet);
}

static size_t count_lacking(const uint8_t *packets, size_t size)
{
    size_t count = 0;

    for (size_t at = 0; at < size; at += TS_PACKET)
        count += is_video(packets + at);
    return (ALIGN_PACKETS - count % ALIGN_PACKETS) % ALIGN_PACKETS;
}

int align_append(struct buffer *to, const uint8_t *packets, size_t size)
{
    size_t lacking = count_lacking(packets, size);
    int result = buffer_reserve(to, to->size + size + lacking * TS_PACKET);

    for (size_t at = 0; at < size && result == 0; at += TS_PACKET) {
        const uint8_t *packet = packets + at;
        uint8_t halves[2 * TS_PACKET];

        if (lacking > 0 && is_video(packet) &&
            ts_payload_offset(packet) + TS_SPLIT_MIN <= TS_PACKET) {
            ts_split(packet, halves, halves + TS_PACKET);
            result = buffer_append(to, halves, sizeof(halves));
            lacking--;
        } else {
            result = buffer_append(to, packet, TS_PACKET);
        }
    }
    return result;
}
