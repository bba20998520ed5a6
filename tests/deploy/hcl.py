# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads what a Nomad job uses of HCL: blocks with labels, and attributes that are strings, numbers,
booleans, lists of these, or names such as var.image.

A body is a dict: of an attribute its value; of a kind of block the list of those that are there,
each with its labels under "labels".
"""

import json
import re

TOKEN = re.compile(r"""\s*(?:\#[^\n]*|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[\w.-]+)
                           |(?P<sign>[={}\[\],]))\s*""", re.VERBOSE)
WORDS = {"true": True, "false": False}


def tokens(text: str) -> list[str]:
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise ValueError(f"not HCL: {text[at:at + 40]!r}")
        at = match.end()
        if match.lastgroup:
            found.append(match[match.lastgroup])
    return found


def value(left: list[str]):
    """Takes one off the front of what is left."""
    token = left.pop(0)
    if token == "[":
        items = []
        while left[0] != "]":
            items.append(value(left))
            if left[0] == ",":
                left.pop(0)
        left.pop(0)
        return items
    if token.startswith('"'):
        return json.loads(token)
    return WORDS.get(token, int(token) if token.isdigit() else token)


def body(left: list[str]) -> dict:
    """Up to the brace that closes it, or to the end."""
    found: dict = {}
    while left and left[0] != "}":
        name = left.pop(0)
        if left[0] == "=":
            left.pop(0)
            if name in found:
                raise ValueError(f"{name} is set twice")
            found[name] = value(left)
            continue
        labels = []
        while left[0] != "{":
            labels.append(json.loads(left.pop(0)))
        left.pop(0)
        found.setdefault(name, []).append({"labels": labels, **body(left)})
        if left.pop(0) != "}":
            raise ValueError(f"{name} is not closed")
    return found


def parse(text: str) -> dict:
    left = tokens(text)
    found = body(left)
    if left:
        raise ValueError("a brace too many")
    return found
