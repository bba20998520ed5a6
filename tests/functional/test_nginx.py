# SPDX-License-Identifier: GPL-2.0-or-later
"""nginx with the configuration of nginx/: every header of every answer, on files that stand still,
and the rules of the checker on a live stream."""

import gzip
import json
import os
import shutil
import subprocess
import unittest
from dataclasses import dataclass, replace
from email.utils import formatdate

from conformance import check, report, select
from conformance.observe import Expect, Http, Observation, observe
from origin import Hlsgen, Nginx, nginx_program, scratch
from realtime import RealTime
from served import (ALWAYS, DATE, MASTER, MEDIA, OF_405, OF_HTML, OF_OPTIONS, SECRET, SEGMENT,
                    SEGMENTS, Case)
from tap import main, note

SECONDS = 26
OTHER_METHODS = ("POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "MOVE", "ANY")


@dataclass(frozen=True)
class Answer:
    """What GET of a path must give."""

    type: str
    cache: str = "no-store"
    packed: bool = False  # with gzip when asked for
    tagged: bool = False  # with an ETag, and 304 when nothing has changed
    ranges: bool = True
    status: int = 200

    def headers(self) -> dict[str, str]:
        found = ALWAYS | {"Content-Type": self.type, "Cache-Control": self.cache}
        found |= OF_HTML if self.type == "text/html" else {}
        found |= {"Vary": "Accept-Encoding"} if self.packed else {}
        return found | ({"Accept-Ranges": "bytes"} if self.ranges else {})


PLAYLIST = Answer("application/vnd.apple.mpegurl", MEDIA, packed=True)
TRANSPORT = Answer("video/mp2t", SEGMENTS, tagged=True)
FRAGMENT = replace(TRANSPORT, type="video/mp4")
JSON = Answer("application/json", packed=True)
METRICS = Answer("text/plain; version=0.0.4", packed=True)
PAGE = Answer("text/html", "no-cache", packed=True, tagged=True)
LIST = Answer("text/html", packed=True, ranges=False)
TEXT = Answer("text/plain", ranges=False)
MISSING = replace(LIST, status=404)

ANSWERS = {
    "/stream.m3u8": PLAYLIST,
    "/720p/stream.m3u8": PLAYLIST,
    "/720p/iframes.m3u8": PLAYLIST,
    "/s0001/stream.m3u8": PLAYLIST,
    "/files/stream.m3u8": PLAYLIST,
    "/master.m3u8": replace(PLAYLIST, cache=MASTER),
    "/seg10.ts": TRANSPORT,
    "/seg10.ts?x=1": TRANSPORT,
    "/%73eg10.ts": TRANSPORT,
    "/720p/../seg10.ts": TRANSPORT,
    "/720p/seg10.ts": TRANSPORT,
    "/s0001/seg10.ts": TRANSPORT,
    "/files/seg10.ts": replace(TRANSPORT, tagged=False),
    "/files/json/seg10.ts": replace(TRANSPORT, tagged=False),
    "/init.mp4": FRAGMENT,
    "/seg10.m4s": FRAGMENT,
    "/index.json": JSON,
    "/720p/index.json": JSON,
    "/files/index.json": JSON,
    "/status.json": JSON,
    "/metrics": replace(METRICS, ranges=False),
    "/hlsgen.prom": METRICS,
    "/urls.txt": replace(TEXT, ranges=True),
    "/SHA256SUMS": Answer("application/octet-stream"),
    "/": PAGE,
    "/index.html": PAGE,
    "/style.css": replace(PAGE, type="text/css"),
    "/page.js": replace(PAGE, type="text/javascript"),
    "/icon.svg": replace(PAGE, type="image/svg+xml"),
    "/files/": LIST,
    "/files/720p/": LIST,
    "/files/json/": replace(LIST, type="application/json"),
    "/files/json/720p/": replace(LIST, type="application/json"),
    "/nginx_status": TEXT,
    "/health": replace(TEXT, status=503),
    **dict.fromkeys((
        "/seg11.ts", "/missing.m3u8", "/missing", "/missing.js", "/missing/", "/720p", "/720p/",
        "/files", "/files/missing", "/files/missing/", "/files/json/missing/", "/health/",
        "/files/health", "/s0001/style.css"), MISSING),
}

@unittest.skipUnless(nginx_program(), "nginx is not installed")
class Configuration(unittest.TestCase):
    def accept(self, segment: int, **who: object) -> None:
        """Nothing is said but that it is good."""
        with scratch() as folder:
            nginx = Nginx(folder / "hls", folder / "run", segment)
            if who:
                shutil.chown(folder / "run", **who)
            done = subprocess.run(nginx.command("-t"), capture_output=True, text=True, check=False,
                                  **who, **({"extra_groups": ()} if who else {}))
        lines = [line for line in done.stderr.splitlines()
                 if not line.endswith(("syntax is ok", "test is successful"))]
        self.assertEqual((done.returncode, lines), (0, []), done.stderr)

    def test_is_accepted(self) -> None:
        for segment in (1, 2, 3, 10):
            self.accept(segment)

    @unittest.skipUnless(os.geteuid() == 0, "the case before was one of a plain user")
    def test_is_accepted_of_a_plain_user(self) -> None:
        self.accept(2, user="nobody", group="nogroup")


@unittest.skipUnless(nginx_program(), "nginx is not installed")
class Answers(Case):
    def test_get(self) -> None:
        for path, answer in ANSWERS.items():
            with self.subTest(path):
                found = self.ask(path)
                self.check_headers(found, answer.status, answer.headers())
                self.assertEqual(found.get("ETag") is not None, answer.tagged)
                self.assertNotIn(SECRET, found.body)

    def test_head(self) -> None:
        """All that GET says, and no body."""
        for path, answer in ANSWERS.items():
            with self.subTest(path):
                found = self.ask(path, "HEAD")
                self.check_headers(found, answer.status, answer.headers())
                self.assertEqual(found.body, b"")
                if path != "/nginx_status":
                    self.assertEqual(found.get("Content-Length"),
                                     self.ask(path).get("Content-Length"))

    def test_options(self) -> None:
        """What a browser asks first, for a page of another site."""
        for path in ANSWERS:
            with self.subTest(path):
                found = self.ask(path, "OPTIONS", Origin="http://another.example",
                                 Access_Control_Request_Method="GET",
                                 Access_Control_Request_Headers="range,cmcd-session")
                self.check_headers(found, 204, ALWAYS | OF_OPTIONS | {"Cache-Control": "no-store"})
                self.assertEqual(found.body, b"")

    def test_other_methods(self) -> None:
        for path in ANSWERS:
            for method in OTHER_METHODS:
                with self.subTest(f"{method} {path}"):
                    self.check_error(self.ask(path, method), 405, OF_405)

    def test_gzip(self) -> None:
        """Also for a CDN, which says Via; and segments never."""
        for path, answer in ANSWERS.items():
            with self.subTest(path):
                plain = self.ask(path, Accept_Encoding="identity")
                found = self.ask(path, Accept_Encoding="gzip, br", Via="1.1 cdn.example")
                headers = answer.headers()
                if answer.packed:
                    headers.pop("Accept-Ranges", None)
                    headers["Content-Encoding"] = "gzip"
                    self.assertEqual(gzip.decompress(found.body), plain.body)
                elif path != "/nginx_status":
                    self.assertEqual(found.body, plain.body)
                self.check_headers(found, answer.status, headers)

    def test_bytes(self) -> None:
        hls, page = self.folder / "hls", self.nginx.page
        for path, file in {"/seg10.ts": hls / "seg10.ts", "/720p/seg10.ts": hls / "720p/seg10.ts",
                           "/files/seg10.ts": hls / "seg10.ts", "/": page / "index.html",
                           "/stream.m3u8": hls / "stream.m3u8", "/page.js": page / "page.js",
                           "/metrics": hls / "hlsgen.prom", "/init.mp4": hls / "init.mp4",
                           "/status.json": hls / "status.json"}.items():
            self.assertEqual(self.ask(path).body, file.read_bytes(), path)

    def test_lists(self) -> None:
        """What load clients take the sizes of segments from."""
        listed = {entry["name"]: entry for entry in json.loads(self.ask("/files/json/").body)}
        self.assertEqual(listed["seg10.ts"], {
            "name": "seg10.ts", "type": "file", "mtime": formatdate(DATE, usegmt=True),
            "size": len(SEGMENT)})
        self.assertEqual(listed["720p"]["type"], "directory")
        html = self.ask("/files/").body
        for names in listed, html.decode():
            self.assertIn("seg10.ts", names)
            self.assertNotIn(".hlsgen-segment.tmp", names)

    def test_no_absolute_redirect(self) -> None:
        """The one there is: who forgets the slash. The port that a client sees may be another."""
        found = self.ask("/files/720p")
        self.check_error(found, 301, {"Location": "/files/720p/"})

    def test_status_is_for_this_machine(self) -> None:
        self.assertTrue(self.ask("/nginx_status").body.startswith(b"Active connections:"))


@unittest.skipUnless(nginx_program(), "nginx is not installed")
class Conditions(Case):
    def test_unchanged(self) -> None:
        """A segment and the page need not be sent again. What is replaced has the same date all
        through a second: only the whole answer is true."""
        for path, answer in ANSWERS.items():
            with self.subTest(path):
                before = self.ask(path)
                tag = before.get("ETag") or '"6b031b3c-7a120"'
                date = before.get("Last-Modified") or formatdate(DATE, usegmt=True)
                later = formatdate(DATE + 3600, usegmt=True)
                unchanged = 304 if answer.tagged else answer.status
                for asked, status in (({"If_None_Match": tag}, unchanged),
                                      ({"If_None_Match": '"1-1"'}, answer.status),
                                      ({"If_Modified_Since": date}, unchanged),
                                      ({"If_Modified_Since": later}, answer.status)):
                    self.assertEqual(self.ask(path, **asked).status, status, asked)

    def test_precondition(self) -> None:
        self.check_error(self.ask("/seg10.ts", If_Match='"1-1"'), 412)

    def test_headers_of_unchanged(self) -> None:
        for path in ("/seg10.ts", "/"):
            found = self.ask(path, If_None_Match=self.ask(path).get("ETag"))
            self.assertEqual(found.body, b"")
            self.check_headers(found, 304, ALWAYS | {"Cache-Control": ANSWERS[path].cache})


@unittest.skipUnless(nginx_program(), "nginx is not installed")
class Ranges(Case):
    def test_single(self) -> None:
        size = len(SEGMENT)
        for wanted, (first, last) in {
                "0-0": (0, 0), "0-187": (0, 187), "188-375": (188, 375), "1000-": (1000, size - 1),
                "-188": (size - 188, size - 1), f"{size - 1}-": (size - 1, size - 1),
                f"0-{size + 5}": (0, size - 1), f"-{size + 5}": (0, size - 1)}.items():
            for path in ("/seg10.ts", "/720p/seg10.ts", "/files/seg10.ts", "/init.mp4"):
                with self.subTest(f"{path} {wanted}"):
                    found = self.ask(path, Range=f"bytes={wanted}", Accept_Encoding="gzip")
                    headers = ANSWERS[path].headers()
                    del headers["Accept-Ranges"]
                    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
                    self.check_headers(found, 206, headers)
                    self.assertEqual(found.body, SEGMENT[first:last + 1])

    def test_several(self) -> None:
        found = self.ask("/seg10.ts", Range="bytes=0-9,188-197")
        self.assertEqual(found.status, 206)
        self.assertEqual(found.get("Cache-Control"), SEGMENTS)
        self.assertTrue(found.get("Content-Type").startswith("multipart/byteranges; boundary="))
        for part in (SEGMENT[:10], SEGMENT[188:198]):
            self.assertIn(b"\r\n\r\n" + part + b"\r\n", found.body)

    def test_none_that_is_there(self) -> None:
        for wanted in (f"{len(SEGMENT)}-", "99999999-99999999", "5-1", "x"):
            for path in ("/seg10.ts", "/720p/seg10.ts", "/files/seg10.ts"):
                self.check_headers(self.ask(path, Range=f"bytes={wanted}"), 416,
                                   ANSWERS[path].headers() | {
                                       "Content-Type": "text/html",
                                       "Content-Range": f"bytes */{len(SEGMENT)}"})

    def test_of_what_was_seen_before(self) -> None:
        tag = self.ask("/seg10.ts").get("ETag")
        self.assertEqual(self.ask("/seg10.ts", Range="bytes=0-9", If_Range=tag).status, 206)
        self.assertEqual(self.ask("/seg10.ts", Range="bytes=0-9", If_Range='"1-1"').status, 200)

    def test_not_of_what_is_no_file_to_a_client(self) -> None:
        for path in ("/metrics", "/health", "/files/"):
            self.assertEqual(self.ask(path, Range="bytes=0-9").status, ANSWERS[path].status, path)


@unittest.skipUnless(nginx_program(), "nginx is not installed")
class SegmentsOfOneSecond(Case):
    SECONDS = 1

    def test_ages(self) -> None:
        """Half a second is no age, and what is none is said as that."""
        for path, cache in {"/stream.m3u8": "no-cache", "/720p/stream.m3u8": "no-cache",
                            "/master.m3u8": MASTER, "/seg10.ts": SEGMENTS}.items():
            self.assertEqual(self.ask(path).get("Cache-Control"), cache, path)


@unittest.skipUnless(nginx_program(), "nginx is not installed")
class Stream(RealTime):
    def follow(self, preset: str, segment: int, seconds: float, **expect: int) -> Observation:
        """The live stream through HTTP, and what the checker says of it."""
        with scratch() as folder, Hlsgen(folder / "hls", preset=preset) as hlsgen, \
                Nginx(hlsgen.out, folder / "run", segment) as nginx:
            seen = observe(Http(nginx.url + "stream.m3u8"), seconds)
            seen.expect = Expect(**expect)
            self.assertEqual(nginx.errors(), "")
        return seen

    def test_conformance(self) -> None:
        """Every rule, this time through HTTP, the HT rules among them."""
        results = self.assert_rules(self.follow("720p-ultrafast", 2, SECONDS,
                                                video_bitrate=2_000_000, primaries=6, matrix=6))
        self.assertEqual(select(results, "undecided"), ["SG_TEMP"], report(results))
        note(f"{len(select(results, 'pass'))} rules")

    def test_conformance_of_segments_of_one_second(self) -> None:
        results = check(self.follow("low-latency", 1, 5))
        rules = {result.rule: result.verdict for result in results
                 if result.rule.startswith("HT_")}
        self.assertEqual(rules, dict.fromkeys(rules, "pass"), report(results))
        self.assertEqual(len(rules), 6)


if __name__ == "__main__":
    main()
