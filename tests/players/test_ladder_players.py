# SPDX-License-Identifier: GPL-2.0-or-later
"""Ladders in real players: through all rungs and back, with the sound in each rung and apart from
them, in either container; and sound alone.

Players switch as they do when the network becomes faster or slower: from some next segment on.
"""

from pages import needs_npm, play_in_page
from programs import ffmpeg, gstreamer, mpv, needs_ffmpeg, needs_gstreamer, needs_mpv
from tap import main
from theatre import Theatre, needs_nginx

SECONDS = 10
STRICT = ("-xerror", "-err_detect", "explode")


class Stage(Theatre):
    PLAYLIST = "master.m3u8"

    def climb(self, player: str, *steps: int) -> None:
        """Plays each of these rungs, negative ones counted from the best one."""
        sizes = self.rungs()
        rungs = [step % len(sizes) for step in steps]
        playback = play_in_page(self.stream, player, lambda it: it.climbed(), rungs)
        seen = [event["height"] for event in playback.of_kind("rung")]
        self.assertEqual(seen, [sizes[rung][1] for rung in rungs], playback.events[-5:])
        self.check_playback(playback, len(steps), sizes[rungs[-1]][0])
        self.check_clock(playback, sizes, 30)

    def hear(self, player: str) -> None:
        playback = play_in_page(self.stream, player, lambda it: it.played >= SECONDS)
        self.check_playback(playback, SECONDS, 0)


@needs_nginx
class Ladder(Stage):
    PRESET = "4k-abr"

    @needs_npm
    def test_hlsjs(self) -> None:
        up = range(len(self.rungs()))
        self.climb("hls.js", *up, *reversed(up[:-1]))

    @needs_npm
    def test_shaka(self) -> None:
        self.climb("shaka-player", 0, -1, 1)

    @needs_npm
    def test_videojs(self) -> None:
        self.climb("video.js", 0, -1, 1)

    @needs_mpv
    def test_mpv(self) -> None:
        self.check_showing(mpv(self.stream, SECONDS), SECONDS)

    @needs_gstreamer
    def test_gstreamer(self) -> None:
        self.check_showing(gstreamer(self.stream, SECONDS), SECONDS)

    @needs_ffmpeg
    def test_ffmpeg(self) -> None:
        """Every rung, every error being fatal."""
        self.check_showing(ffmpeg(self.stream, SECONDS, *STRICT), SECONDS)


class Group(Ladder):
    """The sound is a rendition of its own."""

    SETTINGS = ("audio.delivery=group",)

    @needs_npm
    def test_hlsjs(self) -> None:
        self.climb("hls.js", 0, -1, 1)


class Cmaf(Group):
    """Fragmented MPEG-4."""

    PRESET = "cmaf-abr"
    SETTINGS = ()


@needs_nginx
class Sound(Stage):
    PRESET = "audio-only"
    PLAYLIST = "stream.m3u8"

    @needs_npm
    def test_hlsjs(self) -> None:
        self.hear("hls.js")

    @needs_npm
    def test_shaka(self) -> None:
        self.hear("shaka-player")

    @needs_npm
    def test_videojs(self) -> None:
        self.hear("video.js")

    @needs_mpv
    def test_mpv(self) -> None:
        self.check_showing(mpv(self.stream, SECONDS), SECONDS)

    @needs_gstreamer
    def test_gstreamer(self) -> None:
        self.check_showing(gstreamer(self.stream, SECONDS), SECONDS)

    @needs_ffmpeg
    def test_ffmpeg(self) -> None:
        self.check_showing(ffmpeg(self.stream, SECONDS, *STRICT), SECONDS)


if __name__ == "__main__":
    main()
