# SPDX-License-Identifier: GPL-2.0-or-later
"""What breaks a rule of fragmented MP4: rule, stream (good.py), change."""

from pathlib import Path

from boxes import find, inside, number, put, rename, tracks
from spoil import Change, edit, in_turn, segment

VIDEO, SOUND = 1, 2
NON_SYNC = 0x01010000


def init(*path: bytes, name: bytes) -> Change:
    """The first box at a path of the initialization section is of another type."""
    return init_bytes(lambda data: rename(data, find(data, *path)[0][0], name))


def init_bytes(change_bytes) -> Change:
    def change(folder: Path) -> None:
        for section in folder.glob("init-*.mp4"):
            data = bytearray(section.read_bytes())
            change_bytes(data)
            section.write_bytes(data)
    return change


def add_sample(data: bytearray) -> None:
    put(data, find(data, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz")[0][0] + 8, 1)


def set_duration(data: bytearray) -> None:
    put(data, find(data, b"moov", b"mvhd")[0][0] + 16, 1000)


def age(data: bytearray) -> None:
    """No brand is as young as iso6."""
    body, end = find(data, b"ftyp")[0]
    for at in (body, *range(body + 8, end, 4)):
        data[at:at + 4] = b"isom"


def swap_extends(data: bytearray) -> None:
    """mvex stands before the tracks."""
    body, end = find(data, b"moov", b"mvex")[0]
    extends = data[body - 8:end]
    first = find(data, b"moov", b"trak")[0][0] - 8
    del data[body - 8:end]
    data[first:first] = extends


def move_time(track: int, units: int) -> Change:
    """The decoding times of a track's fragments in one segment."""
    def change(data: bytearray) -> None:
        for traf in tracks(data, track):
            at = inside(data, traf, b"tfdt") + 4
            put(data, at, number(data, at, 8) + units, 8)
    return segment(change)


def repeat_sequence(data: bytearray) -> None:
    first, second = find(data, b"moof", b"mfhd")
    put(data, second[0] + 4, number(data, first[0] + 4))


def unsync(data: bytearray) -> None:
    """The first sample of video is no sync sample, by the default of its fragment."""
    tfhd = inside(data, tracks(data, VIDEO)[0], b"tfhd")
    flags = number(data, tfhd) & 0xFFFFFF
    assert flags & 0x20
    put(data, tfhd + 8 + 4 * bin(flags & 0x1A).count("1"), NON_SYNC)


def shift_data(by: int):
    """The data of the first run begin elsewhere."""
    def change(data: bytearray) -> None:
        at = inside(data, tracks(data, VIDEO)[0], b"trun") + 8
        put(data, at, number(data, at) + by)
    return change


def cut_mdat(data: bytearray) -> bytearray:
    return data[:find(data, b"mdat")[-1][1] - 100]


def take_all(*path: bytes):
    """All boxes at a path are nothing."""
    def change(data: bytearray) -> None:
        for body, _ in find(data, *path):
            rename(data, body, b"free")
    return change


def resize(size: int):
    """The last box says another size; with 1, it should have one of 64 bits."""
    def change(data: bytearray) -> None:
        put(data, find(data, b"mdat")[-1][0] - 8, size)
    return change


def swap_moof(data: bytearray) -> bytearray:
    """The first mdat stands before its moof."""
    moof, mdat = find(data, b"moof")[0], find(data, b"mdat")[0]
    assert moof[1] == mdat[0] - 8
    return (data[:moof[0] - 8] + data[mdat[0] - 8:mdat[1]] + data[moof[0] - 8:moof[1]]
            + data[mdat[1]:])


def rename_track(data: bytearray) -> None:
    put(data, inside(data, tracks(data, VIDEO)[0], b"tfhd") + 4, 9)


def claim_samples(data: bytearray) -> None:
    put(data, inside(data, tracks(data, SOUND)[0], b"trun") + 4, 0xFFFFFFFF)


def refer_elsewhere(data: bytearray) -> None:
    """The media data of the first track are in another file."""
    data[data.index(b"url ") + 7] = 0


MUTATIONS: list[tuple[str, str, Change]] = [
    ("F_MAP", "fmp4", in_turn(edit(r"^#EXT-X-MAP.*\n", ""), edit(r"VERSION:\d", "VERSION:3"))),
    ("F_MAP", "fmp4", init(b"moov", b"mvex", name=b"free")),
    ("F_MAP", "fmp4", init(b"moov", name=b"free")),
    ("F_MAP", "fmp4", init(b"ftyp", name=b"free")),
    ("F_MAP", "fmp4", init(b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", name=b"free")),
    ("F_MAP", "fmp4", init_bytes(add_sample)),
    ("F_MAP", "fmp4", init_bytes(set_duration)),
    ("F_MAP", "fmp4", init_bytes(age)),
    ("F_MAP", "fmp4", init_bytes(swap_extends)),
    ("F_MAP", "fmp4", init_bytes(refer_elsewhere)),
    ("F_BOX", "fmp4", segment(take_all(b"moof", b"traf", b"tfdt"))),
    ("F_BOX", "fmp4", segment(take_all(b"moof", b"mfhd"))),
    ("F_BOX", "fmp4", segment(take_all(b"mdat"))),
    ("F_BOX", "fmp4", segment(cut_mdat)),
    ("F_BOX", "fmp4", segment(resize(1))),
    ("F_BOX", "fmp4", segment(resize(7))),
    ("F_BOX", "fmp4", segment(resize(0x7FFFFFFF))),
    ("F_BOX", "fmp4", segment(shift_data(-8))),
    ("F_BOX", "fmp4", segment(shift_data(4))),
    ("F_BOX", "fmp4", segment(swap_moof)),
    ("F_BOX", "fmp4", segment(rename_track)),
    ("F_BOX", "fmp4", segment(claim_samples)),
    ("F_SEQ", "fmp4", segment(repeat_sequence)),
    ("F_TFDT", "fmp4", move_time(SOUND, 1)),
    ("F_SYNC", "fmp4", segment(unsync)),
]
