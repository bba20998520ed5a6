# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules about the playlist, about how it changes, and about how long segments are kept."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from .m3u8 import Entry, Playlist
from .rules import NotHere, Undecided, View, rule


PATIENCE = 6  # seconds; what is to be removed may wait while the machine is busy


def listed(view: View) -> Iterator[tuple[int, Entry, str]]:
    """Every segment once, with its sequence number, and where it stands."""
    for number, entry in sorted(view.media.entries.items()):
        yield number, entry, f"segment {number}"


def target(view: View) -> int:
    value = view.media.playlists[0].target
    if not value:
        raise Undecided("no target duration")
    return value


# ---- every version ------------------------------------------------------------------------------


@rule("PL_FETCH", "M", "RFC 8216 6.2.1")
def pl_fetch(view: View) -> Iterator[str]:
    """Every poll gets the playlist: status 200, the full Content-Length, never empty."""
    if not view.seen.versions:
        yield "never seen"
    yield from view.faults("PL_FETCH")


@rule("PL_PARSE", "M", "RFC 8216 4.1, 6.2.1")
def pl_parse(view: View) -> Iterator[str]:
    """Every version is whole: #EXTM3U first, UTF-8 without BOM or control characters, last line
    ended, each EXTINF with its URI, no blank in tags."""
    yield from view.faults("PL_PARSE")


@rule("PL_KIND", "M", "RFC 8216 4.1")
def pl_kind(view: View) -> Iterator[str]:
    """No multivariant tag in a media playlist; no tag twice that may occur once."""
    yield from view.faults("PL_KIND")


def version_needed(playlist: Playlist) -> int:
    """The lowest EXT-X-VERSION that allows the tags used (RFC 8216 7, rfc8216bis 8)."""
    needed = 1
    if any(entry.digits for entry in playlist.entries):
        needed = 3
    if playlist.has("EXT-X-BYTERANGE") or playlist.has("EXT-X-I-FRAMES-ONLY"):
        needed = 4
    if "KEYFORMAT" in (playlist.value("EXT-X-KEY") or ""):
        needed = 5
    for name, version in (("EXT-X-MAP", 6), ("EXT-X-DEFINE", 8), ("EXT-X-SKIP", 9)):
        if playlist.has(name):
            needed = version
    return needed


@rule("PL_VERSION_MIN", "M", "RFC 8216 7")
def pl_version_min(view: View) -> Iterator[str]:
    """EXT-X-VERSION is at least what the used tags need."""
    for playlist in view.media.playlists:
        if playlist.version < version_needed(playlist):
            yield f"{playlist.version}, {version_needed(playlist)} needed"


@rule("PL_VERSION_MAX", "S", "rfc8216bis 6.2.1")
def pl_version_max(view: View) -> Iterator[str]:
    """EXT-X-VERSION is not greater than what the used tags need."""
    for playlist in view.media.playlists:
        if playlist.version > version_needed(playlist):
            yield f"{playlist.version}, {version_needed(playlist)} needed"


@rule("PL_TAGS", "Q", "RFC 8216 4.3")
def pl_tags(view: View) -> Iterator[str]:
    """No unknown #EXT tag."""
    yield from view.faults("PL_TAGS")


@rule("PL_TD", "M", "RFC 8216 4.3.3.1")
def pl_td(view: View) -> Iterator[str]:
    """EXT-X-TARGETDURATION once, a decimal integer, before the first segment."""
    yield from view.faults("PL_TD")


@rule("PL_TD_EXTINF", "M", "RFC 8216 4.3.3.1")
def pl_td_extinf(view: View) -> Iterator[str]:
    """Every EXTINF rounded to the nearest integer is at most TARGETDURATION."""
    for _, entry, where in listed(view):
        if int(entry.duration * 2 + 1) // 2 > target(view):
            yield f"{where}: {float(entry.duration)} over {target(view)}"


@rule("PL_TD_05", "A", "Apple 7.7")
def pl_td_05(view: View) -> Iterator[str]:
    """No segment exceeds the target duration by more than 0.5 s, measured in the media."""
    for run in view.runs():
        for segment in run.segments:
            seconds = run.ticks(segment) / 90000
            if seconds > target(view) + 0.5:
                yield f"{segment.uri}: {float(seconds)} s"


@rule("PL_HEAD_ORDER", "M", "RFC 8216 4.3.3.2, 4.3.3.3")
def pl_head_order(view: View) -> Iterator[str]:
    """MEDIA-SEQUENCE and DISCONTINUITY-SEQUENCE come before the first segment."""
    yield from view.faults("PL_HEAD_ORDER")


@rule("PL_URI_UNIQUE", "Q", "RFC 8216 3")
def pl_uri_unique(view: View) -> Iterator[str]:
    """No URI is listed twice, none is used again for another sequence number."""
    numbers: dict[str, int] = {}
    for playlist in view.media.playlists:
        for number, entry in enumerate(playlist.entries, playlist.sequence):
            if numbers.setdefault(entry.uri, number) != number:
                yield f"{entry.uri} is {numbers[entry.uri]} and {number}"


@rule("PL_LIVE_TYPE", "M", "RFC 8216 6.2.2, 4.3.3.5")
def pl_live_type(view: View) -> Iterator[str]:
    """A playlist from which segments are removed has no EXT-X-PLAYLIST-TYPE; one that only grows
    says EVENT, one that never changes VOD."""
    for playlist in view.media.playlists:
        if playlist.value("EXT-X-PLAYLIST-TYPE") != view.seen.expect.kind:
            yield f"EXT-X-PLAYLIST-TYPE:{playlist.value('EXT-X-PLAYLIST-TYPE')}"


@rule("PL_WINDOW_3TD", "M", "RFC 8216 6.2.2")
def pl_window_3td(view: View) -> Iterator[str]:
    """No removal leaves a live playlist shorter than 3 target durations."""
    for before, after in pairwise(view.media.playlists):
        if after.sequence > before.sequence and after.duration < 3 * target(view):
            yield f"{float(after.duration)} s left at {after.sequence}"


@rule("PL_WINDOW_6", "A", "Apple 8.11")
def pl_window_6(view: View) -> Iterator[str]:
    """A live playlist lists at least six segments once it slides."""
    for before, after in pairwise(view.media.playlists):
        if after.sequence > before.sequence and len(after.entries) < 6:
            yield f"{len(after.entries)} segments at {after.sequence}"


@rule("PL_PDT_PRESENT", "A", "Apple 8.4")
def pl_pdt_present(view: View) -> Iterator[str]:
    """EXT-X-PROGRAM-DATE-TIME is in every version."""
    for index, playlist in enumerate(view.media.playlists):
        if not playlist.has("EXT-X-PROGRAM-DATE-TIME"):
            yield f"version {index}"


@rule("PL_PDT_FORMAT", "M", "RFC 8216 4.3.2.6")
def pl_pdt_format(view: View) -> Iterator[str]:
    """PROGRAM-DATE-TIME is an extended ISO 8601 date-time with zone and milliseconds."""
    yield from view.faults("PL_PDT_FORMAT")
    for playlist in view.media.playlists:
        for name, value in playlist.tags:
            if name == "EXT-X-PROGRAM-DATE-TIME" and not re.search(r"\.\d{3}", value or ""):
                yield f"{value}: no milliseconds"


@rule("PL_PDT_STEP", "A", "RFC 8216 6.2.1, Apple 8.1")
def pl_pdt_step(view: View) -> Iterator[str]:
    """PROGRAM-DATE-TIME advances by the EXTINF in between, within one frame and 2 ms, where
    there is no discontinuity."""
    limit = max(run.frame() for run in view.runs()) / 90000 + 0.002
    for playlist in view.media.playlists:
        for one, next_one in pairwise(playlist.entries):
            if one.pdt and next_one.pdt and not next_one.discontinuity:
                step = (next_one.pdt - one.pdt).total_seconds()
                if abs(step - one.duration) > limit:
                    yield f"{one.uri}: {step} s, EXTINF {float(one.duration)}"


@rule("PL_INDEPENDENT", "S", "Apple 9.11, 9.12")
def pl_independent(view: View) -> Iterator[str]:
    """EXT-X-INDEPENDENT-SEGMENTS is in every version, if not in the multivariant playlist."""
    if view.seen.expect.independent:
        return
    for index, playlist in enumerate(view.media.playlists):
        if not playlist.has("EXT-X-INDEPENDENT-SEGMENTS"):
            yield f"version {index}"


@rule("PL_GAP", "Q", "rfc8216bis 6.2.1")
def pl_gap(view: View) -> Iterator[str]:
    """A test stream lists no EXT-X-GAP segment."""
    for _, entry, where in listed(view):
        if entry.gap:
            yield where


# ---- from version to version --------------------------------------------------------------------


@rule("EV_TD_CONST", "M", "RFC 8216 6.2.1")
def ev_td_const(view: View) -> Iterator[str]:
    """TARGETDURATION and VERSION never change."""
    for before, after in pairwise(view.media.playlists):
        for name in ("target", "version"):
            if getattr(before, name) != getattr(after, name):
                yield f"{name}: {getattr(before, name)} became {getattr(after, name)}"


@rule("EV_MSN", "M", "RFC 8216 6.2.2")
def ev_msn(view: View) -> Iterator[str]:
    """MEDIA-SEQUENCE rises by exactly the number of removed segments, never falls."""
    for before, after in pairwise(view.media.playlists):
        rise = after.sequence - before.sequence
        names = [entry.uri for entry in before.entries]
        first = after.entries[0].uri
        removed = names.index(first) if first in names else max(len(names), rise)
        if rise != removed:
            yield f"{before.sequence} to {after.sequence}, {removed} removed"


@rule("EV_LINES", "M", "RFC 8216 6.2.1")
def ev_lines(view: View) -> Iterator[str]:
    """Lines of the segments that stay are never changed; new ones are only appended."""
    for before, after in pairwise(view.media.playlists):
        names = [entry.uri for entry in before.entries]
        first = after.entries[0].uri
        kept = before.entries[names.index(first):] if first in names else []
        for old, new in zip(kept, after.entries):
            if old.lines != new.lines:
                yield f"{old.lines} became {new.lines}"
        if len(kept) > len(after.entries):
            yield f"{kept[-1].uri} was taken from the end"


def numbered(playlist: Playlist) -> dict[str, int]:
    """Discontinuity sequence number of every URI (RFC 8216 6.2.1)."""
    number, result = playlist.discontinuity_sequence, {}
    for entry in playlist.entries:
        number += entry.discontinuity
        result[entry.uri] = number
    return result


@rule("EV_DSN", "M", "RFC 8216 6.2.2")
def ev_dsn(view: View) -> Iterator[str]:
    """Kept segments keep their discontinuity sequence number, and where none is kept, it does not
    fall."""
    for before, after in pairwise(view.media.playlists):
        old, new = numbered(before), numbered(after)
        kept = old.keys() & new.keys()
        for uri in kept:
            if old[uri] != new[uri]:
                yield f"{uri}: {old[uri]} became {new[uri]}"
        if not kept and min(new.values()) < max(old.values()):
            yield f"{max(old.values())} fell to {min(new.values())}"


@rule("EV_EVENT", "M", "RFC 8216 4.3.3.5")
def ev_event(view: View) -> Iterator[str]:
    """From a playlist of type EVENT nothing is removed, one of type VOD never changes."""
    if view.seen.expect.kind is None:
        raise NotHere("a live playlist")
    if view.seen.expect.kind == "VOD" and len(view.seen.versions) > 1:
        yield f"{len(view.seen.versions)} versions of a playlist of type VOD"
    for before, after in pairwise(view.media.playlists):
        if after.sequence != before.sequence or len(after.entries) < len(before.entries):
            yield f"{before.sequence} + {len(before.entries)} segments became {after.sequence} " \
                  f"+ {len(after.entries)}"


@rule("EV_END", "M", "RFC 8216 4.3.3.4")
def ev_end(view: View) -> Iterator[str]:
    """Nothing is added after EXT-X-ENDLIST, which comes if the stream has an end."""
    ended = [playlist.has("EXT-X-ENDLIST") for playlist in view.media.playlists]
    if True in ended[:-1]:
        first = ended.index(True)
        yield f"version {first} has EXT-X-ENDLIST, {len(ended) - 1 - first} follow"
    if ended[-1] != view.seen.expect.ends:
        yield f"the last version has {'an' if ended[-1] else 'no'} EXT-X-ENDLIST"
    if view.seen.expect.kind == "VOD" and not all(ended):
        yield "type VOD without EXT-X-ENDLIST"


@rule("EV_LATE", "M", "RFC 8216 6.2.1")
def ev_late(view: View) -> Iterator[str]:
    """A version with a new segment comes at most 1.5 target durations after the previous one."""
    for before, after in pairwise(view.seen.versions):
        if after.after - before.seen > 1.5 * target(view):
            yield f"{after.after - before.seen:.3f} s after the previous one"
    ended = view.media.playlists[-1].has("EXT-X-ENDLIST")
    if not ended and view.seen.ended - view.seen.versions[-1].seen > 1.5 * target(view):
        yield f"none for {view.seen.ended - view.seen.versions[-1].seen:.3f} s"


@rule("EV_EARLY", "M", "RFC 8216 6.2.1")
def ev_early(view: View) -> Iterator[str]:
    """And at least 0.5 target durations after it."""
    for before, after in pairwise(view.seen.versions):
        if before.after is not None and after.seen - before.after < 0.5 * target(view):
            yield f"{after.seen - before.after:.3f} s after the previous one"


@rule("EV_ONE", "Q", "own")
def ev_one(view: View) -> Iterator[str]:
    """Each update adds exactly one segment."""
    for (before, after), version in zip(pairwise(view.media.playlists), view.seen.versions[1:]):
        known = {entry.uri for entry in before.entries}
        added = [entry for entry in after.entries if entry.uri not in known]
        blind = version.seen - version.after > added[0].duration / 2 if added else False
        if len(added) != 1 and not blind:
            yield f"{len(added)} added at {after.sequence}"


@rule("EV_STALE", "M", "RFC 8216 6.2.2")
def ev_stale(view: View) -> Iterator[str]:
    """No older version is served after a newer one."""
    newest = -1
    for playlist in view.media.playlists:
        last = playlist.sequence + len(playlist.entries)
        if last < newest:
            yield f"ends with {last - 1} after {newest - 1}"
        newest = max(newest, last)


# ---- segments on disk ---------------------------------------------------------------------------


@rule("SG_AVAILABLE", "M", "RFC 8216 6.2.1")
def sg_available(view: View) -> Iterator[str]:
    """Every listed segment can be fetched at once and whole."""
    yield from view.faults("SG_AVAILABLE")


@rule("SG_IMMUTABLE", "M", "RFC 8216 3, 6.2.1")
def sg_immutable(view: View) -> Iterator[str]:
    """A segment has its final bytes when it is listed."""
    yield from view.faults("SG_IMMUTABLE")
    if not view.seen.reread:
        raise Undecided("no segment was there to be read again at its removal")


@dataclass
class Life:
    """A segment that was removed from the playlist; times are bounds in favour of the stream."""

    uri: str
    listed: float | None  # not listed yet at this time
    removed: float        # still listed at this time
    need: float           # its duration and that of the longest playlist that held it
    until: float          # known to be gone at this time


def lives(view: View) -> Iterator[Life]:
    """How long every removed segment was kept."""
    found: dict[str, Life] = {}
    last = len(view.seen.versions) - 1
    for index, (version, playlist) in enumerate(zip(view.seen.versions, view.media.playlists)):
        for entry in playlist.entries:
            until = view.seen.gone.get(entry.uri, float("inf"))
            life = found.setdefault(entry.uri, Life(entry.uri, version.after, 0, 0, until))
            life.removed = view.seen.versions[index + 1].after if index < last else float("inf")
            life.need = max(life.need, float(playlist.duration + entry.duration))
    yield from (life for life in found.values() if life.removed < float("inf"))


def kept(view: View, begin: str) -> Iterator[str]:
    """Checks the retention that is counted from the attribute `begin` on."""
    decided = False
    for life in lives(view):
        since = getattr(life, begin)
        if since is None:
            continue
        if life.until < since + life.need:
            yield f"{life.uri}: gone after {life.until - since:.2f} s, {life.need:.2f} needed"
        decided = decided or min(life.until, view.seen.ended) >= since + life.need
        decided = decided or life.until < since + life.need
    if not decided:
        raise Undecided("not observed for long enough")


@rule("SG_KEPT_BIS", "M", "rfc8216bis 6.2.2")
def sg_kept_bis(view: View) -> Iterator[str]:
    """A removed segment stays until its first appearance, plus its duration, plus that of the
    longest playlist that held it."""
    yield from kept(view, "listed")


@rule("SG_KEPT_8216", "M", "RFC 8216 6.2.2")
def sg_kept_8216(view: View) -> Iterator[str]:
    """A removed segment stays for its duration, plus that of the longest playlist that held it,
    from its removal on."""
    yield from kept(view, "removed")


@rule("SG_TEMP", "Q", "own")
def sg_temp(view: View) -> Iterator[str]:
    """No temporary file stays behind, no segment is left for ever."""
    if not view.seen.names:
        raise Undecided("the directory cannot be listed from here")
    patience = max(3 * target(view), PATIENCE)
    for life in lives(view):
        there = min(life.until, view.seen.ended) - life.removed
        if there > life.need + patience:
            yield f"{life.uri} still there {there:.1f} s after its removal"
    for (name, _), (first, last) in view.seen.names.items():
        temporary = view.seen.expect.temporary
        if temporary and re.fullmatch(temporary, name) and last - first > patience:
            yield f"{name} stayed for {last - first:.1f} s"
