/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/h264.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "media/box.h"

enum {
    NAL_SEI = 6,
    NAL_SPS = 7,
    NAL_PPS = 8,
    NAL_DELIMITER = 9,
    NAL_FILLER = 12,
    SEI_USER_DATA_UNREGISTERED = 5,
    PROFILE_HIGH = 100,
    CONSTRAINT_SET3 = 0x10,
    LENGTH_BYTES = 4, /* of a NAL unit in a sample */
};

/* The place of the next start code prefix (00 00 01) at or behind @p at, or @p end. */
static const uint8_t *find_prefix(const uint8_t *at, const uint8_t *end)
{
    while (end - at >= 3) {
        if (at[2] > 1) {
            at += 3; /* none of the three is part of one */
        } else {
            if (at[0] == 0 && at[1] == 0 && at[2] == 1)
                return at;
            at++;
        }
    }
    return end;
}

/* Start codes have three or four bytes: the fourth, a zero in front, belongs to the code. */
static const uint8_t *find_start_code(const uint8_t *from, const uint8_t *at, const uint8_t *end)
{
    const uint8_t *prefix = find_prefix(at, end);

    return prefix < end && prefix > from && prefix[-1] == 0 ? prefix - 1 : prefix;
}

static int type_of(const uint8_t *body)
{
    return body[0] & 0x1f;
}

/* A NAL unit of a byte stream: from its start code to the next one. */
struct nal {
    const uint8_t *start;
    const uint8_t *body; /* behind the start code */
    const uint8_t *end;
};

/* Reads the one that begins at @p at. @return false: there is none */
static bool read_nal(const uint8_t *at, const uint8_t *end, struct nal *ret)
{
    const uint8_t *prefix = find_prefix(at, end);

    if (end - prefix <= 3)
        return false;
    *ret = (struct nal){at, prefix + 3, find_start_code(prefix + 3, prefix + 3, end)};
    return true;
}

static bool is_user_data(const struct nal *nal)
{
    return nal->end - nal->body >= 2 && type_of(nal->body) == NAL_SEI &&
           nal->body[1] == SEI_USER_DATA_UNREGISTERED;
}

static bool is_parameter_set(const struct nal *nal)
{
    return type_of(nal->body) == NAL_SPS || type_of(nal->body) == NAL_PPS;
}

/* Whether ISO 14496-15 wants it in a sample, or lets it be there and it says something. */
static bool is_of_sample(const struct nal *nal)
{
    return !is_parameter_set(nal) && type_of(nal->body) != NAL_DELIMITER &&
           type_of(nal->body) != NAL_FILLER;
}

static size_t copy(uint8_t *to, const uint8_t *from, const uint8_t *end)
{
    memcpy(to, from, (size_t)(end - from));
    return (size_t)(end - from);
}

size_t h264_copy_without_user_data(uint8_t *to, const uint8_t *from, size_t size)
{
    const uint8_t *end = from + size;
    struct nal nal = {.end = find_start_code(from, from, end)};
    size_t copied = 0;

    while (read_nal(nal.end, end, &nal)) {
        if (!is_user_data(&nal))
            copied += copy(to + copied, nal.start, nal.end);
    }
    return copied;
}

size_t h264_copy_parameter_sets(uint8_t *to, const uint8_t *from, size_t size)
{
    struct nal nal = {.end = from};
    size_t copied = 0;

    while (read_nal(nal.end, from + size, &nal)) {
        if (is_parameter_set(&nal))
            copied += copy(to + copied, nal.start, nal.end);
    }
    return copied;
}

size_t h264_write_sample(uint8_t *to, const uint8_t *from, size_t size)
{
    struct nal nal = {.end = from};
    size_t written = 0;

    while (read_nal(nal.end, from + size, &nal)) {
        const uint8_t *end = nal.end;

        if (!is_of_sample(&nal))
            continue;
        while (end[-1] == 0)
            end--;
        (void)box_put32(to + written, (uint32_t)(end - nal.body));
        written += LENGTH_BYTES + copy(to + written + LENGTH_BYTES, nal.body, end);
    }
    return written;
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
