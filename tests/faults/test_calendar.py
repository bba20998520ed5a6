# SPDX-License-Identifier: GPL-2.0-or-later
"""Streams over an instant that comes once in a long while obey all rules of the checker."""
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from conformance import observe, select
from conformance.media import Media
from conformance.ts import WRAP
from origin import scratch, sets
from realtime import MACHINE, RealTime
from stage import TINY, Staged, Time
from survived import show, survived
from tap import main, note

SECONDS = 24
WINDOW = 6
WALL = 2_000_000_000
YEAR_2038 = 1 << 31          # where 32-bit seconds since the Unix epoch end
LEAP_SECOND = 1_940_630_400  # 2031-07-01T00:00:00Z: the wall clock repeats the second before
STREAMS = {                  # when it begins, arguments, when the wall clock goes back by a second
    "wrap": (WALL, ["--epoch", f"@{WALL + 12 - WRAP // 90_000}"], None),
    "year 2038": (YEAR_2038 - 12, [], None),
    "leap second": (LEAP_SECOND - 12, [], LEAP_SECOND),
}
SEEN: dict[str, observe.Observation] = {}
STALLS: dict[str, str] = {}  # what of the machine stood still meanwhile


def watch(name: str) -> None:
    wall, arguments, leap_at = STREAMS[name]
    clock = Time(wall)
    window = sets(f"stream.window={WINDOW}")
    with scratch() as folder, \
            Staged(folder / "hls", clock, *window, *arguments, base=TINY) as hlsgen:
        if leap_at:
            threading.Timer(leap_at - clock.time(), hlsgen.step, [-1]).start()
        begin = time.monotonic()
        seen = observe.observe(observe.Directory(hlsgen.out), SECONDS, clock)
        STALLS[name] = MACHINE.stalled_since(begin)
    seen.expect = observe.Expect(32_000, 6, 6, temporary=r"\.hlsgen-.*")
    SEEN[name] = seen


def setUpModule() -> None:
    """All streams are watched at the same time."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(watch, STREAMS))


def tearDownModule() -> None:
    show()


class Calendar(RealTime):
    def stall(self, begin: float) -> str:
        """A failure is the machine's if that stood still while the stream was observed."""
        return STALLS.get(self.name, "")

    def judge(self, name: str) -> Media:
        self.name = name
        if self.is_repeated:
            watch(name)
        results = self.assert_rules(SEEN[name])
        note(f"{name}: {len(select(results, 'pass'))} rules, {len(SEEN[name].versions)} versions")
        return Media(SEEN[name])

    def test_wrap(self) -> None:
        stamps = [unit.pts for unit in self.judge("wrap").all_units()]
        self.assertTrue(min(stamps) < WRAP < max(stamps))
        survived("2^33 wrap of time stamps", "steady state", "checker: every rule holds")

    def test_year_2038(self) -> None:
        numbers = [segment.sequence for segment in self.judge("year 2038").segments]
        self.assertTrue(min(numbers) < YEAR_2038 < max(numbers))
        survived("year 2038", "steady state", "checker: every rule holds")

    def test_leap_second(self) -> None:
        self.judge("leap second")
        survived("leap second", "steady state", "checker: every rule holds")


if __name__ == "__main__":
    main()
