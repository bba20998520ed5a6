# SPDX-License-Identifier: GPL-2.0-or-later
"""What it costs to put a segment of 720p under its name, by the ways that the kernel has for it."""
import json
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

from machine import Setup
from places import directory, plain_pages
from tables import Figure, table

SEGMENT = 554_600  # bytes, of the presets of 720p
ROUNDS = 100
FLOOR = "write to a new open file"
COPIES = 64  # by one process, so that its start does not count
DISK = Path("/var/tmp")  # not on tmpfs, as a rule


def ways(program: Path, where: Path, size: int, rounds: int = ROUNDS) -> dict[str, dict]:
    """By its name: what each way costs, microseconds."""
    found = json.loads(subprocess.check_output([program, str(size), str(rounds), where]))
    return {way.pop("way"): way for way in found}


def copy_us(where: Path, size: int) -> float:
    """Processor time of cp(1) for each file."""
    sources, to, times = [where / f"from-{i}" for i in range(COPIES)], where / "to", []
    for source in sources:
        source.write_bytes(os.urandom(size))
    for _ in range(7):
        to.mkdir()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["cp", *sources, to], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        for copy in to.iterdir():
            copy.unlink()
        to.rmdir()
    for source in sources:
        source.unlink()
    return statistics.median(times) * 1e6 / COPIES


def measure(setup: Setup, parent: Path | None = None) -> dict:
    with directory(parent) if parent else directory() as where:
        return {"ways": ways(setup.publish, where, SEGMENT), "cp_us": copy_us(where, SEGMENT)}


def run(setup: Setup) -> dict:
    print("publish: seconds", file=sys.stderr, flush=True)
    kind = subprocess.check_output(["findmnt", "-no", "FSTYPE", "-T", DISK], text=True).strip()
    results = {setup.files: measure(setup)}
    with plain_pages() as mounted:
        if mounted:
            results["tmpfs, huge=never"] = measure(setup)
    return results | {kind: measure(setup, DISK)}


def figures(result: dict) -> dict[str, Figure]:
    floor = result["ways"][FLOOR]["cpu_us"]
    cells: dict[str, Figure] = {
        way: f"{cost['cpu_us']:.0f} ({cost['cpu_us'] / floor:.2f})"
        for way, cost in result["ways"].items()}
    removals = [cost["removal_us"] for cost in result["ways"].values()]
    return cells | {
        "removal of an old one, besides": f"{statistics.median(removals):.0f}",
        "cp": f"{result['cp_us']:.0f} ({result['cp_us'] / floor:.2f})",
    }


def show(results: dict) -> str:
    return table({name: figures(result) for name, result in results.items()})


def notes(_: Setup) -> str:
    return f"""\
CPU, µs, of {SEGMENT} bytes; in brackets: times the bare write. Medians of {ROUNDS} rounds, in which
the ways take turns."""
