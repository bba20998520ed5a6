# SPDX-License-Identifier: GPL-2.0-or-later
"""What it costs to tell of the segments in index.json, without digests and with them."""
import part_streams
from candidates import SEGMENT_SECONDS
from machine import Setup
from tables import MEGABYTE, Figure, off_due, table

STREAMS = 20  # whose many segments tell more
DETAILS = ("none", "plain", "sha256")


def run(setup: Setup) -> dict:
    return {how: part_streams.measure(setup, STREAMS, "--index", how) for how in DETAILS}


def figures(result: dict) -> dict[str, Figure]:
    return {
        "CPU a segment, µs": result["cpu_percent"] / 100 * SEGMENT_SECONDS / STREAMS * 1e6,
        "RSS, MB": result["memory"]["rss"] / MEGABYTE,
        "exec to all playlists full, ms": result["full_ms"],
        "off the due instant by its own account, ms": result["own_late_max_ms"],
    } | off_due(result["lateness_ms"])


def show(results: dict) -> str:
    return table({f"--index {how}": figures(result) for how, result in results.items()},
                 compare=True)


def notes(setup: Setup) -> str:
    return f"""\
hlsgen --preset 720p-clock --streams {STREAMS}, a window of {part_streams.WINDOW}, on tmpfs,
{setup.seconds:g} s each; in brackets: times the first column."""
