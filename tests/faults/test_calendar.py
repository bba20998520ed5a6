# SPDX-License-Identifier: GPL-2.0-or-later
"""Streams over an instant that comes once in a long while obey all rules of the checker."""
import threading
import unittest

from conformance import check, observe, report, select
from conformance.media import Media
from conformance.ts import WRAP
from origin import scratch, sets
from stage import TINY, Staged, Time
from survived import show, survived
from tap import main, note

SECONDS = 24
RATE = 4
WINDOW = 6
YEAR_2038 = 1 << 31  # where 32-bit seconds since the Unix epoch end


def tearDownModule() -> None:
    show()


class Calendar(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())

    def judge(self, wall: float, *arguments: str, leap_at: float = 0) -> Media:
        clock = Time(wall, RATE)
        window = sets(f"stream.window={WINDOW}")
        with Staged(self.folder / "hls", clock, *window, *arguments, base=TINY) as hlsgen:
            if leap_at:
                threading.Timer((leap_at - wall) / RATE, hlsgen.step, [-1]).start()
            seen = observe.observe(observe.Directory(hlsgen.out), SECONDS, clock)
            self.assertEqual(hlsgen.stop(), 0, hlsgen.errors)
        seen.expect = observe.Expect(32_000, 6, 6, temporary=r"\.hlsgen-.*")
        results = check(seen)
        self.assertEqual(select(results, "fail"), [], report(results))
        note(f"{len(select(results, 'pass'))} rules, {len(seen.versions)} versions")
        return Media(seen)

    def test_wrap(self) -> None:
        wall = 2_000_000_000
        media = self.judge(wall, "--epoch", f"@{wall + 12 - WRAP // 90_000}")
        stamps = [unit.pts for unit in media.all_units()]
        self.assertTrue(min(stamps) < WRAP < max(stamps))
        survived("2^33 wrap of time stamps", "steady state", "checker: every rule holds")

    def test_year_2038(self) -> None:
        media = self.judge(YEAR_2038 - 12)
        numbers = [segment.sequence for segment in media.segments]
        self.assertTrue(min(numbers) < YEAR_2038 < max(numbers))
        survived("year 2038", "steady state", "checker: every rule holds")

    def test_leap_second(self) -> None:
        """The wall clock repeats a second, at the end of a June."""
        self.judge(1_940_630_388, leap_at=1_940_630_400)  # 2031-07-01T00:00:00Z
        survived("leap second", "steady state", "checker: every rule holds")


if __name__ == "__main__":
    main()
