/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streams with measures that are made up, for rules that compare. */
#ifndef HLSGEN_TESTS_UNIT_MEASURED_H
#define HLSGEN_TESTS_UNIT_MEASURED_H

#include "base/clock.h"
#include "verify/stream.h"

#define SECOND NS_PER_SECOND

enum {
    MEASURED = 6, /**< segments of a stream */
};

/** Of two seconds each, 25 pictures a second, from @p pts on. @p segments: room for MEASURED. */
void measured_make(struct stream *stream, struct stream_segment *segments, int64_t pts);

#endif
