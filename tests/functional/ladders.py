# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs of hlsgen with a ladder: several renditions in one directory, and master.m3u8."""

from pathlib import Path

from conformance import TIMING, multivariant, observe, presentation, report, select
from conformance.presentation import Presentation
from origin import Several, sequence, wait_until
from realtime import RealTime

MASTER = "master.m3u8"
# From a directory, nothing can be said about HTTP.
HTTP = {"HT_TYPE", "HT_CORS", "HT_GZIP", "HT_CACHE", "HT_RANGE", "HT_REDIRECT"}

WINDOW = 6
# Three renditions that cost little, of which the second is the one at the top.
COMMON = f"""[stream]
segment-duration = 1s
window = {WINDOW}
iframes = yes
[video]
encoder = exact
overlay = clock
size = 640x360
bitrate = 1Mbit/s
"""
RENDITIONS = """
[rendition high]
size = 1280x720
bitrate = 5Mbit/s
[rendition middle]
bitrate = 2Mbit/s
[rendition low]
size = 512x288
bitrate = 500kbit/s
"""
TOP = "middle"


class Ladder(Several):
    """It is ready when master.m3u8 is there, and all media playlists are of this run."""

    def uris(self) -> list[str]:
        """Of the media playlists, by master.m3u8."""
        return multivariant.parse((self.out / MASTER).read_bytes()).uris()

    def stamp(self) -> tuple[tuple[int, int], ...] | None:
        try:
            found = [self.playlist.stat(), *((self.out / uri).stat() for uri in self.uris())]
        except FileNotFoundError:
            return None
        return tuple((status.st_ino, status.st_ctime_ns) for status in found)

    def wait_updates(self, count: int) -> None:
        """Until all windows have moved on by so many segments."""
        targets = {uri: sequence((self.out / uri).read_bytes()) + count for uri in self.uris()}
        wait_until(lambda: all(sequence((self.out / uri).read_bytes()) >= target
                               for uri, target in targets.items()), f"{count} updates")

    def watch(self, seconds: float) -> Presentation:
        return presentation.observe(observe.Directory(self.out, MASTER), seconds)


def write_preset(folder: Path, *parts: str) -> str:
    """A preset file of COMMON and these; its path."""
    path = folder / "ladder.conf"
    path.write_text(COMMON + "\n".join(parts))
    return str(path)


class Verdict:
    """What the checker says of it, but for what it cannot know."""

    def __init__(self, seen: Presentation) -> None:
        together, each = presentation.check(seen)
        self.found = {"master": together} | each

    def rules(self, verdict: str) -> set[str]:
        """Those that have it anywhere."""
        return set().union(*(select(results, verdict) for results in self.found.values())) \
            - HTTP

    def complaints(self) -> str:
        """In words; none of a good one."""
        lines = [f"{name}: {line}" for name, results in self.found.items()
                 for line in report([result for result in results
                                     if result.verdict == "fail"]).splitlines()]
        return "\n".join(lines)


def assert_conforms(case: RealTime, seen: Presentation) -> Verdict:
    """Nothing is wrong with it; a machine that stands still excuses rules on time alone."""
    verdict = Verdict(seen)
    with case.on_any_machine():
        case.assertLessEqual(verdict.rules("fail"), TIMING, verdict.complaints())
    case.assertEqual(verdict.complaints(), "")
    return verdict
