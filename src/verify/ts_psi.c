/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/ts_psi.h"

#include <string.h>

#include "base/crc32.h"

enum {
    TABLE_PAT = 0,
    TABLE_PMT = 2,
    STUFFING = 0xff,
    SECTION_HEAD = 3, /* table_id and section_length */
    SECTION_MIN = 12, /* eight bytes before what it lists, CRC_32 */
    CRC_SIZE = 4,
    VERSION = 5,           /* offset of version_number and current_next_indicator */
    DESCRIPTOR_AC3 = 0x6a, /* ETSI EN 300 468 */
    DESCRIPTOR_EAC3 = 0x7a,
};

enum stream_type {
    STREAM_MPEG1_VIDEO = 0x01,
    STREAM_MPEG2_VIDEO = 0x02,
    STREAM_MPEG1_AUDIO = 0x03,
    STREAM_MPEG2_AUDIO = 0x04,
    STREAM_PRIVATE = 0x06,
    STREAM_ADTS = 0x0f,
    STREAM_MPEG4_VIDEO = 0x10,
    STREAM_LATM = 0x11,
    STREAM_H264 = 0x1b,
    STREAM_HEVC = 0x24,
    STREAM_VVC = 0x33,
    STREAM_AC3 = 0x81,
    STREAM_EAC3 = 0x87,
    STREAM_AC3_ENCRYPTED = 0xc1, /* sample encryption, by Apple */
    STREAM_EAC3_ENCRYPTED = 0xc2,
    STREAM_AAC_ENCRYPTED = 0xcf,
    STREAM_H264_ENCRYPTED = 0xdb,
};

void ts_psi_begin_run(struct ts_psi *psi)
{
    psi->pat.table_id = TABLE_PAT;
    psi->pmt.table_id = TABLE_PMT;
    psi->pat.may_change = psi->pmt.may_change = true;
    psi->pat.is_open = psi->pmt.is_open = false;
}

static int read_pid(const uint8_t *data)
{
    return (data[0] & 0x1f) << 8 | data[1];
}

static size_t read_length(const uint8_t *data)
{
    return (size_t)(data[0] & 0x0f) << 8 | data[1];
}

static void fault(struct ts_psi *psi, int64_t packet, const char *wanted, const char *found)
{
    psi->is_bad = true;
    segment_fault(psi->parts, RULE_TS_PSI_OK, "packet", packet, wanted, "%s", found);
}

/* Is it what holds, but for version_number and with it CRC_32? */
static bool is_same_content(const struct ts_table *table)
{
    size_t behind = VERSION + 1;

    return table->size == table->known_size && memcmp(table->data, table->known, VERSION) == 0 &&
           memcmp(table->data + behind, table->known + behind, table->size - behind - CRC_SIZE) ==
               0;
}

/* A whole section. @return whether it now holds, and another one did before */
static bool take_section(struct ts_psi *psi, struct ts_table *table, int64_t packet)
{
    bool is_other =
        table->size != table->known_size || memcmp(table->data, table->known, table->size) != 0;

    if (table->data[0] != table->table_id)
        return false; /* private sections may share the PID of a PMT */
    findings_check(psi->parts->findings, RULE_TS_PSI_OK);
    if (!is_other) {
        table->may_change = false;
        return false;
    }
    if (table->size < SECTION_MIN || !(table->data[1] & 0x80)) {
        fault(psi, packet, "a section of PAT or PMT", "one without section_syntax_indicator");
        return false;
    }
    if (crc32_of_section(table->data, table->size) != 0) {
        fault(psi, packet, "a right CRC_32", "a wrong one");
        return false;
    }
    if (!(table->data[VERSION] & 1))
        return false; /* of the future: current_next_indicator */
    is_other = !is_same_content(table);
    if (is_other && !table->may_change)
        fault(psi, packet, "the same PAT and PMT until a discontinuity",
              table->table_id == TABLE_PAT ? "another PAT" : "another PMT");
    memcpy(table->known, table->data, table->size);
    table->known_size = table->size;
    table->may_change = false;
    return is_other;
}

/* Adds to the section at hand what it still needs. @return bytes taken */
static size_t collect(struct ts_table *table, const uint8_t *data, size_t size)
{
    size_t taken = 0;

    while (taken < size) {
        size_t wanted = SECTION_HEAD;
        size_t part;

        if (table->size >= SECTION_HEAD)
            wanted += read_length(table->data + 1);
        if (wanted > TS_SECTION_MAX || table->size >= wanted)
            break;
        part = wanted - table->size < size - taken ? wanted - table->size : size - taken;
        memcpy(table->data + table->size, data + taken, part);
        table->size += part;
        taken += part;
    }
    return taken;
}

static bool is_whole(const struct ts_table *table)
{
    return table->size >= SECTION_HEAD &&
           table->size == SECTION_HEAD + read_length(table->data + 1);
}

/* The part of a packet that continues a section, or the part where sections begin. */
static bool take_bytes(struct ts_psi *psi, struct ts_table *table, const uint8_t *data, size_t size,
                       bool begins, int64_t packet)
{
    bool changed = false;

    while (size > 0) {
        size_t taken;

        if (begins && !table->is_open && data[0] == STUFFING)
            break;
        if (!table->is_open && !begins)
            break;
        if (!table->is_open)
            table->size = 0;
        table->is_open = true;
        taken = collect(table, data, size);
        data += taken;
        size -= taken;
        if (is_whole(table)) {
            table->is_open = false;
            changed = take_section(psi, table, packet) || changed;
        } else if (size > 0) {
            table->is_open = false;
            fault(psi, packet, "a section of 1024 bytes at most", "a longer one");
            break;
        }
    }
    return changed;
}

static bool take_packet(struct ts_psi *psi, struct ts_table *table, const uint8_t *payload,
                        size_t size, bool starts, int64_t packet)
{
    size_t pointer;
    bool changed;

    if (!starts)
        return take_bytes(psi, table, payload, size, false, packet);
    if (size == 0 || 1 + (size_t)payload[0] >= size) {
        fault(psi, packet, "a section that begins here", "a pointer_field that is too large");
        return false;
    }
    pointer = payload[0];
    changed = take_bytes(psi, table, payload + 1, pointer, false, packet);
    table->is_open = false;
    return take_bytes(psi, table, payload + 1 + pointer, size - 1 - pointer, true, packet) ||
           changed;
}

bool ts_psi_take_pat(struct ts_psi *psi, const uint8_t *payload, size_t size, bool starts,
                     int64_t packet)
{
    const struct ts_table *pat = &psi->pat;
    int programs = 0;

    if (!take_packet(psi, &psi->pat, payload, size, starts, packet))
        return false;
    psi->program.pmt_pid = TS_NO_PID;
    for (size_t at = 8; at + 4 <= pat->known_size - CRC_SIZE; at += 4) {
        if (pat->known[at] == 0 && pat->known[at + 1] == 0)
            continue; /* the network PID */
        if (programs++ == 0)
            psi->program.pmt_pid = read_pid(pat->known + at + 2);
    }
    if (programs != 1)
        segment_fault(psi->parts, RULE_TS_PSI_OK, "packet", packet, "one program", "%d", programs);
    psi->pmt.may_change = true;
    return true;
}

/* Private data are sound when a descriptor says so. */
static bool is_private_audio(const uint8_t *descriptors, size_t size)
{
    for (size_t at = 0; at + 2 <= size; at += 2 + (size_t)descriptors[at + 1]) {
        if (descriptors[at] == DESCRIPTOR_AC3 || descriptors[at] == DESCRIPTOR_EAC3)
            return true;
    }
    return false;
}

static bool is_video(int type)
{
    return type == STREAM_MPEG1_VIDEO || type == STREAM_MPEG2_VIDEO || type == STREAM_MPEG4_VIDEO ||
           type == STREAM_H264 || type == STREAM_HEVC || type == STREAM_VVC ||
           type == STREAM_H264_ENCRYPTED;
}

static bool is_audio(int type, const uint8_t *descriptors, size_t size)
{
    return type == STREAM_MPEG1_AUDIO || type == STREAM_MPEG2_AUDIO || type == STREAM_ADTS ||
           type == STREAM_LATM || type == STREAM_AC3 || type == STREAM_EAC3 ||
           type == STREAM_AC3_ENCRYPTED || type == STREAM_EAC3_ENCRYPTED ||
           type == STREAM_AAC_ENCRYPTED ||
           (type == STREAM_PRIVATE && is_private_audio(descriptors, size));
}

/* @p entry: stream_type, elementary_PID, and descriptors of @p size bytes */
static void take_stream(struct ts_program *program, const uint8_t *entry, size_t size)
{
    int type = entry[0];
    int pid = read_pid(entry + 1);

    if (is_video(type) &&
        (program->video_pid == TS_NO_PID || (type == STREAM_H264 && !program->is_h264))) {
        program->video_pid = pid;
        program->is_h264 = type == STREAM_H264;
    }
    if (!is_audio(type, entry + 5, size))
        return;
    program->audio_count++;
    if (program->audio_pid == TS_NO_PID || (type == STREAM_ADTS && !program->is_adts)) {
        program->audio_pid = pid;
        program->is_adts = type == STREAM_ADTS;
    }
}

bool ts_psi_take_pmt(struct ts_psi *psi, const uint8_t *payload, size_t size, bool starts,
                     int64_t packet)
{
    const struct ts_table *pmt = &psi->pmt;
    struct ts_program program = {
        .pmt_pid = psi->program.pmt_pid, .video_pid = TS_NO_PID, .audio_pid = TS_NO_PID};
    size_t end, length;

    if (!take_packet(psi, &psi->pmt, payload, size, starts, packet))
        return false;
    end = pmt->known_size - CRC_SIZE;
    program.pcr_pid = read_pid(pmt->known + 8);
    for (size_t at = SECTION_MIN + read_length(pmt->known + 10); at + 5 <= end; at += 5 + length) {
        length = read_length(pmt->known + at + 3);
        if (at + 5 + length > end) {
            fault(psi, packet, "descriptors that end with their stream", "longer ones");
            break;
        }
        take_stream(&program, pmt->known + at, length);
    }
    psi->program = program;
    return true;
}
