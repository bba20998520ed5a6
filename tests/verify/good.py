# SPDX-License-Identifier: GPL-2.0-or-later
"""Good streams on disk, made by hlsgen, for tests to break.

A live one is what is left when hlsgen ends: its playlist and all that it lists.
"""

import re
from collections.abc import Callable
from pathlib import Path

from conformance import ts
from fixture import write_ladder
from ladders import Ladder
from origin import CHECKOUT, Hlsgen, make_out, run, segments, sets

SMALL = sets("stream.segment-duration=1s", "video.size=320x180", "video.bitrate=300kbit/s")
FMP4 = sets("stream.container=fmp4")
IFRAMES = sets("stream.iframes=yes")
SOUND = sets("stream.segment-duration=1s", "video.encoder=none")
PRESETS = {path.stem: path.read_text() for path in sorted((CHECKOUT / "presets").glob("*.conf"))}
OWNER = b"com.apple.streaming.transportStreamTimestamp\0"


def shipped(folder: Path, preset: str, *arguments: str) -> Hlsgen:
    """A live run of a preset, to be started."""
    kind = Ladder if "[rendition " in PRESETS[preset] else Hlsgen
    return kind(make_out(folder), *arguments, preset=preset)


def live(*arguments: str) -> Callable[[Path], Path]:
    """A single stream."""
    def make(folder: Path) -> Path:
        with Hlsgen(make_out(folder), *arguments) as hlsgen:
            return hlsgen.out
    return make


def vod(*arguments: str) -> Callable[[Path], Path]:
    """A finite stream of 8 seconds."""
    def make(folder: Path) -> Path:
        out = make_out(folder)
        run(*Hlsgen(out, "--vod", "8s", *arguments).command)
        return out
    return make


def ladder(*arguments: str, **how: str) -> Callable[[Path], Path]:
    """Two renditions, and one of sound with delivery = group; live."""
    def make(folder: Path) -> Path:
        preset = write_ladder(folder, **how)
        with Ladder(make_out(folder), *IFRAMES, *arguments, preset=preset) as hlsgen:
            return hlsgen.out
    return make


def vod_ladder(**how: str) -> Callable[[Path], Path]:
    """Likewise, finite."""
    def make(folder: Path) -> Path:
        out = make_out(folder)
        preset = write_ladder(folder, **how)
        run(*Hlsgen(out, "--vod", "16s", *IFRAMES, preset=preset).command)
        return out
    return make


def add_parts(segment: str, size: int) -> str:
    """Two parts of half a second, by byte ranges of their segment."""
    half = size // 376 * 188
    return (f'#EXT-X-PART:DURATION=0.50000,INDEPENDENT=YES,URI="{segment}",'
            f'BYTERANGE="{half}@0"\n'
            f'#EXT-X-PART:DURATION=0.50000,URI="{segment}",BYTERANGE="{size - half}@{half}"\n')


PART_HEAD = """\
#EXTM3U
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5,HOLD-BACK=3,CAN-SKIP-UNTIL=6
#EXT-X-PART-INF:PART-TARGET=0.5
"""


def low_latency(folder: Path) -> Path:
    """A live one whose last three segments are listed in parts, too: the text alone is changed."""
    out = live(*SMALL)(folder)
    playlist = out / "stream.m3u8"
    text = playlist.read_text().replace("#EXTM3U\n", PART_HEAD)
    names = segments(text.encode())
    for name in names[-3:]:
        parts = add_parts(name, (out / name).stat().st_size)
        text = re.sub(rf"(#EXTINF:.*\n{name}\n)", rf"{parts}\1", text)
    following = int(names[-1][3:-3]) + 1
    text += f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="seg{following}.ts"\n'
    playlist.write_text(text)
    return out


def synchsafe(size: int) -> bytes:
    """A size of ID3v2.4: 7 bits in each byte."""
    return bytes(size >> shift & 127 for shift in (21, 14, 7, 0))


def id3(name: bytes, body: bytes) -> bytes:
    """A frame of an ID3 tag."""
    return name + synchsafe(len(body)) + b"\0\0" + body


def timestamp(pts: int, before: bytes = b"") -> bytes:
    """The ID3 tag that a segment of packed audio begins with, and other frames `before` its own."""
    tag = before + id3(b"PRIV", OWNER + pts.to_bytes(8, "big"))
    return b"ID3\4\0\0" + synchsafe(len(tag)) + tag


def packed(folder: Path, before: bytes = b"") -> Path:
    """A finite one of sound in ADTS frames alone (RFC 8216 3.4), unpacked from the transport
    stream; other frames may stand `before` the time stamp in each tag."""
    out = vod(*SOUND)(folder)
    playlist = out / "stream.m3u8"
    for name in segments(playlist.read_bytes()):
        parsed = ts.parse((out / name).read_bytes())
        pes = parsed.pes[parsed.pids(ts.ADTS)[0]]
        data = timestamp(pes[0].pts, before) + b"".join(p.data for p in pes)
        (out / name).with_suffix(".aac").write_bytes(data)
        (out / name).unlink()
    playlist.write_text(playlist.read_text().replace(".ts\n", ".aac\n"))
    for name in ("index.json", "SHA256SUMS", "urls.txt"):
        (out / name).unlink(missing_ok=True)
    return out


STREAMS: dict[str, Callable[[Path], Path]] = {
    "live": live(*SMALL),
    "halves": live(*SMALL, *sets("stream.segment-duration=1500ms")),
    "parts": low_latency,
    "sound": live(*SOUND),
    "packed": packed,
    "packed-pictures": lambda folder: packed(folder, id3(b"APIC", bytes(5000))),
    "b-pictures": vod(*SMALL, *sets("video.encoder=x264", "video.x264-preset=medium",
                                    "video.pattern=testsrc2")),
    "fmp4": live(*SMALL, *FMP4),
    "vod": vod(*SMALL),
    "vod-long": vod(*SMALL, *sets("stream.segment-duration=1600ms")),
    "ladder": ladder(),
    "groups": ladder(delivery="group"),
    "fmp4-ladder": ladder(*FMP4),
    "vod-ladder": vod_ladder(),
}
