/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a preset is like, told from its keys. */
#include "preset/preset.h"

bool preset_has_video(const struct preset *preset)
{
    return preset->video.encoder != ENCODER_NONE;
}

bool preset_has_audio(const struct preset *preset)
{
    return preset->audio.signal != SIGNAL_NONE;
}

bool preset_has_filler(const struct preset *preset)
{
    return preset_has_video(preset) && preset->stream.container == CONTAINER_TS &&
           preset->video.stuffing == STUFFING_FILLER;
}

bool preset_has_iframes(const struct preset *preset)
{
    return preset_has_video(preset) && preset->stream.iframes == IFRAMES_YES;
}

bool preset_is_animated(const struct preset *preset)
{
    return preset->video.pattern == PATTERN_TESTSRC || preset->video.pattern == PATTERN_TESTSRC2;
}

bool preset_is_aperiodic(const struct preset *preset)
{
    return preset->video.encoder == ENCODER_X264 && preset->video.overlay == OVERLAY_CLOCK;
}
