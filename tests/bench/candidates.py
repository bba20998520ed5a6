# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured: hlsgen, and other programs' command lines for the same stream."""
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SEGMENT_SECONDS = 2
WINDOW = 10
VIDEO_RATE = 2_000_000  # bit/s
AUDIO_RATE = 128_000
DECLARED_BYTES = (VIDEO_RATE + AUDIO_RATE) * SEGMENT_SECONDS // 8  # of a segment, no container

USER = "nobody"  # whom all become when root measures

# No text over the bars: the cheapest that ffmpeg has. No filler data either, hence a tenth of the
# bytes that it is asked for, unless it is told as in CBR.
def made(seconds: int = SEGMENT_SECONDS) -> str:
    """To make the stream, with an IDR picture every so many seconds."""
    frames = 30 * seconds
    return f"""-f lavfi -i smptebars=size=1280x720:rate=30
        -f lavfi -i sine=frequency=1000:sample_rate=48000
        -c:v libx264 -preset ultrafast -b:v 2000k -g {frames} -keyint_min {frames}
        -sc_threshold 0 -pix_fmt yuv420p -c:a aac -b:a 128k"""


CBR = "-x264-params nal-hrd=cbr -minrate 2000k -maxrate 2000k -bufsize 2000k"


def into_hls(seconds: int = SEGMENT_SECONDS, window: int = WINDOW) -> str:
    return f"""-f hls -hls_time {seconds} -hls_list_size {window}
        -hls_flags delete_segments -hls_segment_filename seg%d.ts stream.m3u8"""


# smpte75, since smpte has noise in one corner, which costs more.
GSTREAMER = f"""gst-launch-1.0 -q hlssink2 name=sink target-duration={SEGMENT_SECONDS}
    playlist-length={WINDOW} max-files={WINDOW + 2}
    location=seg%05d.ts playlist-location=stream.m3u8
    videotestsrc is-live=true pattern=smpte75
    ! video/x-raw,format=I420,width=1280,height=720,framerate=30/1
    ! x264enc speed-preset=ultrafast bitrate=2000 key-int-max=60 ! h264parse ! sink.video
    audiotestsrc is-live=true freq=1000 ! audio/x-raw,rate=48000,channels=1
    ! avenc_aac bitrate=128000 ! sink.audio"""
ELEMENTS = "hlssink2 videotestsrc x264enc h264parse audiotestsrc avenc_aac mpegtsmux".split()


@dataclass(frozen=True)
class Candidate:
    name: str
    command: list[str]  # what is run, in the directory that it is to write to
    drops_root: bool = False  # it becomes USER of its own accord


def ffmpeg(arguments: str) -> list[str]:
    return ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", *arguments.split()]


def hlsgen(program: Path, *options: str) -> list[str]:
    user = ["--user", USER] if os.geteuid() == 0 else []
    return [str(program.resolve()), "--out", ".", *user, *options]


def make_film(directory: Path, seconds: int) -> Path:
    """A finished file with the bytes that were asked for."""
    film = directory / "film.ts"
    command = ffmpeg(f"{made()} {CBR} -t {seconds} -f mpegts")
    subprocess.run([*command, str(film)], check=True, stdin=subprocess.DEVNULL)
    return film


def lacks_gstreamer() -> str | None:
    """What of GStreamer is not here."""
    if not shutil.which("gst-launch-1.0") or not shutil.which("gst-inspect-1.0"):
        return "gst-launch-1.0"
    missing = [name for name in ELEMENTS
               if subprocess.run(["gst-inspect-1.0", "--exists", name]).returncode]
    return ", ".join(missing) or None


def own(program: Path, preset: str) -> Candidate:
    return Candidate(f"hlsgen {preset}", hlsgen(program, "--preset", preset), True)


def bare_ffmpeg() -> Candidate:
    return Candidate("ffmpeg", ffmpeg(f"-re {made()} {into_hls()}"))


def others(film: Path) -> list[Candidate]:
    """The peers; who is missing is left out, see lacks_gstreamer()."""
    copy = ffmpeg("-re -stream_loop -1 -i") + [str(film), "-c", "copy", *into_hls().split()]
    found = [
        bare_ffmpeg(),
        Candidate("ffmpeg CBR", ffmpeg(f"-re {made()} {CBR} {into_hls()}")),
        Candidate("ffmpeg -c copy", copy),
    ]
    if not lacks_gstreamer():
        found.append(Candidate("GStreamer", GSTREAMER.split()))
    return found
