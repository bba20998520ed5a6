# SPDX-License-Identifier: GPL-2.0-or-later
"""What other programs say of the sources: formatters, linters, parsers."""
import json
import os
import shlex
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tap import main
from tree import ROOT, c_files, complaints, files, is_script


def shell_scripts() -> list[Path]:
    def is_shell(path: Path) -> bool:
        with open(ROOT / path, "rb") as file:
            return is_script(path) and file.readline().rstrip().endswith(b"sh")

    return [path for path in files() if path.suffix in (".sh", ".bash") or is_shell(path)]


# Of cppcheck, beside what it is told in a file, and why.
NOT_CHECKED = (
    "missingIncludeSystem",
    "unusedStructMember",  # those that the kernel alone reads
    "variableScope",  # what a function needs is declared at its head
)


def compilations(build: Path) -> dict[Path, list[str]]:
    """Each file of src/ and sandbox/ that is built, with its include paths and macros.

    Other options are left out: those of gcc that clang does not know would be errors.
    """
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = (build / entry["file"]).resolve()
        if path.is_relative_to(ROOT / "src") or path.is_relative_to(ROOT / "sandbox"):
            found[path] = [word for word in shlex.split(entry["command"])
                           if word.startswith(("-I", "-isystem", "-D", "-std="))]
    return found


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
            self.silent("".join(pool.map(tidy, compilations(build).items())))

    def test_cppcheck(self) -> None:
        build = Path(os.environ["BUILD"])
        found = compilations(build)
        options = {option for words in found.values() for option in words
                   if option.startswith(("-I", "-D"))}
        self.silent(complaints(
            "cppcheck", "--quiet", "--std=c11", "--enable=warning,style,performance,portability",
            "--inline-suppr", "--error-exitcode=1", *(f"--suppress={rule}" for rule in NOT_CHECKED),
            *sorted(options), *found, directory=build))

    def test_shellcheck(self) -> None:
        self.silent(complaints("shellcheck", *shell_scripts()))

    def test_nix_parses(self) -> None:
        for path in files():
            if path.suffix == ".nix":
                self.silent(complaints("nix-instantiate", "--store", "dummy://", "--parse", path))


if __name__ == "__main__":
    main()
