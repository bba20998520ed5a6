# SPDX-License-Identifier: GPL-2.0-or-later
"""What others do and RFC 8216 allows: streams of good.py, and what makes such ones of them."""

from conformance import ts
from good import timestamp
from mutations_mp4 import init_bytes
from mutations_ts import ALL, change_pes, show_at_once
from spoil import Change, edit, in_turn, segment

KEY = '#EXT-X-KEY:METHOD=AES-128,URI="key"'


def hide(data: bytearray) -> None:
    """All bytes are others, as if encrypted."""
    data[:] = bytes(byte ^ 0xA5 for byte in data)


def become_ac3(data: bytearray) -> bytes:
    """A segment of sound is packed AC-3, or what begins like it."""
    parsed = ts.parse(bytes(data))
    head = timestamp(parsed.pes[parsed.pids(ts.ADTS)[0]][0].pts) + b"\x0b\x77"
    return head.ljust(len(data), b"\0")


ALLOWED: list[tuple[str, Change]] = [
    ("b-pictures", in_turn(edit("#EXT-X-INDEPENDENT-SEGMENTS\n", ""),
                           change_pes(ts.H264, 1, show_at_once))),
    ("fmp4", in_turn(edit(r"^(#EXT-X-MAP)", rf"{KEY}\n\1"), init_bytes(hide))),
    ("groups", segment(become_ac3, ALL, "audio/stream.m3u8")),
]
