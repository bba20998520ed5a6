# SPDX-License-Identifier: GPL-2.0-or-later
"""What holds for every source file: its licence line, and how long things may grow."""
import ast
import re
import shutil
import tempfile
import unittest
from collections.abc import Iterator
from pathlib import Path

from tap import main
from tree import ROOT, c_files, complaints, files, is_script

LICENCE = b"SPDX-License-Identifier: " + b"GPL-2.0-or-later"

# Files in which there are no comments: .reuse/dep5 speaks for them.
NO_COMMENTS = {".json", ".png", ".txt"}
NO_LINE = {"LICENSE", "NEWS", ".reuse/dep5", "debian/changelog", "debian/copyright",
           "debian/source/format"}
CORPUS = Path("tests/fuzz/corpus")

SOURCES = {".c", ".h", ".py", ".sh", ".bash", ".nix", ".conf", ".in", ".html", ".css", ".js",
           ".scd", ".build"}
FILE_LINES = 500
FUNCTION_LINES = 70
COLUMNS = 100

# One whole C function in this style: its opening and closing braces alone in the first column.
FUNCTION = re.compile(r"^(\w[^\n]*\([^;{}]*?\))\n\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)


def sources() -> Iterator[tuple[Path, str]]:
    """Path and text of every source file."""
    for path in files():
        if path.suffix in SOURCES or is_script(path):
            yield path, (ROOT / path).read_text()


def has_comments(path: Path) -> bool:
    return not (path.suffix in NO_COMMENTS or str(path) in NO_LINE or path.is_relative_to(CORPUS))


def c_functions() -> Iterator[tuple[str, int]]:
    """Where each C function stands, and its lines."""
    for path in c_files():
        for function in FUNCTION.finditer((ROOT / path).read_text()):
            yield f"{path}: {function[1]}", function[0].count("\n") + 1


def python_functions() -> Iterator[tuple[str, int]]:
    for path, text in sources():
        if path.suffix == ".py":
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef):
                    yield f"{path}: {node.name}", node.end_lineno - node.lineno + 1


class Files(unittest.TestCase):
    def none(self, wrong: Iterator[object]) -> None:
        found = "\n".join(map(str, wrong))
        if found:
            self.fail("\n" + found)

    def test_licence(self) -> None:
        """Of each file by itself; and of all by the rules of REUSE."""
        self.none(path for path in files() if has_comments(path)
                  and not any(LICENCE in line
                              for line in (ROOT / path).read_bytes().splitlines()[:5]))

    def test_reuse(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for path in files():
                copy = Path(folder, path)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / path, copy, follow_symlinks=False)
            self.none(complaints("reuse", "lint", directory=Path(folder)).splitlines())

    def test_length_of_files(self) -> None:
        self.none(path for path, text in sources() if text.count("\n") > FILE_LINES)

    def test_length_of_lines(self) -> None:
        self.none(f"{path}:{number}" for path, text in sources()
                  for number, line in enumerate(text.splitlines(), 1) if len(line) > COLUMNS)

    def test_length_of_functions(self) -> None:
        for functions in c_functions(), python_functions():
            self.none(f"{place}: {lines}" for place, lines in functions if lines > FUNCTION_LINES)


if __name__ == "__main__":
    main()
