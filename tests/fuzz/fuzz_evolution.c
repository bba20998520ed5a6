/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Versions of a playlist, of anyone's making, one after the other: lines of "-" part them. Whatever
 * they say, the numbers of a version run on by one, and there are no more findings than occasions.
 */
#include <string.h>

#include "base/clock.h"
#include "tests/fuzz/fuzz.h"
#include "verify/evolution.h"

static const char mark[] = "\n-\n";
static struct run run; /* too large for a stack */

static void clear_findings(void)
{
    for (unsigned i = 0; i < RULES; i++)
        run.findings.of[i].checked = run.findings.of[i].count = 0;
}

static void check_findings(void)
{
    for (unsigned i = 0; i < RULES; i++)
        FUZZ_CHECK(run.findings.of[i].count >= 0 &&
                   run.findings.of[i].count <= run.findings.of[i].checked);
}

static void check_numbers(const struct m3u8 *playlist)
{
    for (size_t i = 0; i < playlist->segment_count; i++)
        FUZZ_CHECK(playlist->segments[i].number == playlist->sequence + (int64_t)i);
}

/* Takes the next version off @p *data. @return whether it is a playlist */
static bool take_version(const uint8_t **data, size_t *size, struct version *ret)
{
    const uint8_t *end = memmem(*data, *size, mark, sizeof(mark) - 1);
    size_t length = end ? (size_t)(end - *data) + 1 : *size; /* its last line ends */
    struct buffer text = {0};

    FUZZ_CHECK(buffer_append(&text, *data, length) == 0);
    length += end ? sizeof(mark) - 2 : 0;
    *data += length;
    *size -= length;
    return version_parse(&run, "list", &text, ret) == 0;
}

/* One second after the other. */
static void follow(struct version *newest, const uint8_t *data, size_t size)
{
    struct evolution evolution;
    struct sight sight = {{NS_PER_SECOND, NS_PER_SECOND}, NS_PER_SECOND};
    struct version version;

    FUZZ_CHECK(evolution_begin(&evolution, &run.findings, "list", newest, NS_PER_SECOND) == 0);
    while (size > 0) {
        sight.moment.after = sight.moment.seen;
        sight.moment.seen += NS_PER_SECOND;
        if (!take_version(&data, &size, &version))
            continue;
        if (evolution_follow(&evolution, newest, &version, &sight) == EVOLUTION_NEWER) {
            check_numbers(&version.playlist);
            version_finish(newest);
            *newest = version;
        } else {
            version_finish(&version);
        }
    }
    evolution_end(&evolution, newest, sight.moment.seen);
    evolution_finish(&evolution);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct version newest;

    clear_findings();
    if (size == 0 || !take_version(&data, &size, &newest))
        return 0;
    follow(&newest, data, size);
    version_finish(&newest);
    check_findings();
    return 0;
}
