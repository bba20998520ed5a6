/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/layout.h"

#include <stdbool.h>
#include <string.h>

#include "media/ts.h"
#include "media/video.h"

enum {
    FIRST_PCR = 2, /* PAT, PMT, then the first packet of the IDR picture, or one with no more */
};

struct layout {
    uint8_t *to; /* NULL: only counting */
    int pcr_pid;
    int64_t whole;
    int64_t position;
    int64_t last_pcr; /* position of the last packet with a PCR */
    int64_t interval; /* most packets from one PCR to the next */
};

int64_t layout_pcr(const struct timeline *line, int64_t index, int64_t position, int64_t whole)
{
    return timeline_pcr_ticks(line, index, position, whole) -
           (int64_t)VIDEO_LEAD_MS * TIMELINE_PCR_HZ / 1000;
}

/* The place of the next packet, which is then taken, or NULL when nothing is to be written. */
static uint8_t *take_place(struct layout *layout)
{
    int64_t position = layout->position++;

    return layout->to && position < layout->whole ? layout->to + position * TS_PACKET : NULL;
}

static void put_pcr_only(struct layout *layout)
{
    uint8_t *place;

    layout->last_pcr = layout->position;
    place = take_place(layout);
    if (place)
        ts_make_pcr_only(place, layout->pcr_pid);
}

/* Whether a packet that has no PCR has to be preceded by one. */
static bool is_pcr_due(const struct layout *layout)
{
    return layout->position == FIRST_PCR || layout->position == layout->last_pcr + layout->interval;
}

static void put_packet(struct layout *layout, const uint8_t *packet)
{
    uint8_t *place;

    if (ts_pcr_offset(packet) == 0 && is_pcr_due(layout))
        put_pcr_only(layout);
    if (ts_pcr_offset(packet) != 0)
        layout->last_pcr = layout->position;
    place = take_place(layout);
    if (place)
        memcpy(place, packet, TS_PACKET);
}

/*
 * Whether the first PCR of the next segment comes too late after the last of this one. Of sound
 * alone packets may then take another time: the last one has a PCR, so that it comes within three.
 */
static bool tail_is_open(const struct layout *layout)
{
    if (layout->pcr_pid == TS_PID_AUDIO && layout->last_pcr != layout->whole - 1)
        return true;
    return layout->whole + FIRST_PCR > layout->last_pcr + layout->interval;
}

/* Empty packets until position @p end. */
static void put_nothing(struct layout *layout, int64_t end)
{
    while (layout->position < end) {
        uint8_t *place;

        if (layout->position == layout->last_pcr + layout->interval ||
            (layout->position == layout->whole - 1 && tail_is_open(layout))) {
            put_pcr_only(layout);
            continue;
        }
        place = take_place(layout);
        if (place)
            ts_make_null(place);
    }
}

int64_t layout_place(const struct timeline *line, int64_t index, const uint8_t *packets,
                     size_t size, bool paced, int64_t whole, uint8_t *to)
{
    struct layout layout = {
        .to = to,
        .pcr_pid = line->sound ? TS_PID_AUDIO : TS_PID_VIDEO,
        .whole = whole,
        .last_pcr = FIRST_PCR,
        .interval = timeline_parts(line, index, whole, LAYOUT_PCR_INTERVAL_MS),
    };

    int64_t pictures = 0;

    for (size_t at = 0; at < size; at += TS_PACKET) {
        const uint8_t *packet = packets + at;

        if (ts_pid(packet) == TS_PID_SDT)
            continue;
        if (ts_pid(packet) == TS_PID_VIDEO && ts_starts_unit(packet) && paced)
            put_nothing(&layout, whole * pictures++ / line->frames);
        put_packet(&layout, packet);
    }
    put_nothing(&layout, whole);
    if (layout.position > whole)
        return layout.position - whole;
    return tail_is_open(&layout) ? 1 : 0;
}
