# SPDX-License-Identifier: GPL-2.0-or-later
"""Adds up runs of `meson test`: results.py LOG..., the paths of their logs without the suffixes.

Prints what failed programs said of it, the tables of the others, the reason of each skip, the
name of each failure and, on a line of its own, the sums. Exits with 1 when anything failed. A TAP
program counts by its subtests. One that died, hung or broke its plan after passing subtests is a
failure too: the JUnit log does not show that, so it is looked up in meson's own log.
"""
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

GOOD = {"OK", "SKIP", "EXPECTEDFAIL"}

# Rows of the tables of tests/faults: what the program has survived, and how ffmpeg fares beside it;
# which cases were done anew because the machine had stood still; and how presets were played.
ROW = re.compile(r"^# ((?:survived|beside|repeated|played): .*)", re.MULTILINE)


@dataclass
class Results:
    said: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    passed: int = 0


def test_name(case: ElementTree.Element) -> str:
    """Name of the test as meson's own log has it; PROJECT.NAME is the class of a TAP subtest."""
    _, dot, name = case.get("classname", "").partition(".")
    return name if dot else case.get("name", "")


def skip_reason(case: ElementTree.Element) -> str:
    """A subtest's explanation, or what follows "1..0 # SKIP" when a whole program is skipped."""
    text = case.findtext("system-out", "").strip()
    plan = re.search(r"^1\.\.0\s*#\s*SKIP\S*\s*(.*)$", text, re.MULTILINE | re.IGNORECASE)
    return (plan[1] if plan else text) or "no reason given"


def add_cases(results: Results, log: Path) -> set[str]:
    """Counts every case of the JUnit log; returns the tests that have failed ones."""
    failed = set()
    for case in ElementTree.parse(log.with_suffix(".junit.xml")).iter("testcase"):
        test, name = test_name(case), case.get("name", "")
        title = f"{log.name}: {test}" + ("" if name == test else f": {name}")
        if case.find("failure") is not None or case.find("error") is not None:
            results.failed.append(title)
            failed.add(test)
        elif case.find("skipped") is not None:
            results.skipped.append(f"{title}: {skip_reason(case)}")
        else:
            results.passed += 1
    return failed


def add_programs(results: Results, log: Path, known: set[str]) -> None:
    """Adds what failed programs said, those without a failed case, and the rows of good ones."""
    for line in log.with_suffix(".json").read_text().splitlines():
        run = json.loads(line)
        if run["result"] in GOOD:
            results.rows += ROW.findall(run.get("stdout", ""))
            continue
        title = f"{log.name}: {run['name']}"
        results.said += ["", title]
        results.said += re.findall(r"^(?:#|not ok).*", run.get("stdout", ""), re.MULTILINE)
        if run["name"] not in known:
            results.failed.append(f"{title}: {run['result'].lower()}")


def main(logs: list[Path]) -> int:
    results = Results()
    for log in logs:
        if log.with_suffix(".junit.xml").exists():
            add_programs(results, log, add_cases(results, log))
        else:
            results.failed.append(f"{log.name}: no test was run")
    print("\n".join(results.said + results.rows), end="\n\n")
    for title in results.skipped:
        print(f"skipped: {title}")
    for title in results.failed:
        print(f"failed: {title}")
    print(f"{results.passed} passed, {len(results.failed)} failed, {len(results.skipped)} skipped")
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main([Path(log) for log in sys.argv[1:]]))
