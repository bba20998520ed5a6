# SPDX-License-Identifier: GPL-2.0-or-later
"""Real players play the stream from nginx without an error, also while other presets take it over.
"""

import threading

from origin import Hlsgen, sets, wait_until
from pages import Playback, needs_chromium, needs_npm, play_in_page
from programs import ffmpeg, gstreamer, mpv, needs_ffmpeg, needs_gstreamer, needs_mpv
from tap import main, note
from theatre import Theatre, needs_nginx

SECONDS = 15
SECONDS_OVER_SEAMS = 24
OTHERS = [("video.bitrate=1500kbit/s",), ("video.bitrate=1500kbit/s", "video.rate=25"),
          ("video.bitrate=800kbit/s", "video.size=640x360")]


class Stage(Theatre):
    """Plays in Chromium until the video has played long enough, and is so wide."""

    def play_in_page(self, player: str, seconds: int, width: int) -> None:
        playback = play_in_page(self.stream, player, lambda it: it.came_to(seconds, width))
        self.check(playback, seconds, width)

    def check(self, playback: Playback, seconds: int, width: int) -> None:
        self.check_playback(playback, seconds, width)


@needs_nginx
class Players(Stage):
    @needs_ffmpeg
    def test_ffmpeg(self) -> None:
        """20 s from the live edge on, every error fatal, and not one warning."""
        self.check_showing(ffmpeg(self.stream, 20, "-xerror", "-err_detect", "explode"), 20)

    @needs_mpv
    def test_mpv(self) -> None:
        self.check_showing(mpv(self.stream, SECONDS), SECONDS)

    @needs_npm
    def test_hlsjs(self) -> None:
        self.play_in_page("hls.js", SECONDS, 1280)

    @needs_chromium
    def test_chromium(self) -> None:
        self.play_in_page("chromium", SECONDS, 1280)


class ClockPlayers(Players):
    """The exact engine's H.264. In a browser, what the code in the picture says goes on with it."""

    PRESET = "720p-clock"

    @needs_npm
    def test_shaka(self) -> None:
        self.play_in_page("shaka-player", SECONDS, 1280)

    @needs_npm
    def test_videojs(self) -> None:
        self.play_in_page("video.js", SECONDS, 1280)

    def check(self, playback: Playback, seconds: int, width: int) -> None:
        super().check(playback, seconds, width)
        self.check_clock(playback, [(1280, 720)], 30)


class FragmentPlayers(ClockPlayers):
    """Fragmented MPEG-4, picture and sound in one file."""

    SETTINGS = ("stream.container=fmp4",)

    @needs_gstreamer
    def test_gstreamer(self) -> None:
        self.check_showing(gstreamer(self.stream, SECONDS), SECONDS)


@needs_nginx
class Seams(Stage):
    """While it is played, hlsgen is started anew with another bit rate, then another frame rate,
    then another size: after EXT-X-DISCONTINUITY it goes on."""

    def setUp(self) -> None:
        super().setUp()
        seams = threading.Thread(target=self.make_seams)
        seams.start()
        self.addCleanup(seams.join)

    def make_seams(self) -> None:
        """Each right after a segment, so that the next one is in time."""
        for settings in OTHERS:
            for _ in range(2):
                before = self.hlsgen.stamp()
                wait_until(lambda: self.hlsgen.stamp() != before, "a segment")
            self.hlsgen.stop()
            self.hlsgen = Hlsgen(self.hlsgen.out, *sets(*self.SETTINGS, *settings))
            self.hlsgen.start().wait_ready()

    def assert_counters_alone(self, said: str) -> None:
        """libavformat's demuxer takes no notice of EXT-X-DISCONTINUITY, finds that continuity
        counters do not go on, and calls the picture before corrupt, which it is not."""
        note(said)
        for line in said.splitlines():
            self.assertRegex(line, r"Packet corrupt \(stream = 0|corrupt input packet in stream 0")

    @needs_ffmpeg
    def test_ffmpeg(self) -> None:
        self.assert_counters_alone(ffmpeg(self.stream, SECONDS_OVER_SEAMS).said)

    @needs_mpv
    def test_mpv(self) -> None:
        self.assert_counters_alone(mpv(self.stream, SECONDS_OVER_SEAMS).said)

    @needs_npm
    def test_hlsjs(self) -> None:
        self.play_in_page("hls.js", SECONDS_OVER_SEAMS, 640)

    @needs_chromium
    def test_chromium(self) -> None:
        self.play_in_page("chromium", SECONDS_OVER_SEAMS, 640)


class FragmentSeams(Seams):
    """With another EXT-X-MAP after each; libavformat takes but the first."""

    SETTINGS = ("stream.container=fmp4",)
    test_ffmpeg = test_mpv = test_chromium = None


if __name__ == "__main__":
    main()
