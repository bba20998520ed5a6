# SPDX-License-Identifier: GPL-2.0-or-later
"""A long run: what it holds stays the same, and the checker finds nothing.

An hour of index time, accelerated; ten minutes of the main preset in real time, with nothing
between the program and the system.
"""
import os
import re
import threading
import time
import unittest
from collections.abc import Set
from pathlib import Path

from conformance import TIMING, check, observe, report, select
from origin import Hlsgen, scratch, sets
from stage import TINY, Staged, Time
from survived import show, survived
from tap import main, note

HOUR = 3600
RATE = 30
GROWTH = 128 * 1024  # bytes of resident memory that are no growth: pages of libraries come and go


def tearDownModule() -> None:
    show()


def holdings(hlsgen: Hlsgen) -> tuple[int, int, int]:
    """Files in the directory, descriptors, bytes of resident memory."""
    process = Path("/proc", str(hlsgen.process.pid))
    rss = re.search(r"^VmRSS:\s+(\d+) kB", (process / "status").read_text(), re.MULTILINE)
    return (len(list(hlsgen.out.glob("seg*.ts"))), len(os.listdir(process / "fd")),
            int(rss[1]) * 1024)


class Soak(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())

    def sample(self, hlsgen: Hlsgen, ended: threading.Event, pause: float,
               samples: list[tuple[int, int, int]]) -> None:
        while not ended.wait(pause):
            samples.append(holdings(hlsgen))

    def watch(self, hlsgen: Hlsgen, source: observe.Directory, seconds: float, clock,
              pause: float) -> observe.Observation:
        """The stream for so long, while samples are taken; the first tenth is warming up."""
        samples: list[tuple[int, int, int]] = []
        ended = threading.Event()
        thread = threading.Thread(target=self.sample, args=(hlsgen, ended, pause, samples))
        thread.start()
        seen = observe.observe(source, seconds, clock)
        ended.set()
        thread.join()
        files, descriptors, memory = zip(*samples[len(samples) // 10:])
        note(f"{len(samples)} samples: {min(files)} to {max(files)} segments, {set(descriptors)} "
             f"descriptors, {min(memory) // 1024} to {max(memory) // 1024} kB resident")
        self.assertLessEqual(max(files) - min(files), 2)
        self.assertEqual(len(set(descriptors)), 1)
        self.assertLessEqual(max(memory) - min(memory), GROWTH)
        return seen

    def judge(self, seen: observe.Observation, without: Set[str]) -> None:
        results = check(seen)
        self.assertLessEqual(set(select(results, "fail")), without, report(results))
        note(f"{len(select(results, 'pass'))} rules, {len(seen.versions)} versions")

    def test_accelerated(self) -> None:
        clock = Time(rate=RATE)
        shape = sets("stream.segment-duration=2s", "stream.window=6")
        with Staged(self.folder / "hls", clock, *shape, base=TINY) as hlsgen:
            source = observe.Directory(hlsgen.out)
            source.interval = 0.1
            clock.sleep(60)  # until the oldest segments are out of retention
            seen = self.watch(hlsgen, source, HOUR, clock, 1)
            self.assertEqual(hlsgen.status()["skipped"], "0")
            self.assertEqual(hlsgen.stop(), 0, hlsgen.errors)
        seen.expect = observe.Expect(32_000, 6, 6, temporary=r"\.hlsgen-.*")
        # At RATE, a tenth of a second for which the machine has other things to do is 3 s: when
        # something appears is judged in real time.
        self.judge(seen, TIMING)
        survived("time", "1 h, accelerated", "files, descriptors, memory constant")

    def test_real(self) -> None:
        with Hlsgen(self.folder / "hls") as hlsgen:
            time.sleep(60)
            seen = self.watch(hlsgen, observe.Directory(hlsgen.out), 600, time, 1)
            self.assertEqual(hlsgen.stop(), 0, hlsgen.errors)
        seen.expect = observe.Expect(2_000_000, 6, 6, temporary=r"\.hlsgen-.*")
        self.judge(seen, set())
        survived("time", "10 min", "files, descriptors, memory constant")


if __name__ == "__main__":
    main()
