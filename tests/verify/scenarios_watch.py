# SPDX-License-Identifier: GPL-2.0-or-later
"""Packagers that publish a recorded stream live, each with one fault, for hlsgen-verify to watch.

SCENARIOS has (rule, faults): what is found, and what kind of a packager it takes.
"""

import os
import re
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

SECONDS = 17  # that a watch lasts: the longest any scenario takes to show its fault
LISTED = 6    # segments in a playlist
LATER = 7     # seconds: a watch may be so slow to start
PUBLISHED = SECONDS + LATER


class Recording:
    """A finite playlist of segments of a second, taken apart."""

    def __init__(self, playlist: Path) -> None:
        text = playlist.read_text()
        self.folder = playlist.parent
        self.head = [line for line in text.split("#EXTINF")[0].splitlines()[1:]
                     if not re.match("#EXT-X-(PLAYLIST|TARGET|MEDIA-SEQ|DISC|PROGRAM)", line)]
        self.segments = re.findall(r"((?:#EXTINF.*\n)(?:#EXT-X-BYTERANGE.*\n)?)(\S+)\n", text)


class Packager(threading.Thread):
    """Publishes segment n at its end, n + 1 seconds after `zero`; faults override its methods."""

    target = 1
    listed = LISTED
    step = 1            # segments that come at once
    pace = 1.0          # seconds from one to the next
    kind: str | None = None
    ended = False
    ladder = False      # it is one of several, named by a multivariant playlist

    def __init__(self, recording: Recording, playlist: Path, zero: float) -> None:
        super().__init__(daemon=True)
        self.recording, self.playlist, self.zero = recording, playlist, zero
        self.leaving: list[tuple[float, str]] = []
        self.over = threading.Event()
        playlist.parent.mkdir(exist_ok=True)
        for number in range(self.listed):
            self.add(number)
        self.write(self.text(0))

    # ---- what is said

    def name(self, number: int) -> str:
        return self.recording.segments[number][1]

    def date(self, number: int) -> str:
        moment = datetime.fromtimestamp(self.zero + number, timezone.utc)
        return f"#EXT-X-PROGRAM-DATE-TIME:{moment:%FT%T}.{moment.microsecond // 1000:03}Z\n"

    def lines(self, number: int, first: int) -> str:
        return self.date(number) + self.recording.segments[number][0]

    def sequence(self, first: int) -> int:
        return first

    def discontinuities(self, first: int) -> int:
        return 0

    def text(self, first: int) -> str:
        head = ["#EXTM3U", *self.recording.head, f"#EXT-X-TARGETDURATION:{self.target}",
                f"#EXT-X-MEDIA-SEQUENCE:{self.sequence(first)}",
                f"#EXT-X-DISCONTINUITY-SEQUENCE:{self.discontinuities(first)}"]
        head += [f"#EXT-X-PLAYLIST-TYPE:{self.kind}"] if self.kind else []
        body = "".join(f"{self.lines(number, first)}{self.name(number)}\n"
                       for number in range(first, first + self.listed))
        return "\n".join(head) + "\n" + body + ("#EXT-X-ENDLIST\n" if self.ended else "")

    # ---- what is done

    def file(self, number: int) -> Path:
        return self.playlist.parent / self.name(number)

    def add(self, number: int) -> None:
        """By a copy of its own that is there at once, if it is not yet."""
        new = self.playlist.parent / f".{self.playlist.name}.new"
        new.write_bytes((self.recording.folder / self.recording.segments[number][1]).read_bytes())
        os.replace(new, self.file(number))

    def write(self, text: str) -> None:
        new = self.playlist.with_suffix(".new")
        new.write_text(text)
        os.replace(new, self.playlist)

    def keep(self, number: int) -> float | None:
        """For how long a segment stays after its removal."""
        return self.listed + 2

    def clean(self, removed: int) -> None:
        now, keep = time.monotonic(), self.keep(removed)
        if keep is not None:
            self.leaving.append((now + keep, self.name(removed)))
        for due, name in [entry for entry in self.leaving if entry[0] <= now]:
            (self.playlist.parent / name).unlink(missing_ok=True)
            self.leaving.remove((due, name))

    def publish(self, first: int) -> None:
        """The playlist that begins with this segment."""
        for number in range(first + self.listed - self.step, first + self.listed):
            self.add(number)
        self.write(self.text(first))

    def late(self, first: int) -> float:
        return 0.0

    def run(self) -> None:
        begin = time.monotonic() + self.zero + self.listed - time.time()
        for first in range(self.step, PUBLISHED + 1, self.step):
            due = begin + first * self.pace + self.late(first) + 0.01
            if self.over.wait(max(0.0, due - time.monotonic())):
                break
            self.publish(first)
            for removed in range(first - self.step, first):
                self.clean(removed)

    def stop(self) -> None:
        self.over.set()
        self.join()


# ---- what is said is wrong ----------------------------------------------------------------------


class TargetChanges(Packager):
    def publish(self, first: int) -> None:
        self.target = 2 if first >= LATER else 1
        super().publish(first)


class NumbersJump(Packager):
    def sequence(self, first: int) -> int:
        return first + 3 if first >= LATER else first


class LinesChange(Packager):
    def lines(self, number: int, first: int) -> str:
        title = "title" if number == LATER + 3 and first >= LATER else ""
        return super().lines(number, first).replace(",", f",{title}")


class DiscontinuityIsForgotten(Packager):
    def lines(self, number: int, first: int) -> str:
        return ("#EXT-X-DISCONTINUITY\n" if number == 8 else "") + super().lines(number, first)


class EventSlides(Packager):
    kind = "EVENT"


class GoesOnAfterItsEnd(Packager):
    def publish(self, first: int) -> None:
        self.ended = first >= LATER
        super().publish(first)


class TwoAtOnce(Packager):
    target = 2
    step = 2


class TooOften(Packager):
    target = 3
    listed = 9


class ShortWindow(Packager):
    target = 3


class GetsType(Packager):
    def publish(self, first: int) -> None:
        self.kind = "EVENT" if first >= LATER else None
        super().publish(first)


class NameComesAgain(Packager):
    """That of a segment which is gone by then."""

    def name(self, number: int) -> str:
        return super().name(4 if number == 20 else number)


class DateOfFirstJumps(Packager):
    def lines(self, number: int, first: int) -> str:
        if number > first:
            return self.recording.segments[number][0]
        jump = 0.2 if first >= LATER else 0
        return self.date(number - jump) + self.recording.segments[number][0]


class DatedAhead(Packager):
    def date(self, number: int) -> str:
        return super().date(number + 10)


# ---- when it is said is wrong -------------------------------------------------------------------


class Stalls(Packager):
    def late(self, first: int) -> float:
        return 1.2 if first >= LATER else 0.0


class LateAtTimes(Packager):
    def late(self, first: int) -> float:
        return 0.4 if first % 4 == 2 else 0.0


class Drifts(Packager):
    pace = 1.03


class Behind(Packager):
    ladder = True

    def late(self, first: int) -> float:
        return min(0.7, 0.35 * first)


class OlderComesAgain(Packager):
    def publish(self, first: int) -> None:
        super().publish(first)
        if first == LATER:
            time.sleep(0.2)
            self.write(self.text(first - 2))


# ---- files --------------------------------------------------------------------------------------


class PlaylistInPlace(Packager):
    def write(self, text: str) -> None:
        with open(self.playlist, "w", encoding="ascii") as playlist:
            playlist.write(text[:200])
            playlist.flush()
            time.sleep(0.05)
            playlist.write(text[200:])


class MasterInPlace(Packager):
    ladder = True

    def publish(self, first: int) -> None:
        super().publish(first)
        if first == LATER:
            master = self.playlist.parent.parent / "master.m3u8"
            master.write_text(master.read_text())


class PlaylistAway(Packager):
    def publish(self, first: int) -> None:
        if first == LATER:
            self.playlist.unlink()
            time.sleep(0.1)
        super().publish(first)


class RemovesListed(Packager):
    def publish(self, first: int) -> None:
        super().publish(first)
        if first == LATER:
            self.file(first + 2).unlink()


class ChangesListed(Packager):
    def publish(self, first: int) -> None:
        super().publish(first)
        if first == LATER:
            with open(self.file(first + 2), "r+b") as segment:
                segment.seek(1000)
                segment.write(b"x")


class ReplacesListed(Packager):
    def publish(self, first: int) -> None:
        super().publish(first)
        if first == LATER:
            new = self.playlist.with_suffix(".new")
            new.write_bytes(self.file(first + 2).read_bytes() + bytes(188))
            os.replace(new, self.file(first + 2))


class RemovesAtOnce(Packager):
    """What was listed while it was watched."""

    def keep(self, number: int) -> float | None:
        return 0 if number >= LISTED else super().keep(number)


class RemovesSoon(Packager):
    def keep(self, number: int) -> float | None:
        return 3 if number >= LISTED else super().keep(number)


class RemovesNone(Packager):
    def keep(self, number: int) -> float | None:
        return None


class LeavesTemporary(Packager):
    def publish(self, first: int) -> None:
        super().publish(first)
        if first == 2:
            (self.playlist.parent / "seg.ts.tmp").write_bytes(b"")


SCENARIOS: list[tuple[str, type[Packager]]] = [
    ("EV_TD_CONST", TargetChanges),
    ("EV_MSN", NumbersJump),
    ("EV_LINES", LinesChange),
    ("EV_DSN", DiscontinuityIsForgotten),
    ("EV_EVENT", EventSlides),
    ("EV_END", GoesOnAfterItsEnd),
    ("EV_ONE", TwoAtOnce),
    ("EV_EARLY", TooOften),
    ("EV_LATE", Stalls),
    ("EV_STALE", OlderComesAgain),
    ("PL_LIVE_TYPE", GetsType),
    ("PL_WINDOW_3TD", ShortWindow),
    ("PL_URI_UNIQUE", NameComesAgain),
    ("PL_PDT_STEP", DateOfFirstJumps),
    ("PL_FETCH", PlaylistInPlace),
    ("PL_FETCH", PlaylistAway),
    ("PL_FETCH", MasterInPlace),
    ("PB_FUTURE", DatedAhead),
    ("PB_JITTER", LateAtTimes),
    ("PB_DRIFT", Drifts),
    ("XV_EDGE", Behind),
    ("SG_AVAILABLE", RemovesListed),
    ("SG_IMMUTABLE", ChangesListed),
    ("SG_IMMUTABLE", ReplacesListed),
    ("SG_KEPT_BIS", RemovesAtOnce),
    ("SG_KEPT_8216", RemovesSoon),
    ("SG_TEMP", RemovesNone),
    ("SG_TEMP", LeavesTemporary),
]
