# SPDX-License-Identifier: GPL-2.0-or-later
"""The service allows its preset what that preset's budgets say, and no document says otherwise."""
import configparser
import re
import unittest

from tap import main
from tree import ROOT

UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}  # systemd's are binary
BYTES = {"kB": 1000, "MB": 1000 ** 2, "GB": 1000 ** 3}


def directives(path: str) -> dict[str, str]:
    """Of a unit; the last of each name."""
    lines = (ROOT / path).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"\w+=", line))


def systemd_bytes(text: str) -> int:
    return int(text[:-1]) * UNITS[text[-1]]


def preset_bytes(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(\w+)", text).groups()
    return int(number) * BYTES[unit]


class Budgets(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.service = directives("sandbox/systemd/hls-generator.service.in")
        name = re.search(r"--preset (\S+)", cls.service["ExecStart"])[1]
        preset = configparser.ConfigParser(interpolation=None)
        preset.read_string((ROOT / "presets" / f"{name}.conf").read_text())
        cls.budget = preset["budget"]

    def test_memory(self) -> None:
        least = preset_bytes(self.budget["memory"])
        self.assertGreaterEqual(systemd_bytes(self.service["MemoryMax"]), least)

    def test_processor(self) -> None:
        self.assertGreaterEqual(int(self.service["CPUQuota"].rstrip("%")),
                                int(self.budget["cpu"].rstrip("%")))

    def test_slice_holds_the_service(self) -> None:
        whole = directives("sandbox/systemd/hls-generator.slice")
        self.assertGreaterEqual(systemd_bytes(whole["MemoryMax"]),
                                systemd_bytes(self.service["MemoryMax"]))
        self.assertGreaterEqual(int(whole["CPUQuota"].rstrip("%")),
                                int(self.service["CPUQuota"].rstrip("%")))

    def test_end_for_want_of_memory_is_one(self) -> None:
        self.assertIn("82", self.service["RestartPreventExitStatus"].split())

    def test_readme_shows_the_default_preset(self) -> None:
        shown = re.search(r"```ini\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]
        text = (ROOT / "presets" / "720p-clock.conf").read_text()
        hidden = re.sub(r"#.*\n+|description.*\n", "", text)
        self.assertEqual(shown, hidden)


if __name__ == "__main__":
    main()
