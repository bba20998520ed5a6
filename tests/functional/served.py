# SPDX-License-Identifier: GPL-2.0-or-later
"""One of each file that hlsgen makes, standing still behind nginx, and what each answer has."""

import http.client
import os
import unittest
from contextlib import ExitStack
from pathlib import Path

from conformance.observe import Response
from origin import Nginx, scratch

SECRET = b"not for the web"
SEGMENT = bytes(range(256)) * 188
DATE = 1_795_365_690

SEGMENTS = "public, max-age=60, immutable, no-transform"
MEDIA = "public, max-age=1, stale-while-revalidate=2"
MASTER = "public, max-age=5, stale-while-revalidate=10"
METHODS = "GET, HEAD, OPTIONS"

# Of each answer; what comes and goes with its length and its date is looked at by itself.
ALWAYS = {
    "Server": "nginx",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Age, Content-Length, Content-Range, Date",
    "X-Content-Type-Options": "nosniff",
}
OF_HTML = {
    "Content-Security-Policy": "default-src 'self'; media-src 'self' blob:; worker-src blob:; "
                               "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
OF_405 = {"Allow": METHODS, "Access-Control-Allow-Methods": METHODS}
OF_OPTIONS = OF_405 | {
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}
VOLATILE = {"Date", "Connection", "Content-Length", "Transfer-Encoding", "Last-Modified", "ETag"}


def fill(root: Path, page: Path) -> None:
    """One of each file that hlsgen makes, the page, and what nobody may have."""
    playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.000,\nseg10.ts\n"
    for folder in (root, root / "720p", root / "s0001"):
        folder.mkdir(exist_ok=True)
        for name in ("stream.m3u8", "iframes.m3u8", "master.m3u8"):
            (folder / name).write_text(playlist)
        (folder / "index.json").write_text('{"format":"hlsgen-index","version":1}\n')
        (folder / "seg10.ts").write_bytes(SEGMENT)
        for name in (".hlsgen-segment.tmp", "hlsgen.state", "hlsgen.alive-1795365690"):
            (folder / name).write_bytes(SECRET)
    for name in ("init.mp4", "seg10.m4s"):
        (root / name).write_bytes(SEGMENT)
    for name in ("status.json", "hlsgen.prom", "urls.txt", "SHA256SUMS"):
        (root / name).write_text("what it says is of no matter here\n")
    for name in ("style.css", "page.js", "icon.svg"):
        (page / name).write_text("what it says is of no matter here\n")
    for folder in (".hidden", ".git"):
        (root / folder).mkdir()
    (root / ".git/config").write_bytes(SECRET)
    (root / ".hidden/seg10.ts").write_bytes(SECRET)
    (root.parent / "secret.ts").write_bytes(SECRET)
    for path in root.rglob("*"):
        os.utime(path, (DATE, DATE))


class Case(unittest.TestCase):
    """nginx before files that stand still, and not a line in its log."""

    SECONDS = 2  # of a segment

    @classmethod
    def setUpClass(cls) -> None:
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        cls.folder = stack.enter_context(scratch())
        cls.nginx = Nginx(cls.folder / "hls", cls.folder / "run", cls.SECONDS)
        fill(cls.folder / "hls", cls.nginx.page)
        stack.enter_context(cls.nginx)

    def tearDown(self) -> None:
        self.assertEqual(self.nginx.errors(), "")

    def ask(self, path: str, method: str = "GET", source: str = "127.0.0.1", body: bytes = b"",
            **headers: str) -> Response:
        """The path goes as it is, which urllib would clean."""
        link = http.client.HTTPConnection("127.0.0.1", self.nginx.port, timeout=30,
                                          source_address=(source, 0))
        link.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            link.putheader(name.replace("_", "-"), value)
        if body:
            link.putheader("Content-Length", str(len(body)))
        link.endheaders(body)
        answer = link.getresponse()
        found = Response(answer.status, answer.getheaders(), answer.read())
        link.close()
        return found

    def check_headers(self, found: Response, status: int, headers: dict[str, str]) -> None:
        """These and no others, each once."""
        self.assertEqual(found.status, status)
        names = [name for name, _ in found.headers]
        self.assertEqual(len(names), len(set(names)), names)
        self.assertEqual({name: value for name, value in found.headers if name not in VOLATILE},
                         headers)

    def check_error(self, found: Response, status: int, more: dict[str, str] = {}) -> None:
        """Any page may read an error, and no cache may keep it."""
        found.headers = [field for field in found.headers if field[0] != "Vary"]
        self.check_headers(found, status, ALWAYS | OF_HTML | more | {
            "Content-Type": "text/html", "Cache-Control": "no-store"})
