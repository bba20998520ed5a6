# SPDX-License-Identifier: GPL-2.0-or-later
"""Ladders: their files, that they conform, and that they go on after restarts, kills and damage."""

import os
import re
import shutil
import signal
import threading
import time
from pathlib import Path

from conformance import m3u8
from conformance.presentation import Presentation
from ladders import MASTER, RENDITIONS, TOP, WINDOW, Ladder, assert_conforms, write_preset
from origin import (Hlsgen, is_about_run, make_out, scratch, segments, sequence, sets,
                    wait_until)
from realtime import MACHINE, RealTime
from tap import main, note

SECONDS = 30
STATE = {"hlsgen.state", "index.json"}
LISTS = {"stream.m3u8", "iframes.m3u8"}
GROUP = "[audio]\ndelivery = group\n"


def names(folder: Path) -> set[str]:
    """Of what lies there, but for segments, what is just being written, and the run's own."""
    passing = re.compile(r"seg\d+\.ts|\.hlsgen-.*")
    return {name for name in os.listdir(folder)
            if not passing.fullmatch(name) and not is_about_run(name)}


def contents(out: Path) -> dict[str, tuple[int, bytes]]:
    """Inode and bytes of every segment, by its path in the output directory."""
    found = {}
    for path in out.rglob("seg*.ts"):
        try:
            found[str(path.relative_to(out))] = path.stat().st_ino, path.read_bytes()
        except FileNotFoundError:  # it has just been removed
            pass
    return found


class Case(RealTime):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())
        self.out = self.folder / "hls"
        self.preset = write_preset(self.folder, RENDITIONS)

    def run_ladder(self, *arguments: str) -> Ladder:
        return Ladder(self.out, *arguments, preset=self.preset)

    def assert_valid(self, hlsgen: Ladder) -> None:
        """Every media playlist is well formed, and all that it lists is there and whole."""
        for uri in hlsgen.uris():
            path = self.out / uri
            playlist = m3u8.parse(path.read_bytes())
            self.assertEqual(playlist.faults, [], uri)
            for entry in playlist.entries:
                self.assertEqual((path.parent / entry.uri).stat().st_size % 188, 0, entry.uri)

    def assert_no_seam(self, hlsgen: Ladder) -> None:
        for uri in hlsgen.uris():
            self.assertNotIn(b"#EXT-X-DISCONTINUITY\n", (self.out / uri).read_bytes(), uri)


class Whole(RealTime):
    """What is shipped, watched for half a minute."""

    SEEN: dict[str, Presentation] = {}
    STALLS: dict[str, str] = {}  # what of the machine stood still meanwhile
    name = ""                    # of what a case judges
    NAMES = {"4k-abr": ["720p", "2160p", "1080p", "480p", "360p"]}

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = cls.enterClassContext(scratch())
        group = cls.folder / "group"
        group.mkdir()
        cls.runs = {"4k-abr": Ladder(cls.folder / "4k", preset="4k-abr"),
                    "group": Ladder(cls.folder / "grouped",
                                    preset=write_preset(group, GROUP, RENDITIONS))}
        for run in cls.runs.values():
            cls.enterClassContext(run)
        threads = [threading.Thread(target=cls.watch, args=(name,)) for name in cls.runs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    @classmethod
    def watch(cls, name: str) -> None:
        begin = time.monotonic()
        seen = cls.SEEN[name] = cls.runs[name].watch(SECONDS)
        cls.STALLS[name] = MACHINE.stalled_since(begin)
        for stream in seen.streams.values():
            stream.expect.temporary = r"\.hlsgen-.*"

    def stall(self, begin: float) -> str:
        return self.STALLS.get(self.name, "")

    def judge(self, name: str) -> None:
        self.name = name
        if self.is_repeated:
            self.watch(name)
        seen = self.SEEN[name]
        self.assertEqual(assert_conforms(self, seen).rules("undecided"), {"BW_VIDEO"})
        note(f"{name}: {len(seen.streams)} media playlists, "
             f"{sum(len(stream.segments) for stream in seen.streams.values())} segments")

    def test_4k_abr_conforms(self) -> None:
        self.judge("4k-abr")

    def test_group_conforms(self) -> None:
        self.judge("group")

    def test_files_of_4k_abr(self) -> None:
        first, *others = self.NAMES["4k-abr"]
        run = self.runs["4k-abr"]
        self.assertEqual(run.uris(), [f"{name}/stream.m3u8" for name in (first, *others)])
        self.assertEqual(names(run.out), {*LISTS, MASTER, first, *others, *STATE})
        self.assertEqual(names(run.out / first), LISTS)
        for name in others:
            self.assertEqual(names(run.out / name), {*LISTS, *STATE})

    def test_files_of_a_group(self) -> None:
        run = self.runs["group"]
        self.assertEqual(names(run.out), {*LISTS, MASTER, TOP, "high", "low", "audio", *STATE})
        self.assertEqual(names(run.out / "audio"), {"stream.m3u8", *STATE})
        self.assertEqual(names(run.out / TOP), LISTS)

    def test_sizes_are_those_declared(self) -> None:
        """Of segments whose sizes are equal, BANDWIDTH is what each of them has, to a bit."""
        declared = re.findall(rb"INF:BANDWIDTH=(\d+).*\n([^#].*)\n",
                              self.SEEN["4k-abr"].versions[0].data)
        for bandwidth, uri in declared:
            stream = self.SEEN["4k-abr"].streams[uri.decode()]
            sizes = {len(data) for data in stream.segments.values()}
            self.assertEqual({size * 8 // 2 for size in sizes}, {int(bandwidth)}, uri)

    def test_alias_is_the_top_playlist(self) -> None:
        run = self.runs["4k-abr"]
        top, alias = run.playlist, run.out / "720p" / "stream.m3u8"

        def is_equal() -> bool:
            return alias.read_bytes().replace(b"../", b"") == top.read_bytes()
        wait_until(is_equal, "the same playlist")  # one is replaced after the other
        listed = segments(alias.read_bytes())
        self.assertEqual({name[:6] for name in listed}, {"../seg"})


class Equal(Case):
    def test_two_directories_have_the_same_files(self) -> None:
        other = Ladder(self.folder / "other", preset=self.preset)
        with self.run_ladder() as one, other:
            one.wait_updates(2)
            first, second = contents(one.out), contents(other.out)
            master = [(run.out / MASTER).read_bytes() for run in (one, other)]
        common = first.keys() & second.keys()
        self.assertEqual(master[0], master[1])
        self.assertEqual({name.rpartition("/")[0] for name in common}, {"", "high", "low"})
        for name in common:
            self.assertEqual(first[name][1], second[name][1], name)
        note(f"{len(common)} segments")


class Restart(Case):
    def check_seamless(self, number: int) -> None:
        with self.run_ladder() as hlsgen:
            hlsgen.wait_updates(1)
            hlsgen.stop(number)
        before = contents(self.out)
        with self.run_ladder() as again:
            self.assert_valid(again)
            self.assert_no_seam(again)
            after = contents(self.out)
            for name in before.keys() & after.keys():
                self.assertEqual(after[name], before[name], name)
            again.wait_updates(1)
            self.assert_no_seam(again)
            self.assertEqual(again.stop(), 0, again.errors)
        note(f"{len(before.keys() & after.keys())} of {len(before)} segments were still there")
        self.assertNotIn("discontinuity", again.errors)

    def test_leaves_no_seam(self) -> None:
        self.check_seamless(signal.SIGTERM)

    def test_kill_leaves_none(self) -> None:
        self.check_seamless(signal.SIGKILL)

    def test_kill_leaves_whole_streams(self) -> None:
        with self.run_ladder() as hlsgen:
            hlsgen.wait_updates(1)
            hlsgen.stop(signal.SIGKILL)
        self.assert_valid(hlsgen)


class Mended(Case):
    def check_mended(self, *damaged: str) -> None:
        with self.run_ladder() as hlsgen:
            wanted = {name: (self.out / name).read_bytes() for name in damaged
                      if name == MASTER}
            for name in damaged:
                (self.out / name).unlink()
            for name in damaged:
                wait_until((self.out / name).exists, name)
            hlsgen.wait_updates(1)
            for name, content in wanted.items():
                self.assertEqual((self.out / name).read_bytes(), content)
            self.assert_valid(hlsgen)

    def test_master_and_playlists(self) -> None:
        self.check_mended(MASTER, f"{TOP}/stream.m3u8", "stream.m3u8", "high/stream.m3u8",
                          f"{TOP}/iframes.m3u8", "iframes.m3u8", "low/iframes.m3u8")

    def test_segments(self) -> None:
        with self.run_ladder() as hlsgen:
            newest = segments((self.out / "low" / "stream.m3u8").read_bytes())[-1]
            wait_until((self.out / newest).exists, "the same one of the top rendition")
            gone = [self.out / newest, self.out / "low" / newest]
            for path in gone:
                path.unlink()
            for path in gone:
                wait_until(path.exists, str(path))
            self.assert_valid(hlsgen)

    def test_falsified(self) -> None:
        """What another program writes over master.m3u8 does not stay."""
        with self.run_ladder() as hlsgen:
            wanted = (self.out / MASTER).read_bytes()
            (self.folder / "other").write_bytes(b"#EXTM3U\n")
            os.replace(self.folder / "other", self.out / MASTER)
            wait_until(lambda: (self.out / MASTER).read_bytes() == wanted, "the master playlist")
            self.assertEqual(hlsgen.stop(), 0, hlsgen.errors)


class Switched(Case):
    """Another preset in the same directory: nothing that it says is false, then or later."""

    def test_ladder_single_ladder(self) -> None:
        with self.run_ladder() as hlsgen:
            hlsgen.wait_updates(1)
        other = self.folder / "single"
        other.mkdir()
        single = write_preset(other)
        # Of the bit rate that the ladder declares at the top: some of these stay listed there.
        with Hlsgen(self.out, *sets("video.bitrate=2Mbit/s", "stream.iframes=no"),
                    preset=single) as other:
            for name in (MASTER, "iframes.m3u8"):
                self.assertFalse((self.out / name).exists(), "it names what no longer goes on")
            for _ in range(2):  # so that segments of it are listed
                before = other.stamp()
                wait_until(lambda: other.stamp() != before, "a segment")
        with self.run_ladder() as hlsgen:
            hlsgen.wait_updates(2)
            self.assert_valid(hlsgen)
            assert_conforms(self, hlsgen.watch(8))


class Changed(Case):
    def numbers(self, hlsgen: Ladder) -> dict[str, set[int]]:
        """Of the newest segment of each media playlist, its discontinuity sequence number."""
        found = {}
        for uri in hlsgen.uris():
            text = (self.out / uri).read_text()
            number = int(re.search(r"DISCONTINUITY-SEQUENCE:(\d+)", text)[1])
            found[uri] = number + text.count("#EXT-X-DISCONTINUITY\n")
        return found

    def check_numbers(self, wanted: set[int], *arguments: str) -> None:
        """Another stream begins with the next segment that is due, and no playlist before."""
        with self.run_ladder(*arguments) as hlsgen:
            hlsgen.wait_updates(1)
            self.assertEqual(set(self.numbers(hlsgen).values()), wanted)

    def test_one_rendition_makes_a_discontinuity_of_all(self) -> None:
        """So does what is lost of one of them not (RFC 8216 6.2.4)."""
        changed = ["--set", "rendition low.bitrate=444kbit/s"]
        with self.run_ladder():
            pass
        self.check_numbers({1}, *changed)
        shutil.rmtree(self.out / "low")
        self.check_numbers({1}, *changed)

    def test_master_goes_before_what_it_names(self) -> None:
        """The start fails when the I-frame playlists are gone already."""
        with self.run_ladder():
            pass
        (self.out / "low" / ".hlsgen-playlist.tmp").mkdir()
        hlsgen = self.run_ladder(*sets("stream.iframes=no")).start()
        self.assertEqual(hlsgen.wait(), os.EX_IOERR, hlsgen.errors)
        self.assertFalse((self.out / MASTER).exists(), "it names what is gone")

    def test_master_waits_for_what_it_names(self) -> None:
        low = self.out / "low"
        with self.run_ladder():
            pass
        (low / "iframes.m3u8").unlink()
        (low / ".hlsgen-iframes.tmp").mkdir()
        before = sequence((low / "stream.m3u8").read_bytes())
        hlsgen = self.run_ladder(*sets("rendition low.bitrate=444kbit/s")).start()
        wait_until(lambda: sequence((low / "stream.m3u8").read_bytes()) > before + 2, "segments")
        self.assertFalse((self.out / MASTER).exists(), "it names what is not there yet")
        (low / ".hlsgen-iframes.tmp").rmdir()
        wait_until((self.out / MASTER).exists, MASTER)
        self.assertTrue((low / "iframes.m3u8").exists())
        self.assertEqual(hlsgen.stop(), 0, hlsgen.errors)


class Kinds(Case):
    def test_event(self) -> None:
        with self.run_ladder("--event", "--disk-budget", "200MB") as hlsgen:
            hlsgen.wait_ready()
            first = {uri: segments((self.out / uri).read_bytes()) for uri in hlsgen.uris()}
            wait_until(lambda: all(len(segments((self.out / uri).read_bytes())) > len(listed) + 2
                                   for uri, listed in first.items()), "three segments more")
            for uri, listed in first.items():
                text = (self.out / uri).read_bytes()
                self.assertEqual(segments(text)[:len(listed)], listed)
                self.assertIn(b"#EXT-X-PLAYLIST-TYPE:EVENT\n", text)
            assert_conforms(self, hlsgen.watch(5))

    def ended(self) -> bool:
        return all(b"#EXT-X-ENDLIST\n" in (self.out / uri).read_bytes()
                   for uri in Ladder(self.out).uris())

    def test_follow_ends(self) -> None:
        """Every rendition ends with the same segment; what was removed goes, and so does hlsgen."""
        seen = {}
        run = self.run_ladder("--follow", "5")
        run.start().wait_ready()
        thread = threading.Thread(target=lambda: seen.update(all=run.watch(9)))
        thread.start()
        self.assertEqual(run.wait(), 0, run.errors)
        thread.join()
        self.assertTrue(self.ended())
        last = {segments((self.out / uri).read_bytes())[-1].removeprefix("../")
                for uri in run.uris()}
        self.assertEqual(len(last), 1)
        assert_conforms(self, seen["all"])
        listed = {name.removeprefix("../") for name in segments(run.read())}
        self.assertEqual({path.name for path in self.out.glob("seg*.ts")}, listed)

    def test_follow_goes_on_to_the_same_end(self) -> None:
        arguments = ("--event", "--follow", "9")
        with self.run_ladder(*arguments) as hlsgen:
            hlsgen.stop(signal.SIGKILL)
        again = self.run_ladder(*arguments).start()
        wait_until(lambda: again.process.poll() is not None or again.has_published(),
                   "a playlist, or the end if that came before")
        self.assertEqual(again.stop(), 0, again.errors)
        run = self.run_ladder(*arguments).start()
        self.assertEqual(run.wait(), 0, run.errors)
        self.assertTrue(self.ended())
        self.assertEqual(len(segments(run.read())), WINDOW + 9)
        self.assert_valid(run)
        self.assert_no_seam(run)
        again = self.run_ladder(*arguments).start()
        self.assertEqual(again.wait(), 0, again.errors)
        self.assertIn("ended", again.errors)


class Refused(Case):
    def refuse(self, code: int, words: str, *arguments: str) -> None:
        run = self.run_ladder(*arguments).start()
        self.assertEqual(run.wait(), code, run.errors)
        self.assertIn(words, run.errors)
        self.assertEqual(len(run.errors.splitlines()), 1, run.errors)

    def test_many_streams(self) -> None:
        self.refuse(os.EX_USAGE, "--streams", "--streams", "2")
        self.assertFalse(self.out.exists())

    def test_event_of_a_finite_stream(self) -> None:
        self.refuse(os.EX_USAGE, "--event", "--vod", "20s", "--event")

    def test_follow_of_a_finite_stream(self) -> None:
        self.refuse(os.EX_USAGE, "--follow", "--vod", "20s", "--follow", "3")

    def test_file_in_the_way(self) -> None:
        make_out(self.folder)
        (self.out / "high").write_text("mine")
        self.refuse(os.EX_CANTCREAT, "high is no directory")
        self.assertEqual((self.out / "high").read_text(), "mine")

    def test_directory_in_use(self) -> None:
        with self.run_ladder():
            self.refuse(os.EX_UNAVAILABLE, "another hlsgen publishes into")
            second = Hlsgen(self.out / "high").start()
            self.assertEqual(second.wait(), os.EX_UNAVAILABLE, second.errors)

    def test_budget_of_disk(self) -> None:
        self.refuse(os.EX_DATAERR, "its budget is 1 MB", "--disk-budget", "1MB")


if __name__ == "__main__":
    main()
