# SPDX-License-Identifier: GPL-2.0-or-later
"""MPEG-2 transport streams: packets, PSI, PES and clock references (ISO/IEC 13818-1).

A segment is parsed alone; what joins segments is checked by the rules. The parser never stops at
an error: what is wrong is kept as (rule, text) in `faults`.
"""

from dataclasses import dataclass, field

PACKET = 188
PAT, NULL = 0, 0x1FFF
H264, ADTS = 0x1B, 0x0F
WRAP = 1 << 33


@dataclass(slots=True)
class Packet:
    pid: int
    start: bool  # payload_unit_start_indicator
    counter: int
    size: int = 0  # of its payload, bytes
    pcr: int | None = None  # 27 MHz ticks
    discontinuity: bool = False


@dataclass
class Pes:
    """A PES packet; `first` and `last` are the packets of the segment that hold it."""

    pid: int
    first: int
    last: int = 0
    raw: bytes = b""
    head: int = 0  # bytes before the elementary stream data
    pts: int | None = None
    dts: int | None = None

    @property
    def data(self) -> bytes:
        return self.raw[self.head:]


@dataclass
class Segment:
    packets: list[Packet] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    pat: list[bytes] = field(default_factory=list)
    pmt: list[bytes] = field(default_factory=list)
    pmt_pid: int | None = None
    pcr_pid: int | None = None
    streams: dict[int, int] = field(default_factory=dict)  # PID: stream_type
    pes: dict[int, list[Pes]] = field(default_factory=dict)

    def pids(self, kind: int) -> list[int]:
        return [pid for pid, stream_type in self.streams.items() if stream_type == kind]


def crc32(data: bytes) -> int:
    """CRC_32 of Annex A: 0 over a section with its own CRC."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)
        crc &= 0xFFFFFFFF
    return crc


def parse_packet(data: bytes, text: str, faults: list) -> tuple[Packet | None, bytes]:
    """transport_packet() and adaptation_field() (2.4.3.2, 2.4.3.4), and the payload."""
    if data[0] != 0x47 or data[1] & 0x80:
        faults.append(("TS_SYNC", f"{text}: no sync byte, or transport_error_indicator"))
        return None, b""
    pid = (data[1] & 31) << 8 | data[2]
    control = data[3] >> 4 & 3
    packet = Packet(pid, bool(data[1] & 0x40), data[3] & 15)
    if control == 0 or data[3] >> 6:
        faults.append(("TS_SYNC", f"{text}: reserved adaptation_field_control, or scrambled"))
    at = 4
    if control & 2:
        length = data[4]
        at = 5 + length
        if length > (183 if control == 2 else 182):
            faults.append(("TS_SYNC", f"{text}: adaptation_field_length {length}"))
            return packet, b""
        flags = data[5] if length else 0
        packet.discontinuity = bool(flags & 0x80)
        if flags & 0x10:
            if length < 7:
                faults.append(("TS_SYNC", f"{text}: adaptation field too short for a PCR"))
            base = int.from_bytes(data[6:11], "big") >> 7
            extension = (data[10] & 1) << 8 | data[11]
            if extension >= 300:
                faults.append(("TS_SYNC", f"{text}: PCR extension {extension}"))
            packet.pcr = base * 300 + extension
    payload = data[at:] if control & 1 else b""
    packet.size = len(payload)
    return packet, payload


def section(packet: Packet, payload: bytes, table: int, text: str, faults: list) -> bytes | None:
    """A PSI section that lies in one packet, as PAT and PMT of one program do (2.4.4)."""
    if not packet.start or not payload or 1 + payload[0] + 3 > len(payload):
        faults.append(("TS_PSI_OK", f"{text}: no section begins here"))
        return None
    data = payload[1 + payload[0]:]
    length = 3 + ((data[1] & 15) << 8 | data[2])
    if data[0] != table or length > len(data) or length < 12:
        faults.append(("TS_PSI_OK", f"{text}: table_id {data[0]}, section of {length} bytes"))
        return None
    if data[1] & 0xC0 != 0x80 or not data[5] & 1 or data[6] or data[7]:
        faults.append(("TS_PSI_OK", f"{text}: syntax indicator, current_next or section numbers"))
    if crc32(data[:length]):
        faults.append(("TS_PSI_OK", f"{text}: CRC_32 is wrong"))
        return None
    if data[length:].strip(b"\xff"):
        faults.append(("TS_PSI_OK", f"{text}: no stuffing bytes after the section"))
    return data[:length]


def parse_pat(segment: Segment, data: bytes, text: str) -> None:
    segment.pat.append(data)
    programs = [data[at:at + 4] for at in range(8, len(data) - 4, 4)]
    programs = [entry for entry in programs if entry[:2] != b"\0\0"]
    if len(programs) != 1:
        segment.faults.append(("TS_PSI_OK", f"{text}: {len(programs)} programs"))
    for entry in programs[:1]:
        segment.pmt_pid = (entry[2] & 31) << 8 | entry[3]


def parse_pmt(segment: Segment, data: bytes) -> None:
    segment.pmt.append(data)
    segment.pcr_pid = (data[8] & 31) << 8 | data[9]
    at = 12 + ((data[10] & 15) << 8 | data[11])
    while at + 5 <= len(data) - 4:
        pid = (data[at + 1] & 31) << 8 | data[at + 2]
        segment.streams[pid] = data[at]
        segment.pes.setdefault(pid, [])
        at += 5 + ((data[at + 3] & 15) << 8 | data[at + 4])


def stamp(data: bytes, prefix: int) -> int | None:
    """A 33-bit time stamp of a PES header; None when its marker bits are wrong (2.4.3.7)."""
    if data[0] >> 4 != prefix or not data[0] & data[2] & data[4] & 1:
        return None
    return (data[0] >> 1 & 7) << 30 | data[1] << 22 | (data[2] >> 1) << 15 | data[3] << 7 \
        | data[4] >> 1


def parse_pes(pes: Pes, faults: list) -> None:
    """PES_packet() of an audio or video stream (2.4.3.6)."""
    raw, text = pes.raw, f"PID {pes.pid}, packet {pes.first}"
    if len(raw) < 14 or raw[:3] != b"\0\0\1" or not 0xC0 <= raw[3] <= 0xEF or raw[6] >> 6 != 2:
        faults.append(("TS_PES", f"{text}: no PES header"))
        pes.head = len(raw)
        return
    length = raw[4] << 8 | raw[5]
    if length and length != len(raw) - 6:
        faults.append(("TS_PES", f"{text}: PES_packet_length {length}, {len(raw) - 6} bytes"))
    if not length and raw[3] < 0xE0:
        faults.append(("TS_PES", f"{text}: PES_packet_length 0 is for video alone"))
    pes.head = 9 + raw[8]
    flags = raw[7] >> 6
    if flags not in (2, 3) or raw[8] < (5 if flags == 2 else 10):
        faults.append(("TS_PES", f"{text}: no PTS"))
        return
    pes.pts = stamp(raw[9:14], flags)
    pes.dts = stamp(raw[14:19], 1) if flags == 3 else pes.pts
    if pes.pts is None or pes.dts is None:
        faults.append(("TS_PES", f"{text}: marker bits of a time stamp"))


def collect_pes(segment: Segment, payloads: list[bytes]) -> None:
    """Joins payloads into PES packets; each stream of the segment must begin with one."""
    for index, (packet, payload) in enumerate(zip(segment.packets, payloads)):
        if packet.pid not in segment.streams or not payload:
            continue
        done = segment.pes[packet.pid]
        if packet.start:
            done.append(Pes(packet.pid, index))
        elif not done:
            segment.faults.append(("TS_PES", f"PID {packet.pid}, packet {index}: begins inside a "
                                             "PES packet"))
            continue
        done[-1].raw += payload
        done[-1].last = index
    for packets in segment.pes.values():
        for pes in packets:
            parse_pes(pes, segment.faults)


def parse(data: bytes) -> Segment:
    """Parses one media segment."""
    segment = Segment()
    payloads: list[bytes] = []
    if not data or len(data) % PACKET:
        segment.faults.append(("TS_SYNC", f"{len(data)} bytes are no whole number of packets"))
    for at in range(0, len(data) - PACKET + 1, PACKET):
        text = f"packet {at // PACKET}"
        packet, payload = parse_packet(data[at:at + PACKET], text, segment.faults)
        if packet is None:
            continue
        segment.packets.append(packet)
        payloads.append(payload)
        if packet.pid == PAT:
            found = section(packet, payload, 0, text, segment.faults)
            if found:
                parse_pat(segment, found, text)
        elif packet.pid == segment.pmt_pid:
            found = section(packet, payload, 2, text, segment.faults)
            if found:
                parse_pmt(segment, found)
    collect_pes(segment, payloads)
    return segment
