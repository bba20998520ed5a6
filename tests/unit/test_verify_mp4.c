/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fragmented MP4: what is measured of it, what breaks it, and what nobody should write. */
#include <string.h>

#include "tests/unit/boxes.h"
#include "tests/unit/suite.h"
#include "verify/segment.h"

static const struct boxes_track video = {1, 15360, 0, -1, 4, "avc1"};
static const struct boxes_track sound = {2, 48000, 0, -1, 0, "mp4a"};

static struct findings findings;
static struct segment_reader *reader;
static struct segment segment;
static struct boxes boxes;

static void set_up(void)
{
    memset(&findings, 0, sizeof(findings));
    memset(&boxes, 0, sizeof(boxes));
    ck_assert_int_eq(segment_reader_new(&findings, true, &reader), 0);
}

static void tear_down(void)
{
    reader = segment_reader_free(reader);
}

static int take_init(const struct boxes_track *tracks, int count)
{
    int result;

    boxes_add_init(&boxes, tracks, count);
    result = segment_reader_map(reader, "init", boxes.data, boxes.size);
    boxes.size = 0;
    return result;
}

/* Reads the boxes as a segment, in pieces of @p piece bytes. */
static void read_in(size_t piece, bool breaks)
{
    segment_reader_begin(reader, "segment", breaks);
    for (size_t at = 0; at < boxes.size; at += piece)
        segment_reader_feed(reader, boxes.data + at,
                            boxes.size - at < piece ? boxes.size - at : piece);
    segment_reader_end(reader, &segment);
}

static void read_segment(void)
{
    read_in(boxes.size, true);
}

/* Nothing but @p rule is broken; RULES: nothing at all. */
static void check_only(enum rule_id rule)
{
    for (unsigned i = 0; i < RULES; i++)
        ck_assert_msg((findings.of[i].count > 0) == (i == rule), "%s: %s: %s", rules[i].name,
                      findings.of[i].kept[0].place, findings.of[i].kept[0].found);
}

/* A sample of one NAL unit with a header, filled with zeros. */
static void put_sample(uint32_t size, int length_size, uint8_t header)
{
    boxes_put(&boxes, size - (uint32_t)length_size, length_size);
    boxes_put(&boxes, header, 1);
    boxes_zeros(&boxes, size - (uint32_t)length_size - 1);
}

enum {
    IDR = 0x65,
    OTHER = 0x41,
    PICTURES = 4,
};

static const uint32_t sizes[PICTURES] = {40, 30, 20, 25};

static void put_pictures(int length_size)
{
    for (int i = 0; i < PICTURES; i++)
        put_sample(sizes[i], length_size, i == 0 ? IDR : OTHER);
}

static void add_pictures(struct boxes_run run, int length_size)
{
    boxes_add_moof(&boxes, 1, &run, 1);
    boxes_begin(&boxes, "mdat");
    put_pictures(length_size);
    boxes_end(&boxes);
}

static struct boxes_run pictures_at(uint64_t time)
{
    return (struct boxes_run){
        .track = 1, .time = time, .duration = 512, .count = PICTURES, .sizes = sizes};
}

/* Without default-base-is-moof: offsets are those from the beginning of the moof in the first traf,
 * and from the end of what was before in others (ISO 14496-12 8.8.7.1). */
static void base_on_what_was_before(void)
{
    int runs = 0;

    for (size_t i = 0; i + 16 < boxes.size; i++) {
        if (memcmp(boxes.data + i, "tfhd", 4) == 0)
            boxes.data[i + 5] &= (uint8_t)~2;
        if (memcmp(boxes.data + i, "trun", 4) == 0 && runs++ > 0)
            memset(boxes.data + i + 12, 0, 4);
    }
}

/* ---- what is measured ------------------------------------------------------------------------ */

START_TEST(pictures_are_measured)
{
    ck_assert_int_eq(take_init(&video, 1), 0);
    boxes_begin(&boxes, "styp");
    boxes_end(&boxes);
    add_pictures(pictures_at(UINT64_C(15360) * 1800000000), 4);
    read_segment();
    check_only(RULES);
    ck_assert_int_eq(segment.container, SEGMENT_FMP4);
    ck_assert_int_eq(segment.video.units, PICTURES);
    ck_assert_int_eq(segment.video.bytes, 40 + 30 + 20 + 25);
    ck_assert_int_eq(segment.video.first_pts, INT64_C(90000) * 1800000000);
    ck_assert_int_eq(segment.video.end_pts - segment.video.first_pts, 4 * 3000);
    ck_assert_int_eq(segment.video.unit_num / segment.video.unit_den, 3000);
    ck_assert_int_eq(segment.picture.width, 320);
    ck_assert_int_eq(segment.picture.height, 180);
    ck_assert_int_eq(segment.picture.profile, 66);
    ck_assert(segment.starts_with_idr);
    ck_assert_int_eq(segment.iframe.offset, 8);
    ck_assert_int_eq(segment.iframe.offset + segment.iframe.size,
                     (int64_t)boxes.size - (30 + 20 + 25));
}
END_TEST

START_TEST(an_i_picture_need_not_be_idr)
{
    ck_assert_int_eq(take_init(&video, 1), 0);
    add_pictures(pictures_at(15360), 4);
    memcpy(boxes.data + boxes.size - (40 + 30 + 20 + 25) + 4, (uint8_t[]){OTHER, 0x88}, 2);
    for (size_t piece = 1; piece <= boxes.size; piece++) {
        read_in(piece, true);
        ck_assert(segment.iframe.may_open && segment.iframe.size == 0);
    }
    check_only(RULE_V_IDR);
}
END_TEST

START_TEST(sound_and_pictures_share_a_fragment)
{
    static const uint32_t frames[] = {7, 8};
    struct boxes_run runs[] = {
        pictures_at(15360),
        {.track = 2, .time = 48000, .duration = 1024, .count = 2, .sizes = frames},
    };
    struct boxes_track tracks[] = {video, sound};

    ck_assert_int_eq(take_init(tracks, 2), 0);
    boxes_begin(&boxes, "styp");
    boxes_end(&boxes);
    boxes_add_moof(&boxes, 1, runs, 2);
    boxes_begin(&boxes, "mdat");
    put_pictures(4);
    boxes_zeros(&boxes, 7 + 8);
    boxes_end(&boxes);
    if (_i > 0)
        base_on_what_was_before();
    read_segment();
    check_only(RULES);
    ck_assert_int_eq(segment.video.units, PICTURES);
    ck_assert_int_eq(segment.audio.units, 2);
    ck_assert_int_eq(segment.audio.bytes, 15);
    ck_assert_int_eq(segment.audio.first_pts, 90000);
    ck_assert_int_eq(segment.audio.end_pts, 90000 + 3840);
    ck_assert_int_eq(segment.sound.object_type, 2);
    ck_assert_int_eq(segment.sound.rate, 48000);
    ck_assert_int_eq(segment.sound.channels, 2);
}
END_TEST

START_TEST(edits_move_presentation)
{
    struct boxes_track track = video;
    struct boxes_run run = pictures_at(15360);
    static const int32_t offsets[PICTURES] = {1024, 1024, 1024, 1024};

    track.delay = 500;
    track.start = 1024;
    run.offsets = offsets;
    ck_assert_int_eq(take_init(&track, 1), 0);
    add_pictures(run, 4);
    read_segment();
    check_only(RULES);
    ck_assert_int_eq(segment.video.first_pts, 90000 + 45000);
}
END_TEST

/* I P B B in the order of decoding; with negative offsets, and with those of version 0. */
START_TEST(offsets_order_pictures)
{
    static const int32_t negative[PICTURES] = {0, 1024, -512, -512};
    static const int32_t positive[PICTURES] = {512, 1536, 0, 0};
    struct boxes_run run = pictures_at(15360);

    run.version = _i;
    run.offsets = _i == 1 ? negative : positive;
    ck_assert_int_eq(take_init(&video, 1), 0);
    add_pictures(run, 4);
    read_segment();
    check_only(RULES);
    ck_assert_int_eq(segment.video.first_pts, _i == 1 ? 90000 : 93000);
    ck_assert_int_eq(segment.video.end_pts - segment.video.first_pts, 4 * 3000);
}
END_TEST

START_TEST(lengths_have_one_to_four_bytes)
{
    struct boxes_track track = video;

    track.length_size = _i;
    ck_assert_int_eq(take_init(&track, 1), 0);
    add_pictures(pictures_at(0), _i);
    read_segment();
    check_only(RULES);
    ck_assert(segment.starts_with_idr);
}
END_TEST

START_TEST(what_is_encrypted_is_measured_by_times)
{
    struct boxes_track track = video;

    track.entry = "encv";
    ck_assert_int_eq(take_init(&track, 1), 0);
    add_pictures(pictures_at(0), 3); /* whatever that is */
    read_segment();
    check_only(RULES);
    ck_assert_int_eq(segment.video.units, PICTURES);
    ck_assert_int_eq(segment.video.end_pts, 4 * 3000);
}
END_TEST

static void check_same_track(const struct segment_track *one, const struct segment_track *other)
{
    ck_assert_int_eq(one->units, other->units);
    ck_assert_int_eq(one->bytes, other->bytes);
    ck_assert_int_eq(one->first_pts, other->first_pts);
    ck_assert_int_eq(one->end_pts, other->end_pts);
}

START_TEST(any_pieces_say_the_same)
{
    struct segment whole;

    ck_assert_int_eq(take_init(&video, 1), 0);
    add_pictures(pictures_at(15360), 4);
    read_segment();
    whole = segment;
    for (size_t piece = 1; piece < boxes.size; piece++) {
        read_in(piece, true);
        check_same_track(&whole.video, &segment.video);
        ck_assert_int_eq(whole.iframe.size, segment.iframe.size);
        ck_assert_int_eq(whole.bytes, segment.bytes);
    }
    check_only(RULES);
}
END_TEST

/* ---- what runs on ---------------------------------------------------------------------------- */

static void read_at(uint32_t sequence, uint64_t time, bool breaks)
{
    struct boxes_run run = pictures_at(time);

    boxes.size = 0;
    boxes_add_moof(&boxes, sequence, &run, 1);
    boxes_begin(&boxes, "mdat");
    put_pictures(4);
    boxes_end(&boxes);
    read_in(boxes.size, breaks);
}

START_TEST(decode_times_run_on_to_the_unit)
{
    ck_assert_int_eq(take_init(&video, 1), 0);
    read_at(1, 15360, true);
    read_at(2, 15360 + 2048, false);
    check_only(RULES);
    read_at(3, 15360 + 4096 + (uint64_t)_i, false);
    check_only(_i == 0 ? RULES : RULE_F_TFDT);
    read_at(4, 0, true); /* behind a discontinuity */
    ck_assert_int_eq(findings.of[RULE_F_TFDT].count, _i != 0);
}
END_TEST

START_TEST(sequence_numbers_rise_over_their_end)
{
    ck_assert_int_eq(take_init(&video, 1), 0);
    read_at(UINT32_MAX, 0, true);
    read_at(0, 2048, false);
    check_only(RULES);
    read_at(0, 4096, false);
    check_only(RULE_F_SEQ);
}
END_TEST

/* ---- what is broken -------------------------------------------------------------------------- */

START_TEST(impossible_boxes)
{
    static const struct {
        uint64_t size;
        int bytes;
    } heads[] = {
        {7, 4},  {1, 4},          {UINT32_MAX, 4}, {0, 8},
        {15, 8}, {UINT64_MAX, 8}, {INT64_MAX, 8},  {UINT64_C(1) << 63, 8},
    };

    ck_assert_int_eq(take_init(&video, 1), 0);
    add_pictures(pictures_at(0), 4);
    if (heads[_i].bytes == 8)
        boxes_put(&boxes, 1, 4);
    else
        boxes_put(&boxes, heads[_i].size, 4);
    boxes_put(&boxes, 0x66726565, 4);
    if (heads[_i].bytes == 8)
        boxes_put(&boxes, heads[_i].size, 8);
    read_segment();
    check_only(RULE_F_BOX);
    ck_assert_int_eq(findings.of[RULE_F_BOX].count, 1);
    ck_assert_int_eq(segment.container, SEGMENT_UNKNOWN);
}
END_TEST

START_TEST(a_last_mdat_may_go_to_the_end)
{
    struct boxes_run run = pictures_at(0);

    ck_assert_int_eq(take_init(&video, 1), 0);
    boxes_add_moof(&boxes, 1, &run, 1);
    boxes_put(&boxes, 0, 4);
    boxes_put(&boxes, 0x6d646174, 4);
    put_pictures(4);
    read_segment();
    check_only(RULES);
    boxes.size--;
    read_segment();
    check_only(RULE_F_BOX);
}
END_TEST

START_TEST(billions_of_samples_in_a_few_bytes)
{
    struct boxes_run run = pictures_at(0);
    size_t trun;

    ck_assert_int_eq(take_init(&video, 1), 0);
    run.count = 0;
    boxes_add_moof(&boxes, 1, &run, 1);
    trun = boxes.size - 12;
    boxes.data[trun + 2] = 0; /* flags: no entries */
    for (size_t i = 0; i < 4; i++)
        boxes.data[trun + 4 + i] = 0xff;
    read_segment();
    check_only(RULE_F_BOX);
}
END_TEST

START_TEST(times_that_are_none)
{
    static const uint64_t times[] = {UINT64_MAX - 1, INT64_MAX, UINT64_C(1) << 60,
                                     UINT64_C(15360) << 36};

    ck_assert_int_eq(take_init(&video, 1), 0);
    add_pictures(pictures_at(times[_i]), 4);
    read_segment();
    check_only(RULE_F_BOX);
}
END_TEST

START_TEST(a_fragment_without_a_time)
{
    ck_assert_int_eq(take_init(&video, 1), 0);
    add_pictures(pictures_at(UINT64_MAX), 4);
    read_segment();
    check_only(RULE_F_BOX);
}
END_TEST

START_TEST(a_length_over_the_end_of_its_sample)
{
    ck_assert_int_eq(take_init(&video, 1), 0);
    add_pictures(pictures_at(0), 4);
    boxes.data[boxes.size - 25 + 3]++;
    read_segment();
    check_only(RULE_F_BOX);
}
END_TEST

/* Its last byte would begin the length of another NAL unit. */
START_TEST(a_length_that_is_cut_by_the_end_of_its_sample)
{
    ck_assert_int_eq(take_init(&video, 1), 0);
    add_pictures(pictures_at(0), 4);
    boxes.data[boxes.size - 25 + 3]--;
    read_segment();
    check_only(RULE_F_BOX);
}
END_TEST

START_TEST(no_initialization_section)
{
    add_pictures(pictures_at(0), 4);
    read_segment();
    check_only(RULE_F_MAP);
    ck_assert_int_eq(segment.container, SEGMENT_UNKNOWN);
}
END_TEST

/* Each byte of a section as it could be at worst: whatever it says, it says it in order. */
START_TEST(spoilt_initialization_sections)
{
    static const uint8_t worst[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    struct boxes_track tracks[] = {video, sound};
    struct boxes init = {.size = 0};

    boxes_add_init(&init, tracks, 2);
    for (size_t i = 0; i < init.size; i++) {
        uint8_t right = init.data[i];

        for (int k = 0; k < LENGTH(worst); k++) {
            init.data[i] = worst[k];
            if (segment_reader_map(reader, "init", init.data, init.size) < 0)
                ck_assert_int_gt(findings.of[RULE_F_MAP].count, 0);
            boxes.size = 0;
            add_pictures(pictures_at(UINT64_C(1) << 40), 4);
            read_segment();
            ck_assert(segment.video.units <= PICTURES);
        }
        init.data[i] = right;
    }
}
END_TEST

START_TEST(too_many_tracks)
{
    struct boxes_track tracks[17];

    for (int i = 0; i < LENGTH(tracks); i++) {
        tracks[i] = sound;
        tracks[i].id = (uint32_t)i + 1;
    }
    ck_assert_int_lt(take_init(tracks, LENGTH(tracks)), 0);
    check_only(RULE_F_MAP);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verify_mp4");
    TCase *measured = tcase_create("measured"), *broken = tcase_create("broken");

    tcase_add_checked_fixture(measured, set_up, tear_down);
    tcase_add_test(measured, pictures_are_measured);
    tcase_add_loop_test(measured, sound_and_pictures_share_a_fragment, 0, 2);
    tcase_add_test(measured, an_i_picture_need_not_be_idr);
    tcase_add_test(measured, edits_move_presentation);
    tcase_add_loop_test(measured, offsets_order_pictures, 0, 2);
    tcase_add_loop_test(measured, lengths_have_one_to_four_bytes, 1, 5);
    tcase_add_test(measured, what_is_encrypted_is_measured_by_times);
    tcase_add_test(measured, any_pieces_say_the_same);
    tcase_add_loop_test(measured, decode_times_run_on_to_the_unit, -1, 2);
    tcase_add_test(measured, sequence_numbers_rise_over_their_end);
    suite_add_tcase(suite, measured);

    tcase_add_checked_fixture(broken, set_up, tear_down);
    tcase_add_loop_test(broken, impossible_boxes, 0, 8);
    tcase_add_test(broken, a_last_mdat_may_go_to_the_end);
    tcase_add_test(broken, billions_of_samples_in_a_few_bytes);
    tcase_add_loop_test(broken, times_that_are_none, 0, 4);
    tcase_add_test(broken, a_fragment_without_a_time);
    tcase_add_test(broken, a_length_over_the_end_of_its_sample);
    tcase_add_test(broken, a_length_that_is_cut_by_the_end_of_its_sample);
    tcase_add_test(broken, no_initialization_section);
    tcase_add_test(broken, spoilt_initialization_sections);
    tcase_add_test(broken, too_many_tracks);
    suite_add_tcase(suite, broken);
    return suite_run(suite);
}
