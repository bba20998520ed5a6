/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Multivariant playlists (RFC 8216 4.3.4): model to text, without I/O. */
#ifndef HLSGEN_HLS_MULTIVARIANT_H
#define HLSGEN_HLS_MULTIVARIANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** EXT-X-STREAM-INF; text is borrowed, of less than 128 bytes each. */
struct multivariant_variant {
    const char *uri;           /**< of its media playlist */
    int64_t bandwidth;         /**< BANDWIDTH, bit/s */
    int64_t average_bandwidth; /**< AVERAGE-BANDWIDTH, bit/s */
    const char *codecs;        /**< CODECS (RFC 6381), those of the group included */
    int width;                 /**< RESOLUTION; 0: there is no video, nor a FRAME-RATE */
    int height;
    int rate_num; /**< FRAME-RATE */
    int rate_den;
};

/** EXT-X-I-FRAME-STREAM-INF (4.3.4.3); text is borrowed likewise. */
struct multivariant_iframes {
    const char *uri;           /**< of its I-frame playlist */
    int64_t bandwidth;         /**< BANDWIDTH, bit/s of the largest picture over its duration */
    int64_t average_bandwidth; /**< AVERAGE-BANDWIDTH, bit/s; 0: it is not known */
    const char *codecs;        /**< CODECS, that of the video */
    int width;                 /**< RESOLUTION */
    int height;
};

/** EXT-X-MEDIA of TYPE=AUDIO, the only rendition of its group. */
struct multivariant_audio {
    const char *uri; /**< NULL: there is no group */
    const char *name;
    int channels;
};

struct multivariant {
    const struct multivariant_variant *variants; /**< in the order in which they are listed */
    int64_t count;
    const struct multivariant_iframes *iframes;
    int64_t iframes_count;           /**< at most as many as there are variants */
    struct multivariant_audio audio; /**< to which all variants belong */
};

/** Bytes that are enough for @p count variants, with I-frames of each. */
size_t multivariant_size(int64_t count);

/**
 * Writes @p multivariant, with EXT-X-INDEPENDENT-SEGMENTS.
 *
 * @param text room for multivariant_size() bytes
 * @return bytes written
 */
size_t multivariant_write(const struct multivariant *multivariant, char *text);

#define MULTIVARIANT_START_SIZE 32 /**< bytes at the start, which tell whose it is */

/** Whether @p text begins one that multivariant_write() wrote. */
bool multivariant_is_own(const char *text, size_t size);

#endif
