# SPDX-License-Identifier: GPL-2.0-or-later
"""What becomes of the stream when time does not pass as it should.

The process stands still, starves, waits for the disk; its clock steps and is slewed.
"""
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from origin import scratch, sets, wait_until
from reader import Reader, Reference
from realtime import RealTime
from stage import NS, WINDOW, Staged, Time
from survived import show, survived
from tap import main

RATE = 10
HOUR = 3600


def tearDownModule() -> None:
    show()


class Case(RealTime):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())
        self.clock = Time(rate=RATE)

    @contextmanager
    def watched(self, *arguments: str, seconds: int = 1) -> Iterator[Staged]:
        """A run with a reader beside it, who in the end has found nothing false."""
        number = len(list(self.folder.iterdir()))
        reference = Reference(self.folder / f"reference {number}", *arguments, seconds=seconds)
        reference.make(int(self.clock.time()) // seconds)  # now, not while the reader looks
        with Staged(self.folder / f"hls {number}", self.clock, *arguments) as hlsgen:
            with Reader(hlsgen.out, reference.named) as reader:
                self.addCleanup(self.assert_nothing_false, reader)
                hlsgen.wait_newest(hlsgen.newest() + 1)  # its clocks are tied after the start
                yield hlsgen
                hlsgen.wait_newest(hlsgen.newest() + 3)
            self.assertEqual(hlsgen.stop(), 0, hlsgen.errors)
        self.assertGreater(reader.versions, 1)

    def assert_nothing_false(self, reader: Reader) -> None:
        with self.on_any_machine():
            self.assertEqual(reader.faults, [])


class Stopped(Case):
    def stop(self, seconds: int, window: int) -> int:
        """@return how many segments no playlist ever listed"""
        with self.watched(*sets(f"stream.window={window}")) as hlsgen:
            hlsgen.freeze()
            self.clock.sleep(seconds)
            hlsgen.thaw()
            hlsgen.wait_newest_due()
            return int(hlsgen.status()["skipped"])

    def test_shortly(self) -> None:
        self.assertEqual(self.stop(1, 10), 0)
        survived("stopped for 1 s", "window of 10 s", "caught up in order")

    def test_for_long(self) -> None:
        self.assertEqual(self.stop(30, 60), 0)
        survived("stopped for 30 s", "window of 60 s", "caught up in order")

    def test_for_longer_than_the_window(self) -> None:
        self.assertGreater(self.stop(30, WINDOW), 0)
        survived("stopped for 30 s", f"window of {WINDOW} s", "a new window, the rest skipped")


class Slow(Case):
    def test_busy_loops(self) -> None:
        """Two a core."""
        count = 2 * len(os.sched_getaffinity(0))
        with ExitStack() as stack:
            for _ in range(count):
                loop = stack.enter_context(
                    subprocess.Popen([sys.executable, "-c", "while True: pass"]))
                stack.callback(loop.kill)
            with self.watched() as hlsgen:
                hlsgen.wait_newest(hlsgen.newest() + 40)
        survived("no processor to be had", f"{count} busy loops, 40 segments", "nothing false")

    def test_disk_that_keeps_up(self) -> None:
        """A write of 3 s is of no consequence while two of them fit into a segment."""
        with self.watched(*sets("stream.segment-duration=10s"), seconds=10) as hlsgen:
            hlsgen.orders("write").delay = 3 * NS
            hlsgen.wait_newest(hlsgen.newest() + 5)
            self.assertEqual(hlsgen.status()["skipped"], "0")
        survived("each write takes 3 s", "segments of 10 s", "published in time")

    def test_disk_that_does_not(self) -> None:
        with self.watched() as hlsgen:
            hlsgen.orders("write").delay = 3 * NS
            before = hlsgen.newest()
            wait_until(lambda: hlsgen.newest() > before + 10, "segments in spite of the disk")
            hlsgen.orders("write").delay = 0
            hlsgen.wait_newest_due()
        survived("each write takes 3 s", "segments of 1 s", "late, nothing false, caught up")


class Steps(Case):
    def wait_line(self, hlsgen: Staged, words: str) -> None:
        """Once, also segments later."""
        wait_until(lambda: hlsgen.lines(words), words)
        hlsgen.wait_newest(hlsgen.newest() + 3)
        self.assertEqual(len(hlsgen.lines(words)), 1, hlsgen.said())

    def wait_report(self, hlsgen: Staged, step: float) -> dict:
        """By the wall clock it is well; what status.json then says."""
        def lease() -> Path:
            return hlsgen.out / f"hlsgen.alive-{int(self.clock.time() + step) // 5 * 5}"

        wait_until(lambda: lease().exists(), "a lease of the time after the step")
        status = json.loads((hlsgen.out / "status.json").read_text())
        self.assertTrue(status["healthy"])
        return status

    def forward(self, seconds: float) -> None:
        with self.watched() as hlsgen:
            hlsgen.step(seconds)
            self.wait_line(hlsgen, "clock stepped forward")
            hlsgen.wait_newest(int(self.clock.time() + seconds) - 1)
            self.assertFalse(self.wait_report(hlsgen, seconds)["degraded"])

    def back(self, seconds: float) -> None:
        """Neither the sequence nor the cadence goes by such a clock."""
        with self.watched() as hlsgen:
            hlsgen.step(-seconds)
            self.wait_line(hlsgen, "clock stepped back")
            hlsgen.wait_newest_due()
            wait_until(lambda: self.wait_report(hlsgen, -seconds)["degraded"], "the new report")
            self.assertLess(self.wait_report(hlsgen, -seconds)["clock_offset_us"], 0)

    def test_an_hour_forward(self) -> None:
        self.forward(HOUR)
        survived("clock stepped by +1 h", "steady state", "followed, a whole window at once")

    def test_an_hour_back(self) -> None:
        self.back(HOUR)
        survived("clock stepped by -1 h", "steady state", "cadence held, sequence never back")

    def test_a_moment_forward(self) -> None:
        self.forward(0.05)
        survived("clock stepped by +50 ms", "steady state", "followed")

    def test_a_moment_back(self) -> None:
        self.back(0.05)
        survived("clock stepped by -50 ms", "steady state", "cadence held")

    def test_slewed(self) -> None:
        """50 ms in steps of 1/4 ms, there and back."""
        with self.watched() as hlsgen:
            for step in [0.00025] * 200 + [-0.00025] * 200:
                hlsgen.step(step)
                self.clock.sleep(0.05)
            hlsgen.wait_newest_due()
        survived("clock slewed by +-50 ms", "in 10 s each", "nothing false")


if __name__ == "__main__":
    main()
