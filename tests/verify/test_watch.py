# SPDX-License-Identifier: GPL-2.0-or-later
"""hlsgen-verify --watch: nothing is found in a stream that goes on as it should, in one that does
not the rule that it breaks, and in ffmpeg's what is known of it.

All are watched at the same time, and sleep most of it.
"""

import shutil
import signal
import subprocess
import threading
import time
import unittest
from contextlib import contextmanager
from pathlib import Path

from conformance.rules import TIMING
from fixture import write_ladder
from good import SMALL
from origin import Hlsgen, make_out, run, scratch, sequence, sets, wait_until
from realtime import RealTime
from scenarios_watch import LISTED, PUBLISHED, SCENARIOS, SECONDS, Packager, Recording
from tap import main
from verifier import TIMEOUT
from watching import Watch, without_timing

# What takes so long that nothing can hide it, and what a machine that stands still does.
TIMED = [(rule, kind) for rule, kind in SCENARIOS if rule in TIMING - {"SG_TEMP"}]
SURE = [(rule, kind) for rule, kind in SCENARIOS if (rule, kind) not in TIMED]


def record(folder: Path, *arguments: str, **how: str) -> Path:
    out = make_out(folder)
    run(*Hlsgen(out, "--vod", f"{PUBLISHED + LISTED + 3}s", *arguments, **how).command)
    return out


@contextmanager
def ffmpeg(out: Path):
    """Its hls muxer as it is, but that it deletes what it does not list."""
    out.mkdir()
    process = subprocess.Popen(
        ["ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i",
         "testsrc=size=160x90:rate=25", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset",
         "ultrafast", "-g", "25",
         "-f", "hls", "-hls_time", "1", "-hls_list_size", str(LISTED), "-hls_flags",
         "delete_segments", str(out / "stream.m3u8")])
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


class Replays:
    """Recordings that are published live, and watched; as a context manager all of it ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.packagers: list[Packager] = []
        for name in "one", "ladder":
            (folder / name).mkdir()
        self.one = Recording(record(folder / "one", *SMALL) / "stream.m3u8")
        self.ladder = record(folder / "ladder", *sets("stream.segment-duration=1s",
                                                      "stream.iframes=yes"),
                             preset=write_ladder(folder / "ladder"))

    def __enter__(self) -> "Replays":
        return self

    def __exit__(self, *_) -> None:
        for packager in self.packagers:
            packager.stop()

    def start(self, kind: type[Packager], recording: Recording, playlist: Path,
              now: float) -> None:
        packager = kind(recording, playlist, now - kind.listed)
        self.packagers.append(packager)
        packager.start()

    def watch(self, kind: type[Packager], name: str) -> Watch:
        (self.folder / name).mkdir()
        self.start(kind, self.one, self.folder / name / "stream.m3u8", time.time())
        return Watch(self.folder / name, SECONDS)

    def watch_ladder(self, kind: type[Packager], name: str) -> Watch:
        """Two renditions, of which the last one's packager is of that kind."""
        now = time.time()
        (self.folder / name).mkdir()
        shutil.copy(self.ladder / "master.m3u8", self.folder / name)
        playlists = sorted(self.ladder.glob("*/*.m3u8"))
        for path in playlists:
            self.start(kind if path.parent == playlists[-1].parent else Packager, Recording(path),
                       self.folder / name / path.parent.name / path.name, now)
        return Watch(self.folder / name, SECONDS)

    def watch_all(self, scenarios: list[tuple[str, type[Packager]]]) -> dict[str, Watch]:
        return {kind.__name__: (self.watch_ladder if kind.ladder else self.watch)(
            kind, kind.__name__) for _, kind in scenarios}


def check(case: unittest.TestCase, rule: str, watch: Watch) -> None:
    """It tells this rule, and no other."""
    case.assertIn(rule, watch.found)
    others = {key: text for key, text in watch.found.items() if key != rule}
    case.assertEqual(without_timing(others), {})


class Watched(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = cls.enterClassContext(scratch())
        replays = cls.enterClassContext(Replays(folder))
        (folder / "live").mkdir()
        hlsgen = cls.enterClassContext(Hlsgen(make_out(folder / "live"), *SMALL))
        cls.good = replays.watch(Packager, "good")
        cls.good_ladder = replays.watch_ladder(Packager, "good ladder")
        cls.watches = replays.watch_all(SURE)
        cls.live = Watch(hlsgen.out, 12)
        cls.interrupted = Watch(hlsgen.out, 600)
        for watch in [cls.live, cls.good, cls.good_ladder, *cls.watches.values()]:
            watch.process.wait(TIMEOUT)
        cls.interrupted.process.send_signal(signal.SIGINT)

    def test_nothing_is_found_in_a_live_stream(self) -> None:
        self.assertEqual(without_timing(self.live.found), {})
        self.assertLessEqual({"EV_LINES", "EV_MSN", "PB_JITTER", "SG_IMMUTABLE"},
                             self.live.judged())

    def test_nothing_is_found_in_what_is_replayed_well(self) -> None:
        for watch in self.good, self.good_ladder:
            self.assertEqual(without_timing(watch.found), {})
        self.assertLessEqual({"EV_LATE", "SG_KEPT_8216", "SG_KEPT_BIS", "SG_TEMP", "PB_DRIFT"},
                             self.good.judged())
        self.assertIn("XV_EDGE", self.good_ladder.judged())

    def test_each_fault_is_told_by_the_rule_that_it_breaks(self) -> None:
        for rule, kind in SURE:
            with self.subTest(kind.__name__):
                check(self, rule, self.watches[kind.__name__])

    def test_a_signal_ends_the_watch_with_a_report(self) -> None:
        self.assertIn("EV_LINES", self.interrupted.judged())


class InTime(RealTime):
    """What only shows when nobody is kept waiting."""

    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())

    def test_each_fault_is_told_by_the_rule_that_it_breaks(self) -> None:
        replays = self.enterContext(Replays(self.folder))
        watches = replays.watch_all(TIMED)
        for watch in watches.values():
            watch.process.wait(TIMEOUT)
        for rule, kind in TIMED:
            with self.subTest(kind.__name__):
                check(self, rule, watches[kind.__name__])

    @unittest.skipUnless(shutil.which("ffmpeg"), "there is no ffmpeg")
    def test_ffmpeg_keeps_segments_for_too_short_a_time(self) -> None:
        playlist = self.folder / "ffmpeg" / "stream.m3u8"
        with ffmpeg(playlist.parent):
            wait_until(lambda: playlist.exists() and sequence(playlist.read_bytes()) > 1,
                       "a playlist that slides")
            found = Watch(playlist.parent, 10).found
        self.assertIn("SG_KEPT_8216", found)
        self.assertNotIn("SG_KEPT_BIS", found)


class Flooded(unittest.TestCase):
    """Who writes all the time, and faster than anybody can look, keeps nobody."""

    def write(self, folder: Path, over: threading.Event) -> None:
        with open(folder / "a", "wb", 0) as one, open(folder / "b", "wb", 0) as other:
            while not over.is_set():
                for _ in range(1000):
                    one.write(b"a")
                    other.write(b"b")
                one.truncate(0)
                other.truncate(0)

    def test_the_watch_ends(self) -> None:
        entries = "".join(f"#EXTINF:1.0,\n{number}.ts\n" for number in range(10000))
        with scratch() as folder:
            (folder / "stream.m3u8").write_text(
                f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n{entries}")
            for number in range(10000):
                (folder / f"{number}.ts").touch()
            over = threading.Event()
            writer = threading.Thread(target=self.write, args=(folder, over))
            writer.start()
            try:
                self.assertIn("EV_LATE", Watch(folder, 4).found)
            finally:
                over.set()
                writer.join()


if __name__ == "__main__":
    main()
