# SPDX-License-Identifier: GPL-2.0-or-later
"""Every shipped preset runs live for a minute within its budgets, and the checker finds nothing.

The kernel's account of memory, processor time and disk is read often. What was measured is said:
from it the budgets in presets/ were set. HLSGEN_PRESETS, names separated by blanks, chooses some.
"""

import os
import re
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from conformance import check, observe, report
from ladders import Ladder, Verdict
from origin import CHECKOUT, PROGRAM, Hlsgen, scratch
from realtime import MACHINE, RealTime
from tap import main, note

SECONDS = 60.0
CHECKED = 30.0  # of these the last, in which retention can be judged and all runs on
WINDOW = 10.0   # over which the budget of processor time holds
POINTS = 2.0    # by which it may be exceeded
READINGS = 0.05
AT_ONCE = 3
UNITS = {"B": 1, "kB": 1000, "MB": 1000_000, "GB": 1000_000_000, "%": 1}
NAMES = os.environ.get("HLSGEN_PRESETS", "").split() or \
    sorted(path.stem for path in (CHECKOUT / "presets").glob("*.conf"))


def printed(preset: str) -> str:
    """It as a file."""
    return subprocess.run([PROGRAM, "--preset", preset, "--print-preset"], check=True,
                          capture_output=True, text=True).stdout


def budgets(preset: str) -> dict[str, int]:
    """Bytes and percent, by the preset itself."""
    found = re.findall(r"^(memory|cpu|disk) = (\d+)(\S+)$", printed(preset), re.M)
    return {name: int(number) * UNITS[unit] for name, number, unit in found}


def blocks(folder: Path) -> int:
    """Bytes on disk of all files, as du(1) counts them."""
    total = 0
    for entry in os.scandir(folder):
        try:
            total += blocks(Path(entry.path)) if entry.is_dir() else entry.stat().st_blocks * 512
        except FileNotFoundError:  # it has just been removed
            pass
    return total


@dataclass
class Usage:
    """What one run took."""

    started: float
    ready: float = 0.0                                   # when its first playlist was there
    cpu: list[tuple[float, float]] = field(default_factory=list)  # when, seconds until then
    memory: dict[str, int] = field(default_factory=dict)  # bytes; VmHWM is the most of VmRSS
    data: int = 0                                        # bytes, the most of VmData
    disk: int = 0                                        # bytes, the most

    def read(self, run: Hlsgen) -> None:
        pid = run.process.pid
        clock = time.clock_gettime((~pid << 3) | 2)  # of all threads: clock_getcpuclockid(3)
        self.cpu.append((time.monotonic(), clock))
        status = Path(f"/proc/{pid}/status").read_text()
        found = re.findall(r"^(VmHWM|VmRSS|VmData):\s+(\d+) kB", status, re.M)
        self.memory = {name: int(kilobytes) * 1024 for name, kilobytes in found}
        self.data = max(self.data, self.memory["VmData"])
        if run.out.exists():
            self.disk = max(self.disk, blocks(run.out))

    def fullest(self) -> float:
        """Percent of a core in the fullest 10 s."""
        most, last = 0.0, 0
        for start, used in self.cpu:
            while last + 1 < len(self.cpu) and self.cpu[last + 1][0] - start <= WINDOW:
                last += 1
            most = max(most, self.cpu[last][1] - used)
        return 100 * most / WINDOW

    def steady(self) -> float:
        """Percent of a core, from when the first playlist was there."""
        found = [reading for reading in self.cpu if reading[0] >= self.ready]
        return 100 * (found[-1][1] - found[0][1]) / (found[-1][0] - found[0][0])

    def __str__(self) -> str:
        return (f"ready after {self.ready - self.started:.2f} s, RSS at most "
                f"{self.memory['VmHWM'] / 1e6:.1f} MB, then {self.memory['VmRSS'] / 1e6:.1f} MB, "
                f"private memory at most {self.data / 1e6:.1f} MB, disk at most "
                f"{self.disk / 1e6:.2f} MB, CPU {self.fullest():.1f} % in the fullest "
                f"{WINDOW:.0f} s, {self.steady():.3f} % steady")


def follow(run: Hlsgen, usage: Usage, ended: threading.Event) -> None:
    """Reads until told to stop."""
    while not ended.wait(READINGS) and run.process.poll() is None:
        usage.read(run)


def judge(run: Hlsgen) -> str:
    """What the checker says against it."""
    if isinstance(run, Ladder):
        return Verdict(run.watch(CHECKED)).complaints()
    results = check(observe.observe(observe.Directory(run.out), CHECKED))
    return report([result for result in results if result.verdict == "fail"])


class Presets(RealTime):
    name = ""  # of the preset that a case judges
    USED: dict[str, Usage] = {}
    STALLS: dict[str, str] = {}  # what of the machine stood still meanwhile
    FOUND: dict[str, str] = {}
    STARTING = threading.Semaphore(1)  # or one would wait for the processors that others have

    @classmethod
    def setUpClass(cls) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for future in [pool.submit(cls.run_one, name) for name in NAMES]:
                future.result()

    def stall(self, begin: float) -> str:
        return self.STALLS.get(self.name, "")

    @classmethod
    def run_one(cls, name: str) -> None:
        begin = time.monotonic()
        kind = Ladder if "[rendition " in printed(name) else Hlsgen
        ended = threading.Event()
        with scratch() as folder:
            run = kind(folder / "hls", preset=name)
            with cls.STARTING:
                usage = cls.USED[name] = Usage(time.monotonic())
                reader = threading.Thread(target=follow, args=(run.start(), usage, ended))
                reader.start()
                run.wait_ready()
                usage.ready = time.monotonic()
            try:
                time.sleep(SECONDS - CHECKED)
                cls.FOUND[name] = judge(run)
            finally:
                ended.set()
                reader.join()
                run.__exit__()
                cls.STALLS[name] = MACHINE.stalled_since(begin)

    def check_preset(self, name: str) -> None:
        self.name = name
        if self.is_repeated:
            self.run_one(name)
        used, budget = self.USED[name], budgets(name)
        note(f"{name}: {used}")
        with self.on_any_machine():
            self.assertLessEqual(used.memory["VmHWM"], budget["memory"])
            self.assertLessEqual(used.fullest(), budget["cpu"] + POINTS)
            self.assertLessEqual(used.disk, budget["disk"])
        self.assertEqual(self.FOUND[name], "")


for name in NAMES:
    setattr(Presets, f"test_{name.replace('-', '_')}",
            lambda self, name=name: self.check_preset(name))


if __name__ == "__main__":
    main()
