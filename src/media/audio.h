/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sound: a tone or a beep, as the few AAC frames that repeat for ever. */
#ifndef HLSGEN_MEDIA_AUDIO_H
#define HLSGEN_MEDIA_AUDIO_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "media/progress.h"
#include "preset/preset.h"
#include "timeline/timeline.h"

/**
 * A tone of whole hertz at 48 kHz, a beep a second, and a frame length of bitrate * 1024 / 48000
 * bits on average all repeat after a divisor of this many AAC frames (8 s).
 */
#define AUDIO_PERIOD_MAX 375

#define AUDIO_CHANNELS 2

#define AUDIO_DECODER_BUFFER (AUDIO_CHANNELS * 6144 / 8) /**< bytes (ISO 14496-3 4.5.3.1) */

/** AAC-LC raw data blocks, fill elements included, so that the average bit rate is exact. */
struct audio {
    struct buffer bytes;
    struct {
        size_t offset; /**< into bytes */
        size_t size;
    } frames[AUDIO_PERIOD_MAX];
    int64_t period;       /**< frame k since the epoch is frames[k % period] */
    struct buffer config; /**< AudioSpecificConfig (ISO 14496-3 1.6.2.1) */
};

/** The period that the sound of @p preset will have. */
int64_t audio_period(const struct preset *preset);

/**
 * Encodes the sound of @p preset, a sine of peak -18 dBFS. The phase of a tone is zero at the
 * epoch. A beep begins at the sample nearest to each second of UTC, with phase zero, and lasts
 * 100 ms, 5 ms of fading in and of fading out included.
 *
 * @param line      only its epoch counts: lines a whole second apart have the same sound
 * @param progress  may be NULL
 * @param ret_audio owned by the caller, freed by audio_finish()
 * @return 0; a negative AVERROR with @p err filled (EX_DATAERR when the bit rate is too low)
 */
int audio_encode(const struct preset *preset, const struct timeline *line,
                 const struct progress *progress, struct audio *ret_audio, struct error *err);

/** @param ret_copy freed by audio_finish() @return 0 or -ENOMEM */
int audio_copy(const struct audio *audio, struct audio *ret_copy);

/** Accepts a zeroed one. */
void audio_finish(struct audio *audio);

#endif
