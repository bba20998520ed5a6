/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory has two peaks: when libx264 has all its pictures, and when every segment of the cycle has
 * been muxed. Numbers and sizes of the pictures are those that libx264 164 asks malloc(3) for. What
 * private memory (VmData) grew by at most, MB, and the bound, with bars if not said otherwise:
 *
 *     size        speed       segment   cycle, segments      grew   bound
 *     64x64       placebo     5 s       8                      19      24
 *     640x360     medium      5 s       8                      59      69
 *     640x360     placebo     5 s       8                     218     220
 *     1280x720    ultrafast   2 s       4                      27      40
 *     1280x720    medium      4 s       2                     225     231
 *     1280x720    veryslow    4 s       2                     516     521
 *     1920x1080   medium      2 s       4                     449     458
 *     3840x2160   ultrafast   2 s       4                     187     236
 *     3840x2160   medium      2 s       4                    1506    1617
 *     1280x720    ultrafast   2 s       60, 8 Mbit/s moving   175     185
 *     640x360     ultrafast   10 s      4, 60 Mbit/s          586     658
 *     320x180     ultrafast   2 s       800                   148     189
 *
 * Of ladders, made by so many threads, of which each has a peak of its own:
 *
 *     sizes           speed       threads   grew   bound
 *     2160p to 360p   exact       1           32      78
 *     2160p to 360p   exact       2           42      92
 *     2160p to 360p   exact       5           50     111
 *     2160p to 360p   ultrafast   1          191     250
 *     2160p to 360p   ultrafast   2          247     314
 *     2160p to 360p   ultrafast   5          288     378
 *     1080p to 234p   medium      1          451     469
 *     1080p to 234p   medium      2          661     694
 *     1080p to 234p   medium      6          855    1100
 */
#include "media/footprint.h"

#include <stdbool.h>
#include <string.h>

#include "media/pattern.h"
#include "media/rendition.h"
#include "media/template.h"
#include "media/video.h"
#include "media/video_fill.h"
#include "media/workers.h"

#define MIB (INT64_C(1) << 20)

enum {
    MACROBLOCK = 16,
    PADDING_WIDTH = 192, /* of a plane: what motion vectors may reach, and alignment */
    PADDING_HEIGHT = 64,
    BYTES_OF_MACROBLOCK = 150, /* motion vectors and the like, for a reconstructed picture */
    BYTES_OF_MACROBLOCK_AT_WORK = 800, /* for the picture that is encoded */
    SMALL_BYTES = 3 << 20,             /* cost tables, filter graph, filter of system calls */
};

/* What libx264 holds at once, by its speed preset. */
struct speed {
    const char *name;
    int64_t sources;       /* pictures to be encoded: looked ahead at, and reordered */
    int64_t reconstructed; /* pictures referred to, and the one that is encoded */
    int64_t b_pictures;    /* in a row at most */
    int64_t planes;        /* of luma of a reconstructed one: half samples; sums for the search */
};

static const struct speed speeds[] = {
    {"ultrafast", 2, 2, 0, 1},  {"superfast", 5, 5, 3, 4}, {"veryfast", 12, 5, 3, 4},
    {"faster", 22, 5, 3, 4},    {"fast", 32, 5, 3, 4},     {"medium", 42, 5, 3, 4},
    {"slow", 52, 6, 3, 4},      {"slower", 62, 9, 3, 4},   {"veryslow", 62, 17, 8, 4},
    {"placebo", 66, 17, 16, 8},
};

static const struct speed *speed_of(const struct preset *preset)
{
    size_t i = 0;

    while (i < sizeof(speeds) / sizeof(speeds[0]) - 1 &&
           strcmp(speeds[i].name, preset->video.x264_preset) != 0)
        i++;
    return &speeds[i];
}

static int64_t round_up(int64_t number, int64_t step)
{
    return (number + step - 1) / step * step;
}

/* libx264 aligns what comes near to a huge page, for which a mapping has to be larger. */
static int64_t block(int64_t size)
{
    if (size < 2 * MIB * 7 / 8)
        return size;
    return size < FOOTPRINT_HEAP_BLOCK_MAX ? round_up(size, 2 * MIB) : size + 2 * MIB;
}

/* Bytes of a plane of luma, of the whole picture or of a quarter of it. */
static int64_t plane(const struct preset *preset, int64_t divisor)
{
    return (round_up(preset->video.width, MACROBLOCK) / divisor + PADDING_WIDTH) *
           (round_up(preset->video.height, MACROBLOCK) / divisor + PADDING_HEIGHT);
}

static int64_t encoder_bound(const struct preset *preset)
{
    const struct speed *speed = speed_of(preset);
    int64_t samples = (int64_t)preset->video.width * preset->video.height;
    int64_t macroblocks = round_up(preset->video.width, MACROBLOCK) *
                          round_up(preset->video.height, MACROBLOCK) / (MACROBLOCK * MACROBLOCK);
    int64_t rows = speed->b_pictures + 2;

    /* 4:2:0, four planes of half its size, vectors and costs for each distance of B pictures */
    int64_t source = plane(preset, 1) * 3 / 2 + 4 * plane(preset, 2) +
                     macroblocks * (16 * rows + 2 * rows * rows + 30);
    int64_t reconstructed =
        plane(preset, 1) * (2 * speed->planes + 1) / 2 + macroblocks * BYTES_OF_MACROBLOCK;

    return speed->sources * block(source) + speed->reconstructed * block(reconstructed) +
           block(macroblocks * BYTES_OF_MACROBLOCK_AT_WORK) + block(4 * samples) +
           block(6 * samples); /* the picture as bits, twice */
}

/* Pictures that libavfilter draws and converts. */
static int64_t pattern_bound(const struct preset *preset)
{
    int64_t samples = (int64_t)preset->video.width * preset->video.height;

    return preset->video.pattern == PATTERN_TESTSRC ? 8 * samples : 3 * samples;
}

/* The exact engine's slices, which come to the samples themselves where nothing can be predicted,
 * and a copy of them as they are escaped. */
static int64_t exact_bound(const struct preset *preset)
{
    return (int64_t)preset->video.width * preset->video.height * 4;
}

static int64_t filled_bytes(const struct preset *preset, const struct timeline *line)
{
    return video_cycle(preset) * video_bytes_range_of(preset, line).most;
}

/* A tenth is lost between blocks. */
static int64_t with_loss(int64_t bytes)
{
    return bytes / 10 * 11;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The encoder at work, and then the pictures, as they came from it and filled up. */
static int64_t encoding_bound(const struct preset *preset, const struct timeline *line)
{
    int64_t encoded = pattern_cycle(preset) * video_bytes_range_of(preset, line).most;
    int64_t encoder =
        preset->video.encoder == ENCODER_EXACT ? exact_bound(preset) : encoder_bound(preset);

    return encoded + larger(encoder + pattern_bound(preset), filled_bytes(preset, line));
}

struct footprint footprint_of(const struct preset *preset, const struct timeline *line)
{
    bool has_video = preset_has_video(preset);
    int64_t segment = (int64_t)rendition_segment_bound(preset, line);
    int64_t cycle = rendition_cycle_of(preset, line) * segment;
    int64_t filled = has_video ? filled_bytes(preset, line) : 0;
    int64_t encoding = has_video ? encoding_bound(preset, line) : 0;
    int64_t packing = with_loss(filled + cycle) + 3 * segment; /* the muxer's copy, as it grows */
    int64_t kept = with_loss(cycle);

    return (struct footprint){
        .kept = kept,
        .making = larger(encoding, packing) - kept + SMALL_BYTES,
    };
}

int64_t footprint_workers(const struct preset *preset, const struct timeline *line, int threads,
                          int64_t streams)
{
    int64_t segment = (int64_t)rendition_segment_bound(preset, line);
    int64_t samples = (int64_t)preset->video.width * preset->video.height;
    /* Encoded and filled; the picture that the clock is drawn into, and libavcodec's copy of it. */
    int64_t encoding = encoder_bound(preset) + pattern_bound(preset) + 3 * samples + 2 * segment;
    /* The video filled, the muxer's copy as it grows, and laid out. */
    int64_t packing = 5 * segment;
    int64_t each = (encoding > packing ? encoding : packing) + SMALL_BYTES;

    return threads * each +
           workers_memory(threads, streams, workers_ahead(threads, streams), (size_t)segment);
}
