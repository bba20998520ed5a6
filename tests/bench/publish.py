# SPDX-License-Identifier: GPL-2.0-or-later
"""What it costs to put a segment under its name: publish.c on tmpfs and on a disk, beside cp."""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

SEGMENT = 554_600  # bytes, of the preset 720p-ultrafast
FLOOR = "write to a new open file"
COPIES = 64  # by one process, so that its start does not count

# The option huge= of tmpfs, which is that of each mount.
TMPFS = {"tmpfs": "never", "tmpfs, huge=within_size": "within_size"}


def copy_cost(folder: Path, size: int) -> float:
    """Processor time of cp(1), microseconds for each file."""
    times, names = [], [str(folder / f"from-{i}") for i in range(COPIES)]
    for name in names:
        Path(name).write_bytes(os.urandom(size))
    to = folder / "to"
    for _ in range(7):
        to.mkdir()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["cp", *names, to], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        for copy in to.iterdir():
            copy.unlink()
        to.rmdir()
    for name in names:
        os.unlink(name)
    return statistics.median(times) * 1e6 / COPIES


def measure_here(program: Path, folder: Path, size: int, rounds: int) -> dict:
    ways = json.loads(subprocess.check_output([program, str(size), str(rounds), folder]))
    return {"ways": ways, "cp_us": copy_cost(folder, size)}


def measure_tmpfs(huge: str, arguments: list[str]) -> dict:
    """In a mount namespace of its own, which a plain user may have, too: the option is a mount's."""
    with tempfile.TemporaryDirectory() as folder:
        mount = f"mount -t tmpfs -o size=1g,huge={huge} tmpfs \"$0\" && exec \"$@\""
        return json.loads(subprocess.check_output(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, folder,
             sys.executable, __file__, *arguments, "--folder", folder]))


def measure(program: Path, disk: Path, size: int, rounds: int) -> dict[str, dict]:
    """By file system: each way's figures, and those of cp."""
    arguments = ["--program", str(program), "--size", str(size), "--rounds", str(rounds)]
    results = {name: measure_tmpfs(huge, arguments) for name, huge in TMPFS.items()}
    with tempfile.TemporaryDirectory(dir=disk) as folder:
        kind = subprocess.check_output(["stat", "-f", "-c", "%T", folder], text=True).strip()
        results[kind] = measure_here(program, Path(folder), size, rounds)
    return results


def table(results: dict[str, dict]) -> str:
    """Processor time: of a publication, of the removal of an old file, and ratios of the first."""
    lines = []
    for place, result in results.items():
        floor = next(way["cpu_us"] for way in result["ways"] if way["way"] == FLOOR)
        lines += ["", f"{place:32}{'CPU, us':>9}{'elapsed':>9}{'removal':>9}{'/ write':>9}{'/ cp':>7}"]
        for way in result["ways"]:
            lines.append(f"{way['way']:32}{way['cpu_us']:9.0f}{way['wall_us']:9.0f}"
                         f"{way['removal_us']:9.0f}{way['cpu_us'] / floor:9.2f}"
                         f"{way['cpu_us'] / result['cp_us']:7.2f}")
        lines.append(f"{'cp':32}{result['cp_us']:9.0f}")
    return "\n".join(lines)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=Path, required=True, help="publish, as meson built it")
    parser.add_argument("--disk", type=Path, default=Path(), help="a folder on a disk")
    parser.add_argument("--size", type=int, default=SEGMENT, help="of a segment, bytes")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    options = parse_arguments()
    if options.folder:
        print(json.dumps(measure_here(options.program, options.folder, options.size,
                                      options.rounds)))
        return 0
    results = measure(options.program, options.disk, options.size, options.rounds)
    print(json.dumps(results, indent=1) if options.json else table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
