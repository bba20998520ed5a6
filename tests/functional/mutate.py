# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways to spoil a good observation: each breaks one rule, by whose id it is filed.

A mutation changes the observation that it is given. Bytes are changed in place, so that nothing
else about the stream moves.
"""

import re
from collections.abc import Callable, Iterator

from conformance import h264, ts
from conformance.observe import Observation, Response, Version

Mutation = Callable[[Observation], None]


# ---- playlists ----------------------------------------------------------------------------------


def edit(pattern: str, replacement: str | Callable[[re.Match], str], last_only: bool = False,
         count: int = 0) -> Mutation:
    """re.sub over every version of the playlist, or over the last one."""
    def mutation(seen: Observation) -> None:
        before = [version.data for version in seen.versions]
        for version in seen.versions[-1 if last_only else 0:]:
            version.data = re.sub(pattern, replacement, version.data.decode(), count=count,
                                  flags=re.M).encode()
        assert before != [version.data for version in seen.versions], f"{pattern} is nowhere"
    return mutation


def add(line: str, last_only: bool = False) -> Mutation:
    """A line before the first EXTINF."""
    return edit(r"^#EXTINF", f"{line}\n#EXTINF", last_only, 1)


def shorten(keep: int) -> Mutation:
    """Every version keeps its last `keep` segments alone, and counts right."""
    def mutation(seen: Observation) -> None:
        for version in seen.versions:
            text = version.data.decode()
            entries = re.findall(r"(?:^#EXT(?:INF|-X-PROGRAM).*\n)+^[^#].*\n", text, re.M)
            dropped = len(entries) - keep
            text = text.replace("".join(entries[:dropped]), "")
            text = re.sub(r"(?<=MEDIA-SEQUENCE:)\d+", lambda m: str(int(m[0]) + dropped), text)
            version.data = text.encode()
    return mutation


def move(name: bytes) -> Mutation:
    """A tag of the head comes last."""
    def mutation(seen: Observation) -> None:
        for version in seen.versions:
            line = re.search(rb"^#" + name + rb":\d+\n", version.data, re.M)[0]
            version.data = version.data.replace(line, b"") + line
    return mutation


def jump(seen: Observation) -> None:
    version = seen.versions[-1]
    version.data = re.sub(rb"(?<=MEDIA-SEQUENCE:)\d+", lambda m: b"%d" % (int(m[0]) + 1),
                          version.data)


def repeat_uri(seen: Observation) -> None:
    for version in seen.versions:
        lines = version.data.splitlines(keepends=True)
        version.data = b"".join(lines[:-1] + [next(line for line in lines if line[:1] != b"#")])


# ---- time and files -----------------------------------------------------------------------------


def shift(index: int, seconds: float) -> Mutation:
    """Version `index` appears earlier or later."""
    def mutation(seen: Observation) -> None:
        seen.versions[index].seen += seconds
        seen.versions[index].after += seconds
    return mutation


def stretch(seen: Observation) -> None:
    begin = seen.versions[0].seen
    for version in seen.versions[1:]:
        version.seen = begin + (version.seen - begin) * 1.005
        version.after = begin + (version.after - begin) * 1.005


def hurry(seen: Observation) -> None:
    before, version = seen.versions[4:6]
    version.after, version.seen = before.seen, before.seen + 0.01


def fall_silent(seen: Observation) -> None:
    seen.ended += 5


def foretell(seen: Observation) -> None:
    for version in seen.versions:
        version.seen -= 0.5


def serve_old(seen: Observation) -> None:
    last = seen.versions[-1]
    seen.versions.append(Version(seen.versions[2].data, last.seen + 1, last.seen + 0.99))


def delete_early(uri_after: float) -> Mutation:
    """Each segment goes `uri_after` seconds after its removal from the playlist."""
    def mutation(seen: Observation) -> None:
        for before, after in zip(seen.versions, seen.versions[1:]):
            gone = set(re.findall(rb"^[^#\n]+", before.data, re.M)) \
                - set(re.findall(rb"^[^#\n]+", after.data, re.M))
            for uri in gone:
                seen.gone[uri.decode()] = after.seen + uri_after
    return mutation


def keep_forever(seen: Observation) -> None:
    seen.gone.clear()
    seen.ended += 60


def leave_temporary(seen: Observation) -> None:
    seen.expect.temporary = r"\.tmp-.*"
    seen.names[(".tmp-seg", 1)] = [seen.versions[0].seen, seen.ended]


# ---- segments -----------------------------------------------------------------------------------


def ordered(seen: Observation) -> list[str]:
    """URIs by their first appearance."""
    found: dict[str, None] = {}
    for version in seen.versions:
        found.update(dict.fromkeys(re.findall(r"^[^#\n]+", version.data.decode(), re.M)))
    return [uri for uri in found if uri in seen.segments]


Change = Callable[[bytearray], bytearray | None]


def segment(change: Change, which: slice = slice(5, 6)) -> Mutation:
    """Changes the bytes of some segments, by default of the sixth."""
    def mutation(seen: Observation) -> None:
        for uri in ordered(seen)[which]:
            data = bytearray(seen.segments[uri])
            result = change(data)
            data = data if result is None else result
            assert data != seen.segments[uri], "nothing changed"
            seen.segments[uri] = bytes(data)
    return mutation


ALL = slice(None)


def replace(old: bytes, new: bytes, count: int = -1) -> Callable[[bytearray], bytearray]:
    return lambda data: data.replace(old, new, count)


def each_packet(data: bytearray) -> Iterator[tuple[int, int, int]]:
    """Offset, PID and offset of the payload of every packet."""
    for at in range(0, len(data) - 187, 188):
        control = data[at + 3] >> 4
        payload = at + 4 + (1 + data[at + 4] if control & 2 else 0)
        yield at, (data[at + 1] & 31) << 8 | data[at + 2], payload if control & 1 else at + 188


def restamp(kind: int, ticks: int, which: slice = ALL) -> Callable[[bytearray], None]:
    """Adds ticks to the PTS of some PES packets of one stream."""
    def change(data: bytearray) -> None:
        pid = ts.parse(bytes(data)).pids(kind)[0]
        starts = [payload for at, found, payload in each_packet(data)
                  if found == pid and data[at + 1] & 0x40]
        for payload in starts[which]:
            at = payload + 9
            prefix = data[at] >> 4
            value = (ts.stamp(data[at:at + 5], prefix) + ticks) % ts.WRAP
            data[at:at + 5] = bytes((prefix << 4 | value >> 29 & 14 | 1, value >> 22 & 255,
                                     value >> 14 & 254 | 1, value >> 7 & 255, value << 1 & 254 | 1))
    return change


def reclock(ticks: int | None, which: slice = ALL) -> Callable[[bytearray], None]:
    """Adds 27 MHz ticks to some PCRs, or takes them away."""
    def change(data: bytearray) -> None:
        places = [at for at, _, _ in each_packet(data)
                  if data[at + 3] & 0x20 and data[at + 4] and data[at + 5] & 0x10]
        for at in places[which]:
            if ticks is None:
                data[at + 5] &= ~0x10
                continue
            base = int.from_bytes(data[at + 6:at + 11], "big") >> 7
            pcr = base * 300 + ((data[at + 10] & 1) << 8 | data[at + 11]) + ticks
            base, extension = pcr // 300 % ts.WRAP, pcr % 300
            data[at + 6:at + 12] = (base << 15 | 0x7E00 | extension).to_bytes(6, "big")
    return change


def drop_packet(data: bytearray) -> None:
    """The 40th packet that has a payload and begins nothing."""
    middle = [at for at, _, payload in each_packet(data)
              if payload < at + 188 and not data[at + 1] & 0x40]
    del data[middle[40]:middle[40] + 188]


def miscount(data: bytearray) -> None:
    """Another continuity counter in the 31st packet."""
    data[188 * 30 + 3] ^= 1


def behead(data: bytearray) -> None:
    """The first packet of the sound, with its PES header, is lost."""
    pid = ts.parse(bytes(data)).pids(ts.ADTS)[0]
    at = next(at for at, found, _ in each_packet(data) if found == pid)
    del data[at:at + 188]


def late_tables(data: bytearray) -> None:
    """The first packet with media changes places with the PAT."""
    pids = ts.parse(bytes(data)).streams
    pat = next(at for at, pid, _ in each_packet(data) if pid == ts.PAT)
    media = next(at for at, pid, _ in each_packet(data) if pid in pids)
    data[pat:pat + 188], data[media:media + 188] = data[media:media + 188], data[pat:pat + 188]


def edit_pmt(old: bytes, new: bytes, fix: bool) -> Callable[[bytearray], None]:
    """Changes bytes of every PMT, with or without a new CRC_32."""
    def change(data: bytearray) -> None:
        pmt_pid = ts.parse(bytes(data)).pmt_pid
        for _, pid, payload in list(each_packet(data)):
            if pid != pmt_pid:
                continue
            begin = payload + 1 + data[payload]
            end = begin + 3 + ((data[begin + 1] & 15) << 8 | data[begin + 2])
            body = data[begin:end - 4].replace(old, new, 1)
            crc = ts.crc32(bytes(body)).to_bytes(4, "big") if fix else data[end - 4:end]
            data[begin:end] = body + crc
    return change


def edit_sps(index: int, value: int) -> Callable[[bytearray], None]:
    """Sets a byte of the first SPS: 1 is profile_idc, 3 is level_idc."""
    def change(data: bytearray) -> None:
        at = next(data.index(b"\0\0\1" + bytes((head,))) for head in (0x67, 0x27, 0x47)
                  if b"\0\0\1" + bytes((head,)) in data)
        data[at + 3 + index] = value
    return change


def hide_idr(data: bytearray) -> bytearray:
    """Every IDR slice becomes an ordinary one."""
    return bytearray(re.sub(rb"\x00\x00\x01([\x65\x45\x25])",
                            lambda m: b"\0\0\1" + bytes((m[1][0] & 0xE0 | h264.SLICE,)), data))


def pad(share: float) -> Callable[[bytearray], None]:
    """Null packets at the end, at least one."""
    def change(data: bytearray) -> None:
        data += (b"\x47\x1f\xff\x10" + b"\xff" * 184) * max(1, int(len(data) * share / 188))
    return change


def begin_null(data: bytearray) -> None:
    """One more null packet, in which payload_unit_start_indicator is set."""
    data += b"\x47\x5f\xff\x10" + b"\xff" * 184


def double(seen: Observation) -> None:
    """One segment holds the next one, too."""
    names = ordered(seen)
    seen.segments[names[5]] += seen.segments[names[6]]


def promise(**fields: object) -> Mutation:
    def mutation(seen: Observation) -> None:
        for name, value in fields.items():
            setattr(seen.expect, name, value)
    return mutation


def in_turn(*mutations: Mutation) -> Mutation:
    """What only several changes together are."""
    def mutation(seen: Observation) -> None:
        for change in mutations:
            change(seen)
    return mutation


# ---- HTTP ---------------------------------------------------------------------------------------


def answer(name: str, status: int | None = None, header: str | None = None,
           value: str | None = None) -> Mutation:
    """Another status, or another value of a header, in one answer of the origin."""
    def mutation(seen: Observation) -> None:
        old = seen.http[name]
        headers = [(key, text) for key, text in old.headers if key != header]
        if value is not None:
            headers.append((header, value))
        seen.http[name] = Response(status or old.status, headers, old.body)
    return mutation


# ---- discontinuities ----------------------------------------------------------------------------


def count(number: int, last_only: bool = False) -> Mutation:
    """Another EXT-X-DISCONTINUITY-SEQUENCE."""
    return edit(r"(?<=DISCONTINUITY-SEQUENCE:)\d+", str(number), last_only)


PDT = r"(?<=PROGRAM-DATE-TIME:)"

# Rules, and what breaks them. Twice the same rule: two ways to break it.
MUTATIONS: list[tuple[str, Mutation]] = [
    ("PL_PARSE", edit(r"\n\Z", "", last_only=True)),
    ("PL_PARSE", edit(r"\A", "\ufeff")),
    ("PL_PARSE", edit(r"\A#EXTM3U\n", "")),
    ("PL_PARSE", edit(r"^seg\d+\.ts\n\Z", "", last_only=True)),
    ("PL_PARSE", edit(r"TARGETDURATION:", "TARGETDURATION: ")),
    ("PL_PARSE", edit(r"^#EXTINF:1.*,", "#EXTINF:one,", count=1)),
    ("PL_KIND", add("#EXT-X-STREAM-INF:BANDWIDTH=1")),
    ("PL_KIND", add("#EXT-X-VERSION:3")),
    ("PL_VERSION_MIN", edit(r"VERSION:\d+", "VERSION:2")),
    ("PL_VERSION_MAX", edit(r"VERSION:\d+", "VERSION:7")),
    ("PL_TAGS", add("#EXT-X-INDEPENDANT-SEGMENTS")),
    ("PL_TD", edit(r"(TARGETDURATION:\d+)", r"\1.0")),
    ("PL_TD", edit(r"#EXT-X-TARGETDURATION:\d+\n", "")),
    ("PL_TD_EXTINF", edit(r"^#EXTINF:.*", "#EXTINF:1.500000,")),
    ("PL_TD_05", double),
    ("PL_HEAD_ORDER", move(b"EXT-X-MEDIA-SEQUENCE")),
    ("PL_HEAD_ORDER", move(b"EXT-X-DISCONTINUITY-SEQUENCE")),
    ("PL_URI_UNIQUE", repeat_uri),
    ("PL_LIVE_TYPE", add("#EXT-X-PLAYLIST-TYPE:EVENT")),
    ("PL_WINDOW_3TD", shorten(2)),
    ("PL_WINDOW_6", shorten(5)),
    ("PL_PDT_PRESENT", edit(r"^#EXT-X-PROGRAM.*\n", "")),
    ("PL_PDT_FORMAT", edit(r"Z$", "+0000")),
    ("PL_PDT_FORMAT", edit(r"\.\d+Z$", "Z")),
    ("PL_PDT_STEP", edit(PDT + r"\d{4}", "2001", count=1)),
    ("PL_INDEPENDENT", edit(r"^#EXT-X-INDEPENDENT.*\n", "")),
    ("PL_GAP", add("#EXT-X-GAP")),
    ("EV_TD_CONST", edit(r"TARGETDURATION:\d+", "TARGETDURATION:2", last_only=True)),
    ("EV_MSN", jump),
    ("EV_LINES", edit(r"^(#EXTINF.*)", r"\1title", last_only=True, count=1)),
    ("EV_DSN", add("#EXT-X-DISCONTINUITY", last_only=True)),
    ("EV_EVENT", in_turn(promise(kind="EVENT"), add("#EXT-X-PLAYLIST-TYPE:EVENT"))),
    ("EV_EVENT", in_turn(promise(kind="VOD"), add("#EXT-X-PLAYLIST-TYPE:VOD"))),
    ("EV_END", edit(r"\Z", "#EXT-X-ENDLIST\n", last_only=True)),
    ("EV_END", in_turn(promise(ends=True), edit(r"\Z", "#EXT-X-ENDLIST\n"))),
    ("EV_END", promise(ends=True)),
    ("EV_LATE", shift(-1, 1.0)),
    ("EV_LATE", fall_silent),
    ("EV_EARLY", hurry),
    ("EV_ONE", lambda seen: seen.versions.pop(5)),
    ("EV_STALE", serve_old),
    ("SG_KEPT_8216", delete_early(1.0)),
    ("SG_KEPT_BIS", delete_early(-1.0)),
    ("SG_TEMP", leave_temporary),
    ("SG_TEMP", keep_forever),
    ("TS_SYNC", segment(lambda data: data[:-100])),
    ("TS_SYNC", segment(lambda data: data.__setitem__(188 * 30, 0x48))),
    ("TS_PSI_FIRST", segment(late_tables)),
    ("TS_PSI_OK", segment(edit_pmt(b"\x0f", b"\x11", fix=False))),
    ("TS_PSI_OK", segment(edit_pmt(b"\x0f", b"\x11", fix=True))),
    ("TS_CC", segment(drop_packet)),
    ("TS_CC", segment(miscount)),
    ("TS_CC", lambda seen: seen.segments.pop(ordered(seen)[5])),
    ("TS_PCR_100", segment(reclock(None, slice(4, 12)))),
    ("TS_PCR_40", segment(reclock(None, slice(4, 6)))),
    ("TS_PCR_MONO", segment(reclock(-27_000_000, slice(4, 5)))),
    ("TS_PCR_LINEAR", segment(reclock(5, slice(4, 5)))),
    ("TS_PCR_LINEAR", segment(reclock(3))),
    ("TS_PCR_DTS", segment(reclock(5 * 27_000_000), ALL)),
    ("TS_PCR_DTS", segment(reclock(-11 * 27_000_000), ALL)),
    ("TS_BUFFER", segment(reclock(-2 * 27_000_000), ALL)),
    ("TS_BUFFER", segment(edit_sps(3, 10), ALL)),
    ("TS_NULL", segment(begin_null)),
    ("TS_PES", segment(behead)),
    ("TS_PES", segment(replace(b"\0\0\1\xc0", b"\0\0\1\xbd", 1))),
    ("TS_PTS_700", segment(restamp(ts.ADTS, 90_000), slice(5, None))),
    ("TS_AUD", segment(replace(b"\0\0\0\1\x09", b"\0\0\0\1\x06", 1))),
    ("V_DTS", segment(restamp(ts.H264, -9000, slice(4, 5)))),
    ("V_CFR", segment(restamp(ts.H264, 2, slice(4, 5)))),
    ("V_CFR", lambda seen: seen.segments.pop(ordered(seen)[5])),
    ("V_IDR", segment(hide_idr)),
    ("V_IDR", segment(replace(b"\0\0\1\x68", b"\0\0\1\x66", 1))),
    ("V_CLOSED", segment(restamp(ts.H264, -30_000, slice(2, 3)))),
    ("V_KEYINT", segment(hide_idr, slice(5, 7))),
    ("V_PARAMS", segment(edit_sps(3, 41))),
    ("V_PROFILE", segment(edit_sps(3, 60), ALL)),
    ("V_PROFILE", segment(edit_sps(1, 88), ALL)),
    ("V_LEVEL", segment(edit_sps(3, 10), ALL)),
    ("V_FILLER", segment(replace(b"\0\0\1\x0c\xff", b"\0\0\1\x0c\xfe", 1))),
    ("V_FILLER", segment(replace(b"\0\0\0\1\x09", b"\0\0\0\1\x0c", 1))),
    ("V_COLOUR", promise(primaries=1, matrix=1)),
    ("A_ADTS", segment(replace(b"\xff\xf1", b"\xff\xe1", 1))),
    ("A_CONT", segment(restamp(ts.ADTS, 1, slice(2, 3)))),
    ("A_CONT", lambda seen: seen.segments.pop(ordered(seen)[5])),
    ("AV_ALIGN", segment(restamp(ts.ADTS, 18_000), ALL)),
    ("AV_ONE_AUDIO", segment(edit_pmt(b"\x1b", b"\x0f", fix=True), ALL)),
    ("AV_ONE_AUDIO", promise(streams={ts.H264})),
    ("X_EXTINF", edit(r"^#EXTINF:.*", "#EXTINF:0.980000,")),
    ("X_EXTINF_EXACT", edit(r"^#EXTINF:.*", "#EXTINF:1.000100,")),
    ("X_PDT_PTS", edit(PDT + r"\d{4}", "2001", count=1)),
    ("BW_SEGMENT", segment(pad(0.2))),
    ("BW_EQUAL", segment(pad(0))),
    ("BW_VIDEO", promise(video_bitrate=500_016)),
    ("BW_VIDEO", promise(video_bitrate=600_000, null_stuffing=True)),
    ("BW_STUFFING", promise(null_stuffing=True)),
    ("PB_JITTER", shift(6, 0.4)),
    ("PB_DRIFT", stretch),
    ("PB_FUTURE", foretell),
    ("PB_FUTURE", shift(-1, 2.0)),
    ("HT_TYPE", answer("playlist", header="Content-Type", value="text/plain")),
    ("HT_TYPE", answer("segment", header="Content-Type", value="video/mp4")),
    ("HT_CORS", answer("missing", header="Access-Control-Allow-Origin")),
    ("HT_GZIP", answer("gzip", header="Content-Encoding")),
    ("HT_CACHE", answer("playlist", header="Cache-Control", value="max-age=60")),
    ("HT_CACHE", answer("playlist", header="Cache-Control")),
    ("HT_RANGE", answer("range", status=200)),
    ("HT_REDIRECT", answer("segment", status=302)),
]

# For a stream whose sizes follow a sawtooth, and whose stuffing is null packets; likewise.
VARIED_MUTATIONS: list[tuple[set[str], Mutation]] = [
    ({"BW_EQUAL"}, promise(cycle=7)),
    ({"BW_EQUAL", "TS_PCR_LINEAR"}, segment(pad(0))),
    ({"BW_SEGMENT"}, promise(variation=15)),
    ({"BW_VIDEO"}, promise(video_bitrate=570_000)),
    ({"BW_VIDEO"}, promise(video_bitrate=450_000)),
    ({"BW_VIDEO"}, promise(null_stuffing=False)),
    ({"TS_PCR_LINEAR"}, segment(reclock(5, slice(4, 5)))),
    ({"TS_PCR_LINEAR"}, segment(reclock(3))),
    ({"TS_NULL"}, segment(replace(b"\x47\x1f\xff\x10", b"\x47\x5f\xff\x10", 1))),
]

# For sound alone; likewise.
SOUND_MUTATIONS: list[tuple[set[str], Mutation]] = [
    ({"TS_PCR_LINEAR"}, segment(reclock(5, slice(4, 5)))),
    ({"TS_PCR_100", "TS_PCR_40"}, segment(reclock(None, slice(4, 12)))),
    ({"A_CONT"}, segment(restamp(ts.ADTS, 1, slice(2, 3)))),
    ({"X_EXTINF_EXACT"}, edit(r"^#EXTINF:1\.0.*", "#EXTINF:1.003000,")),
    ({"AV_ONE_AUDIO"}, promise(streams={ts.H264, ts.ADTS})),
    ({"BW_EQUAL", "TS_PCR_LINEAR"}, segment(pad(0))),
]

# For a stream that another one follows, after EXT-X-DISCONTINUITY: ways to break it, with all the
# rules that then do not hold. LATER is one segment of the second stream.
LATER = slice(-4, -3)
SEAM_MUTATIONS: list[tuple[set[str], Mutation]] = [
    ({"PL_HEAD_ORDER"}, move(b"EXT-X-DISCONTINUITY-SEQUENCE")),
    ({"EV_DSN"}, count(7, last_only=True)),
    ({"EV_DSN"}, count(0)),
    ({"V_PARAMS"}, segment(edit_sps(3, 41), LATER)),
    ({"TS_PSI_OK"}, segment(edit_pmt(b"\xc1\0\0", b"\xc3\0\0", fix=True), LATER)),
    ({"TS_CC"}, segment(miscount, LATER)),
    ({"TS_PCR_LINEAR"}, segment(reclock(5, slice(4, 5)), LATER)),
    ({"V_CFR"}, segment(restamp(ts.H264, 2, slice(4, 5)), LATER)),
    ({"A_CONT"}, segment(restamp(ts.ADTS, 1, slice(2, 3)), LATER)),
    ({"BW_EQUAL", "TS_PCR_LINEAR"}, segment(pad(0), LATER)),
]
