# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures as text, in tables as doc/measured.md has them."""
import math
from collections.abc import Sequence

MEGABYTE = 1e6

Figure = float | int | str | None


def percentile(values: Sequence[float], percent: float) -> float:
    """Nearest rank."""
    return sorted(values)[max(0, math.ceil(percent / 100 * len(values)) - 1)]


def off_due(lateness: Sequence[float]) -> dict[str, float]:
    """Rows about lateness: how far from the due instants, whether before or after."""
    off = [abs(value) for value in lateness]
    return {
        "off the due instant, median, ms": percentile(off, 50),
        "off the due instant, 99th percentile, ms": percentile(off, 99),
        "off the due instant, at most, ms": max(off),
        "from the earliest to the latest, ms": max(lateness) - min(lateness),
    }


def number(value: Figure) -> str:
    """Three significant digits; whole numbers and words as they are."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:.0f}"
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:.{min(digits, 4)}f}"


def ratio(value: Figure, base: Figure) -> str:
    """How many times @p base, in brackets."""
    if isinstance(value, str) or isinstance(base, str) or not value or not base:
        return ""
    times = value / base
    return f" ({times:.0f})" if times >= 9.95 else f" ({times:.1f})"


def table(columns: dict[str, dict[str, Figure]], compare: bool = False) -> str:
    """Markdown, a column for each; with @p compare, times the first column's in brackets."""
    base, *_ = columns.values()
    rows = [["", *columns]]
    for row in base:
        cells = [number(figures.get(row)) for figures in columns.values()]
        if compare:
            cells[1:] = [cell + ratio(figures.get(row), base[row])
                         for cell, figures in zip(cells[1:], list(columns.values())[1:])]
        rows.append([row, *cells])
    widths = [max(map(len, column)) for column in zip(*rows)]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
                     for row in rows)
