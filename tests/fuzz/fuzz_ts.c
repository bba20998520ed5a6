/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A media segment of anyone's making, transport stream or packed audio: what is measured and found
 * does not depend on the pieces that it is read in, and keeps to what the header says.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/segments.h"

enum {
    TABLES = 2 * 188, /* bytes of an initialization section: PAT and PMT */
};

/* The first two bytes say how large the pieces are, and whether a part of the rest, which is the
 * segment, is an initialization section, too. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct segments whole, parted;
    size_t piece, init;

    if (size < 2)
        return 0;
    piece = 1 + (data[0] | (size_t)data[1] << 8) % 1000;
    init = data[1] & 0x80 && size - 2 >= TABLES ? TABLES : 0;
    data += 2;
    size -= 2;
    segments_read(data, init, data, size, size + 1, &whole);
    segments_read(data, init, data, size, piece, &parted);
    segments_check_same(&whole, &parted);
    return 0;
}
