# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints one line a rule for a stream: python3 -m conformance DIR|FILE|URL [SECONDS].

A multivariant playlist is judged together with all media playlists that it names; of these, only
what does not hold is printed. SECONDS is for how long a live stream is watched: 26 by default.
"""

import sys
from pathlib import Path

from . import check, observe, presentation
from .rules import Result, report, report_not_here, select


def open_place(place: str) -> observe.Directory | observe.Http:
    if "://" in place:
        return observe.Http(place)
    path = Path(place)
    return observe.Directory(path) if path.is_dir() else observe.Directory(path.parent, path.name)


def judge_one(source: observe.Directory | observe.Http, seconds: float) -> list[Result]:
    seen = observe.observe(source, seconds)
    if seen.versions:
        seen.expect = observe.expected(seen.versions[0].data, seen.versions[-1].data)
    results = check(seen)
    print(report(results), report_not_here(), sep="\n")
    return results


def judge_all(source: observe.Directory | observe.Http, seconds: float) -> list[Result]:
    together, each = presentation.check(presentation.observe(source, seconds))
    print(report(together))
    for uri, results in each.items():
        print(f"\n{uri}: {len(select(results, 'pass'))} rules hold")
        print(report([result for result in results if result.verdict != "pass"]))
    print(report_not_here())
    return [*together, *(result for results in each.values() for result in results)]


def main() -> int:
    if not 2 <= len(sys.argv) <= 3 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 64
    place = sys.argv[1]
    seconds = float(sys.argv[2]) if len(sys.argv) == 3 else 26.0
    try:
        source = open_place(place)
        many = presentation.is_multivariant(source.playlist())
        results = judge_all(source, seconds) if many else judge_one(source, seconds)
    except (OSError, ValueError) as reason:
        print(f"{place}: {reason}", file=sys.stderr)
        return 2
    failed = select(results, "fail")
    print(f"{len(select(results, 'pass'))} rules hold, {len(failed)} do not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
