# SPDX-License-Identifier: GPL-2.0-or-later
"""Restarts without a seam, restarts as another stream, and twins.

A reader goes over all runs: what was published once stays as it was, however often what makes it
is ended, changed or robbed of its memory.
"""
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from origin import scratch, sets
from reader import Reader, Reference
from realtime import RealTime
from stage import PLAYLIST, STATE, Staged, Time
from survived import show, survived
from tap import main, note

RATE = 10
WINDOW = 8
WIDE = sets(f"stream.window={WINDOW}")
FASTER = sets("video.bitrate=64kbit/s")


def tearDownModule() -> None:
    show()


class Case(RealTime):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())
        self.clock = Time(rate=RATE)
        self.out = self.folder / "hls"
        self.reader = Reader(self.out)
        self.addCleanup(lambda: self.assert_nothing_false(self.reader))

    def assert_nothing_false(self, reader: Reader) -> None:
        with self.on_any_machine():
            self.assertEqual(reader.faults, [])

    def run_for(self, count: int, *arguments: str, number: int = signal.SIGTERM) -> Staged:
        """A run of so many more segments with the reader beside it, ended by a signal."""
        with Staged(self.out, self.clock, *WIDE, *arguments) as hlsgen:
            with self.reader:
                hlsgen.wait_newest(hlsgen.newest() + count)
            hlsgen.stop(number)
        return hlsgen


class Same(Case):
    def stamps(self) -> dict[str, tuple[int, int]]:
        """Changes when a file is made anew."""
        found = {}
        for path in self.out.glob("seg*.ts"):
            with suppress(FileNotFoundError):  # it has just been removed
                status = path.stat()
                found[path.name] = status.st_ino, status.st_ctime_ns
        return found

    def test_whole_segments_are_left_alone(self) -> None:
        """What is missing is made, and nothing but that."""
        self.clock = Time()  # a restart then takes far less than a window
        reference = Reference(self.folder / "reference")
        self.reader.expected = reference.named
        for number in signal.SIGTERM, signal.SIGKILL:
            self.run_for(3, number=number)
            before = self.stamps()
            missing = f"seg{self.reader.newest - 2}.ts"
            (self.out / missing).unlink()
            state = (self.out / STATE).stat()
            with Staged(self.out, self.clock, *WIDE) as hlsgen, self.reader:
                after = self.stamps()
                hlsgen.wait_newest(hlsgen.newest() + 2)
            stayed = set(before) & set(after) - {missing}
            self.assertGreaterEqual(len(stayed), WINDOW // 2)
            self.assertEqual({name: before[name] for name in stayed},
                             {name: after[name] for name in stayed})
            self.assertNotEqual(before[missing], after[missing])
            self.assertEqual((self.out / STATE).stat().st_ctime_ns, state.st_ctime_ns)
        self.assertEqual(self.reader.discontinuities(), 0)
        survived("restarted, same preset", "after SIGTERM, after SIGKILL", "no seam, as left", 2)


class Another(Case):
    STREAMS = {
        "bitrate": FASTER,
        "rate": [*FASTER, *sets("video.rate=30000/1001")],
        "segment duration": sets("stream.segment-duration=4s"),
        "segment duration back": [],
        "epoch": ["--epoch", "2001-01-01T00:00:00Z"],
        "and all back": [],
    }

    def test_stream_after_stream(self) -> None:
        """Each begins after a discontinuity, which is counted for ever after."""
        self.run_for(3)
        for count, (what, arguments) in enumerate(self.STREAMS.items(), 1):
            for number in signal.SIGKILL, signal.SIGTERM:  # the second restart changes nothing
                with self.subTest(what=what, number=number):
                    before = self.reader.newest
                    hlsgen = self.run_for(3, *arguments, number=number)
                    self.assertEqual(len(hlsgen.lines("another stream was here")),
                                     number == signal.SIGKILL, hlsgen.errors)
                    self.assertGreater(self.reader.newest, before)
                    self.assertEqual(self.reader.discontinuities(), count)
            survived("restarted, other preset", what, "old ones stay listed, discontinuity")

    def test_old_segments_stay_listed(self) -> None:
        self.clock = Time()  # a restart then takes far less than a window
        self.run_for(WINDOW)
        listed = self.reader.listed
        with Staged(self.out, self.clock, *WIDE, *FASTER) as hlsgen:
            self.reader.look()
            self.assertGreaterEqual(len(set(listed) & set(self.reader.listed)), WINDOW // 2)
            with self.reader:
                hlsgen.wait_newest(hlsgen.newest() + 2 * WINDOW)
        self.assertEqual(self.reader.discontinuities(), 1)

    def test_clock_behind(self) -> None:
        """The clock went back by an hour between two runs: other segments, higher numbers."""
        self.run_for(3)
        before = self.reader.newest
        self.clock.wall_start -= 3600 * 10**9
        for number in signal.SIGKILL, signal.SIGTERM:
            self.run_for(3, number=number)
            self.assertGreater(self.reader.newest, before)
            self.assertEqual(self.reader.discontinuities(), 1)
        survived("restarted, clock 1 h behind", "twice", "sequence never back, one discontinuity")


def flip_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "flipped bit": flip_bit,
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "empty": lambda path: os.truncate(path, 0),
    "random bytes": lambda path: path.write_bytes(os.urandom(300)),
    "unreadable": lambda path: path.chmod(0),
    "deleted": Path.unlink,
}


class Memory(Case):
    """The state file, the playlist or both are lost: said, healed, and no seam."""

    def suffer(self, names: list[str], words: list[str]) -> None:
        """After a change of stream, so that there is a discontinuity to remember."""
        self.run_for(3)
        self.run_for(3, *FASTER)
        for way, act in DAMAGES.items():
            with self.subTest(names=names, way=way):
                for name in names:
                    act(self.out / name)
                hlsgen = self.run_for(2, *FASTER)
                said = [] if way == "deleted" else words
                for word in words:
                    self.assertEqual(len(hlsgen.lines(word)), word in said, hlsgen.errors)
                self.assertEqual(hlsgen.lines("another stream was here"), [], hlsgen.errors)
                hlsgen = self.run_for(1, *FASTER)  # healed: there is nothing to say
                self.assertEqual(hlsgen.lines("damaged"), [])
                survived(f"{' and '.join(names)}", way, "said, healed, no seam")
        self.assertEqual(self.reader.discontinuities(), 1)

    def test_state(self) -> None:
        self.suffer([STATE], ["the state file of this directory was damaged"])

    def test_playlist(self) -> None:
        self.suffer([PLAYLIST], ["the playlist in this directory was damaged"])


class Twins(Case):
    SEGMENTS = 300  # 5 minutes
    RATE = 20

    def test_second_is_refused(self) -> None:
        with Staged(self.out, self.clock, *WIDE) as first, self.reader:
            second = Staged(self.out, self.clock, *WIDE).start()
            self.assertEqual(second.wait(), os.EX_UNAVAILABLE, second.errors)
            self.assertEqual(len(second.errors.splitlines()), 1, second.errors)
            first.wait_newest(first.newest() + 2)
        survived("second instance", "on the same directory", "refused, first undisturbed")

    def test_two_directories(self) -> None:
        """Two hosts with one clock and one preset write the same files, times included."""
        clock = Time(rate=self.RATE)
        readers = [Reader(self.folder / "one"), Reader(self.folder / "two")]
        with Staged(readers[0].out, clock) as one, Staged(readers[1].out, clock) as two, \
                readers[0], readers[1]:
            end = one.newest() + self.SEGMENTS
            one.wait_newest(end)
            two.wait_newest(end)
        for reader in readers:
            self.assert_nothing_false(reader)
        for what in "digests", "texts", "times":
            first, second = (getattr(reader, what) for reader in readers)
            both = first.keys() & second.keys()
            self.assertGreater(len(both), self.SEGMENTS * 9 // 10, what)
            self.assertEqual({key: first[key] for key in both}, {key: second[key] for key in both})
            note(f"{what}: {len(both)} compared")
        survived("second host", "5 minutes of index time", "files identical", self.SEGMENTS)


if __name__ == "__main__":
    main()
