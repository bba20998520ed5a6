# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the unittest cases of the calling module and reports them in TAP version 13.

Meson reads TAP case by case, so that a skip and its reason stay visible in the sums.
"""

import signal
import sys
import unittest


def note(text: object) -> None:
    """Prints a diagnostic: seen by people, ignored by the harness."""
    for line in str(text).splitlines():
        print("#", line, flush=True)


class TapResult(unittest.TestResult):
    """Prints one line a test case; a failed subtest fails its case."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = 0
        self.failed = False

    def line(self, verdict: str, test, directive: str = "") -> None:
        self.lines += 1
        name = test.id().removeprefix("__main__.").replace("#", "")
        print(f"{verdict} {self.lines} - {name}{directive}", flush=True)

    def startTest(self, test) -> None:
        super().startTest(test)
        self.failed = False

    def stopTest(self, test) -> None:
        super().stopTest(test)
        if self.failed:
            self.line("not ok", test)

    def addSuccess(self, test) -> None:
        self.line("ok", test)

    def addSkip(self, test, reason: str) -> None:
        super().addSkip(test, reason)
        self.line("ok", test, f" # SKIP {reason}")

    def addFailure(self, test, err) -> None:
        super().addFailure(test, err)
        note(self.failures[-1][1])
        self.failed = True

    def addError(self, test, err) -> None:
        super().addError(test, err)
        note(self.errors[-1][1])
        self.failed = True
        if not isinstance(test, unittest.TestCase):  # setUpClass: none of its cases starts
            self.line("not ok", test)

    def addSubTest(self, test, subtest, err) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            note(subtest)
            note("".join(self._exc_info_to_string(err, test)))
            self.failed = True


def main() -> None:
    """Runs every TestCase of __main__, or those named on the command line; ends the program."""
    loader = unittest.defaultTestLoader
    module = sys.modules["__main__"]
    if len(sys.argv) > 1:
        suite = loader.loadTestsFromNames(sys.argv[1:], module)
    else:
        suite = loader.loadTestsFromModule(module)
    result = TapResult()
    # A harness that gives up sends SIGTERM: unwind as for Ctrl-C, and leave no process behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print("TAP version 13", flush=True)
    suite.run(result)
    print(f"1..{result.lines}", flush=True)
    sys.exit(0 if result.wasSuccessful() else 1)
