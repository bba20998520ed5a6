/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A transport stream, packet by packet (ISO 13818-1 2.4.3): sync bytes, continuity counters, PCR,
 * program, and the payloads of one video and one audio stream to what reads these. A segment in
 * which packets cannot be told is not measured, and nothing runs on from it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verify/segment_parts.h"
#include "verify/ts_clock.h"
#include "verify/ts_psi.h"
#include "verify/ts_stream.h"

enum {
    PACKET = 188,
    SYNC = 0x47,
    PIDS = 8192,
    PID_MEDIA = 0x20, /* below are tables (ISO 13818-1 table 2-3, EN 300 468) */
    PCR_BASE = 6,     /* offset in a packet */
    PCR_END = 12,
    PCR_LENGTH = 7, /* of an adaptation field with it: flags and PCR */
    UNKNOWN = 0xff, /* continuity counter */
    PTS_INTERVAL_MAX = SEGMENT_CLOCK_HZ * 7 / 10,
};

enum role {
    ROLE_NONE,
    ROLE_PAT,
    ROLE_PMT,
    ROLE_VIDEO,
    ROLE_AUDIO,
    ROLES,
};

struct ts {
    struct segment_parts *parts;
    struct ts_psi psi;
    struct ts_clock clock;
    struct ts_stream video, audio;
    uint8_t counters[PIDS];
    uint8_t roles[PIDS];
    uint8_t piece[PACKET]; /* a packet that lies across what is fed */
    size_t piece_size;
    uint8_t last[ROLES][PACKET]; /* packets that a duplicate is known by */
    int64_t packet;              /* of the run */
    int64_t segment_begin;       /* likewise */
    bool is_init;                /* it is no segment, but an initialization section */
    bool is_broken;              /* packets cannot be told */
    bool has_map;                /* PAT and PMT were in an initialization section */
    bool has_media;              /* of this segment */
    bool has_pat, has_pmt;       /* likewise */
};

/* What a packet says of itself. */
struct header {
    int pid;
    int counter;
    bool starts;
    bool has_payload;
    size_t payload; /* its offset */
    bool has_pcr;
    bool breaks; /* discontinuity_indicator: its counter may be any */
};

static void set_role(struct ts *ts, int pid, enum role role)
{
    if (pid != TS_NO_PID)
        ts->roles[pid] = (uint8_t)role;
}

static void set_roles(struct ts *ts)
{
    const struct ts_program *program = &ts->psi.program;

    memset(ts->roles, ROLE_NONE, sizeof(ts->roles));
    set_role(ts, program->audio_pid, ROLE_AUDIO);
    set_role(ts, program->video_pid, ROLE_VIDEO);
    set_role(ts, program->pmt_pid, ROLE_PMT);
    set_role(ts, 0, ROLE_PAT);
}

/* Elementary streams begin, with the segment or with another program in it. */
static void begin_streams(struct ts *ts)
{
    const struct ts_program *program = &ts->psi.program;

    ts->parts->video.is_opaque = !program->is_h264;
    ts->parts->video.is_signed = false;
    ts->parts->video.longest = ts->parts->audio.longest = PTS_INTERVAL_MAX;
    ts_stream_begin(&ts->video, program->is_h264 ? TS_H264 : TS_OTHER_VIDEO, ts->segment_begin);
    ts_stream_begin(&ts->audio, program->is_adts ? TS_ADTS : TS_OTHER_AUDIO, ts->segment_begin);
}

static void begin_run(struct ts *ts)
{
    memset(ts->counters, UNKNOWN, sizeof(ts->counters));
    ts_psi_begin_run(&ts->psi);
    ts_clock_reset(&ts->clock);
    ts->packet = 0;
}

int ts_new(struct segment_parts *parts, struct ts **ret)
{
    struct ts *ts = calloc(1, sizeof(*ts));

    if (!ts)
        return -ENOMEM;
    ts->parts = ts->video.parts = ts->audio.parts = parts;
    ts->psi.parts = ts->clock.parts = parts;
    ts->video.clock = ts->audio.clock = &ts->clock;
    ts->psi.program = (struct ts_program){TS_NO_PID, TS_NO_PID, TS_NO_PID, TS_NO_PID, 0, 0, 0};
    set_roles(ts);
    begin_run(ts);
    *ret = ts;
    return 0;
}

struct ts *ts_free(struct ts *ts)
{
    free(ts);
    return NULL;
}

static int64_t place_of(const struct ts *ts)
{
    return ts->packet - ts->segment_begin;
}

static void lose_sync(struct ts *ts, const char *wanted, const char *found)
{
    ts->is_broken = true;
    segment_fault(ts->parts, RULE_TS_SYNC, "packet", place_of(ts), wanted, "%s", found);
}

/* transport_packet() up to its payload (2.4.3.2, 2.4.3.4). @return false: it is none */
static bool read_header(struct ts *ts, const uint8_t *data, struct header *ret)
{
    unsigned control = data[3] >> 4 & 3;
    size_t length = control & 2 ? data[4] : 0;
    const char *found = NULL;

    ret->pid = (data[1] & 0x1f) << 8 | data[2];
    ret->counter = data[3] & 15;
    ret->starts = data[1] & 0x40;
    ret->has_payload = control & 1;
    ret->payload = control & 2 ? 5 + length : 4;
    ret->has_pcr = length > 0 && data[5] & 0x10;
    ret->breaks = length > 0 && data[5] & 0x80;
    if (data[0] != SYNC)
        found = "no sync byte 0x47";
    else if (data[1] & 0x80)
        found = "transport_error_indicator";
    else if (ret->pid == TS_NO_PID)
        return true;
    else if (data[3] >> 6)
        found = "transport_scrambling_control";
    else if (control == 0)
        found = "adaptation_field_control 0";
    else if (ret->payload + ret->has_payload > PACKET)
        found = "an adaptation field longer than the packet";
    else if (ret->has_pcr && length < PCR_LENGTH)
        found = "an adaptation field too short for its PCR";
    if (found)
        lose_sync(ts, "packets of 188 bytes as ISO/IEC 13818-1 has them", found);
    return !found;
}

/* Whether @p data is @p last once more: all its bytes but the PCR (2.4.3.3). */
static bool is_duplicate(const uint8_t *last, const uint8_t *data, const struct header *header)
{
    size_t behind = header->has_pcr ? PCR_END : PCR_BASE;

    return memcmp(last, data, PCR_BASE) == 0 &&
           memcmp(last + behind, data + behind, PACKET - behind) == 0;
}

/* Of a stream that is not looked into packets cannot be compared, but are taken for the same.
 * @return false: @p data is the packet before it once more (2.4.3.3) */
static bool check_counter(struct ts *ts, const struct header *header, const uint8_t *data)
{
    uint8_t before = ts->counters[header->pid];
    enum role role = ts->roles[header->pid];
    unsigned due = (before + header->has_payload) & 15U;

    ts->counters[header->pid] = (uint8_t)header->counter;
    if (before == UNKNOWN || due == (unsigned)header->counter)
        return true;
    if (before == header->counter &&
        (role == ROLE_NONE || is_duplicate(ts->last[role], data, header)))
        return false;
    if (header->breaks)
        return true;
    segment_fault(ts->parts, RULE_TS_CC, "packet", place_of(ts), "continuity counters that run on",
                  "PID %d: %d, not %u", header->pid, header->counter, due);
    if (role >= ROLE_VIDEO)
        ts_stream_damage(role == ROLE_VIDEO ? &ts->video : &ts->audio);
    return true;
}

static void take_pcr(struct ts *ts, const uint8_t *field)
{
    int64_t base = (int64_t)field[0] << 25 | (int64_t)field[1] << 17 | (int64_t)field[2] << 9 |
                   (int64_t)field[3] << 1 | field[4] >> 7;

    ts_clock_take_pcr(&ts->clock, base, (field[4] & 1) << 8 | field[5], ts->packet, place_of(ts));
}

/* RFC 8216 3.2; @p pid has media, as far as it is known what has. */
static void take_media(struct ts *ts)
{
    bool told = ts->has_media || ts->has_map || ts->psi.is_bad;

    ts->has_media = true;
    if (told)
        return;
    findings_check(ts->parts->findings, RULE_TS_PSI_FIRST);
    if (!ts->has_pat || !ts->has_pmt)
        segment_fault(ts->parts, RULE_TS_PSI_FIRST, "packet", place_of(ts),
                      "PAT and PMT before all media", "media before the %s",
                      ts->has_pat ? "PMT" : "PAT");
}

static void take_table(struct ts *ts, const struct header *header, const uint8_t *payload,
                       size_t size)
{
    bool is_pat = ts->roles[header->pid] == ROLE_PAT;
    bool changed;

    if (is_pat)
        changed = ts_psi_take_pat(&ts->psi, payload, size, header->starts, place_of(ts));
    else
        changed = ts_psi_take_pmt(&ts->psi, payload, size, header->starts, place_of(ts));
    ts->has_pat = ts->has_pat || is_pat;
    ts->has_pmt = ts->has_pmt || !is_pat;
    if (!changed)
        return;
    set_roles(ts);
    if (!is_pat) {
        ts_stream_end(&ts->video);
        ts_stream_end(&ts->audio);
        video_resume(&ts->parts->video);
        audio_resume(&ts->parts->audio);
        begin_streams(ts);
    }
}

static void take_payload(struct ts *ts, const struct header *header, const uint8_t *data)
{
    const uint8_t *payload = data + header->payload;
    size_t size = PACKET - header->payload;
    enum role role = ts->roles[header->pid];

    if (role != ROLE_NONE)
        memcpy(ts->last[role], data, PACKET);
    if (role == ROLE_PAT || role == ROLE_PMT) {
        take_table(ts, header, payload, size);
    } else if (role == ROLE_NONE) {
        if (header->pid >= PID_MEDIA && ts->psi.pmt.known_size == 0)
            take_media(ts);
    } else if (!ts->is_init) {
        take_media(ts);
        ts_stream_feed(role == ROLE_VIDEO ? &ts->video : &ts->audio, payload, size, header->starts,
                       ts->packet);
    }
}

static void take_packet(struct ts *ts, const uint8_t *data)
{
    struct header header;

    if (ts->is_broken || !read_header(ts, data, &header))
        return;
    if (header.pid != TS_NO_PID) {
        bool is_new = check_counter(ts, &header, data);

        if (header.has_pcr && header.pid == ts->psi.program.pcr_pid && is_new)
            take_pcr(ts, data + PCR_BASE);
        if (header.has_payload && is_new)
            take_payload(ts, &header, data);
    }
    ts->packet++;
}

void ts_begin(struct ts *ts)
{
    if (ts->parts->breaks || ts->is_broken) {
        begin_run(ts);
        video_resume(&ts->parts->video);
        audio_resume(&ts->parts->audio);
    }
    ts->segment_begin = ts->packet;
    ts->piece_size = 0;
    ts->is_broken = false;
    ts->has_media = ts->has_pat = ts->has_pmt = false;
    ts->psi.is_bad = false;
    ts->clock.in_segment = 0;
    begin_streams(ts);
}

void ts_feed(struct ts *ts, const uint8_t *data, size_t size)
{
    if (ts->piece_size > 0) {
        size_t room = PACKET - ts->piece_size;
        size_t part = size < room ? size : room;

        memcpy(ts->piece + ts->piece_size, data, part);
        ts->piece_size += part;
        data += part;
        size -= part;
        if (ts->piece_size < PACKET)
            return;
        take_packet(ts, ts->piece);
    }
    for (; size >= PACKET; data += PACKET, size -= PACKET)
        take_packet(ts, data);
    memcpy(ts->piece, data, size);
    ts->piece_size = size;
}

int ts_read_init(struct ts *ts, const uint8_t *data, size_t size)
{
    ts_begin(ts);
    ts->is_init = true;
    ts_feed(ts, data, size);
    ts->is_init = false;
    ts->has_map = !ts->is_broken && ts->psi.pmt.known_size > 0;
    if (!ts->has_map && !ts->is_broken && !ts->psi.is_bad)
        segment_fault(ts->parts, RULE_TS_PSI_OK, NULL, 0,
                      "PAT and PMT in a media initialization section", "none");
    memset(ts->counters, UNKNOWN, sizeof(ts->counters));
    ts->packet = ts->segment_begin;
    return ts->has_map ? 0 : -EBADMSG;
}

/* A program without any PCR cannot be told from one whose PCRs are more than a segment apart. */
static void check_clock(struct ts *ts)
{
    bool has_units = ts->parts->measured.video.units > 0 || ts->parts->measured.audio.units > 0;

    if (!has_units || ts->clock.in_segment > 0)
        return;
    segment_fault(ts->parts, RULE_TS_PCR_100, NULL, 0, "a PCR every 100 ms", "no PCR");
    ts_clock_reset(&ts->clock);
}

static void check_sounds(struct ts *ts)
{
    int count = ts->psi.program.audio_count;

    if (count == 0)
        return;
    findings_check(ts->parts->findings, RULE_AV_ONE_AUDIO);
    if (count > 1)
        segment_fault(ts->parts, RULE_AV_ONE_AUDIO, NULL, 0, "one audio stream", "%d", count);
}

static void measure(struct ts *ts)
{
    struct segment *measured = &ts->parts->measured;

    ts_stream_end(&ts->video);
    ts_stream_end(&ts->audio);
    video_end(&ts->parts->video, measured);
    audio_end(&ts->parts->audio, measured);
    measured->has_video_track = ts->psi.program.video_pid != TS_NO_PID;
    measured->has_audio_track = ts->psi.program.audio_count > 0;
    measured->video.bytes = ts->video.bytes;
    measured->audio.bytes = ts->audio.bytes;
    measured->iframe.offset = ts->video.iframe.offset * PACKET;
    measured->iframe.size = ts->video.iframe.size * PACKET;
}

void ts_end(struct ts *ts)
{
    struct segment *measured = &ts->parts->measured;

    findings_check(ts->parts->findings, RULE_TS_SYNC);
    findings_check(ts->parts->findings, RULE_TS_CC);
    if (!ts->is_broken && (ts->piece_size > 0 || ts->packet == ts->segment_begin))
        lose_sync(ts, "a whole number of packets of 188 bytes",
                  ts->piece_size > 0 ? "a part of one at the end" : "none");
    if (ts->is_broken) {
        measured->container = SEGMENT_UNKNOWN;
        return;
    }
    measure(ts);
    check_clock(ts);
    check_sounds(ts);
}
