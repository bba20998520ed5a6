# SPDX-License-Identifier: GPL-2.0-or-later
"""ADTS frames of AAC (ISO/IEC 14496-3 1.A.2.2)."""

from dataclasses import dataclass

SAMPLES = 1024  # of a raw data block
RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)


@dataclass
class Frame:
    offset: int  # in the elementary stream of the segment
    size: int
    profile: int
    rate: int
    channels: int


def parse(data: bytes) -> tuple[list[Frame], str | None]:
    """Splits an elementary stream into frames; the text says why it is not whole frames."""
    frames, at = [], 0
    while at < len(data):
        head = data[at:at + 7]
        if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
            return frames, f"no ADTS header at byte {at} of {len(data)}"
        index = head[2] >> 2 & 15
        size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        if index >= len(RATES) or head[6] & 3 != 0:
            return frames, f"frame at byte {at}: bad rate index or more than one raw data block"
        if size < 7 or at + size > len(data):
            return frames, f"frame at byte {at} is cut: {size} bytes wanted, {len(data) - at} there"
        channels = (head[2] & 1) << 2 | head[3] >> 6
        frames.append(Frame(at, size, head[2] >> 6, RATES[index], channels))
        at += size
    return frames, None
