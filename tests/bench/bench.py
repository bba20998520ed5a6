# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures hlsgen and ffmpeg making the same stream, one after the other on the same machine."""
import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

from candidates import DECLARED_BYTES, candidates
from measure import Failed, measure

MEGABYTE = 1e6


def percentile(values: list[float], percent: float) -> float:
    """Nearest rank."""
    return sorted(values)[max(0, math.ceil(percent / 100 * len(values)) - 1)]


def figures(result: dict) -> dict[str, float | None]:
    """The rows of the table, of one candidate."""
    sizes, late, memory = result["segment_bytes"], result["lateness_ms"], result["memory"]
    pss = memory["pss"]
    return {
        "CPU, % of a core": result["cpu_percent"],
        "memory, peak RSS, MB": memory["peak_rss"] / MEGABYTE,
        "memory, RSS, MB": memory["rss"] / MEGABYTE,
        "memory, PSS, MB": None if pss is None else pss / MEGABYTE,
        "exec to first playlist, ms": statistics.median(result["first_ms"]),
        "exec to full playlist, ms": statistics.median(result["full_ms"]),
        "segment, smallest, bytes": min(sizes),
        "segment, largest, bytes": max(sizes),
        "segment, mean, % of declared": 100 * statistics.mean(sizes) / DECLARED_BYTES,
        "lateness, p50, ms": percentile(late, 50),
        "lateness, p99, ms": percentile(late, 99),
        "lateness, max, ms": max(late),
    }


def number(value: float | None) -> str:
    """Three significant digits; whole numbers as they are."""
    if value is None:
        return "-"
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:.0f}"
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:.{min(digits, 4)}f}"


def ratio(value: float | None, base: float | None) -> str:
    return "x " + number(value / base) if value is not None and base else "-"


def table(results: dict[str, dict]) -> str:
    """hlsgen first; beside each other candidate, its figure divided by hlsgen's."""
    columns = {name: figures(result) for name, result in results.items()}
    base, *others = columns
    lines = [f"{'':30}{base:>12}" + "".join(f"{name:>16}{'ratio':>11}" for name in others)]
    for row, value in columns[base].items():
        cells = "".join(f"{number(columns[name][row]):>16}{ratio(columns[name][row], value):>11}"
                        for name in others)
        lines.append(f"{row:30}{number(value):>12}{cells}")
    return "\n".join(lines)


def first_line(*command: str) -> str:
    return subprocess.check_output(command, text=True).splitlines()[0]


def machine(hlsgen: Path) -> dict[str, str]:
    cpu = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
           if line.startswith("model name")]
    return {
        "processor": f"{len(os.sched_getaffinity(0))} x {cpu[0] if cpu else platform.machine()}",
        "system": f"{platform.system()} {platform.release()}",
        "hlsgen": first_line(str(hlsgen), "--version"),
        "ffmpeg": first_line("ffmpeg", "-version").partition(" Copyright")[0],
    }


def notes(seconds: float, starts: int) -> str:
    return f"""\
1280x720, 30 frames/s, 2000 kbit/s + 128 kbit/s, 2 s segments, a window of 10, on tmpfs.
CPU, lateness: over {seconds:g} s after the full playlist. CPU counts the process, not the kernel's
threads. First and full playlist: median of {starts} starts with a warm page cache. Declared are the
{DECLARED_BYTES} bytes of 2 s of video and sound; the rest is the transport stream. Lateness: from
the end of the newest segment by its date to the wake-up of this program on the rename, which is
included. ffmpeg dates nothing: its deviation from its own best-fit grid of 2 s."""


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--hlsgen", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=60, help="of steady state (default 60)")
    parser.add_argument("--starts", type=int, default=5, help="of each program (default 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every single figure, too")
    options = parser.parse_args()
    if options.seconds < 4 or options.starts < 1:
        parser.error("at least --seconds 4 and --starts 1")
    return options


def main() -> int:
    options = parse_arguments()
    about = machine(options.hlsgen)
    try:
        results = {candidate.name: measure(candidate, options.seconds, options.starts)
                   for candidate in candidates(options.hlsgen)}
    except Failed as reason:
        print(f"bench: {reason}", file=sys.stderr)
        return 1
    if options.json:
        options.json.write_text(json.dumps({"machine": about, "results": results}, indent=1) + "\n")
    print()
    for key, value in about.items():
        print(f"{key:11}{value}")
    print(f"\n{table(results)}\n\n{notes(options.seconds, options.starts)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
