# SPDX-License-Identifier: GPL-2.0-or-later
"""Origins with other processors make the same bytes: with each speed of libx264 and each pattern,
whichever vector instructions there are. PROCESSOR names the library that takes some away."""

import os
import platform
import subprocess
import unittest
from pathlib import Path

from origin import PROGRAM, scratch, sets
from tap import main, note

LIBRARY = Path(os.environ.get("PROCESSOR", "processor.so")).absolute()  # may have blanks
SPEEDS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower",
          "veryslow", "placebo")
SMALL = sets("video.size=160x90", "video.bitrate=200kbit/s", "stream.segment-duration=1s",
             "budget.memory=1GB", "budget.cpu=100%")
MOVING = sets("video.pattern=testsrc2", "video.cycle=1s")
# What is left of them, to libx264 and to libav*: nothing; and on x86 what comes before SSE3.
PROCESSORS = [(0, 0), (0x1f, 0x1f)] if platform.machine() == "x86_64" else [(0, 0)]


class Processors(unittest.TestCase):
    def make(self, folder: Path, arguments: list[str], kept: tuple[int, int] | None) -> str:
        """@return the digests of a finite stream"""
        out = folder / f"hls {len(list(folder.iterdir()))}"
        environment = dict(os.environ)
        if kept is not None:
            environment |= {"LD_LIBRARY_PATH": str(LIBRARY.parent), "LD_PRELOAD": LIBRARY.name,
                            "X264_CPU": str(kept[0]), "LIBAV_CPU": str(kept[1])}
        subprocess.run([PROGRAM, "--vod", "2s", "--start", "1000000", "--out", str(out),
                        *arguments], check=True, env=environment, capture_output=True)
        return (out / "SHA256SUMS").read_text()

    def compare(self, *arguments: str) -> None:
        with scratch() as folder:
            folder.chmod(0o777)
            whole = self.make(folder, list(arguments), None)
            for kept in PROCESSORS:
                with self.subTest(kept=kept, arguments=arguments):
                    self.assertEqual(self.make(folder, list(arguments), kept), whole)

    def test_speeds_of_x264(self) -> None:
        for speed in SPEEDS:
            self.compare("--preset", "720p-ultrafast", *SMALL, *MOVING,
                         *sets(f"video.x264-preset={speed}"))
        note(f"{len(SPEEDS)} speeds")

    def test_patterns(self) -> None:
        for pattern in ("smptebars", "smptehdbars", "pal75bars", "testsrc", "testsrc2"):
            self.compare("--preset", "720p-ultrafast", *SMALL,
                         *sets(f"video.pattern={pattern}"))

    def test_clock(self) -> None:
        """By hlsgen's own encoder, and over libx264's pictures."""
        self.compare("--preset", "720p-clock")
        self.compare("--preset", "720p-ultrafast", *SMALL,
                     *sets("video.overlay=clock", "video.size=640x360"))


if __name__ == "__main__":
    main()
