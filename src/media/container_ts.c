/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments as MPEG-TS: packets by libavformat, their number made even, laid out on a channel of
 * constant rate. What to patch is found by reading the packets once: the fixed fields of packet and
 * PES header are where ISO 13818-1 puts them, and the n-th PES packet of a stream holds its n-th
 * unit.
 */
#include <errno.h>
#include <stdbool.h>

#include "media/align.h"
#include "media/container.h"
#include "media/cycle.h"
#include "media/layout.h"
#include "media/ts.h"
#include "media/video_fill.h"

enum {
    PAYLOAD = TS_PACKET - 4,
    PES_OVERHEAD = 19 + 8, /* of a picture: PES header with PTS and DTS, PCR */
};

/* ---- size and layout ------------------------------------------------------------------------- */

static bool is_paced(const struct cycle_source *source)
{
    return source->video && source->preset->video.stuffing == STUFFING_NULL;
}

static int64_t count_others(const struct buffer *muxed)
{
    int64_t count = 0;

    for (size_t at = 0; at < muxed->size; at += TS_PACKET)
        count += ts_pid(muxed->data + at) != TS_PID_VIDEO;
    return count;
}

/* Where the size is not that of the packets there are: enough for any video of the declared size,
 * however it is spread over the pictures. */
static int64_t declared_packets(const struct cycle_source *source, int64_t index,
                                const struct buffer *muxed)
{
    const struct timeline *line = source->line;
    int64_t pictures = line->frames;
    int64_t bytes = video_segment_bytes(source->preset, line, index) + pictures * PES_OVERHEAD;

    return bytes / PAYLOAD + pictures + ALIGN_PACKETS + count_others(muxed) +
           timeline_duration_us(line) / (1000 * LAYOUT_PCR_INTERVAL_MS) + 2;
}

/* @return by how many packets to enlarge @p packets for the next try, or 0 */
static int64_t lay_out(const struct cycle_source *source, int64_t index, const struct buffer *muxed,
                       int64_t packets, uint8_t *to)
{
    return layout_place(source->line, index, muxed->data, muxed->size, is_paced(source), packets,
                        to);
}

/* Enlarges the segment until it can be laid out. Of sound alone PCR-only packets are a large part,
 * and the fewer there are in all, the fewer of these: one by one, then. */
static size_t fit(const struct cycle_source *source, int64_t index, const struct buffer *muxed,
                  size_t least)
{
    bool declared = is_paced(source) || preset_is_aperiodic(source->preset);
    int64_t packets = (int64_t)(least / TS_PACKET);
    int64_t wanted = declared ? declared_packets(source, index, muxed) : 0;
    int64_t lacking;

    packets = packets > wanted ? packets : wanted;
    while ((lacking = lay_out(source, index, muxed, packets, NULL)) > 0)
        packets += source->line->sound && packets > 0 ? 1 : lacking;
    return (size_t)packets * TS_PACKET;
}

static int place(const struct cycle_source *source, int64_t index, const struct buffer *muxed,
                 size_t size, uint8_t *to)
{
    int64_t packets = (int64_t)(size / TS_PACKET);

    return lay_out(source, index, muxed, packets, to) == 0 ? 0 : -EINVAL;
}

static size_t bound(const struct preset *preset, const struct timeline *line)
{
    int64_t duration_ms = timeline_duration_us(line) / 1000;
    int64_t sounds = preset_has_audio(preset) ? timeline_audio_first(line, 1) + 1 : 0;
    int64_t sound_bytes = preset->audio.bitrate * TIMELINE_AAC_SAMPLES / 8 / TIMELINE_SAMPLE_RATE;
    int64_t packets = 0;

    if (preset_has_video(preset)) /* headers and the unfilled last packets, too */
        packets += video_bytes_range_of(preset, line).most / PAYLOAD + 2 * line->frames;
    packets += sounds * (1 + (sound_bytes + 22) / PAYLOAD);
    packets += duration_ms / 20 + 32; /* PCR-only packets, PAT and PMT, even counters */
    return (size_t)packets * TS_PACKET;
}

/* ---- what to patch --------------------------------------------------------------------------- */

enum patch_kind {
    PATCH_COUNTER = CONTAINER_COUNTER,
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
};

/* The state of reading one segment. */
struct scan {
    struct template_scan *found;
    int64_t units[TEMPLATE_PIDS]; /* PES packets begun */
    int64_t position;             /* of the packet at hand */
    int64_t packets;
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
    template_add(scan->found, (struct patch){
                                  .offset = (uint32_t)((size_t)scan->position * TS_PACKET + offset),
                                  .kind = (uint8_t)kind,
                                  .pid = (uint8_t)pid,
                                  .ordinal = (int32_t)ordinal,
                              });
}

/* Frames from the start of the segment to the decode time of its next video or audio unit. */
static int64_t decode_ordinal(const struct scan *scan, int pid)
{
    return pid == TEMPLATE_VIDEO ? scan->units[pid] - scan->found->video->delay : scan->units[pid];
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
        if (unit >= scan->found->line->frames)
            return -EINVAL;
        start_of_segment =
            scan->found->index % scan->found->video->segments * scan->found->line->frames;
        pts = scan->found->video->units[start_of_segment + unit].pts - start_of_segment;
    }
    add_patch(scan, kind, pid, start + PES_PTS, pts);
    if (flags & PES_HAS_DTS)
        add_patch(scan, kind, pid, start + PES_DTS, decode_ordinal(scan, pid));
    return 0;
}

/* Whether the packet at hand is the last of its PES packet. */
static bool ends_unit(const struct scan *scan, const uint8_t *packet)
{
    for (int64_t ahead = 1; scan->position + ahead < scan->packets; ahead++) {
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
    return timeline_audio_ticks(line, timeline_audio_first(line, index) + ordinal);
}

/* PCR <= DTS: the PES packet that ends with the packet at hand has then arrived. */
static bool arrives_in_time(const struct scan *scan, int pid)
{
    enum patch_kind kind = pid == TEMPLATE_VIDEO ? PATCH_VIDEO_STAMP : PATCH_AUDIO_STAMP;
    int64_t decoded =
        stamp_ticks(scan->found->line, scan->found->index, kind, decode_ordinal(scan, pid));
    int64_t arrived =
        layout_pcr(scan->found->line, scan->found->index, scan->position + 1, scan->packets);

    return arrived <= decoded * (TIMELINE_PCR_HZ / TIMELINE_CLOCK_HZ);
}

static int scan_packet(struct scan *scan, const uint8_t *packet)
{
    struct template *template = scan->found->template;
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

static int scan(struct template_scan *found)
{
    struct scan scan = {.found = found, .packets = (int64_t)(found->template->size / TS_PACKET)};
    int result = 0;

    for (; result == 0 && scan.position < scan.packets; scan.position++)
        result = scan_packet(&scan, found->template->bytes + scan.position * TS_PACKET);
    return result;
}

static size_t patches_max(size_t size)
{
    return size / TS_PACKET * PATCHES_PER_PACKET;
}

static void patch(struct template *template, const struct patch *patch, const struct timeline *line,
                  int64_t index)
{
    int64_t packets = (int64_t)(template->size / TS_PACKET);
    uint8_t *field = template->bytes + patch->offset;

    if (patch->kind == PATCH_PCR)
        ts_write_pcr(field, layout_pcr(line, index, patch->ordinal, packets));
    else
        ts_write_timestamp(field,
                           stamp_ticks(line, index, (enum patch_kind)patch->kind, patch->ordinal));
}

/* ---- slots ----------------------------------------------------------------------------------- */

static int find_places(const struct template *template, const struct preset *preset,
                       const struct timeline *line, union container_places *ret)
{
    return slots_init(&ret->slots, template->bytes, (int64_t)(template->size / TS_PACKET),
                      line->frames, (enum preset_stuffing)preset->video.stuffing);
}

static void write_unit(union container_places *places, uint8_t *bytes, int64_t unit,
                       const uint8_t *data, size_t size)
{
    slots_write(&places->slots, bytes, unit, data, size);
}

static void forget_places(union container_places *places)
{
    slots_finish(&places->slots);
}

const struct container container_ts = {
    .mux = mux_ts,
    .keep = align_append,
    .fit = fit,
    .place = place,
    .patches_max = patches_max,
    .scan = scan,
    .patch = patch,
    .find_picture = ts_find_picture,
    .find_places = find_places,
    .write_unit = write_unit,
    .forget_places = forget_places,
    .bound = bound,
};
