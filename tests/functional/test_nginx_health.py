# SPDX-License-Identifier: GPL-2.0-or-later
"""/health: well is who has left a lease for the 5 s that it is now, and nothing else is."""

import json
import signal
import time
import unittest
from contextlib import ExitStack
from pathlib import Path

from conformance.observe import Http, Response
from origin import Hlsgen, Nginx, nginx_program, scratch, sets, wait_until
from realtime import RealTime
from served import ALWAYS, OF_405, Case
from tap import main

SMALL = sets("video.size=320x180", "video.bitrate=300kbit/s")
LEASE = 5  # seconds, and each begins at a multiple of them
OF_HEALTH = ALWAYS | {"Content-Type": "text/plain", "Cache-Control": "no-store"}


def lease(number: int) -> str:
    """That of the 5 s of such a number since 1970."""
    return f"hlsgen.alive-{number * LEASE}"


def now() -> int:
    """Of those that it is."""
    return int(time.time()) // LEASE


class Leases(Case):
    def leave(self, *names: str) -> None:
        """These leases and no others."""
        for old in self.out.glob("hlsgen.alive-*"):
            old.unlink()
        for name in names:
            (self.out / name).write_text("publishing\n")

    @property
    def out(self) -> Path:
        return self.folder / "hls"

    def status_with(self, *offsets: int) -> int:
        """With leases so far from now, all while it is one number."""
        while True:
            number = now()
            self.leave(*(lease(number + offset) for offset in offsets))
            status = self.ask("/health").status
            if now() == number:
                return status

    def wait_for_new(self) -> None:
        """So that there are 5 s without a border."""
        number = now()
        while now() == number:
            time.sleep(0.01)


@unittest.skipUnless(nginx_program(), "nginx is not installed")
class Health(Leases):
    def test_counts_the_lease_of_now_alone(self) -> None:
        for offsets, status in {(): 503, (0,): 200, (0, 1): 200, (-1, 0): 200, (-1, 0, 1): 200,
                                (-1,): 503, (1,): 503, (-1, 1): 503, (-2, -1): 503, (1, 2): 503,
                                (20,): 503, (-20,): 503, (200_000,): 503}.items():
            self.assertEqual(self.status_with(*offsets), status, offsets)

    def test_is_not_taken_in_by_likeness(self) -> None:
        self.wait_for_new()
        start = now() * LEASE
        for name in ("", start + 1, start + 4, f"{start}.0", f"0{start}", start * 10, start // 10,
                     f"{start}~", f"-{start}"):
            self.leave(f"hlsgen.alive-{name}")
            self.assertEqual(self.ask("/health").status, 503, name)
        self.leave()
        (self.out / lease(now())).mkdir()
        self.addCleanup((self.out / lease(now())).rmdir)
        self.assertEqual(self.ask("/health").status, 503)

    def test_ends_at_the_border(self) -> None:
        """Of ten answers or more a second, on both sides of it, each is right."""
        self.wait_for_new()
        self.leave(lease(now()))
        seen = []
        while 503 not in seen:
            before = (self.out / lease(now())).exists()
            status = self.ask("/health").status
            if (self.out / lease(now())).exists() == before:
                self.assertEqual(status, 200 if before else 503)
                seen.append(status)
            time.sleep(0.02)
        self.assertIn(200, seen)

    def test_good(self) -> None:
        """With leases for as long as the test may take."""
        self.leave(*(lease(now() + offset) for offset in range(60)))
        for method, body in (("GET", b"publishing\n"), ("HEAD", b"")):
            for asked in {}, {"Range": "bytes=0-3"}, {"If_None_Match": '"1-1"'}, {
                    "Accept_Encoding": "gzip"}:
                found = self.ask("/health", method, **asked)
                self.check_headers(found, 200, OF_HEALTH)
                self.assertEqual((found.body, found.get("Content-Length")), (body, "11"))
        self.check_error(self.ask("/health", "POST"), 405, OF_405)
        self.assertEqual(self.ask("/health?x=1").status, 200)

    def test_bad(self) -> None:
        """The same, for any page to read and no cache to keep."""
        self.leave()
        for method, body in (("GET", b"not publishing\n"), ("HEAD", b"")):
            for asked in {}, {"Range": "bytes=0-3"}, {"If_None_Match": '"1-1"'}, {
                    "Accept_Encoding": "gzip"}:
                found = self.ask("/health", method, **asked)
                self.check_headers(found, 503, OF_HEALTH)
                self.assertEqual((found.body, found.get("Content-Length")), (body, "15"))
        self.check_error(self.ask("/health", "POST"), 405, OF_405)

    def test_leases_are_nobodys_business(self) -> None:
        self.wait_for_new()
        self.leave(lease(now()))
        for folder in ("/", "/files/", "/files/json/"):
            self.check_error(self.ask(folder + lease(now())), 404)


@unittest.skipUnless(nginx_program(), "nginx is not installed")
class Publishing(RealTime):
    """With a real hlsgen."""

    def setUp(self) -> None:
        stack = ExitStack()
        self.addCleanup(stack.close)
        folder = stack.enter_context(scratch())
        self.hlsgen = Hlsgen(folder / "hls", *SMALL, preset="720p-clock").start()
        stack.callback(self.hlsgen.__exit__)
        self.hlsgen.wait_ready()
        self.nginx = stack.enter_context(Nginx(self.hlsgen.out, folder / "run"))

    def ask(self, path: str) -> Response:
        return Http(self.nginx.url).ask(path)

    def wait_for(self, status: int) -> None:
        wait_until(lambda: self.ask("health").status == status, f"/health to say {status}", 0.05)

    def test_is_well_all_the_time(self) -> None:
        """Over three borders and more, asked all the time."""
        self.wait_for(200)
        end = now() + 4
        while now() < end:
            self.assertEqual(self.ask("health").status, 200, time.time() % LEASE)
            time.sleep(0.005)
        self.assertEqual(self.nginx.errors(), "")

    def test_stopped(self) -> None:
        self.wait_for(200)
        self.hlsgen.freeze()
        self.wait_for(503)
        self.hlsgen.thaw()
        self.wait_for(200)

    def test_killed(self) -> None:
        self.wait_for(200)
        self.hlsgen.stop(signal.SIGKILL)
        self.wait_for(503)
        self.hlsgen.start()
        self.wait_for(200)

    def test_reports(self) -> None:
        for name in ("status.json", "hlsgen.prom"):
            wait_until((self.hlsgen.out / name).exists, name)
        status = json.loads(self.ask("status.json").body)
        self.assertEqual((status["format"], status["healthy"]), ("hlsgen-status", True))
        metrics = self.ask("metrics")
        self.assertEqual(metrics.get("Content-Type"), "text/plain; version=0.0.4")
        self.assertIn(b"\nhlsgen_healthy 1\n", metrics.body)


if __name__ == "__main__":
    main()
