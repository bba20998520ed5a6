# SPDX-License-Identifier: GPL-2.0-or-later
"""Real players play the stream from nginx without an error.

Browsers are watched by a script in the page, which posts what the video element and hls.js report
to a small server here. HLSJS names dist/hls.js of the npm package.
"""

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

from origin import PATIENCE, Hlsgen, Nginx, nginx_program, scratch
from tap import main, note

HERE = Path(__file__).resolve().parent
HLSJS = os.environ.get("HLSJS", "")
SECONDS = 15
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


@unittest.skipUnless(nginx_program(), "nginx is not installed")
class Players(unittest.TestCase):
    def setUp(self) -> None:
        stack = ExitStack()
        self.addCleanup(stack.close)
        folder = stack.enter_context(scratch())
        hlsgen = stack.enter_context(Hlsgen(folder / "hls"))
        self.nginx = stack.enter_context(Nginx(hlsgen.out, folder / "run"))
        self.stream = self.nginx.url + "stream.m3u8"

    def run_silent(self, *command: str) -> None:
        """A player that only speaks of warnings and errors, and must not speak."""
        begin = time.monotonic()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, check=False)
        note(f"{Path(command[0]).name}: {time.monotonic() - begin:.1f} s")
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    @unittest.skipUnless(shutil.which("ffmpeg"), "ffmpeg is not installed")
    def test_ffmpeg(self) -> None:
        """20 s from the live edge on, every error fatal, and not one warning."""
        self.run_silent("ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "warning", "-xerror",
                        "-err_detect", "explode", "-i", self.stream, "-t", "20", "-f", "null", "-")

    @unittest.skipUnless(shutil.which("mpv"), "mpv is not installed")
    def test_mpv(self) -> None:
        self.run_silent("mpv", "--no-config", "--no-input-terminal", "--quiet", "--vo=null",
                        "--ao=null", "--msg-level=all=warn", f"--length={SECONDS}", self.stream)

    def play(self, server: Reports, url: str) -> Playback:
        """Opens a page and follows it until the video has played long enough."""
        playback = Playback()
        end = time.monotonic() + PATIENCE
        with browser(url):
            while playback.played < SECONDS and time.monotonic() < end:
                try:
                    playback.take(server.events.get(timeout=1))
                except queue.Empty:
                    continue
        return playback

    def judge(self, playback: Playback) -> None:
        last = playback.last
        note(f"played {playback.played:.1f} s, {last.get('frames')} frames, "
             f"{last.get('dropped')} dropped")
        self.assertEqual(playback.errors(), [])
        self.assertGreaterEqual(playback.played, SECONDS, playback.events[-5:])
        self.assertEqual(last["width"], 1280)
        self.assertGreater(last["frames"], 0)

    @unittest.skipUnless(CHROMIUM, "Chromium is not installed")
    @unittest.skipUnless(Path(HLSJS).is_file(), "HLSJS does not name dist/hls.js of hls.js")
    def test_hlsjs(self) -> None:
        with reports(self.stream) as server:
            self.judge(self.play(server, server.url))

    @unittest.skipUnless(CHROMIUM, "Chromium is not installed")
    def test_page_in_chromium(self) -> None:
        """The page of nginx/, played by the browser itself; the probe is added to a copy."""
        with reports(self.stream) as server:
            page = self.nginx.page / "index.html"
            page.write_text(page.read_text().replace("</body>", f"""<script>
                {server.probe()}
                watch(document.getElementById("video"));
                </script></body>"""))
            self.judge(self.play(server, self.nginx.url))


if __name__ == "__main__":
    main()
