# SPDX-License-Identifier: GPL-2.0-or-later
"""What breaks a rule of one playlist: rule, stream (good.py), change. Twice the same rule: two ways
to break it."""

import re
from datetime import datetime, timedelta
from pathlib import Path

from good import add_parts
from spoil import Change, add, edit, in_turn, listed, master

ENTRY = r"(?:#EXT-X-PROGRAM-DATE-TIME.*\n)?#EXTINF.*\nseg.*\n"
PDT = "#EXT-X-PROGRAM-DATE-TIME:"


def replace_file(name: str, data: bytes) -> Change:
    return lambda folder: (folder / name).write_bytes(data) and None


def move_to_end(tag: str) -> Change:
    """The tag comes behind all segments."""
    return edit(rf"(#{tag}:.*\n)((?:.*\n)*)", r"\2\1")


def repeat_first(folder: Path) -> None:
    """The first segment is listed once more, behind all others; the index, which would tell its
    number, goes."""
    path = folder / "stream.m3u8"
    first = listed(folder)[0].name
    with path.open("a") as file:
        file.write(f"#EXT-X-DISCONTINUITY\n#EXTINF:1.000000,\n{first}\n")
    (folder / "index.json").unlink()


def keep_last(count: int) -> Change:
    """Others have left the window."""
    def change(folder: Path) -> None:
        gone = len(listed(folder)) - count
        edit(rf"(#EXT-X-MEDIA-SEQUENCE:)(\d+)((?:\n#.*)*?\n)((?:{ENTRY}){{{gone}}})", r"\1\2\3",
             1)(folder)
        path = folder / "stream.m3u8"
        path.write_text(re.sub(r"(?<=MEDIA-SEQUENCE:)\d+",
                               lambda match: str(int(match[0]) + gone), path.read_text()))
    return change


def redate(seconds: float, since: int, name: str = "stream.m3u8") -> Change:
    """The dates from segment number `since` of the playlist on are later."""
    def change(folder: Path) -> None:
        path = folder / name
        lines = path.read_text().splitlines(keepends=True)
        dated = [index for index, line in enumerate(lines) if line.startswith(PDT)]
        for index in dated[since:]:
            date = datetime.fromisoformat(lines[index].removeprefix(PDT).strip())
            text = (date + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
            lines[index] = PDT + text.replace("+00:00", "Z") + "\n"
        path.write_text("".join(lines))
    return change


def say_range(folder: Path) -> None:
    """The byte range of the second segment is all of it."""
    path = listed(folder)[1]
    edit(rf"^({path.name})$", rf"#EXT-X-BYTERANGE:{path.stat().st_size}@0\n\1")(folder)


def keep_parts(folder: Path) -> None:
    """Parts of the second segment are still there."""
    path = listed(folder)[1]
    parts = add_parts(path.name, path.stat().st_size)
    edit(rf"^(#EXTINF.*\n{path.name})$", rf"{parts}\1")(folder)


SERVICE = ('#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="captions",NAME="captions",'
           'INSTREAM-ID="SERVICE1"')
VARIANT = r"#EXT-X-STREAM-INF.*\n.*\n"

MEDIA_PLAYLIST: list[tuple[str, str, Change]] = [
    ("PL_FETCH", "live", replace_file("stream.m3u8", b"")),
    ("PL_PARSE", "live", replace_file("stream.m3u8", b"<html>503</html>\n")),
    ("PL_PARSE", "live", edit(r"\n\Z", "")),
    ("PL_PARSE", "live", edit(r"\A", "\ufeff")),
    ("PL_PARSE", "live", edit(r"\A#EXTM3U\n", "")),
    ("PL_PARSE", "live", edit(r"^seg\d+\.ts\n\Z", "")),
    ("PL_PARSE", "live", edit(r"^#EXTINF:.*\n(.*\n)\Z", r"\1")),
    ("PL_PARSE", "live", edit(r"TARGETDURATION:", "TARGETDURATION: ")),
    ("PL_PARSE", "live", edit(r"^#EXTINF:.*", "#EXTINF:one,", 1)),
    ("PL_PARSE", "live", edit(r"^(#EXTINF:.*),", r"\1", 1)),
    ("PL_PARSE", "live", edit(r"^(#EXTINF:.*)", "\\1\t", 1)),
    ("PL_PARSE", "live", edit(r"^(#EXT-X-INDEPENDENT-SEGMENTS)", r"\1:YES")),
    ("PL_PARSE", "live", add("#EXT-X-PLAYLIST-TYPE:LIVE")),
    ("PL_PARSE", "live", add("#EXT-X-DATERANGE:ID=none")),
    ("PL_KIND", "live", add("#EXT-X-STREAM-INF:BANDWIDTH=1")),
    ("PL_KIND", "live", add("#EXT-X-VERSION:3")),
    ("PL_VERSION_MIN", "live", edit(r"VERSION:\d+", "VERSION:2")),
    ("PL_VERSION_MIN", "live", say_range),
    ("PL_VERSION_MAX", "live", edit(r"VERSION:\d+", "VERSION:7")),
    ("PL_TAGS", "live", add("#EXT-X-INDEPENDANT-SEGMENTS")),
    ("PL_TD", "live", edit(r"(TARGETDURATION:\d+)", r"\1.0")),
    ("PL_TD", "live", edit(r"#EXT-X-TARGETDURATION:\d+\n", "")),
    ("PL_TD", "live", add("#EXT-X-TARGETDURATION:1")),
    ("PL_TD", "live", move_to_end("EXT-X-TARGETDURATION")),
    ("PL_TD_EXTINF", "halves", edit(r"TARGETDURATION:\d+", "TARGETDURATION:1")),
    ("PL_HEAD_ORDER", "live", move_to_end("EXT-X-MEDIA-SEQUENCE")),
    ("PL_HEAD_ORDER", "live", move_to_end("EXT-X-DISCONTINUITY-SEQUENCE")),
    ("PL_URI_UNIQUE", "live", repeat_first),
    ("PL_LIVE_TYPE", "vod", edit(r"#EXT-X-ENDLIST\n", "")),
    ("PL_WINDOW_6", "live", keep_last(5)),
    ("PL_PDT_PRESENT", "live", edit(rf"^{PDT}.*\n", "")),
    ("PL_PDT_FORMAT", "live", edit(r"Z$", "+0000")),
    ("PL_PDT_FORMAT", "live", edit(rf"^{PDT}(.*)Z$", rf"{PDT}\1")),
    ("PL_PDT_FORMAT", "live", edit(rf"^{PDT}....-..-..", f"{PDT}2026-02-30", 1)),
    ("PL_PDT_STEP", "live", redate(1, since=5)),
    ("PL_PDT_STEP", "vod", redate(-86400, since=3)),
    ("PL_INDEPENDENT", "live", edit(r"^#EXT-X-INDEPENDENT.*\n", "")),
    ("PL_PARSE", "live", edit(r"^(seg)", r"{$name}\1", 1)),
    ("PL_GAP", "live", edit(r"^(#EXTINF)", r"#EXT-X-GAP\n\1", 1)),
]

PARTS: list[tuple[str, str, Change]] = [
    ("LL_PARTINF", "parts", edit(r"#EXT-X-PART-INF.*\n", "")),
    ("LL_PARTINF", "parts", edit(r"PART-TARGET=0.5", "PART-TARGET=0.4")),
    ("LL_PARTINF", "parts", edit(r"(PART-TARGET=0.5|,INDEPENDENT=YES)",
                                 lambda match: "PART-TARGET=0.6" if "T=0" in match[0] else "")),
    ("LL_CONTROL", "parts", edit(r"PART-HOLD-BACK=1.5", "PART-HOLD-BACK=0.8")),
    ("LL_CONTROL", "parts", edit(r"PART-HOLD-BACK=1.5,", "")),
    ("LL_CONTROL", "parts", edit(r",HOLD-BACK=3", ",HOLD-BACK=2.5")),
    ("LL_CONTROL", "parts", edit(r"SKIP-UNTIL=6", "SKIP-UNTIL=5.9")),
    ("LL_SUM", "parts", edit(r"DURATION=0.50000", "DURATION=0.45000")),
    ("LL_HINT", "parts", edit(r"#EXT-X-PRELOAD-HINT.*\n", "")),
    ("LL_HINT", "parts", edit(r"(#EXT-X-PRELOAD-HINT.*\n)", r"\1\1")),
    ("LL_OLDPARTS", "parts", keep_parts),
    ("LL_HINT", "parts", in_turn(edit(r"#EXT-X-PRELOAD-HINT.*\n", ""),
                                 edit(r'(PART:.*,URI="seg)(.*)', r'\1gone\2,GAP=YES', 1))),
    ("SG_AVAILABLE", "parts", edit(r'(PART:.*,URI="seg)', r"\1gone", 1)),
    ("SG_AVAILABLE", "parts", edit(r'(PART:.*BYTERANGE="\d+)(@\d{2,})', r"\g<1>0\2", 1)),
    ("SG_AVAILABLE", "parts", edit(r'(PART:.*BYTERANGE="\d+)@\d{2,}', r"\g<1>0", 1)),
    ("LL_PDT", "parts", edit(rf"^{PDT}.*\n", "")),
    ("PL_PARSE", "parts", edit(r"PART:DURATION=0.50000,", "PART:DURATION=\"0.5\",", 1)),
]

MULTIVARIANT: list[tuple[str, str, Change]] = [
    ("MV_PARSE", "ladder", master(r"(?<!AVERAGE-)BANDWIDTH=\d+,", "", 1)),
    ("MV_PARSE", "ladder", master(r"BANDWIDTH=(\d+)", r'BANDWIDTH="\1"', 1)),
    ("MV_PARSE", "ladder", master(r",CODECS", ";CODECS", 1)),
    ("MV_PARSE", "ladder", master(r'CODECS="([^"]*)"', r"CODECS=\1", 1)),
    ("MV_PARSE", "ladder", master(r"(FRAME-RATE=[\d.]+)", r"\1,\1", 1)),
    ("MV_PARSE", "ladder", master(r"(FRAME-RATE=[\d.]+)", r"\1,", 1)),
    ("MV_PARSE", "ladder", master(r"RESOLUTION=(\d+)x", r"RESOLUTION=\1*", 1)),
    ("MV_PARSE", "ladder", master(r"^(.+/stream\.m3u8)$", r"\1\nother.m3u8", 1)),
    ("MV_PARSE", "ladder", master(r"(#EXT-X-STREAM-INF.*\n)", r"\1#EXT-X-START:TIME-OFFSET=0\n",
                                  1)),
    ("PL_PARSE", "ladder", master(r"\n\Z", "")),
    ("PL_PARSE", "ladder", master(r"\A#EXTM3U\n", "")),
    ("PL_KIND", "ladder", add("#EXT-X-ENDLIST", "master.m3u8")),
    ("PL_KIND", "ladder", add("#EXT-X-INDEPENDENT-SEGMENTS", "master.m3u8")),
    ("PL_TAGS", "ladder", add("#EXT-X-STREAM_INF:BANDWIDTH=1", "master.m3u8")),
    ("PL_VERSION_MIN", "ladder", add('#EXT-X-DEFINE:NAME="a",VALUE="b"', "master.m3u8")),
    ("PL_FETCH", "ladder", lambda folder: (folder / "low" / "stream.m3u8").unlink()),
    ("MV_CODECS", "ladder", master(r'CODECS="[^"]*",', "", 1)),
    ("MV_RESOLUTION", "ladder", master(r",RESOLUTION=\d+x\d+", "", 1)),
    ("MV_FRAMERATE", "ladder", master(r",FRAME-RATE=[\d.]+", "", 1)),
    ("MV_AVERAGE", "ladder", master(r"AVERAGE-BANDWIDTH=\d+,", "", 1)),
    ("MV_IFRAME", "ladder", master(r"#EXT-X-I-FRAME-STREAM-INF.*\n", "")),
    ("MV_INDEPENDENT", "ladder", master(r"#EXT-X-INDEPENDENT-SEGMENTS\n", "")),
    ("MV_GROUPS", "groups", master(r'GROUP-ID="[^"]*"', 'GROUP-ID="others"')),
    ("MV_GROUPS", "groups", master(r',NAME="[^"]*"', "")),
    ("MV_GROUPS", "groups", master(r"AUTOSELECT=YES", "AUTOSELECT=NO")),
    ("MV_GROUPS", "groups", master(r'(#EXT-X-MEDIA.*NAME=")(.*\n)', r"\1\2\1x\2")),
    ("MV_GROUPS", "groups", master(r"(#EXT-X-MEDIA.*)DEFAULT=YES,(.*\n)",
                                   r"\1DEFAULT=YES,\2\1DEFAULT=NO,\2")),
    ("MV_GROUPS", "ladder", master(r"(#EXT-X-STREAM-INF:.*)", r'\1,CLOSED-CAPTIONS="none"')),
    ("PL_VERSION_MIN", "ladder",
     master(r"(#EXT-X-STREAM-INF:.*)", rf'{SERVICE}\n\1,CLOSED-CAPTIONS="captions"', 1)),
    ("MV_MORE", "ladder", master(rf"(#EXT-X-STREAM(?:.*\n){{2}})(?:{VARIANT})", r"\1")),
]

PICTURES = "top/iframes.m3u8"

OTHERS: list[tuple[str, str, Change]] = [
    ("PL_VERSION_MIN", "ladder", edit(r"VERSION:\d+", "VERSION:3", name=PICTURES)),
    ("PL_VERSION_MAX", "ladder", edit(r"VERSION:\d+", "VERSION:5", name=PICTURES)),
    ("PL_PARSE", "ladder", edit(r"(#EXT-X-BYTERANGE:\d+)@\d+", r"\1", 1, PICTURES)),
    ("PL_PARSE", "ladder", edit(r"(#EXT-X-BYTERANGE:\d+)@\d+", r"\1@", 1, PICTURES)),
    ("PL_PDT_STEP", "ladder", redate(1, since=3, name=PICTURES)),
    ("MV_IFRAME", "ladder", edit(r"#EXT-X-I-FRAMES-ONLY\n", "", name=PICTURES)),
    ("MV_IFRAME", "ladder", master(PICTURES, "top/stream.m3u8")),
    ("PL_VERSION_MIN", "fmp4", edit(r"VERSION:\d+", "VERSION:5")),
    ("PL_PARSE", "fmp4", edit(r'MAP:URI="', "MAP:URI=")),
    ("PL_PARSE", "fmp4", edit(r'MAP:URI="[^"]*"', "MAP:X=1")),
]

MUTATIONS = MEDIA_PLAYLIST + PARTS + MULTIVARIANT + OTHERS
