/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sample entries (ISO 14496-12 8.5.2): which codec a track has, and with which parameters. */
#ifndef HLSGEN_VERIFY_MP4_ENTRY_H
#define HLSGEN_VERIFY_MP4_ENTRY_H

#include "verify/mp4_box.h"
#include "verify/mp4_init.h"

/**
 * Reads the first sample entry of a track, whose kind is set.
 *
 * @param stsd body of the Sample Description Box
 * @return NULL, or what is wrong with it
 */
const char *mp4_entry_read(struct mp4_bytes stsd, struct mp4_track *track);

#endif
