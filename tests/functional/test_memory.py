# SPDX-License-Identifier: GPL-2.0-or-later
"""The budget of memory: what is reckoned suffices, is kept, and what is too little ends in order.

Each run is limited by its own budget, which the kernel keeps: one that works with exactly what
was reckoned shows that it never takes more.
"""

import itertools
import os
import re
import resource
import signal
import subprocess
import unittest
from pathlib import Path

from origin import ARGUMENTS, PATIENCE, PROGRAM, Hlsgen, scratch, segments, sets, wait_until
from realtime import RealTime
from tap import main, note
from test_streams import Streams

EX_DATAERR = os.EX_DATAERR
EXIT_MEMORY = 82
NOT_LOADED = 127  # of the dynamic linker, which needs memory for the libraries
MB = 1_000_000

# One of each kind of peak: pictures of all sizes and number, bytes of the picture, templates.
STREAMS = {
    "default": (),
    "smallest": ("video.size=64x64", "video.rate=10", "video.bitrate=32kbit/s",
                 "audio.bitrate=32kbit/s"),
    "many_small_pictures": ("video.size=64x64", "video.x264-preset=placebo",
                            "stream.segment-duration=5s"),
    "many_pictures": ("video.size=640x360", "video.x264-preset=medium"),
    "large_references": ("video.size=640x360", "video.x264-preset=placebo", "video.rate=15",
                         "stream.segment-duration=6s"),
    "1080p_medium": ("video.size=1920x1080", "video.x264-preset=medium", "video.bitrate=5Mbit/s"),
    "2160p_ultrafast": ("video.size=3840x2160", "video.bitrate=15Mbit/s"),
    "converted": ("video.pattern=testsrc", "video.size=1920x1080", "video.cycle=2s"),
    "animated": ("video.pattern=testsrc2", "video.size=640x360", "video.bitrate=8Mbit/s",
                 "video.cycle=10s"),
    "fragmented": ("stream.container=fmp4", "video.pattern=testsrc2", "video.size=640x360",
                   "video.bitrate=8Mbit/s", "video.cycle=10s"),
    "large_segments": ("video.size=640x360", "video.bitrate=60Mbit/s"),
    "many_templates": ("video.size=320x180", "video.bitrate=500kbit/s", "video.rate=30000/1001",
                       "audio.tone=440Hz"),
    "encoded_again": ("video.pattern=testsrc2", "video.size=640x360", "video.bitrate=150kbit/s",
                      "video.cycle=4s"),
}


ROOM = "--disk-budget=1000GB"


PRESET = ("--preset", "720p-ultrafast")


def refusal(out: Path, settings: tuple[str, ...], budget: int,
            more: tuple[str, ...] = PRESET) -> str:
    """What is said of a budget, in MB, that is too small."""
    run = subprocess.run([PROGRAM, *ARGUMENTS, "--out", out, ROOM, f"--memory-budget={budget}MB",
                          *more, *sets(*settings)], capture_output=True, text=True,
                         timeout=PATIENCE)
    if run.returncode != EX_DATAERR:
        raise AssertionError(f"ended with {run.returncode}: {run.stderr}")
    return run.stderr


def need(out: Path, settings: tuple[str, ...], more: tuple[str, ...] = PRESET) -> int:
    """MB that a stream, or several, are reckoned to need."""
    return int(re.search(r"needs up to (\d+) MB of memory", refusal(out, settings, 1, more))[1])


def peak(pid: int) -> int:
    """VmHWM, bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


class Case(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())
        self.out = self.folder / "hls"


class Reckoned(Case):
    def check_stream(self, *settings: str) -> None:
        """It runs with what it is said to need, and with 3 MB less it does not begin."""
        needed = need(self.out, settings)
        with Hlsgen(self.out, ROOM, f"--memory-budget={needed + 1}MB", *sets(*settings)) as hlsgen:
            highest = peak(hlsgen.process.pid)
        note(f"reckoned {needed} MB, in RAM {highest / MB:.0f} MB")
        self.assertLessEqual(highest, (needed + 1) * MB)
        self.assertLessEqual(needed * MB, 2.2 * highest)
        self.assertIn(f"its budget is {needed - 3} MB", refusal(self.out, settings, needed - 3))

    def test_promised(self) -> None:
        """1080p at medium within 512 MB, 2160p at ultrafast within 1 GB."""
        self.assertLessEqual(need(self.out, STREAMS["1080p_medium"]), 512)
        self.assertLessEqual(need(self.out, STREAMS["2160p_ultrafast"]), 1000)


    def test_many(self) -> None:
        """A stream takes less than 100 kB beside what all share."""
        one, many = (need(self.out, (), ("--preset", "720p-clock", "--streams", str(count)))
                     for count in (1, 5000))
        note(f"{(many - one) * MB / 4999:.0f} bytes a stream")
        self.assertGreater(many, one)
        self.assertLess((many - one) * MB, 4999 * 100_000)


for name, settings in STREAMS.items():
    setattr(Reckoned, f"test_{name}",
            lambda self, settings=settings: self.check_stream(*settings))


class Short(Case):
    """A limit from outside that is lower than the budget, from far too little to enough."""

    def run_within(self, limit: int, *arguments: str) -> tuple[int, str]:
        """Exit code and words; 0 when it has begun to publish."""
        command = [PROGRAM, *ARGUMENTS, "--out", self.out, ROOM, *PRESET, *arguments]
        with subprocess.Popen(
                command, stderr=subprocess.PIPE, text=True,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))) as run:
            errors = ""
            for line in run.stderr:
                errors += line
                if "publishing preset=" in line:
                    run.send_signal(signal.SIGTERM)
            return run.wait(PATIENCE), errors

    def check_shortage(self, step: int, *arguments: str) -> None:
        codes = []
        limit = 20 * MB
        while 0 not in codes:
            code, errors = self.run_within(limit, *arguments)
            self.assertIn(code, (NOT_LOADED, EXIT_MEMORY, 0), f"{limit}: {errors}")
            if code == EXIT_MEMORY:
                self.assertRegex(errors, r"\Ahlsgen: out of memory: \S+ may need \d+ MB of private "
                                         r"memory, the limit it was started with leaves \d+ MB: "
                                         r"raise that.*\n\Z|\Ax264 \[error\]: malloc of size \d+ "
                                         r"failed\nhlsgen: out of memory: .*\n\Z")
            codes.append(code)
            limit += step
        note(f"enough: {(limit - step) / MB} MB; codes {sorted(set(codes))}")
        self.assertEqual(codes, sorted(codes, reverse=True))  # never worse with more
        self.assertGreater(codes.count(EXIT_MEMORY), 3)

    def test_pictures(self) -> None:
        self.check_shortage(MB)

    def test_templates(self) -> None:
        self.check_shortage(3 * MB, *sets(*STREAMS["animated"]))


class Steady(Case, RealTime):
    def test_takes_no_memory(self) -> None:
        """With no memory to be had it publishes, mends and reports."""
        for container, preset in itertools.product(("ts", "fmp4"),
                                                   ("720p-ultrafast", "720p-clock")):
            with self.subTest(container=container, preset=preset):
                self.publish_without(container, preset)

    def publish_without(self, container: str, preset: str) -> None:
        out = self.folder / container / preset
        out.parent.mkdir(mode=0o777, exist_ok=True)
        hlsgen = Hlsgen(out, *sets("stream.segment-duration=1s", "stream.window=4",
                                   f"stream.container={container}"), preset=preset)
        hlsgen.command = ["env", f"LD_PRELOAD={os.environ['NO_MEMORY']}", *hlsgen.command]
        with hlsgen:
            before = segments(hlsgen.read())
            hlsgen.process.send_signal(signal.SIGUSR1)
            (out / before[-1]).unlink()
            wait_until(lambda: not set(before) & set(segments(hlsgen.read())), "a new window")
            hlsgen.stop()
        self.assertIn("mended=1", hlsgen.errors)
        self.assertIn("uses rss_bytes=", hlsgen.errors)
        self.assertNotIn("memory was asked for", hlsgen.errors)

    def test_tells_what_it_uses(self) -> None:
        hlsgen = Hlsgen(self.out, "--memory-budget=200MB", "--cpu-budget=70%")
        with hlsgen:
            highest = peak(hlsgen.process.pid)
            hlsgen.process.send_signal(signal.SIGUSR1)
        told = dict(pair.split("=") for line in hlsgen.errors.splitlines() if ": uses " in line
                    for pair in line.split()[2:])
        self.assertEqual(int(told["memory_budget_bytes"]), 200 * MB)
        self.assertEqual(told["cpu_budget_percent"], "70")
        self.assertAlmostEqual(int(told["rss_max_bytes"]), highest, delta=2 * MB)
        self.assertLess(int(told["rss_bytes"]), int(told["rss_max_bytes"]))
        self.assertLess(int(told["private_bytes"]), int(told["private_max_bytes"]))
        self.assertGreater(int(told["cpu_ms"]), 0)
        self.assertGreater(float(told["cpu_percent"]), 0)


class Many(unittest.TestCase):
    def setUp(self) -> None:
        self.out = self.enterContext(scratch())

    def test_each_takes_little_memory(self) -> None:
        """Less than 100 kB each beside what all share."""
        private = {}
        for count in (1, 300):
            with Streams(self.out / str(count), count, "--disk-budget", "2GB",
                         "--set", "stream.window=3") as hlsgen:
                hlsgen.wait_updates(1)
                status = Path(f"/proc/{hlsgen.process.pid}/status").read_text()
            private[count] = int(re.search(r"VmData:\s+(\d+) kB", status)[1])
        each = (private[300] - private[1]) / 299
        note(f"{each:.1f} kB a stream")
        self.assertLess(each, 100)


if __name__ == "__main__":
    main()
