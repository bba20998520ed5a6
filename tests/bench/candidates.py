# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured: hlsgen, and the ffmpeg command lines for the same stream."""
import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SEGMENT_SECONDS = 2
WINDOW = 10
VIDEO_RATE = 2_000_000  # bit/s
AUDIO_RATE = 128_000
DECLARED_BYTES = (VIDEO_RATE + AUDIO_RATE) * SEGMENT_SECONDS // 8  # of a segment, no container

# Without these, ffmpeg's bars have a tenth of the bytes that it was asked for.
CBR = "-x264-params nal-hrd=cbr -minrate 2000k -maxrate 2000k -bufsize 2000k"

USER = "nobody"  # whom both become when root measures


def ffmpeg(seconds: int = SEGMENT_SECONDS, window: int = WINDOW, more: str = "") -> list[str]:
    """The command line for the stream, with segments of so many seconds."""
    frames = 30 * seconds
    return f"""ffmpeg -hide_banner -loglevel error -nostdin -re -f lavfi
        -i smptebars=size=1280x720:rate=30 -f lavfi -i sine=frequency=1000:sample_rate=48000
        -c:v libx264 -preset ultrafast -b:v 2000k -g {frames} -keyint_min {frames} -sc_threshold 0
        -pix_fmt yuv420p -c:a aac -b:a 128k {more}
        -f hls -hls_time {seconds} -hls_list_size {window} -hls_flags delete_segments
        -hls_segment_filename seg%d.ts stream.m3u8""".split()


@dataclass(frozen=True)
class Candidate:
    name: str
    command: list[str]  # what is run, in the directory that it is to write to
    drops_root: bool  # it becomes USER of its own accord

    def start(self, directory: Path, log: IO[bytes]) -> subprocess.Popen:
        become = {}
        if os.geteuid() == 0 and not self.drops_root:
            become = {"user": USER, "group": pwd.getpwnam(USER).pw_gid, "extra_groups": []}
        return subprocess.Popen(self.command, cwd=directory, stdin=subprocess.DEVNULL, stdout=log,
                                stderr=log, **become)


def candidates(hlsgen: Path) -> list[Candidate]:
    user = ["--user", USER] if os.geteuid() == 0 else []
    command = [str(hlsgen.resolve()), "--preset", "720p-ultrafast", "--out", ".", *user]
    return [
        Candidate("hlsgen", command, True),
        Candidate("ffmpeg", ffmpeg(), False),
        Candidate("ffmpeg CBR", ffmpeg(more=CBR), False),
    ]
