/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is remembered of the segments of a stream beyond what their numbers tell, for index.json. */
#ifndef HLSGEN_ORIGIN_LEDGER_H
#define HLSGEN_ORIGIN_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "origin/index.h"

struct ledger_entry {
    int64_t number;
    int64_t size;
    int64_t published;          /**< as in struct index_segment */
    enum index_answer stand_by; /**< likewise */
    bool listed_before;         /**< by an earlier run: when is not known */
    bool hashed;
    bool told; /**< in the index.json that was written last */
};

struct ledger {
    struct ledger_entry *entries;    /**< in the order of their numbers */
    uint8_t (*digests)[SHA256_SIZE]; /**< of the entries; NULL: none was asked for */
    size_t count;
    size_t max;   /**< 0: nothing is remembered */
    bool changed; /**< since index.json was written */
};

/** @return 0 or -ENOMEM; @p ret is then to be finished all the same */
int ledger_init(struct ledger *ret, enum index_detail detail, int64_t max);

/** Bytes of memory that ledger_init() takes. */
size_t ledger_memory(enum index_detail detail, int64_t max);

/** Accepts a zeroed one. */
void ledger_finish(struct ledger *ledger);

/** Makes room for @p more. @return 0 or -ENOMEM */
int ledger_reserve(struct ledger *ledger, int64_t more);

/**
 * Remembers a segment, in the place of what was known of it. When there is no room the lowest
 * number is forgotten, which is the first to be removed.
 *
 * @param entry its number, size, stand_by and listed_before
 * @param bytes NULL: they are not known
 */
void ledger_note(struct ledger *ledger, const struct ledger_entry *entry, const void *bytes);

/** From @p time on a playlist lists the numbers from @p first to before @p end, which none had. */
void ledger_publish(struct ledger *ledger, int64_t first, int64_t end, int64_t time);

/** Removes entry @p i. */
void ledger_forget(struct ledger *ledger, size_t i);

#endif
