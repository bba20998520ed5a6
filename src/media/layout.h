/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When each packet is sent: the muxer's packets laid onto a channel of constant rate.
 *
 * A segment takes a fixed number of packets. The channel sends them evenly over the segment's
 * duration, VIDEO_LEAD_MS before the media time they hold, and the PCR says exactly that: it is
 * linear in the byte position, through all segments of one rate. What the muxer left empty becomes
 * PCR-only packets, so that the PCR comes at least every 40 ms (TR 101 290), and null packets.
 */
#ifndef HLSGEN_MEDIA_LAYOUT_H
#define HLSGEN_MEDIA_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "timeline/timeline.h"

/** From one PCR to the next at most (TR 101 290 2.3a). */
#define LAYOUT_PCR_INTERVAL_MS 40

/** PCR ticks at packet @p position of @p whole in segment @p index; unwrapped. */
int64_t layout_pcr(const struct timeline *line, int64_t index, int64_t position, int64_t whole);

/**
 * Lays the packets of segment @p index, as mux_sink gets them, out on @p whole packets. The service
 * description table is left out: HLS has no services.
 *
 * @param paced  pictures have not been filled up: each begins at its place on the channel, with
 * null packets before it
 * @param to room for @p whole packets, PCR values still to be written; NULL only tries
 * @return 0, or by how many packets to enlarge @p whole for the next try
 */
int64_t layout_place(const struct timeline *line, int64_t index, const uint8_t *packets,
                     size_t size, bool paced, int64_t whole, uint8_t *to);

#endif
