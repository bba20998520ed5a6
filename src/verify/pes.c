/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/pes.h"

enum {
    STREAM_PRIVATE_1 = 0xbd,
    STREAM_AUDIO = 0xc0, /* up to */
    STREAM_VIDEO = 0xe0, /* up to */
    STREAM_VIDEO_LAST = 0xef,
    STREAM_EXTENDED = 0xfd,
    STAMP_SIZE = 5,
    PTS_ONLY = 2, /* PTS_DTS_flags */
    PTS_AND_DTS = 3,
};

size_t pes_header_size(const uint8_t *head)
{
    return PES_FIXED + (size_t)head[8];
}

/* @return whether prefix and marker bits are right */
static bool read_stamp(const uint8_t *data, int prefix, int64_t *ret)
{
    if (data[0] >> 4 != prefix || !(data[0] & data[2] & data[4] & 1))
        return false;
    *ret = (int64_t)(data[0] >> 1 & 7) << 30 | (int64_t)data[1] << 22 |
           (int64_t)(data[2] >> 1) << 15 | (int64_t)data[3] << 7 | data[4] >> 1;
    return true;
}

static bool is_media(int stream_id)
{
    return (stream_id >= STREAM_AUDIO && stream_id <= STREAM_VIDEO_LAST) ||
           stream_id == STREAM_PRIVATE_1 || stream_id == STREAM_EXTENDED;
}

/* @param flags PTS_DTS_flags, not 0 */
static const char *read_stamps(const uint8_t *head, int flags, struct pes_header *ret)
{
    const uint8_t *stamps = head + PES_FIXED;

    if (flags == 1)
        return "PTS_DTS_flags 1, which is forbidden";
    if (head[8] < (flags == PTS_ONLY ? STAMP_SIZE : 2 * STAMP_SIZE))
        return "a header too short for its time stamps";
    if (!read_stamp(stamps, flags, &ret->pts))
        return "wrong marker bits in a PTS";
    ret->dts = ret->pts;
    if (flags == PTS_AND_DTS && !read_stamp(stamps + STAMP_SIZE, 1, &ret->dts))
        return "wrong marker bits in a DTS";
    ret->stamped = true;
    return NULL;
}

const char *pes_read_header(const uint8_t *head, struct pes_header *ret)
{
    int flags = head[7] >> 6;

    *ret = (struct pes_header){0};
    if (head[0] != 0 || head[1] != 0 || head[2] != 1 || !is_media(head[3]))
        return "no start code of a PES packet of sound or video";
    if (head[6] >> 6 != 2)
        return "no PES header";
    ret->length = (size_t)head[4] << 8 | head[5];
    if (ret->length == 0 && head[3] < STREAM_VIDEO)
        return "PES_packet_length 0, which is for video alone";
    return flags ? read_stamps(head, flags, ret) : NULL;
}
