# SPDX-License-Identifier: GPL-2.0-or-later
"""Watches a live stream from outside, in a directory or over HTTP, and keeps what it saw.

A thing that appears between two polls has two times: `after`, the last poll without it, and
`seen`, the first one with it. Rules about time use whichever is in favour of the stream, so that
a slow poller never makes a good stream look bad.
"""

import hashlib
import http.client
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit


@dataclass
class Version:
    """One version of the playlist; times in seconds since the Unix epoch."""

    data: bytes
    seen: float
    after: float | None = None  # None: it was there at the first poll


@dataclass
class Response:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def get(self, name: str) -> str | None:
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None


@dataclass
class Expect:
    """What the stream promises beyond its own text; None where nobody promised."""

    video_bitrate: int | None = None  # bit/s of the H.264 byte stream
    cycle: int = 1                    # segments after which their sizes repeat
    variation: int = 0                # percent by which these differ from their mean, at most
    kind: str | None = None           # EXT-X-PLAYLIST-TYPE: EVENT or VOD; None: it is live
    ends: bool = False                # EXT-X-ENDLIST comes
    independent: bool = False         # EXT-X-INDEPENDENT-SEGMENTS is in the multivariant playlist
    streams: set[int] | None = None   # stream types of a segment; None: those that it has
    null_stuffing: bool = False       # null packets fill up to the bit rate, not filler data
    primaries: int | None = None      # VUI code points (H.264 table E-3 to E-5)
    matrix: int | None = None
    temporary: str | None = None      # regular expression of the program's temporary names


@dataclass
class Observation:
    """Everything that the rules look at."""

    versions: list[Version] = field(default_factory=list)
    segments: dict[str, bytes] = field(default_factory=dict)     # by URI
    faults: list[tuple[str, str]] = field(default_factory=list)  # (rule, text) met while polling
    gone: dict[str, float] = field(default_factory=dict)         # URI: first poll without it
    reread: set[str] = field(default_factory=set)  # URIs compared again at their removal
    names: dict[tuple[str, int], list[float]] = field(default_factory=dict)  # (name, inode)
    http: dict[str, Response] = field(default_factory=dict)      # answers to probes
    ended: float = 0.0
    expect: Expect = field(default_factory=Expect)


class Directory:
    """A stream in a directory, polled often: looking costs next to nothing."""

    interval = 0.01

    def __init__(self, path: Path, playlist: str = "stream.m3u8") -> None:
        self.path = path
        self.playlist_name = playlist
        self.state: tuple | None = None
        self.data = b""

    def playlist(self) -> bytes:
        with open(self.path / self.playlist_name, "rb") as file:
            status = os.fstat(file.fileno())
            state = (status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size)
            if state != self.state:
                self.state, self.data = state, file.read()
        return self.data

    def segment(self, uri: str) -> bytes:
        return (self.path / uri).read_bytes()

    def exists(self, uri: str) -> bool:
        return (self.path / uri).exists()

    def names(self) -> list[tuple[str, int]]:
        with os.scandir(self.path) as entries:
            return [(entry.name, entry.inode()) for entry in entries]

    def probes(self, uri: str) -> dict[str, Response]:
        return {}


class Http:
    """A stream behind an origin, over one kept connection."""

    interval = 0.05

    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else \
            http.client.HTTPConnection
        self.connection = kind(parts.netloc, timeout=30)

    def absolute(self, uri: str) -> str:
        return urljoin(self.url, uri)

    def ask(self, uri: str, method: str = "GET", **headers: str) -> Response:
        url = urlsplit(self.absolute(uri))
        path = url.path + ("?" + url.query if url.query else "")
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, headers=fields)
        answer = self.connection.getresponse()
        return Response(answer.status, answer.getheaders(), answer.read())

    def whole(self, uri: str) -> bytes:
        answer = self.ask(uri)
        if answer.status != 200:
            raise OSError(f"status {answer.status}")
        length = answer.get("Content-Length")
        if length is not None and int(length) != len(answer.body):
            raise OSError(f"{len(answer.body)} of {length} bytes")
        return answer.body

    def playlist(self) -> bytes:
        return self.whole("")

    def segment(self, uri: str) -> bytes:
        return self.whole(uri)

    def exists(self, uri: str) -> bool:
        return self.ask(uri, "HEAD").status == 200

    def names(self) -> list[tuple[str, int]]:
        return []

    def probes(self, uri: str) -> dict[str, Response]:
        """The requests by which the HT rules judge the origin; `uri` is a listed segment."""
        origin = {"Origin": "http://another.example"}
        return {
            "playlist": self.ask("", **origin),
            "gzip": self.ask("", Accept_Encoding="gzip"),
            "segment": self.ask(uri, **origin),
            "range": self.ask(uri, Range="bytes=188-375"),
            "missing": self.ask("no-such-segment.ts", **origin),
        }


def expected(text: bytes, end: bytes) -> Expect:
    """What a first and a last version of a playlist themselves say of the stream's kind."""
    kind = re.search(rb"^#EXT-X-PLAYLIST-TYPE:(\w+)", text, re.M)
    return Expect(kind=kind and kind[1].decode(), ends=b"#EXT-X-ENDLIST" in end)


def uris(playlist: bytes) -> list[str]:
    """The listed URIs, found without judging the rest."""
    lines = playlist.decode("utf-8", "replace").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


class Observer:
    """The polling loop, one method a concern."""

    def __init__(self, source: Directory | Http, clock=time) -> None:
        self.source = source
        self.clock = clock
        self.seen = Observation()
        self.removed: list[str] = []
        self.last: float | None = None

    def fault(self, rule: str, text: str) -> None:
        self.seen.faults.append((rule, text))

    def read(self, uri: str) -> bytes | None:
        try:
            return self.source.segment(uri)
        except (OSError, http.client.HTTPException) as error:
            self.fault("SG_AVAILABLE", f"{uri}: {error}")
            return None

    def look_at_playlist(self) -> None:
        """Fetches the playlist, and with a new version its new segments at once."""
        try:
            data = self.source.playlist()
        except (OSError, http.client.HTTPException) as error:
            self.fault("PL_FETCH", f"{error}")
            return
        now = self.clock.time()
        if not data:
            self.fault("PL_FETCH", "an empty playlist")
        versions = self.seen.versions
        if not versions or data != versions[-1].data:
            before = uris(versions[-1].data) if versions else []
            versions.append(Version(data, now, self.last))
            self.take_segments(before, uris(data))
        self.last = now

    def take_segments(self, before: list[str], listed: list[str]) -> None:
        for uri in listed:
            if uri not in self.seen.segments:
                data = self.read(uri)
                if data is not None:
                    self.seen.segments[uri] = data
        for uri in {*listed[:1], *listed[-1:]} & set(before):
            self.compare(uri)
        for uri in before:
            if uri not in listed:
                self.removed.append(uri)
                if self.source.exists(uri):
                    self.compare(uri)
                    self.seen.reread.add(uri)

    def compare(self, uri: str) -> None:
        """The oldest, the newest and each removed segment are read a second time."""
        data, first = self.read(uri), self.seen.segments.get(uri)
        if data is not None and first is not None and data != first:
            digests = [hashlib.sha256(content).hexdigest()[:12] for content in (first, data)]
            self.fault("SG_IMMUTABLE", f"{uri}: {digests[0]} became {digests[1]}")

    def look_at_rest(self) -> None:
        now = self.clock.time()
        for uri in [uri for uri in self.removed if not self.source.exists(uri)]:
            self.seen.gone[uri] = now
            self.removed.remove(uri)
        for key in self.source.names():
            self.seen.names.setdefault(key, [now, now])[1] = now

    def is_finite(self) -> bool:
        """Nothing will change: the first version that was seen had an end."""
        return bool(self.seen.versions) and b"#EXT-X-ENDLIST" in self.seen.versions[0].data

    def run(self, seconds: float) -> Observation:
        start = self.clock.monotonic()
        count = 0
        while self.clock.monotonic() - start < seconds:
            self.look_at_playlist()
            if count % 5 == 0:
                self.look_at_rest()
            count += 1
            if self.is_finite():
                break
            self.clock.sleep(self.source.interval)
        self.seen.ended = self.clock.time()
        listed = uris(self.seen.versions[-1].data) if self.seen.versions else []
        if listed:
            self.seen.http = self.source.probes(listed[-1])
        return self.seen


def observe(source: Directory | Http, seconds: float, clock=time) -> Observation:
    """Polls for `seconds` of `clock`, a playlist that is finite once, and returns what was seen."""
    return Observer(source, clock).run(seconds)
