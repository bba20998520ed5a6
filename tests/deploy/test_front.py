# SPDX-License-Identifier: GPL-2.0-or-later
"""What one client asks of the front is not to be felt by the others. Its origins hold a playlist
that stands still, and leases of their own time."""

import http.client
import time
import unittest
from contextlib import ExitStack
from pathlib import Path

from front import Front
from origin import Nginx, nginx_program, scratch
from tap import main

ORIGINS = 3
LEASES = 60  # of 5 s each: longer than this takes
EARLIER = "Thu, 01 Jan 2015 00:00:00 GMT"
PLAYLIST = b"#EXTM3U\n"


def fill(root: Path) -> None:
    root.mkdir(parents=True)
    (root / "stream.m3u8").write_bytes(PLAYLIST)
    now = int(time.time()) // 5 * 5
    for number in range(-1, LEASES):
        (root / f"hlsgen.alive-{now + 5 * number}").write_text("publishing\n")


@unittest.skipUnless(nginx_program(), "nginx is not installed")
class Requests(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        folder = stack.enter_context(scratch())
        origins = []
        for number in range(ORIGINS):
            place = folder / str(number)
            fill(place / "hls")
            origins.append(stack.enter_context(Nginx(place / "hls", place / "run")))
        cls.front = stack.enter_context(Front(origins, folder / "run"))

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        link = http.client.HTTPConnection("127.0.0.1", self.front.port, timeout=30)
        link.request("GET", path, body, {name.replace("_", "-"): value
                                         for name, value in headers.items()})
        answer = link.getresponse()
        found = answer.status, answer.read()
        link.close()
        return found

    def test_conditions(self) -> None:
        """They are about the playlist, and not about whether its origin is well."""
        for headers, status in (({"If_Match": '"1-1"'}, 412), ({"If_None_Match": "*"}, 304),
                                ({"If_Unmodified_Since": EARLIER}, 412),
                                ({"Range": "bytes=99-"}, 416), ({"Range": "bytes=0-6"}, 206)):
            for _ in range(ORIGINS):
                with self.subTest(headers):
                    self.assertEqual(self.ask("/stream.m3u8", **headers)[0], status)
            self.assertEqual([self.ask("/stream.m3u8") for _ in range(2 * ORIGINS)],
                             [(200, PLAYLIST)] * 2 * ORIGINS)

    def test_body(self) -> None:
        for _ in range(ORIGINS):
            self.assertEqual(self.ask("/stream.m3u8", b"x" * 1000), (200, PLAYLIST))

    def test_status_of_the_origins_is_not_for_all(self) -> None:
        for path in ("/nginx_status", "/nginx%5Fstatus", "//nginx_status", "/x/../nginx_status"):
            self.assertEqual(self.ask(path)[0], 404, path)


if __name__ == "__main__":
    main()
