/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transport streams in which one thing is wrong: one rule tells it. */
#include <string.h>

#include "tests/unit/packets.h"
#include "tests/unit/suite.h"
#include "verify/segment.h"

static struct findings findings;
static struct segment_reader *reader;

static void set_up(void)
{
    memset(&findings, 0, sizeof(findings));
    packets_begin();
    ck_assert_int_eq(segment_reader_new(&findings, true, &reader), 0);
}

static void tear_down(void)
{
    reader = segment_reader_free(reader);
}

static void read_segment(bool breaks)
{
    struct segment segment;

    segment_reader_begin(reader, "seg", breaks);
    segment_reader_feed(reader, packets.data, packets.size);
    segment_reader_end(reader, &segment);
}

static void check_only(enum rule_id rule)
{
    for (unsigned i = 0; i < RULES; i++)
        ck_assert_msg((findings.of[i].count > 0) == (i == rule), "%s at %s: %s", rules[i].name,
                      findings.of[i].kept[0].place, findings.of[i].kept[0].found);
}

/* The packet at @p at on which @p pid has payload, from @p first on. */
static uint8_t *find_packet(int pid, size_t first)
{
    for (size_t at = first; at < packets.size / PACKET; at++) {
        uint8_t *packet = packets.data + at * PACKET;

        if (((packet[1] & 0x1f) << 8 | packet[2]) == pid && packet[3] & 0x10)
            return packet;
    }
    ck_abort_msg("no packet of PID %d", pid);
}

static void spoil_crc(void)
{
    packets.data[PACKET + 4 + 1 + 3 +
                 ((packets.data[PACKET + 6] & 15) << 8 | packets.data[PACKET + 7]) - 1] ^= 1;
}

/* After what begins with the first packet of video. */
static void put_map_last(void)
{
    uint8_t map[PACKET];
    size_t count = (size_t)(find_packet(VIDEO, 0) - packets.data) / PACKET - 1;

    memcpy(map, packets.data + PACKET, PACKET);
    memmove(packets.data + PACKET, packets.data + (size_t)2 * PACKET, count * PACKET);
    memcpy(packets.data + (count + 1) * PACKET, map, PACKET);
}

static void fill_with_adaptation(void)
{
    packets.data[(size_t)2 * PACKET + 3] |= 0x10; /* which leaves no room for a payload */
}

/* Three in a row: 133 ms are without one. */
static void drop_clock(void)
{
    for (size_t at = 2; at < 5; at++) {
        packets.data[at * PACKET + 1] = 0x1f;
        packets.data[at * PACKET + 2] = 0xff;
    }
}

/* Two in a row: 100 ms. */
static void thin_clock(void)
{
    drop_clock();
    packets.data[(size_t)4 * PACKET + 1] = VIDEO >> 8;
    packets.data[(size_t)4 * PACKET + 2] = VIDEO & 0xff;
}

static void spoil_stamp(void)
{
    find_packet(VIDEO, 0)[4 + 13] &= 0xfe;
}

static void shorten_start_code(void)
{
    find_packet(VIDEO, 0)[4 + 14] = 0xff;
}

/* The last packet of video has the counter of the one before, but what is sent again is the same.
 */
static void change_repeated(void)
{
    uint8_t *packet = find_packet(VIDEO, 0), *last = NULL;

    for (; packet < packets.data + packets.size; packet += PACKET) {
        if (packet[1] << 8 == (VIDEO & 0xff00) && packet[2] == (VIDEO & 0xff) && packet[3] & 0x10)
            last = packet;
    }
    ck_assert_ptr_nonnull(last);
    last[3] = (uint8_t)((last[3] & 0xf0) | ((last[3] - 1) & 15));
}

static const struct {
    enum rule_id rule;
    void (*change)(void);
} faults[] = {
    {RULE_TS_PSI_OK, spoil_crc},          {RULE_TS_PSI_FIRST, put_map_last},
    {RULE_TS_SYNC, fill_with_adaptation}, {RULE_TS_PCR_100, drop_clock},
    {RULE_TS_PCR_40, thin_clock},         {RULE_TS_PES, spoil_stamp},
    {RULE_TS_AUD, shorten_start_code},    {RULE_TS_CC, change_repeated},
};

START_TEST(each_fault_breaks_one_rule)
{
    packets_write_segment(900000);
    read_segment(true);
    packets_write_segment(990000);
    faults[_i].change();
    read_segment(false);
    check_only(faults[_i].rule);
}
END_TEST

/* The last packet of a picture comes 3000 ticks before the next PCR, and that 9000 before it. */
START_TEST(data_come_too_late)
{
    packets.late = 12000;
    packets_write_segment(900000);
    read_segment(true);
    check_only(RULE_TS_PCR_DTS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verify_packets");
    TCase *tcase = suite_add(suite, "packets");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, each_fault_breaks_one_rule, 0, LENGTH(faults));
    tcase_add_test(tcase, data_come_too_late);
    return suite_run(suite);
}
