/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sound of a media playlist, frame by frame, whatever container it comes in: its measures, A_CONT,
 * and what of A_ADTS is about constancy.
 */
#ifndef HLSGEN_VERIFY_AUDIO_H
#define HLSGEN_VERIFY_AUDIO_H

#include <stdbool.h>
#include <stdint.h>

#include "verify/segment.h"

struct audio_frame {
    bool stamped; /**< it has a PTS */
    int64_t pts;  /**< 90 kHz ticks, unwrapped, below 2^60 */
    int samples;  /**< per channel, below 2^20: 1024 of AAC; 0: not known */
};

/** Zeroed, then begun. */
struct audio {
    struct findings *findings;
    const char *place;
    int64_t longest; /* as in struct video */

    /* of the segment */
    struct segment_track track;
    struct segment_audio sound;
    bool is_stamped; /* first_pts is known */
    int64_t samples;

    /* of the run of segments without a discontinuity */
    bool is_running;
    int64_t anchor_pts; /* a PTS, and the samples since then */
    int64_t anchor_samples;
    int64_t last_pts;
    struct segment_audio format; /* of the frame before; rate 0: there was none */
};

/** Samples per second by samplingFrequencyIndex (ISO 14496-3 1.6.3.4); 0: it stands for none. */
int audio_rate(int index);

/** @param breaks nothing runs on from the segment before */
void audio_begin(struct audio *audio, struct findings *findings, const char *place, bool breaks);

/** Times do not run on, as has been filed already: they begin anew with the next stamped frame. */
void audio_resume(struct audio *audio);

/** What the frames to come are: A_ADTS when it is not what it was. */
void audio_take_format(struct audio *audio, const struct segment_audio *format);

void audio_take_frame(struct audio *audio, const struct audio_frame *frame);

/** Fills in what it knows of audio and sound. The caller adds the bytes. */
void audio_end(struct audio *audio, struct segment *ret);

#endif
