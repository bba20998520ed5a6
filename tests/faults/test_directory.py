# SPDX-License-Identifier: GPL-2.0-or-later
"""What others do to the output directory while the program publishes into it.

They fill its file system, remount it, move it away; and they remove, truncate, overwrite and
forbid the files in it.
"""
import errno
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from origin import make_out, scratch, sets, wait_until
from reader import Reader, Reference
from realtime import RealTime
from room import fill_once, filled, tmpfs
from stage import PLAYLIST, Staged, Time, number_of
from survived import show, survived
from tap import main

RATE = 10
WIDTH = 10  # a window from which nothing falls while the machine is busy with other things
WIDE = sets(f"stream.window={WIDTH}")


def tearDownModule() -> None:
    show()


class Case(RealTime):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())
        self.reference = Reference(self.folder / "reference")
        self.clock = Time(rate=RATE)

    def reader(self, out: Path) -> Reader:
        """One who has found nothing false by the end of the case."""
        reader = Reader(out, self.reference.named)
        self.addCleanup(self.assert_nothing_false, reader)
        return reader

    def assert_nothing_false(self, reader: Reader) -> None:
        with self.on_any_machine():
            self.assertEqual(reader.faults, [])

    def wait_segments(self, hlsgen: Staged, count: int) -> None:
        hlsgen.wait_newest(hlsgen.newest() + count)


class Mounted(Case):
    """The output directory is a file system of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.out = make_out(self.folder)

    def remount(self, option: str) -> None:
        """Busy as long as a file is open for writing."""
        command = ["mount", "-o", f"remount,{option}", self.out]
        wait_until(lambda: subprocess.run(command, capture_output=True).returncode == 0, option)

    def size_asked_for(self) -> str:
        """What the refusal of a file system that is too small says to set."""
        with tmpfs(self.out, "64k"):
            refused = Staged(self.out, self.clock, *WIDE).start()
            self.assertEqual(refused.wait(), os.EX_IOERR, refused.errors)
            self.assertEqual(os.listdir(self.out), [])
        self.assertEqual(len(refused.errors.splitlines()), 1, refused.errors)
        size = re.search(r"size=(\d+k)", refused.errors)
        self.assertIsNotNone(size, refused.errors)
        return size[1]

    @contextmanager
    def on_the_smallest(self) -> Iterator[Staged]:
        """A run on a file system of that size, in its steady state; nothing is missed there."""
        self.enterContext(tmpfs(self.out, self.size_asked_for()))
        with Staged(self.out, self.clock, *WIDE) as hlsgen, self.reader(self.out):
            self.wait_segments(hlsgen, 2 * WIDTH + 4)
            yield hlsgen
            hlsgen.wait_newest_due()
            self.wait_segments(hlsgen, 2)
            self.assertEqual(hlsgen.lines("skipped="), [])

    def test_full(self) -> None:
        with self.on_the_smallest() as hlsgen:
            with filled(self.out):
                wait_until(lambda: hlsgen.lines(os.strerror(errno.ENOSPC)), "a full disk")
                self.clock.sleep(2)
        survived("tmpfs full", "of the size that it asked for", "playlist stays, caught up")

    def test_full_but_for_what_is_out_of_retention(self) -> None:
        """What goes in its time makes the room for what comes."""
        with self.on_the_smallest() as hlsgen:
            fill_once(self.out)
            self.wait_segments(hlsgen, WIDTH)
        survived("tmpfs full", "but for old segments", "they go first, nothing late")

    def test_read_only(self) -> None:
        self.enterContext(tmpfs(self.out, "4m"))
        with Staged(self.out, self.clock) as hlsgen, self.reader(self.out):
            self.wait_segments(hlsgen, 2)
            self.remount("ro")
            # What tells of it, every 5 s, may say so, too.
            said = "cannot publish, trying again: Read-only file system"
            wait_until(lambda: hlsgen.lines(said), "a read-only file system")
            self.remount("rw")
            hlsgen.wait_newest_due()
            self.wait_segments(hlsgen, 2)
            self.assertEqual(len(hlsgen.lines(said)), 1, hlsgen.said())
        survived("remounted read-only, and back", "output directory", "playlist stays, caught up")


class Moved(Case):
    def test_removed(self) -> None:
        """There is no making a file in it ever again: the service manager's turn."""
        with Staged(self.folder / "hls", self.clock) as hlsgen:
            while hlsgen.out.exists():  # new files come while the old ones go
                shutil.rmtree(hlsgen.out, ignore_errors=True)
            self.assertEqual(hlsgen.wait(), os.EX_CANTCREAT, hlsgen.errors)
        self.assertEqual(len(hlsgen.lines("was removed")), 1, hlsgen.errors)
        with Staged(hlsgen.out, self.clock) as hlsgen:
            self.wait_segments(hlsgen, 1)
        survived("output directory removed", "steady state", "said, exit code 73, started anew")

    def test_replaced(self) -> None:
        """It goes on in the directory that it has, and leaves the other alone."""
        moved = self.folder / "moved"
        reader = self.reader(moved)
        with Staged(self.folder / "hls", self.clock) as hlsgen:
            another = hlsgen.out
            another.rename(moved)
            hlsgen.out = moved
            another.mkdir()
            (another / "seg1.ts").write_bytes(b"of another")
            with reader:
                self.wait_segments(hlsgen, 5)
            self.assertEqual(os.listdir(another), ["seg1.ts"])
            self.assertEqual((another / "seg1.ts").read_bytes(), b"of another")
            shutil.rmtree(another)
            moved.rename(another)
            hlsgen.out = reader.out = another
            with reader:
                self.wait_segments(hlsgen, 2)
        survived("output directory replaced", "steady state", "goes on in its own, other untouched")


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def overwrite(path: Path) -> None:
    with open(path, "r+b") as file:
        file.write(b"of another")


class Damaged(Case):
    """Files are mended within a segment, which is said and counted."""

    WAYS = {"removed": Path.unlink, "truncated": truncate, "overwritten": overwrite,
            "chmod": lambda path: path.chmod(0)}

    def setUp(self) -> None:
        super().setUp()
        self.hlsgen = self.enterContext(Staged(self.folder / "hls", self.clock, *WIDE))

    def check_listed(self) -> None:
        """Playlist and segments are as the undisturbed run's, while the program stands still."""
        hlsgen = self.hlsgen
        hlsgen.freeze()
        reader = Reader(hlsgen.out, self.reference.named, patience=60)
        reader.look()
        self.assertEqual(reader.faults, [])
        self.assertEqual(len(reader.listed), WIDTH)
        for name in (PLAYLIST, *reader.listed):
            self.assertEqual((hlsgen.out / name).stat().st_mode & 0o7777, 0o644, name)
        for uri in reader.listed:
            self.assertEqual((hlsgen.out / uri).stat().st_mtime_ns,
                             self.reference.path(number_of(uri)).stat().st_mtime_ns)
        hlsgen.thaw()

    def strike(self, name: Callable[[], str], act: Callable[[Path], None]) -> int:
        """Once, while nothing is due. @return the newest segment then"""
        while True:
            self.hlsgen.freeze()
            newest, file = self.hlsgen.newest(), self.hlsgen.out / name()
            is_calm = file.exists() and newest == int(self.clock.time()) - 1
            if is_calm:
                act(file)
            self.hlsgen.thaw()
            if is_calm:
                return newest
            self.clock.sleep(0.1)

    def damage(self, what: str, name: Callable[[], str], told: bool = True) -> None:
        """Every way once. @param told  that a file was made anew; before it is listed none is"""
        for way, act in self.WAYS.items():
            with self.subTest(what=what, way=way):
                self.wait_segments(self.hlsgen, 1)
                self.hlsgen.wait_newest(self.strike(name, act) + 2)
                self.check_listed()
                survived(f"{what} damaged", ", ".join(self.WAYS), "mended within a segment")
        count = len(self.WAYS) if told else 0
        self.assertEqual(self.hlsgen.status()["mended"], str(count), self.hlsgen.said())
        self.assertEqual(len(self.hlsgen.lines("made anew what others had changed")), count)

    def test_newest_segment(self) -> None:
        self.damage("newest segment", lambda: f"seg{self.hlsgen.newest()}.ts")

    def test_listed_segment(self) -> None:
        self.damage("listed segment", lambda: f"seg{self.hlsgen.newest() - 2}.ts")

    def test_segment_to_come(self) -> None:
        self.damage("segment to come", lambda: f"seg{self.hlsgen.newest() + 1}.ts", told=False)

    def test_playlist(self) -> None:
        self.damage("playlist", lambda: PLAYLIST)


if __name__ == "__main__":
    main()
