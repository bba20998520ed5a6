/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the workers make and in which order, with segments that are made of their own numbers. A
 * gate holds a worker in the middle of one, so that nothing here depends on how fast a machine is.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "media/workers.h"
#include "tests/unit/suite.h"

#define SIZE    64
#define LOG_MAX 4096
#define LONG    (120 * NS_PER_SECOND)

struct factory {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    bool closed; /* makers wait in the middle */
    int entered;
    int enter_error;
    int64_t fails; /* index that cannot be made */
    int begun;
    struct {
        int64_t stream;
        int64_t index;
    } log[LOG_MAX]; /* in the order in which they were begun */
};

static struct factory factory;

static void factory_reset(bool closed)
{
    factory = (struct factory){.closed = closed, .fails = -1};
    (void)pthread_mutex_init(&factory.lock, NULL);
    (void)pthread_cond_init(&factory.opened, NULL);
}

static void gate(bool closed)
{
    (void)pthread_mutex_lock(&factory.lock);
    factory.closed = closed;
    (void)pthread_cond_broadcast(&factory.opened);
    (void)pthread_mutex_unlock(&factory.lock);
}

static int begun(void)
{
    int count;

    (void)pthread_mutex_lock(&factory.lock);
    count = factory.begun;
    (void)pthread_mutex_unlock(&factory.lock);
    return count;
}

static void wait_until_begun(int count)
{
    while (begun() < count)
        (void)sched_yield();
}

static int enter(void *context, int worker)
{
    (void)context;
    ck_assert_int_eq(worker, factory.entered); /* one after the other, so without a lock */
    factory.entered++;
    return factory.enter_error;
}

static void fill(int64_t stream, int64_t index, uint8_t *to)
{
    for (size_t i = 0; i < SIZE; i++)
        to[i] = (uint8_t)(stream * 131 + index * 7 + (int64_t)i);
}

static int make(void *context, int64_t stream, int64_t index, uint8_t *to)
{
    (void)context;
    (void)pthread_mutex_lock(&factory.lock);
    if (factory.begun < LOG_MAX) {
        factory.log[factory.begun].stream = stream;
        factory.log[factory.begun].index = index;
    }
    factory.begun++;
    (void)pthread_cond_broadcast(&factory.opened);
    while (factory.closed)
        (void)pthread_cond_wait(&factory.opened, &factory.lock);
    (void)pthread_mutex_unlock(&factory.lock);
    fill(stream, index, to);
    return index == factory.fails ? -ENOMEM : 0;
}

/* Stream 1 a little behind stream 0. */
static int64_t due(void *context, int64_t stream, int64_t index)
{
    (void)context;
    return 10 * index + stream;
}

static struct workers_config config_of(int threads, int64_t streams, int64_t ahead)
{
    return (struct workers_config){
        .threads = threads,
        .streams = streams,
        .ahead = ahead,
        .segment_size = SIZE,
        .enter = enter,
        .make = make,
        .due = due,
    };
}

static struct workers *start(int threads, int64_t streams, int64_t ahead)
{
    const struct workers_config config = config_of(threads, streams, ahead);
    struct workers *workers = NULL;

    ck_assert_int_eq(workers_start(&config, &workers), 0);
    return workers;
}

static bool is_segment(const uint8_t *bytes, int64_t stream, int64_t index)
{
    uint8_t expected[SIZE];

    fill(stream, index, expected);
    return memcmp(bytes, expected, SIZE) == 0;
}

static void expect(struct workers *workers, int64_t stream, int64_t index)
{
    const uint8_t *bytes = NULL;

    ck_assert_int_eq(workers_take(workers, stream, index, LONG, &bytes), 0);
    ck_assert(is_segment(bytes, stream, index));
}

static void expect_begun(int i, int64_t stream, int64_t index)
{
    ck_assert_int_eq(factory.log[i].stream, stream);
    ck_assert_int_eq(factory.log[i].index, index);
}

/* ---- tests ----------------------------------------------------------------------------------- */

START_TEST(what_is_due_first_is_made_first)
{
    struct workers *workers;

    factory_reset(true);
    workers = start(1, 2, 3);
    workers_want(workers, 0, 50);
    wait_until_begun(1);
    workers_want(workers, 1, 48);
    gate(false);
    expect(workers, 0, 52);
    ck_assert_int_eq(begun(), 6);
    expect_begun(0, 0, 50);
    expect_begun(1, 1, 48);
    expect_begun(2, 1, 49);
    expect_begun(3, 1, 50);
    expect_begun(4, 0, 51);
    expect_begun(5, 0, 52);
    ck_assert_ptr_null(workers_free(workers));
}
END_TEST

START_TEST(what_is_not_ready_is_not_waited_for)
{
    struct workers *workers;
    const uint8_t *bytes = NULL;

    factory_reset(true);
    workers = start(2, 1, 3);
    ck_assert_int_eq(workers_take(workers, 0, 7, 0, &bytes), -EAGAIN); /* nobody wants it */
    workers_want(workers, 0, 7);
    wait_until_begun(2);
    ck_assert_int_eq(workers_take(workers, 0, 7, 0, &bytes), -EAGAIN);
    ck_assert_int_eq(workers_take(workers, 0, 7, NS_PER_MS, &bytes), -EAGAIN);
    ck_assert_ptr_null(bytes);
    gate(false);
    expect(workers, 0, 7);
    (void)workers_free(workers);
}
END_TEST

START_TEST(what_is_out_of_date_is_not_begun_and_its_bytes_are_thrown_away)
{
    struct workers_figures figures;
    struct workers *workers;

    factory_reset(true);
    workers = start(1, 1, 3);
    workers_want(workers, 0, 100);
    wait_until_begun(1);
    workers_want(workers, 0, 104); /* has the slot of 100 */
    gate(false);
    for (int64_t index = 104; index < 107; index++)
        expect(workers, 0, index);
    workers_read_figures(workers, &figures);
    ck_assert_int_eq(figures.made, 4);
    ck_assert_int_eq(figures.late, 1);
    ck_assert_int_eq(begun(), 4);
    (void)workers_free(workers);
}
END_TEST

START_TEST(what_was_taken_lies_still_while_those_behind_it_are_made)
{
    struct workers *workers;
    const uint8_t *bytes = NULL;

    factory_reset(false);
    workers = start(3, 1, 3);
    workers_want(workers, 0, 20);
    ck_assert_int_eq(workers_take(workers, 0, 20, LONG, &bytes), 0);
    workers_want(workers, 0, 21);
    for (int64_t index = 21; index < 24; index++)
        expect(workers, 0, index);
    ck_assert(is_segment(bytes, 0, 20));
    expect(workers, 0, 20);
    (void)workers_free(workers);
}
END_TEST

START_TEST(one_that_cannot_be_made_is_given_up_and_no_other)
{
    struct workers_figures figures;
    struct workers *workers;
    const uint8_t *bytes = NULL;

    factory_reset(false);
    factory.fails = 31;
    workers = start(2, 1, 3);
    workers_want(workers, 0, 30);
    ck_assert_int_eq(workers_take(workers, 0, 31, LONG, &bytes), -ENOMEM);
    ck_assert_ptr_null(bytes);
    expect(workers, 0, 30);
    expect(workers, 0, 32);
    workers_read_figures(workers, &figures);
    ck_assert_int_eq(figures.made, 2);
    ck_assert_int_eq(figures.given_up, 1);
    ck_assert_int_eq(figures.error, -ENOMEM);
    (void)workers_free(workers);
}
END_TEST

START_TEST(one_of_the_past_is_made_behind_those_that_are_wanted)
{
    struct workers *workers;
    const uint8_t *bytes = NULL;

    factory_reset(true);
    workers = start(1, 2, 2);
    workers_want(workers, 1, 60);
    wait_until_begun(1);
    ck_assert_int_eq(workers_take_old(workers, 1, 50, 0, &bytes), -EAGAIN);
    workers_want(workers, 0, 61);
    gate(false);
    ck_assert_int_eq(workers_take_old(workers, 1, 50, LONG, &bytes), 0);
    ck_assert(is_segment(bytes, 1, 50));
    expect_begun(4, 1, 50);
    ck_assert_int_eq(workers_take_old(workers, 0, 50, LONG, &bytes), 0);
    ck_assert(is_segment(bytes, 0, 50));
    (void)workers_free(workers);
}
END_TEST

START_TEST(without_leave_to_enter_nothing_starts)
{
    const struct workers_config config = config_of(2, 1, 3);
    struct workers *workers = NULL;

    factory_reset(false);
    factory.enter_error = -EPERM;
    ck_assert_int_eq(workers_start(&config, &workers), -EPERM);
    ck_assert_int_eq(factory.entered, 1);
    ck_assert_ptr_null(workers);
    ck_assert_ptr_null(workers_free(NULL));
}
END_TEST

/* Streams that go on, leap and look back: whatever is taken is what was asked for. */
START_TEST(in_any_order_bytes_are_those_of_their_segment)
{
    enum {
        STREAMS = 3,
    };
    int64_t next[STREAMS] = {0};
    struct workers *workers;
    int64_t taken = 0;

    factory_reset(false);
    workers = start(_i, STREAMS, workers_ahead(_i, STREAMS));
    for (int turn = 0; turn < 3000; turn++) {
        int64_t stream = suite_random(0, STREAMS - 1);
        int64_t patience = suite_random(0, 3) > 0 ? 0 : LONG;
        const uint8_t *bytes = NULL;

        if (suite_random(0, 9) == 0 && next[stream] > 10) {
            if (workers_take_old(workers, stream, next[stream] - 10, patience, &bytes) == 0)
                ck_assert(is_segment(bytes, stream, next[stream] - 10));
            continue;
        }
        next[stream] += suite_random(0, 19) == 0 ? suite_random(2, 30) : 0;
        workers_want(workers, stream, next[stream]);
        if (workers_take(workers, stream, next[stream], patience, &bytes) == 0) {
            workers_want(workers, stream, next[stream] + 1);
            ck_assert(is_segment(bytes, stream, next[stream]));
            taken++;
        }
        next[stream]++;
    }
    ck_assert_int_gt(taken, 0);
    (void)workers_free(workers);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workers");
    TCase *tcase = suite_add(suite, "workers");

    suite_seed();
    tcase_add_test(tcase, what_is_due_first_is_made_first);
    tcase_add_test(tcase, what_is_not_ready_is_not_waited_for);
    tcase_add_test(tcase, what_is_out_of_date_is_not_begun_and_its_bytes_are_thrown_away);
    tcase_add_test(tcase, what_was_taken_lies_still_while_those_behind_it_are_made);
    tcase_add_test(tcase, one_that_cannot_be_made_is_given_up_and_no_other);
    tcase_add_test(tcase, one_of_the_past_is_made_behind_those_that_are_wanted);
    tcase_add_test(tcase, without_leave_to_enter_nothing_starts);
    tcase_add_loop_test(tcase, in_any_order_bytes_are_those_of_their_segment, 1, 5);
    return suite_run(suite);
}
