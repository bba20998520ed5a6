# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases that play or watch in real time, on a machine that may have too much else to do.

In real time is what gets a processor when it wants one. While such a case runs, a thread asks the
kernel how long each thread of it, and of all processes that it has started, was ready to run and
did not; and sees by how late itself is woken whether the machine stood still as a whole. A case
that fails while all went on has failed. One that fails while something stood still is no
measurement: it says so and is done anew, TRIES times in all, of which the last one counts anyway.
What has to hold on any machine is never done anew.
"""

import os
import threading
import time
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance import TIMING, Result, check, report, select
from conformance.observe import Observation
from tap import note

BOUND = 0.1   # seconds for which something may stand still between two looks
LOOK = 0.5    # seconds from one look to the next
NAP = 0.02
TRIES = 4


def words_of(path: Path) -> list[str]:
    """None of a process that has ended, or where the kernel keeps no such account."""
    try:
        return path.read_text().split()
    except OSError:
        return []


def tasks_of(process: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{process}/task").iterdir())
    except OSError:
        return []


def all_tasks(root: int) -> Iterator[Path]:
    """The threads of a process and of its descendants, in /proc."""
    processes = [root]
    for process in processes:
        for task in tasks_of(process):
            processes += map(int, words_of(task / "children"))
            yield task


def is_as_urgent(task: Path) -> bool:
    """As this thread: one that has given way to others by itself may have to wait."""
    try:
        nice = os.getpriority(os.PRIO_PROCESS, int(task.name))
    except ProcessLookupError:
        return False
    return nice <= os.getpriority(os.PRIO_PROCESS, 0)


class Machine:
    """Looks all the time: what stood still, when and for how long."""

    def __init__(self) -> None:
        self.root = os.getpid()  # of the processes that it looks at
        self.stalls: list[tuple[float, float, str]] = []  # when it was seen, seconds, what
        self.waited: dict[Path, float] = {}  # seconds that a thread has waited for a processor
        self.napping = time.monotonic()  # since then
        threading.Thread(target=self.run, daemon=True).start()

    def stalled_since(self, begin: float) -> str:
        """The longest of what stood still since then, in words; "" for nothing. What did so right
        before has to be looked for: who asks may have been woken before the thread that looks."""
        self.end_nap()
        self.look()
        found = [(seconds, what) for when, seconds, what in self.stalls if when >= begin]
        return "{1} stood still for {0:.3f} s".format(*max(found)) if found else ""

    def run(self) -> None:
        while True:
            end = time.monotonic() + LOOK
            while time.monotonic() < end:
                self.napping = time.monotonic()
                time.sleep(NAP)
                self.end_nap()
            self.waited = self.look()

    def end_nap(self) -> None:
        self.judge(time.monotonic() - self.napping - NAP, "the machine")

    def look(self) -> dict[Path, float]:
        """One that the look before has not seen may be old, and was missed: it is judged from now
        on. @return how long each has waited in all"""
        before, found = self.waited, {}
        for task in all_tasks(self.root):
            account = words_of(task / "schedstat")
            if account and is_as_urgent(task):
                waited, name = int(account[1]) / 1e9, " ".join(words_of(task / "comm"))
                self.judge(waited - before.get(task, waited), f"thread {name}")
                found[task] = waited
        return found

    def judge(self, seconds: float, what: str) -> None:
        if seconds > BOUND:
            self.stalls.append((time.monotonic(), seconds, what))


MACHINE = Machine()


class Trial(unittest.TestResult):
    """Keeps what is said of a case, to pass it on or not."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[str, tuple]] = []

    def tell(self, result: unittest.TestResult) -> None:
        for name, arguments in self.said:
            getattr(result, name)(*arguments)

    def reasons(self) -> str:
        return "\n".join(reason for _, reason in self.failures + self.errors)


def keep(name: str) -> None:
    def call(trial: Trial, *arguments) -> None:
        trial.said.append((name, arguments))
        getattr(unittest.TestResult, name)(trial, *arguments)
    setattr(Trial, name, call)


for name in ("startTest", "stopTest", "addSuccess", "addFailure", "addError", "addSkip",
             "addSubTest"):
    keep(name)


class RealTime(unittest.TestCase):
    """A case of which a failure counts when the machine has kept up, and else the next one."""

    is_repeated = False
    is_final = False  # the failure

    def run(self, result: unittest.TestResult) -> None:
        for tries_left in reversed(range(TRIES)):
            trial, begin = Trial(), time.monotonic()
            super().run(trial)
            if trial.wasSuccessful() or self.is_final or not tries_left:
                break
            stall = self.stall(begin)
            if not stall:
                break
            self.is_repeated = True
            note(trial.reasons())
            note(f"repeated: {self.id().removeprefix('__main__.')}: {stall}")
        trial.tell(result)

    @contextmanager
    def on_any_machine(self) -> Iterator[None]:
        """A failure in here counts, whatever stood still."""
        try:
            yield
        except AssertionError:
            self.is_final = True
            raise

    def assert_rules(self, seen: Observation) -> list[Result]:
        """Each rule of the checker holds, or is undecided. @return what it said"""
        results = check(seen)
        failed = select(results, "fail")
        with self.on_any_machine():
            self.assertLessEqual(set(failed), TIMING, report(results))
        self.assertEqual(failed, [], report(results))
        return results

    def stall(self, begin: float) -> str:
        """What stood still while that was seen which the case judges; "" for nothing."""
        return MACHINE.stalled_since(begin)
