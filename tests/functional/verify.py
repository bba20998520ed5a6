# SPDX-License-Identifier: GPL-2.0-or-later
"""Fetches a stream of hlsgen as players do, and checks every byte against its index.json.

    python3 -m verify URL [--seconds N] [--clients N]

URL is a media playlist, a multivariant one with all that it names, or their folder. Of a live
stream each client takes every segment for N seconds, of one that has ended every segment once. It
prints what was wrong and the figures; the exit code is 1 if anything was wrong, or if there was
nothing to compare with.
"""

import argparse
import hashlib
import http.client
import json
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urljoin, urlsplit

FAULTS = ("wrong bytes", "wrong size", "wrong index", "not in the index", "missing",
          "torn playlist", "sequence back", "no answer")
TOLD_MAX = 20  # faults that are told one by one
TIMEOUT = 30  # seconds
RETRIES = 4  # of a look into the index, which is written a moment after the playlist is


class Missing(Exception):
    """An answer other than 200."""


class Tally:
    """What all clients saw together."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.figures: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.told: list[str] = []

    def count(self, **figures: int) -> None:
        with self.lock:
            self.figures.update(figures)

    def fault(self, kind: str, what: str) -> None:
        assert kind in FAULTS
        with self.lock:
            self.faults[kind] += 1
            self.told.append(f"{kind}: {what}")

    def is_good(self) -> bool:
        return not self.faults and self.figures["verified"] > 0

    def report(self, seconds: float) -> str:
        told = self.told[:TOLD_MAX]
        if len(self.told) > TOLD_MAX:
            told.append(f"and {len(self.told) - TOLD_MAX} more")
        if self.figures["verified"] == 0:
            told.append("nothing verified: is it served with its index.json, --index sha256?")
        names = ("playlists", "indexes", "segments", "verified", "bytes")
        figures = [f"{name}={self.figures[name]}" for name in names]
        figures.append(f"MB/s={self.figures['bytes'] / 1e6 / max(seconds, 1e-6):.1f}")
        faults = [f"{kind.replace(' ', '_')}={self.faults[kind]}" for kind in FAULTS]
        return "\n".join([*told, " ".join(figures), " ".join(faults)])


class Connection:
    """Asks one server after the other, each over one connection that is kept."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], http.client.HTTPConnection] = {}

    def ask(self, place: tuple[str, str], target: str) -> http.client.HTTPResponse:
        kind = http.client.HTTPSConnection if place[0] == "https" else http.client.HTTPConnection
        link = self.kept.setdefault(place, kind(place[1], timeout=TIMEOUT))
        link.request("GET", target)
        return link.getresponse()

    def get(self, url: str) -> bytes:
        """The body; Missing, or OSError or HTTPException when there is none or a part of it."""
        parts = urlsplit(url)
        place = (parts.scheme, parts.netloc)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            try:
                answer = self.ask(place, target)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.kept.pop(place).close()  # the server had closed it meanwhile
                answer = self.ask(place, target)
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self.kept.pop(place).close()
            raise
        if answer.status != 200:
            raise Missing(f"{url} {answer.status}")
        return body


class Playlist:
    """What a playlist says; ValueError when it is not whole."""

    def __init__(self, url: str, data: bytes) -> None:
        text = data.decode()
        if not text.startswith("#EXTM3U\n") or not text.endswith("\n"):
            raise ValueError(f"{data[:20]!r} to {data[-20:]!r}")
        lines = text.splitlines()
        self.variants = [urljoin(url, line) for line in self.variants_of(lines)]
        self.segments = [(urljoin(url, uri), seconds) for uri, seconds in self.segments_of(lines)]
        self.ended = "#EXT-X-ENDLIST" in lines
        self.target = self.number(lines, "TARGETDURATION", 1)
        self.sequence = self.number(lines, "MEDIA-SEQUENCE", 0)
        if not self.variants and text.count("#EXTINF:") != len(self.segments):
            raise ValueError("EXTINF without a segment")

    @staticmethod
    def number(lines: list[str], tag: str, fallback: int) -> int:
        start = f"#EXT-X-{tag}:"
        return next((int(line[len(start):]) for line in lines if line.startswith(start)), fallback)

    @staticmethod
    def variants_of(lines: list[str]) -> Iterator[str]:
        for line, following in zip(lines, lines[1:] + [""]):
            if line.startswith("#EXT-X-STREAM-INF:"):
                yield following
            elif line.startswith("#EXT-X-MEDIA:") and (uri := re.search(r'URI="([^"]+)"', line)):
                yield uri[1]

    @staticmethod
    def segments_of(lines: list[str]) -> Iterator[tuple[str, str]]:
        seconds = ""
        for line in lines:
            if line.startswith("#EXTINF:"):
                seconds = line[8:].split(",")[0]
            elif seconds and not line.startswith("#"):
                yield line, seconds
                seconds = ""


class Index:
    """The index.json of a folder."""

    def __init__(self, folder: str, connection: Connection, tally: Tally) -> None:
        self.url = urljoin(folder, "index.json")
        self.connection = connection
        self.tally = tally
        self.segments: dict[str, dict] = {}

    def read(self) -> None:
        """Whatever was said once of the bytes of a segment must be said again."""
        read = json.loads(self.connection.get(self.url))
        if read["format"] != "hlsgen-index" or read["version"] != 1:
            raise ValueError("not version 1 of hlsgen-index")
        for name, entry in read["segments"].items():
            for key in ("size", "duration", "pts", "sha256"):
                if name in self.segments and self.segments[name].get(key) != entry.get(key):
                    self.tally.fault("wrong index", f"{self.url} {name}: {key} has changed")
        self.segments = read["segments"]
        self.tally.count(indexes=1)

    def find(self, name: str) -> dict | None:
        for pause in range(RETRIES):
            if name in self.segments:
                break
            time.sleep(0.2 * pause)
            self.read()
        return self.segments.get(name)


class Client:
    """One player without a screen."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.connection = Connection()
        self.indexes: dict[str, Index] = {}
        self.seen: dict[str, set[str]] = {}
        self.sequences: dict[str, int] = {}

    def index_of(self, url: str) -> Index:
        folder = urljoin(url, ".")
        if folder not in self.indexes:
            self.indexes[folder] = Index(folder, self.connection, self.tally)
        return self.indexes[folder]

    def check(self, url: str, seconds: str, body: bytes) -> None:
        entry = self.index_of(url).find(url.rpartition("/")[2])
        if entry is None:
            self.tally.fault("not in the index", url)
        elif len(body) != entry["size"]:
            self.tally.fault("wrong size", f"{url}: {len(body)}, not {entry['size']}")
        elif entry.get("duration") is not None and float(seconds) != entry["duration"]:
            self.tally.fault("wrong index", f"{url}: EXTINF {seconds}, not {entry['duration']}")
        elif entry.get("sha256") is not None:
            self.compare(url, entry["sha256"], hashlib.sha256(body).hexdigest())

    def compare(self, url: str, told: str, found: str) -> None:
        if told == found:
            self.tally.count(verified=1)
        else:
            self.tally.fault("wrong bytes", f"{url}: {found}, not {told}")

    def take_segment(self, url: str, seconds: str) -> None:
        body = self.connection.get(url)
        self.tally.count(segments=1, bytes=len(body))
        self.check(url, seconds, body)

    def guard(self, step, *arguments) -> object:
        """What goes wrong with one file is counted, and the next comes."""
        try:
            return step(*arguments)
        except Missing as missing:
            self.tally.fault("missing", str(missing))
        except (ValueError, LookupError, TypeError, AttributeError) as reason:
            kind = "torn playlist" if step == self.take_playlist else "wrong index"
            self.tally.fault(kind, f"{arguments[0]}: {reason!r}")
        except (OSError, http.client.HTTPException) as reason:
            self.tally.fault("no answer", f"{arguments[0]}: {reason!r}")
        return None

    def take_playlist(self, url: str) -> Playlist:
        playlist = Playlist(url, self.connection.get(url))
        self.tally.count(playlists=1)
        if playlist.sequence < self.sequences.get(url, 0):
            self.tally.fault("sequence back", f"{url}: {playlist.sequence}")
        self.sequences[url] = playlist.sequence
        return playlist

    def follow(self, url: str) -> Playlist | None:
        """Takes what is new in a media playlist."""
        playlist = self.guard(self.take_playlist, url)
        seen = self.seen.setdefault(url, set())
        for segment, seconds in playlist.segments if playlist else []:
            if segment not in seen:
                seen.add(segment)
                self.guard(self.take_segment, segment, seconds)
        return playlist

    def run(self, url: str, until: float) -> None:
        first = self.guard(self.take_playlist, url)
        left = (first.variants or [url]) if first else []
        while left:
            playlists = {media: self.follow(media) for media in left}
            left = [media for media, playlist in playlists.items()
                    if not (playlist and playlist.ended)]
            pause = min((playlist.target for playlist in playlists.values() if playlist),
                        default=1) / 2
            if time.monotonic() + pause > until:
                break
            time.sleep(pause if left else 0)


def playlist_of(url: str) -> str:
    """That of a folder: the multivariant one, if it has one."""
    if urlsplit(url).path.endswith(".m3u8"):
        return url
    folder = url.rstrip("/") + "/"
    try:
        Connection().get(folder + "master.m3u8")
    except (Missing, OSError, http.client.HTTPException):
        return folder + "stream.m3u8"
    return folder + "master.m3u8"


def verify(url: str, seconds: float = 20, clients: int = 1) -> Tally:
    tally = Tally()
    until = time.monotonic() + seconds
    place = playlist_of(url)
    with ThreadPoolExecutor(clients) as pool:
        runs = [pool.submit(Client(tally).run, place, until) for _ in range(clients)]
    for run in runs:
        run.result()
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(prog="verify", description=__doc__.partition("\n")[0])
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=20, help="of a live stream; default 20")
    parser.add_argument("--clients", type=int, default=1, help="at a time; default 1")
    options = parser.parse_args()
    start = time.monotonic()
    tally = verify(options.url, options.seconds, options.clients)
    print(tally.report(time.monotonic() - start))
    return 0 if tally.is_good() else 1


if __name__ == "__main__":
    sys.exit(main())
