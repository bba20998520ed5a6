# SPDX-License-Identifier: GPL-2.0-or-later
"""What is there and what is not; index.json; what was left behind."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from spoil import Change, edit, listed

SEGMENT = 5  # of 8


def remove(folder: Path) -> None:
    listed(folder)[SEGMENT].unlink()


def put_behind_link(folder: Path) -> None:
    """What a link leads to is not of the stream."""
    path = listed(folder)[SEGMENT]
    path.rename(folder / "elsewhere")
    path.symlink_to("elsewhere")


def make_fifo(folder: Path) -> None:
    path = listed(folder)[SEGMENT]
    path.unlink()
    os.mkfifo(path)


def damage(folder: Path) -> None:
    """One byte, in what decoders skip: the stuffing at the end of the segment."""
    path = listed(folder)[SEGMENT]
    data = bytearray(path.read_bytes())
    at = data.rindex(b"\xff" * 64)
    data[at + 32] = 0xfe
    path.write_bytes(data)


def entry(change: Callable[[dict], None]) -> Change:
    """Changes the entry of a segment in index.json."""
    def edit_index(folder: Path) -> None:
        path = folder / "index.json"
        index = json.loads(path.read_text())
        change(index["segments"][listed(folder)[SEGMENT].name])
        path.write_text(json.dumps(index))
    return edit_index


def forget_entry(folder: Path) -> None:
    path = folder / "index.json"
    index = json.loads(path.read_text())
    del index["segments"][listed(folder)[SEGMENT].name]
    path.write_text(json.dumps(index))


def write(name: str, text: bytes) -> Change:
    def change(folder: Path) -> None:
        (folder / name).write_bytes(text)
    return change


# The last segment is there, and not in the list.
drop_last = edit(r"(#EXT-X-PROGRAM-DATE-TIME.*\n)?#EXTINF.*\n.*\n(?=#EXT-X-ENDLIST)", "", 1)

MUTATIONS = [
    ("SG_AVAILABLE", "vod", remove),
    ("SG_AVAILABLE", "vod", put_behind_link),
    ("SG_AVAILABLE", "vod", make_fifo),
    ("SG_IMMUTABLE", "vod", damage),
    ("SG_IMMUTABLE", "vod", entry(lambda it: it.update(size=it["size"] + 188))),
    ("IX_PARSE", "vod", write("index.json", b'{"format": "hlsgen-index", "version": 1}')),
    ("IX_PARSE", "vod", write("index.json", b"{")),
    ("IX_PARSE", "vod", write("index.json", b"[" * 100_000)),
    ("IX_PARSE", "vod", entry(lambda it: it.update(sha256="0" * 63))),
    ("IX_PARSE", "vod", entry(lambda it: it.pop("size"))),
    ("IX_ENTRY", "vod", forget_entry),
    ("SG_TEMP", "vod", write("seg.tmp", b"")),
    ("SG_TEMP", "vod", write("seg999.ts", b"")),
    ("SG_TEMP", "vod", drop_last),
    ("PL_FETCH", "vod-ladder", lambda folder: (folder / "top/stream.m3u8").unlink()),
    ("PL_INDEPENDENT", "vod", edit(r"#EXT-X-INDEPENDENT-SEGMENTS\n", "")),
]
