# SPDX-License-Identifier: GPL-2.0-or-later
"""Many streams of one process: their folders, their time, and that each is a stream of its own."""

import os
import re
import resource
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

from conformance import m3u8
from conformance.observe import Http
from origin import (ARGUMENTS, PATIENCE, PROGRAM, Hlsgen, Nginx, Several, is_about_run,
                    nginx_program, scratch, segments, sequence, sets, wait_until)
from realtime import RealTime
from tap import main, note

NS = 1_000_000_000
PID_VIDEO = 0x100
QUICK = sets("stream.segment-duration=1s", "stream.window=4", "video.size=640x360",
             "video.bitrate=1000kbit/s")
LONG = sets("stream.window=30")  # what is listed outlives a slow start
MANY = 200


class Streams(Several):
    """hlsgen with `count` streams; it is ready when all have a playlist of this run."""

    def __init__(self, out: Path, count: int, *arguments: str) -> None:
        self.folders = [out / f"s{number:04}" for number in range(1, count + 1)]
        super().__init__(out, "--streams", str(count), *QUICK, *arguments, preset="720p-clock")

    def stamp(self) -> tuple[int, ...] | None:
        try:
            return tuple((folder / "stream.m3u8").stat().st_ctime_ns for folder in self.folders)
        except FileNotFoundError:
            return None

    def wait_updates(self, count: int) -> None:
        """Until each window has moved on by `count` segments."""
        targets = [sequence(read(folder)) + count for folder in self.folders]
        wait_until(lambda: all(sequence(read(folder)) >= target
                               for folder, target in zip(self.folders, targets)),
                   f"{count} updates")

    def remove(self, *folders: Path) -> None:
        """While it makes no file in them."""
        self.freeze()
        for folder in folders:
            shutil.rmtree(folder)
        self.thaw()


def folders_in(out: Path) -> list[str]:
    """What lies there but for what tells of all streams."""
    return [name for name in os.listdir(out) if not is_about_run(name)]


def read(folder: Path) -> bytes:
    return (folder / "stream.m3u8").read_bytes()


def due(folder: Path, name: str) -> int:
    """When a segment is due, by its date."""
    return (folder / name).stat().st_mtime_ns


def differing_pids(one: bytes, other: bytes) -> set[int]:
    """The PIDs of transport stream packets that are not equal."""
    pids = set()
    for at in range(0, len(one), 188):
        if one[at:at + 188] != other[at:at + 188]:
            pids.add(int.from_bytes(one[at + 1:at + 3], "big") & 0x1FFF)
    return pids


class Case(RealTime):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())
        self.out = self.folder / "hls"

    def assert_valid(self, folder: Path, window: int = 4) -> m3u8.Playlist:
        playlist = m3u8.parse(read(folder))
        self.assertEqual(playlist.faults, [])
        self.assertEqual(len(playlist.entries), window)
        for entry in playlist.entries:
            self.assertEqual((folder / entry.uri).stat().st_size % 188, 0)
        return playlist

    def common(self, folders: list[Path]) -> str:
        """A segment that all of them list."""
        listed = [set(segments(read(folder))) for folder in folders]
        return max(set.intersection(*listed), key=lambda name: int(re.search(r"\d+", name)[0]))


class Spread(Case):
    def check_spread(self, how: str, shares: list[int]) -> None:
        with Streams(self.out, 3, "--spread", how) as hlsgen:
            hlsgen.wait_updates(2)
            for folder in hlsgen.folders:
                self.assert_valid(folder)
            name = self.common(hlsgen.folders)
            instants = [due(folder, name) for folder in hlsgen.folders]
            contents = [(folder / name).read_bytes() for folder in hlsgen.folders]
            self.assertEqual(hlsgen.stop(), 0, hlsgen.errors)
        self.assertEqual([instant - instants[0] for instant in instants], shares)
        self.assertEqual(sorted(folders_in(self.out)), ["s0001", "s0002", "s0003"])
        self.check_contents(contents)

    def check_contents(self, contents: list[bytes]) -> None:
        """They are equal but for the picture, which tells the streams apart."""
        self.assertEqual(len({len(content) for content in contents}), 1)
        for content in contents[1:]:
            self.assertEqual(differing_pids(contents[0], content), {PID_VIDEO})
        self.assertNotEqual(contents[1], contents[2])

    def test_even(self) -> None:
        self.check_spread("even", [0, NS // 3, 2 * NS // 3])

    def test_none(self) -> None:
        self.check_spread("none", [0, 0, 0])

    def test_a_single_one_has_a_folder_too(self) -> None:
        with Streams(self.out, 1) as hlsgen:
            self.assert_valid(hlsgen.folders[0])
        self.assertEqual(folders_in(self.out), ["s0001"])

    def test_dates_tell_the_instants(self) -> None:
        """EXT-X-PROGRAM-DATE-TIME plus EXTINF is when the segment is due, to the millisecond."""
        with Streams(self.out, 3) as hlsgen:
            for folder in hlsgen.folders:
                entry = self.assert_valid(folder).entries[-1]
                end = entry.pdt.timestamp() + float(entry.duration)
                self.assertAlmostEqual(end, due(folder, entry.uri) / NS, delta=0.0015)


class Restart(Case):
    def state(self, folders: list[Path]) -> dict[str, tuple]:
        return {f"{folder.name}/{name}": ((folder / name).stat().st_ino,
                                          (folder / name).read_bytes())
                for folder in folders for name in segments(read(folder))}

    def check_seamless(self, hlsgen: Streams, again: Streams) -> None:
        before = self.state(hlsgen.folders)
        with again:
            for folder in again.folders:
                self.assert_valid(folder, 30)
                self.assertNotIn(b"#EXT-X-DISCONTINUITY\n", read(folder))
            kept = 0
            for name, (inode, content) in before.items():
                if (self.out / name).exists():
                    kept += 1
                    self.assertEqual((self.out / name).stat().st_ino, inode, name)
                    self.assertEqual((self.out / name).read_bytes(), content, name)
            again.wait_updates(1)
            self.assertEqual(again.stop(), 0, again.errors)
        note(f"{kept} of {len(before)} segments were still there")
        self.assertNotIn("discontinuity", again.errors)
        self.assertGreater(kept, 0)

    def test_leaves_no_seam(self) -> None:
        with Streams(self.out, 3, *LONG) as hlsgen:
            hlsgen.wait_updates(1)
            self.assertEqual(hlsgen.stop(), 0, hlsgen.errors)
        self.check_seamless(hlsgen, Streams(self.out, 3, *LONG))

    def test_kill_leaves_whole_streams(self) -> None:
        with Streams(self.out, 5, *LONG) as hlsgen:
            hlsgen.wait_updates(1)
            hlsgen.stop(signal.SIGKILL)
        for folder in hlsgen.folders:
            self.assert_valid(folder, 30)
        self.check_seamless(hlsgen, Streams(self.out, 5, *LONG))

    def test_fewer_streams_leave_the_others_alone(self) -> None:
        with Streams(self.out, 3, "--spread", "none") as hlsgen:
            self.assertEqual(hlsgen.stop(), 0)
        left = read(hlsgen.folders[2])
        with Streams(self.out, 2, "--spread", "none") as hlsgen:
            hlsgen.wait_updates(1)
            for folder in hlsgen.folders:
                self.assertNotIn(b"#EXT-X-DISCONTINUITY\n", read(folder))
        self.assertEqual(read(self.out / "s0003"), left)


class Many(Case):
    def test_two_hundred(self) -> None:
        with Streams(self.out, MANY, "--disk-budget", "1GB", "--set", "stream.window=3",
                     "--set", "video.bitrate=600kbit/s") as hlsgen:
            hlsgen.wait_updates(1)
            hlsgen.process.send_signal(signal.SIGUSR1)
            hlsgen.wait_updates(1)
            self.assertEqual(hlsgen.stop(), 0, hlsgen.errors)
        status = [line for line in hlsgen.errors.splitlines() if " status " in line]
        self.assertEqual(len(status), 1, hlsgen.errors)
        self.assertIn(f"status streams={MANY} failing=0 ", status[0])
        self.assertEqual(len(folders_in(self.out)), MANY)
        for folder in hlsgen.folders:
            self.assertEqual(m3u8.parse(read(folder)).faults, [])
            self.assertEqual([name for name in os.listdir(folder) if name[0] == "."], [])
        note(re.search("stopped.*", hlsgen.errors)[0])

    def test_removed_folder_ends_one_stream(self) -> None:
        with Streams(self.out, 3) as hlsgen:
            hlsgen.remove(hlsgen.folders[1])
            hlsgen.folders = [hlsgen.folders[0], hlsgen.folders[2]]
            hlsgen.wait_updates(4)
            self.assertEqual(hlsgen.stop(), 0, hlsgen.errors)
        self.assertIn("a stream ends, its folder was removed streams=1", hlsgen.errors)

    def test_removed_folders_end_the_run(self) -> None:
        with Streams(self.out, 3) as hlsgen:
            hlsgen.remove(*hlsgen.folders)
            self.assertEqual(hlsgen.wait(), os.EX_CANTCREAT, hlsgen.errors)

    def test_each_folder_is_locked(self) -> None:
        with Streams(self.out, 2):
            second = Hlsgen(self.out / "s0002").start()
            self.assertEqual(second.wait(), os.EX_UNAVAILABLE, second.errors)
        self.assertIn("another hlsgen publishes into", second.errors)


class Refusal(Case):
    def refuse(self, code: int, *words: str, arguments: tuple[str, ...] = (),
               limit: int | None = None) -> None:
        def lower() -> None:
            if limit:
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        run = subprocess.run([PROGRAM, "--out", str(self.out), *ARGUMENTS, *QUICK, *arguments],
                             capture_output=True, text=True, timeout=PATIENCE, preexec_fn=lower,
                             stdin=subprocess.DEVNULL)
        self.assertEqual(run.returncode, code, run.stderr)
        for word in words:
            self.assertIn(word, run.stderr)
        self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)

    def test_beep_that_is_spread(self) -> None:
        self.refuse(os.EX_USAGE, "--streams 2", "--spread none",
                    arguments=("--streams", "2", *sets("audio.signal=beep")))

    def test_limit_of_open_files(self) -> None:
        self.refuse(os.EX_NOPERM, "101 directories need 229 open files, the hard limit is 200",
                    "LimitNOFILE=", arguments=("--streams", "100"), limit=200)
        self.assertFalse(self.out.exists())

    def test_disk_budget(self) -> None:
        self.refuse(os.EX_DATAERR, "--streams 1000 of 720p-clock needs up to", "--disk-budget",
                    arguments=("--streams", "1000"))
        self.assertFalse(self.out.exists())

    def test_memory_budget(self) -> None:
        self.refuse(os.EX_DATAERR, "--streams 9999 of 720p-clock needs up to", "MB of memory",
                    arguments=("--streams", "9999", "--memory-budget", "60MB"))

    def test_file_in_the_way(self) -> None:
        self.out.mkdir()
        (self.out / "s0002").write_text("mine")
        if os.geteuid() == 0:
            self.out.chmod(0o777)
        self.refuse(os.EX_CANTCREAT, "s0002 is no directory", arguments=("--streams", "3"))
        self.assertEqual((self.out / "s0002").read_text(), "mine")


@unittest.skipUnless(nginx_program(), "nginx is not installed")
class Served(Case):
    def test_by_nginx(self) -> None:
        with Streams(self.out, 2) as hlsgen, Nginx(self.out, self.folder / "run") as nginx:
            for folder in hlsgen.folders:
                self.ask_for(nginx, folder)

    def ask_for(self, nginx: Nginx, folder: Path) -> None:
        http = Http(nginx.url)
        playlist = http.ask(f"{folder.name}/stream.m3u8")
        self.assertEqual(playlist.status, 200)
        self.assertEqual(playlist.get("Content-Type"), "application/vnd.apple.mpegurl")
        self.assertIsNone(playlist.get("ETag"))
        segment = http.ask(f"{folder.name}/{segments(playlist.body)[-1]}")
        self.assertEqual((segment.status, segment.get("Content-Type")), (200, "video/mp2t"))
        self.assertIn("immutable", segment.get("Cache-Control"))
        for hidden in ("hlsgen.state", ".hlsgen-segment.tmp", ".hlsgen-playlist.tmp"):
            self.assertEqual(http.ask(f"{folder.name}/{hidden}").status, 404, hidden)
            self.assertEqual(http.ask(f"files/{folder.name}/{hidden}").status, 404, hidden)


if __name__ == "__main__":
    main()
