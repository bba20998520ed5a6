/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets on a channel of constant rate: all of them, in order, with a PCR every 40 ms. */
#include <stdbool.h>
#include <string.h>

#include "media/layout.h"
#include "media/ts.h"
#include "media/video.h"
#include "tests/unit/suite.h"

enum {
    PACKETS_MAX = 16384,
    FIRST_PCR = 2, /* behind PAT and PMT */
    INDEX = 7,
};

static const struct {
    int rate_num;
    int rate_den;
    int duration_ms;
    int unit_packets; /* of a picture, at most */
    int spare;        /* packets more than the least */
    bool paced;
    bool sound;
} cases[] = {
    {30, 1, 2000, 48, 0, false, false},         {30, 1, 2000, 48, 1, false, false},
    {30, 1, 2000, 48, 1000, false, false},      {30000, 1001, 2000, 120, 3, false, false},
    {25, 1, 1000, 1, 0, false, false},          {24000, 1001, 6000, 10, 7, false, false},
    {60, 1, 2000, 30, 500, false, false},       {30, 1, 2000, 5, 5000, false, false},
    {30, 1, 2000, 48, 0, true, false},          {30, 1, 2000, 5, 5000, true, false},
    {30000, 1001, 2000, 120, 300, true, false}, {24, 1, 2000, 1, 2000, true, false},
    {25, 1, 1920, 2, 0, false, true},           {30, 1, 2000, 1, 0, false, true},
    {30, 1, 2000, 9, 40, false, true},
};

/* The muxer's output for one segment; each packet holds its number. */
struct muxed {
    bool paced;
    uint8_t bytes[PACKETS_MAX * TS_PACKET];
    size_t count;
};

static struct muxed muxed;
static uint8_t placed[PACKETS_MAX * TS_PACKET];

static uint8_t *add(int pid, bool starts)
{
    uint8_t *packet = muxed.bytes + muxed.count * TS_PACKET;
    uint32_t number = (uint32_t)muxed.count++;

    ck_assert_uint_le(muxed.count, PACKETS_MAX);
    memset(packet, 0, TS_PACKET);
    packet[0] = TS_SYNC;
    packet[1] = (uint8_t)((starts ? 0x40 : 0) | pid >> 8);
    packet[2] = (uint8_t)pid;
    packet[3] = 0x10;
    memcpy(packet + 20, &number, sizeof(number));
    return packet;
}

static void add_picture(int64_t packets)
{
    uint8_t *first = add(TS_PID_VIDEO, true);

    first[3] = 0x30;
    first[4] = 7;
    first[5] = 0x10; /* PCR_flag */
    while (--packets > 0)
        (void)add(TS_PID_VIDEO, false);
}

static void mux_video(const struct timeline *line, int row)
{
    for (int64_t i = 0; i < line->frames; i++) {
        add_picture(suite_random(1, cases[row].unit_packets));
        for (int64_t sounds = suite_random(0, 4); sounds > 0; sounds--)
            (void)add(TS_PID_AUDIO, true);
        if (i % 20 == 19)
            (void)add(TS_PID_SDT, true);
    }
}

static void mux_sound(const struct timeline *line, int row)
{
    int64_t count = timeline_audio_first(line, INDEX + 1) - timeline_audio_first(line, INDEX);

    for (int64_t i = 0; i < count; i++) {
        (void)add(TS_PID_AUDIO, true);
        for (int64_t k = suite_random(1, cases[row].unit_packets); k > 1; k--)
            (void)add(TS_PID_AUDIO, false);
    }
}

static struct timeline mux(int row)
{
    struct timeline line =
        timeline_make(0, cases[row].duration_ms, cases[row].rate_num, cases[row].rate_den);

    line.sound = cases[row].sound;
    muxed.count = 0;
    muxed.paced = cases[row].paced;
    (void)add(TS_PID_SDT, true);
    (void)add(TS_PID_PAT, true);
    (void)add(TS_PID_PMT, true);
    if (line.sound)
        mux_sound(&line, row);
    else
        mux_video(&line, row);
    return line;
}

static int64_t place(const struct timeline *line, int64_t whole, uint8_t *to)
{
    return layout_place(line, INDEX, muxed.bytes, muxed.count * TS_PACKET, muxed.paced, whole, to);
}

/* The smallest number of packets that the segment fits on, as it reports it step by step. */
static int64_t least(const struct timeline *line)
{
    int64_t whole = 0;
    int64_t lacking;

    while ((lacking = place(line, whole, NULL)) > 0)
        whole += lacking;
    ck_assert_int_eq(lacking, 0);
    ck_assert_int_lt(whole + 5000, PACKETS_MAX); /* the most spare ones */
    return whole;
}

START_TEST(nothing_is_lost_or_reordered_but_the_sdt)
{
    struct timeline line = mux(_i);
    int64_t whole = least(&line) + cases[_i].spare;
    size_t next = 0;

    ck_assert_int_eq(place(&line, whole, placed), 0);
    for (int64_t i = 0; i < whole; i++) {
        const uint8_t *packet = placed + i * TS_PACKET;

        if (ts_pid(packet) == TS_PID_NULL || !ts_has_payload(packet))
            continue;
        while (ts_pid(muxed.bytes + next * TS_PACKET) == TS_PID_SDT)
            next++;
        ck_assert_mem_eq(packet, muxed.bytes + next * TS_PACKET, TS_PACKET);
        next++;
    }
    while (next < muxed.count && ts_pid(muxed.bytes + next * TS_PACKET) == TS_PID_SDT)
        next++;
    ck_assert_uint_eq(next, muxed.count);
}
END_TEST

START_TEST(what_is_added_is_null_and_pcr_only)
{
    struct timeline line = mux(_i);
    int64_t whole = least(&line) + cases[_i].spare;
    uint8_t null[TS_PACKET];
    uint8_t pcr_only[TS_PACKET];

    ts_make_null(null);
    ts_make_pcr_only(pcr_only, line.sound ? TS_PID_AUDIO : TS_PID_VIDEO);
    ck_assert_int_eq(place(&line, whole, placed), 0);
    for (int64_t i = 0; i < whole; i++) {
        const uint8_t *packet = placed + i * TS_PACKET;

        if (ts_pid(packet) == TS_PID_NULL)
            ck_assert_mem_eq(packet, null, TS_PACKET);
        else if (!ts_has_payload(packet))
            ck_assert_mem_eq(packet, pcr_only, TS_PACKET);
    }
}
END_TEST

/* Positions are time: 40 ms are so many packets, also from this segment to the next. */
START_TEST(the_pcr_comes_every_40_ms_and_across_the_border)
{
    struct timeline line = mux(_i);
    int64_t whole = least(&line) + cases[_i].spare;
    int64_t last = FIRST_PCR;

    ck_assert_int_eq(place(&line, whole, placed), 0);
    ck_assert_uint_ne(ts_pcr_offset(placed + FIRST_PCR * TS_PACKET), 0);
    for (int64_t i = FIRST_PCR; i <= whole + FIRST_PCR; i++) {
        int64_t gap = layout_pcr(&line, INDEX + i / whole, i % whole, whole) -
                      layout_pcr(&line, INDEX, last, whole);

        if (ts_pcr_offset(placed + i % whole * TS_PACKET) == 0)
            continue;
        ck_assert_int_le(gap, TIMELINE_PCR_HZ / 25);
        last = i;
    }
    ck_assert_int_eq(last, whole + FIRST_PCR);
}
END_TEST

/* The packets of the muxer, PCR-only packets apart, are what is needed in any case. */
START_TEST(a_shortage_is_reported_and_nothing_written_beyond)
{
    struct timeline line = mux(_i);
    int64_t payload = 0;

    for (size_t i = 0; i < muxed.count; i++)
        payload += ts_pid(muxed.bytes + i * TS_PACKET) != TS_PID_SDT;
    for (int64_t whole = payload - 1; whole >= 0; whole -= 1 + payload / 50) {
        int64_t lacking = place(&line, whole, NULL);

        ck_assert_int_ge(lacking, payload - whole);
        memset(placed + whole * TS_PACKET, 0xee, TS_PACKET);
        ck_assert_int_eq(place(&line, whole, placed), lacking);
        ck_assert_uint_eq(placed[whole * TS_PACKET], 0xee);
    }
}
END_TEST

/* Not filled up, a picture does not come long before its time. */
START_TEST(a_paced_picture_begins_at_its_place)
{
    struct timeline line = mux(_i);
    int64_t whole = least(&line) + cases[_i].spare;
    int64_t picture = 0;

    ck_assert_int_eq(place(&line, whole, placed), 0);
    for (int64_t i = 0; i < whole && cases[_i].paced; i++) {
        const uint8_t *packet = placed + i * TS_PACKET;

        if (ts_pid(packet) == TS_PID_VIDEO && ts_starts_unit(packet))
            ck_assert_int_ge(i, whole * picture++ / line.frames);
    }
    ck_assert_int_eq(picture, cases[_i].paced ? line.frames : 0);
}
END_TEST

START_TEST(what_fits_fits_on_more_packets_too)
{
    struct timeline line = mux(_i);
    int64_t whole = least(&line);

    for (int64_t spare = 0; spare < 300; spare++)
        ck_assert_int_eq(place(&line, whole + spare, NULL), 0);
}
END_TEST

START_TEST(the_pcr_runs_behind_media_time_by_the_lead)
{
    struct timeline line = mux(_i);
    int64_t lead = (int64_t)TIMELINE_PCR_HZ * VIDEO_LEAD_MS / 1000;
    int64_t index = 900000000 / line.frames;

    ck_assert_int_eq(layout_pcr(&line, 0, 0, 1000), -lead);
    ck_assert_int_eq(layout_pcr(&line, index, 500, 1000),
                     timeline_pcr_ticks(&line, index, 500, 1000) - lead);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layout");
    TCase *tcase = suite_add(suite, "layout");
    int count = LENGTH(cases);

    tcase_add_loop_test(tcase, nothing_is_lost_or_reordered_but_the_sdt, 0, count);
    tcase_add_loop_test(tcase, what_is_added_is_null_and_pcr_only, 0, count);
    tcase_add_loop_test(tcase, the_pcr_comes_every_40_ms_and_across_the_border, 0, count);
    tcase_add_loop_test(tcase, a_shortage_is_reported_and_nothing_written_beyond, 0, count);
    tcase_add_loop_test(tcase, a_paced_picture_begins_at_its_place, 0, count);
    tcase_add_loop_test(tcase, what_fits_fits_on_more_packets_too, 0, count);
    tcase_add_loop_test(tcase, the_pcr_runs_behind_media_time_by_the_lead, 0, count);
    suite_seed();
    return suite_run(suite);
}
