/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nothing false on disk: after every single call, after a kill at any of them, and when any of them
 * fails.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "hls/playlist.h"
#include "origin/names.h"
#include "tests/unit/stage.h"
#include "tests/unit/suite.h"

#define N STAGE_NEWEST

enum {
    W = STAGE_WINDOW,
    RETAINED = W + 2, /* segments that a removed one stays */
};

static struct stage stage;

static const char *section; /* of the stage, when it opens */

static void open_stage(void)
{
    stage_open(&stage, timeline_make(0, 2000, 30, 1));
    stage.section = section;
    stage_restart(&stage);
}

static void need_section(void)
{
    section = "ftyp, moov";
}

static void close_stage(void)
{
    stage_close(&stage);
}

static int prepare_and_commit(void)
{
    int result = publisher_prepare(stage.publisher);

    return result < 0 ? result : publisher_commit(stage.publisher);
}

static void check_no_temporary_files(void)
{
    ck_assert_ptr_null(fake_disk_find(&stage.disk, NAMES_SEGMENT_TMP));
    ck_assert_ptr_null(fake_disk_find(&stage.disk, NAMES_PLAYLIST_TMP));
    ck_assert_ptr_null(fake_disk_find(&stage.disk, NAMES_SECTION_TMP));
}

/* ---- order ----------------------------------------------------------------------------------- */

#define WRITTEN(name)                                                                              \
    "create " name                                                                                 \
    "\n"                                                                                           \
    "write " name                                                                                  \
    "\n"                                                                                           \
    "set_time " name                                                                               \
    "\n"                                                                                           \
    "sync " name                                                                                   \
    "\n"                                                                                           \
    "close " name "\n"
#define SEGMENT(index)  WRITTEN(NAMES_SEGMENT_TMP) "rename " NAMES_SEGMENT_TMP " seg" index ".ts\n"
#define SYNC_DIRECTORY  "sync_directory\n"
#define RENAME_PLAYLIST "rename " NAMES_PLAYLIST_TMP " " PLAYLIST_NAME "\n"

START_TEST(a_segment_is_on_disk_then_listed_then_an_old_one_removed)
{
    ck_assert_int_eq(publisher_fill(stage.publisher, N), 0);
    stage_publish_until(&stage, N + RETAINED);
    stage_sleep_until_due(&stage, N + RETAINED + 1);
    (void)fake_disk_take_record(&stage.disk);

    ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
    ck_assert_str_eq(fake_disk_take_record(&stage.disk),
                     SEGMENT("897654667") SYNC_DIRECTORY WRITTEN(NAMES_PLAYLIST_TMP));
    ck_assert_int_eq(publisher_commit(stage.publisher), 0);
    ck_assert_str_eq(fake_disk_take_record(&stage.disk), RENAME_PLAYLIST SYNC_DIRECTORY);
    ck_assert_int_eq(publisher_expire(stage.publisher), 0);
    ck_assert_str_eq(fake_disk_take_record(&stage.disk), "unlink seg897654657.ts\n");
}
END_TEST

START_TEST(a_window_is_written_before_the_playlist_that_lists_it)
{
    ck_assert_int_eq(publisher_fill(stage.publisher, N), 0);
    ck_assert_str_eq(fake_disk_take_record(&stage.disk),
                     SEGMENT("897654657") SEGMENT("897654658") SEGMENT("897654659")
                         SEGMENT("897654660") SYNC_DIRECTORY WRITTEN(NAMES_PLAYLIST_TMP)
                             RENAME_PLAYLIST SYNC_DIRECTORY);
    stage_check_listed(&stage, N - W + 1, N);
}
END_TEST

START_TEST(what_a_kill_left_under_a_temporary_name_is_replaced)
{
    ck_assert_int_eq(publisher_fill(stage.publisher, N), 0);
    fake_disk_put(&stage.disk, NAMES_SEGMENT_TMP, "half", 4, 0);
    fake_disk_put(&stage.disk, NAMES_PLAYLIST_TMP, "half", 4, 0);
    ck_assert_int_eq(stage_publish_next(&stage), 0);
    stage_check(&stage);
    stage_check_listed(&stage, N - W + 2, N + 1);
    check_no_temporary_files();
}
END_TEST

START_TEST(the_first_segments_make_a_shorter_playlist)
{
    open_stage();
    ck_assert_int_eq(publisher_fill(stage.publisher, 1), 0);
    stage_check_listed(&stage, 0, 1);
    stage_publish_until(&stage, W);
    stage_check_listed(&stage, 1, W);
    stage_check(&stage);
    close_stage();
}
END_TEST

START_TEST(before_the_first_segment_there_is_no_playlist)
{
    fake_disk_put(&stage.disk, PLAYLIST_NAME, "old", 3, 0);
    fake_disk_put(&stage.disk, NAMES_SEGMENT_TMP, "half", 4, 0);
    ck_assert_int_eq(stage_start(&stage, -1), 0);
    ck_assert_int_eq(fake_disk_count(&stage.disk), 1); /* the state */
    ck_assert_int_eq(publisher_newest(stage.publisher), -1);
    ck_assert_int_eq(publisher_fill(stage.publisher, -1), 0);
    ck_assert_int_eq(prepare_and_commit(), 0);
    stage_check_listed(&stage, 0, 0);
    stage_check(&stage);
}
END_TEST

/* ---- every instant --------------------------------------------------------------------------- */

static void check_after_call(void *arg, enum fake_call call, const char *name)
{
    (void)arg;
    (void)call;
    (void)name;
    stage_check(&stage);
}

/* A run with all that can happen in one; ends at the first failure. */
static int run(void)
{
    int result = stage_start(&stage, N);

    for (int i = 0; i < 3 * W && result == 0; i++)
        result = stage_publish_next(&stage);
    return result;
}

START_TEST(after_every_call_what_is_listed_is_there_and_whole)
{
    stage.disk.after = check_after_call;
    ck_assert_int_eq(run(), 0);
    stage_sleep_until_due(&stage, N + 10 * W);
    ck_assert_int_eq(publisher_fill(stage.publisher, N + 10 * W), 0);
    stage_publish_until(&stage, N + 12 * W);
}
END_TEST

/* Compares names, bytes and times of all files. */
static void check_same_disk(const struct fake_disk *disk, const struct fake_disk *expected)
{
    ck_assert_int_eq(fake_disk_count(disk), fake_disk_count(expected));
    for (size_t i = 0; i < FAKE_FILES_MAX; i++) {
        const struct fake_file *wanted = &expected->files[i];
        const struct fake_file *file = fake_disk_find(disk, wanted->name);

        if (wanted->name[0] == '\0')
            continue;
        ck_assert_msg(file != NULL, "%s is missing", wanted->name);
        ck_assert_uint_eq(file->bytes.size, wanted->bytes.size);
        ck_assert_mem_eq(file->bytes.data, wanted->bytes.data, wanted->bytes.size);
        ck_assert_int_eq(file->time, wanted->time);
    }
}

/* Kills a run at call @p call, goes on where the clock then stands. @return false: it has fewer */
static bool kill_at(int64_t call, struct stage *undisturbed)
{
    int64_t newest;

    open_stage();
    fake_disk_fail(&stage.disk, FAKE_ANY, call, INT64_MAX / 2, EIO);
    if (run() == 0 && stage.disk.calls < call) {
        close_stage();
        return false;
    }
    stage_check(&stage);
    fake_disk_fail(&stage.disk, FAKE_ANY, 1, 0, 0);
    for (size_t i = 0; i < FAKE_FILES_MAX; i++)
        stage.disk.files[i].open = false;
    stage_restart(&stage);
    newest = timeline_newest_due(&stage.line, stage.clock.realtime);
    ck_assert_int_eq(stage_start(&stage, newest), 0);
    stage_publish_until(&stage, publisher_newest(undisturbed->publisher));
    check_same_disk(&stage.disk, &undisturbed->disk);
    close_stage();
    return true;
}

START_TEST(after_a_kill_at_any_call_a_new_start_makes_it_undone)
{
    static struct stage undisturbed;
    int64_t call = 1;

    open_stage();
    ck_assert_int_eq(run(), 0);
    undisturbed = stage; /* its disk is only looked at */
    while (kill_at(call, &undisturbed))
        call++;
    ck_assert_int_gt(call, 100);
    stage_close(&undisturbed);
}
END_TEST

/* ---- failures -------------------------------------------------------------------------------- */

static int fill_at_start(void)
{
    return publisher_fill(stage.publisher, N);
}

static int fill_after_gap(void)
{
    return publisher_fill(stage.publisher, N + 3 * W);
}

static const struct {
    int (*step)(void);
    bool started; /* after a first window */
    int64_t newest;
} steps[] = {
    {fill_at_start, false, N},
    {prepare_and_commit, true, N + 1},
    {fill_after_gap, true, N + 3 * W},
};

/* Fails call @p call of a step, then tries again. @return false: the step has fewer calls */
static bool fail_at(int row, int64_t call, int error)
{
    int64_t before = steps[row].started ? N : -1;
    bool reached;
    int result;

    open_stage();
    if (steps[row].started)
        ck_assert_int_eq(publisher_fill(stage.publisher, N), 0);
    fake_disk_fail(&stage.disk, FAKE_ANY, call, 1, error);
    result = steps[row].step();
    reached = stage.disk.calls >= call;
    fake_disk_fail(&stage.disk, FAKE_ANY, 1, 0, 0);
    /* What only looks afterwards does not undo what was done. */
    ck_assert(result == (reached ? -error : 0) ||
              publisher_newest(stage.publisher) == steps[row].newest);
    if (reached) {
        int64_t newest = publisher_newest(stage.publisher);

        /* When only the last sync of the directory fails, it has been published. */
        ck_assert(newest == before || newest == steps[row].newest);
        stage_check_listed(&stage, newest < 0 ? -1 : newest - W + 1, newest);
        stage_check(&stage);
        check_no_temporary_files();
        if (newest == before)
            ck_assert_int_eq(steps[row].step(), 0);
    }
    stage_check_listed(&stage, steps[row].newest - W + 1, steps[row].newest);
    stage_check(&stage);
    check_no_temporary_files();
    close_stage();
    return reached;
}

START_TEST(when_any_call_fails_the_playlist_stays_and_a_retry_succeeds)
{
    static const int errors[] = {ENOSPC, EIO, EACCES};

    for (int i = 0; i < LENGTH(errors); i++) {
        int64_t call = 1;

        while (fail_at(_i, call, errors[i]))
            call++;
        ck_assert_int_ge(call - 1, 12);
    }
}
END_TEST

START_TEST(a_start_that_fails_leaves_what_an_earlier_run_published)
{
    int result = -EIO;

    for (int64_t call = 1; result < 0; call++) {
        open_stage();
        ck_assert_int_eq(publisher_fill(stage.publisher, N), 0);
        stage_restart(&stage);
        fake_disk_fail(&stage.disk, FAKE_ANY, call, 1, EIO);
        result = stage_start(&stage, N + 1);
        stage_check(&stage);
        close_stage();
    }
}
END_TEST

/* The retry comes too late for the segments that the failed step has made: no playlist lists them.
 */
START_TEST(what_a_failed_step_made_does_not_stay_for_ever)
{
    for (int64_t call = 1; call <= 40; call++) {
        open_stage();
        ck_assert_int_eq(publisher_fill(stage.publisher, N), 0);
        fake_disk_fail(&stage.disk, FAKE_ANY, call, 1, ENOSPC);
        (void)steps[_i].step();
        fake_disk_fail(&stage.disk, FAKE_ANY, 1, 0, 0);
        stage_sleep_until_due(&stage, N + 20 * W);
        ck_assert_int_eq(publisher_fill(stage.publisher, N + 20 * W), 0);
        stage_publish_until(&stage, N + 24 * W);
        for (int64_t index = N - W; index <= N + 20 * W; index++)
            ck_assert(!stage_has_segment(&stage, index));
        close_stage();
    }
}
END_TEST

static void add_instants(TCase *instants)
{
    tcase_add_test(instants, after_a_kill_at_any_call_a_new_start_makes_it_undone);
    tcase_add_loop_test(instants, when_any_call_fails_the_playlist_stays_and_a_retry_succeeds, 0,
                        LENGTH(steps));
    tcase_add_test(instants, a_start_that_fails_leaves_what_an_earlier_run_published);
    tcase_add_loop_test(instants, what_a_failed_step_made_does_not_stay_for_ever, 1, LENGTH(steps));
}

static Suite *make_suite(void)
{
    Suite *suite = suite_create("publisher");
    TCase *order = suite_add(suite, "order");
    TCase *machine = suite_add(suite, "machines of their own");
    TCase *mapped = suite_add(suite, "with an initialization section");

    tcase_add_checked_fixture(order, open_stage, close_stage);
    tcase_add_test(order, a_segment_is_on_disk_then_listed_then_an_old_one_removed);
    tcase_add_test(order, a_window_is_written_before_the_playlist_that_lists_it);
    tcase_add_test(order, what_a_kill_left_under_a_temporary_name_is_replaced);
    tcase_add_test(order, before_the_first_segment_there_is_no_playlist);
    tcase_add_test(order, after_every_call_what_is_listed_is_there_and_whole);

    tcase_add_test(machine, the_first_segments_make_a_shorter_playlist);
    add_instants(machine);

    tcase_add_checked_fixture(mapped, need_section, NULL);
    add_instants(mapped);
    return suite;
}

int main(void)
{
    return suite_run(make_suite());
}
