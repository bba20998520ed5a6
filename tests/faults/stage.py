# SPDX-License-Identifier: GPL-2.0-or-later
"""hlsgen with stage.c preloaded: under its whole confinement, but with faults, and a time, of ours.

STAGE_LIBRARY names the library. A page of memory that both sides share steers it and counts.
"""
import ctypes
import mmap
import os
import re
import signal
import tempfile
import time
from pathlib import Path

from origin import Hlsgen, sets, wait_until

LIBRARY = Path(os.environ.get("STAGE_LIBRARY", "stage.so")).absolute()  # may have blanks
EXIT_STAGED = 99
NS = 1_000_000_000
FOREVER = 1 << 62

# The smallest stream, so that a test can have many of them: 20 kB a segment.
TINY = sets("video.size=64x64", "video.rate=10", "video.bitrate=32kbit/s", "audio.bitrate=32kbit/s",
            "stream.segment-duration=1s")
WINDOW = 3
SMALL = [*TINY, *sets(f"stream.window={WINDOW}")]

PLAYLIST, STATE = "stream.m3u8", "hlsgen.state"
TEMPORARY = (".hlsgen-segment.tmp", ".hlsgen-playlist.tmp", ".hlsgen-state.tmp")
INDEX = ("index.json", ".hlsgen-index.tmp")  # which may be missing

KINDS = ("create", "open", "read", "write", "set time", "sync", "close", "sync directory",
         "rename segment", "rename playlist", "rename state", "unlink", "status", "list")
MEMORY_REFUSED_WHEN_STEADY = 1


def numbers(*names: str) -> list[tuple[str, type]]:
    return [(name, ctypes.c_int64) for name in names]


def number_of(uri: str) -> int:
    """The number of the segment that a URI names."""
    return int(uri.removeprefix("seg").removesuffix(".ts"))


def open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


class Orders(ctypes.Structure):
    """As struct orders of stage.c."""

    _fields_ = numbers("calls", "failed", "error", "from_", "until", "delay")


class Page(ctypes.Structure):
    """As struct page of stage.c."""

    _fields_ = numbers("rate", "real_start", "wall_start", "step", "calls", "end_at",
                       "write_limit", "memory", "refused") + [("orders", Orders * len(KINDS))]


class Time:
    """A time of its own for any number of programs: begins now, at `wall` (seconds), and runs
    `rate` times as fast as the real one."""

    def __init__(self, wall: float = 2_000_000_000, rate: int = 1) -> None:
        self.rate = rate
        self.real_start = time.monotonic_ns()
        self.wall_start = int(wall * NS)

    def time(self) -> float:
        """Seconds since the Unix epoch."""
        return self.wall_start / NS + self.monotonic()

    def monotonic(self) -> float:
        return (time.monotonic_ns() - self.real_start) * self.rate / NS

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self.rate)


class Staged(Hlsgen):
    """One run of hlsgen on the stage, of the smallest stream unless `arguments` say otherwise."""

    def __init__(self, out: Path, clock: Time, *arguments: str, base: list[str] = SMALL) -> None:
        super().__init__(out, *base, *arguments)
        self.clock = clock
        self.page = Page(rate=clock.rate, real_start=clock.real_start,
                         wall_start=clock.wall_start)

    def start(self) -> "Staged":
        """Also again: with the orders that the page then holds, and counters at 0."""
        with tempfile.NamedTemporaryFile() as file:
            for orders in self.page.orders:
                orders.calls = orders.failed = 0
            self.page.calls = self.page.refused = 0
            file.write(bytes(self.page))
            file.flush()
            self.page = Page.from_buffer(mmap.mmap(file.fileno(), ctypes.sizeof(Page)))
            self.environment = os.environ | {"LD_LIBRARY_PATH": str(LIBRARY.parent),
                                             "LD_PRELOAD": LIBRARY.name, "STAGE": file.name}
            super().start()
            wait_until(lambda: self.page.calls > 0 or self.process.poll() is not None, "the stage")
        return self

    def wait_ready(self) -> "Staged":
        """Until the steady state; RuntimeError when it ends before."""
        wait_until(lambda: self.process.poll() is not None or "publishing preset=" in self.said(),
                   "the steady state")
        if self.process.poll() is not None:
            raise RuntimeError(f"hlsgen ended with {self.wait()}: {self.errors}")
        return self

    def said(self) -> str:
        """The log so far; the file's offset belongs to the program."""
        if self.log.closed:
            return self.errors
        return os.pread(self.log.fileno(), 1 << 20, 0).decode(errors="replace")

    def lines(self, words: str) -> list[str]:
        return [line for line in self.said().splitlines() if words in line]

    def status(self) -> dict[str, str]:
        """What it answers to SIGUSR1."""
        before = len(self.lines(" status newest="))
        self.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: len(self.lines(" status newest=")) > before, "the status")
        line = self.lines(" status newest=")[-1]
        return dict(pair.split("=", 1) for pair in line.split() if "=" in pair)

    def newest(self) -> int:
        """The number of the last segment that the playlist lists; -1 for none, or a FIFO."""
        try:
            with open(self.playlist, "rb", opener=open_at_once) as file:
                found = re.findall(rb"^seg(\d+)\.ts$", file.read(), re.MULTILINE)
        except OSError:
            return -1
        return int(found[-1]) if found else -1

    def wait_newest(self, number: int) -> None:
        wait_until(lambda: self.newest() >= number, f"segment {number}")

    def wait_newest_due(self, seconds: int = 1) -> None:
        """Until it has published all that is due, with segments of so many seconds."""
        self.wait_newest(int(self.clock.time()) // seconds - 1)

    def orders(self, kind: str) -> Orders:
        return self.page.orders[KINDS.index(kind)]

    def fail(self, kind: str, error: int, count: int = FOREVER, skip: int = 0) -> None:
        """From the call after the next `skip` ones of the kind on, `count` fail."""
        orders = self.orders(kind)
        orders.until = 0
        orders.error = error
        orders.from_ = orders.calls + skip
        orders.until = orders.from_ + count

    def heal(self, kind: str) -> None:
        self.orders(kind).until = 0

    def end_at(self, calls: int) -> None:
        """It ends instead of making the call after the next `calls` - 1 ones."""
        self.page.end_at = self.page.calls + calls

    def step(self, seconds: float) -> None:
        """Steps its wall clock."""
        self.page.step += int(seconds * NS)
