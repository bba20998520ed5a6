# SPDX-License-Identifier: GPL-2.0-or-later
"""Ended at every step: before the 1st call that works on the directory, before the 2nd, and so on.

After each end a reader finds nothing false. After the restart, directory and playlist are those of
a run that was never disturbed, byte for byte. tests/functional/test_kill.py has kills at random.
"""
import os
import signal
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from conformance import m3u8
from origin import is_about_run, scratch, wait_until
from reader import Reader, Reference
from stage import EXIT_STAGED, INDEX, PLAYLIST, STATE, WINDOW, Staged, Time, number_of
from survived import show, survived
from tap import main, note

RATE = 10
SEGMENTS_MAX = 3 * WINDOW + 4  # on disk: listed, of a window before, in retention, to come
BESIDE = {PLAYLIST, STATE, INDEX[0]}
PUBLICATIONS = 1  # that is walked through, in the steady state and after a start


def tearDownModule() -> None:
    show()


def names_of(out: Path) -> set[str]:
    """But for what tells of the run, and what is just being written."""
    return {name for name in os.listdir(out)
            if not is_about_run(name) and not name.startswith(".hlsgen-")}


class Kills(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())
        self.reference = Reference(self.folder / "reference")
        self.clock = Time(rate=RATE)

    def check_left(self, out: Path) -> None:
        """Whatever was cut short: what the playlist lists is whole, and so is all under a name."""
        reader = Reader(out, self.reference.named, patience=60)
        reader.look()
        self.assertEqual(reader.faults, [])
        for path in out.glob("seg*.ts"):
            self.assertEqual(path.read_bytes(), self.reference.named(path.name), path.name)

    def check_names(self, out: Path, playlist: m3u8.Playlist) -> None:
        """What a playlist listed that stood until a restart is retained from then on."""
        names = names_of(out)
        self.assertLessEqual({entry.uri for entry in playlist.entries} | {PLAYLIST, STATE}, names)
        self.assertLessEqual(len(names - BESIDE), SEGMENTS_MAX)

    def check_restarted(self, hlsgen: Staged) -> None:
        """The directory of a run that stands still, beside the undisturbed one."""
        hlsgen.freeze()
        text = hlsgen.read()
        playlist = m3u8.parse(text)
        self.assertEqual(len(playlist.entries), WINDOW)
        entries = [line for number in range(WINDOW)
                   for line in self.reference.lines(playlist.sequence + number)]
        self.assertEqual(text.decode().splitlines()[-len(entries):], entries)
        self.assertEqual((playlist.faults, playlist.discontinuity_sequence), ([], 0))
        self.check_names(hlsgen.out, playlist)
        for path in hlsgen.out.glob("seg*.ts"):
            undisturbed = self.reference.path(number_of(path.name))
            self.assertEqual(path.read_bytes(), undisturbed.read_bytes(), path.name)
            self.assertEqual(path.stat().st_mtime_ns, undisturbed.stat().st_mtime_ns, path.name)
        hlsgen.thaw()

    def is_settled(self, hlsgen: Staged) -> bool:
        """There are listed segments, those in retention, the next one and the files beside, but no
        others."""
        hlsgen.freeze()
        first = m3u8.parse(hlsgen.read()).sequence
        names = {f"seg{number}.ts" for number in range(first - WINDOW - 3, first + WINDOW + 1)}
        found = names_of(hlsgen.out)
        hlsgen.thaw()
        return found <= names | BESIDE

    def check_settled(self, out: Path) -> None:
        """In the end nothing is left of all these runs."""
        with Staged(out, self.clock) as hlsgen:
            hlsgen.wait_newest(hlsgen.newest() + 2 * WINDOW + 4)
            wait_until(lambda: self.is_settled(hlsgen), "an end of what earlier runs left", 0.05)
            self.check_restarted(hlsgen)
            self.assertEqual(hlsgen.stop(), 0, hlsgen.errors)

    def start_ending_at(self, out: Path, step: int) -> bool:
        """A start that ends before its call number `step`. @return whether it came to that; else
        it has gone through all its start and PUBLICATIONS more."""
        hlsgen = Staged(out, self.clock)
        hlsgen.page.end_at = step
        hlsgen.start()
        steady: list[int] = []  # the newest segment when the steady state began

        def far() -> bool:
            if not steady and "publishing preset=" in hlsgen.said():
                steady.append(hlsgen.newest())
            return hlsgen.process.poll() is not None or \
                bool(steady) and hlsgen.newest() >= steady[0] + PUBLICATIONS
        wait_until(far, f"step {step}")
        if hlsgen.process.poll() is None:
            hlsgen.stop(signal.SIGKILL)
            return False
        self.assertEqual(hlsgen.wait(), EXIT_STAGED, hlsgen.errors)
        return True

    def walk_start(self, name: str, is_empty: bool) -> int:
        """Restarts after a start that ended at step 1, 2, 3, ...; returns how many there were."""
        step = 0
        while True:
            step += 1
            out = self.folder / (f"{name} {step}" if is_empty else name)
            came = self.start_ending_at(out, step)
            self.check_left(out)
            with Staged(out, self.clock) as hlsgen:
                self.check_restarted(hlsgen)
                self.assertEqual(hlsgen.stop(signal.SIGKILL), -signal.SIGKILL)
            if not came:
                self.check_settled(out)
                return step - 1

    def count_steps(self, hlsgen: Staged) -> int:
        """Calls from one publication to that which comes PUBLICATIONS later."""
        first = hlsgen.newest() + 1
        hlsgen.wait_newest(first)
        before = hlsgen.page.calls
        hlsgen.wait_newest(first + PUBLICATIONS)
        return hlsgen.page.calls - before

    def walk_steady(self) -> int:
        """The same for a run that has been publishing for a while."""
        with Staged(self.folder / "steady", self.clock) as hlsgen:
            steps = self.count_steps(hlsgen)
        for step in range(1, steps + 1):
            with Staged(hlsgen.out, self.clock) as hlsgen:
                self.check_restarted(hlsgen)
                hlsgen.wait_newest(hlsgen.newest() + 1)
                hlsgen.end_at(step)
                self.assertEqual(hlsgen.wait(), EXIT_STAGED, hlsgen.errors)
                self.check_left(hlsgen.out)
        self.check_settled(hlsgen.out)
        return steps

    def test_every_step(self) -> None:
        with ThreadPoolExecutor() as pool:
            walks = {
                "start, empty directory": pool.submit(self.walk_start, "empty", True),
                "start, a stream's directory": pool.submit(self.walk_start, "full", False),
                "steady state": pool.submit(self.walk_steady),
            }
        for where, walk in walks.items():
            steps = walk.result()
            note(f"{where}: {steps} steps")
            survived("ended at every step", where, "restarted without a seam", steps)


if __name__ == "__main__":
    main()
