/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32.h"

#define HEX_SIZE (2 * STATE_DIGEST_SIZE + 1)

/* Above any use, below what arithmetic overflows, and above what a playlist is believed. */
#define NUMBER_MAX   INT64_C(1000000000000)
#define DURATION_MAX INT64_C(10000000000) /* milliseconds */
#define TARGET_MAX   INT64_C(60)

static const char format[] =
    "hlsgen-state 1\n"
    "digest %s\n"
    "from %" PRId64
    "\n"
    "offset %" PRId64
    "\n"
    "discontinuities %" PRId64
    "\n"
    "target %" PRId64
    "\n"
    "longest %" PRId64 "\n";

/* Of those alone that it is true of: so the others can be read by who does not know it. */
static const char event_format[] = "event %" PRId64 "\n";
static const char end_format[] = "end %" PRId64 "\n";

#define FINITE "hlsgen-vod "

static const char finite_format[] = FINITE
    "1\n"
    "digest %s\n"
    "first %" PRId64
    "\n"
    "segments %" PRId64 "\n";

static void write_hex(const uint8_t digest[STATE_DIGEST_SIZE], char text[HEX_SIZE])
{
    for (size_t i = 0; i < STATE_DIGEST_SIZE; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

/* Puts the checksum behind it. @return bytes of all */
static size_t seal(char text[STATE_SIZE], int used)
{
    used += snprintf(text + used, STATE_SIZE - (size_t)used, "crc32 %08" PRIx32 "\n",
                     crc32_of(text, (size_t)used));
    return (size_t)used;
}

size_t state_write(const struct state *state, char text[STATE_SIZE])
{
    char digest[HEX_SIZE];
    int used;

    write_hex(state->digest, digest);
    used = snprintf(text, STATE_SIZE, format, digest, state->from, state->offset,
                    state->discontinuities, state->target, state->longest);
    if (state->kind == PLAYLIST_EVENT)
        used += snprintf(text + used, STATE_SIZE - (size_t)used, event_format, state->first);
    if (state->end > 0)
        used += snprintf(text + used, STATE_SIZE - (size_t)used, end_format, state->end);
    return seal(text, used);
}

static bool is_within(int64_t value, int64_t min, int64_t max)
{
    return value >= min && value <= max;
}

static bool is_sound(const struct state *state)
{
    return is_within(state->from, 0, NUMBER_MAX) &&
           is_within(state->offset, -NUMBER_MAX, NUMBER_MAX) &&
           is_within(state->discontinuities, 0, NUMBER_MAX) &&
           is_within(state->target, 0, TARGET_MAX) && is_within(state->longest, 0, DURATION_MAX) &&
           is_within(state->first, 0, NUMBER_MAX) && is_within(state->end, 0, NUMBER_MAX);
}

/* Steps over @p word. @return whether it stands there */
static bool skip(const char **at, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(*at, word, length) != 0)
        return false;
    *at += length;
    return true;
}

static bool take_number(const char **at, const char *word, int64_t *ret)
{
    char *end;

    if (!skip(at, word))
        return false;
    *ret = strtoll(*at, &end, 10);
    *at = end;
    return true;
}

static bool take_digest(const char **at, uint8_t ret[STATE_DIGEST_SIZE])
{
    if (strspn(*at, "0123456789abcdef") != HEX_SIZE - 1)
        return false;
    for (size_t i = 0; i < STATE_DIGEST_SIZE; i++, *at += 2) {
        char byte[] = {(*at)[0], (*at)[1], '\0'};

        ret[i] = (uint8_t)strtoul(byte, NULL, 16);
    }
    return true;
}

/* What is said of some streams alone. */
static void take_more(const char **at, struct state *state)
{
    state->kind = PLAYLIST_LIVE;
    state->first = state->end = 0;
    if (take_number(at, "\nevent ", &state->first))
        state->kind = PLAYLIST_EVENT;
    (void)take_number(at, "\nend ", &state->end);
}

/* What can be read and writes back to the same bytes, the checksum among them, is sound. */
int state_parse(const char *text, size_t size, struct state *ret_state)
{
    char copy[STATE_SIZE];
    char again[STATE_SIZE];
    const char *at = copy;
    struct state state;

    if (size >= sizeof(copy))
        return -EBADMSG;
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (!skip(&at, "hlsgen-state 1\ndigest ") || !take_digest(&at, state.digest) ||
        !take_number(&at, "\nfrom ", &state.from) ||
        !take_number(&at, "\noffset ", &state.offset) ||
        !take_number(&at, "\ndiscontinuities ", &state.discontinuities) ||
        !take_number(&at, "\ntarget ", &state.target) ||
        !take_number(&at, "\nlongest ", &state.longest))
        return -EBADMSG;
    take_more(&at, &state);
    if (!is_sound(&state) || state_write(&state, again) != size || memcmp(copy, again, size) != 0)
        return -EBADMSG;
    *ret_state = state;
    return 0;
}

size_t state_write_finite(const uint8_t digest[STATE_DIGEST_SIZE], int64_t first, int64_t segments,
                          char text[STATE_SIZE])
{
    char hex[HEX_SIZE];

    write_hex(digest, hex);
    return seal(text, snprintf(text, STATE_SIZE, finite_format, hex, first, segments));
}

bool state_is_finite(const char *text, size_t size)
{
    return size >= strlen(FINITE) && memcmp(text, FINITE, strlen(FINITE)) == 0;
}
