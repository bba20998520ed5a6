# SPDX-License-Identifier: GPL-2.0-or-later
"""What is done anew because the machine stood still, and what is not."""

import os
import subprocess
import sys
import time
import unittest
from contextlib import nullcontext
from unittest.mock import patch

from origin import wait_until
from realtime import MACHINE, TRIES, RealTime
from tap import main, note


class Trouble(RealTime):
    """A case that fails `failures` times on a machine of which `stood` stood still."""

    failures = 0
    stood = ""
    is_for_any_machine = False
    count = 0

    def stall(self, begin: float) -> str:
        return self.stood

    def act(self) -> None:
        self.count += 1
        with self.subTest("inside"), \
                self.on_any_machine() if self.is_for_any_machine else nullcontext():
            self.assertGreater(self.count, self.failures)


@patch("realtime.note")
class Repeated(unittest.TestCase):
    def check(self, tries: int, is_good: bool, **trouble) -> None:
        case, result = Trouble("act"), unittest.TestResult()
        vars(case).update(trouble)
        case.run(result)
        self.assertEqual((case.count, result.testsRun, result.wasSuccessful()),
                         (tries, 1, is_good))

    def test_success_is_not(self, _) -> None:
        self.check(1, True, stood="thread x")

    def test_failure_on_a_machine_that_went_on_is_not(self, _) -> None:
        self.check(1, False, failures=1)

    def test_failure_on_one_that_stood_still_is(self, note) -> None:
        self.check(3, True, failures=2, stood="thread x")
        self.assertEqual(note.call_args.args, ("repeated: Trouble.act: thread x",))

    def test_last_one_counts(self, _) -> None:
        self.check(TRIES, False, failures=TRIES, stood="thread x")

    def test_what_holds_on_any_machine_is_not(self, _) -> None:
        self.check(1, False, failures=1, stood="thread x", is_for_any_machine=True)


STOPPED = "kill -STOP $PPID; sleep 0.3; kill -CONT $PPID"


class Seen(unittest.TestCase):
    def test_what_has_just_ended(self) -> None:
        """Also when nobody but who asks was woken since."""
        for _ in range(5):
            begin = time.monotonic()
            subprocess.run(["sh", "-c", STOPPED], check=True)
            self.assertTrue(MACHINE.stalled_since(begin))

    def start_loop(self) -> None:
        loop = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        self.addCleanup(loop.wait)
        self.addCleanup(loop.kill)
        os.sched_setaffinity(loop.pid, {min(os.sched_getaffinity(0))})

    def test_who_gets_no_processor(self) -> None:
        """Of two that want the same one, each has to wait for the other."""
        begin = time.monotonic()
        self.start_loop()
        self.start_loop()
        wait_until(lambda: self.stalls_of_threads(begin), "a stall")
        note(MACHINE.stalled_since(begin))

    def stalls_of_threads(self, begin: float) -> list[float]:
        return [seconds for when, seconds, what in MACHINE.stalls
                if when >= begin and what.startswith("thread ")]


if __name__ == "__main__":
    main()
