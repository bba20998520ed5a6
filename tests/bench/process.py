# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the measured programs, and reads what the kernel knows of them."""
import os
import pwd
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from candidates import USER, Candidate
from watch import Version, Watch

PATIENCE = 10  # seconds without a new playlist after which a program has failed


class Failed(Exception):
    """A program ended or fell silent."""


@dataclass
class Running:
    """A candidate at work."""

    process: subprocess.Popen
    log: int
    started: int  # CLOCK_MONOTONIC before fork and exec: their time is included

    def said(self) -> str:
        return os.pread(self.log, 1 << 20, 0).decode(errors="replace").strip()

    def next(self, watch: Watch) -> Version:
        version = watch.next(PATIENCE)
        if version is None:
            self.check()
            raise Failed(f"{self.process.args[0]} publishes nothing: {self.said()}")
        return version

    def check(self) -> None:
        if self.process.poll() is not None:
            raise Failed(f"{self.process.args[0]} has ended: {self.said()}")

    def since_start_ms(self, version: Version) -> float:
        return (version.monotonic - self.started) / 1e6

    def cpu(self) -> int:
        """Nanoseconds that all its threads have run: clock_getcpuclockid(3)."""
        return time.clock_gettime_ns((~self.process.pid << 3) | 2)

    def memory(self) -> dict[str, int | None]:
        """Bytes: peak and present resident set, and its proportional share, if one may know it."""
        proc = Path(f"/proc/{self.process.pid}")
        status = (proc / "status").read_text()
        found = {key: int(re.search(rf"^{line}:\s+(\d+) kB", status, re.MULTILINE)[1]) * 1024
                 for key, line in (("peak_rss", "VmHWM"), ("rss", "VmRSS"))}
        try:
            rollup = (proc / "smaps_rollup").read_text()
        except PermissionError:  # of a process that is not dumpable, to all but root
            return found | {"pss": None}
        return found | {"pss": int(re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)[1]) * 1024}

    def own_late_max_ms(self) -> float | None:
        """What hlsgen itself says of its latest segment, since its start."""
        self.process.send_signal(signal.SIGUSR1)
        time.sleep(0.5)
        found = re.findall(r"late_max_us=(\d+)", self.said())
        return max(map(int, found)) / 1000 if found else None


def start(candidate: Candidate, where: Path, log: IO[bytes]) -> subprocess.Popen:
    become = {}
    if os.geteuid() == 0 and not candidate.drops_root:
        become = {"user": USER, "group": pwd.getpwnam(USER).pw_gid, "extra_groups": []}
    return subprocess.Popen(candidate.command, cwd=where, stdin=subprocess.DEVNULL, stdout=log,
                            stderr=log, **become)


@contextmanager
def running(candidate: Candidate, where: Path) -> Iterator[Running]:
    with tempfile.TemporaryFile() as log:
        started = time.monotonic_ns()
        process = start(candidate, where, log)
        try:
            yield Running(process, log.fileno(), started)
        finally:
            process.terminate()
            process.wait()


def complete(candidate: Candidate, where: Path) -> dict[str, float]:
    """Lets one that ends by itself do so: what it took, seconds."""
    with tempfile.TemporaryFile() as log:
        begin = time.monotonic()
        process = start(candidate, where, log)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise Failed(f"{candidate.name}: {os.pread(log.fileno(), 1 << 20, 0).decode()}")
    return {"wall": wall, "user": usage.ru_utime, "kernel": usage.ru_stime}


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """So many processes of the usual priority that never rest."""
    with ExitStack() as ends:
        for _ in range(count):
            loop = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            ends.callback(loop.wait)
            ends.callback(loop.kill)
        yield
