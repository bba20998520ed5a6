# SPDX-License-Identifier: GPL-2.0-or-later
"""kill -9 at a random moment and restart, many times over.

Beside it, an undisturbed run goes on in another directory. After every restart the directory holds
only whole segments and no temporary file, each segment equals the undisturbed one byte for byte,
and the playlist says the same of it. HLSGEN_KILLS sets how often (100), HLSGEN_SEED repeats a run,
and HLSGEN_CONTAINER may set another container.
"""

import hashlib
import os
import random
import re
import signal
import threading
import time
import unittest
from pathlib import Path

from conformance import m3u8
from origin import (SUFFIX, Hlsgen, is_about_run, is_section, scratch, segments, sets,
                    wait_until)
from tap import main, note

KILLS = int(os.environ.get("HLSGEN_KILLS", "100"))
SEED = int(os.environ.get("HLSGEN_SEED", str(time.time_ns() % 1_000_000)))
WINDOW = 3
SECOND = sets("stream.segment-duration=1s")
SETTINGS = [*SECOND, *sets(f"stream.window={WINDOW}")]
UNDISTURBED = [*SECOND, *sets("stream.window=60")]  # nothing of it is missed, or gone unseen
PLAYLIST = "stream.m3u8"
BESIDE = {PLAYLIST, "hlsgen.state", "index.json"}
TEMPORARY = {f".hlsgen-{what}.tmp" for what in ("segment", "playlist", "state", "init", "index",
                                                "status", "metrics", "alive")}


def head(playlist: bytes) -> list[str]:
    """Its lines before those of the first segment, without the media sequence number."""
    lines = playlist.decode().splitlines()
    count = sum(len(entry.lines) for entry in m3u8.parse(playlist).entries)
    return [line for line in lines[:-count] if not line.startswith("#EXT-X-MEDIA-SEQUENCE:")]


class Reference:
    """Everything that the undisturbed run has ever shown, kept by a thread that goes on looking."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.segments: dict[str, bytes] = {}
        self.head: list[str] = []  # of its playlist, but for the media sequence number
        self.lines: dict[str, list[str]] = {}  # of a playlist, by segment
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
        """Those that are listed go only when long unused."""
        text = (self.out / PLAYLIST).read_bytes()
        self.head = head(text)
        for entry in m3u8.parse(text).entries:
            if entry.uri not in self.segments:
                self.lines[entry.uri] = entry.lines
                self.segments[entry.uri] = (self.out / entry.uri).read_bytes()


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

    def check_section(self, out: Path, playlist: bytes) -> None:
        """What the playlist names is there, whole: its name tells its bytes."""
        named = re.findall(rb'EXT-X-MAP:URI="(.*)"', playlist)
        self.assertEqual(len(named), SUFFIX == ".m4s")
        for name in named:
            digest = hashlib.sha256((out / name.decode()).read_bytes()).hexdigest()
            self.assertEqual(name.decode(), f"init-{digest[:16]}.mp4")

    def check_killed(self, out: Path, reference: Reference) -> None:
        """Whatever was cut short: what stands under its name is whole."""
        if not (out / PLAYLIST).exists():
            return
        listed = set(segments((out / PLAYLIST).read_bytes()))
        names = {path.name for path in out.iterdir()}
        self.assertLessEqual(listed, names)
        self.compare_segments(out, {name for name in names if name.startswith("seg")}, reference)
        self.check_section(out, (out / PLAYLIST).read_bytes())

    def check_restarted(self, out: Path, reference: Reference) -> None:
        names, playlist = self.look_at(out)
        listed = set(segments(playlist))
        self.assertEqual(len(listed), WINDOW)
        self.assertLessEqual(listed, names)
        # Also what is retained: of this run's playlists, and of one that stood until this run.
        others = {name for name in names - BESIDE - TEMPORARY
                  if not is_about_run(name) and not is_section(name)}
        self.assertLessEqual(len(others), 3 * WINDOW + 4)
        self.compare_segments(out, others, reference)
        self.assertEqual(head(playlist), reference.head)
        self.check_section(out, playlist)
        parsed = m3u8.parse(playlist)
        self.assertEqual(parsed.entries[0].uri, f"seg{parsed.sequence}{SUFFIX}")
        for entry in parsed.entries:
            self.assertEqual(entry.lines, reference.lines[entry.uri])

    def test_kill(self) -> None:
        note(f"seed {SEED}, {KILLS} kills")
        dice = random.Random(SEED)
        early = 0
        with scratch() as folder:
            victim = Hlsgen(folder / "victim", *SETTINGS)
            with Hlsgen(folder / "reference", *UNDISTURBED) as undisturbed, \
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
                self.assertEqual(set(os.listdir(victim.out)) & TEMPORARY, set())
        note(f"{early} of {KILLS} before the first playlist")


if __name__ == "__main__":
    main()
