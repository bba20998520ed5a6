#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads the clock's code from pictures, as doc/clock-code.md defines it.

    ffmpeg -i stream.m3u8 -fps_mode passthrough -f rawvideo -pix_fmt gray - |
        clock_code.py 1280x720

prints a line a picture: stream, segment, frame, time in UTC, and whether the lamp is lit; "unread"
when the check bits do not fit. Of pictures that were scaled the size is told, too:
`clock_code.py 1280x720 640x360`.
"""

import argparse
import sys
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import BinaryIO, NamedTuple

BYTES = 22
VERSION = 1
COLUMNS_MAX = 60


class Moment(NamedTuple):
    """What one frame says of itself."""

    stream: int  # 0: the only one
    index: int  # of the media segment
    frame: int  # since the epoch
    time: int  # milliseconds since 1970-01-01T00:00:00Z
    flash: bool  # whether the lamp is lit

    def __str__(self) -> str:
        time = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=self.time)
        text = time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return f"{self.stream} {self.index} {self.frame} {text}{' flash' if self.flash else ''}"


class Geometry(NamedTuple):
    """Where the code lies in the picture that hlsgen made, in luma samples."""

    side: int  # of a cell
    columns: int  # the reference cells at the left included
    rows: int
    left: int
    top: int

    @classmethod
    def of(cls, width: int, height: int) -> "Geometry":
        short = min(width, height)
        side = 8 if short <= 360 else 16 * min(-(-short // 720), 4)
        columns = min(width // side, COLUMNS_MAX)
        rows = -(-8 * BYTES // (columns - 1))
        left = (width // side - columns) // 2 * side
        bottom = height * 7 // 12 // 16 * 16
        return cls(side, columns, rows, left, bottom - (rows + 1) * side)


def ungray(number: int) -> int:
    """The number that a Gray code stands for."""
    shift = number >> 1
    while shift:
        number ^= shift
        shift >>= 1
    return number


def unpack(message: bytes) -> Moment | None:
    """None unless the check bits fit."""
    if zlib.crc32(message[:18]) != int.from_bytes(message[18:]) or message[0] >> 4 != VERSION:
        return None
    return Moment(
        stream=int.from_bytes(message[1:3]),
        index=ungray(int.from_bytes(message[3:7])),
        frame=ungray(int.from_bytes(message[7:12])),
        time=ungray(int.from_bytes(message[12:18])),
        flash=bool(message[0] & 1))


class Reader:
    """Reads gray pictures of `size` that hlsgen made in `source` size."""

    def __init__(self, source: tuple[int, int], size: tuple[int, int] | None = None) -> None:
        self.size = size or source
        self.geometry = Geometry.of(*source)
        across, down = self.size[0] / source[0], self.size[1] / source[1]
        cells = [[self.middle(column, row, across, down)
                  for column in range(self.geometry.columns)]
                 for row in range(self.geometry.rows)]
        self.references = [row[0] for row in cells]
        self.bits = [cell for row in cells for cell in row[1:]][:8 * BYTES]

    def middle(self, column: int, row: int, across: float, down: float) -> list[slice]:
        """The samples in the middle half of a cell, as slices of a picture."""
        side, _, _, left, top = self.geometry
        x, y = left + column * side, top + row * side
        begin, end = round((x + side / 4) * across), round((x + side * 3 / 4) * across)
        first, last = round((y + side / 4) * down), round((y + side * 3 / 4) * down)
        width = self.size[0]
        return [slice(line * width + begin, line * width + max(end, begin + 1))
                for line in range(first, max(last, first + 1))]

    def read(self, picture: bytes) -> Moment | None:
        """What the picture says, or None if nothing that can be believed."""
        def mean(cell: list[slice]) -> float:
            samples = b"".join(picture[part] for part in cell)
            return sum(samples) / len(samples)

        levels = [mean(cell) for cell in self.references]
        white, black = levels[0::2], levels[1::2]
        threshold = (sum(white) / len(white) + sum(black) / len(black)) / 2
        number = 0
        for cell in self.bits:
            number = number << 1 | (mean(cell) > threshold)
        return unpack(number.to_bytes(BYTES))

    def read_all(self, stream: BinaryIO) -> Iterator[Moment | None]:
        """One a picture, to the end of raw video."""
        while picture := stream.read(self.size[0] * self.size[1]):
            yield self.read(picture)


def parse_size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def main() -> None:
    parser = argparse.ArgumentParser(description="Reads the clock's code from raw gray video.")
    parser.add_argument("source", type=parse_size, help="size of the picture as hlsgen made it")
    parser.add_argument("size", type=parse_size, nargs="?", help="size of those at standard input")
    arguments = parser.parse_args()
    for moment in Reader(arguments.source, arguments.size).read_all(sys.stdin.buffer):
        print(moment or "unread", flush=True)


if __name__ == "__main__":
    main()
