# SPDX-License-Identifier: GPL-2.0-or-later
"""What hlsgen-verify finds in live streams of ffmpeg's hls muxer: the rules that this is known to
break, and no others."""

import json
import re
import shutil
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from origin import scratch, wait_until
from tap import main
from verifier import verify

FFMPEG = shutil.which("ffmpeg")
PICTURE = ("-g", "30", "-keyint_min", "30", "-sc_threshold", "0", "-pix_fmt", "yuv420p",
           "-preset", "veryfast", "-threads", "1")
MUXED = ("-map", "[a]", "-map", "1:a", "-map", "[b]", "-map", "1:a",
         "-var_stream_map", "v:0,a:0 v:1,a:1")
GROUP = ("-map", "[a]", "-map", "[b]", "-map", "1:a",
         "-var_stream_map", "v:0,agroup:sound v:1,agroup:sound a:0,agroup:sound")
FMP4 = ("-hls_segment_type", "fmp4")
DATED = "delete_segments+program_date_time"
STREAMS = {
    "undated": ("-hls_flags", "delete_segments", *MUXED),
    "dated": ("-hls_flags", DATED, *MUXED),
    "fmp4": ("-hls_flags", DATED, *FMP4, *MUXED),
    "fmp4-group": ("-hls_flags", DATED, *FMP4, *GROUP),
}

# A rule, and the text of the multivariant playlist that keeps it: newer versions have more.
SAID = {"MV_FRAMERATE": "FRAME-RATE=", "MV_AVERAGE": "AVERAGE-BANDWIDTH=",
        "MV_IFRAME": "EXT-X-I-FRAME-STREAM-INF", "MV_INDEPENDENT": "EXT-X-INDEPENDENT-SEGMENTS"}


def command(*more: str) -> list[str]:
    """Bars, which need much less than the bit rates that are asked for and said."""
    return [FFMPEG, "-v", "error", "-re", "-f", "lavfi", "-i", "smptebars=size=320x180:rate=30",
            "-f", "lavfi", "-i", "sine=1000:r=48000",
            "-filter_complex", "[0:v]split=2[a][c];[c]scale=160x90[b]",
            "-c:v", "libx264", *PICTURE, "-b:v:0", "2M", "-b:v:1", "1M", "-c:a", "aac",
            "-f", "hls", "-hls_time", "1", "-hls_list_size", "5",
            "-master_pl_name", "master.m3u8", *more, "%v/stream.m3u8"]


def slides(folder: Path) -> bool:
    """Whether each media playlist has lost a segment."""
    playlists = list(folder.glob("*/stream.m3u8"))
    found = [re.search(r"MEDIA-SEQUENCE:(\d+)", path.read_text()) for path in playlists]
    return len(found) > 1 and all(match and int(match[1]) > 1 for match in found)


def watch(folder: Path, arguments: tuple[str, ...]) -> None:
    """Lets ffmpeg publish until its window slides, and stops it so that it can end nothing."""
    with subprocess.Popen(command(*arguments), cwd=folder, stdin=subprocess.DEVNULL) as ffmpeg:
        try:
            wait_until(lambda: ffmpeg.poll() is not None or slides(folder), "a sliding window", 0.1)
        finally:
            ffmpeg.kill()


@unittest.skipUnless(FFMPEG, "there is no ffmpeg")
class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = cls.enterClassContext(scratch())
        for name in STREAMS:
            (cls.folder / name).mkdir()
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda name: watch(cls.folder / name, STREAMS[name]), STREAMS))

    def check(self, name: str, *rules: str) -> None:
        """These rules are broken, and what the multivariant playlist does not say."""
        folder = self.folder / name
        text = (folder / "master.m3u8").read_text()
        unsaid = {rule for rule, wanted in SAID.items() if wanted not in text}
        report = json.loads(verify(folder, "--profile", "all", "--json").stdout)
        found = {entry["rule"]: entry for entry in report["findings"]}
        self.assertEqual(set(found), {"PL_WINDOW_6", "BW_TIGHT", *rules} | unsaid, found)

    def test_without_dates(self) -> None:
        self.check("undated", "PL_PDT_PRESENT")

    def test_a_zone_without_its_colon(self) -> None:
        self.check("dated", "PL_PDT_FORMAT")

    def test_fragmented(self) -> None:
        self.check("fmp4", "PL_PDT_FORMAT", "PL_VERSION_MAX")

    def test_fragmented_with_a_group_of_sound(self) -> None:
        self.check("fmp4-group", "PL_PDT_FORMAT", "PL_VERSION_MAX")


if __name__ == "__main__":
    main()
