# SPDX-License-Identifier: GPL-2.0-or-later
"""The observed segments in the order of their media sequence numbers, in continuous runs.

A run ends where EXT-X-DISCONTINUITY stands before a segment; what is said of two segments that
follow one another is said within a run. Time stamps are unwrapped there: integers that go on rising
over the 33-bit wrap, video and audio in 90 kHz ticks, PCR in 27 MHz ticks, all on one clock.
Packets are counted over the run.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from fractions import Fraction

from . import adts, h264, m3u8, ts
from .observe import Observation

PCR_HZ = 27_000_000
PTS_HZ = 90_000


def difference(later: int, earlier: int, modulus: int = ts.WRAP) -> int:
    """later - earlier on a clock that wraps; between -modulus/2 and modulus/2."""
    return (later - earlier + modulus // 2) % modulus - modulus // 2


@dataclass
class AudioPes:
    """What the continuity of sound is judged by: a time stamp and the frames before it."""

    uri: str
    pts: int
    frames_before: int  # in the run
    starts_frame: bool
    dts: int = 0
    first_packet: int = 0
    last_packet: int = 0


@dataclass
class MediaSegment:
    uri: str
    sequence: int
    entry: m3u8.Entry
    data: bytes
    ts: ts.Segment
    base: int  # packets of the run before it
    units: list[h264.Unit] = field(default_factory=list)
    audio: list[AudioPes] = field(default_factory=list)
    frames: list[adts.Frame] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    video_bytes: int = 0

    @property
    def nulls(self) -> int:
        """How many null packets it has."""
        return sum(packet.pid == ts.NULL for packet in self.ts.packets)

    @property
    def start(self) -> int:
        """Earliest presentation time of its video, or of its sound if there is none."""
        return min(item.pts for item in self.units or self.audio if item.pts is not None)


class Unwrap:
    """Turns stamps of a wrapping clock into integers that do not wrap."""

    def __init__(self, modulus: int, reference: int | None = None) -> None:
        self.modulus = modulus
        self.last = reference

    def __call__(self, stamp: int) -> int:
        if self.last is None:
            self.last = stamp
        self.last += difference(stamp, self.last % self.modulus, self.modulus)
        return self.last


class Run:
    """Segments that continue one another, parsed once."""

    def __init__(self, found: list[tuple[int, m3u8.Entry, bytes]]) -> None:
        self.segments: list[MediaSegment] = []
        self.packets = 0
        self.audio_frames = 0
        for number, entry, data in found:
            self.add(number, entry, data)
        self.pcr: list[tuple[int, int]] = []  # (packet, unwrapped PCR)
        self.unwrap()
        self.sps = self.first_sps()

    def add(self, number: int, entry: m3u8.Entry, data: bytes) -> None:
        segment = MediaSegment(entry.uri, number, entry, data, ts.parse(data), self.packets)
        for pid in segment.ts.pids(ts.H264)[:1]:
            self.add_video(segment, segment.ts.pes[pid])
        for pid in segment.ts.pids(ts.ADTS)[:1]:
            self.add_audio(segment, segment.ts.pes[pid])
        segment.ts.pes.clear()  # what is wanted of it has been taken, and it is large
        self.packets += len(segment.ts.packets)
        self.segments.append(segment)

    def add_video(self, segment: MediaSegment, packets: list[ts.Pes]) -> None:
        data = b"".join(pes.data for pes in packets)
        segment.video_bytes = len(data)
        segment.units, faults = h264.units(data)
        segment.faults += [("TS_AUD", fault) for fault in faults]
        starts, at = [], 0
        for pes in packets:
            starts.append(at)
            at += len(pes.data)
        for unit in segment.units:
            own = bisect_left(starts, unit.offset)
            if own < len(starts) and starts[own] == unit.offset:
                unit.pts, unit.dts = packets[own].pts, packets[own].dts
                unit.first_packet = segment.base + packets[own].first
            holder = bisect_left(starts, unit.end) - 1
            unit.last_packet = segment.base + packets[holder].last

    def add_audio(self, segment: MediaSegment, packets: list[ts.Pes]) -> None:
        data = b"".join(pes.data for pes in packets)
        segment.frames, fault = adts.parse(data)
        if fault:
            segment.faults.append(("A_ADTS", fault))
        starts, at = [frame.offset for frame in segment.frames], 0
        for pes in packets:
            before = bisect_left(starts, at)
            begins = before < len(starts) and starts[before] == at
            if pes.pts is not None:
                segment.audio.append(AudioPes(
                    segment.uri, pes.pts, self.audio_frames + before, begins, pes.dts or 0,
                    segment.base + pes.first, segment.base + pes.last))
            at += len(pes.data)
        self.audio_frames += len(segment.frames)

    def unwrap(self) -> None:
        """One clock for all: sound and PCR are unwrapped from where the picture begins."""
        items = self.all_units() or self.all_audio()
        first = next((item.dts for item in items if item.dts is not None), 0)
        dts, pts, audio = Unwrap(ts.WRAP, first), Unwrap(ts.WRAP, first), Unwrap(ts.WRAP, first)
        pcr = Unwrap(ts.WRAP * 300, first * 300)
        for segment in self.segments:
            for unit in segment.units:
                if unit.pts is not None and unit.dts is not None:
                    unit.dts = dts(unit.dts)
                    unit.pts = pts(unit.pts)
            for sound in segment.audio:
                sound.dts = sound.pts = audio(sound.pts)
            for index, packet in enumerate(segment.ts.packets):
                if packet.pcr is not None and packet.pid == segment.ts.pcr_pid:
                    self.pcr.append((segment.base + index, pcr(packet.pcr)))

    def first_sps(self) -> h264.Sps | None:
        for unit in self.all_units():
            for nal in unit.nals:
                if nal.kind == h264.SPS:
                    try:
                        return h264.parse_sps(nal.body)
                    except ValueError:
                        return None
        return None

    def all_units(self) -> list[h264.Unit]:
        return [unit for segment in self.segments for unit in segment.units]

    def all_audio(self) -> list[AudioPes]:
        return [sound for segment in self.segments for sound in segment.audio]

    def sample(self) -> Fraction:
        """Duration of an AAC frame in 90 kHz ticks."""
        rates = {frame.rate for segment in self.segments for frame in segment.frames}
        return Fraction(adts.SAMPLES * PTS_HZ, min(rates))

    def frame(self) -> Fraction:
        """Duration of a video frame in 90 kHz ticks, by the SPS, else by the time stamps; of an
        AAC frame where there is no video."""
        if not self.all_units():
            return self.sample()
        if self.sps and self.sps.rate:
            return PTS_HZ / self.sps.rate
        stamps = sorted(unit.pts for unit in self.all_units() if unit.pts is not None)
        return Fraction(stamps[-1] - stamps[0], len(stamps) - 1)

    def ticks(self, segment: MediaSegment) -> Fraction:
        """Duration of a segment in 90 kHz ticks, by the frames that it has."""
        return len(segment.units or segment.frames) * self.frame()

    def arrival(self, packet: int) -> Fraction | None:
        """PCR clock at the end of a packet: by the line through the PCRs around it (2.4.2.2)."""
        if len(self.pcr) < 2:
            return None
        right = min(max(bisect_left(self.pcr, (packet + 1, -1 << 62)), 1), len(self.pcr) - 1)
        (x0, y0), (x1, y1) = self.pcr[right - 1], self.pcr[right]
        return y0 + Fraction((packet + 1 - x0) * (y1 - y0), x1 - x0)


class Media:
    """All playlists and segments of an observation."""

    def __init__(self, observation: Observation) -> None:
        self.playlists = [m3u8.parse(version.data) for version in observation.versions]
        self.entries: dict[int, m3u8.Entry] = {}
        for playlist in self.playlists:
            for number, entry in enumerate(playlist.entries, playlist.sequence):
                self.entries.setdefault(number, entry)
        runs: list[list] = [[]]
        for number, entry in sorted(self.entries.items()):
            if entry.discontinuity:
                runs.append([])
            if entry.uri in observation.segments:
                runs[-1].append((number, entry, observation.segments[entry.uri]))
        self.runs = [Run(found) for found in runs if found]

    @property
    def segments(self) -> list[MediaSegment]:
        return [segment for run in self.runs for segment in run.segments]

    @property
    def kinds(self) -> set[int]:
        """The stream types that it has anywhere."""
        return {kind for segment in self.segments for kind in segment.ts.streams.values()}

    def all_units(self) -> list[h264.Unit]:
        return [unit for run in self.runs for unit in run.all_units()]
