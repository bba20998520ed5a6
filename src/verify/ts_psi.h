/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Program association and program map (ISO 13818-1 2.4.4): which PIDs hold what. Sections are put
 * together from packets; one that was there before is only compared.
 */
#ifndef HLSGEN_VERIFY_TS_PSI_H
#define HLSGEN_VERIFY_TS_PSI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify/segment_parts.h"

enum {
    TS_SECTION_MAX = 1024,
    TS_NO_PID = 0x1fff, /* of null packets; as PCR_PID: there is none */
};

struct ts_table {
    uint8_t table_id;
    uint8_t data[TS_SECTION_MAX]; /* the section at hand */
    size_t size;
    bool is_open;
    uint8_t known[TS_SECTION_MAX]; /* the one that holds */
    size_t known_size;
    bool may_change; /* after a discontinuity */
};

/** The elementary streams that are looked into. */
struct ts_program {
    int pmt_pid; /**< TS_NO_PID: not known */
    int pcr_pid;
    int video_pid; /**< the first H.264, else the first video; TS_NO_PID: none */
    int audio_pid; /**< the first AAC in ADTS, else the first sound; likewise */
    bool is_h264;
    bool is_adts;
    int audio_count;
};

struct ts_psi {
    const struct segment_parts *parts;
    struct ts_table pat, pmt;
    struct ts_program program;
    bool is_bad; /* a section of the segment was */
};

void ts_psi_begin_run(struct ts_psi *psi);

/** What a packet of the PAT or of the PMT has. @return whether the program is another now */
bool ts_psi_take_pat(struct ts_psi *psi, const uint8_t *payload, size_t size, bool starts,
                     int64_t packet);
bool ts_psi_take_pmt(struct ts_psi *psi, const uint8_t *payload, size_t size, bool starts,
                     int64_t packet);

#endif
