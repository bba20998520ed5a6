/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue: what is pushed in any order is popped in that of its instants. */
#include "origin/queue.h"
#include "tests/unit/suite.h"

enum {
    ITEMS = 1000,
};

static struct queue_entry entries[ITEMS];

/* Numbers that come in no order, many of them more than once. */
static int64_t scatter(size_t i)
{
    return (int64_t)(i * 2654435761U % 311) - 100;
}

static void check_order(struct queue *queue, int64_t moved)
{
    int64_t last = INT64_MIN;
    size_t last_item = 0;

    while (queue->count > 0) {
        int64_t at = queue_next(queue);
        size_t item = queue_pop(queue);

        ck_assert_int_eq(at, scatter(item) - moved);
        ck_assert(at > last || (at == last && item > last_item));
        last = at;
        last_item = item;
    }
    ck_assert_int_eq(queue_next(queue), INT64_MAX);
}

START_TEST(what_comes_first_is_first)
{
    struct queue queue = {.entries = entries};

    for (size_t count = 0; count <= ITEMS; count += 1 + count / 8) {
        for (size_t i = 0; i < count; i++)
            queue_push(&queue, scatter(i), i);
        check_order(&queue, 0);
    }
}
END_TEST

START_TEST(what_is_pushed_meanwhile_finds_its_place)
{
    struct queue queue = {.entries = entries};
    int64_t at;

    for (size_t i = 0; i < ITEMS / 2; i++)
        queue_push(&queue, scatter(i), i);
    for (size_t i = 0; i < ITEMS; i++) {
        at = queue_next(&queue);
        queue_push(&queue, at + 7 + (int64_t)i % 13, queue_pop(&queue));
        ck_assert_int_ge(queue_next(&queue), at);
    }
    ck_assert_uint_eq(queue.count, ITEMS / 2);
}
END_TEST

START_TEST(all_can_be_brought_forward)
{
    struct queue queue = {.entries = entries};

    for (size_t i = 0; i < ITEMS; i++)
        queue_push(&queue, scatter(i), i);
    queue_advance(&queue, 1000);
    check_order(&queue, 1000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue");
    TCase *tcase = suite_add(suite, "queue");

    tcase_add_test(tcase, what_comes_first_is_first);
    tcase_add_test(tcase, what_is_pushed_meanwhile_finds_its_place);
    tcase_add_test(tcase, all_can_be_brought_forward);
    return suite_run(suite);
}
