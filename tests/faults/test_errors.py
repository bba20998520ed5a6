# SPDX-License-Identifier: GPL-2.0-or-later
"""Every call that publishing makes fails with every error that a disk has, while a reader watches.

Also: in the steady state there is no memory to be had, and nobody asks for any.
"""
import errno
import os
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from origin import scratch, wait_until
from reader import Reader, Reference
from stage import MEMORY_REFUSED_WHEN_STEADY, Staged, Time
from survived import show, survived
from tap import main

COUNTERS = {  # of the status line
    errno.ENOSPC: "faults_space",
    errno.EDQUOT: "faults_space",
    errno.EIO: "faults_io",
    errno.EROFS: "faults_read_only",
    errno.EMFILE: "faults_descriptors",
}
NAMES = " ".join(errno.errorcode[error] for error in COUNTERS)
CALLS = ("create", "write", "set time", "sync", "close", "rename segment",
         "sync directory", "rename playlist", "unlink", "status")
CUT = "write, cut short"
RATE = 10


def tearDownModule() -> None:
    show()


class Errors(unittest.TestCase):
    def order(self, hlsgen: Staged, call: str, error: int) -> str:
        """Orders the fault; @return the kind of call that it is."""
        if call != CUT:
            hlsgen.fail(call, error)
            return call
        hlsgen.page.write_limit = 4096
        hlsgen.fail("write", error, skip=2)
        return "write"

    def rows(self, said: str, error: int) -> bool:
        """Whether each row of failures, of which there may be several at once, has ended, and has
        but one line at its beginning and one at its end."""
        return said.count(os.strerror(error)) == said.count("again failures=") > 0

    def suffer(self, hlsgen: Staged, call: str, error: int) -> None:
        """One fault from its beginning to its end: a row of failures, said once, counted."""
        kind = call.partition(",")[0]
        before, said = hlsgen.orders(kind).failed, len(hlsgen.said())
        self.order(hlsgen, call, error)
        wait_until(lambda: hlsgen.orders(kind).failed >= before + 3, f"{call} fails")
        hlsgen.heal(kind)
        hlsgen.page.write_limit = 0
        wait_until(lambda: self.rows(hlsgen.said()[said:], error), f"one line, and its end: {call}")
        hlsgen.wait_newest_due()
        survived(f"{call} fails", NAMES, "nothing false, made up for by itself")

    def suffer_all(self, folder: Path, error: int, clock: Time, reference: Reference) -> None:
        with Staged(folder / errno.errorcode[error], clock) as hlsgen, \
                Reader(hlsgen.out, reference.named) as reader:
            for call in (*CALLS, CUT):
                self.suffer(hlsgen, call, error)
            counted = {name for name, value in hlsgen.status().items()
                       if name.startswith("faults_") and value != "0"}
            self.assertEqual(counted, {COUNTERS[error]})
            self.assertEqual(hlsgen.stop(), 0, hlsgen.errors)
        self.assertEqual(reader.faults, [])

    def test_every_error_of_every_call(self) -> None:
        clock = Time(rate=RATE)
        with scratch() as folder, ThreadPoolExecutor() as pool:
            reference = Reference(folder / "reference")
            done = [pool.submit(self.suffer_all, folder, error, clock, reference)
                    for error in COUNTERS]
            for future in done:
                future.result()


class Memory(unittest.TestCase):
    def test_none_in_the_steady_state(self) -> None:
        """20 segments, an answer to SIGUSR1 and two faults, without a byte from the heap."""
        with scratch() as folder:
            hlsgen = Staged(folder / "hls", Time(rate=RATE))
            hlsgen.page.memory = MEMORY_REFUSED_WHEN_STEADY
            with hlsgen:
                first = hlsgen.newest()
                for call, error in (("write", errno.ENOSPC), ("sync", errno.EIO)):
                    hlsgen.fail(call, error, count=2)
                hlsgen.status()
                hlsgen.wait_newest(first + 20)
                self.assertEqual(hlsgen.stop(), 0, hlsgen.errors)
            self.assertEqual(hlsgen.page.refused, 0)
        survived("no memory to be had", "20 segments in the steady state", "nobody asked for any")


if __name__ == "__main__":
    main()
