# SPDX-License-Identifier: GPL-2.0-or-later
"""Punctuality on a machine with far too much to do: hlsgen twice and ffmpeg, side by side."""
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import candidates
import part_streams
from machine import Setup
from places import directory
from process import busy_loops, running
from tables import Figure, off_due, percentile, table
from watch import NS, Version, Watch, lateness, notice_ms

LOOPS = 2  # for each core
LONGER = 2  # than the other parts: all programs are measured at once
NOTICE_SECONDS = 4
STREAMS = 30  # of one more process, whose many segments tell more of how often it is how late


def lateness_of(versions: list[Version], places: list[Path]) -> list[float]:
    """Of the playlists in @p places."""
    return sum((lateness([version for version in versions if version.directory == place])
                for place in places), [])


def measure(setup: Setup) -> dict:
    """By the candidate's name; only hlsgen gives an account of its own."""
    many = part_streams.candidate(setup, STREAMS)
    chosen = candidates.own(setup.program, "720p-clock"), many, candidates.bare_ffmpeg()
    with ExitStack() as stack:
        where = [stack.enter_context(directory()) for _ in chosen]
        runs = [stack.enter_context(running(candidate, place))
                for candidate, place in zip(chosen, where)]
        places = [part_streams.await_all(run, place, count)
                  for run, place, count in zip(runs, where, (1, STREAMS, 1))]
        watch = stack.enter_context(Watch(sum(places, [])))
        versions = list(watch.until(time.monotonic_ns() + int(LONGER * setup.seconds * NS)))
        for run in runs:
            run.check()
        own = [run.own_late_max_ms() for run in runs[:-1]] + [None]
    return {candidate.name: {"lateness_ms": lateness_of(versions, place), "own_late_max_ms": by_own}
            for candidate, place, by_own in zip(chosen, places, own)}


def run(setup: Setup) -> dict:
    loops = LOOPS * len(os.sched_getaffinity(0))
    print(f"load: {loops} busy loops, {LONGER * setup.seconds:g} s", file=sys.stderr, flush=True)
    with busy_loops(loops):
        with directory() as where:
            notice = notice_ms(where, NOTICE_SECONDS)
        return {"busy_loops": loops, "notice_ms": notice, "streams": measure(setup)}


def show(results: dict) -> str:
    columns: dict[str, dict[str, Figure]] = {}
    for name, result in results["streams"].items():
        late = result["lateness_ms"]
        columns[name] = {
            "segments": str(len(late)),
            "off the due instant by its own account, ms": result["own_late_max_ms"],
        } | off_due(late)
    notice = results["notice_ms"]
    return f"""{table(columns, compare=True)}

Of this, the notice of a renaming takes {percentile(notice, 50):.2f} ms (median), \
{percentile(notice, 99):.2f} ms (99th percentile)
to reach this program."""


def notes(setup: Setup) -> str:
    return f"""\
{LOOPS} busy loops for each core, of the same priority as the programs measured, which run at
the same time for {LONGER * setup.seconds:g} s. Off the due instant: for ffmpeg, off the grid
that fits it best."""
