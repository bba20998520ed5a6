# SPDX-License-Identifier: GPL-2.0-or-later
"""One stream: hlsgen, ffmpeg and GStreamer one after the other."""
import statistics
import sys
import time

import candidates
from candidates import DECLARED_BYTES, WINDOW, Candidate
from machine import Setup
from places import directory
from process import Failed, Running, running
from tables import MEGABYTE, Figure, number, off_due, table
from watch import NS, Version, Watch, lateness

FILM_SECONDS = 60
PRESETS = "720p-clock", "720p-ultrafast"


def measure_start(candidate: Candidate) -> float:
    """Milliseconds from exec to the first playlist."""
    with directory() as where, Watch([where]) as watch, running(candidate, where) as run:
        return run.since_start_ms(run.next(watch))


def measure_steady(run: Running, watch: Watch, seconds: float) -> dict:
    """Begins right after a publication."""
    begin, cpu = time.monotonic_ns(), run.cpu()
    versions = list(watch.until(begin + int(seconds * NS)))
    run.check()
    cpu = run.cpu() - cpu
    where = versions[-1].directory
    return {
        "cpu_percent": 100 * cpu / (time.monotonic_ns() - begin),
        "memory": run.memory(),
        "segment_bytes": [(where / name).stat().st_size for name in versions[-1].segments],
        "lateness_ms": lateness(versions),
    }


def full(run: Running, watch: Watch, version: Version) -> Version:
    while len(version.segments) < WINDOW:
        version = run.next(watch)
    return version


def settle(run: Running, watch: Watch, version: Version) -> None:
    """Until the first segment has been removed, which from then on one is for each that comes."""
    oldest = version.directory / version.segments[0]
    while oldest.exists():
        run.next(watch)


def measure(candidate: Candidate, setup: Setup) -> dict:
    """All starts end with the first playlist; the last goes on to a full one and from there."""
    print(f"{candidate.name}: {setup.starts} starts, then {setup.seconds:g} s", file=sys.stderr,
          flush=True)
    first_ms = [measure_start(candidate) for _ in range(setup.starts - 1)]
    with directory() as where, Watch([where]) as watch, running(candidate, where) as run:
        version = run.next(watch)
        first_ms.append(run.since_start_ms(version))
        version = full(run, watch, version)
        full_ms = run.since_start_ms(version)
        settle(run, watch, version)
        steady = measure_steady(run, watch, setup.seconds)
    return {"command": candidate.command, "first_ms": first_ms, "full_ms": full_ms} | steady


def run(setup: Setup) -> dict:
    with directory() as shelf:
        film = candidates.make_film(shelf, FILM_SECONDS)
        results = {candidate.name: measure(candidate, setup) for candidate in
                   (candidates.own(setup.program, preset) for preset in PRESETS)}
        for candidate in candidates.others(film):
            try:
                results[candidate.name] = measure(candidate, setup)
            except Failed as reason:
                print(f"{candidate.name}: not measured: {reason}", file=sys.stderr, flush=True)
        return results


def figures(result: dict) -> dict[str, Figure]:
    sizes, memory, cpu = result["segment_bytes"], result["memory"], result["cpu_percent"]
    low, high = min(sizes), max(sizes)
    return {
        "CPU in steady state, % of a core": cpu,
        "streams on one core, by CPU alone": str(int(100 / cpu)),
        "RSS in steady state, MB": memory["rss"] / MEGABYTE,
        "RSS at its peak, MB": memory["peak_rss"] / MEGABYTE,
        "exec to first playlist, ms": statistics.median(result["first_ms"]),
        "exec to full playlist, ms": result["full_ms"],
        "segments, bytes": f"{low}, all" if low == high else f"{low} to {high}",
        "segments, % of the declared bytes": number(100 * statistics.mean(sizes) / DECLARED_BYTES),
    } | off_due(result["lateness_ms"])


def show(results: dict) -> str:
    return table({name: figures(result) for name, result in results.items()}, compare=True)


def notes(setup: Setup) -> str:
    return f"""\
1280x720, 30 frames/s, 2000 + 128 kbit/s, 2 s segments, a window of {WINDOW}, on tmpfs. In
brackets: how many times the first column's figure. CPU, lateness: over {setup.seconds:g} s,
from when old segments are removed; CPU is that of the process with its threads, not of the
kernel's. First playlist: median of {setup.starts} starts with a warm page cache; full playlist:
the last of them. Declared are the {DECLARED_BYTES} bytes of 2 s of video and sound; the rest is
the transport stream. ffmpeg: no overlay. CBR: with nal-hrd=cbr, which makes it send what it was
asked for. -c copy: a finished file of {FILM_SECONDS} s in a loop. Due is a segment at its end by
its date; ffmpeg and GStreamer date nothing: the grid of their own durations that fits them best.
Streams on one core by CPU alone: reckoned, not measured."""
