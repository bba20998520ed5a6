# SPDX-License-Identifier: GPL-2.0-or-later
"""The conformance checker proves that it can see what is wrong with a multivariant playlist, or
between its media playlists: each way to spoil a good one is reported, by the right rules alone.
"""

import copy
import threading
import time

from conformance import LADDER, TIMING, observe, presentation, report, select
from conformance.presentation import Presentation
from ladders import Ladder, write_preset
from mutate import edit
from mutate_ladder import GROUP_SPOILT, SPOILT, each
from origin import scratch
from realtime import MACHINE, RealTime
from tap import main, note

SECONDS = 14
PRESETS = {
    "ladder": """
[rendition high]
[rendition low]
size = 512x288
bitrate = 500kbit/s
""",
    "group": """
[audio]
delivery = group
[rendition high]
[rendition low]
size = 512x288
bitrate = 500kbit/s
""",
    "square": """
[rendition wide]
[rendition square]
size = 512x384
bitrate = 700kbit/s
"""}


def observe_ladder(text: str) -> Presentation:
    with scratch() as folder:
        with Ladder(folder / "hls", preset=write_preset(folder, text)) as hlsgen:
            return hlsgen.watch(SECONDS)


SEEN: dict[str, Presentation] = {}
STALLS: dict[str, str] = {}  # what of the machine stood still meanwhile


def watch(name: str) -> None:
    begin = time.monotonic()
    SEEN[name] = observe_ladder(PRESETS[name])
    STALLS[name] = MACHINE.stalled_since(begin)


def setUpModule() -> None:
    threads = [threading.Thread(target=watch, args=(name,)) for name in PRESETS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def failed(seen: Presentation) -> set[str]:
    """The rules about a multivariant playlist that do not hold."""
    return set(select(presentation.check(seen)[0], "fail"))


class Case(RealTime):
    """A failure is the machine's if that stood still while NAME was observed."""

    NAME = ""

    def setUp(self) -> None:
        if self.is_repeated:
            watch(self.NAME)

    def stall(self, begin: float) -> str:
        return STALLS.get(self.NAME, "")

    def check_good(self) -> None:
        together, streams = presentation.check(SEEN[self.NAME])
        bad = select(together, "fail") + select(together, "undecided")
        self.assertEqual(bad, [], report(together))
        for uri, results in streams.items():
            self.assertEqual(select(results, "fail"), [], f"{uri}\n{report(results)}")

    def check_spoilt(self, ways: list) -> None:
        for index, (rules, spoil) in enumerate(ways):
            with self.subTest(rules=rules, index=index):
                seen = copy.deepcopy(SEEN[self.NAME])
                spoil(seen)
                self.assertEqual(failed(seen) - (TIMING - rules), rules)
        note(f"{len(ways)} ways, {len(set().union(*(rules for rules, _ in ways)))} rules")


class Muxed(Case):
    NAME = "ladder"

    def test_good_is_good(self) -> None:
        self.check_good()

    def test_each_is_seen(self) -> None:
        self.check_spoilt(SPOILT)

    def test_every_rule_has_one(self) -> None:
        spoilt = set().union(*(rules for rules, _ in SPOILT)) | {"MV_ASPECT"}
        self.assertEqual(set(LADDER), spoilt)

    def test_independent_segments_may_be_told_once(self) -> None:
        seen = copy.deepcopy(SEEN["ladder"])
        each(edit(r"^#EXT-X-INDEPENDENT-SEGMENTS\n", ""))(seen)
        for results in presentation.check(seen)[1].values():
            self.assertEqual(select(results, "fail"), [])

    def test_other_numbers_are_no_fault(self) -> None:
        """Media sequence numbers need not be alike; then what is the same content is not known."""
        seen = copy.deepcopy(SEEN["ladder"])
        edit(r"(?<=MEDIA-SEQUENCE:)\d+", lambda match: str(int(match[0]) + 10))(
            list(seen.streams.values())[1])
        results = presentation.check(seen)[0]
        self.assertEqual(select(results, "fail"), [])
        self.assertEqual(select(results, "undecided"), ["XV_PTS", "XV_EDGE"])

    def test_missing_at_a_poll(self) -> None:
        with scratch() as folder:
            source = observe.Directory(folder, "master.m3u8")
            (folder / "master.m3u8").write_bytes(SEEN["ladder"].versions[0].data)
            seen = copy.deepcopy(SEEN["ladder"])
            presentation.look(source, seen)
            (folder / "master.m3u8").unlink()
            presentation.look(source, seen)
        self.assertEqual(failed(seen), {"MV_PARSE"})


class Group(Case):
    NAME = "group"

    def test_good_is_good(self) -> None:
        self.check_good()

    def test_each_is_seen(self) -> None:
        self.check_spoilt(GROUP_SPOILT)

    def test_rules_about_the_other_kind_are_left_out(self) -> None:
        *videos, sound = presentation.check(SEEN["group"])[1].values()
        for results in videos:
            self.assertIn("A_ADTS", select(results, "not here"))
        self.assertIn("V_IDR", select(sound, "not here"))


class Odd(Case):
    NAME = "square"

    def test_another_shape(self) -> None:
        self.assertEqual(failed(SEEN["square"]), {"MV_ASPECT"})


if __name__ == "__main__":
    main()
