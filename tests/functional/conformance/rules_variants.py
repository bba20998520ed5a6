# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules about variants and renditions: declared and measured bit rates, and that all of them agree
in time."""

from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction

from .media import PTS_HZ, difference
from .presentation import Part, Whole, seconds_of, tolerance
from .rules import NotHere, Undecided, View
from .rules_multivariant import rule_of_ladder
from .rules_playlist import numbered

SAME = 0.1  # seconds between the dates of one segment, of sound and of pictures
Rates = tuple[str, Fraction, Fraction]


# ---- bit rates ----------------------------------------------------------------------------------


def rates(whole: Whole, name: str, what: str) -> Iterator[Rates]:
    """Of each variant: its URI, the bit rate that the attribute declares, and the measured one,
    which is that of its own and of its groups' segments together."""
    for variant, parts in whole.variants():
        if name in variant:
            yield (variant["URI"], Fraction(variant[name]),
                   sum((getattr(part, what)() for part in parts), Fraction(0)))


def is_vod(whole: Whole) -> bool:
    return any(part.view.seen.expect.kind == "VOD" for part in whole.parts.values())


def live_rates(whole: Whole, name: str, what: str) -> Iterator[Rates]:
    if is_vod(whole):
        raise NotHere("not a live playlist")
    yield from rates(whole, name, what)


def compare(found: Rates) -> str:
    uri, said, real = found
    return f"{uri}: {int(said)} declared, {float(real):.0f} measured"


@rule_of_ladder("BW_PEAK", "A", "Apple 1.29, RFC 8216 4.1")
def bw_peak(whole: Whole) -> Iterator[str]:
    """Live: the measured peak is less than 125 % of BANDWIDTH."""
    for found in live_rates(whole, "BANDWIDTH", "peak"):
        if found[2] * 100 >= found[1] * 125:
            yield compare(found)


@rule_of_ladder("BW_BOUND", "M", "RFC 8216 4.3.4.2")
def bw_bound(whole: Whole) -> Iterator[str]:
    """BANDWIDTH is an upper bound of the peak segment bit rate."""
    for found in rates(whole, "BANDWIDTH", "peak"):
        if found[2] > found[1]:
            yield compare(found)


@rule_of_ladder("BW_VOD", "A", "Apple 1.26, 1.27")
def bw_vod(whole: Whole) -> Iterator[str]:
    """VOD: the peak is within 10 % of BANDWIDTH, the average within 10 % of AVERAGE-BANDWIDTH."""
    if not is_vod(whole):
        raise NotHere("not a playlist of type VOD")
    for name, what in (("BANDWIDTH", "peak"), ("AVERAGE-BANDWIDTH", "average")):
        for found in rates(whole, name, what):
            if abs(found[2] - found[1]) * 10 > found[1]:
                yield compare(found)


@rule_of_ladder("BW_AVG", "A", "Apple 1.28")
def bw_avg(whole: Whole) -> Iterator[str]:
    """Live: the average is less than 110 % of AVERAGE-BANDWIDTH."""
    for found in live_rates(whole, "AVERAGE-BANDWIDTH", "average"):
        if found[2] * 100 >= found[1] * 110:
            yield compare(found)


@rule_of_ladder("BW_TIGHT", "Q", "RFC 8216 4.3.4.2")
def bw_tight(whole: Whole) -> Iterator[str]:
    """Live: BANDWIDTH and AVERAGE-BANDWIDTH do not overstate by more than 10 %."""
    for name, what in (("BANDWIDTH", "peak"), ("AVERAGE-BANDWIDTH", "average")):
        for found in live_rates(whole, name, what):
            if found[1] * 100 > found[2] * 110:
                yield compare(found)


# ---- the same content in all --------------------------------------------------------------------


def pairs(whole: Whole) -> Iterator[tuple[Part, Part]]:
    """The first variant's media playlist beside each of the others."""
    first, *others = whole.parts.values()
    if not others:
        raise NotHere("one media playlist alone")
    yield from ((first, other) for other in others)


def alike(whole: Whole) -> Iterator[tuple[Part, Part, list[int]]]:
    """Likewise, with the media sequence numbers of the segments that both have: the same content,
    if both are numbered alike. That they need not be (RFC 8216 6.2.4); then nothing is said."""
    for one, other in pairs(whole):
        ends = [part.media.playlists[0].sequence + len(part.media.playlists[0].entries)
                for part in (one, other)]
        common = sorted(one.starts.keys() & other.starts.keys())
        if abs(ends[0] - ends[1]) > 1 or not common:
            raise Undecided("the media playlists are not numbered alike")
        yield one, other, common


@rule_of_ladder("XV_TD", "M", "RFC 8216 6.2.4")
def xv_td(whole: Whole) -> Iterator[str]:
    """All media playlists have the same target duration."""
    found = {part.media.playlists[0].target for part in whole.parts.values()}
    if len(found) > 1:
        yield f"{sorted(map(str, found))}"


@rule_of_ladder("XV_PTS", "M", "RFC 8216 6.2.4")
def xv_pts(whole: Whole) -> Iterator[str]:
    """The same content has the same time stamps in all; sound alone begins less than an AAC frame
    after the picture."""
    for one, other, common in alike(whole):
        limit = max(tolerance(one), tolerance(other))
        for number in common:
            off = difference(other.starts[number], one.starts[number])
            if abs(off) > limit:
                yield f"{other.uri}, {number}: {off} ticks off"


@rule_of_ladder("XV_BORDERS", "S", "Apple 8.22")
def xv_borders(whole: Whole) -> Iterator[str]:
    """Segment borders are at the same points in time in all: each lies at one of the first's, where
    that has segments."""
    for one, other in pairs(whole):
        limit = max(tolerance(one), tolerance(other))
        borders = sorted(one.starts.values())
        for number, start in other.starts.items():
            off = min(abs(difference(start, border)) for border in borders)
            inside = difference(start, borders[0]) > 0 and difference(borders[-1], start) > 0
            if inside and off > limit:
                yield f"{other.uri}, {number}: {seconds_of(off):.3f} s from a border"


def offset(part: Part) -> float:
    """Wall clock at which the time stamps were 0, seconds: by the first segment dated."""
    for segment in part.media.segments:
        if segment.entry.pdt:
            return segment.entry.pdt.timestamp() - segment.start / PTS_HZ
    raise Undecided("no PROGRAM-DATE-TIME")


@rule_of_ladder("XV_PDT", "M", "rfc8216bis 6.2.4")
def xv_pdt(whole: Whole) -> Iterator[str]:
    """PROGRAM-DATE-TIME maps to the same media time in all, within 2 ms."""
    wrap = (1 << 33) / PTS_HZ
    for one, other in pairs(whole):
        off = (offset(other) - offset(one) + wrap / 2) % wrap - wrap / 2
        if abs(off) > 0.002:
            yield f"{other.uri}: {off:.4f} s off"


def discontinuities(view: View) -> dict[float, int]:
    """The discontinuity sequence number of each segment, by its date."""
    return {entry.pdt.timestamp(): number for playlist in view.media.playlists
            for entry, number in zip(playlist.entries, numbered(playlist).values()) if entry.pdt}


@rule_of_ladder("XV_DSN", "M", "RFC 8216 6.2.4")
def xv_dsn(whole: Whole) -> Iterator[str]:
    """The same content, which is that of the same date, has the same discontinuity sequence number
    in all."""
    decided = False
    for one, other in pairs(whole):
        numbers, others = discontinuities(one.view), discontinuities(other.view)
        for date, number in others.items():
            near = min(numbers, key=lambda known: abs(known - date), default=float("inf"))
            if abs(near - date) < SAME:
                decided = True
                if numbers[near] != number:
                    yield f"{other.uri}, {datetime.fromtimestamp(date, UTC)}: {number}, not " \
                          f"{numbers[near]}"
    if not decided:
        raise Undecided("no segments of the same date")


def published(view: View) -> dict[int, tuple[float, float]]:
    """Between which times the last segment of each version was published, by its number."""
    return {playlist.sequence + len(playlist.entries) - 1: (version.after, version.seen)
            for version, playlist in zip(view.seen.versions, view.media.playlists)
            if version.after is not None}


@rule_of_ladder("XV_EDGE", "Q", "own")
def xv_edge(whole: Whole) -> Iterator[str]:
    """The same segment is published within 0.5 s in all."""
    if is_vod(whole):
        raise NotHere("not a live playlist")
    decided = False
    for one, other, _ in alike(whole):
        times = published(one.view), published(other.view)
        for number in sorted(times[0].keys() & times[1].keys()):
            decided = True
            (after, seen), (other_after, other_seen) = (found[number] for found in times)
            apart = max(other_after - seen, after - other_seen)
            if apart > 0.5:
                yield f"{other.uri}, {number}: {apart:.3f} s apart"
    if not decided:
        raise Undecided("no update seen")
