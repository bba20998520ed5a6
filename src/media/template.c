/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list is found by reading the packets once: the fixed fields of packet and PES header are
 * where ISO 13818-1 puts them, and the n-th PES packet of a stream holds its n-th unit.
 */
#include "media/template.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "media/layout.h"
#include "media/ts.h"

enum patch_kind {
    PATCH_COUNTER,
    PATCH_PCR,
    PATCH_VIDEO_STAMP,
    PATCH_AUDIO_STAMP,
};

enum {
    PES_FLAGS = 7, /* offsets in a PES packet header (2.4.3.6) */
    PES_PTS = 9,
    PES_DTS = 14,
    PES_HAS_PTS = 0x80,
    PES_HAS_DTS = 0x40,
    PATCHES_PER_PACKET = 4, /* counter, PCR, PTS, DTS */
    COUNTER_MODULUS = 16,
};

/* The state of reading one segment. */
struct scan {
    struct template *template;
    size_t patches; /* found */
    const struct timeline *line;
    const struct video *video;
    int64_t index;
    int64_t units[TEMPLATE_PIDS]; /* PES packets begun */
    int64_t position;             /* of the packet at hand */
};

static int pid_slot(const uint8_t *packet)
{
    switch (ts_pid(packet)) {
    case TS_PID_PAT:
        return TEMPLATE_PAT;
    case TS_PID_PMT:
        return TEMPLATE_PMT;
    case TS_PID_VIDEO:
        return TEMPLATE_VIDEO;
    case TS_PID_AUDIO:
        return TEMPLATE_AUDIO;
    default:
        return -EINVAL;
    }
}

static void add_patch(struct scan *scan, enum patch_kind kind, int pid, size_t offset,
                      int64_t ordinal)
{
    struct template *template = scan->template;

    template->patches[scan->patches++] = (struct patch){
        .offset = (uint32_t)((size_t)scan->position * TS_PACKET + offset),
        .kind = (uint8_t)kind,
        .pid = (uint8_t)pid,
        .ordinal = (int32_t)ordinal,
    };
}

/* Frames from the start of the segment to the decode time of its next video or audio unit. */
static int64_t decode_ordinal(const struct scan *scan, int pid)
{
    return pid == TEMPLATE_VIDEO ? scan->units[pid] - scan->video->delay : scan->units[pid];
}

static int add_timestamps(struct scan *scan, int pid, const uint8_t *packet)
{
    enum patch_kind kind = pid == TEMPLATE_VIDEO ? PATCH_VIDEO_STAMP : PATCH_AUDIO_STAMP;
    size_t start = ts_payload_offset(packet);
    int64_t unit = scan->units[pid];
    int64_t pts = unit;
    int64_t start_of_segment;
    uint8_t flags;

    if (start + PES_DTS + 5 > TS_PACKET || !(packet[start + PES_FLAGS] & PES_HAS_PTS))
        return -EINVAL;
    flags = packet[start + PES_FLAGS];
    if (pid == TEMPLATE_VIDEO) {
        if (unit >= scan->line->frames)
            return -EINVAL;
        start_of_segment = scan->index % scan->video->segments * scan->line->frames;
        pts = scan->video->units[start_of_segment + unit].pts - start_of_segment;
    }
    add_patch(scan, kind, pid, start + PES_PTS, pts);
    if (flags & PES_HAS_DTS)
        add_patch(scan, kind, pid, start + PES_DTS, decode_ordinal(scan, pid));
    return 0;
}

/* Whether the packet at hand is the last of its PES packet. */
static bool ends_unit(const struct scan *scan, const uint8_t *packet)
{
    for (int64_t ahead = 1; scan->position + ahead < scan->template->packets; ahead++) {
        const uint8_t *next = packet + ahead * TS_PACKET;

        if (ts_pid(next) == ts_pid(packet) && ts_has_payload(next))
            return ts_starts_unit(next);
    }
    return true;
}

static int64_t stamp_ticks(const struct timeline *line, int64_t index, enum patch_kind kind,
                           int64_t ordinal)
{
    if (kind == PATCH_VIDEO_STAMP)
        return timeline_video_ticks(line, index * line->frames + ordinal);
    return timeline_audio_ticks(timeline_audio_first(line, index) + ordinal);
}

/* PCR <= DTS: the PES packet that ends with the packet at hand has then arrived. */
static bool arrives_in_time(const struct scan *scan, int pid)
{
    enum patch_kind kind = pid == TEMPLATE_VIDEO ? PATCH_VIDEO_STAMP : PATCH_AUDIO_STAMP;
    int64_t decoded = stamp_ticks(scan->line, scan->index, kind, decode_ordinal(scan, pid));
    int64_t arrived =
        layout_pcr(scan->line, scan->index, scan->position + 1, scan->template->packets);

    return arrived <= decoded * (TIMELINE_PCR_HZ / TIMELINE_CLOCK_HZ);
}

static int scan_packet(struct scan *scan, const uint8_t *packet)
{
    struct template *template = scan->template;
    int pid = pid_slot(packet);
    bool media = pid == TEMPLATE_VIDEO || pid == TEMPLATE_AUDIO;
    size_t pcr = ts_pcr_offset(packet);

    if (ts_pid(packet) == TS_PID_NULL)
        return 0;
    if (pid < 0)
        return pid;
    if (pcr != 0)
        add_patch(scan, PATCH_PCR, pid, pcr, scan->position);
    if (ts_has_payload(packet))
        template->payloads[pid]++;
    add_patch(scan, PATCH_COUNTER, pid, 0, template->payloads[pid] - 1);
    if (!media || !ts_has_payload(packet))
        return 0;
    if (ts_starts_unit(packet) && add_timestamps(scan, pid, packet) < 0)
        return -EINVAL;
    if (ends_unit(scan, packet)) {
        if (!arrives_in_time(scan, pid))
            return -ERANGE;
        scan->units[pid]++;
    }
    return 0;
}

static size_t group_of(const struct patch *patch)
{
    return patch->kind == PATCH_COUNTER ? patch->pid : TEMPLATE_STAMPS;
}

/* Into a block of their size, by a copy: realloc(3) leaves a large one as it is, since mremap(2) is
 * refused here. */
static int group_patches(struct template *template, size_t count)
{
    struct patch *patches = malloc(count * sizeof(*patches));
    size_t end = 0;

    if (!patches)
        return -ENOMEM;
    for (size_t group = 0; group < TEMPLATE_GROUPS; group++) {
        for (size_t i = 0; i < count; i++) {
            if (group_of(&template->patches[i]) == group)
                patches[end++] = template->patches[i];
        }
        template->group_ends[group] = end;
    }
    free(template->patches);
    template->patches = patches;
    return 0;
}

int template_init(struct template *ret_template, uint8_t *bytes, int64_t packets, int64_t index,
                  const struct timeline *line, const struct video *video)
{
    struct template template = {.bytes = bytes, .packets = packets, .index = -1};
    struct scan scan = {.template = &template, .line = line, .video = video, .index = index};
    int result = 0;

    template.patches = calloc((size_t)packets * PATCHES_PER_PACKET, sizeof(*template.patches));
    if (!template.patches)
        result = -ENOMEM;
    for (; result == 0 && scan.position < packets; scan.position++)
        result = scan_packet(&scan, bytes + scan.position * TS_PACKET);
    if (result == 0)
        result = group_patches(&template, scan.patches);
    if (result < 0) {
        template_finish(&template);
        return result;
    }
    for (int pid = 0; pid < TEMPLATE_PIDS; pid++)
        template.counters[pid] = -1;
    *ret_template = template;
    return 0;
}

static void patch_counters(struct template *template, int pid, int64_t counter)
{
    for (size_t i = pid > 0 ? template->group_ends[pid - 1] : 0; i < template->group_ends[pid]; i++)
        ts_write_counter(template->bytes + template->patches[i].offset,
                         counter + template->patches[i].ordinal);
    template->counters[pid] = counter;
}

static void patch_stamps(struct template *template, const struct timeline *line, int64_t index)
{
    for (size_t i = template->group_ends[TEMPLATE_STAMPS - 1];
         i < template->group_ends[TEMPLATE_STAMPS]; i++) {
        const struct patch *patch = &template->patches[i];
        uint8_t *field = template->bytes + patch->offset;

        if (patch->kind == PATCH_PCR)
            ts_write_pcr(field, layout_pcr(line, index, patch->ordinal, template->packets));
        else
            ts_write_timestamp(
                field, stamp_ticks(line, index, (enum patch_kind)patch->kind, patch->ordinal));
    }
    template->index = index;
}

void template_patch(struct template *template, const struct timeline *line, int64_t index,
                    const int64_t counters[TEMPLATE_PIDS])
{
    for (int pid = 0; pid < TEMPLATE_PIDS; pid++) {
        int64_t counter = counters[pid] % COUNTER_MODULUS;

        if (counter != template->counters[pid])
            patch_counters(template, pid, counter);
    }
    if (index != template->index)
        patch_stamps(template, line, index);
}

void template_finish(struct template *template)
{
    free(template->bytes);
    free(template->patches);
    *template = (struct template){0};
}
