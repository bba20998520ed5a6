# SPDX-License-Identifier: GPL-2.0-or-later
"""A strict reader of Prometheus' text format 0.0.4: what a scraper may forgive is an error here."""

import re
from dataclasses import dataclass, field

NAME = r"[a-z][a-z0-9_]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (-?\d+(?:\.\d+)?)")
LABEL = re.compile(rf'({NAME})="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')
TYPES = ("gauge", "counter", "histogram")
PARTS = {"histogram": ("_bucket", "_sum", "_count")}

Labels = tuple[tuple[str, str], ...]


class FormatError(ValueError):
    """What is wrong, and in which line."""


@dataclass
class Family:
    """A metric with all of its samples, by their labels; those of a histogram by its parts."""

    type: str
    samples: dict[tuple[str, Labels], float] = field(default_factory=dict)


def labels_of(text: str | None) -> Labels:
    labels = []
    at = 0
    while text and at < len(text):
        match = LABEL.match(text, at)
        if not match or (match[3] == "," and match.end() == len(text)):
            raise FormatError(f"labels {text!r}")
        labels.append((match[1], re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), match[2])))
        at = match.end()
    if len({name for name, _ in labels}) != len(labels):
        raise FormatError(f"a label twice: {text!r}")
    return tuple(labels)


def head_of(line: str, kind: str) -> tuple[str, str]:
    match = re.fullmatch(rf"# {kind} ({NAME}) (\S.*)", line)
    if not match:
        raise FormatError(f"no {kind} line: {line!r}")
    return match[1], match[2]


def check_histogram(name: str, family: Family) -> None:
    """Buckets in order, cumulative, the last +Inf and equal to the count."""
    buckets = [(dict(labels)["le"], value)
               for (part, labels), value in family.samples.items() if part == f"{name}_bucket"]
    bounds = [float(bound) for bound, _ in buckets]
    counts = [value for _, value in buckets]
    if bounds != sorted(set(bounds)) or buckets[-1][0] != "+Inf" or counts != sorted(counts):
        raise FormatError(f"buckets of {name}: {buckets}")
    if counts[-1] != family.samples[f"{name}_count", ()]:
        raise FormatError(f"count of {name}")


def check_family(name: str, family: Family) -> None:
    if family.type not in TYPES or not family.samples:
        raise FormatError(f"{name}: {family}")
    if family.type == "counter" and not name.endswith("_total"):
        raise FormatError(f"a counter is named {name}")
    if family.type == "gauge" and name.endswith("_total"):
        raise FormatError(f"a gauge is named {name}")
    if family.type != "gauge" and min(family.samples.values()) < 0:
        raise FormatError(f"{name} below 0")
    if family.type == "histogram":
        check_histogram(name, family)


def add_sample(name: str, family: Family, line: str) -> None:
    match = SAMPLE.fullmatch(line)
    if not match:
        raise FormatError(f"no sample: {line!r}")
    if match[1] not in [name + part for part in PARTS.get(family.type, ("",))]:
        raise FormatError(f"a sample of {match[1]} among those of {name}")
    key = match[1], labels_of(match[2])
    if key in family.samples:
        raise FormatError(f"twice: {line!r}")
    family.samples[key] = float(match[3])


def parse(text: str) -> dict[str, Family]:
    """The families by their names; each begins with HELP and TYPE, and none comes twice."""
    if not text.endswith("\n") or "\r" in text:
        raise FormatError("lines do not end in line feeds")
    families: dict[str, Family] = {}
    lines = iter(text[:-1].split("\n"))
    name = ""
    for line in lines:
        if not line.startswith("#"):
            add_sample(name, families[name], line)
            continue
        name, _ = head_of(line, "HELP")
        typed, kind = head_of(next(lines), "TYPE")
        if typed != name or name in families:
            raise FormatError(f"{line!r}, then {typed}")
        families[name] = Family(kind)
    for name, family in families.items():
        check_family(name, family)
    return families


def value(families: dict[str, Family], name: str, **labels: str) -> float:
    """Of the one sample with these labels."""
    return families[name].samples[name, tuple(labels.items())]
