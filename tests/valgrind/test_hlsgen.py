# SPDX-License-Identifier: GPL-2.0-or-later
"""A short life of hlsgen under valgrind, which MEMCHECK runs: publish, restart, take over, end.

Valgrind ends it with 1 if it has found an error or a leak, and says so on stderr.
"""
import os
import shlex
import signal
import unittest

from origin import Hlsgen, scratch, sequence, sets, wait_until
from tap import main

MEMCHECK = shlex.split(os.environ["MEMCHECK"])
SMALL = sets("stream.segment-duration=1s", "stream.window=3", "video.size=64x64", "video.rate=10",
             "video.bitrate=100kbit/s")

AMPLE = ["--memory-budget=4GB", "--cpu-budget=100%"]  # for valgrind, which takes of both


class Life(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())
        self.out = self.folder / "hls"

    def hlsgen(self, *arguments: str) -> Hlsgen:
        hlsgen = Hlsgen(self.out, "--sandbox=off", *AMPLE, *SMALL, *arguments)
        hlsgen.command = [*MEMCHECK, *hlsgen.command]
        return hlsgen

    def live(self, *arguments: str) -> None:
        """A run that publishes two segments at their time, tells of itself, and ends."""
        with self.hlsgen(*arguments) as hlsgen:
            first = sequence(hlsgen.read())
            wait_until(lambda: sequence(hlsgen.read()) >= first + 2, "two segments")
            hlsgen.process.send_signal(signal.SIGUSR1)
            wait_until(lambda: sequence(hlsgen.read()) >= first + 3, "one more")
            code = hlsgen.stop()
        self.assertEqual(code, 0, hlsgen.errors)

    def test_runs(self) -> None:
        self.live()
        self.live()
        self.live(*sets("video.pattern=testsrc2", "video.cycle=2s", "video.x264-preset=medium"))

    def test_refuses(self) -> None:
        for argument, expected in ("--none", 64), ("--preset=/none.conf", 66), ("--help", 0):
            with self.subTest(argument):
                hlsgen = self.hlsgen(argument).start()
                self.assertEqual(hlsgen.wait(), expected, hlsgen.errors)


if __name__ == "__main__":
    main()
