# SPDX-License-Identifier: GPL-2.0-or-later
"""What a segment costs from 360p to 2160p60, beside writing its bytes and nothing more."""
import statistics
import sys
from dataclasses import dataclass

import candidates
import part_publish
import part_single
import part_vod
from candidates import SEGMENT_SECONDS, Candidate
from machine import Setup
from places import directory
from process import running
from tables import Figure, table
from watch import Watch

SHARE = 3  # of the seconds of steady state: there are four sizes
MADE_BYTES = 1_500_000_000  # without a break ...
RUNS = 4  # ... and so often
FEW = 8  # segments: two cycles, for which all is prepared that longer streams need
KEPT_ROUNDS = 40
BRIEF = "--set", "stream.window=3"  # old segments are removed sooner


@dataclass(frozen=True)
class Size:
    name: str
    options: tuple[str, ...]


SIZES = (
    Size("640x360p30 0.5M", ("--preset", "720p-clock", "--set", "video.size=640x360",
                             "--set", "video.bitrate=500kbit/s")),
    Size("1280x720p30 2M", ("--preset", "720p-clock")),
    Size("1920x1080p30 5M", ("--preset", "1080p-clock")),
    Size("3840x2160p60 16M", ("--preset", "2160p60-clock")),
)


def measure_live(setup: Setup, size: Size) -> dict:
    """CPU time from each publication to the next."""
    count = max(2, round(setup.seconds / SHARE / SEGMENT_SECONDS))
    print(f"{size.name}: {count} segments", file=sys.stderr, flush=True)
    candidate = Candidate(size.name, candidates.hlsgen(setup.program, *size.options, *BRIEF), True)
    with directory() as where, Watch([where]) as watch, running(candidate, where) as run:
        part_single.settle(run, watch, run.next(watch))
        spent = [run.cpu()]
        for _ in range(count):
            version = run.next(watch)
            spent.append(run.cpu())
        segment = (where / version.segments[-1]).stat().st_size
    each = [(after - before) / 1000 for before, after in zip(spent, spent[1:])]
    return {"command": candidate.command, "live_us": each, "segment_bytes": segment}


def measure_flow(setup: Setup, size: Size, segments: int) -> dict[str, list[dict]]:
    """User and kernel time, seconds, of a few segments without a break, and of so many more."""
    found = {}
    for name, count in (("few", FEW), ("many", FEW + segments)):
        candidate = part_vod.own(setup, count * SEGMENT_SECONDS, *size.options)
        found[name] = part_vod.complete_often(candidate, RUNS)
    return found


def flow_us(result: dict) -> tuple[float, float]:
    """Microseconds of a segment without a break, by program and by kernel, of the cheapest runs."""
    few, many = (min(result["flow"][name], key=lambda run: run["user"] + run["kernel"])
                 for name in ("few", "many"))
    user, kernel = ((many[kind] - few[kind]) * 1e6 / result["flow_segments"]
                    for kind in ("user", "kernel"))
    return user, kernel


def measure(setup: Setup, size: Size) -> dict:
    result = measure_live(setup, size)
    segment = result["segment_bytes"]
    result["flow_segments"] = MADE_BYTES // segment
    result["flow"] = measure_flow(setup, size, result["flow_segments"])
    with directory() as where:
        result["ways"] = part_publish.ways(setup.publish, where, segment, KEPT_ROUNDS)
        result["cp_us"] = part_publish.copy_us(where, segment)
    return result


def run(setup: Setup) -> dict:
    return {size.name: measure(setup, size) for size in SIZES}


def figures(result: dict) -> dict[str, Figure]:
    user, kernel = flow_us(result)
    bare, copied = result["ways"][part_publish.FLOOR], result["cp_us"]
    return {
        "segment, bytes": str(result["segment_bytes"]),
        "CPU a segment, live, µs": statistics.median(result["live_us"]),
        "CPU a segment, without a break, µs": user + kernel,
        "of that in the kernel, %": f"{100 * kernel / (user + kernel):.0f}",
        "a bare write of its bytes, µs": bare["cpu_us"],
        "cp of it, µs": copied,
        "without a break, times the bare write": (user + kernel) / bare["cpu_us"],
        "without a break, times cp": (user + kernel) / copied,
        "removal of an old one, µs (in live)": bare["removal_us"],
    }


def show(results: dict) -> str:
    return table({name: figures(result) for name, result in results.items()})


def notes(setup: Setup) -> str:
    return f"""\
The exact encoder, the clock and all; on tmpfs. Live: median of the segments of
{setup.seconds / SHARE:g} s, each with cold caches, its playlist and the removal of an old one.
Without a break: --vod, {MADE_BYTES // 1_000_000} MB of segments, the cheapest of {RUNS} runs, the
start deducted; the share of the kernel is sampled by its clock tick. The bare write: to a new
open file, without a name."""
