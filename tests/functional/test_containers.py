# SPDX-License-Identifier: GPL-2.0-or-later
"""One stream in both containers: ffmpeg decodes the same pictures and the same sound from them."""

import re
import shutil
import subprocess
import unittest
from collections import defaultdict
from pathlib import Path

from fixture import write_ladder
from origin import Hlsgen, make_out, scratch, segments, sets
from tap import main

SMALL = ["video.size=320x180", "video.bitrate=300kbit/s"]
CLOCK = ["video.overlay=clock", "video.size=416x234", "video.bitrate=500kbit/s"]
STARTS = (1, 900_000_000)  # in MPEG-TS decode times of segment 0 may be negative
STRICT = ["ffmpeg", "-nostdin", "-loglevel", "warning", "-xerror", "-err_detect", "explode"]


def make(out: Path, start: int, container: str, *arguments: str, preset: str) -> None:
    hlsgen = Hlsgen(out, "--vod", "6s", "--start", str(start), *arguments,
                    *sets(f"stream.container={container}"), preset=preset).start()
    if hlsgen.wait():
        raise AssertionError(hlsgen.errors)


def joined(folder: Path) -> bytes:
    """The segments one behind the other, and their initialization section before them."""
    playlist = (folder / "stream.m3u8").read_bytes()
    sections = re.findall(rb'#EXT-X-MAP:URI="(.*)"', playlist)
    return b"".join((folder / uri).read_bytes()
                    for uri in [*(uri.decode() for uri in sections), *segments(playlist)])


def decode(data: bytes) -> dict[str, list[str]]:
    """The digest of each picture and of each AAC frame's samples, by stream. Not a warning."""
    command = [*STRICT, "-i", "pipe:0", "-map", "0", "-fps_mode", "passthrough",
               "-f", "framemd5", "pipe:1"]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode or done.stderr:
        raise AssertionError(f"{done.returncode}\n{done.stderr.decode()}")
    digests = defaultdict(list)
    for line in done.stdout.decode().splitlines():
        if not line.startswith("#"):
            stream, *_, digest = line.replace(" ", "").split(",")
            digests[stream].append(digest)
    return digests


@unittest.skipUnless(shutil.which("ffmpeg"), "ffmpeg is not installed")
class Containers(unittest.TestCase):
    def compare(self, *settings: str, preset: str = "720p-ultrafast",
                folders: tuple[str, ...] = (".",)) -> None:
        for start in STARTS:
            with self.subTest(start=start), scratch() as folder:
                found = []
                for container in ("ts", "fmp4"):
                    (folder / container).mkdir(mode=0o755)
                    out = make_out(folder / container)
                    make(out, start, container, *sets(*settings), preset=preset)
                    found.append([decode(joined(out / name)) for name in folders])
                self.assertEqual(*found)
                self.assertGreater(min(len(digests) for streams in found[0]
                                       for digests in streams.values()), 50)

    def test_bars(self) -> None:
        self.compare(*SMALL)

    def test_b_pictures(self) -> None:
        self.compare(*SMALL, "video.x264-preset=medium", "video.pattern=testsrc2", "video.cycle=4s")

    def test_exact_clock(self) -> None:
        self.compare(*CLOCK, preset="720p-clock")

    def test_exact_clock_at_2997(self) -> None:
        self.compare(*CLOCK, "video.rate=30000/1001", "audio.signal=none", preset="720p-clock")

    def test_flash_and_beep(self) -> None:
        self.compare(*CLOCK, "audio.signal=beep", preset="720p-clock")

    def test_clock_encoded_afresh(self) -> None:
        self.compare(*CLOCK, "video.x264-preset=veryfast")

    def test_unlike_sizes(self) -> None:
        self.compare(*SMALL, "video.bitrate-pattern=sawtooth")

    def test_pictures_alone(self) -> None:
        self.compare(*SMALL, "audio.signal=none")

    def test_sound_alone(self) -> None:
        self.compare("stream.segment-duration=2s", preset="audio-only")

    def test_ladder_with_a_group(self) -> None:
        with scratch() as folder:
            self.compare(preset=write_ladder(folder, delivery="group"),
                         folders=("low", "top", "audio"))


if __name__ == "__main__":
    main()
