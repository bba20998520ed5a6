/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Restarts in a directory with a past: what is whole stays untouched, another stream follows after
 * a discontinuity, damage is healed.
 */
#include <stdio.h>
#include <string.h>

#include "hls/playlist.h"
#include "origin/names.h"
#include "tests/unit/stage.h"
#include "tests/unit/suite.h"

#define N STAGE_NEWEST

enum {
    W = STAGE_WINDOW,
};

static struct stage stage;

static void open_stage_with(const char *section)
{
    stage_open(&stage, timeline_make(0, 2000, 30, 1));
    stage.section = section;
    stage_restart(&stage);
    ck_assert_int_eq(stage_start(&stage, N), 0);
    stage_publish_until(&stage, N + W);
}

static void open_stage(void)
{
    open_stage_with(NULL);
}

static void open_mapped_stage(void)
{
    open_stage_with("ftyp, moov");
}

static void close_stage(void)
{
    stage_close(&stage);
}

static struct publisher_resumption restart(void)
{
    struct publisher_resumption resumption;
    int64_t due = timeline_newest_due(&stage.line, stage.clock.realtime);

    stage_restart(&stage);
    (void)fake_disk_take_record(&stage.disk);
    ck_assert_int_eq(publisher_resume(stage.publisher, due, &resumption), 0);
    ck_assert_int_eq(publisher_fill(stage.publisher, resumption.newest), 0);
    return resumption;
}

/* How many files are made anew. */
static int mend(void)
{
    struct publisher_damage damage;

    ck_assert_int_eq(publisher_mend(stage.publisher, &damage), 0);
    ck_assert_int_eq(damage.left_out, 0);
    return damage.made;
}

/* Changes a file of the directory as others would; it must not move in memory. */
static struct fake_file *file_of(const char *name)
{
    for (size_t i = 0; i < FAKE_FILES_MAX; i++)
        if (strcmp(stage.disk.files[i].name, name) == 0)
            return &stage.disk.files[i];
    ck_abort_msg("there is no %s", name);
}

static struct fake_file *segment_file(int64_t number)
{
    char name[PLAYLIST_SEGMENT_NAME_SIZE];

    playlist_segment_name(number, stage_map(&stage), name);
    return file_of(name);
}

static void delete_file(const char *name)
{
    ck_assert_int_eq(stage.disk.fs.unlink(stage.disk.fs.context, name), 0);
}

START_TEST(what_is_whole_stays_untouched)
{
    struct publisher_resumption resumption = restart();

    ck_assert(!resumption.breaks && !resumption.state_damaged && !resumption.playlist_damaged);
    ck_assert_ptr_null(strstr(fake_disk_take_record(&stage.disk), "create .hlsgen-segment"));
    stage_check_listed(&stage, N + 1, N + W);
    stage_check(&stage);
}
END_TEST

static void cut_short(struct fake_file *file)
{
    file->bytes.size /= 2;
}

static void change_byte(struct fake_file *file)
{
    file->bytes.data[7] ^= 1;
}

static void touch(struct fake_file *file)
{
    file->time++;
}

/* Which bytes an earlier run published cannot be told: no name gets others. */
START_TEST(where_others_stand_by_bytes_are_not_compared)
{
    struct fake_file *file = segment_file(N + 2);

    change_byte(file);
    stage.stands_by = true;
    (void)restart();
    ck_assert_ptr_null(strstr(fake_disk_take_record(&stage.disk), "create .hlsgen-segment"));
    stage_check_listed(&stage, N + 1, N + W);
}
END_TEST

START_TEST(where_others_stand_by_size_and_date_still_count)
{
    static void (*const changes[])(struct fake_file *) = {cut_short, touch};

    changes[_i](segment_file(N + 2));
    stage.stands_by = true;
    (void)restart();
    stage_check(&stage);
}
END_TEST

static void close_to_others(struct fake_file *file)
{
    file->mode = 0600;
}

static void empty(struct fake_file *file)
{
    file->bytes.size = 0;
}

static void (*const damages[])(struct fake_file *file) = {cut_short, change_byte, touch,
                                                          close_to_others, empty};

START_TEST(a_changed_segment_is_made_again_at_a_restart)
{
    damages[_i](segment_file(N + 2));
    (void)restart();
    stage_check_listed(&stage, N + 1, N + W);
    stage_check(&stage);
    ck_assert_uint_eq(segment_file(N + 2)->mode, 0644);
}
END_TEST

START_TEST(a_missing_segment_is_made_again_at_a_restart)
{
    char name[PLAYLIST_SEGMENT_NAME_SIZE];

    playlist_segment_name(N + 3, stage_map(&stage), name);
    delete_file(name);
    (void)restart();
    stage_check_listed(&stage, N + 1, N + W);
    stage_check(&stage);
}
END_TEST

/* A byte changed without a trace in the status is not seen while it runs. */
START_TEST(a_changed_segment_is_mended_while_it_runs)
{
    void (*damage)(struct fake_file * file) = damages[_i];

    damage(segment_file(N + 2));
    ck_assert_int_eq(mend(), damage == change_byte ? 0 : 1);
    if (damage == change_byte)
        return;
    stage_check(&stage);
    ck_assert_int_eq(mend(), 0);
}
END_TEST

START_TEST(a_changed_playlist_is_mended_while_it_runs)
{
    damages[_i](file_of(PLAYLIST_NAME));
    ck_assert_int_eq(mend(), damages[_i] == change_byte ? 0 : 1);
    if (damages[_i] == change_byte)
        return;
    stage_check_listed(&stage, N + 1, N + W);
    stage_check(&stage);
}
END_TEST

START_TEST(a_prepared_segment_that_others_take_away_is_made_before_it_is_listed)
{
    char name[PLAYLIST_SEGMENT_NAME_SIZE];

    ck_assert_int_eq(publisher_prepare(stage.publisher), 0);
    playlist_segment_name(N + W + 1, stage_map(&stage), name);
    delete_file(name);
    ck_assert_int_eq(publisher_commit(stage.publisher), 0);
    stage_check_listed(&stage, N + 2, N + W + 1);
    stage_check(&stage);
}
END_TEST

START_TEST(a_lost_or_damaged_state_leaves_no_seam)
{
    struct publisher_resumption resumption;

    if (_i < LENGTH(damages))
        damages[_i](file_of(NAMES_STATE));
    else
        delete_file(NAMES_STATE);
    resumption = restart();
    ck_assert(!resumption.breaks);
    ck_assert_int_eq(resumption.state_damaged, _i < LENGTH(damages) && damages[_i] != touch &&
                                                   damages[_i] != close_to_others);
    stage_check_listed(&stage, N + 1, N + W);
    stage_check(&stage);
    resumption = restart();
    ck_assert(!resumption.state_damaged && !resumption.breaks);
}
END_TEST

START_TEST(a_lost_or_damaged_playlist_leaves_no_seam)
{
    struct publisher_resumption resumption;

    if (_i < LENGTH(damages))
        damages[_i](file_of(PLAYLIST_NAME));
    else
        delete_file(PLAYLIST_NAME);
    resumption = restart();
    ck_assert(!resumption.breaks);
    stage_check_listed(&stage, N + 1, N + W);
    stage_check(&stage);
}
END_TEST

/* A number in the text may be changed so that it still reads as a playlist. */
START_TEST(a_playlist_that_contradicts_the_state_is_damaged)
{
    static const char *const changes[][2] = {
        {"DISCONTINUITY-SEQUENCE:0", "DISCONTINUITY-SEQUENCE:1"},
        {"TARGETDURATION:2", "TARGETDURATION:9"},
        {"2.000000", "1.900000"},
        {".000Z", ".001Z"},
    };
    struct fake_file *file = file_of(PLAYLIST_NAME);
    char *at = memmem(file->bytes.data, file->bytes.size, changes[_i][0], strlen(changes[_i][0]));

    ck_assert_ptr_nonnull(at);
    memcpy(at, changes[_i][1], strlen(changes[_i][1]));
    ck_assert(restart().playlist_damaged);
    stage_check_listed(&stage, N + 1, N + W);
    stage_check(&stage);
}
END_TEST

/* ---- another stream -------------------------------------------------------------------------- */

/* The playlist as lines without dates, one space between them. */
static const char *listing(void)
{
    static char text[2048];
    const struct fake_file *file = file_of(PLAYLIST_NAME);
    const char *at = (const char *)file->bytes.data;
    const char *end = at + file->bytes.size;
    size_t used = 0;

    while (at < end) {
        size_t length = strcspn(at, "\n");

        if (strncmp(at, "seg", 3) == 0 || strncmp(at, "#EXT-X-DISC", 11) == 0)
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%.*s ", (int)length, at);
        at += length + 1;
    }
    return text;
}

START_TEST(another_stream_follows_after_a_discontinuity)
{
    stage_change_stream(&stage, timeline_make(0, 2000, 25, 1));
    ck_assert(restart().breaks);
    ck_assert_str_eq(listing(),
                     "#EXT-X-DISCONTINUITY-SEQUENCE:0 seg897654661.ts seg897654662.ts "
                     "seg897654663.ts seg897654664.ts ");
    ck_assert_int_eq(stage_publish_next(&stage), 0);
    ck_assert_str_eq(listing(),
                     "#EXT-X-DISCONTINUITY-SEQUENCE:0 seg897654662.ts seg897654663.ts "
                     "seg897654664.ts #EXT-X-DISCONTINUITY seg897654665.ts ");
    stage_publish_until(&stage, N + W + 4);
    ck_assert_str_eq(listing(),
                     "#EXT-X-DISCONTINUITY-SEQUENCE:0 #EXT-X-DISCONTINUITY "
                     "seg897654665.ts seg897654666.ts seg897654667.ts seg897654668.ts ");
    ck_assert(!restart().breaks);
    ck_assert_int_eq(stage_publish_next(&stage), 0);
    ck_assert_str_eq(listing(),
                     "#EXT-X-DISCONTINUITY-SEQUENCE:1 seg897654666.ts seg897654667.ts "
                     "seg897654668.ts seg897654669.ts ");
}
END_TEST

START_TEST(several_streams_in_one_window_are_all_counted)
{
    for (int i = 0; i < 3; i++) {
        stage_change_stream(&stage, timeline_make(0, 2000, 25 + i, 1));
        ck_assert(restart().breaks);
        ck_assert_int_eq(stage_publish_next(&stage), 0);
    }
    ck_assert_str_eq(listing(),
                     "#EXT-X-DISCONTINUITY-SEQUENCE:0 seg897654664.ts "
                     "#EXT-X-DISCONTINUITY seg897654665.ts #EXT-X-DISCONTINUITY seg897654666.ts "
                     "#EXT-X-DISCONTINUITY seg897654667.ts ");
    stage_publish_until(&stage, publisher_newest(stage.publisher) + W);
    ck_assert_str_eq(listing(),
                     "#EXT-X-DISCONTINUITY-SEQUENCE:3 seg897654668.ts "
                     "seg897654669.ts seg897654670.ts seg897654671.ts ");
}
END_TEST

START_TEST(a_longer_segment_duration_raises_the_target_once)
{
    stage_change_stream(&stage, timeline_make(0, 4000, 30, 1));
    ck_assert(restart().breaks);
    ck_assert_int_eq(stage_publish_next(&stage), 0);
    ck_assert_str_eq(listing(),
                     "#EXT-X-DISCONTINUITY-SEQUENCE:0 seg897654662.ts seg897654663.ts "
                     "seg897654664.ts #EXT-X-DISCONTINUITY seg897654665.ts ");
    stage_change_stream(&stage, timeline_make(0, 2000, 30, 1));
    ck_assert(restart().breaks);
    stage_publish_until(&stage, publisher_newest(stage.publisher) + 2 * W);
    ck_assert_ptr_nonnull(memmem(file_of(PLAYLIST_NAME)->bytes.data,
                                 file_of(PLAYLIST_NAME)->bytes.size, "TARGETDURATION:4\n", 17));
}
END_TEST

/* Nobody can make it again: the playlist begins behind it. */
START_TEST(a_broken_segment_of_an_earlier_stream_is_not_listed)
{
    struct publisher_damage damage;

    stage_change_stream(&stage, timeline_make(0, 2000, 25, 1));
    if (_i == 0)
        cut_short(segment_file(N + 2));
    else
        close_to_others(segment_file(N + 2));
    segment_file(N + 2)->time += _i == 0 ? NS_PER_SECOND : 0; /* a write changes it */
    (void)restart();
    ck_assert_str_eq(listing(), "#EXT-X-DISCONTINUITY-SEQUENCE:0 seg897654663.ts seg897654664.ts ");
    touch(segment_file(N + 3));
    ck_assert_int_eq(publisher_mend(stage.publisher, &damage), 0);
    ck_assert_int_eq(damage.left_out, 1);
    ck_assert_int_eq(damage.made, 0);
    ck_assert_str_eq(listing(), "#EXT-X-DISCONTINUITY-SEQUENCE:0 seg897654664.ts ");
    ck_assert_int_eq(stage_publish_next(&stage), 0);
    ck_assert_str_eq(listing(),
                     "#EXT-X-DISCONTINUITY-SEQUENCE:0 seg897654664.ts "
                     "#EXT-X-DISCONTINUITY seg897654665.ts ");
}
END_TEST

/* ---- first pictures of another stream -------------------------------------------------------- */

static int64_t (*read_file)(void *context, const char *name, void *data, size_t size);
static int64_t segments_read;
static int64_t most_read;

static int64_t note_read(void *context, const char *name, void *data, size_t size)
{
    int64_t got = read_file(context, name, data, size);

    if (playlist_segment_number(name) >= 0) {
        segments_read++;
        most_read = got > most_read ? got : most_read;
    }
    return got;
}

static void restart_with_iframes(void)
{
    read_file = stage.disk.fs.read;
    stage.disk.fs.read = note_read;
    stage_change_stream(&stage, stage.line);
    stage.has_iframes = true;
    (void)restart();
    ck_assert_int_eq(stage_publish_next(&stage), 0);
}

static int count_pictures(void)
{
    static const char tag[] = "#EXT-X-BYTERANGE:";
    const struct buffer *text = &file_of(PLAYLIST_IFRAMES_NAME)->bytes;
    const uint8_t *at = text->data;
    const uint8_t *end = at + text->size;
    int count = 0;

    while ((at = memmem(at, (size_t)(end - at), tag, strlen(tag))) != NULL) {
        count++;
        at++;
    }
    return count;
}

/* Its segments are larger, and their pictures lie where they begin. */
START_TEST(of_its_segments_the_beginning_is_read)
{
    static const uint8_t more[5 << 20];

    for (int64_t number = N + 1; number <= N + W; number++)
        ck_assert_int_eq(buffer_append(&segment_file(number)->bytes, more, sizeof(more)), 0);
    restart_with_iframes();
    ck_assert_int_eq(segments_read, W);
    ck_assert_int_eq(most_read, 4 << 20);
    ck_assert_int_eq(count_pictures(), W);
}
END_TEST

START_TEST(what_is_left_out_is_not_read)
{
    segment_file(N + 2)->time += NS_PER_SECOND;
    restart_with_iframes();
    ck_assert_int_eq(segments_read, W - 1);
    ck_assert_int_eq(count_pictures(), W - 1);
}
END_TEST

static void add_same(TCase *same, void (*open)(void))
{
    tcase_add_checked_fixture(same, open, close_stage);
    tcase_add_test(same, what_is_whole_stays_untouched);
    tcase_add_test(same, where_others_stand_by_bytes_are_not_compared);
    tcase_add_loop_test(same, where_others_stand_by_size_and_date_still_count, 0, 2);
    tcase_add_loop_test(same, a_changed_segment_is_made_again_at_a_restart, 0, LENGTH(damages));
    tcase_add_test(same, a_missing_segment_is_made_again_at_a_restart);
    tcase_add_loop_test(same, a_changed_segment_is_mended_while_it_runs, 0, LENGTH(damages));
    tcase_add_loop_test(same, a_changed_playlist_is_mended_while_it_runs, 0, LENGTH(damages));
    tcase_add_test(same, a_prepared_segment_that_others_take_away_is_made_before_it_is_listed);
    tcase_add_loop_test(same, a_lost_or_damaged_state_leaves_no_seam, 0, LENGTH(damages) + 1);
    tcase_add_loop_test(same, a_lost_or_damaged_playlist_leaves_no_seam, 0, LENGTH(damages) + 1);
    tcase_add_loop_test(same, a_playlist_that_contradicts_the_state_is_damaged, 0, 4);
}

int main(void)
{
    Suite *suite = suite_create("restart");
    TCase *other = suite_add(suite, "another stream");

    add_same(suite_add(suite, "same stream"), open_stage);
    add_same(suite_add(suite, "same stream, with an initialization section"), open_mapped_stage);

    tcase_add_checked_fixture(other, open_stage, close_stage);
    tcase_add_test(other, another_stream_follows_after_a_discontinuity);
    tcase_add_test(other, several_streams_in_one_window_are_all_counted);
    tcase_add_test(other, a_longer_segment_duration_raises_the_target_once);
    tcase_add_loop_test(other, a_broken_segment_of_an_earlier_stream_is_not_listed, 0, 2);
    tcase_add_test(other, of_its_segments_the_beginning_is_read);
    tcase_add_test(other, what_is_left_out_is_not_read);
    return suite_run(suite);
}
