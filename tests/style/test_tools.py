# SPDX-License-Identifier: GPL-2.0-or-later
"""What other programs say of the sources: formatters, linters, parsers."""
import json
import os
import shlex
import unittest
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tap import main
from tree import ROOT, c_files, complaints, files, is_script


def shell_scripts() -> list[Path]:
    def is_shell(path: Path) -> bool:
        with open(ROOT / path, "rb") as file:
            return is_script(path) and file.readline().rstrip().endswith(b"sh")

    return [path for path in files() if path.suffix == ".sh" or is_shell(path)]


def compilations(build: Path) -> Iterator[tuple[Path, list[str]]]:
    """Each file of src/ and sandbox/ that is built, with its include paths and macros.

    Other options are left out: those of gcc that clang does not know would be errors.
    """
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = (build / entry["file"]).resolve()
        if path.is_relative_to(ROOT / "src") or path.is_relative_to(ROOT / "sandbox"):
            yield path, [word for word in shlex.split(entry["command"])
                         if word.startswith(("-I", "-isystem", "-D", "-std="))]


class Tools(unittest.TestCase):
    def silent(self, text: str) -> None:
        if text:
            self.fail("\n" + text)

    def test_clang_format(self) -> None:
        self.silent(complaints("clang-format", "--dry-run", "--Werror", *c_files()))

    def test_clang_tidy(self) -> None:
        """One process a file: with several, clang-tidy 14 takes every va_list for uninitialized."""
        build = Path(os.environ["BUILD"])

        def tidy(compilation: tuple[Path, list[str]]) -> str:
            path, options = compilation
            return complaints("clang-tidy", "--quiet", path, "--", *options, directory=build)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            self.silent("".join(pool.map(tidy, compilations(build))))

    def test_shellcheck(self) -> None:
        self.silent(complaints("shellcheck", *shell_scripts()))

    def test_nix_parses(self) -> None:
        for path in files():
            if path.suffix == ".nix":
                self.silent(complaints("nix-instantiate", "--store", "dummy://", "--parse", path))


if __name__ == "__main__":
    main()
