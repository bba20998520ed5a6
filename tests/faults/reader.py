# SPDX-License-Identifier: GPL-2.0-or-later
"""A reader of an output directory that never stops looking, and what it must find there.

It reads as a web server would: the playlist, then the files that this lists. What it must never
see is kept by kind: a listed file that is missing or not whole, a published name whose bytes
change, a playlist that is none, a sequence that goes back, a line once published that changes.
"""
import hashlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

from conformance import m3u8
from origin import sets
from stage import PLAYLIST, SMALL, Staged, Time, number_of

PACKET = 188
REFERENCE_WINDOW = 300  # segments of one run; made within milliseconds, 6 MB


class Reference:
    """The bytes of every segment of a stream, from runs of which none was ever disturbed.

    Such a run begins with a whole window, however long: its clock says that this ends now.
    """

    def __init__(self, folder: Path, *arguments: str, base: list[str] = SMALL,
                 seconds: float = 1.0) -> None:
        folder.mkdir()
        self.folder = folder
        self.arguments = [*arguments, *sets(f"stream.window={REFERENCE_WINDOW}"),
                          "--disk-budget", "1GB"]
        self.base = base
        self.seconds = seconds  # of a segment
        self.made: dict[int, tuple[Path, list[str]]] = {}  # file, and its lines in the playlist
        self.lock = threading.Lock()

    def make(self, index: int) -> None:
        """One run whose window holds segment `index` with a few before it and many after it."""
        out = self.folder / str(index)
        clock = Time((index + REFERENCE_WINDOW - 20) * self.seconds)
        with Staged(out, clock, *self.arguments, base=self.base) as hlsgen:
            playlist = m3u8.parse(hlsgen.read())
            hlsgen.stop()
        for number, entry in enumerate(playlist.entries, playlist.sequence):
            self.made[number] = out / entry.uri, entry.lines

    def find(self, index: int) -> tuple[Path, list[str]]:
        with self.lock:
            if index not in self.made:
                self.make(index)
            return self.made[index]

    def path(self, index: int) -> Path:
        return self.find(index)[0]

    def lines(self, index: int) -> list[str]:
        """What the playlist says of a segment."""
        return self.find(index)[1]

    def segment(self, index: int) -> bytes:
        return self.path(index).read_bytes()

    def named(self, uri: str) -> bytes:
        """The segment of that name, in a directory where no other stream was."""
        return self.segment(number_of(uri))


class Reader:
    """Looks at `out` again and again in a thread of its own, while the context lasts.

    `expected` gives the bytes of a name; without it they are what they were when first seen, and
    whole packets.
    """

    def __init__(self, out: Path, expected: Callable[[str], bytes] | None = None,
                 patience: float = 0.05, pause: float = 0.002) -> None:
        self.out = out
        self.expected = expected
        self.patience = patience  # seconds for which a removed segment surely stays
        self.pause = pause
        self.faults: list[tuple[str, str]] = []
        self.looks = 0
        self.versions = 0
        self.sequence = -1
        self.newest = -1
        self.text = b""
        self.playlist = m3u8.Playlist()
        self.listed: list[str] = []
        self.entries: dict[int, tuple[list[str], int]] = {}  # number: lines, discontinuities
        self.stamps: dict[str, tuple] = {}
        self.digests: dict[str, bytes] = {}
        self.times: dict[str, int] = {}  # of modification
        self.texts: dict[int, bytes] = {}  # playlist by its media sequence number
        self.target = 0
        self.ended = threading.Event()

    def __enter__(self) -> "Reader":
        """Also again, after a pause."""
        self.ended.clear()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.ended.set()
        self.thread.join()

    def run(self) -> None:
        while not self.ended.wait(self.pause):
            try:
                self.look()
            except Exception as error:  # or else the thread would end in silence
                self.fault("reader failed", repr(error))
                return
            self.looks += 1

    def fault(self, kind: str, text: str) -> None:
        """Kept once, however often it is seen."""
        if (kind, text) not in self.faults:
            self.faults.append((kind, text))

    def look(self) -> None:
        begin = time.monotonic()
        try:
            text = (self.out / PLAYLIST).read_bytes()
        except FileNotFoundError:
            if self.versions > 0:
                self.fault("playlist gone", "")
            return
        if text != self.text:
            self.look_at_playlist(text)
        for uri in self.listed:
            fault = self.look_at_segment(uri)
            if fault and time.monotonic() - begin < self.patience:
                self.fault(*fault)

    def look_at_playlist(self, text: bytes) -> None:
        self.versions += 1
        self.text = text
        playlist = m3u8.parse(text)
        self.playlist = playlist
        self.listed = [entry.uri for entry in playlist.entries]
        if playlist.faults or not self.listed:
            self.fault("playlist invalid", f"{playlist.faults or 'empty'}")
            return
        newest = playlist.sequence + len(self.listed) - 1
        if playlist.sequence < self.sequence or newest < self.newest:
            self.fault("sequence back", f"{self.sequence} to {playlist.sequence}, "
                                        f"{self.newest} to {newest}")
        if playlist.target < self.target:
            self.fault("target duration falls", f"{self.target} to {playlist.target}")
        self.sequence, self.newest, self.target = playlist.sequence, newest, playlist.target
        self.texts[playlist.sequence] = text
        self.look_at_entries(playlist)

    def discontinuities(self) -> int:
        """Those before the newest segment, in all."""
        return self.entries[self.newest][1]

    def look_at_entries(self, playlist: m3u8.Playlist) -> None:
        """A segment keeps its lines and its discontinuity sequence number (RFC 8216 6.2.1)."""
        discontinuity = playlist.discontinuity_sequence
        for number, entry in enumerate(playlist.entries, playlist.sequence):
            discontinuity += entry.discontinuity
            said = self.entries.setdefault(number, (entry.lines, discontinuity))
            if said != (entry.lines, discontinuity):
                self.fault("line changed", f"{said} to {(entry.lines, discontinuity)}")

    def look_at_segment(self, uri: str) -> tuple[str, str] | None:
        """What is wrong with it; what has been looked at is read again only if it has changed."""
        path = self.out / uri
        try:
            status = path.stat()
            stamp = status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size
            if self.stamps.get(uri) == stamp:
                return None
            data = path.read_bytes()
        except FileNotFoundError:
            return "listed but missing", uri
        fault = self.judge(uri, data)
        digest = hashlib.sha256(data).digest()
        if not fault and self.digests.setdefault(uri, digest) != digest:
            fault = "bytes changed", uri
        if not fault:
            self.stamps[uri], self.times[uri] = stamp, status.st_mtime_ns
        return fault

    def judge(self, uri: str, data: bytes) -> tuple[str, str] | None:
        """What is wrong with the bytes of a segment."""
        if self.expected and data != self.expected(uri):
            return "other bytes", uri
        return None if data and len(data) % PACKET == 0 else ("truncated", uri)
