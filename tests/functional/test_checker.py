# SPDX-License-Identifier: GPL-2.0-or-later
"""The conformance checker proves that it can see: what is spoilt is reported, by the right rule.

A checker that passes everything would pass hlsgen, too. So a good observation is spoilt in every
way in which a rule can be broken, and ffmpeg's own live output must fail where it is known to.
"""

import copy
import gzip
import shutil
import subprocess
import threading
import time
import unittest
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from conformance import TABLE, TIMING, check, observe, report, select, ts
from conformance.media import Media
from conformance.rules import View
from mutate import (MUTATIONS, SEAM_MUTATIONS, SOUND_MUTATIONS, VARIED_MUTATIONS, count,
                    edit)
from origin import Hlsgen, scratch, sets, wait_until
from realtime import MACHINE, RealTime
from tap import main, note

SECONDS = 14
SMALL = ("stream.segment-duration=1s", "stream.window=6", "video.size=320x180",
         "video.bitrate=500kbit/s")
OTHER = (*SMALL, "video.size=384x216", "video.rate=25", "video.bitrate=700kbit/s",
         "audio.bitrate=64kbit/s")
VARIED = (*SMALL, "video.bitrate-pattern=sawtooth", "video.bitrate-variation=30%",
          "video.stuffing=null")
SOUND = ("stream.segment-duration=1s", "stream.window=6", "video.encoder=none")
SEAM_SECONDS = 22  # 10 of which after the seam, that is what PB_DRIFT takes
PLAYLIST = {"Content-Type": "application/vnd.apple.mpegurl", "Cache-Control": "max-age=0",
            "Access-Control-Allow-Origin": "*"}
SEGMENT = {"Content-Type": "video/mp2t", "Access-Control-Allow-Origin": "*"}


def http_answers(playlist: bytes, segment: bytes) -> dict[str, observe.Response]:
    """What an origin without fault answers to the probes."""
    def response(status: int, headers: dict, body: bytes) -> observe.Response:
        return observe.Response(status, list(headers.items()), body)
    zipped = {**PLAYLIST, "Content-Encoding": "gzip"}
    return {"playlist": response(200, PLAYLIST, playlist),
            "gzip": response(200, zipped, gzip.compress(playlist)),
            "segment": response(200, SEGMENT, segment),
            "range": response(206, SEGMENT, segment[188:376]),
            "missing": response(404, SEGMENT, b"")}


def observe_hlsgen(settings: tuple[str, ...], **promises) -> observe.Observation:
    with scratch() as folder:
        with Hlsgen(folder / "hls", *sets(*settings)) as hlsgen:
            seen = observe.observe(observe.Directory(hlsgen.out), SECONDS)
    seen.expect = observe.Expect(video_bitrate=500_000, primaries=6, matrix=6, **promises)
    seen.http = http_answers(seen.versions[-1].data, next(iter(seen.segments.values())))
    return seen


def observe_seam() -> observe.Observation:
    """Another preset takes the directory over; by the end nothing of the first one is listed."""
    with scratch() as folder, ThreadPoolExecutor(1) as pool:
        with Hlsgen(folder / "hls", *sets(*SMALL)) as hlsgen:
            watching = pool.submit(observe.observe, observe.Directory(hlsgen.out), SEAM_SECONDS)
            for _ in range(3):
                before = hlsgen.stamp()
                wait_until(lambda: hlsgen.stamp() != before, "a segment")
        with Hlsgen(folder / "hls", *sets(*OTHER)):
            seen = watching.result()
    seen.expect = observe.Expect(primaries=6, matrix=6)
    seen.http = http_answers(seen.versions[-1].data, next(iter(seen.segments.values())))
    return seen


def observe_ffmpeg(*options: str) -> observe.Observation:
    """ffmpeg's own live stream: bars and a tone, one-second segments."""
    with scratch() as folder:
        command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-re",
                   "-f", "lavfi", "-i", "smptebars=size=320x180:rate=30",
                   "-f", "lavfi", "-i", "sine=frequency=1000:sample_rate=48000",
                   "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "500k", "-g", "30",
                   "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "hls",
                   "-hls_time", "1", "-hls_list_size", "5", *options, "stream.m3u8"]
        with subprocess.Popen(command, cwd=folder) as ffmpeg:
            try:
                wait_until((folder / "stream.m3u8").exists, "ffmpeg's playlist")
                return observe.observe(observe.Directory(folder), SECONDS)
            finally:
                ffmpeg.terminate()


DATES = "delete_segments+program_date_time"
STREAMS: dict[str, Callable[[], observe.Observation]] = {
    "hlsgen": lambda: observe_hlsgen(SMALL),
    "varied": lambda: observe_hlsgen(VARIED, cycle=8, variation=30, null_stuffing=True),
    "seam": observe_seam,
    "sound": lambda: observe_hlsgen(SOUND, streams={ts.ADTS}),
}
if shutil.which("ffmpeg"):
    STREAMS |= {"ffmpeg": lambda: observe_ffmpeg("-hls_flags", "delete_segments"),
                "ffmpeg with dates": lambda: observe_ffmpeg("-hls_flags", DATES)}
SEEN: dict[str, observe.Observation] = {}
STALLS: dict[str, str] = {}  # what of the machine stood still meanwhile


def watch(name: str) -> None:
    begin = time.monotonic()
    SEEN[name] = STREAMS[name]()
    STALLS[name] = MACHINE.stalled_since(begin)


def setUpModule() -> None:
    """The streams run at the same time: they take seconds, but hardly any work."""
    threads = [threading.Thread(target=watch, args=(name,)) for name in STREAMS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Case(RealTime):
    """A failure is the machine's if that stood still while STREAM was observed."""

    STREAM = "hlsgen"

    def setUp(self) -> None:
        if self.is_repeated:
            watch(self.STREAM)

    def stall(self, begin: float) -> str:
        return STALLS.get(self.STREAM, "")


class Mutations(Case):
    def test_good_is_good(self) -> None:
        results = check(SEEN["hlsgen"])
        bad = select(results, "fail") + select(results, "undecided")
        self.assertEqual(bad, [], report(results))

    def test_each_is_seen(self) -> None:
        for index, (rule, mutation) in enumerate(MUTATIONS):
            with self.subTest(rule=rule, mutation=index):
                seen = copy.deepcopy(SEEN["hlsgen"])
                mutation(seen)
                self.assertIn(rule, select(check(seen), "fail"))
        note(f"{len(MUTATIONS)} mutations, {len({rule for rule, _ in MUTATIONS})} rules")

    def test_pts_before_dts(self) -> None:
        """No byte can be changed to this in a stream whose PES headers have no DTS."""
        seen = SEEN["hlsgen"]
        media = Media(seen)
        media.all_units()[7].dts += 3000
        self.assertTrue(list(TABLE["V_PTS_GE_DTS"].check(View(seen, media))))

    def test_every_rule_has_one(self) -> None:
        by_poller = {"PL_FETCH", "SG_AVAILABLE", "SG_IMMUTABLE"}  # see class Poller
        mutated = {rule for rule, _ in MUTATIONS} | by_poller | {"V_PTS_GE_DTS"}
        self.assertEqual(set(TABLE), mutated)


class Varied(Case):
    """Segments of unlike sizes, and null packets."""

    STREAM = "varied"

    def test_good_is_good(self) -> None:
        results = check(SEEN["varied"])
        bad = select(results, "fail") + select(results, "undecided")
        self.assertEqual(bad, [], report(results))
        sizes = {len(data) for data in SEEN["varied"].segments.values()}
        self.assertEqual(len(sizes), 8)

    def test_each_is_seen(self) -> None:
        for index, (rules, mutation) in enumerate(VARIED_MUTATIONS):
            with self.subTest(rules=rules, mutation=index):
                seen = copy.deepcopy(SEEN["varied"])
                mutation(seen)
                self.assertEqual(set(select(check(seen), "fail")) - TIMING, rules)
        note(f"{len(VARIED_MUTATIONS)} mutations")


class Sound(Case):
    """Segments without video: what is said of time holds with AAC frames."""

    STREAM = "sound"

    def test_good_is_good(self) -> None:
        results = check(SEEN["sound"])
        bad = select(results, "fail") + select(results, "undecided")
        self.assertEqual(bad, [], report(results))
        of_video = {name for name, entry in TABLE.items() if ts.H264 in entry.of}
        self.assertEqual(set(select(results, "not here")), of_video | {"EV_EVENT"})

    def test_each_is_seen(self) -> None:
        for index, (rules, mutation) in enumerate(SOUND_MUTATIONS):
            with self.subTest(rules=rules, mutation=index):
                seen = copy.deepcopy(SEEN["sound"])
                mutation(seen)
                self.assertEqual(set(select(check(seen), "fail")) - TIMING, rules)
        note(f"{len(SOUND_MUTATIONS)} mutations")


class Seam(Case):
    """Across EXT-X-DISCONTINUITY nothing has to go on, but on both sides everything has to."""

    STREAM = "seam"

    def test_good_is_good(self) -> None:
        seen = SEEN["seam"]
        results = check(seen)
        self.assertEqual(select(results, "fail"), [], report(results))
        self.assertEqual(select(results, "undecided"), ["BW_VIDEO"], report(results))
        self.assertEqual([run.sps.width for run in Media(seen).runs], [320, 384])
        self.assertNotIn(b"#EXT-X-DISCONTINUITY\n", seen.versions[-1].data)

    def test_each_is_seen(self) -> None:
        for index, (rules, mutation) in enumerate(SEAM_MUTATIONS):
            with self.subTest(rules=rules, mutation=index):
                seen = copy.deepcopy(SEEN["seam"])
                mutation(seen)
                self.assertEqual(set(select(check(seen), "fail")) - TIMING, rules)
        note(f"{len(SEAM_MUTATIONS)} mutations")

    def test_seam_has_to_be_told(self) -> None:
        """As if there had been no discontinuity. Counters may go on by chance: no TS_CC here."""
        seen = copy.deepcopy(SEEN["seam"])
        edit(r"^#EXT-X-DISCONTINUITY\n", "")(seen)
        count(0)(seen)
        self.assertLessEqual({"V_PARAMS", "V_CFR", "TS_PCR_LINEAR", "BW_EQUAL"},
                             set(select(check(seen), "fail")))

    def test_number_is_remembered(self) -> None:
        """Also from a version to one that has none of its segments any more."""
        seen = copy.deepcopy(SEEN["seam"])
        marked = [b"#EXT-X-DISCONTINUITY\n" in version.data for version in seen.versions]
        del seen.versions[marked.index(True) + 1:-1]
        self.assertNotIn("EV_DSN", select(check(seen), "fail"))
        count(0, last_only=True)(seen)
        self.assertIn("EV_DSN", select(check(seen), "fail"))


class Poller(Case):
    """What no text or byte shows: files that are missing, empty, or change."""

    def watch(self, spoil) -> list[str]:
        """Replays the good stream from a directory; `spoil` is called between two versions."""
        good = SEEN["hlsgen"]
        with scratch() as folder:
            observer = observe.Observer(observe.Directory(folder))
            for index, version in enumerate(good.versions[:4]):
                for uri in observe.uris(version.data):
                    if not (folder / uri).exists():
                        (folder / uri).write_bytes(good.segments[uri])
                (folder / "stream.m3u8").write_bytes(version.data)
                if index == 2:
                    spoil(folder, version.data)
                observer.look_at_playlist()
                observer.look_at_rest()
            return [rule for rule, _ in observer.seen.faults]

    def test_good(self) -> None:
        self.assertEqual(self.watch(lambda folder, data: None), [])

    def test_playlist_missing(self) -> None:
        spoilt = self.watch(lambda folder, data: (folder / "stream.m3u8").unlink())
        self.assertEqual(spoilt, ["PL_FETCH"])

    def test_playlist_empty(self) -> None:
        spoilt = self.watch(lambda folder, data: (folder / "stream.m3u8").write_bytes(b""))
        self.assertEqual(spoilt, ["PL_FETCH"])

    def test_segment_missing(self) -> None:
        def spoil(folder: Path, data: bytes) -> None:
            (folder / observe.uris(data)[-1]).unlink()
        self.assertEqual(self.watch(spoil), ["SG_AVAILABLE"])

    def test_segment_changes(self) -> None:
        def spoil(folder: Path, data: bytes) -> None:
            (folder / observe.uris(data)[0]).write_bytes(b"G" * 188)
        self.assertIn("SG_IMMUTABLE", self.watch(spoil))


@unittest.skipUnless(shutil.which("ffmpeg"), "ffmpeg is not installed")
class Ffmpeg(Case):
    """What ffmpeg's hls muxer is known to do otherwise."""

    STREAM = "ffmpeg"

    def judge(self) -> list[str]:
        failed = select(check(SEEN[self.STREAM]), "fail")
        note(f"{self.STREAM} fails {' '.join(failed)}")
        return failed

    def test_plain(self) -> None:
        known = {"PL_WINDOW_6", "PL_PDT_PRESENT", "PL_INDEPENDENT", "SG_KEPT_8216", "TS_PCR_LINEAR",
                 "V_COLOUR", "BW_EQUAL"}
        self.assertLessEqual(known, set(self.judge()))

    def test_is_not_all_bad(self) -> None:
        good = {"PL_PARSE", "EV_MSN", "EV_LINES", "TS_SYNC", "TS_CC", "TS_PES", "TS_AUD", "V_DTS",
                "V_CFR", "V_IDR", "A_ADTS", "A_CONT", "X_EXTINF"}
        self.assertEqual(good & set(self.judge()), set())


class FfmpegWithDates(Ffmpeg):
    """EXT-X-PROGRAM-DATE-TIME is there, though in a format of its own."""

    STREAM = "ffmpeg with dates"

    def test_plain(self) -> None:
        failed = self.judge()
        self.assertIn("PL_PDT_FORMAT", failed)
        self.assertNotIn("PL_PDT_PRESENT", failed)


if __name__ == "__main__":
    main()
