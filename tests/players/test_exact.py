# SPDX-License-Identifier: GPL-2.0-or-later
"""Decoders that have nothing in common agree on the exact writer's stream, without a warning.

EXACT_RAW names the program that writes a stream and the pictures that it must be decoded to.
"""
import hashlib
import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from origin import Hlsgen, scratch, segments, sets
from tap import main, note

# Width, height; the strip's first macroblock row and rows of cells; frames of a segment, in one of
# them more than frame_num can count.
STREAMS = [(1280, 720, 34, 14, 20), (854, 480, 0, 60, 20), (258, 146, 8, 4, 300)]
# Warnings of what reads and decodes H.264, errors of all.
GSTREAMER_LOG = {"GST_DEBUG": "*:1,openh264dec:2,h264parse:2,codecparsers_h264:2,videodecoder:2",
                 "GST_DEBUG_NO_COLOR": "1"}


def run(*command: object, environment: dict[str, str] | None = None) -> str:
    """What the command prints; a word on standard error is a failure."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env=os.environ | (environment or {}), check=False)
    if done.returncode or done.stderr:
        raise AssertionError(f"{command[0]}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def has_openh264() -> bool:
    return bool(shutil.which("gst-inspect-1.0")) and subprocess.run(
        ["gst-inspect-1.0", "--exists", "openh264dec"], check=False).returncode == 0


def md5_by_ffmpeg(stream: Path) -> str:
    done = run("ffmpeg", "-nostdin", "-loglevel", "warning", "-xerror", "-err_detect", "explode",
               "-i", stream, "-map", "0:v", "-fps_mode", "passthrough", "-pix_fmt", "yuv420p",
               "-c:v", "rawvideo", "-f", "md5", "-")
    return done.strip().removeprefix("MD5=")


def md5_by_openh264(stream: Path) -> str:
    demux = ["tsdemux", "!"] if stream.suffix == ".ts" else []
    done = run("gst-launch-1.0", "--no-fault", "--messages", "filesrc", f"location={stream}", "!",
               *demux, "h264parse", "!", "openh264dec", "!", "videocodectestsink",
               environment=GSTREAMER_LOG)
    return " ".join(re.findall(r"checksum=\(string\)(\w+)", done))


@unittest.skipUnless(shutil.which("ffmpeg"), "ffmpeg is not installed")
@unittest.skipUnless(has_openh264(), "GStreamer's openh264dec is not installed")
class Decoders(unittest.TestCase):
    def test_pictures_are_those_that_were_written(self) -> None:
        for size in STREAMS:
            with self.subTest(size), scratch() as folder:
                stream, pictures = folder / "stream.h264", folder / "pictures.yuv"
                run(os.environ["EXACT_RAW"], *size, stream, pictures)
                written = hashlib.md5(pictures.read_bytes()).hexdigest()
                note(f"{size}: {stream.stat().st_size} bytes, MD5 {written}")
                self.assertEqual(md5_by_ffmpeg(stream), written)
                self.assertEqual(md5_by_openh264(stream), written)

    def test_segments(self) -> None:
        """As the program publishes them, whatever fills them up."""
        for stuffing in ("filler", "null"):
            with self.subTest(stuffing), scratch() as folder:
                arguments = sets("stream.window=3", f"video.stuffing={stuffing}")
                with Hlsgen(folder / "hls", *arguments, preset="720p-clock") as hlsgen:
                    name = segments(hlsgen.read())[0]
                    segment = Path(shutil.copy(hlsgen.out / name, folder))
                found = md5_by_ffmpeg(segment)
                note(f"{stuffing}: MD5 {found}")
                self.assertEqual(md5_by_openh264(segment), found)

    def test_ffprobe(self) -> None:
        with scratch() as folder:
            stream = folder / "stream.h264"
            run(os.environ["EXACT_RAW"], *STREAMS[0], stream, folder / "pictures.yuv")
            entries = "stream=profile,has_b_frames,refs,field_order,r_frame_rate,color_range"
            done = run("ffprobe", "-loglevel", "warning", "-show_entries", entries,
                       "-of", "default=noprint_wrappers=1", stream)
            self.assertEqual(dict(line.split("=", 1) for line in done.splitlines()), {
                "profile": "High", "has_b_frames": "0", "refs": "1", "field_order": "progressive",
                "r_frame_rate": "30000/1001", "color_range": "tv"})


if __name__ == "__main__":
    main()
