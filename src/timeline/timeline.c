/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every function is one division of exact integers. Products of an index since 1970 with a clock
 * rate pass 64 bits, so they are made in 128.
 */
#include "timeline/timeline.h"

#include <assert.h>

__extension__ typedef __int128 wide;

#define NS INT64_C(1000000000)

static int64_t divide_down(wide num, wide den)
{
    wide quotient = num / den;

    return (int64_t)(num % den < 0 ? quotient - 1 : quotient);
}

static int64_t divide_up(wide num, wide den)
{
    return -divide_down(-num, den);
}

/* The wall-clock length of a segment is segment_num() / rate_num seconds. */
static int64_t segment_num(const struct timeline *line)
{
    return line->frames * line->rate_den;
}

/* Media time at which a segment starts: num / den seconds since the epoch. */
struct instant {
    wide num;
    int64_t den;
};

static struct instant start_of(const struct timeline *line, int64_t index)
{
    struct instant start = {(wide)index * segment_num(line), line->rate_num};

    if (line->sound) {
        start.num = (wide)timeline_audio_first(line, index) * TIMELINE_AAC_SAMPLES;
        start.den = TIMELINE_SAMPLE_RATE;
    }
    return start;
}

struct timeline timeline_make(int64_t epoch, int64_t duration_ms, int rate_num, int rate_den)
{
    wide twice = (wide)2 * duration_ms * rate_num;
    int64_t frames = divide_down(twice + (wide)1000 * rate_den, (wide)2000 * rate_den);

    assert(duration_ms > 0 && rate_num > 0 && rate_den > 0);
    return (struct timeline){
        .epoch = epoch,
        .rate_num = rate_num,
        .rate_den = rate_den,
        .frames = frames > 0 ? frames : 1,
    };
}

int64_t timeline_start(const struct timeline *line, int64_t index)
{
    struct instant start = start_of(line, index);

    return line->epoch + divide_up(start.num * NS, start.den);
}

int64_t timeline_due(const struct timeline *line, int64_t index)
{
    return timeline_start(line, index + 1);
}

/* By the AAC frame that is heard at @p time: the last segment whose first one is not behind it. */
static int64_t sound_index_at(const struct timeline *line, int64_t time)
{
    int64_t frame = divide_down((wide)(time - line->epoch) * TIMELINE_SAMPLE_RATE,
                                (wide)TIMELINE_AAC_SAMPLES * NS);

    return divide_down((wide)frame * line->rate_num * TIMELINE_AAC_SAMPLES,
                       (wide)segment_num(line) * TIMELINE_SAMPLE_RATE);
}

int64_t timeline_index_at(const struct timeline *line, int64_t time)
{
    if (line->sound)
        return sound_index_at(line, time);
    return divide_down((wide)(time - line->epoch) * line->rate_num, (wide)segment_num(line) * NS);
}

int64_t timeline_newest_due(const struct timeline *line, int64_t now)
{
    int64_t started = timeline_index_at(line, now);

    return started < 0 ? -1 : started - 1;
}

int64_t timeline_duration_us(const struct timeline *line)
{
    wide twice = (wide)2 * segment_num(line) * 1000000;

    return divide_down(twice + line->rate_num, (wide)2 * line->rate_num);
}

static int64_t start_us(const struct timeline *line, int64_t index)
{
    struct instant start = start_of(line, index);

    return divide_down(2 * start.num * 1000000 + start.den, (wide)2 * start.den);
}

/* Of sound the borders are rounded, not the durations: their sum is never off by more than 1 us. */
int64_t timeline_segment_us(const struct timeline *line, int64_t index)
{
    if (line->sound)
        return start_us(line, index + 1) - start_us(line, index);
    return timeline_duration_us(line);
}

static int64_t start_ticks(const struct timeline *line)
{
    return line->media_start * TIMELINE_CLOCK_HZ;
}

int64_t timeline_segment_ticks(const struct timeline *line, int64_t index)
{
    struct instant start = start_of(line, index);

    return divide_down(start.num * TIMELINE_CLOCK_HZ, start.den) + start_ticks(line);
}

int64_t timeline_video_ticks(const struct timeline *line, int64_t frame)
{
    return divide_down((wide)frame * line->rate_den * TIMELINE_CLOCK_HZ, line->rate_num) +
           start_ticks(line);
}

int64_t timeline_audio_ticks(const struct timeline *line, int64_t frame)
{
    return divide_down((wide)frame * TIMELINE_AAC_SAMPLES * TIMELINE_CLOCK_HZ,
                       TIMELINE_SAMPLE_RATE) +
           start_ticks(line);
}

int64_t timeline_audio_first(const struct timeline *line, int64_t index)
{
    return divide_up((wide)index * segment_num(line) * TIMELINE_SAMPLE_RATE,
                     (wide)line->rate_num * TIMELINE_AAC_SAMPLES);
}

int64_t timeline_pcr_ticks(const struct timeline *line, int64_t index, int64_t part, int64_t whole)
{
    struct instant start = start_of(line, index);
    wide length = start_of(line, index + 1).num - start.num;

    return divide_down((start.num * whole + length * part) * TIMELINE_PCR_HZ,
                       (wide)start.den * whole) +
           line->media_start * TIMELINE_PCR_HZ;
}

int64_t timeline_parts(const struct timeline *line, int64_t index, int64_t whole, int64_t ms)
{
    struct instant start = start_of(line, index);
    wide length = start_of(line, index + 1).num - start.num;

    return divide_down((wide)whole * ms * start.den, length * 1000);
}

int64_t timeline_audio_cycle(const struct timeline *line, int64_t period)
{
    int64_t num = segment_num(line) * TIMELINE_SAMPLE_RATE;
    int64_t den = line->rate_num * TIMELINE_AAC_SAMPLES * period;

    return den / timeline_gcd(num, den);
}

int64_t timeline_gcd(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

int64_t timeline_lcm(int64_t a, int64_t b)
{
    return a / timeline_gcd(a, b) * b;
}
