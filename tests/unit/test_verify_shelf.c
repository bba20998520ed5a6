/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of segments, in a real directory but by a clock of our own, with each rule broken alone. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/folder.h"
#include "tests/unit/suite.h"
#include "verify/shelf.h"

#define SECOND NS_PER_SECOND
#define WINDOW 6 /* segments of two seconds */
#define NEEDED (14 * SECOND)
#define DATA   "two seconds of it"

static struct run run;
static struct stream stream;
static struct shelf shelf;
static struct m3u8_segment listed[64];

/* ---- the directory --------------------------------------------------------------------------- */

static const char *name_of(int64_t number)
{
    static char name[32];

    (void)snprintf(name, sizeof(name), "seg%" PRId64 ".ts", number);
    return name;
}

static void write_file(const char *name, const char *data)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, data, strlen(data)), (ssize_t)strlen(data));
    ck_assert_int_eq(close(fd), 0);
}

/* Later than any other date that it may have had. */
static void set_date(const char *name, time_t second)
{
    const struct timespec times[2] = {{.tv_sec = second}, {.tv_sec = second}};

    ck_assert_int_eq(utimensat(AT_FDCWD, name, times, 0), 0);
}

static void remove_file(int64_t number)
{
    ck_assert_int_eq(unlink(name_of(number)), 0);
}

/* ---- the playlist ---------------------------------------------------------------------------- */

static void add_segment(int64_t number)
{
    struct stream_segment *segment = &stream.segments[stream.segment_count++];

    *segment = (struct stream_segment){
        .path = strdup(name_of(number)),
        .number = number,
        .duration_ns = 2 * SECOND,
        .range = {0, -1},
        .hashed = true,
    };
    sha256_of(DATA, strlen(DATA), segment->sha256);
    write_file(segment->path, DATA);
    set_date(segment->path, 1000);
}

/* It lists WINDOW segments from @p first on; a new one has come before @p seen. */
static void list(int64_t first, int64_t after, int64_t seen)
{
    const struct moment moment = {after, seen};
    int64_t known =
        stream.segment_count > 0 ? stream.segments[stream.segment_count - 1].number : -1;

    for (int64_t number = known + 1; number < first + WINDOW; number++)
        add_segment(number);
    for (int i = 0; i < WINDOW; i++)
        listed[i] = (struct m3u8_segment){.number = first + i, .duration_ns = 2 * SECOND};
    stream.version.playlist =
        (struct m3u8){.target = 2, .sequence = first, .segments = listed, .segment_count = WINDOW};
    ck_assert_int_eq(shelf_put(&shelf, &stream, &moment), 0);
    shelf_settle(&shelf, seen);
}

/* Version k comes at 2 k seconds, the first one at 0. */
static void list_until(int64_t last)
{
    list(0, MOMENT_NONE, 0);
    for (int64_t first = 1; first <= last; first++)
        list(first, 2 * first * SECOND, 2 * first * SECOND);
}

static void look(int64_t now)
{
    shelf_look(&shelf, now);
    shelf_settle(&shelf, now);
}

/* Nothing but @p rule is broken, so often; RULES: nothing at all. */
static void expect(enum rule_id rule, int64_t count)
{
    for (unsigned i = 0; i < RULES; i++)
        ck_assert_msg(run.findings.of[i].count == (i == rule ? count : 0),
                      "%s, %" PRId64 ": %s: %s", rules[i].name, run.findings.of[i].count,
                      run.findings.of[i].kept[0].place, run.findings.of[i].kept[0].found);
}

static void set_up(void)
{
    folder_enter();
    memset(&run, 0, sizeof(run));
    stream = (struct stream){.segments = calloc(64, sizeof(*stream.segments))};
    ck_assert_ptr_nonnull(stream.segments);
    run.folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(run.folder, 0);
    shelf_begin(&shelf, &run);
}

static void tear_down(void)
{
    for (size_t i = 0; i < stream.segment_count; i++)
        free(stream.segments[i].path);
    free(stream.segments);
    shelf_finish(&shelf);
    (void)close(run.folder);
    folder_leave();
}

/* ---- how long -------------------------------------------------------------------------------- */

/* Each segment goes when its time is over: first from the directory, then from the shelf. */
START_TEST(what_is_kept_for_its_time_breaks_nothing)
{
    list(0, MOMENT_NONE, 0);
    for (int64_t first = 1; first < 40; first++) {
        list(first, 2 * first * SECOND, 2 * first * SECOND);
        if (first >= 8)
            remove_file(first - 8);
        look(2 * first * SECOND + 1);
        ck_assert_uint_le(shelf.count, WINDOW + 8);
    }
    expect(RULES, 0);
    ck_assert_int_gt(run.findings.of[RULE_SG_KEPT_8216].checked, 20);
    ck_assert_int_gt(run.findings.of[RULE_SG_KEPT_BIS].checked, 20);
    ck_assert_int_gt(run.findings.of[RULE_SG_IMMUTABLE].checked, 100);
}
END_TEST

/* By a second: of what was listed at first it is not known since when. */
START_TEST(a_segment_goes_too_soon_after_its_removal)
{
    list_until(8);
    look(16 * SECOND);
    remove_file(6); /* listed at 2 s, removed at 14 s */
    shelf_look_at(&shelf, name_of(6), 14 * SECOND + NEEDED - SECOND);
    shelf_settle(&shelf, 14 * SECOND + NEEDED);
    expect(RULE_SG_KEPT_8216, 1);
}
END_TEST

START_TEST(a_segment_goes_too_soon_after_it_was_listed)
{
    list_until(7);
    remove_file(6); /* listed at 2 s, removed at 14 s */
    look(14 * SECOND);
    expect(RULE_SG_KEPT_BIS, 1);
}
END_TEST

START_TEST(the_longest_playlist_counts)
{
    const struct moment moment = {16 * SECOND, 16 * SECOND};

    list_until(7);
    stream.version.playlist.sequence = 10; /* the last three of them */
    stream.version.playlist.segments = &listed[3];
    stream.version.playlist.segment_count = 3;
    ck_assert_int_eq(shelf_put(&shelf, &stream, &moment), 0);
    remove_file(9); /* listed at 8 s, removed at 16 s */
    shelf_look_at(&shelf, name_of(9), 29 * SECOND);
    shelf_settle(&shelf, 29 * SECOND);
    expect(RULE_SG_KEPT_8216, 1);
}
END_TEST

/* The shelf does not need them. */
START_TEST(a_stream_forgets_its_oldest_segments)
{
    list_until(4);
    stream_forget(&stream, 3);
    ck_assert_uint_eq(stream.segment_count, 3);
    ck_assert_int_eq(stream.segments[0].number, 7);
    stream_forget(&stream, 3);
    ck_assert_str_eq(stream.segments[2].path, "seg9.ts");
    list(5, 10 * SECOND, 10 * SECOND);
    ck_assert_uint_eq(shelf.count, 11);
    expect(RULES, 0);
}
END_TEST

START_TEST(a_segment_stays_for_ever)
{
    list_until(1);
    look(2 * SECOND + NEEDED + 5 * SECOND);
    expect(RULES, 0);
    look(2 * SECOND + NEEDED + 7 * SECOND);
    look(2 * SECOND + NEEDED + 8 * SECOND);
    expect(RULE_SG_TEMP, 1);
}
END_TEST

/* ---- whether --------------------------------------------------------------------------------- */

START_TEST(a_listed_segment_goes)
{
    list_until(3);
    remove_file(5);
    shelf_look_at(&shelf, name_of(5), 7 * SECOND);
    shelf_settle(&shelf, 6 * SECOND);
    expect(RULES, 0); /* the playlist may be another one by now */
    shelf_settle(&shelf, 8 * SECOND);
    expect(RULE_SG_AVAILABLE, 1);
}
END_TEST

START_TEST(the_folder_of_a_listed_segment_goes)
{
    const struct moment moment = {0, 0};
    struct stream_segment *segment = &stream.segments[stream.segment_count++];

    ck_assert_int_eq(mkdir("sub", 0755), 0);
    write_file("sub/seg0.ts", DATA);
    *segment = (struct stream_segment){.path = strdup("sub/seg0.ts"), .range = {0, -1}};
    listed[0] = (struct m3u8_segment){.duration_ns = 2 * SECOND};
    stream.version.playlist = (struct m3u8){.target = 2, .segments = listed, .segment_count = 1};
    ck_assert_int_eq(shelf_put(&shelf, &stream, &moment), 0);
    ck_assert_int_eq(unlink("sub/seg0.ts"), 0);
    ck_assert_int_eq(rmdir("sub"), 0);
    write_file("sub", DATA);
    shelf_look_at(&shelf, "sub/seg0.ts", SECOND);
    shelf_settle(&shelf, 2 * SECOND);
    expect(RULE_SG_AVAILABLE, 1);
    ck_assert_int_eq(unlink("sub"), 0);
}
END_TEST

/* The playlist without it was there first, and is read last. */
START_TEST(a_segment_goes_with_its_line)
{
    list_until(3);
    remove_file(3);
    shelf_look_at(&shelf, name_of(3), 8 * SECOND);
    list(4, 8 * SECOND, 8 * SECOND);
    expect(RULE_SG_KEPT_8216, 1);
}
END_TEST

START_TEST(without_a_word_it_is_found_in_turn)
{
    list_until(3);
    remove_file(7);
    for (int64_t first = 4; first < 8; first++) {
        list(first, 2 * first * SECOND, 2 * first * SECOND);
        shelf_settle(&shelf, 2 * first * SECOND + 1);
    }
    expect(RULE_SG_AVAILABLE, 1);
}
END_TEST

/* ---- which bytes ----------------------------------------------------------------------------- */

START_TEST(a_segment_gets_other_bytes)
{
    list_until(3);
    write_file(name_of(5), "two seconds of IT");
    set_date(name_of(5), 2000);
    shelf_look_at(&shelf, name_of(5), 7 * SECOND);
    shelf_look_at(&shelf, name_of(5), 8 * SECOND);
    expect(RULE_SG_IMMUTABLE, 1);
}
END_TEST

START_TEST(a_segment_grows)
{
    list_until(3);
    write_file(name_of(5), DATA DATA);
    shelf_look_at(&shelf, name_of(5), 7 * SECOND);
    expect(RULE_SG_IMMUTABLE, 1);
}
END_TEST

START_TEST(at_its_removal_it_is_looked_at)
{
    list_until(3);
    write_file(name_of(3), DATA DATA);
    list(4, 8 * SECOND, 8 * SECOND);
    expect(RULE_SG_IMMUTABLE, 1);
}
END_TEST

/* Another inode and another date, but the same bytes, as of a copy. */
START_TEST(a_copy_is_the_same)
{
    list_until(3);
    write_file("copy", DATA);
    ck_assert_int_eq(rename("copy", name_of(5)), 0);
    shelf_look_at(&shelf, name_of(5), 7 * SECOND);
    expect(RULES, 0);
}
END_TEST

/* What is listed of it stays the same when its file grows. */
START_TEST(a_byte_range_is_read_alone)
{
    struct stream_segment *segment = &stream.segments[0];
    const struct moment moment = {MOMENT_NONE, 0};

    add_segment(0);
    segment->range = (struct m3u8_range){4, 7};
    sha256_of("seconds", 7, segment->sha256);
    listed[0] = (struct m3u8_segment){.number = 0, .duration_ns = 2 * SECOND};
    stream.version.playlist = (struct m3u8){.target = 2, .segments = listed, .segment_count = 1};
    ck_assert_int_eq(shelf_put(&shelf, &stream, &moment), 0);
    write_file(name_of(0), DATA DATA);
    shelf_look_at(&shelf, name_of(0), SECOND);
    expect(RULES, 0);
    write_file(name_of(0), "two Seconds of it, and more of it");
    shelf_look_at(&shelf, name_of(0), 2 * SECOND);
    expect(RULE_SG_IMMUTABLE, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verify_shelf");
    TCase *times = suite_add(suite, "how long");
    TCase *presence = suite_add(suite, "whether");
    TCase *bytes = suite_add(suite, "which bytes");

    tcase_add_checked_fixture(times, set_up, tear_down);
    tcase_add_test(times, what_is_kept_for_its_time_breaks_nothing);
    tcase_add_test(times, a_segment_goes_too_soon_after_its_removal);
    tcase_add_test(times, a_segment_goes_too_soon_after_it_was_listed);
    tcase_add_test(times, the_longest_playlist_counts);
    tcase_add_test(times, a_stream_forgets_its_oldest_segments);
    tcase_add_test(times, a_segment_stays_for_ever);
    tcase_add_checked_fixture(presence, set_up, tear_down);
    tcase_add_test(presence, a_listed_segment_goes);
    tcase_add_test(presence, the_folder_of_a_listed_segment_goes);
    tcase_add_test(presence, a_segment_goes_with_its_line);
    tcase_add_test(presence, without_a_word_it_is_found_in_turn);
    tcase_add_checked_fixture(bytes, set_up, tear_down);
    tcase_add_test(bytes, a_segment_gets_other_bytes);
    tcase_add_test(bytes, a_segment_grows);
    tcase_add_test(bytes, at_its_removal_it_is_looked_at);
    tcase_add_test(bytes, a_copy_is_the_same);
    tcase_add_test(bytes, a_byte_range_is_read_alone);
    return suite_run(suite);
}
