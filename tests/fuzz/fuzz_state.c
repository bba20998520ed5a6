/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state file: what is taken is written back to the same bytes. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/crc32.h"
#include "origin/state.h"
#include "tests/fuzz/fuzz.h"

enum {
    TEXT_MAX = 2 * STATE_SIZE,
};

static void check(const char *text, size_t size)
{
    static const struct state untouched;
    struct state state = untouched;
    char again[STATE_SIZE];

    if (state_parse(text, size, &state) == 0)
        FUZZ_CHECK(state_write(&state, again) == size && memcmp(again, text, size) == 0);
    else
        FUZZ_CHECK(memcmp(&state, &untouched, sizeof(state)) == 0);
}

/* A checksum is not guessed: besides the text as it is, one that ends with the right one. */
static void check_sealed(const char *text, size_t size)
{
    char sealed[TEXT_MAX];

    if (size >= STATE_SIZE)
        return;
    memcpy(sealed, text, size);
    size += (size_t)snprintf(sealed + size, sizeof(sealed) - size, "crc32 %08" PRIx32 "\n",
                             crc32_of(text, size));
    check(sealed, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check((const char *)data, size);
    check_sealed((const char *)data, size);
    return 0;
}
