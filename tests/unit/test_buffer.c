/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The growing buffer keeps what it holds, whatever becomes of a request. */
#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "tests/unit/suite.h"

START_TEST(what_was_appended_stays)
{
    struct buffer buffer = {0};

    for (unsigned i = 0; i < 10000; i++) {
        uint8_t bytes[] = {(uint8_t)i, (uint8_t)(i >> 8)};

        ck_assert_int_eq(buffer_append(&buffer, bytes, sizeof(bytes)), 0);
    }
    ck_assert_uint_eq(buffer.size, 20000);
    ck_assert_uint_ge(buffer.capacity, buffer.size);
    for (unsigned i = 0; i < 10000; i++) {
        ck_assert_uint_eq(buffer.data[2 * i], (uint8_t)i);
        ck_assert_uint_eq(buffer.data[2 * i + 1], (uint8_t)(i >> 8));
    }
    buffer_finish(&buffer);
}
END_TEST

START_TEST(extending_gives_the_place_behind_what_is_there)
{
    struct buffer buffer = {0};

    ck_assert_int_eq(buffer_append(&buffer, "ab", 2), 0);
    memcpy(buffer_extend(&buffer, 3), "cde", 3);
    ck_assert_uint_eq(buffer.size, 5);
    ck_assert_mem_eq(buffer.data, "abcde", 5);
    buffer_finish(&buffer);
}
END_TEST

START_TEST(a_size_beyond_all_memory_is_refused_and_changes_nothing)
{
    struct buffer buffer = {0};

    ck_assert_int_eq(buffer_append(&buffer, "ab", 2), 0);
    ck_assert_ptr_null(buffer_extend(&buffer, SIZE_MAX - 1));
    ck_assert_int_eq(buffer_append(&buffer, "", SIZE_MAX), -ENOMEM);
    ck_assert_uint_eq(buffer.size, 2);
    ck_assert_mem_eq(buffer.data, "ab", 2);
    buffer_finish(&buffer);
}
END_TEST

START_TEST(a_finished_buffer_is_empty_and_can_be_used_again)
{
    struct buffer buffer = {0};

    buffer_finish(NULL);
    buffer_finish(&buffer);
    ck_assert_int_eq(buffer_append(&buffer, "ab", 2), 0);
    buffer_finish(&buffer);
    ck_assert_ptr_null(buffer.data);
    ck_assert_uint_eq(buffer.size, 0);
    ck_assert_int_eq(buffer_append(&buffer, "c", 1), 0);
    ck_assert_mem_eq(buffer.data, "c", 1);
    buffer_finish(&buffer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("buffer");
    TCase *tcase = suite_add(suite, "buffer");

    tcase_add_test(tcase, what_was_appended_stays);
    tcase_add_test(tcase, extending_gives_the_place_behind_what_is_there);
    tcase_add_test(tcase, a_size_beyond_all_memory_is_refused_and_changes_nothing);
    tcase_add_test(tcase, a_finished_buffer_is_empty_and_can_be_used_again);
    return suite_run(suite);
}
