/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    TIMEOUT = 300, /* seconds: only what hangs takes so long, on a busy machine too */
};

static uint64_t random_state;

TCase *suite_add(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);

    tcase_set_timeout(tcase, TIMEOUT);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int suite_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

void suite_seed(void)
{
    const char *given = getenv("HLSGEN_TEST_SEED");

    random_state = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    (void)printf("# HLSGEN_TEST_SEED=%llu\n", (unsigned long long)random_state);
    (void)fflush(stdout); /* a test forks, and would print it again */
}

/* SplitMix64: short, and good in all bits. */
static uint64_t next_random(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

int64_t suite_random(int64_t low, int64_t high)
{
    uint64_t span = (uint64_t)high - (uint64_t)low;
    uint64_t number = next_random();

    return (int64_t)((uint64_t)low + (span < UINT64_MAX ? number % (span + 1) : number));
}
