/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes segments of MPEG-TS packet by packet, as others write them. */
#ifndef HLSGEN_TESTS_UNIT_PACKETS_H
#define HLSGEN_TESTS_UNIT_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PACKET = 188,
    PMT = 0x1000,
    VIDEO = 0x100,
    AUDIO = 0x101,
    OTHER = 0x123,
    PICTURES = 10,
    FRAME = 9000,     /* ticks of a picture */
    DELAY = 18000,    /* from the PCR to the DTS */
    AAC_FRAMES = 5,   /* in a PES packet */
    AAC_SIZE = 100,   /* bytes of a frame */
    AAC_TICKS = 1920, /* 1024 samples at 48 kHz */
    AAC_PES = AAC_FRAMES * AAC_TICKS,
    SIZE_MAX_TEST = 1 << 20,
};

#define WRAP (INT64_C(1) << 33)

/** How they are packed, and the one that was written last. */
struct packets {
    int stuffing;     /**< bytes of adaptation field in every packet of video */
    int per_pes;      /**< access units */
    int pes_per_unit; /**< or PES packets */
    int descriptors;  /**< bytes of them in the PMT */
    int video_type, audio_type;
    int version;     /**< of the PMT */
    int sounds;      /**< audio streams in the PMT */
    bool repeats;    /**< every tenth packet is sent twice */
    bool has_length; /**< of video */
    int late;        /**< ticks by which data come later */

    uint8_t data[SIZE_MAX_TEST];
    size_t size;
    uint8_t counters[8192]; /**< of continuity, of each PID */
};

extern struct packets packets;

/** Nothing has been written; H.264 and AAC, a PES packet for each picture. */
void packets_begin(void);

/** Appends PAT and PMT. */
void packets_put_tables(void);

/** Writes a second of ten pictures and sound from @p begin on, 90 kHz ticks. */
void packets_write_segment(int64_t begin);

#endif
