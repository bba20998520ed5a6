# SPDX-License-Identifier: GPL-2.0-or-later
"""Looks at a directory and at a process from outside, without slowing either."""
import ctypes
import os
import re
import select
import struct
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

PLAYLIST = "stream.m3u8"
IN_MOVED_TO = 0x80
NS = 1_000_000_000


@dataclass(frozen=True)
class Version:
    """A playlist at the instant it was renamed into place."""

    realtime: int  # nanoseconds; taken when the kernel's event has reached this process
    monotonic: int
    text: str

    @property
    def segments(self) -> list[str]:
        return [line for line in self.text.splitlines() if line and not line.startswith("#")]

    @property
    def newest(self) -> int:
        """Media sequence number of the newest segment."""
        first = re.search(r"^#EXT-X-MEDIA-SEQUENCE:(\d+)$", self.text, re.MULTILINE)
        return (int(first[1]) if first else 0) + len(self.segments) - 1

    @property
    def due(self) -> int | None:
        """End of the newest segment by PROGRAM-DATE-TIME, nanoseconds since the Unix epoch."""
        dates = re.findall(r"^#EXT-X-PROGRAM-DATE-TIME:(.*)$", self.text, re.MULTILINE)
        durations = re.findall(r"^#EXTINF:([\d.]+)", self.text, re.MULTILINE)
        if len(dates) != len(durations) or not dates:
            return None
        start = datetime.fromisoformat(dates[-1])
        whole = int(start.replace(microsecond=0).timestamp()) * NS + start.microsecond * 1000
        return whole + round(float(durations[-1]) * NS)


class PlaylistWatch:
    """Every version of the playlist that appears in a directory, from construction on."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / PLAYLIST
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self.libc.inotify_init1(os.O_CLOEXEC)
        if self.fd < 0 or self.libc.inotify_add_watch(self.fd, bytes(directory), IN_MOVED_TO) < 0:
            raise OSError(ctypes.get_errno(), "inotify", str(directory))

    def close(self) -> None:
        os.close(self.fd)

    def next(self, timeout: float) -> Version | None:
        """Waits for one; None when @p timeout seconds pass without."""
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            if select.select([self.fd], [], [], left)[0]:
                realtime, monotonic = time.time_ns(), time.monotonic_ns()
                if PLAYLIST in self._names():
                    return Version(realtime, monotonic, self.path.read_text())
        return None

    def _names(self) -> list[str]:
        data, names, at = os.read(self.fd, 65536), [], 0
        while at < len(data):
            length = struct.unpack_from("iIII", data, at)[3]
            names.append(data[at + 16:at + 16 + length].rstrip(b"\0").decode())
            at += 16 + length
        return names


def cpu_time(pid: int) -> int:
    """Nanoseconds that all threads of a process have run: clock_getcpuclockid(3)."""
    return time.clock_gettime_ns((~pid << 3) | 2)


def memory(pid: int) -> dict[str, int | None]:
    """Bytes: peak and present resident set, and its proportional share, if one may know it."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = {key: int(re.search(rf"^{line}:\s+(\d+) kB", status, re.MULTILINE)[1]) * 1024
             for key, line in (("peak_rss", "VmHWM"), ("rss", "VmRSS"))}
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except PermissionError:  # of a process that is not dumpable, to all but root
        return found | {"pss": None}
    return found | {"pss": int(re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)[1]) * 1024}
