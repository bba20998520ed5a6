# SPDX-License-Identifier: GPL-2.0-or-later
"""Strict parser of multivariant playlists (RFC 8216 4.3.4): their tags and attribute lists.

Like that of media playlists it never stops at an error, but keeps it as (rule, text).
"""

import re
from dataclasses import dataclass, field

from . import m3u8

# The attributes that are looked at, and the type of their values (RFC 8216 4.2).
INTEGER, FLOAT, STRING = r"\d{1,20}", r"\d+(?:\.\d+)?", r'"[^"\r\n]*"'
RESOLUTION, WORD = r"\d+x\d+", r'[^",\s]+'
TYPES = {
    "BANDWIDTH": INTEGER, "AVERAGE-BANDWIDTH": INTEGER, "CODECS": STRING, "RESOLUTION": RESOLUTION,
    "FRAME-RATE": FLOAT, "URI": STRING, "GROUP-ID": STRING, "NAME": STRING, "LANGUAGE": STRING,
    "ASSOC-LANGUAGE": STRING, "CHANNELS": STRING, "CHARACTERISTICS": STRING, "INSTREAM-ID": STRING,
    "AUDIO": STRING, "VIDEO": STRING, "SUBTITLES": STRING, "TYPE": "AUDIO|VIDEO|SUBTITLES|"
    "CLOSED-CAPTIONS", "DEFAULT": "YES|NO", "AUTOSELECT": "YES|NO", "FORCED": "YES|NO",
}
ATTRIBUTE = re.compile(rf"([A-Z0-9-]+)=({STRING}|{WORD})")

Attributes = dict[str, str]  # strings without their quotes


@dataclass
class Multivariant:
    """`variants` are EXT-X-STREAM-INF, `media` EXT-X-MEDIA, `iframes` EXT-X-I-FRAME-STREAM-INF."""

    variants: list[Attributes] = field(default_factory=list)  # "URI" is the line that follows
    media: list[Attributes] = field(default_factory=list)
    iframes: list[Attributes] = field(default_factory=list)
    names: list[str] = field(default_factory=list)  # of all tags
    faults: list[tuple[str, str]] = field(default_factory=list)

    def fault(self, text: str) -> None:
        self.faults.append(("MV_PARSE", text))

    def uris(self) -> list[str]:
        """Of all media playlists, each once; those of I-frames are no such."""
        found = [entry["URI"] for entry in self.variants + self.media if "URI" in entry]
        return list(dict.fromkeys(found))


def parse_attributes(playlist: Multivariant, tag: str, text: str) -> Attributes:
    """An attribute list: one comma between two, no name twice, each value of its type."""
    found: Attributes = {}
    at = 0
    for match in ATTRIBUTE.finditer(text):
        name, value = match[1], match[2]
        if text[at:match.start()] != ("," if found else ""):
            playlist.fault(f"{tag}: {text[at:match.end()]!r} in an attribute list")
        if name in found:
            playlist.fault(f"{tag}: {name} occurs twice")
        if not re.fullmatch(TYPES.get(name, ".*"), value):
            playlist.fault(f"{tag}: {name}={value} has not the type that it should")
        found[name] = value.strip('"')
        at = match.end()
    if text[at:] or not found:
        playlist.fault(f"{tag}: {text[at:]!r} at the end of an attribute list")
    return found


def parse_tag(playlist: Multivariant, name: str, text: str) -> None:
    places = {"EXT-X-STREAM-INF": playlist.variants, "EXT-X-MEDIA": playlist.media,
              "EXT-X-I-FRAME-STREAM-INF": playlist.iframes}
    if name in playlist.names and name in m3u8.ONCE:
        playlist.fault(f"{name} occurs twice")
    if name in m3u8.MEDIA or name not in m3u8.KNOWN:
        playlist.fault(f"{name} in a multivariant playlist")
    playlist.names.append(name)
    if name in places:
        found = parse_attributes(playlist, name, text)
        places[name].append(found)
        if name != "EXT-X-MEDIA" and "BANDWIDTH" not in found:
            playlist.fault(f"{name} without BANDWIDTH")


def parse(data: bytes) -> Multivariant:
    """Parses one version of a multivariant playlist."""
    playlist = Multivariant()
    lines = m3u8.check_bytes(playlist, data)
    playlist.faults = [("MV_PARSE", text) for _, text in playlist.faults]
    if not lines or lines[0] != "#EXTM3U":
        playlist.fault("the first line is not #EXTM3U")
    wants_uri = False
    for line in lines:
        is_tag = line.startswith("#EXT")
        if is_tag or not line or line.startswith("#"):
            if wants_uri:
                playlist.fault("EXT-X-STREAM-INF is not followed by its URI")
            wants_uri = wants_uri or line.startswith("#EXT-X-STREAM-INF:")
        elif wants_uri:
            playlist.variants[-1]["URI"] = line
            wants_uri = False
        else:
            playlist.fault(f"{line}: no EXT-X-STREAM-INF before it")
        if is_tag:
            name, _, text = line[1:].partition(":")
            parse_tag(playlist, name, text)
        elif re.search(r"\s", line) and not line.startswith("#"):
            playlist.fault(f"blank in URI {line!r}")
    if wants_uri:
        playlist.fault("EXT-X-STREAM-INF is not followed by its URI")
    return playlist
