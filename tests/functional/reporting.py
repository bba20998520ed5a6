# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs of hlsgen that are asked how they are doing, and --health, which asks for a lease."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import metrics
from origin import PATIENCE, PROGRAM, Hlsgen, make_out, scratch, sets, wait_until
from realtime import RealTime

QUICK = sets("stream.segment-duration=1s", "stream.window=4", "video.size=640x360",
             "video.bitrate=1000kbit/s")
LEASE = 5  # seconds
LEASES = re.compile(r"hlsgen\.alive-([05]|[1-9]\d*[05])")


def health(out: Path | str, *arguments: str, **options) -> subprocess.CompletedProcess:
    command = [PROGRAM, "--health", *arguments, "--out", str(out)]
    return subprocess.run(command, text=True, capture_output=True, stdin=subprocess.DEVNULL,
                          timeout=PATIENCE, **options)


def leases(out: Path) -> list[int]:
    """Their times."""
    return sorted(int(match[1]) for name in os.listdir(out) if (match := LEASES.fullmatch(name)))


def is_leased(out: Path) -> bool:
    """As nginx sees it: the name of the present lease is there."""
    return (out / f"hlsgen.alive-{int(time.time()) // LEASE * LEASE}").is_file()


def status_of(out: Path) -> dict:
    return json.loads((out / "status.json").read_text())


def metrics_of(out: Path) -> dict[str, metrics.Family]:
    return metrics.parse((out / "hlsgen.prom").read_text())


def lacking(status: dict) -> list[str]:
    """Layers of confinement for which none stands in."""
    return [layer["name"] for layer in status["sandbox"]["layers"]
            if not layer["in_force"] and not layer["stands_in"]]


class Reporting(Hlsgen):
    """It is ready when it has told of this run: of its files hlsgen.prom comes last."""

    def __init__(self, out: Path, *arguments: str, preset: str = "720p-clock") -> None:
        super().__init__(out, *arguments, preset=preset)

    def stamp(self) -> tuple[int, int] | None:
        try:
            status = (self.out / "hlsgen.prom").stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_ctime_ns

    def ask(self) -> dict:
        """What it says when asked now."""
        before = self.stamp()
        self.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: self.stamp() not in (None, before), "an answer")
        return status_of(self.out)

    def wait_published(self, count: int) -> dict:
        """Until it has published so many at their time."""
        wait_until(lambda: self.ask()["segments"]["published"] >= count, "segments", 0.1)
        return status_of(self.out)


class Case(RealTime):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())
        self.out = make_out(self.folder)

    def hlsgen(self, *arguments: str) -> Reporting:
        return Reporting(self.out, *QUICK, *arguments)

    def wait_unhealthy(self) -> str:
        """Until --health fails; what it says then."""
        wait_until(lambda: health(self.out).returncode != 0, "the end of the leases", 0.1)
        run = health(self.out)
        self.assertEqual((run.returncode, run.stdout), (os.EX_UNAVAILABLE, ""))
        self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)
        return run.stderr

    def assert_healthy(self) -> None:
        run = health(self.out)
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "publishing\n", ""))
