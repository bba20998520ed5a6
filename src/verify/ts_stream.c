/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said of a PES packet is said at its end: a length is right or wrong only then, and a time
 * stamp is needed only where something began (2.4.3.7).
 */
#include "verify/ts_stream.h"

#include <string.h>

/* Seconds in the buffers of a decoder (2.4.2.6). */
enum {
    EARLIEST = 10,     /* of ISO/IEC 14496 streams, and of those that may be such */
    EARLIEST_ADTS = 1, /* of others */
};

static bool is_sound(const struct ts_stream *stream)
{
    return stream->coding == TS_ADTS || stream->coding == TS_OTHER_AUDIO;
}

static const char *name_of(const struct ts_stream *stream)
{
    return is_sound(stream) ? "audio" : "video";
}

/* Of the PES packet at hand. */
static void fault(const struct ts_stream *stream, const char *wanted, const char *found)
{
    segment_fault(stream->parts, RULE_TS_PES, "packet",
                  stream->first_packet - stream->segment_begin, wanted, "%s: %s", name_of(stream),
                  found);
}

/* ---- access units of H.264 ------------------------------------------------------------------- */

static void check_delimiter(const struct ts_stream *stream, const struct annexb_unit *unit)
{
    findings_check(stream->parts->findings, RULE_TS_AUD);
    if (unit->first_nal == H264_AUD && unit->zero_byte && unit->delimiters == 1)
        return;
    segment_fault(stream->parts, RULE_TS_AUD, "packet", unit->first_packet - stream->segment_begin,
                  "one access unit delimiter first, behind a start code of 4 bytes",
                  "NAL unit type %d first, %d delimiters, start code of %d bytes", unit->first_nal,
                  unit->delimiters, unit->zero_byte ? 4 : 3);
}

static void find_iframe(struct ts_stream *stream, const struct annexb_unit *unit)
{
    struct segment_parts *parts = stream->parts;

    if (parts->video.track.units == 0)
        parts->measured.iframe.may_open = unit->intra;
    if (stream->iframe.size > 0 || !unit->idr)
        return;
    stream->iframe.offset = unit->first_packet - stream->segment_begin;
    stream->iframe.size = unit->picture_packet + 1 - unit->first_packet;
}

static void take_unit(void *context, const struct annexb_unit *unit)
{
    struct ts_stream *stream = context;
    struct video_unit shown = {unit->stamped, unit->pts, unit->dts, unit->idr, unit->parameters};
    struct ts_unit sent = {"video", unit->first_packet, unit->last_packet, unit->dts, EARLIEST};

    if (!unit->has_picture)
        return;
    if (!stream->is_unit_damaged)
        check_delimiter(stream, unit);
    find_iframe(stream, unit);
    video_take_unit(&stream->parts->video, &shown);
    if (stream->is_unit_damaged)
        video_resume(&stream->parts->video); /* it may hold what is left of others */
    stream->is_unit_damaged = false;
    if (unit->stamped)
        ts_clock_take_unit(stream->clock, &sent);
}

static void take_sps(void *context, const uint8_t *sps, size_t size)
{
    struct ts_stream *stream = context;

    video_take_parameters(&stream->parts->video, sps, size);
}

/* ---- PES packets ----------------------------------------------------------------------------- */

void ts_stream_begin(struct ts_stream *stream, enum ts_coding coding, int64_t packet)
{
    struct annexb_sink sink = {take_unit, take_sps, stream};

    stream->coding = coding;
    stream->segment_begin = packet;
    stream->bytes = 0;
    stream->is_open = false;
    stream->is_damaged = stream->is_unit_damaged = false;
    stream->iframe = (struct segment_iframe){0};
    annexb_begin(&stream->annexb, sink);
    adts_begin(&stream->adts, &stream->parts->audio);
}

static void lose_pictures(struct video *video)
{
    video->is_lossy = true;
    video_resume(video);
}

void ts_stream_damage(struct ts_stream *stream)
{
    stream->is_damaged = stream->is_unit_damaged = true;
    stream->adts.is_lost = true;
    if (is_sound(stream))
        audio_resume(&stream->parts->audio);
    else
        lose_pictures(&stream->parts->video);
}

/* A PES packet of what is not looked into counts as one unit. */
static void take_whole(struct ts_stream *stream)
{
    const struct pes_header *header = &stream->header;

    if (stream->coding == TS_OTHER_VIDEO) {
        struct video_unit unit = {true, header->pts, header->dts, false, false};

        stream->parts->measured.iframe.may_open = true;
        video_take_unit(&stream->parts->video, &unit);
    } else if (stream->coding == TS_OTHER_AUDIO) {
        struct audio_frame frame = {true, header->pts, 0};

        audio_take_frame(&stream->parts->audio, &frame);
    }
}

/* The header is there: its time stamps are those of what begins in this PES packet. */
static void take_header(struct ts_stream *stream)
{
    struct pes_header *header = &stream->header;

    stream->head_wanted = 0;
    stream->fault = pes_read_header(stream->head, header);
    if (header->stamped) {
        header->dts = ts_clock_unwrap(stream->clock, header->dts);
        header->pts = ts_clock_unwrap(stream->clock, header->pts);
        take_whole(stream);
    }
    stream->is_stamped = header->stamped;
    stream->due_frame = stream->adts.begun + 1;
    if (stream->coding == TS_H264)
        annexb_stamp(&stream->annexb, header->stamped, header->pts, header->dts);
    else if (stream->coding == TS_ADTS)
        adts_stamp(&stream->adts, header->stamped, header->pts);
}

/* Of the header. @return bytes taken */
static size_t take_head(struct ts_stream *stream, const uint8_t *data, size_t size)
{
    size_t taken = 0;

    while (taken < size && stream->head_wanted > 0) {
        size_t room = stream->head_wanted - stream->head_size;
        size_t part = size - taken < room ? size - taken : room;

        memcpy(stream->head + stream->head_size, data + taken, part);
        stream->head_size += part;
        taken += part;
        if (stream->head_size == PES_FIXED)
            stream->head_wanted = pes_header_size(stream->head);
        if (stream->head_size == stream->head_wanted)
            take_header(stream);
    }
    return taken;
}

/* The unit that the time stamp is for is there: all of the PES packet, or the first frame of AAC.
 */
static void arrive(struct ts_stream *stream)
{
    struct ts_unit sent = {
        .kind = name_of(stream),
        .first_packet = stream->first_packet,
        .last_packet = stream->last_packet,
        .dts = stream->header.dts,
        .earliest = stream->coding == TS_ADTS ? EARLIEST_ADTS : EARLIEST,
    };

    if (stream->is_stamped)
        ts_clock_take_unit(stream->clock, &sent);
    stream->is_stamped = false;
}

static void take_adts(struct ts_stream *stream, const uint8_t *data, size_t size)
{
    const struct adts *adts = &stream->adts;

    if (adts_feed(&stream->adts, data, size) < 0) {
        stream->is_stamped = false;
        audio_resume(&stream->parts->audio);
        if (!stream->is_damaged)
            segment_fault(stream->parts, RULE_A_ADTS, "packet",
                          stream->last_packet - stream->segment_begin, "ADTS frames without a gap",
                          "no header where a frame must begin");
    }
    if (adts->begun - !adts_is_whole(adts) >= stream->due_frame)
        arrive(stream);
}

static void take_data(struct ts_stream *stream, const uint8_t *data, size_t size, int64_t packet)
{
    stream->size += size;
    stream->bytes += (int64_t)size;
    if (stream->coding == TS_H264)
        annexb_feed(&stream->annexb, data, size, packet);
    else if (stream->coding == TS_ADTS)
        take_adts(stream, data, size);
}

/* @return false: it is broken, which has been filed */
static bool check_pes(const struct ts_stream *stream)
{
    const struct pes_header *header = &stream->header;
    size_t size = stream->size + stream->head_size;

    findings_check(stream->parts->findings, RULE_TS_PES);
    if (stream->head_wanted > 0 || stream->fault)
        fault(stream, "a PES packet as ISO/IEC 13818-1 has it",
              stream->head_wanted > 0 ? "the header is cut" : stream->fault);
    else if (header->length > 0 && header->length != size - PES_BEFORE_LENGTH)
        segment_fault(stream->parts, RULE_TS_PES, "packet",
                      stream->first_packet - stream->segment_begin,
                      "as many bytes in the segment as PES_packet_length says",
                      "%s: PES_packet_length %zu, %zu bytes", name_of(stream), header->length,
                      size - PES_BEFORE_LENGTH);
    else if (!header->stamped && stream->begun > 0)
        fault(stream, "a PTS where an access unit begins", "none");
    else
        return true;
    return false;
}

/* Units that have begun in the segment. */
static int64_t count_begun(const struct ts_stream *stream)
{
    return stream->coding == TS_H264 ? stream->annexb.begun : stream->adts.begun;
}

static void end_pes(struct ts_stream *stream)
{
    if (!stream->is_open)
        return;
    stream->is_open = false;
    if (stream->coding == TS_OTHER_AUDIO || stream->coding == TS_OTHER_VIDEO)
        arrive(stream);
    stream->begun = count_begun(stream) - stream->begun;
    if (!stream->is_damaged)
        stream->is_damaged = !check_pes(stream);
}

static void begin_pes(struct ts_stream *stream, int64_t packet)
{
    stream->is_open = true;
    stream->is_damaged = false;
    stream->head_size = 0;
    stream->head_wanted = PES_FIXED;
    stream->size = 0;
    stream->first_packet = packet;
    stream->begun = count_begun(stream);
}

void ts_stream_feed(struct ts_stream *stream, const uint8_t *payload, size_t size, bool starts,
                    int64_t packet)
{
    size_t head;

    if (starts) {
        end_pes(stream);
        begin_pes(stream, packet);
    } else if (!stream->is_open) {
        stream->first_packet = packet;
        if (!stream->is_damaged)
            fault(stream, "a PES packet that begins in the segment", "the rest of one before it");
        stream->is_damaged = true; /* said once */
        return;
    }
    stream->last_packet = packet;
    head = take_head(stream, payload, size);
    if (size > head)
        take_data(stream, payload + head, size - head, packet);
}

void ts_stream_end(struct ts_stream *stream)
{
    if (stream->coding == TS_H264)
        annexb_end(&stream->annexb);
    end_pes(stream);
    if (stream->coding != TS_ADTS)
        return;
    findings_check(stream->parts->findings, RULE_A_ADTS);
    if (!stream->is_damaged && !adts_is_whole(&stream->adts))
        segment_fault(stream->parts, RULE_A_ADTS, NULL, 0, "whole frames",
                      "the last frame is cut by the end of the segment");
}
