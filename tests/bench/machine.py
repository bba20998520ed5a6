# SPDX-License-Identifier: GPL-2.0-or-later
"""What all parts of the benchmark are told, and the machine that they run on."""
import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

from candidates import lacks_gstreamer


@dataclass(frozen=True)
class Setup:
    program: Path  # hlsgen
    verify: Path  # hlsgen-verify
    publish: Path  # the microbenchmark of publication
    files: str  # what they are written to
    seconds: float  # of steady state
    starts: int


def first_line(*command: str) -> str:
    return subprocess.check_output(command, text=True).splitlines()[0]


def processor() -> str:
    models = [line.partition(":")[2].strip()
              for line in Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")]
    return f"{len(os.sched_getaffinity(0))} x {models[0] if models else platform.machine()}"


def gstreamer() -> str:
    if missing := lacks_gstreamer():
        return f"not measured: {missing} is missing"
    return first_line("gst-launch-1.0", "--version")


def describe(setup: Setup, observer: str) -> dict[str, str]:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": processor(),
        "memory": f"{memory / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "files": setup.files,
        "observer": observer,
        "hlsgen": first_line(str(setup.program), "--version"),
        "ffmpeg": first_line("ffmpeg", "-version").partition(" Copyright")[0],
        "GStreamer": gstreamer(),
    }
