/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/crc32.h"

#define HEX_SIZE (2 * STATE_DIGEST_SIZE + 1)

/* Far above any use, far below what arithmetic overflows. */
#define NUMBER_MAX INT64_C(1000000000000000)

static const char format[] =
    "hlsgen-state 1\n"
    "digest %s\n"
    "from %" PRId64
    "\n"
    "offset %" PRId64
    "\n"
    "discontinuities %" PRId64
    "\n"
    "target %" PRId64 "\n";

static void write_hex(const uint8_t digest[STATE_DIGEST_SIZE], char text[HEX_SIZE])
{
    for (size_t i = 0; i < STATE_DIGEST_SIZE; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

size_t state_write(const struct state *state, char text[STATE_SIZE])
{
    char digest[HEX_SIZE];
    int used;

    write_hex(state->digest, digest);
    used = snprintf(text, STATE_SIZE, format, digest, state->from, state->offset,
                    state->discontinuities, state->target);
    used += snprintf(text + used, STATE_SIZE - (size_t)used, "crc32 %08" PRIx32 "\n",
                     crc32_of(text, (size_t)used));
    return (size_t)used;
}

static bool is_sound(const struct state *state)
{
    return state->from >= 0 && state->from <= NUMBER_MAX && state->offset >= -NUMBER_MAX &&
           state->offset <= NUMBER_MAX && state->discontinuities >= 0 &&
           state->discontinuities <= NUMBER_MAX && state->target >= 0 &&
           state->target <= NUMBER_MAX;
}

/* What can be read and writes back to the same bytes, the checksum among them, is sound. */
int state_parse(const char *text, size_t size, struct state *ret_state)
{
    char copy[STATE_SIZE];
    char again[STATE_SIZE];
    char digest[HEX_SIZE];
    struct state state;

    if (size >= sizeof(copy))
        return -EBADMSG;
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (sscanf(copy,
               "hlsgen-state 1 digest %64[0-9a-f] from %18" SCNd64 " offset %18" SCNd64
               " discontinuities %18" SCNd64 " target %18" SCNd64,
               digest, &state.from, &state.offset, &state.discontinuities, &state.target) != 5 ||
        strlen(digest) != HEX_SIZE - 1 || !is_sound(&state))
        return -EBADMSG;
    for (size_t i = 0; i < STATE_DIGEST_SIZE; i++) {
        unsigned byte = 0;

        (void)sscanf(digest + 2 * i, "%2x", &byte);
        state.digest[i] = (uint8_t)byte;
    }
    if (state_write(&state, again) != size || memcmp(copy, again, size) != 0)
        return -EBADMSG;
    *ret_state = state;
    return 0;
}
