/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a unit ends, the PCR after its last packet may not have come: it waits. And when it ends
 * late, since the next one is far behind, the PCRs around it may be old: they are remembered.
 */
#include "verify/ts_clock.h"

#define WRAP   (INT64_C(1) << 33)
#define PCR_HZ INT64_C(27000000)

enum {
    PCR_PER_TICK = 300,
};

void ts_clock_reset(struct ts_clock *clock)
{
    *clock = (struct ts_clock){.parts = clock->parts};
}

int64_t ts_time_unwrap(struct ts_time *time, int64_t stamp)
{
    int64_t step = (stamp - time->last) & (WRAP - 1);

    if (step >= WRAP / 2)
        step -= WRAP;
    if (!time->has_last || time->last + step > TS_TIME_MAX || time->last + step < -TS_TIME_MAX)
        time->last = stamp;
    else
        time->last += step;
    time->has_last = true;
    return time->last;
}

/* The first PCR may be just before a wrap, and the first time stamp behind it. */
static void align(struct ts_clock *clock)
{
    int64_t apart = clock->pcr_time.last - clock->time.last;

    if (clock->is_aligned || !clock->pcr_time.has_last || !clock->time.has_last)
        return;
    clock->is_aligned = true;
    if (apart >= WRAP / 2)
        clock->turns = WRAP;
    else if (apart < -WRAP / 2)
        clock->turns = -WRAP;
}

int64_t ts_clock_unwrap(struct ts_clock *clock, int64_t stamp)
{
    int64_t unwrapped = ts_time_unwrap(&clock->time, stamp);

    align(clock);
    return unwrapped;
}

/* When the beginning of packet @p x arrives. @return false: it is not between two PCRs */
static bool find_arrival(const struct ts_clock *clock, int64_t x, int64_t *ret_ticks)
{
    int64_t oldest = clock->count > TS_CLOCK_POINTS ? clock->count - TS_CLOCK_POINTS : 0;

    for (int64_t i = clock->count - 1; i > oldest; i--) {
        int64_t x1 = clock->points[i % TS_CLOCK_POINTS].packet;
        int64_t y1 = clock->points[i % TS_CLOCK_POINTS].ticks;
        int64_t x0 = clock->points[(i - 1) % TS_CLOCK_POINTS].packet;
        int64_t y0 = clock->points[(i - 1) % TS_CLOCK_POINTS].ticks;

        if (x > x1)
            return false;
        if (x >= x0) {
            *ret_ticks = y0 + (y1 - y0) * (x - x0) / (x1 - x0);
            return true;
        }
    }
    return false;
}

static void judge(const struct ts_clock *clock, const struct ts_unit *unit)
{
    int64_t due = (unit->dts + clock->turns) * PCR_PER_TICK;
    int64_t first, last;

    if (!find_arrival(clock, unit->last_packet + 1, &last))
        return;
    findings_check(clock->parts->findings, RULE_TS_PCR_DTS);
    if (last > due)
        segment_fault(clock->parts, RULE_TS_PCR_DTS, NULL, 0,
                      "the last byte arrives before the decoding time",
                      "%s of DTS %lld arrives %lld ticks of 27 MHz late", unit->kind,
                      (long long)unit->dts, (long long)(last - due));
    else if (find_arrival(clock, unit->first_packet, &first) &&
             due - first > unit->earliest * PCR_HZ)
        segment_fault(clock->parts, RULE_TS_PCR_DTS, NULL, 0,
                      unit->earliest > 1 ? "at most 10 s before" : "at most 1 s before",
                      "%s of DTS %lld arrives %lld ms before", unit->kind, (long long)unit->dts,
                      (long long)((due - first) / (PCR_HZ / 1000)));
}

void ts_clock_take_unit(struct ts_clock *clock, const struct ts_unit *unit)
{
    int64_t latest = clock->points[(clock->count + TS_CLOCK_POINTS - 1) % TS_CLOCK_POINTS].packet;

    if (clock->count == 0)
        return;
    if (unit->last_packet + 1 <= latest)
        judge(clock, unit);
    else if (clock->waiting_count < TS_CLOCK_WAITING)
        clock->waiting[clock->waiting_count++] = *unit;
}

/* @return false: the clock cannot be followed over this step */
static bool check_step(const struct ts_clock *clock, int64_t step, int64_t packet)
{
    struct findings *findings = clock->parts->findings;
    enum rule_id rule = RULE_TS_PCR_40;
    const char *wanted = "a PCR every 40 ms";

    findings_check(findings, RULE_TS_PCR_MONO);
    if (step <= 0 || step >= PCR_HZ) {
        segment_fault(clock->parts, RULE_TS_PCR_MONO, "packet", packet,
                      "a PCR that rises by less than 1 s", "a step of %lld ticks of 27 MHz",
                      (long long)step);
        return false;
    }
    if (step > PCR_HZ / 10) {
        rule = RULE_TS_PCR_100;
        wanted = "a PCR every 100 ms";
    } else {
        findings_check(findings, RULE_TS_PCR_100);
    }
    if (step > PCR_HZ / 25)
        segment_fault(clock->parts, rule, "packet", packet, wanted, "%lld ms after the last",
                      (long long)(step / (PCR_HZ / 1000)));
    else
        findings_check(findings, RULE_TS_PCR_40);
    return true;
}

void ts_clock_take_pcr(struct ts_clock *clock, int64_t base, int64_t extension, int64_t packet,
                       int64_t packet_in_segment)
{
    int64_t ticks = ts_time_unwrap(&clock->pcr_time, base) * PCR_PER_TICK + extension;
    int64_t last = clock->points[(clock->count + TS_CLOCK_POINTS - 1) % TS_CLOCK_POINTS].ticks;

    align(clock);
    clock->in_segment++;
    if (clock->count > 0 && !check_step(clock, ticks - last, packet_in_segment))
        clock->count = clock->waiting_count = 0;
    clock->points[clock->count % TS_CLOCK_POINTS].packet = packet;
    clock->points[clock->count % TS_CLOCK_POINTS].ticks = ticks;
    clock->count++;
    for (int i = 0; i < clock->waiting_count; i++)
        judge(clock, &clock->waiting[i]);
    clock->waiting_count = 0;
}
