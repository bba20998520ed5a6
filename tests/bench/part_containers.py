# SPDX-License-Identifier: GPL-2.0-or-later
"""What a segment costs as fragmented MPEG-4, beside the same as MPEG-TS."""
import statistics

import part_sizes
from machine import Setup
from part_sizes import MADE_BYTES, RUNS, SHARE, Size
from tables import Figure, table

PRESETS = "720p-ultrafast", "720p-clock", "2160p60-clock"
CONTAINERS = "ts", "fmp4"


def measure(setup: Setup, preset: str, container: str) -> dict:
    options = "--preset", preset, "--set", f"stream.container={container}"
    size = Size(f"{preset} {container}", options)
    result = part_sizes.measure_live(setup, size)
    result["flow_segments"] = MADE_BYTES // result["segment_bytes"]
    result["flow"] = part_sizes.measure_flow(setup, size, result["flow_segments"])
    return result


def run(setup: Setup) -> dict:
    return {preset: {container: measure(setup, preset, container) for container in CONTAINERS}
            for preset in PRESETS}


def figures(result: dict) -> dict[str, Figure]:
    return {
        "segment, bytes": float(result["segment_bytes"]),
        "CPU a segment, live, µs": statistics.median(result["live_us"]),
        "CPU a segment, without a break, µs": sum(part_sizes.flow_us(result)),
    }


def show(results: dict) -> str:
    return "\n\n".join(table({f"{preset}, {container}": figures(result)
                              for container, result in containers.items()}, compare=True)
                       for preset, containers in results.items())


def notes(setup: Setup) -> str:
    return f"""\
On tmpfs. Live: median of the segments of {setup.seconds / SHARE:g} s, each with cold caches, its
playlist and the removal of an old one. Without a break: --vod with its SHA-256,
{MADE_BYTES // 1_000_000} MB of segments, the cheapest of {RUNS} runs, the start deducted."""
