# SPDX-License-Identifier: GPL-2.0-or-later
"""One candidate from exec to the end of its steady state, as numbers."""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import candidates
import probes
from candidates import Candidate
from probes import PlaylistWatch, Version

PATIENCE = 10  # seconds without a new playlist after which a candidate has failed


class Failed(Exception):
    """A candidate ended or fell silent."""


@contextmanager
def directory() -> Iterator[Path]:
    """A directory on tmpfs, owned by whom the candidates run as."""
    path = Path(tempfile.mkdtemp(prefix="hlsgen-bench-", dir="/dev/shm"))
    path.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(path, candidates.USER)
    try:
        yield path
    finally:
        shutil.rmtree(path)


@contextmanager
def running(candidate: Candidate, where: Path, log: IO[bytes]) -> Iterator[subprocess.Popen]:
    process = candidate.start(where, log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def next_version(watch: PlaylistWatch, process: subprocess.Popen, log: IO[bytes]) -> Version:
    version = watch.next(PATIENCE)
    if version is None:
        log.seek(0)
        state = "has ended" if process.poll() is not None else "publishes nothing"
        raise Failed(f"{process.args[0]} {state}: {log.read().decode(errors='replace').strip()}")
    return version


def measure_once(candidate: Candidate, seconds: float) -> dict:
    """Starts a candidate; with @p seconds not 0, goes on to its steady state for so long."""
    with directory() as where, tempfile.TemporaryFile() as log:
        watch = PlaylistWatch(where)
        start = time.monotonic_ns()  # before fork and exec: their time is included
        with running(candidate, where, log) as process:
            version = next_version(watch, process, log)
            result = {"first_ms": (version.monotonic - start) / 1e6}
            while len(version.segments) < candidates.WINDOW:
                version = next_version(watch, process, log)
            result["full_ms"] = (version.monotonic - start) / 1e6
            if seconds > 0:
                next_version(watch, process, log)
                result |= measure_steady(process, watch, where, log, seconds)
        watch.close()
    return result


def measure_steady(process: subprocess.Popen, watch: PlaylistWatch, where: Path, log: IO[bytes],
                   seconds: float) -> dict:
    """Begins right after a publication."""
    versions = []
    begin, cpu = time.monotonic_ns(), probes.cpu_time(process.pid)
    end = begin + int(seconds * probes.NS)
    while (left := end - time.monotonic_ns()) > 0:
        if version := watch.next(min(left / probes.NS, PATIENCE)):
            versions.append(version)
        elif process.poll() is not None or left > PATIENCE * probes.NS:
            next_version(watch, process, log)
    cpu = probes.cpu_time(process.pid) - cpu
    sizes = [(where / name).stat().st_size for name in versions[-1].segments]
    return {
        "cpu_percent": 100 * cpu / (time.monotonic_ns() - begin),
        "memory": probes.memory(process.pid),
        "segment_bytes": sizes,
        "lateness_ms": lateness(versions),
    }


def lateness(versions: list[Version]) -> list[float]:
    """Milliseconds after the due instant; without PROGRAM-DATE-TIME, off the own best-fit grid."""
    if all(version.due is not None for version in versions):
        return [(version.realtime - version.due) / 1e6 for version in versions]
    period = candidates.SEGMENT_SECONDS * probes.NS
    offsets = [version.monotonic - version.newest * period for version in versions]
    centre = statistics.median(offsets)
    return [abs(offset - centre) / 1e6 for offset in offsets]


def measure(candidate: Candidate, seconds: float, starts: int) -> dict:
    """@p starts starts, the last of which goes on to the steady state."""
    print(f"{candidate.name}: {starts} starts, then {seconds:g} s", file=sys.stderr, flush=True)
    runs = [measure_once(candidate, seconds if i == starts - 1 else 0) for i in range(starts)]
    starts_ms = {key: [run[key] for run in runs] for key in ("first_ms", "full_ms")}
    return {"command": candidate.command} | runs[-1] | starts_ms
