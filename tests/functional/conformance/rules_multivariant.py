# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules about the multivariant playlist: its text, and that it says what the media are."""

import math
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from itertools import chain

from . import h264, iframes
from .media import Run
from .multivariant import Attributes
from .presentation import Part, Whole
from .rules import LADDER, VIDEO, NotHere, rule
from .rules_delivery import durations

rule_of_ladder = partial(rule, table=LADDER)
APPLE_FIRST = 2_000_000  # bit/s


def videos(whole: Whole) -> Iterator[tuple[Attributes, Part]]:
    """The variants that have video, and the media playlist that it is in."""
    for variant, parts in whole.variants():
        for part in parts[:1]:
            if part.media.kinds & VIDEO:
                yield variant, part


def sps_of(part: Part) -> Iterator[h264.Sps]:
    """Of each run, which must have one."""
    for run in part.media.runs:
        if run.sps is None:
            raise ValueError("no sequence parameter set")
        yield run.sps


@rule_of_ladder("MV_PARSE", "M", "RFC 8216 4.3.4, 4.2")
def mv_parse(whole: Whole) -> Iterator[str]:
    """The multivariant playlist is there at every poll and well formed: attribute lists, each
    EXT-X-STREAM-INF with its URI and BANDWIDTH, no tags of media playlists."""
    yield from whole.faults("MV_PARSE")
    if not whole.playlists or not whole.last.variants:
        yield "no variant"


def codecs(part: Part) -> set[str]:
    """RFC 6381 names of what the segments have, by the SPS and the ADTS headers."""
    found = set()
    for run in part.media.runs:
        if run.sps:
            found.add(f"avc1.{run.sps.profile:02x}{run.sps.constraints:02x}{run.sps.level:02x}")
        for segment in run.segments:
            found |= {f"mp4a.40.{frame.profile + 1}" for frame in segment.frames}
    return found


@rule_of_ladder("MV_CODECS", "A", "Apple 9.1, RFC 6381")
def mv_codecs(whole: Whole) -> Iterator[str]:
    """CODECS is on every variant and names what the SPS and the ADTS headers say, those of its
    groups included, and nothing else."""
    for variant, parts in whole.variants():
        said = variant.get("CODECS", "").lower().split(",")
        real = set().union(*map(codecs, parts))
        if sorted(said) != sorted(real):
            yield f"{variant['URI']}: {said}, really {sorted(real)}"


@rule_of_ladder("MV_RESOLUTION", "A", "Apple 9.2")
def mv_resolution(whole: Whole) -> Iterator[str]:
    """RESOLUTION is on every variant with video, and is that of the SPS."""
    for variant, part in videos(whole):
        for sps in sps_of(part):
            if variant.get("RESOLUTION") != f"{sps.width}x{sps.height}":
                yield f"{part.uri}: {variant.get('RESOLUTION')}, really {sps.width}x{sps.height}"


def measured_rates(run: Run) -> Iterator[Fraction]:
    """Frames per second by the time stamps: of the segments whose successor was seen, too, if there
    is one."""
    if found := [(len(segment.units), seconds) for segment, seconds in durations(run)]:
        yield sum(frames for frames, _ in found) / sum(seconds for _, seconds in found)


@rule_of_ladder("MV_FRAMERATE", "A", "Apple 9.15")
def mv_framerate(whole: Whole) -> Iterator[str]:
    """FRAME-RATE is on every variant with video, and is the measured one, to three decimals."""
    for variant, part in videos(whole):
        said = Fraction(variant.get("FRAME-RATE", 0))
        for rate in chain.from_iterable(map(measured_rates, part.media.runs)):
            if abs(said - rate) > Fraction(1, 1000):
                yield f"{part.uri}: {variant.get('FRAME-RATE')}, really {float(rate):.3f}"


@rule_of_ladder("MV_AVERAGE", "A", "Apple 9.14")
def mv_average(whole: Whole) -> Iterator[str]:
    """AVERAGE-BANDWIDTH is on every variant."""
    for variant, _ in whole.variants():
        if "AVERAGE-BANDWIDTH" not in variant:
            yield variant["URI"]


@rule_of_ladder("MV_IFRAME", "A", "Apple 6.1", of=VIDEO)
def mv_iframe(whole: Whole) -> Iterator[str]:
    """I-frame playlists are offered, and list the first pictures of segments, each alone and
    whole, with a bit rate that none exceeds."""
    if not whole.last.iframes:
        yield "no EXT-X-I-FRAME-STREAM-INF"
    yield from iframes.faults(whole)


@rule_of_ladder("MV_INDEPENDENT", "S", "Apple 9.11")
def mv_independent(whole: Whole) -> Iterator[str]:
    """EXT-X-INDEPENDENT-SEGMENTS is in the multivariant playlist."""
    if "EXT-X-INDEPENDENT-SEGMENTS" not in whole.last.names:
        yield "it is not there"


def group_faults(entry: Attributes) -> Iterator[str]:
    """Of one EXT-X-MEDIA (RFC 8216 4.3.4.1)."""
    missing = [name for name in ("TYPE", "GROUP-ID", "NAME") if not entry.get(name)]
    if missing:
        yield f"EXT-X-MEDIA without {' '.join(missing)}"
    if entry.get("DEFAULT") == "YES" and entry.get("AUTOSELECT", "YES") == "NO":
        yield f"{entry.get('NAME')}: DEFAULT=YES, AUTOSELECT=NO"
    if entry.get("TYPE") == "CLOSED-CAPTIONS" and "URI" in entry:
        yield f"{entry.get('NAME')}: closed captions with a URI"


@rule_of_ladder("MV_GROUPS", "M", "RFC 8216 4.3.4.1, 4.3.4.2")
def mv_groups(whole: Whole) -> Iterator[str]:
    """Each group that a variant names exists; EXT-X-MEDIA has TYPE, GROUP-ID and NAME; in a group,
    no NAME twice and one DEFAULT at most."""
    seen: set[tuple] = set()
    defaults: set[tuple] = set()
    for entry in whole.last.media:
        yield from group_faults(entry)
        group = entry.get("TYPE"), entry.get("GROUP-ID")
        if (*group, entry.get("NAME")) in seen:
            yield f"{entry.get('NAME')} twice in group {group[1]}"
        seen.add((*group, entry.get("NAME")))
        if entry.get("DEFAULT") == "YES":
            if group in defaults:
                yield f"two defaults in group {group[1]}"
            defaults.add(group)
    groups = {found[:2] for found in seen}
    for variant in whole.last.variants:
        for kind in ("AUDIO", "VIDEO", "SUBTITLES"):
            if kind in variant and (kind, variant[kind]) not in groups:
                yield f"{variant['URI']}: there is no {kind} group {variant[kind]}"


@rule_of_ladder("MV_MORE", "A", "Apple 9.9")
def mv_more(whole: Whole) -> Iterator[str]:
    """More than one bit rate is offered."""
    if len({variant.get("BANDWIDTH") for variant, _ in whole.variants()}) < 2:
        yield "one"


@rule_of_ladder("MV_FIRST", "S", "Apple 1.32", of=VIDEO)
def mv_first(whole: Whole) -> Iterator[str]:
    """The first variant with video is that whose BANDWIDTH is nearest to 2 Mbit/s."""
    found = [int(variant["BANDWIDTH"]) for variant, _ in videos(whole)]
    nearest = min(found, key=lambda bits: abs(math.log(bits / APPLE_FIRST)))
    if found[0] != nearest:
        yield f"{found[0]}, there is {nearest}"


@rule_of_ladder("MV_ASPECT", "S", "Apple 1.33", of=VIDEO)
def mv_aspect(whole: Whole) -> Iterator[str]:
    """All video has one aspect ratio, but for the rounding of a width to an even number."""
    sizes = [(sps.width, sps.height) for _, part in videos(whole) for sps in sps_of(part)]
    if len(sizes) < 2:
        raise NotHere("one size")
    width, height = max(sizes)
    for other_width, other_height in sizes:
        if abs(other_width - Fraction(width * other_height, height)) >= 2:
            yield f"{other_width}x{other_height} beside {width}x{height}"
