# SPDX-License-Identifier: GPL-2.0-or-later
"""I-frame playlists (RFC 8216 4.3.3.6), against the segments that were observed."""

import posixpath
import re
from collections.abc import Iterator
from fractions import Fraction

from . import m3u8, ts
from .media import MediaSegment
from .multivariant import Attributes
from .presentation import Part, Whole

RANGE = re.compile(r"#EXT-X-BYTERANGE:(\d+)@(\d+)")
VERSION_MIN, VERSION_MAX = 4, 5  # the second with EXT-X-MAP


def place(playlist: str, uri: str) -> str:
    """The path of what a playlist names, beside the multivariant one."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(playlist), uri))


def segments(whole: Whole) -> dict[str, tuple[Part, MediaSegment]]:
    """Those that were observed, by their paths."""
    return {place(part.uri, segment.uri): (part, segment)
            for part in whole.parts.values() for segment in part.media.segments}


def range_of(entry: m3u8.Entry) -> tuple[int, int]:
    """Begin and size."""
    found = [match for match in map(RANGE.fullmatch, entry.lines) if match]
    if len(found) != 1:
        raise ValueError("no EXT-X-BYTERANGE with its begin")
    return int(found[0][2]), int(found[0][1])


def picture_faults(segment: MediaSegment, begin: int, size: int) -> Iterator[str]:
    """The range is the first picture, an IDR picture, whole, without PAT and PMT before it and
    without any of the next one."""
    first = segment.units[0]
    start, end = (packet * ts.PACKET for packet in (begin // ts.PACKET,
                                                    (begin + size) // ts.PACKET))
    if (start, end) != (begin, begin + size) or end > len(segment.data):
        yield f"{begin}+{size} are no whole packets of it"
        return
    inside = segment.ts.packets[start // ts.PACKET:end // ts.PACKET]
    if {packet.pid for packet in inside} & {ts.PAT, segment.ts.pmt_pid}:
        yield "the range has a PAT or PMT in it"
    if not first.idr:
        yield "it is no IDR picture"
    held = range(start // ts.PACKET + segment.base, end // ts.PACKET + segment.base)
    if first.first_packet not in held or first.last_packet not in held:
        yield "a part of the picture is outside of the range"
    if segment.units[1:] and segment.units[1].first_packet in held:
        yield "a part of the next picture is in the range"


def entry_faults(entry: m3u8.Entry, segment: MediaSegment) -> Iterator[str]:
    if (entry.duration, entry.pdt) != (segment.entry.duration, segment.entry.pdt):
        yield "duration or date are not those of the segment"
    yield from picture_faults(segment, *range_of(entry))


def head_faults(playlist: m3u8.Playlist) -> Iterator[str]:
    yield from (text for _, text in playlist.faults)
    if not playlist.has("EXT-X-I-FRAMES-ONLY"):
        yield "no EXT-X-I-FRAMES-ONLY"
    if playlist.version != (VERSION_MAX if playlist.has("EXT-X-MAP") else VERSION_MIN):
        yield f"EXT-X-VERSION {playlist.version}"


def declared_faults(declared: Attributes, playlist: m3u8.Playlist, part: Part) -> Iterator[str]:
    """BANDWIDTH bounds each picture over its duration; what else is said is the variant's."""
    peak = max(8 * range_of(entry)[1] / Fraction(entry.duration) for entry in playlist.entries)
    if "BANDWIDTH" in declared and peak > int(declared["BANDWIDTH"]):
        yield f"BANDWIDTH {declared['BANDWIDTH']}, really {float(peak):.0f}"
    for sps in [run.sps for run in part.media.runs if run.sps]:
        if declared.get("RESOLUTION") != f"{sps.width}x{sps.height}":
            yield f"RESOLUTION {declared.get('RESOLUTION')}"
        name = f"avc1.{sps.profile:02x}{sps.constraints:02x}{sps.level:02x}"
        if declared.get("CODECS", "").lower() != name:
            yield f"CODECS {declared.get('CODECS')}, really {name}"


def faults(whole: Whole) -> Iterator[str]:
    """What is wrong with those that the multivariant playlist names."""
    observed = segments(whole)
    for declared in whole.last.iframes:
        uri = declared.get("URI", "")
        if uri not in whole.seen.iframes:
            yield f"{uri} is not there"
            continue
        playlist = m3u8.parse(whole.seen.iframes[uri])
        known = [(entry, *observed[place(uri, entry.uri)]) for entry in playlist.entries
                 if place(uri, entry.uri) in observed]
        yield from (f"{uri}: {text}" for text in head_faults(playlist))
        if not known:
            yield f"{uri} lists none of the segments of any media playlist"
            continue
        for entry, _, segment in known:
            yield from (f"{uri}: {entry.uri}: {text}" for text in entry_faults(entry, segment))
        yield from (f"{uri}: {text}" for text in declared_faults(declared, playlist, known[0][1]))
