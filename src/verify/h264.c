/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sequence parameter set is read bit by bit, once a second or so. Whatever its bits are, reading
 * stays inside of it: behind the end come zeros, and the reader remembers that it got there.
 */
#include "verify/h264.h"

#include <errno.h>

enum {
    EXTENDED_SAR = 255,
    SIZE_MAX_PIXELS = 1 << 16, /* of each side; level 6.2 has 16880 at most (A.3.1) */
    SCALING_LISTS_MAX = 12,
    SLICE_I = 2,
    SLICE_SI = 4,    /* either of them modulo 5 (7.4.3) */
    CYCLE_MAX = 255, /* num_ref_frames_in_pic_order_cnt_cycle */
};

/* The RBSP of a NAL unit (7.3.1): emulation_prevention_three_byte is left out. */
struct bits {
    const uint8_t *at, *end;
    unsigned zeros; /* bytes of 0 before @at */
    unsigned left;  /* bits of the byte */
    uint8_t byte;
    bool is_over;
};

static void next_byte(struct bits *bits)
{
    if (bits->zeros >= 2 && bits->at < bits->end && *bits->at == 3) {
        bits->at++;
        bits->zeros = 0;
    }
    bits->is_over = bits->is_over || bits->at == bits->end;
    bits->byte = bits->is_over ? 0 : *bits->at++;
    bits->zeros = bits->byte == 0 ? bits->zeros + 1 : 0;
    bits->left = 8;
}

static uint32_t read_bits(struct bits *bits, int count)
{
    uint32_t value = 0;

    while (count-- > 0) {
        if (bits->left == 0)
            next_byte(bits);
        value = value << 1 | (bits->byte >> --bits->left & 1);
    }
    return value;
}

static bool read_flag(struct bits *bits)
{
    return read_bits(bits, 1) != 0;
}

/* ue(v) (9.1). */
static uint32_t read_ue(struct bits *bits)
{
    int zeros = 0;

    while (zeros < 32 && !bits->is_over && !read_flag(bits))
        zeros++;
    return zeros < 32 ? (UINT32_C(1) << zeros) - 1 + read_bits(bits, zeros) : UINT32_MAX;
}

/* se(v) modulo 256, of which scaling lists are made (7.3.2.1.1.1). */
static uint32_t read_se(struct bits *bits)
{
    uint32_t code = read_ue(bits);

    return (code & 1 ? code / 2 + 1 : -(code / 2)) & 255;
}

static void skip_scaling_list(struct bits *bits, int size)
{
    uint32_t next = 8;

    for (uint32_t last = 8; size > 0 && next != 0; size--) {
        next = (last + read_se(bits)) & 255;
        last = next != 0 ? next : last;
    }
}

static bool has_chroma_format(int profile)
{
    static const uint8_t profiles[] = {100, 110, 122, 244, 44,  83, 86,
                                       118, 128, 138, 139, 134, 135};
    bool found = false;

    for (size_t i = 0; i < sizeof(profiles); i++)
        found = found || profiles[i] == profile;
    return found;
}

/* @return chroma_format_idc */
static uint32_t read_chroma(struct bits *bits)
{
    uint32_t chroma = read_ue(bits);

    if (chroma == 3)
        read_flag(bits);
    read_ue(bits);
    read_ue(bits);
    read_flag(bits);
    if (!read_flag(bits))
        return chroma;
    for (int i = 0; i < (chroma == 3 ? SCALING_LISTS_MAX : 8); i++) {
        if (read_flag(bits))
            skip_scaling_list(bits, i < 6 ? 16 : 64);
    }
    return chroma;
}

static void skip_order_count(struct bits *bits)
{
    uint32_t type = read_ue(bits);
    uint32_t cycle = 0;

    if (type == 0) {
        read_ue(bits);
    } else if (type == 1) {
        read_flag(bits);
        read_ue(bits); /* se(v) is as long as ue(v) */
        read_ue(bits);
        cycle = read_ue(bits);
    }
    for (uint32_t i = 0; i < cycle && i < CYCLE_MAX; i++)
        read_ue(bits);
}

/* Both sides less cropping (7.4.2.1.1). @return false: nothing is left, or it is beyond all levels
 */
static bool read_size(struct bits *bits, uint32_t chroma, struct segment_video *picture)
{
    int64_t width = ((int64_t)read_ue(bits) + 1) * 16;
    int64_t height = ((int64_t)read_ue(bits) + 1) * 16;
    int64_t unit_x = chroma == 1 || chroma == 2 ? 2 : 1;
    int64_t unit_y = chroma == 1 ? 2 : 1;

    picture->interlaced = !read_flag(bits); /* frame_mbs_only_flag */
    if (picture->interlaced) {
        height *= 2;
        unit_y *= 2;
        read_flag(bits);
    }
    read_flag(bits);
    if (read_flag(bits)) {
        width -= unit_x * read_ue(bits);
        width -= unit_x * read_ue(bits);
        height -= unit_y * read_ue(bits);
        height -= unit_y * read_ue(bits);
    }
    if (width <= 0 || width > SIZE_MAX_PIXELS || height <= 0 || height > SIZE_MAX_PIXELS)
        return false;
    picture->width = (int)width;
    picture->height = (int)height;
    return true;
}

/* Table E-1, from aspect_ratio_idc 1 on, and Extended_SAR. */
static void read_aspect_ratio(struct bits *bits, struct segment_video *picture)
{
    static const uint8_t ratios[][2] = {{1, 1},    {12, 11}, {10, 11}, {16, 11}, {40, 33}, {24, 11},
                                        {20, 11},  {32, 11}, {80, 33}, {18, 11}, {15, 11}, {64, 33},
                                        {160, 99}, {4, 3},   {3, 2},   {2, 1}};
    uint32_t idc = read_bits(bits, 8);
    uint32_t width = 0;
    uint32_t height = 0;

    if (idc == EXTENDED_SAR) {
        width = read_bits(bits, 16);
        height = read_bits(bits, 16);
    } else if (idc > 0 && idc <= sizeof(ratios) / sizeof(ratios[0])) {
        width = ratios[idc - 1][0];
        height = ratios[idc - 1][1];
    }
    if (width == 0 || height == 0 || bits->is_over)
        return;
    picture->sar_width = (int)width;
    picture->sar_height = (int)height;
}

/* Annex E.1.1, as far as the timing information: a frame is two ticks (E.2.1). */
static void read_usability(struct bits *bits, struct h264_sps *sps)
{
    uint32_t tick, scale;

    if (read_flag(bits))
        read_aspect_ratio(bits, &sps->picture);
    if (read_flag(bits))
        read_flag(bits);
    if (read_flag(bits)) {
        read_bits(bits, 4);
        if (read_flag(bits))
            read_bits(bits, 24);
    }
    if (read_flag(bits)) {
        read_ue(bits);
        read_ue(bits);
    }
    if (!read_flag(bits))
        return;
    tick = read_bits(bits, 32);
    scale = read_bits(bits, 32);
    if (tick > 0 && scale > 0 && !bits->is_over)
        sps->frame = grid_step_of(2 * (int64_t)SEGMENT_CLOCK_HZ * tick, scale);
}

/* first_mb_in_slice is 0 there, one bit, which leaves enough for slice_type. */
bool h264_is_intra(uint8_t byte)
{
    struct bits bits = {.at = &byte, .end = &byte + 1};
    uint32_t first_mb = read_ue(&bits);
    uint32_t type = read_ue(&bits) % 5;

    return first_mb == 0 && !bits.is_over && (type == SLICE_I || type == SLICE_SI);
}

int h264_read_sps(const uint8_t *sps, size_t size, struct h264_sps *ret)
{
    struct bits bits = {.at = sps, .end = sps + size};
    struct h264_sps found = {0};
    uint32_t chroma = 1;

    read_bits(&bits, 8);
    found.picture.profile = (uint8_t)read_bits(&bits, 8);
    found.picture.constraints = (uint8_t)read_bits(&bits, 8);
    found.picture.level = (uint8_t)read_bits(&bits, 8);
    read_ue(&bits);
    if (has_chroma_format(found.picture.profile))
        chroma = read_chroma(&bits);
    read_ue(&bits);
    skip_order_count(&bits);
    read_ue(&bits);
    read_flag(&bits);
    if (!read_size(&bits, chroma, &found.picture) || bits.is_over)
        return -EBADMSG;
    if (read_flag(&bits))
        read_usability(&bits, &found);
    *ret = found;
    return 0;
}
