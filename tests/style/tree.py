# SPDX-License-Identifier: GPL-2.0-or-later
"""The files of this source tree, as the style tests see them."""
import os
import shutil
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = ("build", "live", "node_modules", "__pycache__")


def files() -> list[Path]:
    """Every file of the checkout, sorted, but what is built, fetched or kept by git."""
    found = []
    for folder, below, names in os.walk(ROOT):
        below[:] = [n for n in below if n != ".git" and not n.startswith(NOT_OURS)]
        found += [Path(folder, name).relative_to(ROOT) for name in names if name != ".git"]
    return sorted(found)


def c_files() -> list[Path]:
    return [path for path in files() if path.suffix in (".c", ".h")]


def is_script(path: Path) -> bool:
    """Begins with "#!", whatever its name."""
    with open(ROOT / path, "rb") as file:
        return file.read(2) == b"#!"


def complaints(tool: str, *arguments: object, directory: Path = ROOT) -> str:
    """What a tool prints when it does not end with 0, else nothing; skips the test without it."""
    if shutil.which(tool) is None:
        raise unittest.SkipTest(f"{tool} is not installed")
    done = subprocess.run([tool, *map(str, arguments)], cwd=directory, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout or f"{tool} ended with {done.returncode}" if done.returncode else ""
