/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/h264.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum {
    NAL_SEI = 6,
    NAL_SPS = 7,
    NAL_FILLER = 12,
    SEI_USER_DATA_UNREGISTERED = 5,
    PROFILE_HIGH = 100,
    CONSTRAINT_SET3 = 0x10,
};

/* The place of the next start code prefix (00 00 01) at or behind @p at, or @p end. */
static const uint8_t *find_prefix(const uint8_t *at, const uint8_t *end)
{
    for (; end - at >= 3; at++) {
        if (at[0] == 0 && at[1] == 0 && at[2] == 1)
            return at;
    }
    return end;
}

/* Start codes have three or four bytes: the fourth, a zero in front, belongs to the code. */
static const uint8_t *find_start_code(const uint8_t *from, const uint8_t *at, const uint8_t *end)
{
    const uint8_t *prefix = find_prefix(at, end);

    return prefix < end && prefix > from && prefix[-1] == 0 ? prefix - 1 : prefix;
}

static bool is_user_data(const uint8_t *nal, const uint8_t *end)
{
    nal = find_prefix(nal, end) + 3;
    return end - nal >= 2 && (nal[0] & 0x1f) == NAL_SEI && nal[1] == SEI_USER_DATA_UNREGISTERED;
}

size_t h264_copy_without_user_data(uint8_t *to, const uint8_t *from, size_t size)
{
    const uint8_t *end = from + size;
    const uint8_t *nal = find_start_code(from, from, end);
    size_t copied = 0;

    while (nal < end) {
        const uint8_t *body = find_prefix(nal, end) + 3;
        const uint8_t *next = find_start_code(body, body, end);

        if (!is_user_data(nal, next)) {
            memcpy(to + copied, nal, (size_t)(next - nal));
            copied += (size_t)(next - nal);
        }
        nal = next;
    }
    return copied;
}

/* Above level 1, below 1.1 (A.3.4.1). */
static bool is_level_1b(const uint8_t *sps)
{
    return sps[1] < PROFILE_HIGH && sps[3] == 11 && (sps[2] & CONSTRAINT_SET3);
}

void h264_raise_level(uint8_t *unit, size_t size, int level)
{
    uint8_t *end = unit + size;
    size_t at = (size_t)(find_prefix(unit, end) - unit) + 3;

    while (at + 4 <= size) {
        uint8_t *nal = unit + at; /* its header, profile_idc, constraint flags, level_idc */

        if ((nal[0] & 0x1f) == NAL_SPS && (nal[3] < level || (is_level_1b(nal) && level >= 11))) {
            nal[2] &= (uint8_t)(is_level_1b(nal) ? ~CONSTRAINT_SET3 : 0xff);
            nal[3] = (uint8_t)level;
        }
        at = (size_t)(find_prefix(nal, end) - unit) + 3;
    }
}

int h264_read_profile(const uint8_t *unit, size_t size, uint8_t ret[H264_PROFILE_SIZE])
{
    const uint8_t *end = unit + size;
    const uint8_t *nal = unit;

    while ((nal = find_prefix(nal, end)) < end) {
        nal += 3;
        if (end - nal > H264_PROFILE_SIZE && (nal[0] & 0x1f) == NAL_SPS) {
            memcpy(ret, nal + 1, H264_PROFILE_SIZE);
            return 0;
        }
    }
    return -EINVAL;
}

void h264_write_filler(uint8_t *to, size_t size)
{
    static const uint8_t head[] = {0, 0, 0, 1, NAL_FILLER};

    assert(size >= H264_FILLER_MIN);
    memcpy(to, head, sizeof(head));
    memset(to + sizeof(head), 0xff, size - sizeof(head) - 1);
    to[size - 1] = 0x80; /* rbsp_trailing_bits */
}
