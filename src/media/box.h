/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boxes of the ISO base media file format (ISO 14496-12 4.2): 32-bit size, type, contents, big
 * endian. Those written here are all smaller than 4 GiB.
 */
#ifndef HLSGEN_MEDIA_BOX_H
#define HLSGEN_MEDIA_BOX_H

#include <stddef.h>
#include <stdint.h>

enum {
    BOX_HEAD = 8,
    BOX_FULL_HEAD = 12, /**< with version and flags */
};

/** Each writes at @p at and returns the place behind it. */
uint8_t *box_put32(uint8_t *at, uint32_t value);
uint8_t *box_put64(uint8_t *at, uint64_t value);
uint8_t *box_put_type(uint8_t *at, const char *type);

/** Begins a box of four letters; box_end() writes its size when its contents are there. */
uint8_t *box_begin(uint8_t *at, const char *type);
uint8_t *box_begin_full(uint8_t *at, const char *type, int version, uint32_t flags);
void box_end(uint8_t *box, const uint8_t *end);

uint32_t box_read32(const uint8_t *at);

/** Whether the box is of that type. */
int box_is(const uint8_t *box, const char *type);

/**
 * The first box of that type among those from @p at to @p end, which may be any bytes: it lies
 * whole among them. NULL: there is none before one that does not.
 */
const uint8_t *box_find(const uint8_t *at, const uint8_t *end, const char *type);

/** Likewise among the contents of @p box, which has no fields of its own. */
const uint8_t *box_child(const uint8_t *box, const char *type);

#endif
