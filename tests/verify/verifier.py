# SPDX-License-Identifier: GPL-2.0-or-later
"""Starts hlsgen-verify. HLSGEN_VERIFY names the program, HLSGEN_VERIFY_ARGS holds more arguments
for every start."""

import json
import os
import shlex
import subprocess
from pathlib import Path

PROGRAM = os.environ.get("HLSGEN_VERIFY", "hlsgen-verify")
ARGUMENTS = shlex.split(os.environ.get("HLSGEN_VERIFY_ARGS", ""))
TIMEOUT = 300  # seconds; only keeps a program that waits from hanging a test


def verify(*words: object, **options) -> subprocess.CompletedProcess:
    """Lets it end; its output as text."""
    command = [PROGRAM, *ARGUMENTS, *map(str, words)]
    return subprocess.run(command, text=True, timeout=TIMEOUT,
                          **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options)


def look_at(folder: Path, profile: str = "all") -> tuple[int, dict]:
    """Exit code and report of hlsgen-verify on a folder."""
    done = verify("--profile", profile, "--json", folder)
    if done.returncode not in (0, 1):
        raise AssertionError(f"hlsgen-verify ended with {done.returncode}\n{done.stderr}")
    return done.returncode, json.loads(done.stdout)


def broken(report: dict) -> dict[str, str]:
    """What was found, by rule: the first finding of each."""
    found: dict[str, str] = {}
    for entry in report["findings"]:
        found.setdefault(entry["rule"], "{place}: {found}; wanted: {wanted}".format(**entry))
    return found


def rules() -> set[str]:
    """The names of all rules."""
    return {line.split()[0] for line in verify("--list-rules").stdout.splitlines()}
