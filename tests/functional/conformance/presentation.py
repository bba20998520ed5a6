# SPDX-License-Identifier: GPL-2.0-or-later
"""A multivariant playlist and all media playlists that it names, watched at the same time."""

import http.client
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from . import multivariant
from .media import PTS_HZ, Media
from .observe import Directory, Http, Observation, Observer, Version, expected
from .rules import LADDER, TABLE, Result, View, judge

INTERVAL = 0.2  # seconds between looks at a playlist that does not change


@dataclass
class Presentation:
    """What was seen of it: its own versions, and each stream by the URI that it has there; likewise
    the last version of each I-frame playlist."""

    versions: list[Version] = field(default_factory=list)
    streams: dict[str, Observation] = field(default_factory=dict)
    iframes: dict[str, bytes] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)


def is_multivariant(data: bytes) -> bool:
    return b"#EXT-X-STREAM-INF" in data


def open_stream(source: Directory | Http, uri: str) -> Directory | Http:
    """The place of a media playlist, by the URI that the multivariant playlist has for it."""
    if isinstance(source, Http):
        return Http(source.absolute(uri))
    path = source.path / uri
    return Directory(path.parent, path.name)


class Watcher(threading.Thread):
    """Follows one media playlist; what it met instead is raised by result()."""

    def __init__(self, source: Directory | Http, seconds: float) -> None:
        super().__init__(daemon=True)
        self.observer = Observer(source)
        self.seconds = seconds
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self.observer.run(self.seconds)
        except (OSError, ValueError, http.client.HTTPException) as error:
            self.error = error

    def result(self) -> Observation:
        self.join()
        if self.error:
            raise self.error
        seen = self.observer.seen
        if seen.versions:
            seen.expect = expected(seen.versions[0].data, seen.versions[-1].data)
        return seen


def look(source: Directory | Http, found: Presentation) -> None:
    """Keeps the version that is there; one that is not there is a fault."""
    try:
        data = source.playlist()
    except (OSError, http.client.HTTPException) as error:
        found.faults.append(("MV_PARSE", f"{error}"))
        return
    if not found.versions or found.versions[-1].data != data:
        found.versions.append(Version(data, time.time()))


def look_at_iframes(source: Directory | Http, found: Presentation) -> None:
    """Keeps the I-frame playlists that there are now; one that is not there is no longer kept."""
    entries = multivariant.parse(found.versions[-1].data).iframes if found.versions else []
    for uri in [entry["URI"] for entry in entries if "URI" in entry]:
        found.iframes.pop(uri, None)
        with suppress(OSError, http.client.HTTPException):
            found.iframes[uri] = open_stream(source, uri).playlist()


def observe(source: Directory | Http, seconds: float) -> Presentation:
    """Watches all that the multivariant playlist names for so long, if it does not end before."""
    found = Presentation()
    look(source, found)
    uris = multivariant.parse(found.versions[0].data).uris() if found.versions else []
    watchers = {uri: Watcher(open_stream(source, uri), seconds) for uri in uris}
    for watcher in watchers.values():
        watcher.start()
    while any(watcher.is_alive() for watcher in watchers.values()):
        time.sleep(INTERVAL)
        look(source, found)
        look_at_iframes(source, found)
    found.streams = {uri: watcher.result() for uri, watcher in watchers.items()}
    independent = any(b"#EXT-X-INDEPENDENT-SEGMENTS" in version.data for version in found.versions)
    for seen in found.streams.values():
        seen.expect.independent = independent
    return found


@dataclass
class Part:
    """A media playlist as the rules about several look at it."""

    uri: str
    view: View

    @property
    def media(self) -> Media:
        return self.view.media

    def rates(self) -> list[tuple[Fraction, int]]:
        """Duration and size of each segment, for so many whole cycles of sizes as were seen."""
        found = [(segment.entry.duration, len(segment.data)) for segment in self.media.segments]
        cycle = self.view.seen.expect.cycle
        return found[:len(found) // cycle * cycle] or found

    def average(self) -> Fraction:
        """Bit rate of all segments that were seen (RFC 8216 4.1)."""
        return 8 * sum(size for _, size in self.rates()) / sum(time for time, _ in self.rates())

    def peak(self) -> Fraction:
        """The largest bit rate of segments in a row that last 0.5 to 1.5 target durations."""
        target, highest = self.media.playlists[0].target, Fraction(0)
        for run in self.media.runs:
            for first in range(len(run.segments)):
                seconds, size = Fraction(0), 0
                for segment in run.segments[first:]:
                    seconds += segment.entry.duration
                    size += len(segment.data)
                    if seconds > Fraction(3, 2) * target:
                        break
                    if seconds >= Fraction(1, 2) * target:
                        highest = max(highest, 8 * size / seconds)
        return highest

    @cached_property
    def starts(self) -> dict[int, int]:
        """The first PTS of each segment, by its media sequence number."""
        return {segment.sequence: segment.start for segment in self.media.segments}


@dataclass
class Whole:
    """What a rule about a multivariant playlist looks at."""

    seen: Presentation
    playlists: list[multivariant.Multivariant]
    parts: dict[str, Part]  # by URI

    @property
    def last(self) -> multivariant.Multivariant:
        return self.playlists[-1]

    @property
    def kinds(self) -> set[int]:
        """The stream types that there are anywhere."""
        return set().union(*(part.media.kinds for part in self.parts.values()))

    def faults(self, rule: str) -> list[str]:
        found = self.seen.faults + [fault for playlist in self.playlists
                                    for fault in playlist.faults]
        return [text for name, text in found if name == rule]

    def variants(self) -> list[tuple[multivariant.Attributes, list[Part]]]:
        """Each with its own media playlist and one for each group that it names, of whose
        renditions the first stands for all."""
        if not self.last.variants:
            raise ValueError("no variant")
        return [(variant, [self.parts[uri] for uri in self.uris_of(variant)])
                for variant in self.last.variants]

    def uris_of(self, variant: multivariant.Attributes) -> list[str]:
        found = [variant["URI"]]
        for kind in ("AUDIO", "VIDEO", "SUBTITLES"):
            members = [entry["URI"] for entry in self.last.media
                       if entry.get("TYPE") == kind and "URI" in entry
                       and entry.get("GROUP-ID") == variant.get(kind)]
            found += members[:1]
        return found


def view_whole(seen: Presentation) -> Whole:
    parts = {uri: Part(uri, View(stream, Media(stream))) for uri, stream in seen.streams.items()}
    return Whole(seen, [multivariant.parse(version.data) for version in seen.versions], parts)


def check(seen: Presentation) -> tuple[list[Result], dict[str, list[Result]]]:
    """Judges the whole by the rules about a multivariant playlist, and each media playlist, which
    are told apart by their URIs, by those about one."""
    whole = view_whole(seen)
    together = [judge(entry, whole) for entry in LADDER.values()]
    return together, {uri: [judge(entry, part.view) for entry in TABLE.values()]
                      for uri, part in whole.parts.items()}


def tolerance(part: Part) -> Fraction:
    """90 kHz ticks by which what it has may begin after others: sound alone has AAC frames, of
    which the first one begins up to a frame later; video begins at the tick."""
    run = part.media.runs[0]
    return Fraction(1) if run.all_units() else run.sample()


def seconds_of(ticks: float | Fraction) -> float:
    return float(ticks / PTS_HZ)
