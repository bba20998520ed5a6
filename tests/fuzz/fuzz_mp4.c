/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fragmented MP4 of anyone's making, initialization section and segment: what is measured and found
 * does not depend on the pieces that it is read in, and keeps to what the header says.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/segments.h"

/* Up to the end of moov, which is said by the sizes of the boxes; else nothing. */
static size_t find_init(const uint8_t *data, size_t size)
{
    size_t at = 0;

    while (size - at >= 8) {
        size_t box = (size_t)data[at] << 24 | (size_t)data[at + 1] << 16 |
                     (size_t)data[at + 2] << 8 | data[at + 3];
        bool is_movie = memcmp(data + at + 4, "moov", 4) == 0;

        if (box < 8 || box > size - at)
            return 0;
        at += box;
        if (is_movie)
            return at;
    }
    return 0;
}

/* The first two bytes say how large the pieces are; then come the section, and the segment. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct segments whole, parted;
    size_t piece, init;

    if (size < 2)
        return 0;
    piece = 1 + (data[0] | (size_t)data[1] << 8) % 1000;
    data += 2;
    size -= 2;
    init = find_init(data, size);
    segments_read(data, init, data + init, size - init, size + 1, &whole);
    segments_read(data, init, data + init, size - init, piece, &parted);
    segments_check_same(&whole, &parted);
    return 0;
}
