# SPDX-License-Identifier: GPL-2.0-or-later
"""Strict parser of media playlists (RFC 8216 section 4).

It never stops at an error: what is wrong is kept as (rule, text) in `faults`, so that one fault
does not hide another.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

ONCE = {  # tags that occur once at most (RFC 8216 4.3.1.2, 4.3.3, 4.3.5)
    "EXT-X-VERSION", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-ENDLIST",
    "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-PLAYLIST-TYPE", "EXT-X-I-FRAMES-ONLY",
    "EXT-X-INDEPENDENT-SEGMENTS", "EXT-X-START",
}
SEGMENT = {  # tags that apply to the next segment or segments (RFC 8216 4.3.2)
    "EXTINF", "EXT-X-BYTERANGE", "EXT-X-DISCONTINUITY", "EXT-X-KEY", "EXT-X-MAP",
    "EXT-X-PROGRAM-DATE-TIME", "EXT-X-DATERANGE", "EXT-X-GAP", "EXT-X-BITRATE", "EXT-X-PART",
}
LASTING = {"EXT-X-KEY", "EXT-X-MAP"}  # which hold for all that follow: no line of a segment's own
MULTIVARIANT = {
    "EXT-X-MEDIA", "EXT-X-STREAM-INF", "EXT-X-I-FRAME-STREAM-INF", "EXT-X-SESSION-DATA",
    "EXT-X-SESSION-KEY", "EXT-X-CONTENT-STEERING",
}
MEDIA = SEGMENT | {
    "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-ENDLIST", "EXT-X-PLAYLIST-TYPE",
    "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-I-FRAMES-ONLY", "EXT-X-SKIP", "EXT-X-SERVER-CONTROL",
    "EXT-X-PART-INF", "EXT-X-PRELOAD-HINT", "EXT-X-RENDITION-REPORT",
}
KNOWN = ONCE | MEDIA | MULTIVARIANT | {"EXTM3U", "EXT-X-DEFINE"}
PDT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass
class Entry:
    """A media segment of a playlist: its URI and the lines that belong to it."""

    uri: str
    duration: Fraction | None = None
    digits: int = 0  # decimals of EXTINF
    pdt: datetime | None = None
    discontinuity: bool = False
    gap: bool = False
    lines: list[str] = field(default_factory=list)


@dataclass
class Playlist:
    """A media playlist; `tags` are (name, value) in order, `faults` are (rule, text)."""

    tags: list[tuple[str, str | None]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    version: int = 1
    target: int | None = None
    sequence: int = 0
    discontinuity_sequence: int = 0

    def has(self, name: str) -> bool:
        return any(tag == name for tag, _ in self.tags)

    def value(self, name: str) -> str | None:
        return next((value for tag, value in self.tags if tag == name), None)

    @property
    def duration(self) -> Fraction:
        return sum((entry.duration or Fraction(0) for entry in self.entries), Fraction(0))


def integer(playlist: Playlist, rule: str, tag: str, value: str | None) -> int:
    """A decimal-integer (RFC 8216 4.2): up to 20 digits and nothing else."""
    if value is None or not re.fullmatch(r"\d{1,20}", value):
        playlist.faults.append((rule, f"{tag}:{value} is not a decimal integer"))
        return 0
    return int(value)


def check_bytes(playlist: Playlist, data: bytes) -> list[str]:
    """Encoding and lines (RFC 8216 4.1); returns the lines."""
    fault = playlist.faults.append
    if data.startswith(b"\xef\xbb\xbf"):
        fault(("PL_PARSE", "begins with a byte order mark"))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        fault(("PL_PARSE", f"not UTF-8: {error}"))
        text = data.decode("utf-8", "replace")
    if re.search(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]", text):
        fault(("PL_PARSE", "control character"))
    if not text.endswith("\n"):
        fault(("PL_PARSE", "the last line does not end" if text else "empty"))
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return lines[:-1] if lines[-1] == "" else lines


def parse_extinf(playlist: Playlist, entry: Entry, value: str | None) -> None:
    match = re.fullmatch(r"(\d+(?:\.(\d+))?),([^\n]*)", value or "")
    if not match:
        playlist.faults.append(("PL_PARSE", f"EXTINF:{value} is not 'duration,[title]'"))
        return
    entry.duration = Fraction(match[1])
    entry.digits = len(match[2] or "")


def parse_pdt(playlist: Playlist, entry: Entry, value: str | None) -> None:
    if not PDT.fullmatch(value or ""):
        playlist.faults.append(("PL_PDT_FORMAT", f"{value}: not an extended ISO 8601 date-time "
                                                 "with a zone"))
    try:
        entry.pdt = datetime.fromisoformat(value or "")
        entry.pdt.timestamp()
    except ValueError as error:
        playlist.faults.append(("PL_PDT_FORMAT", f"{value}: {error}"))


def parse_tag(playlist: Playlist, entry: Entry, line: str) -> None:
    name, colon, rest = line[1:].partition(":")
    value = rest if colon else None
    playlist.tags.append((name, value))
    if " " in line and name != "EXTINF" and '"' not in line:
        playlist.faults.append(("PL_PARSE", f"blank in {line!r}"))
    if name == "EXTINF":
        parse_extinf(playlist, entry, value)
    elif name == "EXT-X-PROGRAM-DATE-TIME":
        parse_pdt(playlist, entry, value)
    elif name == "EXT-X-DISCONTINUITY":
        entry.discontinuity = True
    elif name == "EXT-X-GAP":
        entry.gap = True
    elif name == "EXT-X-VERSION":
        playlist.version = integer(playlist, "PL_PARSE", name, value)
    elif name == "EXT-X-TARGETDURATION":
        playlist.target = integer(playlist, "PL_TD", name, value)
    elif name == "EXT-X-MEDIA-SEQUENCE":
        playlist.sequence = integer(playlist, "PL_PARSE", name, value)
    elif name == "EXT-X-DISCONTINUITY-SEQUENCE":
        playlist.discontinuity_sequence = integer(playlist, "PL_PARSE", name, value)


def check_head(playlist: Playlist, name: str, seen: set[str]) -> None:
    """Places and counts of tags (RFC 8216 4.1, 4.3)."""
    fault = playlist.faults.append
    if name in seen and name in ONCE:
        fault(("PL_TD" if name == "EXT-X-TARGETDURATION" else "PL_KIND", f"{name} occurs twice"))
    if name not in KNOWN:
        fault(("PL_TAGS", f"unknown tag {name}"))
    if name in MULTIVARIANT:
        fault(("PL_KIND", f"{name} in a media playlist"))
    late = playlist.entries or seen & SEGMENT
    if name in ("EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE") and late:
        fault(("PL_HEAD_ORDER", f"{name} after the first segment"))
    if name == "EXT-X-TARGETDURATION" and late:
        fault(("PL_TD", f"{name} after the first segment"))


def parse(data: bytes) -> Playlist:
    """Parses one version of a media playlist."""
    playlist = Playlist()
    lines = check_bytes(playlist, data)
    if not lines or lines[0] != "#EXTM3U":
        playlist.faults.append(("PL_PARSE", "the first line is not #EXTM3U"))
    entry = Entry("")
    seen: set[str] = set()
    for line in lines:
        if line.startswith("#EXT"):
            name = line[1:].partition(":")[0]
            check_head(playlist, name, seen)
            seen.add(name)
            parse_tag(playlist, entry, line)
            if name in SEGMENT and name not in LASTING:
                entry.lines.append(line)
        elif line and not line.startswith("#"):
            entry.uri = line
            entry.lines.append(line)
            if entry.duration is None:
                playlist.faults.append(("PL_PARSE", f"{line}: no EXTINF"))
            if re.search(r"\s", line):
                playlist.faults.append(("PL_PARSE", f"blank in URI {line!r}"))
            playlist.entries.append(entry)
            entry = Entry("")
    if entry.duration is not None:
        playlist.faults.append(("PL_PARSE", "EXTINF without its URI"))
    if playlist.target is None:
        playlist.faults.append(("PL_TD", "no EXT-X-TARGETDURATION"))
    return playlist
