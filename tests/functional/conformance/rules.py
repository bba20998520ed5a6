# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of rules and the run over it.

A rule is a generator that yields one text a violation, or raises Undecided. M: MUST of RFC 8216,
rfc8216bis or ISO/IEC 13818-1. A: MUST of Apple's HLS Authoring Specification. S: SHOULD. Q: our
own bar.
"""

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from functools import wraps

from . import ts
from .media import Media, Run
from .observe import Observation


VIDEO = {ts.H264}
AUDIO = {ts.ADTS}


class Undecided(Exception):
    """The observation cannot decide this rule; the text says why."""


class NotHere(Exception):
    """The stream gives no occasion to judge this rule; the text says why."""


@dataclass
class View:
    """What a rule looks at."""

    seen: Observation
    media: Media

    @property
    def kinds(self) -> set[int]:
        """The stream types that there are."""
        return self.media.kinds

    def faults(self, rule: str) -> Iterator[str]:
        """The faults that poller and parsers filed under this rule."""
        yield from (text for name, text in self.seen.faults if name == rule)
        for version, playlist in enumerate(self.media.playlists):
            yield from (f"version {version}: {text}" for name, text in playlist.faults
                        if name == rule)
        for segment in self.media.segments:
            yield from (f"{segment.uri}: {text}" for name, text in
                        segment.ts.faults + segment.faults if name == rule)

    def runs(self) -> list[Run]:
        """The segments between two discontinuities; there must be some."""
        if not self.media.runs:
            raise ValueError("no segment")
        return self.media.runs


Check = Callable[[View], Iterator[str]]  # or of a Whole, see presentation.py


@dataclass
class Rule:
    name: str
    rank: str
    clause: str
    text: str
    check: Check
    of: Set[int]  # stream types that it is about; without them there is nothing to judge


@dataclass
class Result:
    rule: str
    verdict: str  # pass, fail, undecided, not here
    detail: str = ""


TABLE: dict[str, Rule] = {}   # of each media playlist
LADDER: dict[str, Rule] = {}  # of a multivariant playlist, and of its media playlists together


def rule(name: str, rank: str, clause: str, of: Set[int] = frozenset(),
         table: dict[str, Rule] = TABLE) -> Callable[[Check], Check]:
    """Enters a function into the table; its docstring is the rule's text."""
    def enter(check: Check) -> Check:
        text = " ".join((check.__doc__ or "").split())
        table[name] = Rule(name, rank, clause, text, check, of)
        return check
    return enter


def rule_of_runs(name: str, rank: str, clause: str, of: Set[int] = frozenset()):
    """Likewise, for a function that looks at one run of segments: what it says holds in each, and
    not from one to the next."""
    def enter(check: Callable[[Run], Iterator[str]]) -> Callable[[Run], Iterator[str]]:
        @rule(name, rank, clause, of)
        @wraps(check)
        def check_all(view: View) -> Iterator[str]:
            for run in view.runs():
                yield from check(run)
        return check
    return enter


# Rules on when something appears or goes, which a machine that stands still can make anybody break.
TIMING = {"EV_LATE", "EV_EARLY", "EV_ONE", "SG_TEMP", "PB_JITTER", "PB_DRIFT", "PB_FUTURE",
          "XV_EDGE"}

# What MPEG-TS segments without partial ones give no occasion to judge.
NOT_HERE = {
    "no packed audio": ["PA_ID3"],
    "MPEG-TS, not fMP4": ["F_MAP", "F_BOX", "F_SEQ", "F_TFDT", "F_SYNC"],
    "no partial segments": [
        "LL_PARTINF", "LL_CONTROL", "LL_SUM", "LL_HINT", "LL_OLDPARTS", "LL_BLOCK", "LL_PDT"],
}


def judge(entry: Rule, view: View) -> Result:
    if missing := entry.of - view.kinds:
        names = [name for name, kinds in (("video", VIDEO), ("audio", AUDIO)) if kinds <= missing]
        return Result(entry.name, "not here", f"no {' or '.join(names)}")
    try:
        found = list(entry.check(view))
    except NotHere as reason:
        return Result(entry.name, "not here", str(reason))
    except Undecided as reason:
        return Result(entry.name, "undecided", str(reason))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        return Result(entry.name, "fail", f"too broken to judge: {error!r}")
    more = f" (and {len(found) - 2} more)" if len(found) > 2 else ""
    return Result(entry.name, "fail" if found else "pass", "; ".join(found[:2]) + more)


def check(seen: Observation) -> list[Result]:
    """Judges an observation by every rule of the table, in its order."""
    view = View(seen, Media(seen))
    return [judge(entry, view) for entry in TABLE.values()]


def select(results: list[Result], verdict: str) -> list[str]:
    """The names of the rules with this verdict."""
    return [result.rule for result in results if result.verdict == verdict]


def report(results: list[Result]) -> str:
    """The results as a table, one line a rule."""
    lines = []
    for result in results:
        entry = (TABLE | LADDER)[result.rule]
        lines.append(f"{result.verdict:9} {entry.rank} {entry.name:15} {result.detail}".rstrip())
    return "\n".join(lines)


def report_not_here() -> str:
    """Likewise, of the rules that are in no table."""
    return "\n".join(f"{'not here':9}   {name:15} {reason}"
                     for reason, names in NOT_HERE.items() for name in names)
