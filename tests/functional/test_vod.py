# SPDX-License-Identifier: GPL-2.0-or-later
"""Finite streams: whole, conforming, equal to what a live run writes; ended and taken up again.

HLSGEN_CONTAINER may set another container, of which the checker knows nothing.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
import unittest
from pathlib import Path

from conformance import check, observe, report, select
from origin import SUFFIX, Hlsgen, scratch, segments, sets, wait_until
from realtime import RealTime
from tap import main, note

SECONDS = 24
SMALL = sets("video.size=320x180", "video.bitrate=200kbit/s")
BESIDE = {"hlsgen.state", "index.json", "urls.txt", "SHA256SUMS"}
# What only a playlist that changes, or an origin, gives occasion to judge.
NOT_FINITE = {"SG_IMMUTABLE", "SG_KEPT_BIS", "SG_KEPT_8216", "PB_JITTER", "PB_DRIFT"}


def make(out: Path, *arguments: str, preset: str = "720p-ultrafast") -> Hlsgen:
    """Runs it to its end."""
    run = Hlsgen(out, *arguments, preset=preset).start()
    run.code = run.wait()
    return run


def made(run: Hlsgen) -> int:
    """How many segments it wrote."""
    return int(re.search(r"finished .* made=(\d+)", run.errors)[1])


def content(path: Path) -> tuple[bytes, int]:
    return path.read_bytes(), path.stat().st_mtime_ns


def contents(out: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: content(path) for path in out.iterdir()}


def listing(out: Path) -> dict[str, tuple[int, int, int]]:
    """With what would show a change."""
    return {path.name: (path.stat().st_ino, path.stat().st_size, path.stat().st_mtime_ns)
            for path in out.iterdir()}


class Case(RealTime):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())
        self.out = self.folder / "hls"

    def make(self, *arguments: str, **more: str) -> Hlsgen:
        run = make(self.out, *arguments, **more)
        self.assertEqual(run.code, 0, run.errors)
        return run

    def refuse(self, code: int, words: str, *arguments: str) -> None:
        before = listing(self.out)
        run = make(self.out, *arguments)
        self.assertEqual(run.code, code, run.errors)
        self.assertEqual(run.errors.count("\n"), 1, run.errors)
        self.assertIn(words, run.errors)
        self.assertEqual(listing(self.out), before)


class Whole(Case):
    def judge(self, bitrate: int) -> None:
        seen = observe.observe(observe.Directory(self.out), 0.2)
        seen.expect = observe.Expect(bitrate, kind="VOD", ends=True,
                                     temporary=r"\.hlsgen-.*")
        results = check(seen)
        self.assertEqual(select(results, "fail"), [], report(results))
        undecided = {name for name in select(results, "undecided") if not name.startswith("HT_")}
        self.assertEqual(undecided, NOT_FINITE, report(results))
        note(f"{len(select(results, 'pass'))} rules")
        for tag, rule in (("PLAYLIST-TYPE:VOD", "PL_LIVE_TYPE"), ("ENDLIST", "EV_END")):
            broken = observe.observe(observe.Directory(self.out), 0.1)
            broken.expect = seen.expect
            text = broken.versions[0].data.replace(f"#EXT-X-{tag}\n".encode(), b"")
            broken.versions[0].data = text
            self.assertEqual(select(check(broken), "fail"), [rule])

    def probe(self) -> dict[str, dict]:
        """What ffprobe reads of the whole stream, by the type of the elementary stream."""
        if not shutil.which("ffprobe"):
            self.skipTest("there is no ffprobe")
        said = subprocess.run(
            ["ffprobe", "-v", "warning", "-count_packets", "-of", "json", "-show_format",
             "-show_streams", self.out / "stream.m3u8"], capture_output=True, text=True)
        self.assertEqual((said.returncode, said.stderr), (0, ""))
        found = json.loads(said.stdout)
        self.assertAlmostEqual(float(found["format"]["duration"]), SECONDS, delta=0.05)
        return {stream["codec_type"]: stream for stream in found["streams"]}

    def check_stream(self, preset: str, *arguments: str, bitrate: int = 2_000_000) -> None:
        run = self.make("--vod", f"{SECONDS}s", *arguments, preset=preset)
        self.assertEqual(made(run), SECONDS // 2)
        names = [f"seg{number}{SUFFIX}" for number in range(SECONDS // 2)]
        self.assertEqual(segments((self.out / "stream.m3u8").read_bytes()), names)
        self.assertEqual({path.name for path in self.out.iterdir()},
                         {*names, "stream.m3u8", *BESIDE})
        self.judge(bitrate)
        streams = self.probe()
        self.assertEqual(int(streams["video"]["nb_read_packets"]), 30 * SECONDS)
        self.assertAlmostEqual(int(streams["audio"]["nb_read_packets"]), SECONDS * 48000 / 1024,
                               delta=1)

    def test_of_templates(self) -> None:
        self.check_stream("720p-ultrafast")

    def test_of_the_exact_encoder(self) -> None:
        self.check_stream("720p-clock")

    def test_encoded_afresh(self) -> None:
        self.check_stream("720p-ultrafast", *sets("video.size=640x360", "video.bitrate=600kbit/s",
                                                  "video.overlay=clock"), bitrate=600_000)

    def test_the_last_segment_is_whole(self) -> None:
        self.make("--vod", "2001ms", *SMALL)
        self.assertEqual(segments((self.out / "stream.m3u8").read_bytes()),
                         [f"seg0{SUFFIX}", f"seg1{SUFFIX}"])

    def test_the_epoch_may_lie_ahead(self) -> None:
        self.make("--vod", "2s", "--epoch", "2100-01-01T00:00:00Z", *SMALL)
        self.assertIn(b"#EXT-X-PROGRAM-DATE-TIME:2100-01-01T00:00:00.000Z\n",
                      (self.out / "stream.m3u8").read_bytes())


class Equal(Case):
    """The bytes and the times of files are those of a live run with the same epoch."""

    def check_equal(self, preset: str, *arguments: str) -> None:
        epoch = int(time.time()) - 30
        arguments = ("--epoch", f"@{epoch}", *arguments)
        with Hlsgen(self.folder / "live", *arguments, preset=preset) as live:
            listed = segments(live.read())
            published = {name: content(live.out / name) for name in listed}
            seconds = int(time.time()) - epoch
        self.make("--vod", f"{seconds + seconds % 2}s", *arguments, preset=preset)
        finite = contents(self.out)
        self.assertGreater(len(listed), 5)
        for name in listed:
            self.assertEqual(published[name], finite[name], name)

    def test_of_templates(self) -> None:
        self.check_equal("720p-ultrafast")

    def test_of_the_exact_encoder(self) -> None:
        self.check_equal("720p-clock")

    def test_of_unlike_sizes(self) -> None:
        self.check_equal("720p-clock", *sets("video.bitrate-pattern=sawtooth"))


class GoesOn(Case):
    ARGUMENTS = ["--vod", "2h", *SMALL]  # long enough to be ended on the way

    def start(self, number: int, pause: float) -> Hlsgen:
        """Ends it by a signal a while after its first segment is there."""
        run = Hlsgen(self.out, *self.ARGUMENTS).start()
        before = self.count()
        wait_until(lambda: self.count() > before or run.process.poll() is not None, "a segment",
                   0.001)
        time.sleep(pause)
        run.code = run.stop(number)
        return run

    def count(self) -> int:
        return len(list(self.out.glob(f"seg*{SUFFIX}"))) if self.out.exists() else 0

    def test_after_kills(self) -> None:
        self.make(*self.ARGUMENTS)
        wanted = contents(self.out)
        self.out = self.folder / "killed"
        for _ in range(5):
            run = self.start(signal.SIGKILL, random.uniform(0, 0.05))
            if run.code == 0:
                break
            if self.count() < 3600:
                self.assertFalse((self.out / "stream.m3u8").exists())
        there = self.count()
        run = self.make(*self.ARGUMENTS)
        self.assertEqual(made(run), 3600 - there)
        self.assertEqual(contents(self.out), wanted)
        self.assertEqual(made(self.make(*self.ARGUMENTS)), 0)
        note(f"{there} of 3600 segments were there")

    def test_after_a_signal(self) -> None:
        run = self.start(signal.SIGTERM, 0)
        self.assertEqual(run.code, os.EX_TEMPFAIL, run.errors)
        self.assertIn(f"{self.count()} of 3600 segments are there", run.errors)
        self.assertEqual([path for path in self.out.iterdir() if path.suffix == ".tmp"], [])
        self.make(*self.ARGUMENTS)

    def test_what_others_changed_is_made_again(self) -> None:
        self.make("--vod", "20s", *SMALL)
        wanted = contents(self.out)
        (self.out / f"seg3{SUFFIX}").unlink()
        with open(self.out / f"seg5{SUFFIX}", "r+b") as file:
            file.write(b"damaged")
        self.assertEqual(made(self.make("--vod", "20s", *SMALL)), 2)
        self.assertEqual(contents(self.out), wanted)


class Refused(Case):
    LINE = "holds another stream"

    def test_words(self) -> None:
        self.out.mkdir()
        for words, text in ((["--vod", "1"], "a unit is missing, as in 1h"),
                            (["--vod", "0s"], "out of range"), (["--vod", "25h"], "out of range"),
                            (["--vod", "1h", "--streams", "2"], "leave --streams out")):
            with self.subTest(words):
                self.refuse(os.EX_USAGE, text, *words)

    def test_beside_a_live_stream(self) -> None:
        with Hlsgen(self.out, *SMALL):
            run = make(self.out, "--vod", "20s", *SMALL)
            self.assertEqual(run.code, os.EX_UNAVAILABLE, run.errors)
        self.refuse(os.EX_CANTCREAT, self.LINE, "--vod", "20s", *SMALL)
        (self.out / "hlsgen.state").unlink()
        self.refuse(os.EX_CANTCREAT, self.LINE, "--vod", "20s", *SMALL)

    def test_beside_another_finite_stream(self) -> None:
        self.make("--vod", "20s", *SMALL)
        self.refuse(os.EX_CANTCREAT, self.LINE, "--vod", "22s", *SMALL)
        self.refuse(os.EX_CANTCREAT, self.LINE, "--vod", "20s", "--epoch", "@2", *SMALL)
        self.refuse(os.EX_CANTCREAT, self.LINE, "--vod", "20s", *SMALL, *sets("audio.tone=500Hz"))

    def test_a_live_stream_beside_a_finite_one(self) -> None:
        self.make("--vod", "20s", *SMALL)
        self.refuse(os.EX_CANTCREAT, "holds a finite stream (--vod)", *SMALL)
        (self.out / "hlsgen.state").unlink()
        self.refuse(os.EX_CANTCREAT, "holds a finite stream (--vod)", *SMALL)
        (self.out / "stream.m3u8").unlink()
        with Hlsgen(self.out, *SMALL):
            pass

    def test_budget_of_disk(self) -> None:
        self.out.mkdir()
        self.refuse(os.EX_DATAERR, "its budget is 1 MB", "--vod", "1h", "--disk-budget", "1MB")


ROOM = 'mount -t tmpfs -o "size=$1,mode=0777" none "$2" && shift 2 && exec "$@"'


class Room(Case):
    def test_all_must_have_room(self) -> None:
        """Of a file system that has room for some segments, none is written."""
        self.out.mkdir()
        enter = ["unshare", "--mount", "sh", "-c", ROOM, "sh", "4m", str(self.out)]
        probe = subprocess.run([*enter, "true"], capture_output=True, text=True)
        if probe.returncode != 0:
            self.skipTest(f"cannot mount a tmpfs: {probe.stderr.strip()}")
        run = Hlsgen(self.out, "--vod", "1min")
        run.command[:0] = enter
        self.assertEqual(run.start().wait(), os.EX_IOERR, run.errors)
        self.assertRegex(run.errors, r"has room for \d+ kB, the stream needs \d+ kB")


if __name__ == "__main__":
    main()
