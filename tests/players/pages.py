# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays a stream in pages of headless Chromium: in its own player, and in those from npm.

A script in the page posts what the video element and the player report to a small server here.
PLAYERS names the folder that npm has put players into.
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
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from origin import PATIENCE

HERE = Path(__file__).resolve().parent
PLAYERS = Path(os.environ.get("PLAYERS", "nowhere")).absolute()
FROM_NPM = ("hls.js", "shaka-player", "video.js")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser",
                                                "google-chrome"))), None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--autoplay-policy=no-user-gesture-required"]

needs_chromium = unittest.skipUnless(CHROMIUM, "Chromium is not installed")
needs_npm = unittest.skipUnless(CHROMIUM and PLAYERS.is_dir(),
                                "Chromium is not installed, or PLAYERS names no folder of players")


class Reports(ThreadingHTTPServer):
    """Serves the page of the players from npm, and takes the reports of any page."""

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
        if path in ("/player.html", "/trick.html"):
            return "text/html", (HERE / path.removeprefix("/")).read_bytes()
        if path == "/probe.js":
            return "text/javascript", self.probe().encode()
        if path.startswith("/npm/"):
            return "text/javascript", (PLAYERS / path.removeprefix("/npm/")).read_bytes()
        return None


class Handler(BaseHTTPRequestHandler):
    server: Reports

    def do_GET(self) -> None:
        kind, body = self.server.page(urlsplit(self.path).path) or ("text/plain", b"")
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
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:  # what it has shown is all that is wanted of it
                process.kill()
                process.wait()


class Playback:
    """The events of one page."""

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

    def of_kind(self, kind: str) -> list[dict]:
        return [event for event in self.events if event["kind"] == kind]

    @property
    def played(self) -> float:
        return self.last["time"] - self.begin if self.last and self.begin is not None else 0.0

    def came_to(self, seconds: int, width: int) -> bool:
        return self.played >= seconds and self.last["width"] == width

    def climbed(self) -> bool:
        return bool(self.of_kind("climbed"))

    def stalls(self) -> list[dict]:
        """Once the picture moves, everything that interrupts it."""
        moves = False
        found = []
        for event in self.events:
            if moves and event["kind"] in ("waiting", "seeking", "ended", "emptied"):
                found.append(event)
            moves = moves or event.get("time", 0) > (self.begin or 0)
        return found

    def errors(self) -> list[dict]:
        """Errors at any time, and stalls."""
        return self.of_kind("error") + self.stalls()


def follow(server: Reports, url: str, done: Callable[[Playback], bool],
           patience: float) -> Playback:
    """Opens a page, and stays there until it is `done`, or patience has ended."""
    playback = Playback()
    end = time.monotonic() + patience
    with browser(url):
        while not done(playback) and time.monotonic() < end:
            try:
                playback.take(server.events.get(timeout=1))
            except queue.Empty:
                continue
    return playback


def trick_in_page(stream: str, player: str, patience: float = PATIENCE) -> Playback:
    """The pictures that trick.html shows of it."""
    with reports(stream) as server:
        return follow(server, f"{server.url}trick.html?{urlencode({'player': player})}",
                      lambda it: bool(it.of_kind("done")), patience)


def play_in_page(stream: str, player: str, done: Callable[[Playback], bool],
                 climb: Iterable[int] = (), patience: float = PATIENCE) -> Playback:
    """Plays in one of FROM_NPM, or "chromium" by itself; see player.html."""
    query = {"player": player}
    if steps := ",".join(map(str, climb)):
        query["climb"] = steps
    with reports(stream) as server:
        return follow(server, f"{server.url}player.html?{urlencode(query)}", done, patience)
