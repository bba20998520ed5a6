# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints one line a rule for a live stream: python3 -m conformance DIR|URL [SECONDS]."""

import sys
from pathlib import Path

from . import check, observe
from .rules import report, select


def main() -> int:
    if not 2 <= len(sys.argv) <= 3 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 64
    place = sys.argv[1]
    source = observe.Http(place) if "://" in place else observe.Directory(Path(place))
    seconds = float(sys.argv[2]) if len(sys.argv) == 3 else 26.0
    try:
        results = check(observe.observe(source, seconds))
    except (OSError, ValueError) as reason:
        print(f"{place}: {reason}", file=sys.stderr)
        return 2
    print(report(results))
    failed = select(results, "fail")
    print(f"{len(select(results, 'pass'))} rules hold, {len(failed)} do not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
