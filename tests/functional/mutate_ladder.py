# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways to spoil a good presentation: a multivariant playlist, and its media playlists together.

Each is filed with the rules about a multivariant playlist that then do not hold, all of them.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from conformance import ts
from conformance.observe import Observation
from conformance.presentation import Presentation
from mutate import (ALL, PDT, Mutation, count, edit, edit_sps, in_turn, ordered, promise, restamp,
                    segment)

Spoil = Callable[[Presentation], None]


def part(mutation: Mutation, place: int = 1) -> Spoil:
    """Changes one media playlist, by default the second, or its segments."""
    return lambda seen: mutation(list(seen.streams.values())[place])


def each(mutation: Mutation) -> Spoil:
    """Changes every media playlist."""
    def spoil(seen: Presentation) -> None:
        for stream in seen.streams.values():
            mutation(stream)
    return spoil


def scale(name: str, factor: float) -> Spoil:
    """Declares another bit rate for all variants."""
    def scaled(match: re.Match) -> bytes:
        return re.sub(rf"(?<=[:,]{name}=)\d+".encode(),
                      lambda rate: b"%d" % (int(rate[0]) * factor), match[0])

    def spoil(seen: Presentation) -> None:
        for version in seen.versions:
            version.data = re.sub(rb"(?m)^#EXT-X-STREAM-INF.*$", scaled, version.data)
    return spoil


def iframes(pattern: str, replacement: str | Callable[[re.Match], str]) -> Spoil:
    """re.sub over every I-frame playlist."""
    def spoil(seen: Presentation) -> None:
        for uri, data in seen.iframes.items():
            text = data.decode()
            seen.iframes[uri] = re.sub(pattern, replacement, text, flags=re.M).encode()
            assert text.encode() != seen.iframes[uri], f"{pattern} is nowhere"
    return spoil


def lose_iframes(seen: Presentation) -> None:
    """One of them is not there."""
    seen.iframes.popitem()


def resize(packets: int) -> Callable[[re.Match], str]:
    """Of a byte range."""
    return lambda match: str(int(match[0]) + packets * ts.PACKET)


SIZE = r"(?<=BYTERANGE:)\d+"


def swap(seen: Presentation) -> None:
    """The first two variants change places."""
    for version in seen.versions:
        version.data = re.sub(rb"(#EXT-X-STREAM-INF.*\n.*\n)(#EXT-X-STREAM-INF.*\n.*\n)",
                              rb"\2\1", version.data)


def delay(seconds: float) -> Mutation:
    """All versions but the first appear later."""
    def mutation(seen) -> None:
        for version in seen.versions[1:]:
            version.seen += seconds
            version.after += seconds
    return mutation


def redate(seconds: int) -> Mutation:
    """Each PROGRAM-DATE-TIME is so much later."""
    def later(match: re.Match) -> str:
        date = datetime.fromisoformat(match[0]) + timedelta(seconds=seconds)
        return date.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return edit(PDT + r".*", later)


def move_time(ticks: int) -> Mutation:
    """All time stamps of sound and picture."""
    return in_turn(segment(restamp(ts.H264, ticks), ALL), segment(restamp(ts.ADTS, ticks), ALL))


def join(seen: Observation) -> None:
    """As if a segment went on over the one that follows."""
    del seen.segments[ordered(seen)[5]]


ONE = r"^#EXT-X-STREAM-INF.*\n.*\n"

SPOILT: list[tuple[set[str], Spoil]] = [
    ({"MV_PARSE"}, edit(r"\n\Z", "")),
    ({"MV_PARSE"}, edit(r"\A#EXTM3U\n", "")),
    ({"MV_PARSE"}, edit(r"\A", "\ufeff")),
    ({"MV_PARSE"}, edit(r",AVERAGE", ", AVERAGE", count=1)),
    ({"MV_PARSE"}, edit(r",AVERAGE", ",,AVERAGE", count=1)),
    ({"MV_PARSE"}, edit(r"$(?=\n.*/stream)", ",", count=1)),
    ({"MV_PARSE"}, edit(r"(FRAME-RATE=[^,\n]*)", r"\1,\1", count=1)),
    ({"MV_PARSE"}, edit(r"FRAME-RATE=", "program=1,FRAME-RATE=", count=1)),
    ({"MV_PARSE"}, edit(r"FRAME-RATE=", 'LANGUAGE=en,FRAME-RATE=', count=1)),
    ({"MV_PARSE"}, edit(r"^#EXT-X-STREAM-INF", "#EXT-X-TARGETDURATION:2\n#EXT-X-STREAM-INF",
                        count=1)),
    ({"MV_PARSE"}, edit(r"^#EXT-X-STREAM-INF", "#EXT-X-VARIANT\n#EXT-X-STREAM-INF", count=1)),
    ({"MV_PARSE"}, edit(r"^#EXT-X-STREAM-INF", "other.m3u8\n#EXT-X-STREAM-INF", count=1)),
    ({"MV_PARSE"}, edit(r"^(#EXT-X-STREAM-INF.*\n)(.*\n)", r"\1#EXT-X-VERSION:3\n\2", count=1)),
    ({"MV_PARSE"}, edit(r"^(#EXT-X-I-FRAME-STREAM-INF:)BANDWIDTH=\d+,", r"\1")),
    ({"MV_CODECS"}, edit(r"avc1\.(..)", "avc1.4d", count=1)),
    ({"MV_CODECS"}, edit(r",mp4a\.40\.2", "", count=1)),
    ({"MV_CODECS"}, edit(r"mp4a\.40\.2", "mp4a.40.2,ac-3", count=1)),
    ({"MV_CODECS"}, edit(r',CODECS="[^"]*"', "", count=1)),
    ({"MV_CODECS", "MV_IFRAME"}, part(segment(edit_sps(3, 41), ALL))),
    ({"MV_RESOLUTION"}, edit(r"RESOLUTION=\d+", "RESOLUTION=720", count=1)),
    ({"MV_RESOLUTION"}, edit(r",RESOLUTION=\d+x\d+", "", count=1)),
    ({"MV_FRAMERATE"}, edit(r"FRAME-RATE=30.000", "FRAME-RATE=29.970", count=1)),
    ({"MV_FRAMERATE"}, edit(r",FRAME-RATE=[\d.]+", "", count=1)),
    ({"MV_AVERAGE"}, edit(r",AVERAGE-BANDWIDTH=\d+", "", count=1)),
    ({"MV_IFRAME"}, edit(r"^#EXT-X-I-FRAME-STREAM-INF.*\n", "")),
    ({"MV_IFRAME"}, edit(r"(^#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=)\d+", r"\g<1>1000")),
    ({"MV_IFRAME"}, edit(r"(^#EXT-X-I-FRAME-STREAM-INF.*RESOLUTION=)\d+", r"\g<1>720")),
    ({"MV_IFRAME"}, edit(r"(^#EXT-X-I-FRAME-STREAM-INF.*avc1\.)..", r"\g<1>4d")),
    ({"MV_IFRAME"}, edit(r"(^#EXT-X-I-FRAME-STREAM-INF.*),URI=.*", r"\1")),
    ({"MV_IFRAME"}, lose_iframes),
    ({"MV_IFRAME"}, iframes(r"^#EXT-X-I-FRAMES-ONLY\n", "")),
    ({"MV_IFRAME"}, iframes(r"VERSION:4", "VERSION:3")),
    ({"MV_IFRAME"}, iframes(r"\n\Z", "")),
    ({"MV_IFRAME"}, iframes(r"^#EXT-X-BYTERANGE.*\n", "")),
    ({"MV_IFRAME"}, iframes(r"@376", "@0")),
    ({"MV_IFRAME"}, iframes(r"@376", "@377")),
    ({"MV_IFRAME"}, iframes(r"@376", "@564")),
    ({"MV_IFRAME"}, iframes(SIZE, resize(-1))),
    ({"MV_IFRAME"}, iframes(SIZE, resize(10))),
    ({"MV_IFRAME"}, iframes(SIZE, resize(100_000))),
    ({"MV_IFRAME"}, iframes(r"EXTINF:1.0", "EXTINF:1.1")),
    ({"MV_IFRAME"}, iframes(r"seg(?=\d)", "other")),
    ({"MV_INDEPENDENT"}, edit(r"^#EXT-X-INDEPENDENT-SEGMENTS\n", "")),
    ({"MV_GROUPS"}, edit(r",FRAME-RATE", ',VIDEO="none",FRAME-RATE', count=1)),
    ({"MV_GROUPS"}, edit(r",FRAME-RATE", ',AUDIO="none",FRAME-RATE', count=1)),
    ({"MV_MORE"}, edit(r"(" + ONE + r")" + ONE, r"\1")),
    ({"MV_FIRST"}, swap),
    ({"BW_BOUND"}, scale("BANDWIDTH", 0.95)),
    ({"BW_BOUND", "BW_PEAK"}, scale("BANDWIDTH", 0.79)),
    ({"BW_AVG"}, scale("AVERAGE-BANDWIDTH", 0.9)),
    ({"BW_TIGHT"}, scale("BANDWIDTH", 1.15)),
    ({"BW_TIGHT"}, scale("AVERAGE-BANDWIDTH", 1.15)),
    ({"BW_VOD"}, in_turn(each(promise(kind="VOD")), scale("BANDWIDTH", 1.15))),
    ({"BW_VOD"}, in_turn(each(promise(kind="VOD")), scale("AVERAGE-BANDWIDTH", 0.85))),
    ({"XV_TD"}, part(edit(r"TARGETDURATION:1", "TARGETDURATION:2"))),
    ({"XV_PTS", "MV_IFRAME"}, part(in_turn(move_time(90_000), redate(1)))),
    ({"XV_PTS", "XV_BORDERS", "XV_PDT"}, part(move_time(450))),
    ({"XV_PDT", "MV_IFRAME"}, part(redate(1))),
    ({"XV_BORDERS"}, part(join, 0)),
    ({"XV_DSN"}, part(count(3))),
    ({"XV_EDGE"}, part(delay(0.6))),
]

# For one whose sound is in a group of its own; likewise.
GROUP_SPOILT: list[tuple[set[str], Spoil]] = [
    ({"MV_GROUPS"}, edit(r',NAME="[^"]*"', "")),
    # A variant whose group is not there has no sound either.
    ({"MV_GROUPS", "MV_CODECS", "BW_TIGHT"}, edit(r'GROUP-ID="[^"]*"', 'GROUP-ID="other"')),
    ({"MV_GROUPS"}, edit(r"^(#EXT-X-MEDIA.*\n)", r"\1\1")),
    ({"MV_GROUPS"}, edit(r"^(#EXT-X-MEDIA.*)(NAME=\"[^\"]*)(.*\n)", r"\1\2\3\1\2 too\3")),
    ({"MV_PARSE"}, edit(r"AUTOSELECT=YES", "AUTOSELECT=MAYBE")),
    ({"MV_CODECS"}, edit(r",mp4a\.40\.2", "", count=1)),
    ({"BW_BOUND"}, scale("BANDWIDTH", 0.95)),
    ({"BW_TIGHT"}, scale("BANDWIDTH", 1.15)),
    ({"XV_PTS", "XV_BORDERS", "XV_PDT"}, part(segment(restamp(ts.ADTS, 2000), ALL), -1)),
    ({"XV_EDGE"}, part(delay(0.6), -1)),
]
