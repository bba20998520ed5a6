# SPDX-License-Identifier: GPL-2.0-or-later
"""hlsgen's streams satisfy every rule of the conformance checker.

All streams are observed at the same time, for as long as it takes to see segments removed and
deleted; then each is judged.
"""

import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

from conformance import LADDER, NOT_HERE, TABLE, check, observe, report, select
from conformance.media import Media
from conformance.ts import ADTS, H264, WRAP
from origin import Hlsgen, is_about_run, scratch, segments, sequence, sets
from realtime import MACHINE, RealTime
from tap import main, note

SECONDS = 26
BT601_525, BT601_625, BT709 = (6, 6), (5, 5), (1, 1)
# From a directory, nothing can be said about HTTP; test_nginx.py decides these.
HTTP = [name for name in TABLE if name.startswith("HT_")]
SHORT = sets("stream.segment-duration=1s", "stream.window=6")
SHORT_WINDOW = 6


def wrap_epoch() -> list[str]:
    """An epoch by which the 2^33 wrap of time stamps comes 15 s from now, in 90 kHz ticks."""
    return ["--epoch", f"@{int(time.time()) + 15 - WRAP // 90_000}"]


@dataclass
class Stream:
    """What is started, and what it promises."""

    arguments: list[str] = field(default_factory=list)
    wraps: bool = False  # its time stamps do, meanwhile
    preset: str = "720p-ultrafast"
    colours: tuple[int, int] = BT601_525
    bitrate: int = 2_000_000
    promises: dict = field(default_factory=dict)
    without: str = ""  # what it has none of, as the checker says it


SAWTOOTH = {"cycle": 8, "variation": 50}  # whose largest segment needs a level of its own
RANDOM = {"cycle": 16, "variation": 20}
STREAMS = {
    "default": Stream(),
    "testsrc2": Stream(sets("video.pattern=testsrc2", "video.cycle=4s")),
    "ntsc": Stream(sets("video.rate=30000/1001")),
    "wrap": Stream(wraps=True),
    "ntsc wrap": Stream(sets("video.rate=30000/1001"), wraps=True),
    "short": Stream(SHORT),
    "hd": Stream(sets("video.pattern=smptehdbars", "video.size=1920x1080", "video.rate=60",
                      "video.bitrate=6Mbit/s"), colours=BT709, bitrate=6_000_000),
    "pal": Stream(sets("video.pattern=pal75bars", "video.size=640x360", "video.rate=25",
                       "video.bitrate=600kbit/s"), colours=BT601_625, bitrate=600_000),
    "null": Stream(sets("video.stuffing=null"), promises={"null_stuffing": True}),
    "sawtooth": Stream(sets("video.bitrate-pattern=sawtooth", "video.bitrate-variation=50%",
                            "video.size=320x180", "video.bitrate=700kbit/s"),
                       bitrate=700_000, promises=SAWTOOTH),
    "beep": Stream(sets("audio.signal=beep")),
    "afresh": Stream(sets("video.overlay=clock", "video.size=640x360", "video.bitrate=600kbit/s"),
                     bitrate=600_000),
    "clock": Stream(preset="720p-clock"),
    "clock hd": Stream(preset="1080p-clock", bitrate=5_000_000),
    "clock ntsc": Stream(sets("video.rate=30000/1001"), wraps=True, preset="720p-clock"),
    "clock null": Stream(sets("video.stuffing=null", "audio.signal=beep"), preset="720p-clock",
                         promises={"null_stuffing": True}),
    "clock random": Stream(sets("video.bitrate-pattern=random", "video.bitrate-seed=7"),
                           preset="720p-clock", promises=RANDOM),
    "sound alone": Stream(preset="audio-only", promises={"streams": {ADTS}}, without="no video"),
    "sound alone wrap": Stream(sets("stream.segment-duration=2s"), wraps=True, preset="audio-only",
                               promises={"streams": {ADTS}}, without="no video"),
    "pictures alone": Stream(sets("audio.signal=none"), promises={"streams": {H264}},
                             without="no audio"),
}
STARTING = threading.Semaphore(2)  # what has to be encoded delays what is due, if there is too much
SEEN: dict[str, observe.Observation] = {}
STALLS: dict[str, str] = {}  # what of the machine stood still meanwhile
LEFT: dict[str, tuple[set[str], bytes]] = {}  # names on disk and playlist after the end


def watch(name: str) -> None:
    stream = STREAMS[name]
    with scratch() as folder:
        with ExitStack() as running:
            with STARTING:
                arguments = stream.arguments + (wrap_epoch() if stream.wraps else [])
                hlsgen = running.enter_context(
                    Hlsgen(folder / "hls", *arguments, preset=stream.preset))
            begin = time.monotonic()
            seen = observe.observe(observe.Directory(hlsgen.out), SECONDS)
            STALLS[name] = MACHINE.stalled_since(begin)
        names = {path.name for path in hlsgen.out.iterdir() if not is_about_run(path.name)}
        LEFT[name] = names, hlsgen.read()
    primaries, matrix = stream.colours
    seen.expect = observe.Expect(stream.bitrate, primaries=primaries, matrix=matrix,
                                 temporary=r"\.hlsgen-.*", **stream.promises)
    SEEN[name] = seen


def setUpModule() -> None:
    threads = [threading.Thread(target=watch, args=(name,)) for name in STREAMS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Conformance(RealTime):
    name = ""  # of the stream

    def stall(self, begin: float) -> str:
        """A failure is the machine's if that stood still while the stream was observed."""
        return STALLS.get(self.name, "")

    def choose(self, name: str) -> None:
        self.name = name
        if self.is_repeated:
            watch(name)

    def judge(self, name: str) -> None:
        self.choose(name)
        self.assertIn(name, SEEN, "the stream could not be observed; see stderr")
        results = self.assert_rules(SEEN[name])
        self.assertEqual(select(results, "undecided"), HTTP, report(results))
        self.assertGreater(len(SEEN[name].versions), SECONDS // 2 - 3)
        reasons = {result.detail for result in results if result.verdict == "not here"}
        self.assertEqual(reasons - {"a live playlist"}, {STREAMS[name].without} - {""})
        passed = len(select(results, "pass"))
        note(f"{name}: {passed} rules, {len(Media(SEEN[name]).segments)} segments")

    def crosses_wrap(self, name: str) -> None:
        """The run has segments on both sides of the wrap, else the test has shown nothing."""
        starts = [segment.start for segment in Media(SEEN[name]).segments]
        self.assertLess(starts[0], WRAP)
        self.assertGreater(starts[-1], WRAP)

    def test_default(self) -> None:
        self.judge("default")

    def test_testsrc2(self) -> None:
        self.judge("testsrc2")

    def test_rate_30000_1001(self) -> None:
        self.judge("ntsc")

    def test_pts_wrap(self) -> None:
        self.judge("wrap")
        self.crosses_wrap("wrap")

    def test_pts_wrap_30000_1001(self) -> None:
        self.judge("ntsc wrap")
        self.crosses_wrap("ntsc wrap")

    def test_short_segments(self) -> None:
        self.judge("short")

    def test_smptehdbars_1080p60(self) -> None:
        self.judge("hd")

    def test_pal75bars_360p25(self) -> None:
        self.judge("pal")

    def test_null_packets(self) -> None:
        self.judge("null")

    def test_sawtooth(self) -> None:
        self.judge("sawtooth")

    def test_beep(self) -> None:
        self.judge("beep")

    def test_clock_encoded_afresh(self) -> None:
        self.judge("afresh")

    def test_clock(self) -> None:
        self.judge("clock")

    def test_clock_1080p(self) -> None:
        self.judge("clock hd")

    def test_clock_pts_wrap_30000_1001(self) -> None:
        self.judge("clock ntsc")
        self.crosses_wrap("clock ntsc")

    def test_clock_null_packets_beep(self) -> None:
        self.judge("clock null")

    def test_clock_random_sizes(self) -> None:
        self.judge("clock random")

    def test_sound_alone(self) -> None:
        self.judge("sound alone")

    def test_sound_alone_pts_wrap(self) -> None:
        """Of segments that have an AAC frame more or less than others."""
        self.judge("sound alone wrap")
        self.crosses_wrap("sound alone wrap")
        self.assertEqual(len(set(map(len, SEEN["sound alone wrap"].segments.values()))), 2)

    def test_pictures_alone(self) -> None:
        self.judge("pictures alone")

    def test_retention(self) -> None:
        """Window + 2 segments stay on disk after their removal, then they go."""
        self.choose("short")
        names, playlist = LEFT["short"]
        first = sequence(playlist)
        kept = {f"seg{index}.ts" for index in range(first - SHORT_WINDOW - 2, first)}
        self.assertLessEqual(kept | set(segments(playlist)), names)
        # The next is removed when the next segment is published, a moment late or a moment early.
        going = {f"seg{first - SHORT_WINDOW - 3}.ts"}
        self.assertLessEqual(names, kept | going | set(segments(playlist))
                             | {"stream.m3u8", "hlsgen.state", "index.json"})

    def test_nothing_is_dropped_in_silence(self) -> None:
        """The rules without a verdict here are named, with the reason."""
        for reason, names in NOT_HERE.items():
            note(f"not judged, {reason}: {' '.join(names)}")
        count = len(TABLE) + len(LADDER) + sum(len(names) for names in NOT_HERE.values())
        own = {"TS_PCR_LINEAR", "TS_BUFFER", "TS_NULL", "V_LEVEL", "V_FILLER", "V_COLOUR",
               "BW_EQUAL", "BW_VIDEO", "BW_STUFFING", "MV_FIRST", "MV_ASPECT"}
        self.assertEqual(count - len(own), 103)


if __name__ == "__main__":
    main()
