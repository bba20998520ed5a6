# SPDX-License-Identifier: GPL-2.0-or-later
"""Sees each playlist at the instant at which it is renamed into place, in one directory or many.

Lateness is read off a clock when the kernel's notice of the renaming has woken this program, which
runs at real-time priority where it may: then no busy process delays it. How long the notice takes
is measured, too, and not deducted.
"""
import ctypes
import gc
import os
import re
import select
import statistics
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

PLAYLIST = "stream.m3u8"
IN_CLOSE_WRITE = 0x8  # GStreamer writes its first playlist in place
IN_MOVED_TO = 0x80
IN_Q_OVERFLOW = 0x4000
NS = 1_000_000_000

# Renames a file to the playlist's name, again and again, with the time of that as its mtime.
RENAMER = f"""import os, time
while True:
    open("new", "w").close()
    os.utime("new", ns=(now := time.time_ns(), now))
    os.rename("new", "{PLAYLIST}")
    time.sleep(0.02)"""


@dataclass(frozen=True)
class Version:
    """A playlist as it was when the notice of its renaming came."""

    directory: Path
    realtime: int  # nanoseconds
    monotonic: int
    text: str

    @property
    def segments(self) -> list[str]:
        return [line for line in self.text.splitlines() if line and not line.startswith("#")]

    @property
    def durations(self) -> list[int]:
        """Nanoseconds of each segment."""
        return [round(float(found) * NS) for found in re.findall(r"#EXTINF:([\d.]+)", self.text)]

    @property
    def newest(self) -> int:
        """Media sequence number of the newest segment."""
        first = re.search(r"^#EXT-X-MEDIA-SEQUENCE:(\d+)", self.text, re.MULTILINE)
        return (int(first[1]) if first else 0) + len(self.segments) - 1

    @property
    def due(self) -> int | None:
        """End of the newest segment by PROGRAM-DATE-TIME, nanoseconds since the Unix epoch."""
        date = re.search(r"#EXT-X-PROGRAM-DATE-TIME:(.*)", self.text[self.text.rfind("#EXT-X-PR"):])
        if date is None:
            return None
        start = datetime.fromisoformat(date[1])
        whole = int(start.replace(microsecond=0).timestamp()) * NS + start.microsecond * 1000
        return whole + self.durations[-1]


class Watch:
    """Every playlist that appears in @p directories, from construction on."""

    def __init__(self, directories: list[Path], events: int = IN_MOVED_TO | IN_CLOSE_WRITE) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self.pending: deque[Version] = deque()
        self.directories: dict[int, Path] = {}
        self.fd = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        for directory in directories:
            number = libc.inotify_add_watch(self.fd, bytes(directory), events)
            if number < 0:
                error = ctypes.get_errno()
                raise OSError(error, os.strerror(error), str(directory))
            self.directories[number] = directory

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)

    def next(self, timeout: float) -> Version | None:
        """Waits for one; None when @p timeout seconds pass without."""
        end = time.monotonic() + timeout
        while not self.pending and (left := end - time.monotonic()) > 0:
            if select.select([self.fd], [], [], left)[0]:
                self._read(time.time_ns(), time.monotonic_ns())
        return self.pending.popleft() if self.pending else None

    def until(self, end: int) -> Iterator[Version]:
        """All of them until CLOCK_MONOTONIC says @p end."""
        while version := self.next((end - time.monotonic_ns()) / NS):
            yield version

    def _read(self, realtime: int, monotonic: int) -> None:
        data, at = os.read(self.fd, 1 << 18), 0
        while at < len(data):
            number, mask, _, length = struct.unpack_from("iIII", data, at)
            name = data[at + 16:at + 16 + length].rstrip(b"\0").decode()
            at += 16 + length
            if mask & IN_Q_OVERFLOW:
                raise OverflowError("more files than this program could look at")
            if name == PLAYLIST:
                directory = self.directories[number]
                text = (directory / PLAYLIST).read_text()
                self.pending.append(Version(directory, realtime, monotonic, text))


def come_first() -> str:
    """Real-time priority for this program, not for those that it starts; in words, what it got."""
    gc.disable()  # what it collects would be met by a version that is waited for
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except PermissionError:
        return "not at real-time priority, for lack of permission: lateness includes its own"
    return "at real-time priority"


def notice_ms(directory: Path, seconds: float) -> list[float]:
    """Milliseconds from before a renaming until its notice has come here."""
    found = []
    with Watch([directory], IN_MOVED_TO) as watch:
        renamer = subprocess.Popen([sys.executable, "-c", RENAMER], cwd=directory)
        for version in watch.until(time.monotonic_ns() + int(seconds * NS)):
            found.append((version.realtime - (directory / PLAYLIST).stat().st_mtime_ns) / 1e6)
        renamer.kill()
        renamer.wait()
    return found


def lateness(versions: list[Version]) -> list[float]:
    """
    Milliseconds after the due instant, of the versions of one playlist. Without PROGRAM-DATE-TIME:
    how far off the grid that fits them best, which is made of the durations that they state.
    """
    if all(version.due is not None for version in versions):
        return [(version.realtime - version.due) / 1e6 for version in versions]
    media, offsets = 0, []
    for before, version in zip(versions, versions[1:]):
        if new := version.newest - before.newest:
            media += sum(version.durations[-new:])
            offsets.append(version.monotonic - media)
    centre = statistics.median(offsets)
    return [(offset - centre) / 1e6 for offset in offsets]
