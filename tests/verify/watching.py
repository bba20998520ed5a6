# SPDX-License-Identifier: GPL-2.0-or-later
"""hlsgen-verify --watch, while something else goes on."""

import json
import subprocess
from functools import cached_property
from pathlib import Path

from conformance.rules import TIMING
from tap import note
from verifier import ARGUMENTS, PROGRAM, TIMEOUT, broken


class Watch:
    """A run of hlsgen-verify that watches a folder."""

    def __init__(self, folder: Path, seconds: int) -> None:
        self.process = subprocess.Popen(
            [PROGRAM, *ARGUMENTS, str(folder), "--watch", str(seconds), "--profile", "all",
             "--json"], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    @cached_property
    def report(self) -> dict:
        output, errors = self.process.communicate(timeout=TIMEOUT)
        if self.process.returncode not in (0, 1):
            raise AssertionError(f"ended with {self.process.returncode}\n{errors}")
        return json.loads(output)

    @property
    def found(self) -> dict[str, str]:
        return broken(self.report)

    def judged(self) -> set[str]:
        return {entry["rule"] for entry in self.report["rules"] if entry["state"] != "not judged"}


def without_timing(found: dict[str, str]) -> dict[str, str]:
    """A machine that stands still can make anybody break these."""
    for rule in sorted(found.keys() & TIMING):
        note(f"{rule}: {found[rule]}")
    return {rule: text for rule, text in found.items() if rule not in TIMING}
