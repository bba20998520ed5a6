# SPDX-License-Identifier: GPL-2.0-or-later
"""Many streams by one process: what each costs, and whether they stay punctual."""
import sys
import time
from pathlib import Path

import candidates
from candidates import SEGMENT_SECONDS, Candidate
from machine import Setup
from places import directory, room, touch
from process import Failed, Running, running
from tables import MEGABYTE, Figure, off_due, table
from watch import IN_MOVED_TO, NS, PLAYLIST, Watch

COUNTS = (1, 10, 100, 1000)
WINDOW = 3
LATE_MS = 100
STARTING = 60  # seconds in which all must have published
STREAM_BYTES = 5_000_000  # on disk: the window, what has left it, and what comes next


def candidate(setup: Setup, count: int, *more: str) -> Candidate:
    budget = max(256, 2 * count * STREAM_BYTES // 1_000_000)
    options = ["--preset", "720p-clock", "--streams", str(count),
               "--set", f"stream.window={WINDOW}", "--memory-budget", "1GB",
               "--cpu-budget", "100%", "--disk-budget", f"{budget}MB", *more]
    return Candidate(f"hlsgen --streams {count}", candidates.hlsgen(setup.program, *options), True)


def await_all(run: Running, where: Path, count: int) -> list[Path]:
    """The directories of the streams, once each has a playlist; a single one may have none."""
    end = time.monotonic() + STARTING
    while time.monotonic() < end:
        if (where / PLAYLIST).exists():
            return [where]
        if (where / f"s{count:04}" / PLAYLIST).exists():  # the last; a look at all takes long
            found = [playlist.parent for playlist in where.glob(f"s*/{PLAYLIST}")]
            if len(found) == count:
                return found
        run.check()
        time.sleep(0.02)
    raise Failed(f"not all of {count} streams are there after {STARTING} s: {run.said()}")


def read_lateness(watch: Watch, since: int, end: int) -> list[float]:
    """Milliseconds, of the segments due after @p since that come before @p end."""
    found = ((version.realtime, version.due) for version in watch.until(end))
    return [(seen - due) / 1e6 for seen, due in found if due >= since]


def measure(setup: Setup, count: int, *more: str) -> dict:
    """With more options."""
    print(f"{count} streams: {setup.seconds:g} s", file=sys.stderr, flush=True)
    chosen = candidate(setup, count, *more)
    with directory() as where, running(chosen, where) as run:
        directories = await_all(run, where, count)
        full_ms = (time.monotonic_ns() - run.started) / 1e6
        with Watch(directories, IN_MOVED_TO) as watch:
            all_there = time.time_ns()
            begin = time.monotonic_ns() + (WINDOW + 3) * SEGMENT_SECONDS * NS
            late = read_lateness(watch, all_there, begin)
            cpu, own = run.cpu(), time.process_time_ns()
            late += read_lateness(watch, all_there, begin + int(setup.seconds * NS))
            took = time.monotonic_ns() - begin
            run.check()
            return {
                "command": chosen.command,
                "full_ms": full_ms,
                "cpu_percent": 100 * (run.cpu() - cpu) / took,
                "observer_cpu_percent": 100 * (time.process_time_ns() - own) / took,
                "memory": run.memory(),
                "lateness_ms": late,
                "own_late_max_ms": run.own_late_max_ms(),
            }


def run(setup: Setup) -> dict:
    results = {}
    for count in COUNTS:
        if (needed := count * STREAM_BYTES) > (free := room()):
            reason = f"needs {needed / 1e9:.1f} GB on tmpfs, {free / 1e9:.1f} GB are free"
            print(f"{count} streams: not measured: {reason}", file=sys.stderr, flush=True)
            results[str(count)] = {"not_measured": reason}
        else:
            touch(needed)
            results[str(count)] = measure(setup, count)
    return results


def figures(count: int, result: dict, one: dict) -> dict[str, Figure]:
    if "not_measured" in result:
        return {"segments published": "not measured"}
    late, cpu, rss = result["lateness_ms"], result["cpu_percent"], result["memory"]["rss"]
    more = (rss - one["memory"]["rss"]) / (count - 1) / 1000 if count > 1 else None
    return {
        "segments published": str(len(late)),
        "later than 100 ms": str(sum(value > LATE_MS for value in late)),
        "CPU, % of a core": cpu,
        "CPU a stream, % of a core": cpu / count,
        "streams on one core, by CPU alone": str(int(100 * count / cpu)),
        "RSS, MB": rss / MEGABYTE,
        "RSS a stream beyond the first, kB": more,
        "exec to all playlists full, ms": result["full_ms"],
        "off the due instant by its own account, ms": result["own_late_max_ms"],
    } | off_due(late)


def show(results: dict) -> str:
    one = results["1"]
    return table({f"N = {count}": figures(int(count), result, one)
                  for count, result in results.items()})


def notes(setup: Setup) -> str:
    return f"""\
hlsgen --preset 720p-clock --streams N, a window of {WINDOW}, on tmpfs. Lateness is that of all
segments that are due from when each stream has a playlist; CPU is that of {setup.seconds:g} s,
from when old segments are removed. The memory of the files has been in use once before. Streams
on one core by CPU alone: reckoned from this column, not measured. RSS does not count the files,
which tmpfs has in memory: 4.5 MB a stream."""
