/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boxes of an ISO base media file (ISO 14496-12 4.2) that is in memory. */
#ifndef HLSGEN_VERIFY_MP4_BOX_H
#define HLSGEN_VERIFY_MP4_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes that are read from the front. */
struct mp4_bytes {
    const uint8_t *at;
    size_t left;
    bool short_of; /**< more was wanted than there is */
};

/** The next @p count bytes as a number, up to 8; 0, if they are not there. */
uint64_t mp4_take(struct mp4_bytes *bytes, size_t count);

/** Passes over @p count bytes. */
void mp4_skip(struct mp4_bytes *bytes, size_t count);

#define MP4_TYPE(a, b, c, d)                                                                       \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

struct mp4_box {
    uint32_t type;
    struct mp4_bytes body;
};

/** Takes the next box. @return 1; 0: there is none; -EBADMSG: it does not fit */
int mp4_box_take(struct mp4_bytes *rest, struct mp4_box *ret);

/** Finds the first box of @p type among @p boxes. @return whether there is one */
bool mp4_box_find(struct mp4_bytes boxes, uint32_t type, struct mp4_bytes *ret_body);

/** Version and flags, with which a full box begins. */
struct mp4_full {
    uint8_t version;
    uint32_t flags;
};

struct mp4_full mp4_take_full(struct mp4_bytes *body);

#define MP4_TYPE_SIZE 5

/** The four characters, those that are not printable as "?". */
void mp4_type_name(uint32_t type, char ret[MP4_TYPE_SIZE]);

#endif
