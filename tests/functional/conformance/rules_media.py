# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules about the bytes of the segments: transport stream, video, audio."""

from bisect import bisect_right
from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate, pairwise, product

from . import h264, ts
from .media import PCR_HZ, PTS_HZ, AudioPes, Run
from .rules import AUDIO, VIDEO, View, rule, rule_of_runs


def units(run: Run) -> list[h264.Unit]:
    """All access units that have time stamps; there must be some."""
    found = [unit for unit in run.all_units() if unit.pts is not None]
    if not found:
        raise ValueError("no access unit with a time stamp")
    return found


def streams(run: Run) -> Iterator[tuple[str, list[h264.Unit] | list[AudioPes]]]:
    """What has time stamps, of each kind that there is."""
    kinds = {kind for segment in run.segments for kind in segment.ts.streams.values()}
    if ts.H264 in kinds:
        yield "video", units(run)
    if ts.ADTS in kinds:
        yield "audio", run.all_audio()


def sps_of(run: Run) -> h264.Sps:
    if run.sps is None:
        raise ValueError("no sequence parameter set")
    return run.sps


# ---- transport stream ---------------------------------------------------------------------------


@rule("TS_SYNC", "M", "ISO/IEC 13818-1 2.4.3")
def ts_sync(view: View) -> Iterator[str]:
    """A segment is a whole number of 188-byte packets, each with sync byte and no error."""
    yield from view.faults("TS_SYNC")
    if not view.media.segments:
        yield "no segment"


@rule("TS_PSI_FIRST", "S", "RFC 8216 3.2")
def ts_psi_first(view: View) -> Iterator[str]:
    """PAT and PMT precede all media packets of the segment."""
    for segment in view.media.segments:
        pids = [packet.pid for packet in segment.ts.packets]
        tables = [pids.index(pid) for pid in (ts.PAT, segment.ts.pmt_pid)]
        media = min(pids.index(pid) for pid in segment.ts.streams if pid in pids)
        if not tables[0] < tables[1] < media:
            yield f"{segment.uri}: begins with PIDs {pids[:3]}"


@rule("TS_PSI_OK", "M", "ISO/IEC 13818-1 2.4.4, RFC 8216 3.2")
def ts_psi_ok(view: View) -> Iterator[str]:
    """One program; PAT and PMT have a right CRC_32 and do not change without a discontinuity."""
    yield from view.faults("TS_PSI_OK")
    for run, name in product(view.runs(), ("pat", "pmt")):
        tables = {data for segment in run.segments for data in getattr(segment.ts, name)}
        if len(tables) != 1:
            yield f"{len(tables)} different {name.upper()}s"
    for segment in view.media.segments:
        if segment.ts.pcr_pid not in segment.ts.streams:
            yield f"{segment.uri}: PCR_PID {segment.ts.pcr_pid} is no stream of the program"


@rule_of_runs("TS_CC", "M", "ISO/IEC 13818-1 2.4.3.3, Apple 7.2")
def ts_cc(run: Run) -> Iterator[str]:
    """Continuity counters run on per PID, inside and across segments."""
    last: dict[int, int] = {}
    for segment in run.segments:
        for index, packet in enumerate(segment.ts.packets):
            if packet.pid == ts.NULL:
                continue
            step = packet.size > 0
            expected = (last.get(packet.pid, packet.counter - step) + step) % 16
            if packet.counter != expected:
                yield f"{segment.uri}, packet {index}: PID {packet.pid} has {packet.counter}, " \
                      f"not {expected}"
            last[packet.pid] = packet.counter


def pcr_gaps(run: Run, limit: Fraction) -> Iterator[str]:
    """Intervals between PCRs above the limit in seconds."""
    if len(run.pcr) < 2:
        raise ValueError("no PCR")
    for (_, before), (packet, after) in pairwise(run.pcr):
        if after - before > limit * PCR_HZ:
            yield f"{float(Fraction(after - before, PCR_HZ)) * 1000:.1f} ms at packet {packet}"


@rule_of_runs("TS_PCR_100", "M", "ISO/IEC 13818-1 2.7.2")
def ts_pcr_100(run: Run) -> Iterator[str]:
    """PCR at most every 100 ms, also across segments."""
    yield from pcr_gaps(run, Fraction(1, 10))


@rule_of_runs("TS_PCR_40", "S", "ETSI TR 101 290 5.2.2")
def ts_pcr_40(run: Run) -> Iterator[str]:
    """PCR at most every 40 ms."""
    yield from pcr_gaps(run, Fraction(1, 25))


@rule_of_runs("TS_PCR_MONO", "M", "ISO/IEC 13818-1 2.4.3.5")
def ts_pcr_mono(run: Run) -> Iterator[str]:
    """The PCR only rises, modulo 2^33 * 300, in steps below 1 s."""
    for (_, before), (packet, after) in pairwise(run.pcr):
        if not 0 < after - before < PCR_HZ:
            yield f"step of {after - before} ticks at packet {packet}"


@rule_of_runs("TS_PCR_LINEAR", "Q", "ISO/IEC 13818-1 2.4.2.2")
def ts_pcr_linear(run: Run) -> Iterator[str]:
    """Constant bit rate within a segment: every PCR lies within one 27 MHz tick of a line over the
    byte position, which rises by the segment's duration over its packets, and on which the next
    segment's begins."""
    ticks = [run.ticks(segment) * 300 for segment in run.segments]
    starts = [Fraction(0), *accumulate(ticks)]
    lows, residues = [segment.base for segment in run.segments], []
    for packet, value in run.pcr:
        place = bisect_right(lows, packet) - 1
        part = Fraction(packet - lows[place], len(run.segments[place].ts.packets))
        residues.append(value - starts[place] - ticks[place] * part)
    low, high = min(residues), max(residues)
    if high - low > 2:
        yield f"off the line by {float(high - low) / 2:.1f} ticks"


@rule_of_runs("TS_PCR_DTS", "M", "ISO/IEC 13818-1 2.4.2, 2.14.3")
def ts_pcr_dts(run: Run) -> Iterator[str]:
    """The last byte of an access unit arrives before its decoding time by the PCR clock, and its
    first one at most 10 s (sound: 1 s) before."""
    limits = {"video": 10, "audio": 1}
    for kind, items in streams(run):
        limit = limits[kind]
        for item in items:
            first = run.arrival(item.first_packet - 1)
            last = run.arrival(item.last_packet)
            if last > item.dts * 300:
                yield f"{kind} {item.dts}: {float(last / 300 - item.dts):.0f} ticks late"
            elif item.dts * 300 - first > limit * PCR_HZ:
                yield f"{kind} {item.dts}: {float(item.dts * 300 - first) / PCR_HZ:.1f} s early"


@rule_of_runs("TS_BUFFER", "Q", "ISO/IEC 13818-1 2.14.3, H.264 A.3.1", of=VIDEO)
def ts_buffer(run: Run) -> Iterator[str]:
    """No access unit begins to arrive more than 1.5 s before its decoding time, and those that wait
    never exceed the coded picture buffer of the level."""
    cpb = max_cpb(sps_of(run)) / 8
    found = [(unit, run.arrival(unit.first_packet - 1)) for unit in units(run)]
    waiting, ahead = 0, 0
    for unit, arrival in found:
        while ahead < len(found) and found[ahead][1] < unit.dts * 300:
            waiting += found[ahead][0].end - found[ahead][0].offset
            ahead += 1
        if waiting > cpb:
            yield f"{waiting} bytes wait for {unit.dts}, level {sps_of(run).level} has {cpb:.0f}"
        if unit.dts * 300 - arrival > 1.5 * PCR_HZ:
            yield f"{unit.dts}: {float(unit.dts * 300 - arrival) / PCR_HZ:.2f} s early"
        waiting -= unit.end - unit.offset


@rule("TS_NULL", "M", "ISO/IEC 13818-1 2.4.3.3")
def ts_null(view: View) -> Iterator[str]:
    """Null packets begin nothing and have a payload alone."""
    for segment in view.media.segments:
        for index, packet in enumerate(segment.ts.packets):
            if packet.pid == ts.NULL and (packet.start or packet.size != 184):
                yield f"{segment.uri}, packet {index}"


@rule("TS_PES", "M", "ISO/IEC 13818-1 2.4.3.7")
def ts_pes(view: View) -> Iterator[str]:
    """PES headers are well formed, have a PTS, bounded lengths are right, and no PES packet goes
    over a segment's end."""
    yield from view.faults("TS_PES")


@rule_of_runs("TS_PTS_700", "M", "ISO/IEC 13818-1 2.7.4")
def ts_pts_700(run: Run) -> Iterator[str]:
    """PTS at most every 700 ms in each stream."""
    for kind, items in streams(run):
        for before, after in pairwise(sorted(item.pts for item in items)):
            if after - before > 0.7 * PTS_HZ:
                yield f"{kind}: {after - before} ticks after {before}"


@rule("TS_AUD", "M", "ISO/IEC 13818-1 2.14.1, H.264 B.1.2", of=VIDEO)
def ts_aud(view: View) -> Iterator[str]:
    """Every access unit starts with one access unit delimiter, and that with zero_byte."""
    yield from view.faults("TS_AUD")
    for segment in view.media.segments:
        for index, unit in enumerate(segment.units):
            first = unit.nals[0]
            if first.kind != h264.AUD or unit.kinds.count(h264.AUD) != 1 or first.start_code != 4:
                yield f"{segment.uri}, access unit {index}: NAL units {unit.kinds}"


# ---- video --------------------------------------------------------------------------------------


@rule_of_runs("V_DTS", "M", "RFC 8216 3, Apple 7.2", of=VIDEO)
def v_dts(run: Run) -> Iterator[str]:
    """Video DTS strictly rise, inside and across segments."""
    for before, after in pairwise(units(run)):
        if after.dts <= before.dts:
            yield f"{after.dts} after {before.dts}"


@rule_of_runs("V_CFR", "Q", "Apple 8.14", of=VIDEO)
def v_cfr(run: Run) -> Iterator[str]:
    """Every frame has a time stamp of its own, on one grid at the rate that the SPS states, to
    one tick of rounding: nothing is lost or doubled at segment borders."""
    if len(units(run)) != len(run.all_units()):
        yield f"{len(run.all_units()) - len(units(run))} access units have no PTS"
    frame = run.frame()
    stamps = sorted(unit.pts for unit in units(run))
    for index, stamp in enumerate(stamps):
        if abs(stamp - stamps[0] - index * frame) > 1:
            yield f"frame {index}: {stamp - stamps[0]} ticks, not {float(index * frame):.1f}"


@rule_of_runs("V_PTS_GE_DTS", "M", "ISO/IEC 13818-1 2.4.3.7", of=VIDEO)
def v_pts_ge_dts(run: Run) -> Iterator[str]:
    """PTS >= DTS."""
    for unit in units(run):
        if unit.pts < unit.dts:
            yield f"PTS {unit.pts}, DTS {unit.dts}"


@rule("V_IDR", "A", "Apple 7.4, RFC 8216 3", of=VIDEO)
def v_idr(view: View) -> Iterator[str]:
    """The first access unit of a segment is an IDR picture with SPS and PPS before it."""
    for segment in view.media.segments:
        kinds = segment.units[0].kinds
        before = kinds[:kinds.index(h264.IDR)] if h264.IDR in kinds else []
        if h264.SPS not in before or h264.PPS not in before:
            yield f"{segment.uri}: begins with NAL units {kinds}"


@rule("V_CLOSED", "M", "RFC 8216 4.3.5.1", of=VIDEO)
def v_closed(view: View) -> Iterator[str]:
    """Closed GOP: no picture of a segment is presented before its first one."""
    for segment in view.media.segments:
        if segment.start < segment.units[0].pts:
            yield f"{segment.uri}: {segment.start} before {segment.units[0].pts}"


@rule_of_runs("V_KEYINT", "S", "Apple 1.13", of=VIDEO)
def v_keyint(run: Run) -> Iterator[str]:
    """An IDR picture at least every 2 s, to the nearest frame (60 frames at 30000/1001)."""
    keys = [unit.pts for unit in units(run) if unit.idr]
    for before, after in pairwise(keys + [units(run)[-1].pts + run.frame()]):
        if after - before > 2 * PTS_HZ + run.frame() / 2:
            yield f"{float(after - before) / PTS_HZ:.3f} s after {before}"


@rule_of_runs("V_PARAMS", "M", "RFC 8216 6.2.1", of=VIDEO)
def v_params(run: Run) -> Iterator[str]:
    """SPS and PPS do not change without a discontinuity."""
    for kind, name in ((h264.SPS, "SPS"), (h264.PPS, "PPS")):
        found = {nal.body for unit in units(run) for nal in unit.nals if nal.kind == kind}
        if len(found) != 1:
            yield f"{len(found)} different {name}s"


@rule_of_runs("V_PROFILE", "A", "Apple 1.3b, 1.14, 1.19", of=VIDEO)
def v_profile(run: Run) -> Iterator[str]:
    """H.264 up to High profile and level 5.2, progressive, at most 60 frames per second."""
    sps = sps_of(run)
    if sps.profile not in (66, 77, 100) or sps.level > 52 or not sps.progressive:
        yield f"profile {sps.profile}, level {sps.level}, progressive {sps.progressive}"
    if PTS_HZ / run.frame() > 60:
        yield f"{float(PTS_HZ / run.frame())} frames per second"


# MaxMBPS, MaxFS, MaxBR, MaxCPB (H.264 table A-1).
LEVELS = {
    10: (1485, 99, 64, 175), 11: (3000, 396, 192, 500), 12: (6000, 396, 384, 1000),
    13: (11880, 396, 768, 2000), 20: (11880, 396, 2000, 2000), 21: (19800, 792, 4000, 4000),
    22: (20250, 1620, 4000, 4000), 30: (40500, 1620, 10000, 10000),
    31: (108000, 3600, 14000, 14000), 32: (216000, 5120, 20000, 20000),
    40: (245760, 8192, 20000, 25000), 41: (245760, 8192, 50000, 62500),
    42: (522240, 8704, 50000, 62500), 50: (589824, 22080, 135000, 135000),
    51: (983040, 36864, 240000, 240000), 52: (2073600, 36864, 240000, 240000),
}


def nal_factor(sps: h264.Sps) -> int:
    """cpbBrNalFactor: what MaxBR and MaxCPB are counted in (H.264 table A-2), for NAL units."""
    return 1500 if sps.profile == 100 else 1200


def max_cpb(sps: h264.Sps) -> int:
    """Bits of the coded picture buffer."""
    return LEVELS[sps.level][3] * nal_factor(sps)


@rule_of_runs("V_LEVEL", "Q", "H.264 A.3", of=VIDEO)
def v_level(run: Run) -> Iterator[str]:
    """Picture size, rate and bit rate keep to the level that the SPS states."""
    sps = sps_of(run)
    rate, size, bits, _ = LEVELS[sps.level]
    macroblocks = -(-sps.width // 16) * -(-sps.height // 16)
    if macroblocks > size or macroblocks * PTS_HZ / run.frame() > rate:
        yield f"level {sps.level} is below {sps.width}x{sps.height}"
    for segment in run.segments:
        seconds = len(segment.units) * run.frame() / PTS_HZ
        if segment.video_bytes * 8 / seconds > bits * nal_factor(sps):
            yield f"{segment.uri}: {float(segment.video_bytes * 8 / seconds):.0f} bit/s"


@rule("V_FILLER", "Q", "H.264 7.4.1.2.3, 7.3.2.7", of=VIDEO)
def v_filler(view: View) -> Iterator[str]:
    """Filler data follows the primary coded picture of its access unit, and is 0xFF bytes and
    the trailing bits."""
    for segment in view.media.segments:
        for index, unit in enumerate(segment.units):
            where = f"{segment.uri}, access unit {index}"
            vcl = [at for at, kind in enumerate(unit.kinds) if kind in h264.VCL]
            for at, nal in enumerate(unit.nals):
                if nal.kind != h264.FILLER:
                    continue
                if not vcl or at < vcl[-1]:
                    yield f"{where}: filler before the picture: {unit.kinds}"
                if nal.body[0] != h264.FILLER or nal.body[1:].strip(b"\xff") != b"\x80":
                    yield f"{where}: filler of other bytes"


@rule("V_COLOUR", "Q", "H.264 E.2.1", of=VIDEO)
def v_colour(view: View) -> Iterator[str]:
    """The VUI names primaries, transfer and matrix, limited range, as the pattern demands."""
    expect = view.seen.expect
    for sps in map(sps_of, view.runs()):
        if None in (sps.primaries, sps.transfer, sps.matrix) or sps.full_range:
            yield f"colours {sps.primaries}/{sps.transfer}/{sps.matrix}, range {sps.full_range}"
        if expect.matrix is not None and (sps.primaries, sps.matrix) != (
                expect.primaries, expect.matrix):
            yield f"{sps.primaries}, {sps.matrix}; {expect.primaries}, {expect.matrix} expected"


# ---- audio --------------------------------------------------------------------------------------


@rule("A_ADTS", "M", "RFC 8216 3.2, 3.4", of=AUDIO)
def a_adts(view: View) -> Iterator[str]:
    """AAC is whole ADTS frames of one sample rate and channel count, none cut by a border."""
    yield from view.faults("A_ADTS")
    for run in view.runs():
        kinds = {(frame.profile, frame.rate, frame.channels)
                 for segment in run.segments for frame in segment.frames}
        if len(kinds) != 1:
            yield f"{len(kinds)} kinds of frames"
    for segment in view.media.segments:
        if not segment.frames or not all(sound.starts_frame for sound in segment.audio):
            yield f"{segment.uri}: a PES packet does not begin with a frame"


@rule_of_runs("A_CONT", "M", "RFC 8216 3, Apple 7.1", of=AUDIO)
def a_cont(run: Run) -> Iterator[str]:
    """Audio is joined to the sample: every PTS of the run is the first one plus the samples in
    between, but for the rounding to a tick."""
    step, sounds = run.sample(), run.all_audio()
    for sound in sounds:
        expected = sounds[0].pts + (sound.frames_before - sounds[0].frames_before) * step
        if abs(sound.pts - expected) >= 1:
            yield f"{sound.uri}: {sound.pts}, not {float(expected):.1f}"


@rule_of_runs("AV_ALIGN", "Q", "Apple 8.3", of=VIDEO | AUDIO)
def av_align(run: Run) -> Iterator[str]:
    """Audio and video of a segment start and end within 100 ms of each other, without drift."""
    starts = []
    for segment in run.segments:
        video_end = max(unit.pts for unit in segment.units if unit.pts) + run.frame()
        begin = segment.audio[0].pts - segment.start
        audio_frames = len(segment.frames) * run.sample()
        end = segment.audio[0].pts + audio_frames - video_end
        starts.append(begin)
        if max(abs(begin), abs(end)) > PTS_HZ / 10:
            yield f"{segment.uri}: audio {begin} and {float(end):.0f} ticks off"
    if max(starts) - min(starts) > run.sample() + 1:
        yield f"drift of {max(starts) - min(starts)} ticks"


@rule("AV_ONE_AUDIO", "A", "Apple 2.17")
def av_one_audio(view: View) -> Iterator[str]:
    """One video and one audio stream in a segment, or one of them in all."""
    kinds = view.media.kinds if view.seen.expect.streams is None else view.seen.expect.streams
    for segment in view.media.segments:
        found = sorted(segment.ts.streams.values())
        if found != sorted(kinds) or not kinds <= VIDEO | AUDIO:
            yield f"{segment.uri}: stream types {found}"
