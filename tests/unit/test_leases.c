/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leases on a disk in memory: what each renewal does, what others may do to them, and the end. */
#include "origin/leases.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "origin/names.h"
#include "tests/unit/fake.h"
#include "tests/unit/suite.h"

#define T      INT64_C(1795366765)
#define MIDDLE (T * NS_PER_SECOND + 2345678901)
#define STEP   (NAMES_LEASE_SECONDS * NS_PER_SECOND)

static struct fake_disk disk;
static struct leases leases;

static void begin(void)
{
    fake_disk_init(&disk);
    leases_init(&leases, &disk.fs);
}

static void end(void)
{
    ck_assert_int_eq(fake_disk_count_open(&disk), 0);
    fake_disk_finish(&disk);
}

static const struct fake_file *find(int64_t time)
{
    char name[NAMES_LEASE_SIZE];

    names_lease(time, name);
    return fake_disk_find(&disk, name);
}

/* Exactly these are there: from @p first to @p last, and whole. */
static void check(int64_t first, int64_t last)
{
    for (int64_t time = first; time <= last; time += NAMES_LEASE_SECONDS) {
        const struct fake_file *file = find(time);

        ck_assert_msg(file != NULL, "%lld is not there", (long long)(time - T));
        ck_assert_uint_eq(file->bytes.size, 11);
        ck_assert_mem_eq(file->bytes.data, "publishing\n", 11);
        ck_assert_uint_eq(file->mode, 0644);
    }
    ck_assert_int_eq(fake_disk_count(&disk), (last - first) / NAMES_LEASE_SECONDS + 1);
}

static void put(int64_t time, const char *content)
{
    char name[NAMES_LEASE_SIZE];

    names_lease(time, name);
    fake_disk_put(&disk, name, content, strlen(content), 0);
}

static void take_away(int64_t time)
{
    char name[NAMES_LEASE_SIZE];

    names_lease(time, name);
    ck_assert_int_eq(disk.fs.unlink(&disk, name), 0);
}

/* ---- renewal --------------------------------------------------------------------------------- */

START_TEST(there_is_one_of_the_present_and_the_next)
{
    ck_assert_int_eq(leases_renew(&leases, MIDDLE), 0);
    check(T, T + 5);
}
END_TEST

static const int64_t borders[] = {T * NS_PER_SECOND, T *NS_PER_SECOND + 1,
                                  (T + 5) * NS_PER_SECOND - 1};

START_TEST(the_border_belongs_to_the_next)
{
    ck_assert_int_eq(leases_renew(&leases, borders[_i]), 0);
    check(T, T + 5);
}
END_TEST

START_TEST(a_renewal_is_one_rename)
{
    ck_assert_int_eq(leases_renew(&leases, MIDDLE), 0);
    ck_assert_int_eq(leases_renew(&leases, MIDDLE + STEP), 0);
    check(T, T + 10);
    for (int64_t i = 2; i < 100; i++) {
        char expected[128];

        (void)fake_disk_take_record(&disk);
        ck_assert_int_eq(leases_renew(&leases, MIDDLE + i * STEP), 0);
        (void)snprintf(expected, sizeof(expected), "rename hlsgen.alive-%lld hlsgen.alive-%lld\n",
                       (long long)(T + 5 * i - 10), (long long)(T + 5 * i + 5));
        ck_assert_str_eq(fake_disk_take_record(&disk), expected);
        check(T + 5 * i - 5, T + 5 * i + 5);
    }
}
END_TEST

START_TEST(a_second_renewal_at_a_time_does_nothing)
{
    ck_assert_int_eq(leases_renew(&leases, MIDDLE), 0);
    (void)fake_disk_take_record(&disk);
    ck_assert_int_eq(leases_renew(&leases, MIDDLE + 1), 0);
    ck_assert_str_eq(fake_disk_take_record(&disk), "");
}
END_TEST

/* Nothing else is there than what has a use in the 5 s that begin at @p first. */
static void check_no_other(int64_t first)
{
    int found = 0;

    for (int64_t time = first - 5; time <= first + 5; time += 5)
        found += find(time) != NULL;
    ck_assert_int_eq(fake_disk_count(&disk), found);
}

/* After a stop, or a step of the clock, nothing is left of before: neither way. */
static const int64_t steps[] = {-86400, -3600, -30, -15, -10, -5, 5, 10, 15, 30, 3600, 86400};

START_TEST(a_step_of_the_clock_is_followed)
{
    int64_t step = steps[_i];

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(leases_renew(&leases, MIDDLE + i * STEP), 0);
    for (int i = 2; i < 5; i++) {
        int64_t first = T + 5 * i + step;

        ck_assert_int_eq(leases_renew(&leases, MIDDLE + i * STEP + step * NS_PER_SECOND), 0);
        ck_assert_ptr_nonnull(find(first));
        ck_assert_ptr_nonnull(find(first + 5));
        check_no_other(first);
    }
}
END_TEST

/* ---- others ---------------------------------------------------------------------------------- */

START_TEST(one_that_others_remove_is_made_anew)
{
    ck_assert_int_eq(leases_renew(&leases, MIDDLE), 0);
    take_away(T + 5 * _i);
    ck_assert_int_eq(leases_renew(&leases, MIDDLE), 0);
    check(T, T + 5);
}
END_TEST

START_TEST(one_that_others_change_is_made_anew)
{
    char name[NAMES_LEASE_SIZE];

    ck_assert_int_eq(leases_renew(&leases, MIDDLE), 0);
    take_away(T);
    put(T, "dead\n");
    names_lease(T + 5, name);
    ((struct fake_file *)(uintptr_t)fake_disk_find(&disk, name))->mode = 0600;
    ck_assert_int_eq(leases_renew(&leases, MIDDLE), 0);
    check(T, T + 5);
}
END_TEST

START_TEST(what_stands_in_the_way_is_told_and_passes)
{
    ck_assert_int_eq(leases_renew(&leases, MIDDLE), 0);
    ck_assert_int_eq(leases_renew(&leases, MIDDLE + STEP), 0);
    fake_disk_fail(&disk, FAKE_RENAME, 1, 1, EISDIR);
    ck_assert_int_eq(leases_renew(&leases, MIDDLE + 2 * STEP), -EISDIR);
    ck_assert_ptr_nonnull(find(T + 10));
    fake_disk_fail(&disk, FAKE_RENAME, 0, 0, 0);
    ck_assert_int_eq(leases_renew(&leases, MIDDLE + 3 * STEP), 0);
    check(T + 10, T + 20);
}
END_TEST

START_TEST(whatever_call_fails_the_next_renewal_heals_it)
{
    ck_assert_int_eq(leases_renew(&leases, MIDDLE), 0);
    take_away(T + 5);
    fake_disk_fail(&disk, FAKE_ANY, 1 + _i, 3, _i % 2 ? ENOSPC : EIO);
    (void)leases_renew(&leases, MIDDLE + STEP);
    fake_disk_fail(&disk, FAKE_ANY, 0, 0, 0);
    for (int i = 2; i < 5; i++)
        ck_assert_int_eq(leases_renew(&leases, MIDDLE + i * STEP), 0);
    ck_assert_ptr_nonnull(find(T + 20));
    ck_assert_ptr_nonnull(find(T + 25));
    ck_assert_ptr_null(fake_disk_find(&disk, NAMES_LEASE_TMP));
}
END_TEST

START_TEST(no_room_is_told_and_needed_but_once)
{
    disk.room = 5;
    ck_assert_int_eq(leases_renew(&leases, MIDDLE), -ENOSPC);
    ck_assert_int_eq(fake_disk_count(&disk), 0);
    disk.room = SIZE_MAX;
    ck_assert_int_eq(leases_renew(&leases, MIDDLE), 0);
    ck_assert_int_eq(leases_renew(&leases, MIDDLE + STEP), 0);
    disk.room = 0;
    ck_assert_int_eq(leases_renew(&leases, MIDDLE + 2 * STEP), 0);
    check(T + 5, T + 15);
}
END_TEST

/* ---- withdrawal ------------------------------------------------------------------------------ */

START_TEST(none_is_good_after_it_was_withdrawn)
{
    for (int i = 0; i <= _i; i++)
        ck_assert_int_eq(leases_renew(&leases, MIDDLE + i * STEP), 0);
    leases_withdraw(&leases, MIDDLE + _i * STEP);
    for (int i = 0; i < 10; i++)
        ck_assert_ptr_null(find(T + 5 * (_i + i)));
    ck_assert_ptr_nonnull(find(T + 5 * _i - 5)); /* since when */
    leases_withdraw(&leases, MIDDLE + (_i + 1) * STEP);
    ck_assert_ptr_nonnull(find(T + 5 * _i - 5));
    ck_assert_ptr_null(find(T + 5 * _i));
    ck_assert_int_eq(leases_renew(&leases, MIDDLE + (_i + 9) * STEP), 0);
    check(T + 5 * _i + 45, T + 5 * _i + 50);
}
END_TEST

START_TEST(nothing_is_withdrawn_before_there_was_one)
{
    put(T, "publishing\n");
    leases_withdraw(&leases, MIDDLE);
    check(T, T);
}
END_TEST

/* ---- start ----------------------------------------------------------------------------------- */

START_TEST(what_is_still_good_of_an_earlier_run_stays)
{
    for (int64_t time = T - 100; time <= T + 100; time += 5)
        put(time, "publishing\n");
    leases_resume(&leases, MIDDLE);
    check(T - 5, T + 5);
    (void)fake_disk_take_record(&disk);
    ck_assert_int_eq(leases_renew(&leases, MIDDLE), 0);
    ck_assert_str_eq(fake_disk_take_record(&disk), "");
    ck_assert_int_eq(leases_renew(&leases, MIDDLE + STEP), 0);
    check(T, T + 10);
}
END_TEST

START_TEST(what_is_damaged_of_it_goes)
{
    put(T, "p");
    put(T + 5, "publishing\n and more");
    fake_disk_put(&disk, NAMES_LEASE_TMP, "publ", 4, 0);
    leases_resume(&leases, MIDDLE);
    ck_assert_int_eq(fake_disk_count(&disk), 0);
    ck_assert_int_eq(leases_renew(&leases, MIDDLE), 0);
    check(T, T + 5);
}
END_TEST

static const char *const foreign[] = {
    "hlsgen.alive-",     "hlsgen.alive-x",     "hlsgen.alive-12",
    "hlsgen.alive-015",  "hlsgen.alive-+15",   "hlsgen.alive-15x",
    "hlsgen.alive--15",  "hlsgen.alive- 15",   "hlsgen.alive-99999999999999999995",
    "hlsgen.alive-15~",  "Hlsgen.alive-15",    "hlsgen.alive",
    ".hlsgen-alive.txt", "hlsgen.alive-0x0f5", "hlsgen.alive-9223372036854775805",
};

START_TEST(what_is_not_ours_stays)
{
    for (int i = 0; i < LENGTH(foreign); i++) {
        ck_assert_int_eq(names_lease_time(foreign[i]), -1);
        ck_assert(!names_is_ours(foreign[i]));
        fake_disk_put(&disk, foreign[i], "mine", 4, 0);
    }
    leases_resume(&leases, MIDDLE);
    ck_assert_int_eq(leases_renew(&leases, MIDDLE), 0);
    ck_assert_int_eq(fake_disk_count(&disk), LENGTH(foreign) + 2);
    for (int i = 0; i < LENGTH(foreign); i++)
        ck_assert_ptr_nonnull(fake_disk_find(&disk, foreign[i]));
}
END_TEST

START_TEST(names_and_times_go_both_ways)
{
    static const int64_t times[] = {0, 5, T, INT64_C(9223372030)};

    for (int i = 0; i < LENGTH(times); i++) {
        char name[NAMES_LEASE_SIZE];

        names_lease(times[i], name);
        ck_assert_int_eq(names_lease_time(name), times[i]);
        ck_assert(names_is_published(name));
    }
}
END_TEST

START_TEST(room_is_for_all_and_one_that_is_made)
{
    ck_assert_uint_eq(leases_room(4096), 4 * 4096);
    ck_assert_uint_eq(leases_room(512), 4 * 512);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("leases");
    TCase *tcase = suite_add(suite, "leases");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, there_is_one_of_the_present_and_the_next);
    tcase_add_loop_test(tcase, the_border_belongs_to_the_next, 0, LENGTH(borders));
    tcase_add_test(tcase, a_renewal_is_one_rename);
    tcase_add_test(tcase, a_second_renewal_at_a_time_does_nothing);
    tcase_add_loop_test(tcase, a_step_of_the_clock_is_followed, 0, LENGTH(steps));
    tcase_add_loop_test(tcase, one_that_others_remove_is_made_anew, 0, 2);
    tcase_add_test(tcase, one_that_others_change_is_made_anew);
    tcase_add_test(tcase, what_stands_in_the_way_is_told_and_passes);
    tcase_add_loop_test(tcase, whatever_call_fails_the_next_renewal_heals_it, 0, 15);
    tcase_add_test(tcase, no_room_is_told_and_needed_but_once);
    tcase_add_loop_test(tcase, none_is_good_after_it_was_withdrawn, 0, 4);
    tcase_add_test(tcase, nothing_is_withdrawn_before_there_was_one);
    tcase_add_test(tcase, what_is_still_good_of_an_earlier_run_stays);
    tcase_add_test(tcase, what_is_damaged_of_it_goes);
    tcase_add_test(tcase, what_is_not_ours_stays);
    tcase_add_test(tcase, names_and_times_go_both_ways);
    tcase_add_test(tcase, room_is_for_all_and_one_that_is_made);
    return suite_run(suite);
}
