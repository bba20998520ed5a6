# SPDX-License-Identifier: GPL-2.0-or-later
"""What nginx with the configuration of nginx/ does not give, whatever is tried."""

import http.client
import socket
import unittest

from conformance.observe import Response
from origin import nginx_program
from served import OF_405, OF_OPTIONS, SECRET, SEGMENT, Case
from tap import main

HIDDEN = [folder + name
          for folder in ("/", "/files/", "/files/json/", "/720p/", "/files/720p/", "/720p/../",
                         "/%2e/", "//", "/files//")
          for name in (".hlsgen-segment.tmp", "%2ehlsgen-segment.tmp", "hlsgen.state",
                       "hlsgen%2Estate", "hlsgen.alive-1795365690", "%68lsgen.alive-1795365690",
                       ".git/config", ".hidden/seg10.ts")]

OUTSIDE = ["/../secret.ts", "/%2e%2e/secret.ts", "/..%2fsecret.ts", "/%2e%2e%2fsecret.ts",
           "/720p/../../secret.ts", "/720p/..%2f..%2fsecret.ts", "/files../secret.ts",
           "/files/../../secret.ts", "/files/..%2fsecret.ts", "/files/..%2f..%2fsecret.ts",
           "/files/json/../../../secret.ts", "/files/json../secret.ts",
           "/files/json/..%2fsecret.ts", "/files%2f..%2fsecret.ts", "/..\\secret.ts",
           "/..%5csecret.ts", "/%252e%252e/secret.ts", "/%c0%ae%c0%ae/secret.ts",
           "/..;/secret.ts", "/./.././secret.ts", "//../secret.ts", "/seg10.ts/../../secret.ts",
           "/seg10.ts/secret.ts", "/secret.ts%00.m3u8", "/%", "/%zz", "/files/link.ts",
           "/link.ts", "/links/secret.ts"]

RAW = {  # what http.client would not send
    b"GET /seg10.ts HTTP/1.1\r\n\r\n": 400,
    b"GET /seg10.ts HTTP/1.1\r\nHost: a b\r\n\r\n": 400,
    b"GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n": 400,
    b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\nHost: x\r\n\r\n": 414,
    b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"a" * 40000 + b"\r\n\r\n": 400,
    b"GET /seg10.ts HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n": 400,
    b"GARBAGE\r\n\r\n": 400,
}


@unittest.skipUnless(nginx_program(), "nginx is not installed")
class Refusals(Case):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        (cls.folder / "hls/link.ts").symlink_to(cls.folder / "secret.ts")
        (cls.folder / "hls/links").symlink_to(cls.folder)

    def tearDown(self) -> None:
        """Only what was tried is told."""
        for line in self.nginx.errors().splitlines():
            self.assertRegex(line, r"Too many levels of symbolic links|Not a directory|"
                                   r"access forbidden by rule|too large body")

    def test_hidden_files(self) -> None:
        for path in HIDDEN:
            for method in ("GET", "HEAD", "OPTIONS"):
                with self.subTest(f"{method} {path}"):
                    self.check_error(self.ask(path, method), 404,
                                     OF_OPTIONS if method == "OPTIONS" else {})

    def test_nothing_outside(self) -> None:
        for path in OUTSIDE:
            with self.subTest(path):
                found = self.ask(path)
                self.assertIn(found.status, (400, 403, 404))
                self.check_error(found, found.status)
                self.assertNotIn(SECRET, found.body)

    def test_no_request(self) -> None:
        for request, status in RAW.items():
            with self.subTest(request[:40]), \
                    socket.create_connection(("127.0.0.1", self.nginx.port), 30) as link:
                link.sendall(request)
                answer = http.client.HTTPResponse(link)
                answer.begin()
                found = Response(answer.status, answer.getheaders(), answer.read())
                self.assertEqual(found.status, status)
                self.assertEqual(found.get("Cache-Control"), "no-store")
                self.assertEqual(found.get("Access-Control-Allow-Origin"), "*")

    def test_a_body(self) -> None:
        """Nothing here takes one; a small one does no harm."""
        self.assertEqual(self.ask("/seg10.ts", body=b"x" * 100).body, SEGMENT)
        self.check_error(self.ask("/seg10.ts", body=b"x" * 2000), 413)
        self.check_error(self.ask("/seg10.ts", "POST", body=b"x" * 2000), 405, OF_405)

    def test_status_from_elsewhere(self) -> None:
        self.check_error(self.ask("/nginx_status", source="127.0.0.2"), 403)


if __name__ == "__main__":
    main()
