# SPDX-License-Identifier: GPL-2.0-or-later
"""hlsgen-verify: how fast it reads finite streams, and what memory it takes."""
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import candidates
from candidates import Candidate
from machine import Setup
from places import directory
from process import Failed, complete
from tables import MEGABYTE, Figure, table

# Noise that libx264 cannot make small: of hlsgen's segments most is filler data.
NOISE = """-f lavfi -i testsrc2=size=1280x720:rate=30,noise=alls=60:allf=t
    -f lavfi -i sine=frequency=1000:sample_rate=48000 -t 20
    -c:v libx264 -preset ultrafast -b:v 40M -g 60 -keyint_min 60 -sc_threshold 0 -pix_fmt yuv420p
    -c:a aac -f hls -hls_time 2 -hls_playlist_type vod stream.m3u8"""


def own(setup: Setup, container: str, seconds: int) -> Candidate:
    return Candidate("hlsgen", candidates.hlsgen(
        setup.program, "--preset", "720p-clock", "--vod", f"{seconds}s", "--cpu-budget", "100%",
        "--disk-budget", "8GB", "--set", f"stream.container={container}"), True)


def streams(setup: Setup) -> dict[str, Candidate]:
    return {
        "MPEG-TS, 100 MB": own(setup, "ts", 360),
        "MPEG-TS, 2 GB": own(setup, "ts", 7200),
        "fMP4, 100 MB": own(setup, "fmp4", 360),
        "fMP4, 2 GB": own(setup, "fmp4", 7200),
        "MPEG-TS, noise": Candidate("ffmpeg", candidates.ffmpeg(NOISE)),
    }


def peak(process: subprocess.Popen) -> int:
    """Bytes, as long as it is there to be asked. What wait4(2) has may be the memory of this
    program, from which it was started."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def verify(setup: Setup, where: Path) -> dict[str, float]:
    memory = 0
    process = subprocess.Popen([setup.verify, "--profile", "all", where],
                               stdout=subprocess.DEVNULL)
    while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
        memory = max(memory, peak(process))
        time.sleep(0.001)
    _, status, usage = ended
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise Failed(f"hlsgen-verify ended with {process.returncode}")
    return {"cpu": usage.ru_utime + usage.ru_stime, "peak_rss": memory}


def verify_often(setup: Setup, where: Path) -> list[dict[str, float]]:
    """Once more than asked for: the first, not counted, brings the files nearer."""
    return [verify(setup, where) for _ in range(setup.starts + 1)][1:]


def measure(setup: Setup, candidate: Candidate) -> dict:
    with directory() as where:
        complete(candidate, where)
        found = {"bytes": sum(file.stat().st_size for file in where.iterdir()
                              if file.suffix in (".ts", ".m4s"))}
        if (where / "index.json").exists():
            found["with_index"] = verify_often(setup, where)
            (where / "index.json").unlink()
        return found | {"alone": verify_often(setup, where)}


def run(setup: Setup) -> dict:
    results = {}
    for name, candidate in streams(setup).items():
        print(f"hlsgen-verify: {name}", file=sys.stderr, flush=True)
        results[name] = measure(setup, candidate)
    return results


def rate(result: dict, kind: str) -> Figure:
    if kind not in result:
        return None
    return result["bytes"] / MEGABYTE / statistics.median(run["cpu"] for run in result[kind])


def memory(result: dict, kind: str) -> Figure:
    return max(run["peak_rss"] for run in result[kind]) / MEGABYTE if kind in result else None


def figures(result: dict) -> dict[str, Figure]:
    return {
        "read, MB": f"{result['bytes'] / MEGABYTE:.0f}",
        "MB/s of one core": rate(result, "alone"),
        "RSS at its peak, MB": memory(result, "alone"),
        "MB/s of one core, comparing SHA-256": rate(result, "with_index"),
        "RSS at its peak, with index.json, MB": memory(result, "with_index"),
    }


def show(results: dict) -> str:
    return table({name: figures(result) for name, result in results.items()})


def notes(setup: Setup) -> str:
    return f"""\
720p-clock, and noise that ffmpeg encodes at 40 Mbit/s; on tmpfs, by all rules, in the processor
time from exec to exit of the one thread. Medians of {setup.starts} runs after one that is not
counted."""
