# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways to change a stream on disk, of which mutations are made.

Each gives a function of the stream's folder. Names of files are relative to it.
"""

import re
from collections.abc import Callable
from pathlib import Path

Change = Callable[[Path], None]
Edit = Callable[[bytearray], bytearray | None]


def edit(pattern: str, new: str | Callable[[re.Match], str], count: int = 0,
         name: str = "stream.m3u8") -> Change:
    """Puts `new` in the place of every match, or of the first `count`, in a playlist."""
    def change(folder: Path) -> None:
        path = folder / name
        old = path.read_text()
        text = re.sub(pattern, new, old, count=count, flags=re.MULTILINE)
        assert text != old, f"{pattern} does not change {name}"
        path.write_bytes(text.encode())
    return change


def master(pattern: str, new: str, count: int = 0) -> Change:
    """Likewise in the multivariant playlist."""
    return edit(pattern, new, count, "master.m3u8")


def add(line: str, name: str = "stream.m3u8") -> Change:
    """Puts a line behind #EXTM3U."""
    return edit(r"\A(#EXTM3U\n)", rf"\g<1>{line}\n", 1, name)


def in_turn(*changes: Change) -> Change:
    """What only several changes together are."""
    def change(folder: Path) -> None:
        for each in changes:
            each(folder)
    return change


def listed(folder: Path, name: str = "stream.m3u8") -> list[Path]:
    """The segments of a playlist, in its order."""
    playlist = folder / name
    return [playlist.parent / line for line in playlist.read_text().splitlines()
            if line and not line.startswith("#")]


def segment(change_bytes: Edit, which: slice = slice(5, 6), name: str = "stream.m3u8") -> Change:
    """Changes the bytes of segments of a playlist, by default of the sixth; in place, or by what it
    returns. The index, whose digests would tell, goes."""
    def change(folder: Path) -> None:
        for path in listed(folder, name)[which]:
            data = bytearray(path.read_bytes())
            new = change_bytes(data)
            path.write_bytes(data if new is None else new)
            (path.parent / "index.json").unlink(missing_ok=True)
    return change
