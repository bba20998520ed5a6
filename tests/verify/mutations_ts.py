# SPDX-License-Identifier: GPL-2.0-or-later
"""What breaks a rule of transport streams, of the video and sound in them, or of packed audio."""

from collections.abc import Callable, Iterator
from pathlib import Path

from boxes import find, number
from conformance import h264, ts
from mutate import (drop_packet, each_packet, edit_pmt, edit_sps, hide_idr, late_tables, miscount,
                    reclock, replace, restamp)
from mutations_mp4 import init_bytes
from spoil import Change, edit, in_turn, listed, segment

ALL = slice(None)
SECOND = 27_000_000  # PCR ticks
DTS = 14             # offset in a PES header that has PTS and DTS


def starts(data: bytearray, kind: int) -> list[int]:
    """Where the PES packets of a stream begin."""
    pid = ts.parse(bytes(data)).pids(kind)[0]
    return [payload for at, found, payload in each_packet(data)
            if found == pid and data[at + 1] & 0x40]


def change_pes(kind: int, index: int, change: Callable[[bytearray, int], None]) -> Change:
    """Changes one PES packet, given where it begins, of the sixth segment."""
    def edit(data: bytearray) -> None:
        change(data, starts(data, kind)[index])
    return segment(edit)


def read_stamp(data: bytearray, at: int) -> int:
    return ts.stamp(data[at:at + 5], data[at] >> 4)


def write_stamp(data: bytearray, at: int, value: int) -> None:
    data[at:at + 5] = bytes((data[at] & 0xF0 | value >> 29 & 14 | 1, value >> 22 & 255,
                             value >> 14 & 254 | 1, value >> 7 & 255, value << 1 & 254 | 1))


def lengthen(data: bytearray, at: int) -> None:
    """PES_packet_length is one too large."""
    data[at + 5] += 1


def unstamp(data: bytearray, at: int) -> None:
    data[at + 7] &= 0x3F


def show_at_once(data: bytearray, at: int) -> None:
    """PTS becomes DTS."""
    write_stamp(data, at + 9, read_stamp(data, at + DTS))


def has_dts(data: bytearray) -> list[int]:
    """Where the PES packets of pictures begin that have a DTS, but for the first four."""
    return [at for at in starts(data, ts.H264)[4:] if data[at + 7] >> 6 == 3]


def show_early(data: bytearray) -> None:
    """A picture is shown a tick before it is decoded."""
    at = has_dts(data)[2]
    write_stamp(data, at + 9, read_stamp(data, at + DTS) - 1)


def decode_at_once(data: bytearray) -> None:
    """A picture is decoded when the one before it is."""
    at = has_dts(data)[2]
    before = max(other for other in starts(data, ts.H264) if other < at)
    stamp = before + (DTS if data[before + 7] >> 6 == 3 else 9)
    write_stamp(data, at + DTS, read_stamp(data, stamp))


def sound_packets(data: bytearray) -> list[tuple[int, int]]:
    pid = ts.parse(bytes(data)).pids(ts.ADTS)[0]
    return [(at, payload) for at, found, payload in each_packet(data)
            if found == pid and payload < at + 188]


def refill(data: bytearray, packets: list[tuple[int, int]], stream: bytes) -> None:
    """Puts a stream into packets, as even as it goes; only the first begins a PES packet."""
    ends = [len(stream) * (i + 1) // len(packets) for i in range(len(packets))]
    begin = 0
    for index, ((at, _), end) in enumerate(zip(packets, ends)):
        part, begin = stream[begin:end], end
        room = 184 - len(part)
        stuffing = bytes((room - 1, 0))[:room] + b"\xff" * (room - 2)
        data[at + 1] = data[at + 1] & ~0x40 | (0x40 if index == 0 else 0)
        data[at + 3] = data[at + 3] & 0x0F | (0x30 if room else 0x10)
        data[at + 4:at + 188] = stuffing + part


def join_sound(data: bytearray) -> None:
    """One PES packet holds all the sound of a segment."""
    packets = sound_packets(data)
    headers = [9 + data[at + 8] for at in starts(data, ts.ADTS)]
    stream, head = b"", b""
    sizes = iter(headers)
    for at, payload in packets:
        part = bytes(data[payload:at + 188])
        if data[at + 1] & 0x40:
            size = next(sizes)
            head, part = head or part[:size], part[size:]
        stream += part
    length = len(head) - 6 + len(stream)
    refill(data, packets, head[:4] + length.to_bytes(2, "big") + head[6:] + stream)


def mute(data: bytearray) -> None:
    """Packets of sound become null packets."""
    pid = ts.parse(bytes(data)).pids(ts.ADTS)[0]
    for at, found, _ in each_packet(data):
        if found == pid:
            data[at + 1:at + 4] = b"\x1f\xff\x10"


def frames(data: bytearray) -> Iterator[int]:
    """Where ADTS headers are, of those that lie in one packet and begin a PES packet."""
    for at in starts(data, ts.ADTS):
        yield at + 9 + data[at + 8]


def edit_frame(index: int, change: Callable[[bytearray, int], None]) -> Change:
    def edit(data: bytearray) -> None:
        change(data, list(frames(data))[index])
    return segment(edit)


def lose_header(data: bytearray, at: int) -> None:
    data[at] = 0xFE


def go_mono(data: bytearray, at: int) -> None:
    """channel_configuration 2 becomes 1."""
    data[at + 3] ^= 0xC0


def overrun(data: bytearray) -> None:
    """The last frame is said to be longer than what is there."""
    stream = b"".join(bytes(data[payload:at + 188]) for at, payload in sound_packets(data))
    last = stream.rindex(b"\xff\xf1")
    places = [place for at, payload in sound_packets(data) for place in range(payload, at + 188)]
    data[places[last + 4]] += 1


def more_sound(data: bytearray) -> None:
    """The PMT lists a second stream of AAC."""
    parsed = ts.parse(bytes(data))
    for _, pid, payload in list(each_packet(data)):
        if pid != parsed.pmt_pid:
            continue
        begin = payload + 1 + data[payload]
        length = (data[begin + 1] & 15) << 8 | data[begin + 2]
        body = data[begin:begin + 3 + length - 4] + b"\x0f\xe1\x23\xf0\x00"
        body[1:3] = (0xB000 | length + 5).to_bytes(2, "big")
        body += ts.crc32(bytes(body)).to_bytes(4, "big")
        data[begin:begin + len(body)] = body


def hide_later_idr(data: bytearray) -> bytearray:
    """Every IDR picture but the first becomes an ordinary one."""
    second = data.index(b"\0\0\0\1\x09", data.index(b"\0\0\1\x65"))
    return data[:second] + hide_idr(data[second:])


def hide_sample_idr(data: bytearray) -> None:
    """IDR slices of fragmented MP4, whose NAL units have a length of 4 bytes before them."""
    at, end = find(data, b"mdat")[0]
    while at + 4 < end:
        if data[at + 4] & 0x1F == h264.IDR:
            data[at + 4] = data[at + 4] & 0xE0 | h264.SLICE
        at += 4 + number(data, at)


def raise_level(data: bytearray) -> None:
    """level_idc 60 in the SPS of an initialization section, behind 8 bytes of avcC."""
    data[data.index(b"avcC") + 4 + 8 + 3] = 60


def merge(count: int) -> Change:
    """Every so many segments become one."""
    def change(folder: Path) -> None:
        paths = listed(folder)
        for index in range(0, len(paths), count):
            group = paths[index:index + count]
            group[0].write_bytes(b"".join(path.read_bytes() for path in group))
            for path in group[1:]:
                path.unlink()
                edit(rf"(?:#EXT-X-PROGRAM.*\n)?#EXTINF.*\n{path.name}\n", "")(folder)
        in_turn(edit(r"(?<=#EXTINF:).*", f"{count}.000000,"),
                edit(r"(?<=TARGETDURATION:)\d+", str(count)))(folder)
        for name in ("index.json", "SHA256SUMS"):
            (folder / name).unlink(missing_ok=True)
    return change


def widen_stamp(data: bytearray) -> None:
    """The time stamp has a bit too many."""
    data[data.index(b"Timestamp\0") + len(b"Timestamp\0") + 3] |= 2


def skip_tag(data: bytearray) -> bytearray:
    return data[10 + data[9]:]


# Rules, streams of good.py, and what breaks them. Twice the same rule: two ways to break it.
MUTATIONS: list[tuple[str, str, Change]] = [
    ("TS_SYNC", "live", segment(lambda data: data[:-100])),
    ("TS_SYNC", "live", segment(lambda data: data.__setitem__(188 * 30, 0x48))),
    ("TS_SYNC", "live", segment(lambda data: data.__setitem__(0, 0x48))),
    ("TS_SYNC", "live", segment(lambda data: data.__setitem__(188 * 30 + 1, 0x81))),
    ("TS_PSI_FIRST", "live", segment(late_tables)),
    ("TS_PSI_OK", "live", segment(edit_pmt(b"\x0f", b"\x11", fix=False))),
    ("TS_PSI_OK", "live", segment(edit_pmt(b"\x0f", b"\x11", fix=True))),
    ("TS_CC", "live", segment(drop_packet)),
    ("TS_CC", "live", segment(miscount)),
    ("TS_PCR_100", "live", segment(reclock(None, slice(4, 12)))),
    ("TS_PCR_100", "live", segment(reclock(None), ALL)),
    ("TS_PCR_40", "live", segment(reclock(None, slice(4, 5)))),
    ("TS_PCR_MONO", "live", segment(reclock(-SECOND, slice(4, 5)))),
    ("TS_PCR_DTS", "live", segment(reclock(5 * SECOND), ALL)),
    ("TS_PCR_DTS", "live", segment(reclock(-11 * SECOND), ALL)),
    ("TS_PCR_DTS", "live", segment(reclock(-2 * SECOND), ALL)),
    ("TS_PES", "live", change_pes(ts.ADTS, 1, lengthen)),
    ("TS_PES", "live", change_pes(ts.H264, 7, unstamp)),
    ("TS_PES", "live", segment(replace(b"\0\0\1\xc0", b"\0\0\1\xbe", 1))),
    ("TS_PTS_700", "live", segment(join_sound, ALL)),
    ("TS_AUD", "live", segment(replace(b"\0\0\0\1\x09", b"\0\0\0\1\x06", 1))),
    ("V_DTS", "b-pictures", segment(decode_at_once)),
    ("V_CFR", "live", segment(restamp(ts.H264, 2, slice(4, 5)))),
    ("V_PTS_GE_DTS", "b-pictures", segment(show_early)),
    ("V_IDR", "live", segment(hide_idr)),
    ("V_IDR", "live", segment(replace(b"\0\0\1\x68", b"\0\0\1\x66", 1))),
    ("V_IDR", "fmp4", segment(hide_sample_idr)),
    ("V_IDR", "ladder", segment(hide_idr, slice(2, 3), "top/stream.m3u8")),
    ("V_IDR", "fmp4-ladder", segment(hide_sample_idr, slice(2, 3), "top/stream.m3u8")),
    ("V_PROFILE", "fmp4", init_bytes(raise_level)),
    ("V_CLOSED", "b-pictures", change_pes(ts.H264, 1, show_at_once)),
    ("V_KEYINT", "vod", in_turn(merge(4), segment(hide_later_idr, ALL))),
    ("V_PARAMS", "live", segment(edit_sps(3, 41))),
    ("V_PROFILE", "live", segment(edit_sps(3, 60), ALL)),
    ("V_PROFILE", "live", segment(edit_sps(1, 88), ALL)),
    ("A_ADTS", "live", edit_frame(2, lose_header)),
    ("A_ADTS", "live", edit_frame(2, go_mono)),
    ("A_ADTS", "live", segment(overrun)),
    ("A_CONT", "live", segment(restamp(ts.ADTS, 3, slice(2, 3)))),
    ("A_CONT", "live", segment(mute, slice(5, None))),
    ("A_ADTS", "packed", segment(lambda data: data[:-20])),
    ("PA_ID3", "packed", segment(skip_tag)),
    ("PA_ID3", "packed", segment(widen_stamp)),
    ("PA_ID3", "packed", segment(replace(b"com.apple", b"org.apple"))),
    ("AV_ONE_AUDIO", "live", segment(more_sound, ALL)),
]
