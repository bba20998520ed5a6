# SPDX-License-Identifier: GPL-2.0-or-later
"""hlsgen's streams satisfy every rule of the conformance checker.

All streams are observed at the same time, for as long as it takes to see segments removed and
deleted; then each is judged.
"""

import threading
import time
import unittest

from conformance import TABLE, NOT_HERE, check, observe, report, select
from conformance.media import Media
from conformance.ts import WRAP
from origin import Hlsgen, scratch, segments, sequence, sets
from tap import main, note

SECONDS = 26
BT601_525, BT601_625, BT709 = (6, 6), (5, 5), (1, 1)
# From a directory, nothing can be said about HTTP; test_nginx.py decides these.
HTTP = [name for name in TABLE if name.startswith("HT_")]
SHORT = sets("stream.segment-duration=1s", "stream.window=6")
SHORT_WINDOW = 6


def wrap_epoch() -> str:
    """An epoch by which the 2^33 wrap of time stamps comes 15 s from now, in 90 kHz ticks."""
    return f"@{int(time.time()) + 15 - WRAP // 90_000}"


STREAMS = {
    "default": ([], BT601_525),
    "testsrc2": (sets("video.pattern=testsrc2", "video.cycle=4s"), BT601_525),
    "ntsc": (sets("video.rate=30000/1001"), BT601_525),
    "wrap": (["--epoch", wrap_epoch()], BT601_525),
    "ntsc wrap": (["--epoch", wrap_epoch(), *sets("video.rate=30000/1001")], BT601_525),
    "short": (SHORT, BT601_525),
    "hd": (sets("video.pattern=smptehdbars", "video.size=1920x1080", "video.rate=60",
                "video.bitrate=6Mbit/s"), BT709),
    "pal": (sets("video.pattern=pal75bars", "video.size=640x360", "video.rate=25",
                 "video.bitrate=600kbit/s"), BT601_625),
}
BITRATES = {"hd": 6_000_000, "pal": 600_000}
SEEN: dict[str, observe.Observation] = {}
LEFT: dict[str, tuple[set[str], bytes]] = {}  # names on disk and playlist after the end


def watch(name: str) -> None:
    arguments, (primaries, matrix) = STREAMS[name]
    with scratch() as folder:
        with Hlsgen(folder / "hls", *arguments) as hlsgen:
            seen = observe.observe(observe.Directory(hlsgen.out), SECONDS)
        LEFT[name] = {path.name for path in hlsgen.out.iterdir()}, hlsgen.read()
    seen.expect = observe.Expect(BITRATES.get(name, 2_000_000), primaries, matrix,
                                 temporary=r"\.hlsgen-.*")
    SEEN[name] = seen


def setUpModule() -> None:
    threads = [threading.Thread(target=watch, args=(name,)) for name in STREAMS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Conformance(unittest.TestCase):
    def judge(self, name: str) -> None:
        self.assertIn(name, SEEN, "the stream could not be observed; see stderr")
        results = check(SEEN[name])
        self.assertEqual(select(results, "fail"), [], report(results))
        self.assertEqual(select(results, "undecided"), HTTP, report(results))
        self.assertGreater(len(SEEN[name].versions), SECONDS // 2 - 3)
        passed = len(select(results, "pass"))
        note(f"{name}: {passed} rules, {len(Media(SEEN[name]).segments)} segments")

    def crosses_wrap(self, name: str) -> None:
        """The run has segments on both sides of the wrap, else the test has shown nothing."""
        units = Media(SEEN[name]).all_units()
        self.assertLess(units[0].pts, WRAP)
        self.assertGreater(units[-1].pts, WRAP)

    def test_default(self) -> None:
        self.judge("default")

    def test_testsrc2(self) -> None:
        self.judge("testsrc2")

    def test_rate_30000_1001(self) -> None:
        self.judge("ntsc")

    def test_pts_wrap(self) -> None:
        self.judge("wrap")
        self.crosses_wrap("wrap")

    def test_pts_wrap_30000_1001(self) -> None:
        self.judge("ntsc wrap")
        self.crosses_wrap("ntsc wrap")

    def test_short_segments(self) -> None:
        self.judge("short")

    def test_smptehdbars_1080p60(self) -> None:
        self.judge("hd")

    def test_pal75bars_360p25(self) -> None:
        self.judge("pal")

    def test_retention(self) -> None:
        """Window + 2 segments stay on disk after their removal, then they go."""
        names, playlist = LEFT["short"]
        first = sequence(playlist)
        kept = {f"seg{index}.ts" for index in range(first - SHORT_WINDOW - 2, first)}
        self.assertLessEqual(kept | set(segments(playlist)), names)
        # The next is removed when the next segment is published, a moment late or a moment early.
        going = {f"seg{first - SHORT_WINDOW - 3}.ts"}
        self.assertLessEqual(names, kept | going | set(segments(playlist))
                             | {"stream.m3u8", "hlsgen.state"})

    def test_nothing_is_dropped_in_silence(self) -> None:
        """The rules without a verdict here are named, with the reason."""
        for reason, names in NOT_HERE.items():
            note(f"not judged, {reason}: {' '.join(names)}")
        count = len(TABLE) + sum(len(names) for names in NOT_HERE.values())
        own = {"TS_PCR_LINEAR", "V_LEVEL", "V_FILLER", "V_COLOUR", "BW_EQUAL", "BW_VIDEO"}
        self.assertEqual(count - len(own), 103)


if __name__ == "__main__":
    main()
