/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock of a transport stream: time stamps of 33 bits become integers that do not wrap; the
 * rules of the PCR; and when by the PCR a packet arrives (ISO 13818-1 2.4.2.2): on the line between
 * the PCRs before and after it.
 */
#ifndef HLSGEN_VERIFY_TS_CLOCK_H
#define HLSGEN_VERIFY_TS_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "verify/segment_parts.h"

#define TS_TIME_MAX (INT64_C(1) << 53) /* 3000 years; in ticks of 27 MHz below 2^62 */

enum {
    TS_CLOCK_POINTS = 64,  /* PCRs that are remembered */
    TS_CLOCK_WAITING = 64, /* units that wait for the PCR after them */
};

/** An access unit of video or a PES packet of sound, in the packets that hold it. */
struct ts_unit {
    const char *kind; /**< "video", "audio" */
    int64_t first_packet;
    int64_t last_packet;
    int64_t dts;      /**< 90 kHz ticks, unwrapped */
    int64_t earliest; /**< seconds that it may be in the buffers of a decoder (2.4.2.6) */
};

/** Time stamps without their wrap: 90 kHz ticks. */
struct ts_time {
    bool has_last;
    int64_t last;
};

struct ts_clock {
    const struct segment_parts *parts;
    struct ts_time time; /* of all PTS and DTS */
    struct ts_time pcr_time;
    bool is_aligned;
    int64_t turns; /* then: by how much these are apart, whole wraps */
    struct {
        int64_t packet;
        int64_t ticks;         /* of 27 MHz, unwrapped */
    } points[TS_CLOCK_POINTS]; /* a ring */
    int64_t count;             /* PCRs since the clock began anew */
    int64_t in_segment;        /* PCRs of the segment */
    struct ts_unit waiting[TS_CLOCK_WAITING];
    int waiting_count;
};

/** Nothing runs on. */
void ts_clock_reset(struct ts_clock *clock);

/** @param stamp modulo 2^33. @return that which is the nearest to the one before; where that is
 * more than TS_TIME_MAX from 0, @p stamp itself */
int64_t ts_time_unwrap(struct ts_time *time, int64_t stamp);

/** Of a PTS or a DTS. */
int64_t ts_clock_unwrap(struct ts_clock *clock, int64_t stamp);

/** A PCR in @p packet, in the @p packet_in_segment th of the segment: TS_PCR_100, TS_PCR_40,
 * TS_PCR_MONO. */
void ts_clock_take_pcr(struct ts_clock *clock, int64_t base, int64_t extension, int64_t packet,
                       int64_t packet_in_segment);

/** TS_PCR_DTS of @p unit, now or when the next PCR comes. */
void ts_clock_take_unit(struct ts_clock *clock, const struct ts_unit *unit);

#endif
