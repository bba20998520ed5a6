/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers that count up are in Gray code: one more changes one bit, so that a frame costs few bits
 * to encode, and no frame many more than others.
 *
 * A CRC is linear: each half of a byte changes it in a way of its own, whatever the others are. So
 * it is the sum of what tables hold, and no step waits for the one before.
 */
#include "media/face_code.h"

#include <string.h>

#include "base/clock.h"
#include "base/crc32.h"

enum {
    VERSION = 1,
    COLUMNS_MAX = 60,
    CRC_BITS = 32,
    SCALE_MAX = 8, /* the 8 cells of a byte are a word */
};

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* 8 samples for a side up to 360, then a macroblock for each 720 begun. */
static int scale_of(int shorter_side)
{
    return shorter_side <= 360 ? 1 : smaller(2 * ((shorter_side + 719) / 720), SCALE_MAX);
}

static uint64_t widen(unsigned byte, int scale)
{
    uint64_t cell = UINT64_MAX >> (64 - scale);
    uint64_t bits = 0;

    for (int i = 0; i < 8; i++) {
        if (byte << i & 0x80)
            bits |= cell << i * scale;
    }
    return bits;
}

static void make_check(struct face_code *code)
{
    static const uint8_t zeros[FACE_CODE_CHECKED];

    code->check = crc32_of(zeros, sizeof(zeros));
    for (unsigned i = 0; i < 2 * FACE_CODE_CHECKED; i++) {
        uint8_t bytes[FACE_CODE_CHECKED] = {0};

        for (unsigned half = 0; half < 16; half++) {
            bytes[i / 2] = (uint8_t)(i % 2 ? half : half << 4);
            code->changes[i][half] = crc32_of(bytes, sizeof(bytes)) ^ code->check;
        }
    }
}

static uint32_t check_of(const struct face_code *code, const uint8_t bytes[FACE_CODE_CHECKED])
{
    uint32_t check = code->check;

    for (int i = 0; i < FACE_CODE_CHECKED; i++)
        check ^= code->changes[2 * i][bytes[i] >> 4] ^ code->changes[2 * i + 1][bytes[i] & 15];
    return check;
}

struct face_code face_code_make(int width, int height)
{
    int scale = scale_of(smaller(width, height));
    int room = width / (CELL_SIZE * scale);
    int columns = smaller(room, COLUMNS_MAX);
    struct face_code code = {
        .scale = scale,
        .columns = columns,
        .rows = (FACE_CODE_BITS + columns - 2) / (columns - 1),
        .left = (room - columns) / 2 * scale,
        .bottom = height * 7 / 12 / 16 * 16,
    };

    for (unsigned byte = 0; byte < 256; byte++)
        code.wide[byte] = widen(byte, scale);
    make_check(&code);
    return code;
}

int face_code_height(const struct face_code *code)
{
    return (code->rows + 1) * code->scale;
}

/* Writes the @p size lowest bytes of @p number, the most significant first. */
static uint8_t *put(uint8_t *to, uint64_t number, int size)
{
    for (int i = 0; i < size; i++)
        to[i] = (uint8_t)(number >> 8 * (size - 1 - i));
    return to + size;
}

/* The same in Gray code. */
static uint8_t *put_gray(uint8_t *to, int64_t number, int size)
{
    uint64_t low = (uint64_t)number & UINT64_MAX >> (64 - 8 * size);

    return put(to, low ^ low >> 1, size);
}

void face_code_pack(const struct face_code *code, const struct face_moment *moment,
                    uint8_t ret_bytes[FACE_CODE_BYTES])
{
    int64_t ms = moment->time / NS_PER_MS - (moment->time % NS_PER_MS < 0);
    uint8_t *to = ret_bytes;

    *to++ = (uint8_t)(VERSION << 4 | moment->flash);
    to = put(to, (uint64_t)moment->stream, 2);
    to = put_gray(to, moment->index, 4);
    to = put_gray(to, moment->frame, 5);
    to = put_gray(to, ms, 6);
    (void)put(to, check_of(code, ret_bytes), FACE_CODE_BYTES - FACE_CODE_CHECKED);
}

void face_code_draw_references(const struct face_code *code, int top, struct cells *cells)
{
    for (int y = 0; y < code->rows * code->scale; y++) {
        if (y / code->scale % 2 == 0)
            cells_add(cells->rows[top + y], code->left, UINT64_MAX >> (64 - code->scale));
    }
}

/* Up to 8 bits from bit @p at on, as many as lie before @p end; in the place of the others 0. */
static unsigned take_bits(const uint8_t *bytes, int at, int end)
{
    unsigned two = (unsigned)bytes[at / 8] << 8 | bytes[at / 8 + 1];
    unsigned eight = two >> (8 - at % 8) & 0xff;

    return end - at < 8 ? eight & 0xff00U >> (end - at) : eight;
}

void face_code_draw(const struct face_code *code, int top, const struct face_moment *moment,
                    struct cells *cells)
{
    uint8_t bytes[FACE_CODE_BYTES + 1] = {0};
    int begin = 0;

    face_code_pack(code, moment, bytes);
    for (int row = 0; row < code->rows; row++) {
        int end = smaller(begin + code->columns - 1, FACE_CODE_BITS);
        uint64_t *line = cells->rows[top + row * code->scale];

        for (int at = begin; at < end; at += 8)
            cells_add(line, code->left + (1 + at - begin) * code->scale,
                      code->wide[take_bits(bytes, at, end)]);
        for (int copy = 1; copy < code->scale; copy++)
            memcpy(cells->rows[top + row * code->scale + copy], line, sizeof(cells->rows[0]));
        begin = end;
    }
}

int face_code_change_max(int64_t step_ms)
{
    int low = 1;

    /*
     * A sum with less than 2^low changes the lowest bits at will, and above them a carry inverts
     * neighbours up to one bit: of those the Gray code shows the last alone.
     */
    while (step_ms >> low)
        low++;
    return CRC_BITS + low + 1 + 1 + 1;
}
