# SPDX-License-Identifier: GPL-2.0-or-later
"""The clock's code is read from every frame: as it was made, and scaled and transcoded.

What a frame must say follows from the name of its segment and its place therein.
"""

import itertools
import random
import re
import shutil
import subprocess
import sys
import unittest
import zlib
from fractions import Fraction
from pathlib import Path

import clock_code
from clock_code import Moment, Reader
from origin import CHECKOUT, Hlsgen, scratch, segments, sets
from tap import main, note

DOCUMENT = CHECKOUT / "doc" / "clock-code.md"
SMALL = (640, 360)


class Stream:
    """The window of a stream: its segments, and what their frames must say."""

    def __init__(self, preset: str, size: tuple[int, int], rate: Fraction, *settings: str) -> None:
        self.size, self.rate = size, rate
        with scratch() as folder:
            arguments = sets("stream.window=3", *settings)
            with Hlsgen(folder / "hls", *arguments, preset=preset) as hlsgen:
                names = segments(hlsgen.read())
                self.data = b"".join((hlsgen.out / name).read_bytes() for name in names)
        self.indices = [int(re.search(r"\d+", name)[0]) for name in names]

    def moment(self, index: int, frame: int, beep: bool) -> Moment:
        nanoseconds = -(-frame * 10**9 * self.rate.denominator // self.rate.numerator)
        return Moment(stream=0, index=index, frame=frame, time=nanoseconds // 10**6,
                      flash=beep and nanoseconds % 10**9 < 10**8)

    def moments(self, beep: bool = False) -> list[Moment]:
        """Segments are of 2 s, rounded to whole frames."""
        frames = round(2 * self.rate)
        return [self.moment(index, index * frames + i, beep)
                for index in self.indices for i in range(frames)]


class Third(Hlsgen):
    """Of many streams one."""

    @property
    def playlist(self) -> Path:
        return self.out / "s0003" / "stream.m3u8"


def ffmpeg(data: bytes, *arguments: str) -> bytes:
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-i", "pipe:0",
               "-fps_mode", "passthrough", *arguments, "pipe:1"]
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def gray(data: bytes) -> bytes:
    return ffmpeg(data, "-f", "rawvideo", "-pix_fmt", "gray")


def transcode(data: bytes, *options: str) -> bytes:
    """640x360 at 300 kbit/s, by libx264."""
    return ffmpeg(data, "-an", "-vf", "scale=640:360", "-c:v", "libx264", "-b:v", "300k",
                  "-maxrate", "300k", "-bufsize", "600k", *options, "-f", "mpegts")


def read(pictures: bytes, source: tuple[int, int], size: tuple[int, int]) -> list[Moment | None]:
    reader, step = Reader(source, size), size[0] * size[1]
    return [reader.read(pictures[at:at + step]) for at in range(0, len(pictures), step)]


@unittest.skipUnless(shutil.which("ffmpeg"), "ffmpeg is not installed")
class Frames(unittest.TestCase):
    def compare(self, found: list[Moment | None], expected: list[Moment]) -> None:
        wrong = [f"frame {i}: {said or 'unread'}, not {truth}"
                 for i, (said, truth) in enumerate(zip(found, expected)) if said != truth]
        note(f"{len(found) - len(wrong)} of {len(expected)} frames read")
        self.assertEqual(wrong[:3], [])
        self.assertEqual(len(found), len(expected))

    def transcoded(self, preset: str, size: tuple[int, int], rate: int) -> None:
        stream = Stream(preset, size, Fraction(rate))
        for speed in ("medium", "ultrafast"):
            small = transcode(stream.data, "-preset", speed)
            note(f"{preset}, {speed}: {len(small) * 8 / 6000:.0f} kbit/s of transport stream")
            self.compare(read(gray(small), size, SMALL), stream.moments())

    def test_720p_transcoded(self) -> None:
        self.transcoded("720p-clock", (1280, 720), 30)

    def test_1080p_transcoded(self) -> None:
        self.transcoded("1080p-clock", (1920, 1080), 30)

    def test_2160p60_transcoded(self) -> None:
        self.transcoded("2160p60-clock", (3840, 2160), 60)

    def untouched(self, size: tuple[int, int], *settings: str, rate: Fraction = Fraction(30),
                  beep: bool = False) -> None:
        stream = Stream("720p-clock", size, rate, f"video.size={size[0]}x{size[1]}", *settings)
        self.compare(read(gray(stream.data), size, size), stream.moments(beep))

    def test_sizes(self) -> None:
        for size in ((256, 144), (426, 240), (640, 360), (854, 480), (720, 1280)):
            with self.subTest(size):
                self.untouched(size)

    def test_a_rate_that_is_not_whole(self) -> None:
        self.untouched(SMALL, "video.rate=30000/1001", rate=Fraction(30000, 1001))

    def test_the_lamp(self) -> None:
        self.untouched(SMALL, "audio.signal=beep", beep=True)

    def test_over_a_pattern_that_moves(self) -> None:
        """What libx264 encoded, with a loss."""
        self.untouched(SMALL, "video.encoder=x264", "video.pattern=testsrc2")

    def test_one_of_many_streams(self) -> None:
        """The code says what the playlist says, for a stream whose segments start between seconds.
        """
        arguments = [*sets("stream.window=3", "video.size=640x360"), "--streams", "3"]
        with scratch() as folder:
            with Third(folder / "hls", *arguments, preset="720p-clock") as hlsgen:
                playlist = hlsgen.read()
                parts = [(hlsgen.playlist.parent / name).read_bytes()
                         for name in segments(playlist)]
        times = re.findall(rb"#EXT-X-PROGRAM-DATE-TIME:(\S+)", playlist)
        for name, time, data in zip(segments(playlist), times, parts, strict=True):
            index = int(re.search(r"\d+", name)[0])
            first = read(gray(data), SMALL, SMALL)[0]
            self.assertEqual(str(first), f"3 {index} {60 * index} {time.decode()}")

    def test_command(self) -> None:
        """As the document shows it."""
        stream = Stream("720p-clock", SMALL, Fraction(30), "video.size=640x360")
        command = [sys.executable, clock_code.__file__, "640x360"]
        done = subprocess.run(command, input=gray(stream.data) + bytes(640 * 360),
                              stdout=subprocess.PIPE, check=True)
        lines = done.stdout.decode().splitlines()
        self.assertEqual(lines[-1], "unread")
        self.assertEqual(lines[:-1], [str(moment) for moment in stream.moments()])


class Message(unittest.TestCase):
    EXAMPLE = Moment(stream=12, index=897674400, frame=53860464000, time=1795348800000, flash=False)

    def setUp(self) -> None:
        self.text = Path(DOCUMENT).read_text()
        self.message = bytes.fromhex(re.search(r"(?m)^    ((?:[0-9a-f]{2} ?){22})$", self.text)[1])

    def test_the_example_of_the_document(self) -> None:
        self.assertEqual(clock_code.unpack(self.message), self.EXAMPLE)

    def test_the_cells_of_the_document(self) -> None:
        rows = re.findall(r"(?m)^    ([#.]{60})$", self.text)
        self.assertEqual([row[0] for row in rows], ["#", ".", "#"])
        bits = "".join(row[1:] for row in rows).replace("#", "1").replace(".", "0")
        self.assertEqual(int(bits[:176], 2).to_bytes(22), self.message)
        self.assertEqual(bits[176:], "0")

    def test_the_sizes_of_the_document(self) -> None:
        rows = re.findall(r"(?m)^\| (\d+)x(\d+) \| (.*) \|$", self.text)
        self.assertEqual(len(rows), 7)
        for width, height, numbers in rows:
            self.assertEqual(list(clock_code.Geometry.of(int(width), int(height))),
                             [int(number) for number in numbers.split(" | ")])

    def test_up_to_six_wrong_cells_are_found(self) -> None:
        """No two sets of up to three wrong cells leave the same check bits."""
        none = zlib.crc32(bytes(18))
        marks = [zlib.crc32((1 << bit).to_bytes(18)) ^ none for bit in range(144)]
        marks += [1 << bit for bit in range(32)]
        sums = [0]
        for count in (1, 2, 3):
            for chosen in itertools.combinations(marks, count):
                total = 0
                for mark in chosen:
                    total ^= mark
                sums.append(total)
        self.assertEqual(len(sums), len(set(sums)))

    def test_noise_is_not_believed(self) -> None:
        noise = random.Random(1)
        for _ in range(100_000):
            self.assertIsNone(clock_code.unpack(noise.randbytes(22)))


if __name__ == "__main__":
    main()
