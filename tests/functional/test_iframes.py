# SPDX-License-Identifier: GPL-2.0-or-later
"""I-frame playlists: each range is a picture that decodes alone, in either container; a live one
follows its playlist, over kills too; and they go when nobody wants them."""

import os
import re
import shutil
import signal
import subprocess
import unittest
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from conformance import m3u8
from ladders import MASTER, RENDITIONS, Ladder, write_preset
from origin import Hlsgen, scratch, sets, wait_until
from realtime import RealTime
from tap import main, note

SECONDS = 6
SMALL = ("stream.segment-duration=1s", "stream.iframes=yes", "video.size=640x360")
RANGE = re.compile(r"#EXTINF:([\d.]+),\n#EXT-X-BYTERANGE:(\d+)@(\d+)\n(.+)\n")
# Of MPEG-TS: the sound that the PMT names is not in the range.
OF_SOUND = re.compile(r".*Could not find codec parameters for stream 1 \(Audio: .*\n"
                      r"Consider increasing the value .*\n")
DECLARED = re.compile(r'^#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=(\d+),.*URI="(.*)"$', re.M)

needs_ffmpeg = unittest.skipUnless(shutil.which("ffmpeg"), "there is no ffmpeg")


def pictures(data: bytes, *arguments: str) -> tuple[list[str], str]:
    """The MD5 of each decoded picture, and what ffmpeg said."""
    done = subprocess.run(["ffmpeg", "-v", "warning", "-i", "-", "-map", "0:v", *arguments,
                           "-f", "framemd5", "-"], input=data, capture_output=True, check=True)
    lines = [line for line in done.stdout.decode().splitlines() if not line.startswith("#")]
    return [line.split(",")[-1].strip() for line in lines], done.stderr.decode()


class Case(RealTime):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())
        self.out = self.folder / "hls"


@needs_ffmpeg
class Alone(Case):
    """Of finite streams, which have the same bytes as live ones."""

    def check_ranges(self, folder: Path) -> Fraction:
        """@return the largest bit rate"""
        text = (folder / "iframes.m3u8").read_text()
        section = re.search(r'^#EXT-X-MAP:URI="(.*)"$', text, re.M)
        before = (folder / section[1]).read_bytes() if section else b""
        peak = Fraction(0)
        found = RANGE.findall(text)
        self.assertEqual(len(found), SECONDS)
        for seconds, size, begin, uri in found:
            data = (folder / uri).read_bytes()
            end = int(begin) + int(size)
            self.assertEqual(int(begin), 0 if section else 376)
            alone, said = pictures((before or data[:int(begin)]) + data[int(begin):end])
            self.assertEqual(OF_SOUND.sub("", said), "", uri)
            self.assertEqual(alone, pictures(before + data, "-frames:v", "1")[0], uri)
            self.assertEqual(len(alone), 1)
            peak = max(peak, 8 * int(size) / Fraction(seconds))
        return peak

    def check(self, *settings: str, preset: str = "720p-ultrafast") -> None:
        run = Hlsgen(self.out, *sets(*SMALL, *settings), "--vod", f"{SECONDS}s", preset=preset)
        self.assertEqual(run.start().wait(), 0, run.errors)
        (bandwidth, uri), = DECLARED.findall((self.out / MASTER).read_text())
        self.assertEqual(uri, "iframes.m3u8")
        peak = self.check_ranges(self.out)
        note(f"{float(peak):.0f} bit/s, declared {bandwidth}")
        if any("overlay=clock" in setting for setting in settings):  # encoded afresh: a bound
            self.assertLessEqual(peak, int(bandwidth))
        else:
            self.assertEqual(int(-(-peak // 1)), int(bandwidth))

    def test_ts(self) -> None:
        self.check()

    def test_ts_with_a_clock(self) -> None:
        self.check(preset="720p-clock")

    def test_ts_with_b_pictures(self) -> None:
        self.check("video.x264-preset=medium", "video.pattern=testsrc2", "video.cycle=6s")

    def test_ts_null_packets(self) -> None:
        self.check("video.stuffing=null")

    def test_ts_of_many_sizes(self) -> None:
        self.check("video.bitrate-pattern=sawtooth", "video.bitrate=700kbit/s")

    def test_ts_encoded_afresh(self) -> None:
        self.check("video.overlay=clock", "video.pattern=testsrc2")

    def test_fmp4(self) -> None:
        self.check("stream.container=fmp4")

    def test_fmp4_with_a_clock(self) -> None:
        self.check("stream.container=fmp4", preset="720p-clock")

    def test_fmp4_encoded_afresh(self) -> None:
        self.check("stream.container=fmp4", "video.overlay=clock", "video.pattern=testsrc2")

    def test_ladder_below_its_top(self) -> None:
        """The alias names the same segments by "../"."""
        run = Hlsgen(self.out, "--vod", f"{SECONDS}s", preset=write_preset(self.folder, RENDITIONS))
        self.assertEqual(run.start().wait(), 0, run.errors)
        for bandwidth, uri in DECLARED.findall((self.out / MASTER).read_text()):
            peak = self.check_ranges((self.out / uri).parent)
            self.assertEqual(peak, int(bandwidth), uri)


def numbers(path: Path) -> list[str]:
    """Of the segments that a playlist lists."""
    return [entry.uri for entry in m3u8.parse(path.read_bytes()).entries]


class Live(Case):
    def run_ladder(self) -> Ladder:
        return Ladder(self.out, preset=write_preset(self.folder, RENDITIONS))

    def check_beside(self, run: Ladder) -> None:
        """Looked at before its playlist, it is never ahead; and it is not behind for long."""
        for uri in run.uris():
            beside = (self.out / uri).with_name("iframes.m3u8")
            before = numbers(beside)
            self.assertLessEqual(before[-1], numbers(self.out / uri)[-1], uri)
            wait_until(lambda: numbers(beside) == numbers(self.out / uri), f"all of {uri}")

    def test_it_follows_its_playlist(self) -> None:
        with self.run_ladder() as run:
            for _ in range(3):
                self.check_beside(run)
                run.wait_updates(1)

    def test_after_a_kill_it_goes_on(self) -> None:
        with self.run_ladder() as run:
            run.wait_updates(1)
            before = numbers(self.out / "low" / "iframes.m3u8")
            run.stop(signal.SIGKILL)
        with self.run_ladder() as run:
            self.check_beside(run)
            after = numbers(self.out / "low" / "iframes.m3u8")
            self.assertGreaterEqual(after[0], before[0])
            self.assertNotIn(b"#EXT-X-DISCONTINUITY\n",
                             (self.out / "low" / "iframes.m3u8").read_bytes())
            run.wait_updates(1)
            self.check_beside(run)

    def check_damaged(self, container: str, damage: Callable[[Path], None]) -> None:
        """Files of an earlier stream keep their dates and hold other bytes: the start goes on."""
        settings = sets(*SMALL, f"stream.container={container}")
        out = self.folder / container
        with Hlsgen(out, *settings, preset="720p-clock"):
            pass
        for path in out.glob("seg*"):
            date = path.stat().st_mtime_ns
            damage(path)
            os.utime(path, ns=(date, date))
        other = sets("video.bitrate=1500kbit/s")
        with Hlsgen(out, *settings, *other, preset="720p-clock") as run:
            wait_until(lambda: b"#EXT-X-DISCONTINUITY\n" in run.read(), "the new stream")

    def test_after_damage(self) -> None:
        for size in (0, 9, 0x7fffffff, 0xffffffff):
            def damage(path: Path, size: int = size) -> None:
                with path.open("r+b") as file:
                    file.write(size.to_bytes(4, "big"))
            with self.subTest(size=size):
                self.check_damaged("fmp4", damage)

    def test_after_growth(self) -> None:
        """A hole of a terabyte is no reason to run out of memory."""
        for container in ("ts", "fmp4"):
            with self.subTest(container=container):
                self.check_damaged(container, lambda path: os.truncate(path, 1 << 40))

    def test_of_one_stream_and_of_many(self) -> None:
        for name, arguments in (("one", []), ("many", ["--streams", "2"])):
            out = self.folder / name
            folder = out / "s0001" if arguments else out
            run = Hlsgen(out, *sets(*SMALL), *arguments, preset="720p-clock").start()
            wait_until((folder / MASTER).exists, "master.m3u8")
            master = (folder / MASTER).read_text()
            self.assertIn("\nstream.m3u8\n", master)
            self.assertEqual([uri for _, uri in DECLARED.findall(master)], ["iframes.m3u8"])
            self.assertTrue((folder / "iframes.m3u8").exists())
            self.assertEqual(run.stop(), 0, run.errors)

    def test_it_goes_when_nobody_wants_it(self) -> None:
        for wanted in (True, False, True):
            choice = sets("stream.iframes=" + ("yes" if wanted else "no"))
            with Hlsgen(self.out, *sets(*SMALL), *choice, preset="720p-clock") as run:
                wait_until(lambda: (self.out / MASTER).exists() == wanted, "master.m3u8")
                self.assertEqual((self.out / "iframes.m3u8").exists(), wanted)
                self.assertNotIn(b"#EXT-X-DISCONTINUITY\n", run.read())


if __name__ == "__main__":
    main()
