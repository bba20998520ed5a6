# SPDX-License-Identifier: GPL-2.0-or-later
"""Video on demand: finite streams made as fast as they can be, of 720p."""
import statistics
import sys

import candidates
from candidates import SEGMENT_SECONDS, Candidate, made
from machine import Setup
from places import directory
from process import complete
from tables import MEGABYTE, Figure, table

OWN_SECONDS = 3600
FFMPEG_SECONDS = 60  # an hour of it takes too long


def own(setup: Setup, seconds: int, *options: str) -> Candidate:
    command = candidates.hlsgen(setup.program, "--vod", f"{seconds}s", "--cpu-budget", "100%",
                                "--disk-budget", "8GB", *options)
    return Candidate("hlsgen 720p-clock", command, True)


def ffmpeg() -> Candidate:
    hls = f"-f hls -hls_time {SEGMENT_SECONDS} -hls_playlist_type vod stream.m3u8"
    return Candidate("ffmpeg", candidates.ffmpeg(f"{made()} -t {FFMPEG_SECONDS} {hls}"))


def complete_often(candidate: Candidate, runs: int) -> list[dict]:
    """Once more than asked for: the first, not counted, pays for having memory; see touch()."""
    took = []
    for _ in range(runs + 1):
        with directory() as where:
            took.append(complete(candidate, where))
            took[-1]["bytes"] = sum(file.stat().st_size for file in where.glob("*.ts"))
    return took[1:]


def measure(candidate: Candidate, seconds: int, runs: int) -> dict:
    print(f"{candidate.name}: {runs} times {seconds} s", file=sys.stderr, flush=True)
    return {"command": candidate.command, "seconds": seconds,
            "runs": complete_often(candidate, runs)}


def run(setup: Setup) -> dict:
    chosen = ((own(setup, OWN_SECONDS, "--preset", "720p-clock"), OWN_SECONDS),
              (ffmpeg(), FFMPEG_SECONDS))
    return {candidate.name: measure(candidate, seconds, setup.starts)
            for candidate, seconds in chosen}


def figures(result: dict) -> dict[str, Figure]:
    wall = statistics.median(run["wall"] for run in result["runs"])
    cpu = statistics.median(run["user"] + run["kernel"] for run in result["runs"])
    return {
        "made, s of the stream": str(result["seconds"]),
        "written, MB": f"{result['runs'][0]['bytes'] / MEGABYTE:.0f}",
        "exec to exit, s": f"{wall:.2f}",
        "times real time": str(int(result["seconds"] / wall)),
        "CPU, ms for 1 s of the stream": 1000 * cpu / result["seconds"],
    }


def show(results: dict) -> str:
    return table({name: figures(result) for name, result in results.items()}, compare=True)


def notes(setup: Setup) -> str:
    return f"""\
Medians of {setup.starts} runs on tmpfs, the start included, after one that is not counted.
ffmpeg makes {FFMPEG_SECONDS} s, since an hour would take minutes."""
