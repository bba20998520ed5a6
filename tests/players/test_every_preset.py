# SPDX-License-Identifier: GPL-2.0-or-later
"""Every preset that there is plays for a minute in every player, ladders through all rungs and
back. A row for each says how it went: of what, where, for how long, with how many stalls, and how
many pictures the player dropped.

A class for each preset has its name. Two players play side by side: more would want more
processors than the machine may have.
"""

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from origin import PROGRAM
from pages import needs_chromium, needs_npm, play_in_page
from programs import ffmpeg, gstreamer, mpv, needs_ffmpeg, needs_gstreamer, needs_mpv
from tap import main, note
from theatre import Theatre, needs_nginx

SECONDS = 60
PATIENCE = 300


class EveryPlayer(Theatre):
    def setUp(self) -> None:
        super().setUp()
        if self.rungs():
            self.stream = self.nginx.url + "master.m3u8"

    def row(self, player: str, seconds: float, stalls: int | None, dropped: int) -> None:
        note(f"played: {self.PRESET:16} {player:12} {seconds:6.1f} s  "
             f"{'-' if stalls is None else stalls} stalls  {dropped} dropped")

    def page(self, player: str, climbs: bool = True) -> None:
        rungs = self.rungs() if climbs else []
        up = range(len(rungs))
        playback = play_in_page(
            self.stream, player, climb=[*up, *reversed(up[:-1])], patience=PATIENCE,
            done=lambda it: it.played >= SECONDS and (it.climbed() or not rungs))
        self.row(player, playback.played, len(playback.stalls()), playback.last.get("dropped", 0))
        self.assertEqual(playback.errors(), [])
        self.assertGreaterEqual(playback.played, SECONDS, playback.events[-5:])
        self.assertGreater(playback.last["sound"], 0)
        if rungs:
            self.assertTrue(playback.climbed())
            self.check_clock(playback, rungs, 30)

    def program(self, play: Callable, *options: str) -> None:
        showing = play(self.stream, SECONDS, *options)
        self.row(play.__name__, showing.seconds, showing.stalls, showing.dropped)
        self.check_showing(showing, SECONDS)

    def side_by_side(self, *shows: Callable[[], None]) -> None:
        with ThreadPoolExecutor() as threads:
            for done in [threads.submit(show) for show in shows]:
                done.result()

    @needs_chromium
    def test_chromium(self) -> None:
        """By itself; its rung cannot be chosen."""
        self.page("chromium", climbs=False)

    @needs_npm
    @needs_mpv
    def test_hlsjs_and_mpv(self) -> None:
        self.side_by_side(lambda: self.page("hls.js"), lambda: self.program(mpv))

    @needs_npm
    @needs_gstreamer
    def test_shaka_and_gstreamer(self) -> None:
        self.side_by_side(lambda: self.page("shaka-player"), lambda: self.program(gstreamer))

    @needs_npm
    @needs_ffmpeg
    def test_videojs_and_ffmpeg(self) -> None:
        self.side_by_side(lambda: self.page("video.js"),
                          lambda: self.program(ffmpeg, "-xerror", "-err_detect", "explode"))


def presets() -> list[str]:
    done = subprocess.run([PROGRAM, "--list-presets"], stdout=subprocess.PIPE, text=True,
                          check=True)
    return [line.split()[0] for line in done.stdout.splitlines()]


for preset in presets():
    globals()[preset] = needs_nginx(type(preset, (EveryPlayer,), {"PRESET": preset}))
del EveryPlayer

if __name__ == "__main__":
    main()
