# SPDX-License-Identifier: GPL-2.0-or-later
"""Boxes of ISO base media files (ISO/IEC 14496-12 4.2), to be changed where they stand."""

from collections.abc import Iterator

HEAD = 8  # bytes: size and type


def boxes(data: bytes, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, beginning of the body, and end of each box."""
    while begin < end:
        size = int.from_bytes(data[begin:begin + 4], "big")
        yield bytes(data[begin + 4:begin + HEAD]), begin + HEAD, begin + size
        begin += size


def find(data: bytes, *path: bytes) -> list[tuple[int, int]]:
    """Body and end of every box at a path such as moof, traf, tfdt."""
    found = [(0, len(data))]
    for name in path:
        found = [(body, end) for outer in found for kind, body, end in boxes(data, *outer)
                 if kind == name]
    assert found, f"there is no {path}"
    return found


def number(data: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(data[at:at + size], "big")


def put(data: bytearray, at: int, value: int, size: int = 4) -> None:
    data[at:at + size] = value.to_bytes(size, "big")


def rename(data: bytearray, body: int, name: bytes) -> None:
    """The box with this body is of another type."""
    data[body - 4:body] = name


def track_of(data: bytes, traf: tuple[int, int]) -> int:
    """track_ID of a track fragment."""
    return next(number(data, body + 4) for kind, body, _ in boxes(data, *traf) if kind == b"tfhd")


def tracks(data: bytes, track: int) -> list[tuple[int, int]]:
    """The track fragments of one track."""
    return [traf for traf in find(data, b"moof", b"traf") if track_of(data, traf) == track]


def inside(data: bytes, outer: tuple[int, int], name: bytes) -> int:
    """The body of a box in another."""
    return next(body for kind, body, _ in boxes(data, *outer) if kind == name)


def free(size: int) -> bytes:
    return size.to_bytes(4, "big") + b"free" + bytes(size - HEAD)
