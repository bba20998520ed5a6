# SPDX-License-Identifier: GPL-2.0-or-later
"""A stream behind nginx for players to play, and what must be true of how they played it."""

import base64
import re
import unittest
from contextlib import ExitStack

from clock_code import Moment, Reader
from conformance import m3u8
from origin import Hlsgen, Nginx, nginx_program, scratch, sets
from pages import Playback
from programs import Showing
from realtime import RealTime
from tap import note

PICTURE = (640, 360)  # as probe.js reports it
VARIANT = re.compile(r"^#EXT-X-STREAM-INF:.*\bBANDWIDTH=(\d+),.*RESOLUTION=(\d+)x(\d+)", re.M)

needs_nginx = unittest.skipUnless(nginx_program(), "nginx is not installed")


class Theatre(RealTime):
    PRESET = "720p-ultrafast"
    SETTINGS: tuple[str, ...] = ()
    PLAYLIST = "stream.m3u8"

    def setUp(self) -> None:
        stack = ExitStack()
        self.addCleanup(stack.close)
        self.folder = stack.enter_context(scratch())
        self.hlsgen = Hlsgen(self.folder / "hls", *sets(*self.SETTINGS), preset=self.PRESET)
        self.hlsgen.start().wait_ready()
        stack.callback(lambda: self.hlsgen.stop())
        segment = m3u8.parse(self.hlsgen.read()).target
        self.nginx = stack.enter_context(Nginx(self.hlsgen.out, self.folder / "run", segment))
        self.stream = self.nginx.url + self.PLAYLIST

    def rungs(self) -> list[tuple[int, int]]:
        """Width and height of each, in the order of their bit rates; none without a ladder."""
        master = self.hlsgen.out / "master.m3u8"
        found = VARIANT.findall(master.read_text()) if master.exists() else []
        return [size for _, *size in sorted(tuple(map(int, words)) for words in found)]

    def check_showing(self, showing: Showing, seconds: float) -> None:
        """Smooth, and without a word."""
        note(f"played {showing.seconds:.1f} s, {showing.dropped} dropped")
        self.assertEqual(showing.said, "")
        self.assertFalse(showing.stalls)
        self.assertGreater(showing.seconds, seconds - 1)

    def check_playback(self, playback: Playback, seconds: float, width: int) -> None:
        """Width 0: sound alone."""
        last = playback.last
        note(f"played {playback.played:.1f} s, {last.get('frames')} frames, "
             f"{last.get('dropped')} dropped")
        self.assertEqual(playback.errors(), [])
        self.assertGreaterEqual(playback.played, seconds, playback.events[-5:])
        self.assertEqual(last["width"], width)
        self.assertEqual(last["frames"] > 0, width > 0)
        self.assertGreater(last["sound"], 0)

    def check_clock(self, playback: Playback, sizes: list[tuple[int, int]], rate: float) -> None:
        """What the code in the picture says goes on with the player's time, whichever of the sizes
        is played."""
        readers = [Reader(size, PICTURE) for size in sizes]
        read = [(event["time"], read_any(readers, base64.b64decode(event["picture"])))
                for event in playback.of_kind("progress")
                if event["time"] > (playback.begin or 0)]
        note(f"read the code of {len(read)} pictures")
        self.assertGreater(len(read), playback.played)
        unread = [time for time, moment in read if moment is None]
        self.assertEqual(unread, [])
        at_zero = [moment.frame - time * rate for time, moment in read]
        self.assertLess(max(at_zero) - min(at_zero), rate)  # it may fall behind, but for a second


def read_any(readers: list[Reader], picture: bytes) -> Moment | None:
    """By the reader whose check bits fit."""
    return next(filter(None, (reader.read(picture) for reader in readers)), None)
