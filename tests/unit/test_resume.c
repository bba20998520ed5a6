/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a stream goes on: what each kind of past leads to. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "origin/resume.h"
#include "tests/unit/suite.h"

#define N INT64_C(897654660) /* due now */

enum {
    WINDOW = 4,
    LISTED = 3,
};

static const uint8_t ours[STATE_DIGEST_SIZE] = {1};
static const uint8_t others[STATE_DIGEST_SIZE] = {2};

static struct timeline line;
static struct resume_stream stream;
static struct resume_found found;
static struct state state;
static struct playlist playlist;
static struct playlist_entry entries[LISTED];

static void set_up(void)
{
    line = timeline_make(0, 2000, 30, 1);
    stream = (struct resume_stream){
        .line = &line,
        .digest = ours,
        .kind = PLAYLIST_LIVE,
        .window = WINDOW,
        .length = WINDOW,
        .due = N,
    };
    found = (struct resume_found){.highest = -1};
}

/* The past: a state of that digest and offset. */
static void had_state(const uint8_t *digest, int64_t from, int64_t offset, int64_t discontinuities)
{
    state = (struct state){
        .from = from, .offset = offset, .discontinuities = discontinuities, .target = 2};
    memcpy(state.digest, digest, STATE_DIGEST_SIZE);
    found.state = &state;
}

/* And a playlist that ends with index @p newest. */
static void had_playlist(int64_t newest, int64_t offset, int64_t discontinuities)
{
    playlist = (struct playlist){
        .target = 2,
        .sequence = newest + offset - LISTED + 1,
        .discontinuities = discontinuities,
        .count = LISTED,
        .entries = entries,
    };
    for (int i = 0; i < LISTED; i++)
        entries[i] =
            (struct playlist_entry){.start = timeline_start(&line, newest - LISTED + 1 + i),
                                    .duration_us = timeline_duration_us(&line)};
    found.playlist = &playlist;
}

static struct resume_plan decide(void)
{
    struct resume_plan plan;

    ck_assert_int_eq(resume_decide(&stream, &found, &plan), 0);
    return plan;
}

static void check_refused(int error)
{
    struct resume_plan plan;

    ck_assert_int_eq(resume_decide(&stream, &found, &plan), error);
}

static void check(int64_t from, int64_t offset, int64_t discontinuities, int64_t newest,
                  bool breaks)
{
    struct resume_plan plan = decide();

    ck_assert_int_eq(plan.state.from, from);
    ck_assert_int_eq(plan.state.offset, offset);
    ck_assert_int_eq(plan.state.discontinuities, discontinuities);
    ck_assert_int_eq(plan.newest, newest);
    ck_assert_int_eq(plan.breaks, breaks);
    ck_assert_mem_eq(plan.state.digest, ours, STATE_DIGEST_SIZE);
}

START_TEST(without_a_past_a_number_is_the_index)
{
    check(0, 0, 0, N, false);
    stream.due = -1;
    check(0, 0, 0, -1, false);
}
END_TEST

START_TEST(a_rendition_that_is_new_has_the_number_of_the_others)
{
    struct resume_plan plan;

    stream.discontinuities = 3;
    ck_assert_int_eq(resume_decide(&stream, &found, &plan), 0);
    ck_assert_int_eq(plan.state.discontinuities, 3);
    ck_assert_int_eq(plan.state.from, 0);
    ck_assert_int_eq(plan.ahead, 0);
    ck_assert(!plan.breaks);
    stream.since = N + 1; /* theirs is to come */
    ck_assert_int_eq(resume_decide(&stream, &found, &plan), 0);
    ck_assert_int_eq(plan.state.from, N + 1);
    ck_assert_int_eq(plan.ahead, N + 1);
}
END_TEST

START_TEST(a_rendition_that_is_behind_the_others_begins_apart)
{
    struct resume_plan plan;

    stream.discontinuities = 3;
    had_state(ours, N - 100, 0, 1);
    had_playlist(N - 1, 0, 1);
    ck_assert_int_eq(resume_decide(&stream, &found, &plan), 0);
    ck_assert(plan.breaks && plan.apart);
    ck_assert_int_eq(plan.state.discontinuities, 3);
    ck_assert_int_eq(plan.state.from, N);
    ck_assert_int_eq(plan.ahead, 0);
    ck_assert_int_eq(plan.state.offset, 0);
    stream.since = N + 2;
    ck_assert_int_eq(resume_decide(&stream, &found, &plan), 0);
    ck_assert_int_eq(plan.state.from, N + 2);
    ck_assert_int_eq(plan.ahead, 2);
    ck_assert_int_eq(plan.state.discontinuities, 3);
    stream.discontinuities = 1;
    ck_assert_int_eq(resume_decide(&stream, &found, &plan), 0);
    ck_assert(!plan.breaks && !plan.apart);
}
END_TEST

START_TEST(the_same_stream_goes_on_as_it_was)
{
    had_state(ours, 100, 0, 2);
    had_playlist(N - 1, 0, 2);
    check(100, 0, 2, N, false);
    had_state(ours, N - 50, 12, 2);
    had_playlist(N - 1, 12, 2);
    check(N - 50, 12, 2, N, false);
}
END_TEST

START_TEST(the_same_stream_goes_on_after_any_time)
{
    had_state(ours, 100, 7, 2);
    had_playlist(N - 100000, 7, 2);
    check(100, 7, 2, N, false);
}
END_TEST

START_TEST(a_clock_that_is_a_little_behind_is_waited_for)
{
    had_state(ours, 0, 0, 0);
    had_playlist(N + 1, 0, 0);
    check(0, 0, 0, N + 1, false);
}
END_TEST

START_TEST(a_clock_that_went_back_makes_a_break_and_an_offset)
{
    had_state(ours, 0, 0, 0);
    had_playlist(N + 1800, 0, 0);
    check(N + 1801, 1800, 1, N, true); /* index N + 1 gets the next number */
}
END_TEST

START_TEST(another_stream_follows_at_its_time)
{
    had_state(others, 0, 0, 0);
    had_playlist(N, 0, 0);
    check(N + 1, 0, 1, N, true); /* its first segment is due next */
    had_playlist(N - 2, 0, 4);
    check(N - 1, 0, 5, N, true); /* two have been missed, and are made */
}
END_TEST

START_TEST(another_stream_after_a_long_time_has_a_window_of_its_own)
{
    had_state(others, 0, 0, 0);
    had_playlist(N - 100, 0, 0);
    check(N - WINDOW + 1, 0, 1, N, true);
}
END_TEST

START_TEST(another_segment_duration_follows_in_time_under_the_next_number)
{
    had_state(others, 0, 0, 3);
    had_playlist(N, 0, 3);
    line = timeline_make(0, 4000, 30, 1);
    stream.due = N / 2 - 1; /* N + 1, of 2 s, starts where N / 2 + 1 / 2 does */
    check(N + 1, N + 1 - N / 2, 4, N / 2 - 1, true);
    ck_assert_int_eq(decide().state.target, 4);
}
END_TEST

START_TEST(the_target_duration_never_falls)
{
    had_state(ours, 0, 0, 0);
    state.target = 7;
    ck_assert_int_eq(decide().state.target, 7);
    found.state = NULL;
    had_playlist(N, 0, 0);
    playlist.target = 5;
    ck_assert_int_eq(decide().state.target, 5);
}
END_TEST

/* The state was on disk, its first segment was not. */
START_TEST(a_break_that_was_never_published_is_counted_once)
{
    had_state(ours, N + 1, 0, 1);
    had_playlist(N, 0, 0);
    check(N + 1, 0, 1, N, true);
    had_state(others, N + 1, 0, 1);
    check(N + 1, 0, 1, N, true);
}
END_TEST

START_TEST(without_a_state_equal_bytes_make_it_the_same)
{
    had_playlist(N, 5, 2);
    ck_assert_int_eq(resume_index_of_newest(&stream, &found), N);
    found.same_bytes = true;
    check(N + 5 - LISTED, 5, 2, N, false); /* it began somewhere before the playlist */
    entries[1].discontinuity = true;
    check(N + 5 - 1, 5, 3, N, false);
    found.same_bytes = false;
    check(N + 6, 5, 4, N, true);
}
END_TEST

START_TEST(without_a_playlist_files_tell)
{
    had_state(ours, 100, 3, 2);
    found.highest = N + 3;
    check(100, 3, 2, N, false);
    had_state(others, 100, 3, 2);
    check(N + 4, 4, 3, N, true); /* something has to be listed now */
}
END_TEST

START_TEST(with_the_state_alone_no_number_comes_twice)
{
    had_state(ours, 100, 3, 2);
    check(100, 3, 2, N, false);
    had_state(others, 100, 3, 2);
    check(N + 4, 4, 3, N, true);
}
END_TEST

START_TEST(with_files_alone_bytes_tell)
{
    found.highest = N;
    found.same_bytes = true;
    check(0, 0, 0, N, false);
    found.same_bytes = false;
    check(N + 1, 1, 1, N, true);
    found.highest = N + 1000; /* a name that nobody published */
    check(0, 0, 0, N, false);
    found.highest = N - 2 * WINDOW; /* no player knows of it any more */
    check(0, 0, 0, N, false);
}
END_TEST

START_TEST(a_date_between_segments_is_no_index)
{
    had_playlist(N, 0, 0);
    entries[LISTED - 1].start += NS_PER_SECOND;
    ck_assert_int_eq(resume_index_of_newest(&stream, &found), -1);
}
END_TEST

/* 30000/1001: a start is no whole number of milliseconds. */
START_TEST(a_date_that_was_rounded_down_tells_the_index)
{
    line = timeline_make(0, 2000, 30000, 1001);
    for (int64_t index = N; index < N + 2000; index++) {
        had_playlist(index, 0, 0);
        entries[LISTED - 1].start -= entries[LISTED - 1].start % NS_PER_MS;
        ck_assert_int_eq(resume_index_of_newest(&stream, &found), index);
    }
}
END_TEST

/* ---- events and ends ---- */

static void be_event(int64_t length)
{
    stream.kind = PLAYLIST_EVENT;
    stream.length = length;
}

static void had_event(int64_t first)
{
    state.kind = PLAYLIST_EVENT;
    state.first = first;
    playlist.kind = PLAYLIST_EVENT;
}

START_TEST(an_event_begins_with_a_window)
{
    be_event(100);
    ck_assert_int_eq(decide().state.kind, PLAYLIST_EVENT);
    ck_assert_int_eq(decide().state.first, N - WINDOW + 1);
    stream.due = 1;
    ck_assert_int_eq(decide().state.first, 0);
}
END_TEST

START_TEST(an_event_goes_on_where_it_began)
{
    be_event(100);
    had_state(ours, 0, 0, 0);
    had_playlist(N - 10, 0, 0);
    had_event(N - 10 - LISTED + 1);
    check(0, 0, 0, N, false);
    ck_assert_int_eq(decide().state.first, N - 10 - LISTED + 1);
    found.state = NULL; /* the playlist tells it, too */
    found.same_bytes = true;
    ck_assert_int_eq(decide().state.first, N - 10 - LISTED + 1);
}
END_TEST

START_TEST(another_event_leaves_nothing_out)
{
    be_event(1000);
    had_state(others, 0, 0, 0);
    had_playlist(N - 100, 0, 0);
    had_event(N - 100 - LISTED + 1);
    check(N - 99, 0, 1, N, true);
    ck_assert_int_eq(decide().state.first, N - 100 - LISTED + 1);
}
END_TEST

START_TEST(an_event_is_no_live_stream)
{
    had_state(ours, 0, 0, 0);
    had_playlist(N, 0, 0);
    had_event(N - LISTED + 1);
    check_refused(-EMEDIUMTYPE);
    found.playlist = NULL;
    check_refused(-EMEDIUMTYPE);
    be_event(100);
    had_state(ours, 0, 0, 0);
    check_refused(-EMEDIUMTYPE);
    had_playlist(N, 0, 0);
    check_refused(-EMEDIUMTYPE);
}
END_TEST

/* A playlist tells: files alone are of no stream that anybody goes on with. */
START_TEST(a_playlist_of_another_container_is_refused)
{
    had_state(ours, 0, 0, 0);
    had_playlist(N, 0, 0);
    stream.map = 1;
    check_refused(-EPROTOTYPE);
    for (int i = 0; i < LISTED; i++)
        entries[i].map = 2;
    check(0, 0, 0, N, false);
    stream.map = 0;
    check_refused(-EPROTOTYPE);
    found.playlist = NULL;
    (void)decide();
}
END_TEST

START_TEST(an_event_that_is_too_long_is_refused)
{
    be_event(LISTED - 1);
    had_state(ours, 0, 0, 0);
    had_playlist(N, 0, 0);
    had_event(N - LISTED + 1);
    check_refused(-E2BIG);
    stream.length = LISTED;
    check(0, 0, 0, N, false);
}
END_TEST

START_TEST(the_end_is_so_many_segments_after_the_first_window)
{
    stream.follow = 5;
    ck_assert_int_eq(decide().state.end, N + 6);
    stream.due = -1;
    ck_assert_int_eq(decide().state.end, 5);
}
END_TEST

START_TEST(a_restart_goes_on_to_the_same_end)
{
    stream.follow = 5;
    had_state(ours, 0, 0, 0);
    had_playlist(N - 1, 0, 0);
    ck_assert_int_eq(decide().state.end, N + 6); /* there was none */
    state.end = N + 1;
    ck_assert_int_eq(decide().state.end, N + 1);
    had_state(ours, 0, 0, 0);
    state.end = N - 3; /* it is over */
    had_playlist(N - 10, 0, 0);
    ck_assert_int_eq(decide().state.end, N - 3);
    stream.follow = 0;
    ck_assert_int_eq(decide().state.end, 0);
}
END_TEST

START_TEST(another_stream_has_an_end_of_its_own)
{
    stream.follow = 5;
    had_state(others, 0, 0, 0);
    state.end = N + 3;
    had_playlist(N - 1, 0, 0);
    ck_assert_int_eq(decide().state.end, N + 6);
}
END_TEST

START_TEST(a_stream_that_has_ended_is_left_as_it_is)
{
    had_state(ours, 0, 0, 0);
    had_playlist(N - 100, 0, 0);
    playlist.ended = true;
    check(0, 0, 0, N - 100, false);
    ck_assert(decide().ended);
    stream.due = N - 2000; /* whatever the clock says */
    check(0, 0, 0, N - 100, false);
    ck_assert_int_eq(decide().state.end, N - 99);
    found.state = NULL;
    found.same_bytes = true;
    ck_assert(decide().ended);
}
END_TEST

START_TEST(nothing_follows_on_another_that_has_ended)
{
    had_state(others, 0, 0, 0);
    had_playlist(N - 1, 0, 0);
    playlist.ended = true;
    check_refused(-EEXIST);
    found.state = NULL;
    check_refused(-EEXIST);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resume");
    TCase *tcase = suite_add(suite, "resume");
    TCase *ends = suite_add(suite, "events and ends");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_checked_fixture(ends, set_up, NULL);
    tcase_add_test(tcase, without_a_past_a_number_is_the_index);
    tcase_add_test(tcase, a_rendition_that_is_new_has_the_number_of_the_others);
    tcase_add_test(tcase, a_rendition_that_is_behind_the_others_begins_apart);
    tcase_add_test(tcase, the_same_stream_goes_on_as_it_was);
    tcase_add_test(tcase, the_same_stream_goes_on_after_any_time);
    tcase_add_test(tcase, a_clock_that_is_a_little_behind_is_waited_for);
    tcase_add_test(tcase, a_clock_that_went_back_makes_a_break_and_an_offset);
    tcase_add_test(tcase, another_stream_follows_at_its_time);
    tcase_add_test(tcase, another_stream_after_a_long_time_has_a_window_of_its_own);
    tcase_add_test(tcase, another_segment_duration_follows_in_time_under_the_next_number);
    tcase_add_test(tcase, the_target_duration_never_falls);
    tcase_add_test(tcase, a_break_that_was_never_published_is_counted_once);
    tcase_add_test(tcase, without_a_state_equal_bytes_make_it_the_same);
    tcase_add_test(tcase, without_a_playlist_files_tell);
    tcase_add_test(tcase, with_the_state_alone_no_number_comes_twice);
    tcase_add_test(tcase, with_files_alone_bytes_tell);
    tcase_add_test(tcase, a_date_between_segments_is_no_index);
    tcase_add_test(tcase, a_date_that_was_rounded_down_tells_the_index);
    tcase_add_test(ends, an_event_begins_with_a_window);
    tcase_add_test(ends, an_event_goes_on_where_it_began);
    tcase_add_test(ends, another_event_leaves_nothing_out);
    tcase_add_test(ends, an_event_is_no_live_stream);
    tcase_add_test(ends, a_playlist_of_another_container_is_refused);
    tcase_add_test(ends, an_event_that_is_too_long_is_refused);
    tcase_add_test(ends, the_end_is_so_many_segments_after_the_first_window);
    tcase_add_test(ends, a_restart_goes_on_to_the_same_end);
    tcase_add_test(ends, another_stream_has_an_end_of_its_own);
    tcase_add_test(ends, a_stream_that_has_ended_is_left_as_it_is);
    tcase_add_test(ends, nothing_follows_on_another_that_has_ended);
    return suite_run(suite);
}
