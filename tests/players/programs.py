# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays a stream in mpv, GStreamer and ffmpeg, without a screen and loudspeakers.

The first two play at the stream's own pace; ffmpeg decodes all there is, then waits for more.
"""

import os
import re
import shutil
import signal
import subprocess
import threading
import unittest
from typing import NamedTuple

from origin import PATIENCE

MPV_STATUS = re.compile(r"STATUS (\S+) (yes|no) (\d+) (\d+)")
# What a sink of GStreamer is given, as its base class writes it into the log.
GIVEN = re.compile(r":<(\w+)> got times start: ([\d:.]+), end: ([\d:.]+)$")
GST_LOG = {"GST_DEBUG": "*:1,basesink:5", "GST_DEBUG_NO_COLOR": "1"}
COMPLAINT = re.compile(r"\b(ERROR|WARNING|CRITICAL)\b")
# libavformat takes the initialization section of a live stream anew with each version of the
# playlist, whoever made it (ffmpeg's own, too), and says that it has it already.
AGAIN = re.compile(r"^.*mov,mp4.* Found duplicated MOOV Atom\. Skipped it\n?", re.M)
MOMENT = 0.005  # seconds; times are rounded on their way


class Showing(NamedTuple):
    """How it went."""

    seconds: float
    stalls: int | None  # None: it cannot tell
    dropped: int  # pictures; and what else is missing
    said: str  # warnings and errors


def run(command: list[str], patience: float) -> tuple[str, str]:
    """Standard output and standard error; an exit code that tells of a failure is in the latter."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=patience, check=False)
    failed = f"exit code {done.returncode}\n" if done.returncode else ""
    return done.stdout, failed + done.stderr


def ffmpeg(url: str, seconds: float, *options: str) -> Showing:
    """Every stream of the playlist."""
    out, said = run(["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "repeat+warning",
                     "-progress", "-", *options, "-i", url, "-map", "0", "-t", str(seconds),
                     "-f", "null", "-"],
                    seconds + PATIENCE)
    progress = dict(line.split("=", 1) for line in out.splitlines())  # the last word counts
    time = progress.get("out_time_us", "0")
    return Showing(int(time) / 1e6 if time.isdigit() else 0.0, None,
                   int(progress.get("drop_frames", 0)), AGAIN.sub("", said))


def mpv(url: str, seconds: float) -> Showing:
    """The best rung of a ladder."""
    out, said = run(["mpv", "--no-config", "--no-input-terminal", "--vo=null", "--ao=null",
                     "--msg-level=all=warn,statusline=status", f"--length={seconds}",
                     "--term-status-msg=STATUS ${=time-pos} ${=paused-for-cache} "
                     "${=frame-drop-count:0} ${=decoder-frame-drop-count:0}", url],
                    seconds + PATIENCE)
    rest = (line.removeprefix("\x1b[K").strip()
            for line in AGAIN.sub("", out + said).splitlines())
    states = MPV_STATUS.findall(out + said)
    return Showing(
        seconds=float(states[-1][0]) - float(states[0][0]) if states else 0.0,
        stalls=sum(before[1] == "no" and after[1] == "yes"
                   for before, after in zip(states, states[1:])),
        dropped=sum(map(int, states[-1][2:])) if states else 0,
        said="\n".join(line for line in rest if line and not line.startswith("STATUS")))


def parse_time(text: str) -> float:
    hours, minutes, seconds = text.split(":")
    return (int(hours) * 60 + int(minutes)) * 60 + float(seconds)


class Sinks:
    """What reached GStreamer's sinks, from what gst-launch-1.0 says line by line."""

    def __init__(self) -> None:
        self.times: dict[str, list[tuple[float, float]]] = {}  # begin and end of each buffer
        self.stalls = 0
        self.complaints: list[str] = []

    def take(self, line: str) -> None:
        if given := GIVEN.search(line):
            name, begin, end = given.groups()
            self.times.setdefault(name, []).append((parse_time(begin), parse_time(end)))
        elif "Buffering, setting pipeline to PAUSED" in line:
            self.stalls += bool(self.times)  # at the start there is nothing that could stall
        elif COMPLAINT.search(line):
            self.complaints.append(line.rstrip())

    def seconds(self) -> float:
        return min((times[-1][1] - times[0][0] for times in self.times.values()), default=0.0)

    def missing(self) -> int:
        """How often one does not begin where the one before it ends."""
        return sum(abs(after[0] - before[1]) > MOMENT
                   for times in self.times.values() for before, after in zip(times, times[1:]))


def gstreamer(url: str, seconds: float) -> Showing:
    """By hlsdemux2, which chooses a rung by the speed of the network."""
    found = Sinks()
    sinks = [f"{kind}-sink=fakesink name={kind} sync=true" for kind in ("video", "audio")]
    with subprocess.Popen(["gst-launch-1.0", "--no-fault", "playbin3", f"uri={url}", *sinks],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True,
                          env=os.environ | GST_LOG) as process:
        killer = threading.Timer(seconds + PATIENCE, process.kill)
        killer.start()
        for line in process.stdout:
            found.take(line)
            if found.seconds() >= seconds:
                process.send_signal(signal.SIGINT)
                break
        process.communicate()
        killer.cancel()
    return Showing(found.seconds(), found.stalls, found.missing(), "\n".join(found.complaints))


def installed(*programs: str):
    """Skips a case or class without them."""
    missing = [program for program in programs if not shutil.which(program)]
    return unittest.skipIf(missing, f"{', '.join(missing)} not installed")


needs_ffmpeg, needs_mpv, needs_gstreamer = map(installed, ("ffmpeg", "mpv", "gst-launch-1.0"))
