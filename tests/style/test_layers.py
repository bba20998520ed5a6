# SPDX-License-Identifier: GPL-2.0-or-later
"""What may include what: the layers of CONTRIBUTING.md, and each library in one of them."""
import re
import shlex
import subprocess
import unittest
from pathlib import Path

from tap import main
from tree import ROOT, c_files

# A layer, and those to the right of it whose headers it may include besides its own.
LAYERS = {
    "base": set(),
    "preset": {"base"},
    "timeline": {"base"},
    "exact": {"base"},
    "media": {"exact", "timeline", "preset", "base"},
    "hls": {"timeline", "preset", "base"},
    "origin": {"media", "hls", "timeline", "preset", "base"},
    "main": {"origin", "media", "hls", "timeline", "preset", "base", "sandbox"},
    "sandbox": set(),
    "verify": {"base"},
    "verify main": {"verify", "base", "sandbox"},
}

# Parts of a folder that are a layer of their own below it.
INNER = {"media/exact/": "exact", "media/cells.h": "exact",
         "verify/main.c": "verify main", "verify/cli.": "verify main"}

# Headers from outside, and the layer that may know of them.
LIBRARIES = {
    r"lib(av|sw)\w+/": {"media"},
    r"ini\.h": {"preset"},
    r"nettle/": {"base"},
    r"jansson\.h": {"verify", "verify main"},
    r"seccomp\.h|linux/(seccomp|filter|landlock|audit)\.h": {"sandbox"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def layer_of(path: Path) -> str | None:
    """The layer that a file of src/ or sandbox/ belongs to; None for others, such as tests."""
    match path.parts:
        case ("sandbox", *_):
            return "sandbox"
        case ("src", _):
            return "main"
        case ("src", *rest):
            return inner_layer("/".join(rest)) or rest[0]
    return None


def inner_layer(name: str) -> str | None:
    return next((layer for start, layer in INNER.items() if name.startswith(start)), None)


def sources() -> list[tuple[Path, str]]:
    return [(path, layer) for path in c_files() if (layer := layer_of(path))]


def includes(path: Path) -> list[tuple[str, str]]:
    """(quote, name) of each #include; the quote is < or "."""
    return INCLUDE.findall((ROOT / path).read_text())


def own_layer(name: str, including: str) -> str:
    """The layer of an included header of ours; one without a folder lies in src/ itself."""
    folder, slash, _ = name.partition("/")
    outer = folder if slash else "main" if including == "main" else name
    return inner_layer(name) or outer


class Layers(unittest.TestCase):
    def test_every_folder_is_a_layer(self) -> None:
        self.assertEqual({layer for _, layer in sources()} - LAYERS.keys(), set())

    def test_includes_go_down_only(self) -> None:
        for path, layer in sources():
            for quote, name in includes(path):
                if quote == '"':
                    with self.subTest(f"{path} includes {name}"):
                        self.assertIn(own_layer(name, layer), LAYERS.get(layer, set()) | {layer})

    def test_libraries_stay_in_their_layer(self) -> None:
        for path, layer in sources():
            for quote, name in includes(path):
                for pattern, allowed in LIBRARIES.items():
                    if quote == "<" and re.match(pattern, name):
                        with self.subTest(f"{path} includes {name}"):
                            self.assertIn(layer, allowed)

    def test_every_header_compiles_alone(self) -> None:
        libraries = ["libavformat", "libavcodec", "libavfilter", "libavutil", "libseccomp", "inih",
                     "nettle", "jansson"]
        flags = shlex.split(subprocess.check_output(["pkg-config", "--cflags", *libraries],
                                                    text=True))
        command = ["cc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-I.",
                   "-Isrc", *flags, "-fsyntax-only", "-x", "c", "-"]
        for path, _ in sources():
            if path.suffix == ".h":
                with self.subTest(str(path)):
                    done = subprocess.run(command, cwd=ROOT, input=f'#include "{path}"\n',
                                          text=True, capture_output=True)
                    self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    main()
