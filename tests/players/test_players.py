# SPDX-License-Identifier: GPL-2.0-or-later
"""Real players play the stream from nginx without an error, also while other presets take it over.

Browsers are watched by a script in the page, which posts what the video element and hls.js report
to a small server here. HLSJS names dist/hls.js of the npm package.
"""

import base64
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
import unittest
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from clock_code import Moment, Reader
from origin import PATIENCE, Hlsgen, Nginx, nginx_program, scratch, sets, wait_until
from tap import main, note

HERE = Path(__file__).resolve().parent
HLSJS = os.environ.get("HLSJS", "")
SECONDS = 15
SECONDS_OVER_SEAMS = 24
OTHERS = [("video.bitrate=1500kbit/s",), ("video.bitrate=1500kbit/s", "video.rate=25"),
          ("video.bitrate=800kbit/s", "video.size=640x360")]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser",
                                                "google-chrome"))), None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--autoplay-policy=no-user-gesture-required"]


class Reports(ThreadingHTTPServer):
    """Serves the page of hls.js and takes the reports of any page."""

    def __init__(self, stream: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"
        self.stream = stream
        self.events: queue.Queue[dict] = queue.Queue()

    def probe(self) -> str:
        """The script, told where to report to."""
        return (f"const STREAM = {json.dumps(self.stream)};\n"
                f"const REPORT_TO = {json.dumps(self.url + 'event')};\n"
                + (HERE / "probe.js").read_text())

    def page(self, path: str) -> tuple[str, bytes] | None:
        if path == "/":
            return "text/html", (HERE / "hlsjs.html").read_bytes()
        if path == "/probe.js":
            return "text/javascript", self.probe().encode()
        if path == "/hls.js":
            return "text/javascript", Path(HLSJS).read_bytes()
        return None


class Handler(BaseHTTPRequestHandler):
    server: Reports

    def do_GET(self) -> None:
        kind, body = self.server.page(self.path) or ("text/plain", b"")
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.events.put(json.loads(body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_) -> None:
        """Nothing: the events say it all."""


@contextmanager
def reports(stream: str):
    server = Reports(stream)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def browser(url: str):
    """Headless Chromium with an empty profile."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", url]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)


class Playback:
    """The events of one page, until the video has played for so many seconds."""

    def __init__(self) -> None:
        self.events: list[dict] = []
        self.begin: float | None = None
        self.last: dict = {}

    def take(self, event: dict) -> None:
        self.events.append(event)
        if event["kind"] == "playing" and self.begin is None:
            self.begin = event["time"]
        if event["kind"] == "progress":
            self.last = event

    @property
    def played(self) -> float:
        return self.last["time"] - self.begin if self.last and self.begin is not None else 0.0

    def errors(self) -> list[dict]:
        """Errors at any time; and, once the picture moves, everything that interrupts it."""
        moves = False
        found = []
        for event in self.events:
            interrupts = event["kind"] in ("waiting", "ended", "emptied")
            if event["kind"] == "error" or (moves and interrupts):
                found.append(event)
            moves = moves or event.get("time", 0) > (self.begin or 0)
        return found


needs_nginx = unittest.skipUnless(nginx_program(), "nginx is not installed")
needs_ffmpeg = unittest.skipUnless(shutil.which("ffmpeg"), "ffmpeg is not installed")
needs_mpv = unittest.skipUnless(shutil.which("mpv"), "mpv is not installed")
needs_chromium = unittest.skipUnless(CHROMIUM, "Chromium is not installed")
needs_hlsjs = unittest.skipUnless(Path(HLSJS).is_file(),
                                  "HLSJS does not name dist/hls.js of hls.js")


class Theatre(unittest.TestCase):
    """A stream behind nginx, and ways to play it."""

    PRESET = "720p-ultrafast"

    def setUp(self) -> None:
        stack = ExitStack()
        self.addCleanup(stack.close)
        self.folder = stack.enter_context(scratch())
        self.hlsgen = Hlsgen(self.folder / "hls", preset=self.PRESET).start().wait_ready()
        stack.callback(lambda: self.hlsgen.stop())
        self.nginx = stack.enter_context(Nginx(self.hlsgen.out, self.folder / "run"))
        self.stream = self.nginx.url + "stream.m3u8"

    def run_player(self, *command: str) -> str:
        """A player that only speaks of warnings and errors; what it says."""
        begin = time.monotonic()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, check=False)
        note(f"{Path(command[0]).name}: {time.monotonic() - begin:.1f} s")
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def run_ffmpeg(self, seconds: int, *options: str) -> str:
        return self.run_player("ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "warning",
                               *options, "-i", self.stream, "-t", str(seconds), "-f", "null", "-")

    def run_mpv(self, seconds: int) -> str:
        return self.run_player("mpv", "--no-config", "--no-input-terminal", "--quiet", "--vo=null",
                               "--ao=null", "--msg-level=all=warn", f"--length={seconds}",
                               self.stream)

    def play(self, server: Reports, url: str, seconds: int, width: int) -> None:
        """Opens a page and follows it until the video has played long enough."""
        playback = Playback()
        end = time.monotonic() + PATIENCE
        with browser(url):
            while playback.played < seconds and time.monotonic() < end:
                try:
                    playback.take(server.events.get(timeout=1))
                except queue.Empty:
                    continue
        self.check(playback, seconds, width)

    def check(self, playback: Playback, seconds: int, width: int) -> None:
        last = playback.last
        note(f"played {playback.played:.1f} s, {last.get('frames')} frames, "
             f"{last.get('dropped')} dropped")
        self.assertEqual(playback.errors(), [])
        self.assertGreaterEqual(playback.played, seconds, playback.events[-5:])
        self.assertEqual(last["width"], width)
        self.assertGreater(last["frames"], 0)

    def play_hlsjs(self, seconds: int, width: int) -> None:
        with reports(self.stream) as server:
            self.play(server, server.url, seconds, width)

    def play_page(self, seconds: int, width: int) -> None:
        """The page of nginx/, played by the browser itself; the probe is added to a copy."""
        with reports(self.stream) as server:
            page = self.nginx.page / "index.html"
            page.write_text(page.read_text().replace("</body>", f"""<script>
                {server.probe()}
                watch(document.getElementById("video"));
                </script></body>"""))
            self.play(server, self.nginx.url, seconds, width)


@needs_nginx
class Players(Theatre):
    @needs_ffmpeg
    def test_ffmpeg(self) -> None:
        """20 s from the live edge on, every error fatal, and not one warning."""
        self.assertEqual(self.run_ffmpeg(20, "-xerror", "-err_detect", "explode"), "")

    @needs_mpv
    def test_mpv(self) -> None:
        self.assertEqual(self.run_mpv(SECONDS), "")

    @needs_chromium
    @needs_hlsjs
    def test_hlsjs(self) -> None:
        self.play_hlsjs(SECONDS, 1280)

    @needs_chromium
    def test_page_in_chromium(self) -> None:
        self.play_page(SECONDS, 1280)


class ClockPlayers(Players):
    """The exact engine's H.264. In a browser, what the code in the picture says goes on with it."""

    PRESET = "720p-clock"
    READER = Reader((1280, 720), (640, 360))
    FRAMES_A_SECOND = 30

    def check(self, playback: Playback, seconds: int, width: int) -> None:
        super().check(playback, seconds, width)
        read = [(event["time"], self.READER.read(base64.b64decode(event["picture"])))
                for event in playback.events
                if event["kind"] == "progress" and event["time"] > (playback.begin or 0)]
        note(f"read the code of {len(read)} pictures")
        self.assertGreater(len(read), seconds)
        first = self.at_zero(*read[0])
        for time_played, moment in read:
            with self.subTest(time_played):
                self.assertAlmostEqual(self.at_zero(time_played, moment), first,
                                       delta=self.FRAMES_A_SECOND)  # it may fall behind

    def at_zero(self, time_played: float, moment: Moment | None) -> float:
        """The frame number at the player's time 0."""
        self.assertIsNotNone(moment)
        return moment.frame - time_played * self.FRAMES_A_SECOND


@needs_nginx
class Seams(Theatre):
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
            self.hlsgen = Hlsgen(self.hlsgen.out, *sets(*settings)).start().wait_ready()

    def assert_counters_alone(self, said: str) -> None:
        """libavformat's demuxer takes no notice of EXT-X-DISCONTINUITY, finds that continuity
        counters do not go on, and calls the picture before corrupt, which it is not."""
        note(said)
        for line in said.splitlines():
            self.assertRegex(line, r"Packet corrupt \(stream = 0|corrupt input packet in stream 0")

    @needs_ffmpeg
    def test_ffmpeg(self) -> None:
        self.assert_counters_alone(self.run_ffmpeg(SECONDS_OVER_SEAMS))

    @needs_mpv
    def test_mpv(self) -> None:
        self.assert_counters_alone(self.run_mpv(SECONDS_OVER_SEAMS))

    @needs_chromium
    @needs_hlsjs
    def test_hlsjs(self) -> None:
        self.play_hlsjs(SECONDS_OVER_SEAMS, 640)

    @needs_chromium
    def test_page_in_chromium(self) -> None:
        self.play_page(SECONDS_OVER_SEAMS, 640)


if __name__ == "__main__":
    main()
