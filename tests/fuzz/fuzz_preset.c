/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a preset file: what is taken prints as a file that loads to an equal preset. */
#include <string.h>

#include "preset/source.h"
#include "preset/text.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct source source = {.name = "fuzz", .place = "fuzz.conf"};
    struct ladder ladder;
    struct error err;
    int result;

    if (size > SOURCE_SIZE_MAX)
        return 0;
    memcpy(source.text, data, size);
    source.size = size;
    result = ladder_parse(&source, NULL, 0, &ladder, &err);
    if (result == 0) {
        fuzz_check_ladder(&ladder);
    } else {
        fuzz_check_error(result, &err, EX_DATAERR);
        FUZZ_CHECK(text_is_plain(err.text, strlen(err.text)));
    }
    return 0;
}
