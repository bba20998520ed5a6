# SPDX-License-Identifier: GPL-2.0-or-later
"""What a viewer gets: ffmpeg decodes the stream, and sound and picture are measured.

The tone is judged against one sine fitted over all segments, so that a step in phase or level and
a click at any segment border show up alike. Colours are judged in RGB as ffmpeg converts them by
the stream's own VUI, against the values that the bars stand for.
"""

import array
import math
import shutil
import subprocess
import unittest

from conformance import h264
from conformance.media import Media
from conformance.observe import Observation, Version
from origin import Hlsgen, scratch, segments, sets
from tap import main, note

RATE = 48_000
GRAY, YELLOW, CYAN, GREEN = (191, 191, 191), (191, 191, 0), (0, 191, 191), (0, 191, 0)
MAGENTA, RED, BLUE, WHITE = (191, 0, 191), (191, 0, 0), (0, 0, 191), (255, 255, 255)
BLACK = (0, 0, 0)
BARS = [YELLOW, CYAN, GREEN, MAGENTA, RED, BLUE]


def take(*settings: str, count: int = 10) -> tuple[list[bytes], Observation]:
    """The segments of one window, and the same as an observation."""
    with scratch() as folder:
        with Hlsgen(folder / "hls", *sets(*settings, f"stream.window={count}")) as hlsgen:
            playlist = hlsgen.read()
            data = [(hlsgen.out / uri).read_bytes() for uri in segments(playlist)]
    seen = Observation([Version(playlist, 0.0)], dict(zip(segments(playlist), data)))
    return data, seen


def decode(data: bytes, *arguments: str) -> bytes:
    """Raw output of ffmpeg, which must find nothing to complain about."""
    command = ["ffmpeg", "-nostdin", "-loglevel", "warning", "-xerror", "-err_detect", "explode",
               "-f", "mpegts", "-i", "pipe:0", *arguments, "pipe:1"]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode or done.stderr:
        raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{done.stderr.decode()}")
    return done.stdout


def decibel(ratio: float) -> float:
    return 20 * math.log10(ratio) if ratio else -math.inf


class Sine:
    """The sine of a known frequency nearest to some samples, by least squares."""

    def __init__(self, samples: array.array, frequency: int) -> None:
        period = RATE // math.gcd(RATE, frequency)
        usable = len(samples) // period * period
        sums = [sum(samples[phase:usable:period]) for phase in range(period)]
        angle = 2 * math.pi * frequency / RATE
        self.cosine = 2 / usable * sum(s * math.cos(angle * p) for p, s in enumerate(sums))
        self.sine = 2 / usable * sum(s * math.sin(angle * p) for p, s in enumerate(sums))
        self.mean = sum(sums) / usable
        self.peak = math.hypot(self.cosine, self.sine)
        self.wave = [self.mean + self.cosine * math.cos(angle * p)
                     + self.sine * math.sin(angle * p) for p in range(period)]
        self.residual = max(abs(value - self.wave[index % period])
                            for index, value in enumerate(samples))


@unittest.skipUnless(shutil.which("ffmpeg"), "ffmpeg is not installed")
class Sound(unittest.TestCase):
    def measure(self, tone: int, *settings: str) -> None:
        data, _ = take("video.size=320x180", "video.bitrate=300kbit/s", f"audio.tone={tone}Hz",
                       *settings)
        raw = decode(b"".join(data), "-map", "0:a", "-f", "f32le")
        samples = array.array("f", raw)
        channels = 2 if Sound.stereo(data[0]) else 1
        for channel in range(channels):
            # A decoder that starts in the middle has no first half of its first frame's overlap.
            sine = Sine(samples[channel::channels][4096:-2048], tone)
            note(f"{tone} Hz, channel {channel}: peak {decibel(sine.peak):.2f} dBFS, residual "
                 f"{decibel(sine.residual / sine.peak):.1f} dB below it, "
                 f"{len(samples) / channels / RATE:.1f} s")
            self.assertAlmostEqual(decibel(sine.peak), -18, delta=0.2)
            self.assertLess(decibel(sine.residual / sine.peak), -50)

    @staticmethod
    def stereo(segment: bytes) -> bool:
        probe = decode(segment, "-map", "0:a", "-frames:a", "1", "-f", "f32le")
        mono = decode(segment, "-map", "0:a", "-frames:a", "1", "-ac", "1", "-f", "f32le")
        return len(probe) == 2 * len(mono)

    def listen(self, *settings: str) -> tuple[array.array, float]:
        """The first channel of a stream that beeps, and the time of day of its first sample."""
        data, seen = take("audio.signal=beep", "video.size=320x180", "video.bitrate=300kbit/s",
                          *settings)
        run = Media(seen).runs[0]
        first = run.segments[0]
        start = first.entry.pdt.timestamp() + (first.audio[0].pts - first.start) / 90_000
        raw = decode(b"".join(data), "-map", "0:a", "-f", "f32le")
        return array.array("f", raw)[::2], start

    def check_beeps(self, tone: int, *settings: str) -> None:
        """A beep of 100 ms on each second of UTC by PROGRAM-DATE-TIME, and silence between."""
        samples, start = self.listen(f"audio.tone={tone}Hz", *settings)
        seconds = range(math.ceil(start + 0.1), math.floor(start + len(samples) / RATE - 1))
        self.assertGreaterEqual(len(seconds), 12)
        worst = 0.0
        for second in seconds:
            at = round((second - start) * RATE)
            around = samples[at - RATE // 20:at + RATE * 3 // 20]
            worst = max([worst, *(abs(off) for off in self.edges(around, tone))])
            silence = max(map(abs, samples[at + RATE // 10 + 48:at + RATE - 48]))
            self.assertLess(decibel(silence), -60)
        note(f"{tone} Hz: beeps begin and end within {worst * 1000:.2f} ms")
        self.assertLess(worst, 0.001)

    @staticmethod
    def edges(samples: array.array, tone: int) -> tuple[float, float]:
        """By how many seconds a beep begins and ends off its place, which is 50 ms behind the first
        sample and as much before the last. It is half as loud 2.5 ms inside."""
        period, angle = RATE // tone, 2 * math.pi * tone / RATE
        waves = [[sample * wave(angle * at) for at, sample in enumerate(samples)]
                 for wave in (math.cos, math.sin)]
        loud = []
        for at in range(len(samples) - period):
            level = math.hypot(*(sum(wave[at:at + period]) for wave in waves)) * 2 / period
            if level >= 10 ** (-18 / 20) / 2:
                loud.append(at + period / 2)
        margin = RATE * 0.0525
        return (loud[0] - margin) / RATE, (loud[-1] - (len(samples) - margin)) / RATE

    def test_beep(self) -> None:
        self.check_beeps(1000)

    def test_beep_in_segments_of_1_5_s(self) -> None:
        """Every other one begins between two seconds."""
        self.check_beeps(500, "audio.bitrate=64kbit/s", "stream.segment-duration=1.5s")

    def test_1_khz(self) -> None:
        self.measure(1000)

    def test_440_hz(self) -> None:
        self.measure(440)

    def test_short_segments(self) -> None:
        self.measure(1000, "stream.segment-duration=1s", "video.rate=30000/1001")


@unittest.skipUnless(shutil.which("ffmpeg"), "ffmpeg is not installed")
class Picture(unittest.TestCase):
    SIZE = (640, 360)

    def setUp(self) -> None:
        self.media: Media | None = None

    def draw(self, pattern: str, *settings: str) -> bytes:
        """The first frame of a stream in RGB."""
        data, seen = take(f"video.pattern={pattern}", "video.size=640x360", *settings, count=3)
        self.media = Media(seen)
        # Error diffusion and fast rounding off: the plain matrix of the VUI.
        return decode(data[0], "-map", "0:v", "-frames:v", "1", "-sws_flags",
                      "accurate_rnd+full_chroma_int", "-f", "rawvideo", "-pix_fmt", "rgb24")

    def pixel(self, frame: bytes, across: float, down: float) -> tuple[int, int, int]:
        width, height = self.SIZE
        at = 3 * (int(down * height) * width + int(across * width))
        return tuple(frame[at:at + 3])

    def assert_colour(self, frame: bytes, across: float, down: float, expected: tuple) -> None:
        found = self.pixel(frame, across, down)
        worst = max(abs(one - other) for one, other in zip(found, expected))
        self.assertLessEqual(worst, 4, f"{found} at {across:.2f}, {down:.2f}, not {expected}")

    def assert_bars(self, frame: bytes, bars: list, begin: float, end: float) -> None:
        for index, colour in enumerate(bars):
            across = begin + (end - begin) * (index + 0.5) / len(bars)
            self.assert_colour(frame, across, 0.3, colour)

    def assert_vui(self, primaries: int, matrix: int) -> None:
        sps = self.media.runs[0].sps
        note(f"VUI primaries {sps.primaries}, transfer {sps.transfer}, matrix {sps.matrix}")
        self.assertEqual((sps.primaries, sps.matrix), (primaries, matrix))
        self.assertEqual(sps.full_range, 0)

    def test_smptebars(self) -> None:
        frame = self.draw("smptebars")
        self.assert_bars(frame, [GRAY, *BARS], 0, 1)
        self.assert_vui(6, 6)

    def test_smptehdbars(self) -> None:
        frame = self.draw("smptehdbars")
        self.assert_bars(frame, [GRAY, *BARS], 1 / 8, 7 / 8)
        self.assert_vui(1, 1)

    def test_pal75bars(self) -> None:
        frame = self.draw("pal75bars")
        self.assert_bars(frame, [WHITE, *BARS, BLACK], 0, 1)
        self.assert_vui(5, 5)

    def test_color(self) -> None:
        frame = self.draw("color", "video.color=#ff8000")
        for across, down in ((0.1, 0.1), (0.5, 0.5), (0.9, 0.9)):
            self.assert_colour(frame, across, down, (255, 128, 0))
        self.assert_vui(6, 6)

    def reference(self, source: str) -> bytes:
        command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i",
                   f"{source}=size=640x360:rate=30", "-frames:v", "1", "-f", "rawvideo",
                   "-pix_fmt", "rgb24", "pipe:1"]
        return subprocess.run(command, capture_output=True, check=True).stdout

    def test_testsrc(self) -> None:
        """The colour bars of testsrc, drawn in RGB, come out as ffmpeg itself draws them."""
        frame, original = self.draw("testsrc"), self.reference("testsrc")
        for step in range(8):
            across = (step + 0.5) / 8
            self.assert_colour(frame, across, 0.15, self.pixel(original, across, 0.15))
        self.assert_vui(6, 6)

    def test_every_frame_is_there(self) -> None:
        """As many frames come out of the decoder as access units went in, and none is damaged."""
        data, seen = take("video.size=640x360", "video.pattern=testsrc2", "video.cycle=4s", count=4)
        raw = decode(b"".join(data), "-map", "0:v", "-fps_mode", "passthrough", "-f", "rawvideo",
                     "-pix_fmt", "gray")
        units = Media(seen).all_units()
        self.assertEqual(len(raw), len(units) * 640 * 360)
        self.assertEqual(sum(h264.IDR in unit.kinds for unit in units), 4)


if __name__ == "__main__":
    main()
