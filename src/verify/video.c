/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures come in decoding order; what is said of their presentation needs them in that order.
 * They wait for it in a short list: what is due before the decoding time at hand can no longer be
 * overtaken. An IDR picture comes after all before it (H.264 7.4.1.2.4).
 */
#include "verify/video.h"

#include <string.h>

enum {
    KEY_INTERVAL = 2 * SEGMENT_CLOCK_HZ,
    PROFILE_BASELINE = 66,
    PROFILE_MAIN = 77,
    PROFILE_HIGH = 100,
    LEVEL_MAX = 52,
    FRAME_MIN = SEGMENT_CLOCK_HZ / 60, /* ticks */
};

/* Nothing of the order of presentation is kept but the step of the grid. */
static void forget_order(struct video *video)
{
    video->waiting = 0;
    video->has_shown = false;
    video->grid.count = 0;
}

void video_begin(struct video *video, struct findings *findings, const char *place, bool breaks)
{
    if (breaks)
        memset(video, 0, sizeof(*video));
    if (video->is_disordered)
        forget_order(video);
    video->findings = findings;
    video->place = place;
    video->track = (struct segment_track){0};
    video->picture = (struct segment_video){0};
    video->stamped = 0;
    video->opens_with_idr = false;
    video->is_lossy = video->is_disordered = false;
}

void video_resume(struct video *video)
{
    forget_order(video);
    video->is_running = false;
    video->has_key = false;
}

/* Of the segment no more is said about the order of its pictures. */
static void give_up_order(struct video *video)
{
    forget_order(video);
    video->is_disordered = true;
}

/* The duration of a picture: what the parameter set says, if the time stamps agree. */
static struct grid_step find_step(const struct video *video)
{
    const struct grid_step *stated = &video->sps.frame;

    if (grid_admits(&video->grid, *stated))
        return *stated;
    return grid_step(&video->grid);
}

/* The next in the order of presentation. */
static void show(struct video *video, int64_t pts)
{
    int64_t gap = pts - video->last_shown;

    if (video->has_shown && video->longest > 0 && gap > video->longest) {
        findings_add(video->findings, RULE_TS_PTS_700, video->place,
                     "PTS at most 700 ms apart in each stream", "video: %lld ms before PTS %lld",
                     (long long)gap / (SEGMENT_CLOCK_HZ / 1000), (long long)pts);
        video->grid.count = 0;
    } else if (video->longest > 0) {
        findings_check(video->findings, RULE_TS_PTS_700);
    }
    video->has_shown = true;
    video->last_shown = pts;
    if (grid_take(&video->grid, pts))
        findings_check(video->findings, RULE_V_CFR);
    else
        findings_add(video->findings, RULE_V_CFR, video->place,
                     "all pictures on one grid, to a tick", "a step of %lld ticks to PTS %lld",
                     (long long)gap, (long long)pts);
}

/* Shows what is due at @p limit, and as many more as must be for the list to take another. */
static void show_until(struct video *video, int64_t limit)
{
    while (video->waiting > 0 &&
           (video->order[video->waiting - 1] <= limit || video->waiting == VIDEO_REORDER))
        show(video, video->order[--video->waiting]);
}

static void put_in_order(struct video *video, const struct video_unit *unit)
{
    int at;

    if (unit->idr)
        show_until(video, INT64_MAX);
    show_until(video, video->is_signed ? INT64_MIN : unit->dts);
    for (at = video->waiting++; at > 0 && video->order[at - 1] < unit->pts; at--)
        video->order[at] = video->order[at - 1];
    video->order[at] = unit->pts;
}

static void fault(struct video *video, enum rule_id rule, const char *wanted, const char *found,
                  const struct video_unit *unit)
{
    findings_add(video->findings, rule, video->place, wanted, "%s: PTS %lld, DTS %lld", found,
                 (long long)unit->pts, (long long)unit->dts);
}

/* @return false: its order has been filed */
static bool check_times(struct video *video, const struct video_unit *unit)
{
    bool rises = !video->is_running || unit->dts > video->last_dts;
    bool follows = video->is_signed || unit->pts >= unit->dts;
    bool closed = !video->is_independent || video->is_opaque || video->track.units == 0 ||
                  video->stamped == 0 || unit->pts >= video->track.first_pts;

    findings_check(video->findings, RULE_V_DTS);
    if (!video->is_signed)
        findings_check(video->findings, RULE_V_PTS_GE_DTS);
    if (video->is_independent)
        findings_check(video->findings, RULE_V_CLOSED);
    if (!rises)
        findings_add(video->findings, RULE_V_DTS, video->place, "DTS strictly rising",
                     "%lld after %lld", (long long)unit->dts, (long long)video->last_dts);
    if (!follows)
        fault(video, RULE_V_PTS_GE_DTS, "PTS >= DTS", "access unit", unit);
    if (!closed)
        fault(video, RULE_V_CLOSED, "no picture presented before the first of its segment",
              "one that is", unit);
    return rises && follows && closed;
}

/* The largest distance of two IDR pictures; 60 pictures at 30000/1001 a second are 2.002 s. */
static void check_key_interval(struct video *video, int64_t until)
{
    struct grid_step step = find_step(video);
    int64_t half = step.den > 0 ? step.num / (2 * step.den) : 0;

    if (!video->has_key)
        return;
    findings_check(video->findings, RULE_V_KEYINT);
    if (until - video->last_key <= KEY_INTERVAL + half)
        return;
    findings_add(video->findings, RULE_V_KEYINT, video->place, "an IDR picture every 2 s",
                 "%lld ms without one from PTS %lld on",
                 (long long)(until - video->last_key) / (SEGMENT_CLOCK_HZ / 1000),
                 (long long)video->last_key);
    video->has_key = false;
}

static void check_key(struct video *video, const struct video_unit *unit)
{
    bool opens = video->track.units == 0;

    if (video->is_opaque)
        return;
    if (opens) {
        findings_check(video->findings, RULE_V_IDR);
        video->opens_with_idr = unit->idr && unit->parameters;
    }
    if (opens && !video->opens_with_idr) {
        if (!video->is_lossy)
            findings_add(video->findings, RULE_V_IDR, video->place,
                         "an IDR picture first, SPS and PPS before it",
                         unit->idr ? "one without SPS and PPS" : "another picture first");
        video->has_key = false;
    }
    if (!unit->idr || !unit->stamped)
        return;
    check_key_interval(video, unit->pts);
    video->has_key = true;
    video->last_key = unit->pts;
}

static void measure(struct video *video, const struct video_unit *unit)
{
    struct segment_track *track = &video->track;

    if (video->stamped == 0) {
        track->first_pts = unit->pts;
        track->first_dts = unit->dts;
        video->largest_pts = unit->pts;
    }
    if (unit->pts > video->largest_pts)
        video->largest_pts = unit->pts;
    track->last_dts = unit->dts;
    video->stamped++;
    video->stamped_at = track->units;
}

void video_take_unit(struct video *video, const struct video_unit *unit)
{
    check_key(video, unit);
    if (unit->stamped) {
        if (!check_times(video, unit))
            give_up_order(video);
        measure(video, unit);
        video->is_running = true;
        video->last_dts = unit->dts;
    } else {
        give_up_order(video);
    }
    if (!video->is_disordered)
        put_in_order(video, unit);
    video->track.units++;
}

static bool is_same_picture(const struct segment_video *a, const struct segment_video *b)
{
    return a->profile == b->profile && a->constraints == b->constraints && a->level == b->level &&
           a->width == b->width && a->height == b->height && a->interlaced == b->interlaced;
}

static void check_change(struct video *video, const struct segment_video *now)
{
    const struct segment_video *before = &video->sps.picture;

    if (before->width == 0)
        return;
    findings_check(video->findings, RULE_V_PARAMS);
    if (is_same_picture(before, now))
        return;
    findings_add(video->findings, RULE_V_PARAMS, video->place, "the same SPS until a discontinuity",
                 "profile %d, level %d, %dx%d; before profile %d, level %d, %dx%d", now->profile,
                 now->level, now->width, now->height, before->profile, before->level, before->width,
                 before->height);
    video->grid = (struct grid){0};
}

void video_take_parameters(struct video *video, const uint8_t *sps, size_t size)
{
    struct h264_sps found;

    if (video->is_opaque || h264_read_sps(sps, size, &found) < 0)
        return;
    check_change(video, &found.picture);
    video->sps = found;
    if (video->picture.width == 0)
        video->picture = found.picture;
}

static void check_profile(struct video *video)
{
    const struct segment_video *picture = &video->picture;
    struct grid_step step = find_step(video);
    bool known = picture->profile == PROFILE_BASELINE || picture->profile == PROFILE_MAIN ||
                 picture->profile == PROFILE_HIGH;

    if (picture->width == 0)
        return;
    findings_check(video->findings, RULE_V_PROFILE);
    if (!known || picture->level > LEVEL_MAX || picture->interlaced)
        findings_add(video->findings, RULE_V_PROFILE, video->place,
                     "Baseline, Main or High profile up to level 5.2, progressive",
                     "profile %d, level %d, %s", picture->profile, picture->level,
                     picture->interlaced ? "interlaced" : "progressive");
    else if (step.den > 0 && step.num < FRAME_MIN * step.den)
        findings_add(video->findings, RULE_V_PROFILE, video->place, "at most 60 pictures a second",
                     "one every %lld/%lld ticks of 90 kHz", (long long)step.num,
                     (long long)step.den);
}

/* Of @p count pictures. Whole ticks apart, since stamps that lie far from each other make a large
 * numerator. */
static int64_t duration_of(struct grid_step step, int64_t count)
{
    return count * (step.num / step.den) + count * (step.num % step.den) / step.den;
}

/* Access units without a time stamp are counted on from those that have one. */
static void measure_end(struct video *video)
{
    struct segment_track *track = &video->track;
    struct grid_step step = find_step(video);
    bool counts = video->stamped < track->units;

    if (counts && video->stamped > 1 && track->last_dts > track->first_dts)
        step = grid_step_of(track->last_dts - track->first_dts, video->stamped_at);
    else if (counts)
        step = video->sps.frame;
    track->unit_num = step.num;
    track->unit_den = step.den;
    track->end_pts = video->largest_pts;
    if (step.den > 0 && counts)
        track->end_pts = track->first_pts + duration_of(step, track->units);
    else if (step.den > 0)
        track->end_pts += (step.num + step.den / 2) / step.den;
}

void video_end(struct video *video, struct segment *ret)
{
    if (video->track.units > 0) {
        measure_end(video);
        check_profile(video);
        check_key_interval(video, video->track.end_pts);
    }
    ret->video = video->track;
    ret->picture = video->picture;
    ret->starts_with_idr = video->opens_with_idr;
}
