# SPDX-License-Identifier: GPL-2.0-or-later
"""kill -9 at a random moment and restart, many times over.

Beside it, an undisturbed run goes on in another directory. After every restart the directory holds
only whole segments and no temporary file, and each segment and playlist equals the undisturbed
one byte for byte. HLSGEN_KILLS sets how often (100), HLSGEN_SEED repeats a run.
"""

import os
import random
import signal
import threading
import time
import unittest
from pathlib import Path

from origin import Hlsgen, scratch, segments, sequence, sets, wait_until
from tap import main, note

KILLS = int(os.environ.get("HLSGEN_KILLS", "100"))
SEED = int(os.environ.get("HLSGEN_SEED", str(time.time_ns() % 1_000_000)))
WINDOW = 3
SETTINGS = sets("stream.segment-duration=1s", f"stream.window={WINDOW}")
PLAYLIST = "stream.m3u8"
STATE = "hlsgen.state"
TEMPORARY = (".hlsgen-segment.tmp", ".hlsgen-playlist.tmp", ".hlsgen-state.tmp")


class Reference:
    """Everything that the undisturbed run has ever shown, kept by a thread that goes on looking."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.segments: dict[str, bytes] = {}
        self.playlists: dict[int, bytes] = {}  # by media sequence number
        self.newest = -1
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self) -> "Reference":
        self.look()
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.ended.set()
        self.thread.join()

    def run(self) -> None:
        while not self.ended.wait(0.02):
            self.look()

    def look(self) -> None:
        """The segments on disk are more than the playlist lists; they go only when long unused."""
        playlist = (self.out / PLAYLIST).read_bytes()
        for path in self.out.glob("seg*.ts"):
            if path.name not in self.segments:
                self.segments[path.name] = path.read_bytes()
        self.newest = sequence(playlist)
        self.playlists[self.newest] = playlist


class Kill(unittest.TestCase):
    def look_at(self, out: Path) -> tuple[set[str], bytes]:
        """One consistent look: names and playlist between which nothing was published."""
        while True:
            before = (out / PLAYLIST).read_bytes()
            names = set(os.listdir(out))
            if (out / PLAYLIST).read_bytes() == before:
                return names, before

    def compare_segments(self, out: Path, names: set[str], reference: Reference) -> None:
        for name in names:
            try:
                data = (out / name).read_bytes()
            except FileNotFoundError:  # deleted by its retention since it was listed
                continue
            wait_until(lambda: name in reference.segments, f"{name} in the undisturbed run")
            self.assertEqual(len(data), len(reference.segments[name]), name)
            self.assertEqual(data, reference.segments[name], name)

    def check_killed(self, out: Path, reference: Reference) -> None:
        """Whatever was cut short: what stands under its name is whole."""
        if not (out / PLAYLIST).exists():
            return
        listed = set(segments((out / PLAYLIST).read_bytes()))
        names = {path.name for path in out.iterdir()}
        self.assertLessEqual(listed, names)
        self.compare_segments(out, {name for name in names if name.startswith("seg")}, reference)

    def check_restarted(self, out: Path, reference: Reference) -> None:
        names, playlist = self.look_at(out)
        listed = set(segments(playlist))
        self.assertEqual(len(listed), WINDOW)
        self.assertLessEqual(listed, names)
        first = sequence(playlist)
        # Also what is retained: of this run's playlists, and of one that stood until this run.
        others = names - {PLAYLIST, STATE, *TEMPORARY}
        self.assertLessEqual(len(others), 3 * WINDOW + 4)
        self.compare_segments(out, others, reference)
        wait_until(lambda: reference.newest >= first, "the same playlist")
        self.assertEqual(playlist, reference.playlists[first])

    def test_kill(self) -> None:
        note(f"seed {SEED}, {KILLS} kills")
        dice = random.Random(SEED)
        early = 0
        with scratch() as folder:
            victim = Hlsgen(folder / "victim", *SETTINGS)
            with Hlsgen(folder / "reference", *SETTINGS) as undisturbed, \
                    Reference(undisturbed.out) as reference:
                for _ in range(KILLS):
                    # Half of them early, into the first encoding and the first window.
                    moment = dice.uniform(0, 0.3) if dice.random() < 0.5 else dice.uniform(0.3, 1.3)
                    victim.start()
                    ready = victim.before
                    time.sleep(moment)
                    self.assertIsNone(victim.process.poll(), "ended by itself")
                    early += victim.stamp() == ready
                    self.assertEqual(victim.stop(signal.SIGKILL), -signal.SIGKILL)
                    self.check_killed(victim.out, reference)
                    with victim:
                        self.check_restarted(victim.out, reference)
                        victim.stop(signal.SIGKILL)
                with victim:
                    self.assertEqual(victim.stop(), 0)
                self.assertEqual(set(os.listdir(victim.out)) & set(TEMPORARY), set())
        note(f"{early} of {KILLS} before the first playlist")


if __name__ == "__main__":
    main()
