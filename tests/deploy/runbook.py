# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads doc/operations.md: its sections, and of each the commands and what they print.

A block of sh is a script. A block of text behind it is what that prints, where "..." stands for
anything. "sh exit=N" ends with N, others with 0.
"""
import re
from dataclasses import dataclass

from origin import CHECKOUT


@dataclass
class Block:
    script: str
    code: int
    output: str | None


@dataclass
class Section:
    title: str
    blocks: list[Block]


BLOCK = re.compile(r"^```sh(?: exit=(\d+))?\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?",
                   re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```(?:sh|text).*$", re.MULTILINE)
HEADING = re.compile(r"^##+ (.*)\n", re.MULTILINE)

TEXT = (CHECKOUT / "doc/operations.md").read_text()


def sections() -> list[Section]:
    parts = HEADING.split(TEXT)[1:]
    return [Section(title, [Block(script, int(code or 0), output or None)
                            for code, script, output in BLOCK.findall(body)])
            for title, body in zip(parts[::2], parts[1::2])]


def inline_code() -> list[str]:
    """What stands between backquotes in the text."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", TEXT, flags=re.M | re.S))


def anchors() -> set[str]:
    """Of the headings, as links name them."""
    def anchor(title: str) -> str:
        return "#" + re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")

    return {anchor(title) for title in HEADING.findall(TEXT)}
