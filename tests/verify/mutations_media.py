# SPDX-License-Identifier: GPL-2.0-or-later
"""What breaks a rule about a playlist and its media, or about variants beside each other: rule,
stream (good.py), change."""

import re
from collections.abc import Callable
from pathlib import Path

from boxes import find, free, inside, number, put, tracks
from mutations_playlist import PDT, redate
from spoil import Change, edit, in_turn, listed, master, segment

ALL = slice(None)
SOUND = 2


def creep(folder: Path) -> None:
    """Each date is 20 ms later than it should be by the one before."""
    for place in range(1, len(listed(folder))):
        redate(0.02, place)(folder)


def delay_sound(data: bytearray) -> None:
    """By 150 ms, in every segment alike."""
    for traf in tracks(data, SOUND):
        at = inside(data, traf, b"tfdt") + 4
        put(data, at, number(data, at, 8) + 48000 * 150 // 1000, 8)


def delay_all(data: bytearray) -> None:
    """By so little that it is no other picture's time: 500 ticks of 90 kHz."""
    for track in (1, SOUND):
        for traf in tracks(data, track):
            at = inside(data, traf, b"tfdt") + 4
            put(data, at, number(data, at, 8) + (500 if track == 1 else 48000 // 180), 8)


def lengthen(data: bytearray) -> bytearray:
    return data + free(len(data) // 7)


def join_pairs(name: str) -> Change:
    """Each segment goes on over the one that follows."""
    def change(folder: Path) -> None:
        paths = listed(folder, name)
        for one, other in zip(paths[::2], paths[1::2]):
            one.write_bytes(one.read_bytes() + other.read_bytes())
        playlist = folder / name
        entry = rf"((?:{PDT}.*\n)?)#EXTINF:.*\n(.*\n)(?:{PDT}.*\n)?#EXTINF:.*\n.*\n"
        playlist.write_text(re.sub(entry, r"\1#EXTINF:4.000000,\n\2", playlist.read_text()))
        (paths[0].parent / "index.json").unlink(missing_ok=True)
    return change


def scale(name: str, factor: float) -> Change:
    """Another bit rate is declared for all variants."""
    return master(rf"(?<=[:,]{name}=)\d+", lambda match: str(int(int(match[0]) * factor)))


def change_range(new: Callable[[int, int], str]) -> Change:
    """The third entry of an I-frame playlist has another byte range."""
    def change(folder: Path) -> None:
        path = folder / "top" / "iframes.m3u8"
        text = path.read_text()
        found = list(re.finditer(r"(?<=BYTERANGE:)(\d+)@(\d+)", text))[2]
        path.write_text(text[:found.start()] + new(int(found[1]), int(found[2]))
                        + text[found.end():])
    return change


CUT = change_range(lambda size, offset: f"{size * 2 // 3}@{offset}")
ELSEWHERE = change_range(lambda size, offset: f"{size}@{offset + size // 188 * 188 + 188}")
MORE = change_range(lambda size, offset: f"{size + 188 * 12}@{offset}")

MEDIA: list[tuple[str, str, Change]] = [
    ("PL_TD_05", "vod-long", in_turn(edit(rf"^{PDT}.*\n", ""), edit(r"ION:2$", "ION:1"),
                                     edit(r"EXTINF:1\.6", "EXTINF:1.4"))),
    ("X_EXTINF", "live", edit(r"EXTINF:1\.000", "EXTINF:0.980")),
    ("X_EXTINF_EXACT", "live", edit(r"EXTINF:1\.000", "EXTINF:1.010", 1)),
    ("X_PDT_PTS", "live", creep),
    ("AV_ALIGN", "fmp4", segment(delay_sound, ALL)),
    ("BW_SEGMENT", "fmp4", segment(lengthen)),
]

VARIANTS: list[tuple[str, str, Change]] = [
    ("MV_CODECS", "ladder", master(r"avc1\.(..)", "avc1.4d", 1)),
    ("MV_CODECS", "ladder", master(r",mp4a\.40\.2", "", 1)),
    ("MV_CODECS", "ladder", master(r"mp4a\.40\.2", "mp4a.40.2,ac-3", 1)),
    ("MV_CODECS", "groups", master(r",mp4a\.40\.2", "", 1)),
    ("MV_CODECS", "fmp4-ladder", master(r"avc1\.(..)", "avc1.4d", 1)),
    ("MV_CODECS", "fmp4-ladder", master(r"mp4a\.40\.2", "mp4a.40.5", 1)),
    ("MV_RESOLUTION", "ladder", master(r"RESOLUTION=\d+", "RESOLUTION=720", 1)),
    ("MV_FRAMERATE", "ladder", master(r"FRAME-RATE=30.000", "FRAME-RATE=29.970", 1)),
    ("BW_PEAK", "ladder", scale("BANDWIDTH", 0.79)),
    ("BW_AVG", "ladder", scale("AVERAGE-BANDWIDTH", 0.9)),
    ("BW_TIGHT", "ladder", scale("BANDWIDTH", 1.15)),
    ("BW_TIGHT", "groups", scale("AVERAGE-BANDWIDTH", 1.15)),
    ("BW_BOUND", "vod-ladder", scale("BANDWIDTH", 0.97)),
    ("BW_BOUND", "vod-ladder", scale("BANDWIDTH", 0.7)),
    ("BW_VOD", "vod-ladder", scale("BANDWIDTH", 1.15)),
    ("BW_VOD", "vod-ladder", scale("AVERAGE-BANDWIDTH", 0.85)),
    ("XV_TD", "ladder", edit(r"ION:2", "ION:3", name="top/stream.m3u8")),
    ("XV_PTS", "fmp4-ladder", segment(delay_all, ALL, "top/stream.m3u8")),
    ("XV_BORDERS", "vod-ladder", in_turn(join_pairs("top/stream.m3u8"),
                                         edit(r"ION:2", "ION:4", name="low/stream.m3u8"),
                                         edit(r"ION:2", "ION:4", name="top/stream.m3u8"))),
    ("XV_PDT", "ladder", redate(1, 0, "top/stream.m3u8")),
    ("XV_DSN", "ladder", edit(r"DISCONTINUITY-SEQUENCE:\d+", "DISCONTINUITY-SEQUENCE:3",
                              name="top/stream.m3u8")),
]

IFRAMES: list[tuple[str, str, Change]] = [
    ("MV_IFRAME", "ladder", CUT),
    ("MV_IFRAME", "ladder", ELSEWHERE),
    ("MV_IFRAME", "ladder", MORE),
    ("MV_IFRAME", "fmp4-ladder", CUT),
    ("BW_PEAK", "ladder", master(r"(?<=I-FRAME-STREAM-INF:BANDWIDTH=)\d+", "1000", 1)),
]

MUTATIONS = MEDIA + VARIANTS + IFRAMES
