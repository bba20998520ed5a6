# SPDX-License-Identifier: GPL-2.0-or-later
"""The manual and the program name the same options and keys, with the same ranges and defaults, and
the same presets; and the presets that it has as examples can be used."""

import re
import tempfile
import unittest

from origin import CHECKOUT, told
from tap import main

DOC = CHECKOUT / "doc"


def plain(text: str) -> str:
    """Without the marks and line breaks of scdoc or of a help text."""
    return " ".join(re.sub(r"[*_\\]", "", text).split())


def help_rows(text: str) -> dict[str, str]:
    """The left column of --help, and what stands in the right one."""
    rows: dict[str, str] = {}
    left = ""
    for line in text.splitlines():
        if match := re.match(r"  (\S.*?|    --\S.*?)(?:  +(.*))?$", line):
            left = match[1].strip()
            rows[left] = match[2] or ""
        elif line.startswith(" " * 28) and left:
            rows[left] += " " + line.strip()
        else:
            left = ""
    return {left: " ".join(right.split()) for left, right in rows.items()}


def sections(page: str) -> dict[str, str]:
    """Headings of a page, and the text below each."""
    parts = re.split(r"^# (.+)$", (DOC / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def manual_options() -> dict[str, str]:
    parts = re.split(r"^(\*-.+)$", sections("hlsgen.1.scd")["OPTIONS"], flags=re.MULTILINE)
    return {plain(head): plain(text) for head, text in zip(parts[1::2], parts[2::2])}


def manual_keys() -> dict[str, str]:
    keys = {}
    for heading, body in sections("hlsgen.preset.5.scd").items():
        if not heading.startswith("["):
            continue
        parts = re.split(r"^\*([a-z0-9-]+)\*$", body, flags=re.MULTILINE)
        for name, text in zip(parts[1::2], parts[2::2]):
            keys[f"{heading.strip('[]')}.{name}"] = plain(text)
    return keys


def manual_presets() -> list[str]:
    """The first column of the table, without its head."""
    table = sections("hlsgen.preset.5.scd")["SHIPPED PRESETS"]
    return re.findall(r"^\|  (\S+)$", table, re.MULTILINE)


def printed_keys(text: str) -> set[str]:
    """The keys of --print-preset; those that mean nothing there are commented out."""
    keys = set()
    section = ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif match := re.match(r"(?:# )?([a-z0-9-]+) = ", line):
            keys.add(f"{section}.{match[1]}")
    return keys


class Manual(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        rows = help_rows(told("--help"))
        cls.options = {left: right for left, right in rows.items() if left.startswith("-")}
        cls.keys = {left: right for left, right in rows.items() if not left.startswith("-")}

    def test_options_are_the_same(self) -> None:
        self.assertEqual(set(manual_options()), set(self.options))

    def test_keys_are_the_same(self) -> None:
        self.assertEqual(set(manual_keys()), set(self.keys))
        self.assertEqual(printed_keys(told("--print-preset")), set(self.keys))

    def test_presets_are_the_same(self) -> None:
        shipped = [path.stem for path in (CHECKOUT / "presets").glob("*.conf")]
        self.assertEqual(sorted(manual_presets()), sorted(shipped))

    def test_examples_can_be_used(self) -> None:
        examples = re.findall(r"^```\n(.*?)^```$", sections("hlsgen.preset.5.scd")["EXAMPLES"],
                              re.MULTILINE | re.DOTALL)
        self.assertGreater(len(examples), 0)
        for text in examples:
            with self.subTest(text), tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
                file.write(text)
                file.flush()
                told("--print-preset", "--preset", file.name)

    def check_facts(self, helped: dict[str, str], manual: dict[str, str]) -> None:
        """What --help has in brackets at the end stands in the manual too."""
        seen = 0
        for name, text in helped.items():
            facts = re.search(r"\(([^()]*)\)$", text)
            for fact in re.split("[;,] ", facts[1]) if facts else []:
                fact = fact.removeprefix("one of ").removeprefix("default ")
                with self.subTest(name=name, fact=fact):
                    self.assertIn(fact, manual[name])
                seen += 1
        self.assertGreater(seen, 0)

    def test_options_have_the_same_facts(self) -> None:
        self.check_facts(self.options, manual_options())

    def test_keys_have_the_same_facts(self) -> None:
        self.check_facts(self.keys, manual_keys())


if __name__ == "__main__":
    main()
