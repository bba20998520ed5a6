# SPDX-License-Identifier: GPL-2.0-or-later
"""nginx with the configuration of nginx/: what caches, players and scripts rely on."""

import json
import subprocess
import unittest
from contextlib import ExitStack

from conformance import report, select
from conformance.observe import Expect, Http, Response, observe
from origin import Hlsgen, Nginx, nginx_program, scratch, segments, wait_until
from realtime import RealTime
from tap import main, note

SECONDS = 26
MISSING = "no-such-segment.ts"


@unittest.skipUnless(nginx_program(), "nginx is not installed")
class Configuration(unittest.TestCase):
    def test_is_accepted_without_a_warning(self) -> None:
        with scratch() as folder:
            (folder / "hls").mkdir()
            done = subprocess.run(Nginx(folder / "hls", folder / "run").command("-t"),
                                  capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [line for line in done.stderr.splitlines()
                 if not line.endswith(("syntax is ok", "test is successful"))]
        self.assertEqual(lines, [])


@unittest.skipUnless(nginx_program(), "nginx is not installed")
class Origin(RealTime):
    @classmethod
    def setUpClass(cls) -> None:
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        folder = stack.enter_context(scratch())
        cls.hlsgen = stack.enter_context(Hlsgen(folder / "hls"))
        cls.nginx = stack.enter_context(Nginx(cls.hlsgen.out, folder / "run"))

    def ask(self, path: str, method: str = "GET", **headers: str) -> Response:
        return Http(self.nginx.url).ask(path, method, **headers)

    def newest(self) -> str:
        return segments(self.hlsgen.read())[-1]

    def test_conformance(self) -> None:
        """Every rule, this time through HTTP, the HT rules among them."""
        seen = observe(Http(self.nginx.url + "stream.m3u8"), SECONDS)
        seen.expect = Expect(video_bitrate=2_000_000, primaries=6, matrix=6)
        results = self.assert_rules(seen)
        self.assertEqual(select(results, "undecided"), ["SG_TEMP"], report(results))
        note(f"{len(select(results, 'pass'))} rules")
        self.assertEqual(self.nginx.errors(), "")

    def test_segment_headers(self) -> None:
        answer = self.ask(self.newest())
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.get("Content-Type"), "video/mp2t")
        self.assertEqual(answer.get("Cache-Control"),
                         "public, max-age=60, immutable, no-transform")
        self.assertEqual(answer.get("Access-Control-Allow-Origin"), "*")
        self.assertEqual(answer.get("Accept-Ranges"), "bytes")

    def test_playlist_headers(self) -> None:
        answer = self.ask("stream.m3u8")
        self.assertEqual(answer.get("Content-Type"), "application/vnd.apple.mpegurl")
        self.assertEqual(answer.get("Cache-Control"),
                         "public, max-age=1, stale-while-revalidate=2")
        self.assertEqual(answer.get("Vary"), "Accept-Encoding")
        self.assertIsNone(answer.get("ETag"))

    def test_playlist_is_never_not_modified(self) -> None:
        """Two versions of one second have the same date: a date must not stand for a version."""
        date = self.ask("stream.m3u8").get("Last-Modified")
        self.assertEqual(self.ask("stream.m3u8", If_Modified_Since=date).status, 200)

    def test_index_is_never_cached(self) -> None:
        wait_until((self.hlsgen.out / "index.json").exists, "index.json")
        answer = self.ask("index.json")
        self.assertEqual(answer.get("Content-Type"), "application/json")
        self.assertEqual(answer.get("Cache-Control"), "no-store")
        self.assertIsNone(answer.get("ETag"))
        again = self.ask("index.json", If_Modified_Since=answer.get("Last-Modified"))
        self.assertEqual(again.status, 200)

    def test_gzip_for_a_cdn(self) -> None:
        answer = self.ask("stream.m3u8", Accept_Encoding="gzip", Via="1.1 cdn.example")
        self.assertEqual(answer.get("Content-Encoding"), "gzip")

    def test_segments_are_not_compressed(self) -> None:
        self.assertIsNone(self.ask(self.newest(), Accept_Encoding="gzip").get("Content-Encoding"))

    def test_errors(self) -> None:
        """Any page may read an error, and no cache may keep it."""
        answer = self.ask(MISSING)
        self.assertEqual(answer.status, 404)
        self.assertEqual(answer.get("Access-Control-Allow-Origin"), "*")
        self.assertEqual(answer.get("Cache-Control"), "no-store")

    def test_methods(self) -> None:
        self.assertEqual(self.ask(self.newest(), "HEAD").body, b"")
        options = self.ask("stream.m3u8", "OPTIONS", Origin="http://another.example")
        self.assertEqual(options.status, 204)
        for name in ("Allow", "Access-Control-Allow-Methods"):
            self.assertEqual(options.get(name), "GET, HEAD, OPTIONS")
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            answer = self.ask("stream.m3u8", method)
            self.assertEqual(answer.status, 405, method)
            self.assertEqual(answer.get("Allow"), "GET, HEAD, OPTIONS")

    def test_hidden_files(self) -> None:
        for path in (".hlsgen-segment.tmp", "files/.hlsgen-segment.tmp",
                     "%2ehlsgen-segment.tmp", "files/json/.hlsgen-segment.tmp",
                     "hlsgen.state", "files/hlsgen.state"):
            self.assertEqual(self.ask(path).status, 404, path)
        self.assertNotIn(b".hlsgen", self.ask("files/").body)

    def test_nothing_outside(self) -> None:
        for path in ("../run/nginx.conf", "files/..%2frun/nginx.conf", "files../run/nginx.conf",
                     "%2e%2e/run/nginx.conf", "files/json../run/nginx.conf"):
            self.assertIn(self.ask(path).status, (400, 404), path)

    def test_file_list(self) -> None:
        self.assertIn(self.newest().encode(), self.ask("files/").body)
        answer = self.ask("files/json/")
        self.assertEqual(answer.get("Content-Type"), "application/json")
        listed = {entry["name"]: entry for entry in json.loads(answer.body)}
        name = segments(self.hlsgen.read())[0]
        self.assertEqual(listed[name]["type"], "file")
        self.assertEqual(listed[name]["size"], (self.hlsgen.out / name).stat().st_size)

    def test_file_below_list(self) -> None:
        """A segment can be fetched below /files/, too, with its own type."""
        answer = self.ask(f"files/{self.newest()}")
        self.assertEqual((answer.status, answer.get("Content-Type")), (200, "video/mp2t"))

    def test_health_and_status(self) -> None:
        self.assertEqual(self.ask("health").body, b"ok\n")
        self.assertTrue(self.ask("nginx_status").body.startswith(b"Active connections:"))

    def test_page(self) -> None:
        """The page is there, and asks for nothing from elsewhere."""
        answer = self.ask("")
        self.assertEqual((answer.status, answer.get("Content-Type")), (200, "text/html"))
        self.assertIn(b'src="stream.m3u8"', answer.body)
        self.assertNotIn(b"//", answer.body.replace(b"http://127.0.0.1", b""))


if __name__ == "__main__":
    main()
