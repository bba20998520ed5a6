/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * H.264 video of a media playlist, access unit by access unit in decoding order, whatever container
 * it comes in: its measures, and the rules V_*. Memory is bounded by the order of presentation,
 * which H.264 limits to 16 pictures.
 */
#ifndef HLSGEN_VERIFY_VIDEO_H
#define HLSGEN_VERIFY_VIDEO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify/grid.h"
#include "verify/h264.h"
#include "verify/segment.h"

struct video_unit {
    bool stamped; /**< it has pts and dts */
    int64_t pts;  /**< 90 kHz ticks, unwrapped, below 2^60 */
    int64_t dts;
    bool idr;
    bool parameters; /**< SPS and PPS stand before its picture, or in the initialization section */
};

enum {
    VIDEO_REORDER = 17, /* max_dec_frame_buffering, and the picture at hand (H.264 A.3.1) */
};

/** Zeroed, then begun. */
struct video {
    struct findings *findings;
    const char *place;
    bool is_opaque; /* no H.264, or encrypted: judged by its times alone; set by the container */
    bool is_independent; /* V_CLOSED is judged; set by the reader of segments */
    bool is_signed;      /* PTS may be before DTS (ISO 14496-12 8.6.1.3); set by the container */
    int64_t longest; /* 90 kHz ticks that PTS may be apart (TS_PTS_700); 0: not judged; likewise */

    /* of the segment */
    struct segment_track track;
    struct segment_video picture;
    int64_t stamped;    /* access units */
    int64_t stamped_at; /* the last of them: access units before it */
    int64_t largest_pts;
    bool opens_with_idr;
    bool is_lossy;      /* packets are missing, as has been filed: V_IDR is not judged */
    bool is_disordered; /* V_DTS, V_PTS_GE_DTS or V_CLOSED is broken, or a time stamp missing: the
                           grid is not judged */

    /* of the run of segments without a discontinuity */
    bool is_running; /* last_dts counts */
    int64_t last_dts;
    bool has_key;        /* last_key counts: V_KEYINT is to be judged */
    int64_t last_key;    /* PTS of the last IDR picture */
    struct h264_sps sps; /* of the last access unit that had one; width 0: none */
    bool has_shown;
    int64_t last_shown; /* PTS, in the order of presentation */
    int waiting;
    int64_t order[VIDEO_REORDER]; /* PTS that wait for it, the smallest last */
    struct grid grid;
};

/** @param breaks nothing runs on from the segment before */
void video_begin(struct video *video, struct findings *findings, const char *place, bool breaks);

/** Times do not run on, as has been filed already: they begin anew with the next access unit. */
void video_resume(struct video *video);

/**
 * A sequence parameter set, before the access unit that it is for: V_PARAMS, V_PROFILE.
 *
 * @param sps NAL unit with its header byte, without start code
 */
void video_take_parameters(struct video *video, const uint8_t *sps, size_t size);

void video_take_unit(struct video *video, const struct video_unit *unit);

/** Fills in what it knows of video, picture and starts_with_idr. The caller adds the bytes. */
void video_end(struct video *video, struct segment *ret);

#endif
