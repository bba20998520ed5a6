# SPDX-License-Identifier: GPL-2.0-or-later
"""What others put into the output directory: names like ours, things in the place of our files.

Nothing outside is touched, nothing of others goes, nothing hangs; before the start and while the
program runs.
"""
import math
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from origin import make_out, scratch, wait_until
from reader import Reader, Reference
from realtime import RealTime
from stage import PLAYLIST, STATE, TEMPORARY, Staged, Time
from survived import show, survived
from tap import main

RATE = 10
MANY = 100_000
FOREIGN = (b"seg1.ts.bak", b"seg-1.ts", b"seg01.ts", b"seg1.ts\n", b"seg1\n.ts", b"seg\xff\xfe.ts",
           b"s" * 255, b"seg" + b"9" * 249 + b".ts", b"stream.m3u8~", b"hlsgen.state.bak")


def tearDownModule() -> None:
    show()


def make_socket(path: Path, _: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


# What may stand in the place of a file; the second path is outside, and is to stay as it is.
THINGS: dict[str, Callable[[Path, Path], None]] = {
    "dangling link": lambda path, _: path.symlink_to("nowhere"),
    "link to a file outside": lambda path, outside: path.symlink_to(outside / "file"),
    "link to a directory": lambda path, outside: path.symlink_to(outside),
    "hard link to a file outside": lambda path, outside: path.hardlink_to(outside / "file"),
    "FIFO": lambda path, _: os.mkfifo(path),
    "socket": make_socket,
    "file of another": lambda path, _: path.write_bytes(b"of another"),
}


class Case(RealTime):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())
        self.reference = Reference(self.folder / "reference")
        self.clock = Time(rate=RATE)
        self.outside = self.folder / "outside"
        self.outside.mkdir()
        (self.outside / "file").write_bytes(b"precious")
        (self.outside / "file").chmod(0o666)
        self.count = 0

    def new_out(self) -> Path:
        self.count += 1
        (self.folder / str(self.count)).mkdir()
        return make_out(self.folder / str(self.count))

    def check_outside(self) -> None:
        self.assertEqual(os.listdir(self.outside), ["file"])
        self.assertEqual((self.outside / "file").read_bytes(), b"precious")
        self.assertEqual((self.outside / "file").stat().st_mode & 0o7777, 0o666)

    def check_stream(self, hlsgen: Staged, count: int = 5) -> None:
        """So many segments later it is as ever."""
        hlsgen.wait_newest(hlsgen.newest() + count)
        hlsgen.wait_newest_due()
        hlsgen.freeze()
        reader = Reader(hlsgen.out, self.reference.named, patience=math.inf)
        reader.look()
        with self.on_any_machine():
            self.assertEqual(reader.faults, [])
            for name in (PLAYLIST, *reader.listed):
                self.assertFalse((hlsgen.out / name).is_symlink(), name)
            self.check_outside()
        hlsgen.thaw()

    def to_come(self) -> str:
        """The name of a segment that will be made soon, and not yet is."""
        return f"seg{int(self.clock.time()) + 2}.ts"

    def names(self) -> list[str]:
        return [PLAYLIST, *TEMPORARY, STATE, self.to_come()]


class Foreign(Case):
    def plant(self, out: Path) -> None:
        for name in FOREIGN:
            with open(os.path.join(os.fsencode(out), name), "wb") as file:
                file.write(name)

    def check(self, out: Path) -> None:
        for name in FOREIGN:
            with open(os.path.join(os.fsencode(out), name), "rb") as file:
                self.assertEqual(file.read(), name)

    def test_names(self) -> None:
        before, running = self.new_out(), self.new_out()
        self.plant(before)
        with Staged(before, self.clock) as one, Staged(running, self.clock) as two:
            self.plant(running)
            self.check_stream(one, 8)
            self.check_stream(two, 8)
        self.check(before)
        self.check(running)
        survived("hostile names", "before the start, while it runs", "untouched", 2 * len(FOREIGN))

    def test_many(self) -> None:
        out = self.new_out()
        for number in range(MANY // 2):
            (out / f"foreign{number}").touch()
        with Staged(out, self.clock) as hlsgen:
            for number in range(MANY // 2, MANY):
                (out / f"foreign{number}").touch()
            self.check_stream(hlsgen)
            hlsgen.stop()
            with hlsgen:
                self.check_stream(hlsgen)
        self.assertEqual(sum(name.startswith("foreign") for name in os.listdir(out)), MANY)
        survived("foreign files", "before the start, while it runs", "untouched", MANY)


class InPlace(Case):
    """Things in the place of our files are replaced, never followed or waited for."""

    def test_before_the_start(self) -> None:
        for thing, make in THINGS.items():
            for name in self.names():
                with self.subTest(thing=thing, name=name):
                    out = self.new_out()
                    make(out / name, self.outside)
                    with Staged(out, self.clock) as hlsgen:
                        self.check_stream(hlsgen, 3)
                    shutil.rmtree(out)
                    survived(thing, "for a file of ours, before start", "replaced")

    def test_while_it_runs(self) -> None:
        out = self.new_out()
        with Staged(out, self.clock) as hlsgen:
            for thing, make in THINGS.items():
                for name in self.names():
                    with self.subTest(thing=thing, name=name):
                        hlsgen.freeze()
                        newest = hlsgen.newest()
                        (out / name).unlink(missing_ok=True)
                        make(out / name, self.outside)
                        hlsgen.thaw()
                        hlsgen.wait_newest(newest + 3)
                        self.check_stream(hlsgen, 1)
                        survived(thing, "for a file of ours, running", "replaced")


class Directories(Case):
    """A directory is not ours to remove: it is said, and the stream goes on when it has gone."""

    def make(self, path: Path) -> None:
        path.mkdir()
        (path / "inside").write_bytes(b"of another")

    def refuse(self, clock: Time, *names: str) -> None:
        out = self.new_out()
        for name in names:
            self.make(out / name)
        hlsgen = Staged(out, clock).start()
        self.assertIn(hlsgen.wait(), (os.EX_CANTCREAT, os.EX_IOERR), hlsgen.errors)
        for name in names:
            self.assertEqual((out / name / "inside").read_bytes(), b"of another")
            shutil.rmtree(out / name)
        with hlsgen:
            self.check_stream(hlsgen, 1)
        survived("directory", "for a file of ours, before start", "said, refused until it goes")

    def test_before_the_start(self) -> None:
        for name in (PLAYLIST, *TEMPORARY, STATE):
            with self.subTest(name=name):
                self.refuse(self.clock, name)

    def test_segment_before_the_start(self) -> None:
        """The newest of the window, however late the program starts."""
        clock = Time()
        first = int(clock.time()) - 1
        self.refuse(clock, *(f"seg{number}.ts" for number in range(first, first + 300)))

    def test_behind_the_window(self) -> None:
        """Not of this stream, and not in its way."""
        out = self.new_out()
        name = self.to_come()
        self.make(out / name)
        self.clock.sleep(10)
        with Staged(out, self.clock) as hlsgen:
            self.check_stream(hlsgen, 3)
        self.assertEqual((out / name / "inside").read_bytes(), b"of another")

    def test_while_it_runs(self) -> None:
        out = self.new_out()
        with Staged(out, self.clock) as hlsgen, Reader(out, self.reference.named) as reader:
            for name in (*TEMPORARY[:2], ""):
                with self.subTest(name=name):
                    hlsgen.freeze()
                    name = name or f"seg{hlsgen.newest() + 2}.ts"
                    said = len(hlsgen.said())
                    (out / name).unlink(missing_ok=True)
                    self.make(out / name)
                    hlsgen.thaw()
                    wait_until(lambda: "cannot publish" in hlsgen.said()[said:], "a fault")
                    self.clock.sleep(1)
                    self.assertEqual((out / name / "inside").read_bytes(), b"of another")
                    shutil.rmtree(out / name)
                    hlsgen.wait_newest_due()
                    hlsgen.wait_newest(hlsgen.newest() + 2)
                    faults = [line for line in hlsgen.said()[said:].splitlines()
                              if "cannot publish" in line]
                    self.assertEqual(len(faults), len(set(faults)), faults)
                    survived("directory", "for a file of ours, running", "said, caught up after it")
        with self.on_any_machine():
            self.assertEqual(reader.faults, [])


if __name__ == "__main__":
    main()
