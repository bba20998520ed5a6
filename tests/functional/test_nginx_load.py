# SPDX-License-Identifier: GPL-2.0-or-later
"""200 connections of wrk on nginx while hlsgen publishes: nothing is missing, no playlist torn, and
each segment that came has a SHA-256 of index.json.

HLSGEN_LOAD: for how many seconds, without a pause and with the segments of 720p. Without it, it is
short, with small ones and a pause before each request, so that other tests go on beside it.
"""

import os
import shutil
import subprocess
import threading
import unittest
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from resource import RLIMIT_NOFILE, getrlimit, setrlimit

from conformance.observe import uris
from origin import Hlsgen, Nginx, nginx_program, scratch, sets, wait_until
from served import SEGMENT, Case
from tap import main, note
from test_index import read, wait_for_index
from verify import verify

FULL = int(os.environ.get("HLSGEN_LOAD", 0))
SECONDS = FULL or 20
SMALL = sets("video.size=320x180", "video.bitrate=300kbit/s")
PAUSE = "100"  # ms
CONNECTIONS = 200
MANY = 5000
SCRIPT = Path(__file__).with_name("wrk.lua")


class Load:
    """What wrk told: how often each digest came, and each fault."""

    def __init__(self, url: str, seconds: int, *arguments: str,
                 connections: int = CONNECTIONS) -> None:
        done = subprocess.run(
            ["wrk", "--threads", "2", "--connections", str(connections), "--timeout", "60s",
             "--duration", f"{seconds}s", "--script", SCRIPT, url, "--", *arguments],
            capture_output=True, text=True, check=True)
        self.summary = ""
        self.told = {"segment": Counter(), "fault": Counter(), "playlists": Counter()}
        for line in done.stdout.splitlines():
            words = line.split("\t")
            if words[0] in self.told:
                self.told[words[0]][words[1]] += int(words[2])
            else:
                self.summary += line + "\n"

    @property
    def faults(self) -> dict[str, int]:
        return dict(self.told["fault"])

    @property
    def segments(self) -> Counter[str]:
        return self.told["segment"]


class Digests:
    """Of all segments that an index.json tells of, while it is looked at."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.known: set[str] = set()
        self.ended = threading.Event()

    def look(self) -> None:
        self.known |= {entry["sha256"] for entry in read(self.out)["segments"].values()}

    def run(self) -> None:
        while not self.ended.wait(1):
            self.look()

    @contextmanager
    def watched(self) -> Iterator[None]:
        self.look()
        thread = threading.Thread(target=self.run)
        thread.start()
        try:
            yield
        finally:
            self.ended.set()
            thread.join()
            self.look()


@unittest.skipUnless(nginx_program(), "nginx is not installed")
@unittest.skipUnless(shutil.which("wrk"), "wrk is not installed")
class Published(unittest.TestCase):
    def test_nothing_is_wrong(self) -> None:
        with scratch() as folder, ExitStack() as stack:
            hlsgen = stack.enter_context(Hlsgen(folder / "hls", *(() if FULL else SMALL),
                                                "--index", "sha256", preset="720p-clock"))
            nginx = stack.enter_context(Nginx(hlsgen.out, folder / "run"))
            wait_for_index(hlsgen.out)
            first = set(uris(hlsgen.read()))
            digests, tallies = Digests(hlsgen.out), []
            beside = threading.Thread(
                target=lambda: tallies.append(verify(nginx.url, SECONDS, clients=4)))
            with digests.watched():
                beside.start()
                load = Load(nginx.url + "stream.m3u8", SECONDS, *(() if FULL else (PAUSE,)))
                beside.join()
            seen = load.segments
            self.assertEqual(nginx.errors(), "")
        note(load.summary)
        note(f"{sum(seen.values())} segments, {len(seen)} different, "
             f"{load.told['playlists']['whole']} playlists")
        note(tallies[0].report(SECONDS))
        self.assertEqual(load.faults, {})
        self.assertEqual(set(seen) - digests.known, set())
        self.assertGreater(len(seen), len(first), "none was published meanwhile")
        self.assertGreater(load.told["playlists"]["whole"], CONNECTIONS)
        self.assertTrue(tallies[0].is_good(), tallies[0].report(SECONDS))


@unittest.skipUnless(nginx_program(), "nginx is not installed")
@unittest.skipUnless(shutil.which("wrk"), "wrk is not installed")
class Many(Case):
    def setUp(self) -> None:
        soft, hard = getrlimit(RLIMIT_NOFILE)
        if hard < 2 * MANY:
            self.skipTest(f"a process may have {hard} files, too few for {MANY} connections")
        setrlimit(RLIMIT_NOFILE, (max(soft, 2 * MANY), hard))

    def test_clients_that_stay(self) -> None:
        """As many as a load test has: none is refused, none dropped, though each is idle for most
        of the time."""
        (self.folder / "hls/stream.m3u8").write_text("#EXTM3U\n#EXTINF:2.000,\nseg10.ts\n")
        load = Load(self.nginx.url + "stream.m3u8", 10, "2000", connections=MANY)
        note(load.summary)
        self.assertEqual(load.faults, {})
        self.assertGreater(load.told["playlists"]["whole"] + sum(load.segments.values()), MANY)


@unittest.skipUnless(nginx_program(), "nginx is not installed")
@unittest.skipUnless(shutil.which("wrk"), "wrk is not installed")
class Found(Case):
    """What is wrong, it tells."""

    def load(self, playlist: str = "#EXTM3U\n#EXTINF:2.000,\nseg10.ts\n") -> Load:
        """For a second, or on a busy machine for as many as it takes to hear of a segment or a
        fault."""
        (self.folder / "hls/stream.m3u8").write_text(playlist)
        for seconds in range(1, 10):
            load = Load(self.nginx.url + "stream.m3u8", seconds, PAUSE)
            if load.segments or load.faults:
                break
        return load

    def test_nothing(self) -> None:
        load = self.load()
        self.assertEqual(load.faults, {})
        self.assertEqual(set(load.segments), {sha256(SEGMENT).hexdigest()})

    def test_other_bytes(self) -> None:
        path = self.folder / "hls/seg10.ts"
        path.write_bytes(SEGMENT[:-1] + b"x")
        self.addCleanup(path.write_bytes, SEGMENT)
        self.assertEqual(set(self.load().segments), {sha256(path.read_bytes()).hexdigest()})

    def test_a_missing_segment(self) -> None:
        self.assertEqual(set(self.load("#EXTM3U\n#EXTINF:2.000,\nseg11.ts\n").faults),
                         {"status 404"})

    def test_a_torn_playlist(self) -> None:
        for text in ("", "#EXTM3U\n", "#EXTM3U\n#EXTINF:2.000,\nseg10.ts", "#EXTINF:2.0,\ns.ts\n",
                     "#EXTM3U\n#EXTINF:2.000,\nseg10.ts\n#EXTINF:2.000,\n"):
            with self.subTest(text):
                self.assertEqual(set(self.load(text).faults),
                                 {f"torn playlist of {len(text)} bytes"})


if __name__ == "__main__":
    main()
