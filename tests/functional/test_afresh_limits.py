# SPDX-License-Identifier: GPL-2.0-or-later
"""Segments encoded afresh, within the limits of confinement and of budgets, which sanitized builds
do not have."""

import os
import re
import signal
import subprocess
from pathlib import Path

from origin import Hlsgen, sets, wait_until
from tap import main, note
from test_afresh import STARVED, Afresh, ask, bytes_of, figures, wait_for_segments

# An encoder of such pictures takes blocks that the heap has not kept from the one before.
HUGE = [*sets("video.size=3840x2160", "video.rate=10", "video.bitrate=4Mbit/s"),
        "--memory-budget=2GB", "--cpu-budget=200%", "--disk-budget=1GB"]


def status_of(task: Path) -> dict[str, str]:
    lines = (task / "status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def blocks(status: dict[str, str], number: int) -> bool:
    return bool(int(status["SigBlk"], 16) >> number - 1 & 1)


class Threads(Afresh):
    def test_are_as_many_as_asked_for_and_each_confined(self) -> None:
        with self.make_run("--workers=3") as run:
            wait_for_segments(run, 1)
            process = Path(f"/proc/{run.process.pid}")
            tasks = list((process / "task").iterdir())
            self.assertEqual(len(tasks), 4)
            for task in tasks:
                status = status_of(task)
                self.assertEqual((status["Seccomp"], status["NoNewPrivs"]), ("2", "1"))
                self.assertEqual((status.get("Seccomp_filters", "2"), int(status["CapPrm"], 16)),
                                 ("2", 0))
                if int(task.name) != run.process.pid:
                    self.assertTrue(blocks(status, signal.SIGTERM) and
                                    not blocks(status, signal.SIGSYS))
            if os.geteuid() == 0:  # else not even its owner may look
                limits = (process / "limits").read_text()
                self.assertRegex(limits, r"Max processes +0 +0 ")
        self.assertRegex(run.errors, r"confined layers=\S*,seccomp-worker,\S* missing=")
        self.assertIn("workers keep the filter of the encoding phase threads=3", run.errors)


class Want(Afresh):
    def test_of_processor_time_lets_others_stand_by(self) -> None:
        """Each segment is published at its time, with a clock or without, and the log says so."""
        with self.make_run(*STARVED) as run:
            wait_until(lambda: "publishing" in self.log_of(run), "the start")
            wait_for_segments(run, 6)
            sizes = {len(data) for data in bytes_of(run).values()}
            ask(run)
        told = figures(run.errors)
        late = int(re.findall(r"late_max_us=(\d+)", run.errors)[-1])
        note(f"{told['without_clock']} without a clock, {told['made']} made, {late} us late")
        self.assertGreater(told["without_clock"], 0)
        self.assertRegex(run.errors, "segments without a clock since encoding was too slow "
                                     r"stream=0 index=\d+")
        self.assertIn("skipped=0", run.errors)
        self.assertEqual(len(sizes), 1)

    def test_of_memory_lets_others_stand_by_and_ends(self) -> None:
        with self.make_run("--workers=1", *HUGE) as run:
            wait_for_segments(run, 1)
            self.limit_memory(run, 1 << 20)
            wait_until(lambda: self.given_up(run) > 0, "a failure")
            self.limit_memory(run, None)
            wait_until(lambda: "segments have a clock again" in self.log_of(run), "its end")
            ask(run)
        told = figures(run.errors)
        self.assertGreater(told["given_up"], 0)
        self.assertGreater(told["without_clock"], 0)

    def given_up(self, run: Hlsgen) -> int:
        ask(run)
        return figures(self.log_of(run))["given_up"]

    @staticmethod
    def limit_memory(run: Hlsgen, size: int | None) -> None:
        """Asks for it as the user that the program has become: root may not have the right."""
        process = Path(f"/proc/{run.process.pid}")
        hard = re.search(r"Max data size +\d+ +(\d+)", (process / "limits").read_text())[1]
        status = status_of(process)
        identity = {name: int(status[key].split()[0])
                    for name, key in (("user", "Uid"), ("group", "Gid"))}
        subprocess.run(["prlimit", f"--pid={run.process.pid}", f"--data={size or hard}:{hard}"],
                       check=True, **identity if os.geteuid() == 0 else {})

    @staticmethod
    def log_of(run: Hlsgen) -> str:
        return Path(f"/proc/self/fd/{run.log.fileno()}").read_text(errors="replace")


if __name__ == "__main__":
    main()
