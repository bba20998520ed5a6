# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules that join playlist, media and the clock: durations, sizes, publication, HTTP."""

import gzip
import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from . import h264
from .media import PTS_HZ, MediaSegment, Run
from .observe import Response
from .rules import VIDEO, Undecided, View, rule, rule_of_runs
from .rules_playlist import target


def durations(run: Run) -> Iterator[tuple[MediaSegment, Fraction]]:
    """Each segment but the last with its real duration in seconds: first PTS to first PTS."""
    for one, following in pairwise(run.segments):
        if following.sequence == one.sequence + 1:
            yield one, Fraction(following.start - one.start, PTS_HZ)


# ---- playlist and media -------------------------------------------------------------------------


@rule_of_runs("X_EXTINF", "A", "Apple 8.1")
def x_extinf(run: Run) -> Iterator[str]:
    """The sum of EXTINF of any run of segments is within one frame of the media time."""
    total = low = high = Fraction(0)
    for segment, real in durations(run):
        total += segment.entry.duration - real
        low, high = min(low, total), max(high, total)
        if (high - low) * PTS_HZ > run.frame():
            yield f"up to {segment.uri}: {float(high - low):.4f} s"


@rule_of_runs("X_EXTINF_EXACT", "Q", "own")
def x_extinf_exact(run: Run) -> Iterator[str]:
    """Each EXTINF is the real duration to one tick and half the last digit printed."""
    for segment, real in durations(run):
        limit = Fraction(1, PTS_HZ) + Fraction(1, 2 * 10 ** segment.entry.digits)
        if abs(segment.entry.duration - real) > limit:
            yield f"{segment.uri}: {float(segment.entry.duration)}, really {float(real):.6f}"


@rule_of_runs("X_PDT_PTS", "M", "rfc8216bis 6.2.4")
def x_pdt_pts(run: Run) -> Iterator[str]:
    """PROGRAM-DATE-TIME minus PTS is constant within one frame."""
    offsets = [segment.entry.pdt.timestamp() * PTS_HZ - segment.start
               for segment in run.segments if segment.entry.pdt]
    if not offsets:
        raise Undecided("no PROGRAM-DATE-TIME")
    if max(offsets) - min(offsets) > run.frame():
        yield f"wanders by {max(offsets) - min(offsets):.0f} ticks"


@rule("BW_SEGMENT", "Q", "own")
def bw_segment(view: View) -> Iterator[str]:
    """Every segment is within 10 % of the mean size, or within the variation that is promised."""
    percent, cycle = max(10, view.seen.expect.variation), view.seen.expect.cycle
    for run in view.runs():
        sizes = [len(segment.data) for segment in run.segments]
        sizes = sizes[:len(sizes) // cycle * cycle] or sizes
        mean = sum(sizes) / len(sizes)
        for segment in run.segments:
            if abs(len(segment.data) - mean) > mean * percent / 100:
                yield f"{segment.uri}: {len(segment.data)} bytes, mean {mean:.0f}"


@rule("BW_EQUAL", "Q", "own")
def bw_equal(view: View) -> Iterator[str]:
    """Every segment has the same size to the byte, or that of the segment a cycle before it; of
    sound alone, that of those with as many AAC frames."""
    cycle = view.seen.expect.cycle
    for run in view.runs():
        found: dict[tuple[int, int], set[int]] = {}
        for segment in run.segments:
            frames = 0 if segment.units else len(segment.frames)
            found.setdefault((segment.sequence % cycle, frames), set()).add(len(segment.data))
        for sizes in found.values():
            if len(sizes) > 1:
                yield f"{len(sizes)} sizes, {min(sizes)} to {max(sizes)} bytes"


def cycles(view: View, run: Run) -> Iterator[tuple[list[MediaSegment], Fraction]]:
    """Every cycle of sizes that was seen, and the bytes of video that are promised for it."""
    bitrate, length = view.seen.expect.video_bitrate, view.seen.expect.cycle
    if bitrate is None:
        raise Undecided("no bit rate was promised")
    if len(run.segments) < length:
        raise Undecided(f"fewer than {length} segments seen")
    for first in range(len(run.segments) - length + 1):
        found = run.segments[first:first + length]
        frames = sum(len(segment.units) for segment in found)
        yield found, bitrate * frames * run.frame() / PTS_HZ / 8


@rule("BW_VIDEO", "Q", "own", of=VIDEO)
def bw_video(view: View) -> Iterator[str]:
    """The H.264 byte stream of a segment, or of every cycle of sizes, has exactly
    bitrate * duration / 8 bytes, to one for each segment. With null packets in the place of filler
    data, they and it have as many, and at most two packets for each picture more."""
    null_stuffing = view.seen.expect.null_stuffing
    for run in view.runs():
        for found, wanted in cycles(view, run):
            video = sum(segment.video_bytes for segment in found)
            room = video + sum(184 * segment.nulls for segment in found)
            spare = 2 * 184 * sum(len(segment.units) for segment in found)
            exact = abs(video - wanted) < len(found)
            if not (wanted <= room <= wanted + spare if null_stuffing else exact):
                yield f"{found[0].uri}: {video} bytes, {room} with null packets, not " \
                      f"{float(wanted):.1f}"


@rule("BW_STUFFING", "Q", "H.264 7.4.2.7, ISO/IEC 13818-1 2.4.1")
def bw_stuffing(view: View) -> Iterator[str]:
    """With null packets there is no filler data."""
    for segment in view.media.segments:
        filler = sum(h264.FILLER in unit.kinds for unit in segment.units)
        if view.seen.expect.null_stuffing and filler:
            yield f"{segment.uri}: filler data in {filler} access units"


# ---- publication --------------------------------------------------------------------------------


Update = tuple[float, float, Fraction]


def published(view: View, least: int) -> list[list[Update]]:
    """Every update: last time without it, first time with it, media time of its newest segment's
    end. In runs without a discontinuity, which media time need not go over; those of at least so
    many updates."""
    ends, runs = {}, {}
    total, run = Fraction(0), 0
    for number, entry in sorted(view.media.entries.items()):
        total += entry.duration
        run += entry.discontinuity
        ends[number] = run, total
    for version, playlist in zip(view.seen.versions[1:], view.media.playlists[1:]):
        run, end = ends[playlist.sequence + len(playlist.entries) - 1]
        runs.setdefault(run, []).append((version.after, version.seen, end))
    long = [updates for updates in runs.values() if len(updates) >= least]
    if not long:
        raise Undecided(f"fewer than {least} updates seen")
    return long


@rule("PB_JITTER", "Q", "own")
def pb_jitter(view: View) -> Iterator[str]:
    """Segment n appears at its due time, the first one's plus the durations in between, within
    0.25 target durations."""
    for updates in published(view, 2):
        latest_start = min(seen - media for _, seen, media in updates)
        for after, _, media in updates:
            if after - media - latest_start > target(view) / 4:
                yield f"{float(after - media - latest_start):.3f} s off at {float(media)} s"


@rule("PB_DRIFT", "Q", "own")
def pb_drift(view: View) -> Iterator[str]:
    """Publication does not drift against media time by more than 1000 ppm: from the promptest
    update of the first half to that of the second, since a busy machine makes others late."""
    for updates in published(view, 10):
        half = len(updates) // 2
        one, other = (min(part, key=lambda update: update[1] - float(update[2]))
                      for part in (updates[:half], updates[half:]))
        media = float(other[2] - one[2])
        slowest = (other[1] - one[0]) / media - 1
        fastest = (other[0] - one[1]) / media - 1
        if fastest > 0.001 or slowest < -0.001:
            yield f"{(slowest + fastest) / 2 * 1e6:.0f} ppm"


@rule("PB_FUTURE", "Q", "Apple 8.5")
def pb_future(view: View) -> Iterator[str]:
    """No segment is published before the date-time of its end (2 ms), nor 1.5 target durations
    after it."""
    if not all(entry.pdt for playlist in view.media.playlists for entry in playlist.entries):
        raise Undecided("not every segment has a PROGRAM-DATE-TIME")
    for version, playlist in zip(view.seen.versions, view.media.playlists):
        last = playlist.entries[-1]
        due = last.pdt.timestamp() + float(last.duration)
        if version.seen < due - 0.002:
            yield f"{last.uri}: {due - version.seen:.3f} s too early"
        if version.after is not None and version.after > due + 1.5 * target(view):
            yield f"{last.uri}: {version.after - due:.3f} s late"


# ---- HTTP ---------------------------------------------------------------------------------------


def answers(view: View, *names: str) -> Iterator[tuple[str, Response]]:
    if not view.seen.http:
        raise Undecided("a directory, no HTTP")
    yield from ((name, view.seen.http[name]) for name in names)


@rule("HT_TYPE", "S", "RFC 8216 4, Apple 10.4")
def ht_type(view: View) -> Iterator[str]:
    """Content-Type is application/vnd.apple.mpegurl (or audio/mpegurl) and video/mp2t."""
    allowed = {"playlist": ("application/vnd.apple.mpegurl", "audio/mpegurl"),
               "segment": ("video/mp2t",)}
    for name, answer in answers(view, "playlist", "segment"):
        if (answer.get("Content-Type") or "").split(";")[0].lower() not in allowed[name]:
            yield f"{name}: {answer.get('Content-Type')}"


@rule("HT_CORS", "Q", "Fetch standard 3.2")
def ht_cors(view: View) -> Iterator[str]:
    """Access-Control-Allow-Origin lets any page read playlist, segments and errors."""
    for name, answer in answers(view, "playlist", "segment", "missing"):
        if answer.get("Access-Control-Allow-Origin") not in ("*", "http://another.example"):
            yield f"{name}: {answer.get('Access-Control-Allow-Origin')}"


@rule("HT_GZIP", "A", "Apple 10.1")
def ht_gzip(view: View) -> Iterator[str]:
    """The playlist is delivered with gzip when asked for."""
    for name, answer in answers(view, "gzip"):
        if answer.get("Content-Encoding") != "gzip":
            yield f"Content-Encoding: {answer.get('Content-Encoding')}"
        elif not gzip.decompress(answer.body).startswith(b"#EXTM3U"):
            yield "no playlist inside"


@rule("HT_CACHE", "Q", "RFC 9111, RFC 8216 6.2.2")
def ht_cache(view: View) -> Iterator[str]:
    """A live playlist is not cacheable for longer than half a target duration."""
    for name, answer in answers(view, "playlist", "gzip"):
        control = answer.get("Cache-Control") or ""
        ages = [int(age) for age in re.findall(r"(?:^|[,\s])(?:s-maxage|max-age)=(\d+)", control)]
        if "no-store" in control or "no-cache" in control:
            continue
        if not ages or max(ages) > target(view) / 2:
            yield f"{name}: Cache-Control: {control}"


@rule("HT_RANGE", "Q", "RFC 8216 4.3.2.2")
def ht_range(view: View) -> Iterator[str]:
    """A byte range of a segment gives 206 and the same bytes."""
    for name, answer in answers(view, "range"):
        if answer.status != 206 or answer.body != view.seen.http["segment"].body[188:376]:
            yield f"status {answer.status}, {len(answer.body)} bytes"


@rule("HT_REDIRECT", "A", "Apple 8.18")
def ht_redirect(view: View) -> Iterator[str]:
    """No redirects."""
    for name, answer in answers(view, *view.seen.http):
        if 300 <= answer.status < 400:
            yield f"{name}: status {answer.status}"
