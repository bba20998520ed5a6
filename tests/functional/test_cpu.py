# SPDX-License-Identifier: GPL-2.0-or-later
"""The budget of processor time: no 10 s of an encoding take more, by more than 2 points.

The kernel's account of the process is read often, and every stretch of at most 10 s between two
readings is judged. HLSGEN_BUSY loops, 0 by default, want the processors at the same time.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import unittest
from collections.abc import Iterator
from pathlib import Path

from origin import PATIENCE, Hlsgen, scratch, sets, wait_until
from tap import main, note

WINDOW = 10.0  # seconds
POINTS = 0.02
WATCHED = 25.0
BUSY = int(os.environ.get("HLSGEN_BUSY", "0"))

# More to encode than there is time for: 1800 frames.
LONG = sets("video.pattern=testsrc2", "video.cycle=60s", "video.x264-preset=veryfast",
            "video.size=1280x720")
SMALL = sets("video.pattern=testsrc2", "video.cycle=60s", "video.size=320x180",
             "video.bitrate=500kbit/s")

Usage = list[tuple[float, float, float]]  # of processor time, read between two instants


@contextlib.contextmanager
def busy_loops() -> Iterator[None]:
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(BUSY)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def read_usage(pid: int) -> float:
    """Seconds, of its one thread."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def fullest(usage: Usage) -> float:
    """The most used between two readings that surely lie at most a window apart, as a share of it.
    """
    most = 0.0
    last = 0
    for first, (used, start, _) in enumerate(usage):
        last = max(last, first)
        while last + 1 < len(usage) and usage[last + 1][2] - start <= WINDOW:
            last += 1
        most = max(most, usage[last][0] - used)
    return most / WINDOW


def watch(runs: list[Hlsgen]) -> list[Usage]:
    """What runs that start now use until they have run for long enough."""
    end = time.monotonic() + WATCHED
    usages: list[Usage] = []
    for run in runs:
        usages.append([(0.0, time.monotonic(), time.monotonic())])
        run.start()
    while time.monotonic() < end:
        for run, usage in zip(runs, usages):
            before = time.monotonic()
            used = read_usage(run.process.pid)
            usage.append((used, before, time.monotonic()))
        time.sleep(0.02)
    return usages


class Paced(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())

    def make_run(self, percent: int, *arguments: str) -> Hlsgen:
        return Hlsgen(self.folder / f"hls {percent}", f"--cpu-budget={percent}%", *arguments)

    def check_budget(self, percent: int, run: Hlsgen, usage: Usage) -> None:
        """It kept to it, and SIGTERM ends it while it encodes or waits."""
        note(f"{percent} %: {fullest(usage):.2%} in the fullest {WINDOW:.0f} s,"
             f" {usage[-1][0]:.2f} s in {WATCHED:.0f} s, {len(usage)} readings")
        self.assertEqual(run.stop(signal.SIGTERM), 0, run.errors)
        self.assertFalse(run.playlist.exists(), "it had less to encode than wanted")
        self.assertLessEqual(fullest(usage), percent / 100 + POINTS)

    def test_budgets_are_kept(self) -> None:
        """1, 5, 50 and 200 %, all at the same time."""
        runs = {
            1: self.make_run(1, *SMALL),
            5: self.make_run(5, *SMALL, *sets("video.x264-preset=medium")),
            50: self.make_run(50, *LONG),
            200: self.make_run(200, *LONG, *sets("video.x264-preset=slower"),
                               "--memory-budget=1GB"),
        }
        with busy_loops():
            usages = watch(list(runs.values()))
            one = runs[1].process.pid
            wait_until(lambda: read_usage(one) > 0.2, "that 1 % goes on")  # of 250 ms until now
        for (percent, run), usage in zip(runs.items(), usages):
            with self.subTest(percent=percent):
                self.check_budget(percent, run, usage)

    def test_service_manager_is_told(self) -> None:
        """Every second, also while it waits."""
        path = self.folder / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(path))
            path.chmod(0o777)
            manager.settimeout(PATIENCE)
            run = self.make_run(1, *SMALL)
            run.command = ["env", f"NOTIFY_SOCKET={path}", *run.command]
            begin = time.monotonic()
            run.start()
            for _ in range(6):
                self.assertIn(b"EXTEND_TIMEOUT_USEC=", manager.recv(4096))
            self.assertGreater(time.monotonic() - begin, 4)  # and no more often
            self.assertEqual(run.stop(signal.SIGTERM), 0, run.errors)


if __name__ == "__main__":
    main()
