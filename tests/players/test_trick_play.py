# SPDX-License-Identifier: GPL-2.0-or-later
"""I-frame playlists in real players: by the code in each picture it is the first one of the segment
that was asked for, in either container.

hls.js shows one after the other; Shaka plays them at eight times the speed, for which it wants the
sound in a rendition of its own, since there is none in the ranges. So does hls.js of fragmented
MP4.
"""

import base64

from clock_code import Reader
from origin import Hlsgen, Nginx, scratch, sets
from pages import Playback, needs_npm, trick_in_page
from realtime import RealTime
from tap import main, note
from theatre import PICTURE, needs_nginx, read_any

SEGMENT = 2  # seconds
RATE = 30
FRAMES = SEGMENT * RATE
SIZES = [(1280, 720), (3840, 2160), (1920, 1080), (854, 480), (640, 360)]
GROUP = "audio.delivery=group"
FMP4 = "stream.container=fmp4"
FROM, TO = 4, 24  # seconds, as in trick.html
PATIENCE = 90  # seconds for half a minute of stream
ENOUGH = 5  # pictures; of eight times the speed a machine that is busy shows but some


@needs_nginx
@needs_npm
class TrickPlay(RealTime):
    def play(self, player: str, preset: str, *settings: str) -> Playback:
        with scratch() as folder:
            arguments = sets("stream.iframes=yes", *settings)
            hlsgen = Hlsgen(folder / "hls", *arguments, "--vod", f"{TO + 6}s", preset=preset)
            self.assertEqual(hlsgen.start().wait(), 0, hlsgen.errors)
            with Nginx(hlsgen.out, folder / "run", SEGMENT) as nginx:
                playback = trick_in_page(nginx.url + "master.m3u8", player, PATIENCE)
        self.assertEqual(playback.of_kind("error"), [])
        self.assertTrue(playback.of_kind("done"), playback.events[-3:])
        begin = 0 if FMP4 in settings else 376
        self.assertEqual({event["begin"] for event in playback.of_kind("range")}, {begin})
        return playback

    def pictures(self, playback: Playback) -> list[tuple[float, int]]:
        """The player's time of each, and the frame that it is."""
        readers = [Reader(size, PICTURE) for size in SIZES]
        read = [(event["time"], read_any(readers, base64.b64decode(event["picture"])))
                for event in playback.of_kind("picture")]
        note(f"{len(read)} pictures, {len(playback.of_kind('range'))} ranges")
        return [(time, moment.frame) for time, moment in read if moment]

    def show_each(self, *arguments: str) -> None:
        found = self.pictures(self.play("hls.js", *arguments))
        self.assertEqual(found, [(time, time * RATE) for time in range(FROM, TO, SEGMENT)])

    def play_fast(self, *arguments: str) -> None:
        """What was loaded before it became fast is played as it is."""
        found = self.pictures(self.play("shaka-player", *arguments))
        while any(frame % FRAMES for _, frame in found):
            del found[0]
        self.assertGreaterEqual(len(found), ENOUGH)
        for time, frame in found:
            self.assertEqual(round(time * RATE), frame)

    def test_hlsjs_ts(self) -> None:
        self.show_each("720p-clock")

    def test_hlsjs_ts_sound_apart(self) -> None:
        self.show_each("4k-abr", GROUP)

    def test_hlsjs_fmp4(self) -> None:
        self.show_each("4k-abr", GROUP, FMP4)

    def test_shaka_ts(self) -> None:
        self.play_fast("4k-abr", GROUP)

    def test_shaka_fmp4(self) -> None:
        self.play_fast("4k-abr", GROUP, FMP4)


if __name__ == "__main__":
    main()
