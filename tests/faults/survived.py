# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of faults survived: what tests really did, printed as TAP comments at their end."""
from tap import note

ROWS: dict[tuple[str, str, str], int] = {}


def survived(fault: str, where: str, outcome: str, times: int = 1) -> None:
    """Counts a fault; to be called when all that it must not do has been looked for."""
    key = fault, where, outcome
    ROWS[key] = ROWS.get(key, 0) + times


def show() -> None:
    for (fault, where, outcome), times in sorted(ROWS.items()):
        note(f"survived: {fault:30} {where:32} {times:5}  {outcome}")
