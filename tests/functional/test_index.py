# SPDX-License-Identifier: GPL-2.0-or-later
"""index.json: true of every byte that nginx serves, by the client that checks them; and the client:
it finds what is wrong."""

import hashlib
import json
import subprocess
import sys
import unittest
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

from conformance import m3u8, ts
from origin import CHECKOUT, SUFFIX, Hlsgen, Nginx, nginx_program, scratch, sets, wait_until
from tap import main, note
from verify import FAULTS

SECONDS = 20
SMALL = sets("video.size=320x180", "video.bitrate=300kbit/s")
LONG = sets("stream.window=100")  # what is listed outlives a slow start
TINY = [*sets("stream.window=1000", "stream.segment-duration=1s", "audio.bitrate=32kbit/s"),
        "--disk-budget", "100MB"]
UNLOGGED = ["sh", "-c", 'exec "$@" 2>/dev/null', "sh"]  # a log that is a file may grow, so all may
LADDER = """[stream]
segment-duration = 2s
window = 6
[video]
encoder = exact
overlay = clock
[rendition small]
size = 320x180
bitrate = 300kbit/s
[rendition large]
size = 640x360
bitrate = 800kbit/s
"""
VARIANTS = 2
DATE = "%Y-%m-%dT%H:%M:%S.%fZ"


def read(out: Path) -> dict:
    return json.loads((out / "index.json").read_text())


def date(text: str) -> datetime:
    return datetime.strptime(text, DATE)


def wait_for_index(out: Path) -> dict:
    """One of the run that has just published its first playlist: with the next segment in it."""
    wait_until((out / "index.json").exists, "index.json")
    return read(out)


def wait_for_both(run: Hlsgen) -> tuple[m3u8.Playlist, dict]:
    """A playlist, and the index.json that tells of all that it lists as published: that is written
    a moment after the playlist is."""
    playlist, index = m3u8.Playlist(), {}

    def agree() -> bool:
        nonlocal playlist, index
        playlist, index = m3u8.parse(run.read()), wait_for_index(run.out)
        return all(index["segments"].get(entry.uri, {}).get("published")
                   for entry in playlist.entries)
    wait_until(agree, "an index.json of the playlist")
    return playlist, index


def first_pts(path: Path) -> int:
    segment = ts.parse(path.read_bytes())
    return segment.pes[segment.pids(ts.H264)[0]][0].pts


def verify(url: str, *arguments: str) -> subprocess.CompletedProcess:
    """The client, as by hand."""
    return subprocess.run([sys.executable, "-m", "verify", url, *arguments],
                          cwd=CHECKOUT / "tests" / "functional", capture_output=True, text=True,
                          check=False)


def figures(text: str) -> dict[str, int]:
    words = " ".join(text.splitlines()[-2:]).split()
    return {name: int(value) for name, _, value in (word.partition("=") for word in words)
            if value.isdigit()}


class Content(unittest.TestCase):
    def setUp(self) -> None:
        self.out = self.enterContext(scratch()) / "hls"

    def test_agrees_with_the_playlist_and_the_segments(self) -> None:
        with Hlsgen(self.out, *SMALL, "--index", "sha256", preset="720p-clock") as run:
            playlist, index = wait_for_both(run)
            names = list(index["segments"])
            first = names.index(playlist.entries[0].uri)  # after what has left the playlist
            self.assertEqual(names[first:first + len(playlist.entries)],
                             [entry.uri for entry in playlist.entries])
            for entry in playlist.entries:
                told = index["segments"][entry.uri]
                body = (self.out / entry.uri).read_bytes()
                self.assertEqual(told["size"], len(body))
                self.assertEqual(told["sha256"], hashlib.sha256(body).hexdigest())
                self.assertEqual(told["pts"], first_pts(self.out / entry.uri))
                self.assertEqual(f"seg{told['number']}{SUFFIX}", entry.uri)
                self.assertEqual(told["duration"], 2)
                self.assertEqual(date(told["published"]) - date(told["due"]),
                                 timedelta(microseconds=told["slip_us"]))
        self.assertEqual(index["format"], "hlsgen-index")
        self.assertEqual(index["preset"], "720p-clock")
        self.assertEqual((index["rendition"], index["stream"]), (None, None))
        self.assertEqual((index["target_duration"], index["window"]), (2, 10))

    def test_says_no_more_than_asked(self) -> None:
        with Hlsgen(self.out, *SMALL, preset="720p-clock"):
            plain = wait_for_index(self.out)
        self.assertTrue(all("sha256" not in entry for entry in plain["segments"].values()))
        with Hlsgen(self.out, *SMALL, "--index", "none", preset="720p-clock"):
            pass
        self.assertFalse((self.out / "index.json").exists())

    def test_may_be_larger_than_all_else(self) -> None:
        run = Hlsgen(self.out, *TINY, "--index", "sha256", preset="audio-only")
        run.command[:0] = UNLOGGED
        with run:
            segments = wait_for_index(self.out)["segments"]
        self.assertGreaterEqual(len(segments), 1000)
        self.assertGreater((self.out / "index.json").stat().st_size,
                           (self.out / "stream.m3u8").stat().st_size)

    def test_goes_on_after_a_restart(self) -> None:
        with Hlsgen(self.out, *SMALL, *LONG, "--index", "sha256", preset="720p-clock"):
            before = wait_for_index(self.out)["segments"]
        (self.out / "index.json").unlink()
        with Hlsgen(self.out, *SMALL, *LONG, "--index", "sha256", preset="720p-clock"):
            after = wait_for_index(self.out)["segments"]
        both = before.keys() & after.keys()
        self.assertGreater(len(both), 5)
        for name in both:
            for key in ("number", "index", "size", "duration", "pts", "due", "sha256"):
                self.assertEqual(before[name][key], after[name][key], f"{name} {key}")
        oldest = after[min(both)]
        self.assertEqual((oldest["published"], oldest["slip_us"]), (None, None))

    def test_many_streams(self) -> None:
        run = Hlsgen(self.out, *SMALL, "--streams", "3", preset="720p-clock").start()
        self.addCleanup(run.__exit__)
        for number in (1, 2, 3):
            folder = self.out / f"s{number:04}"
            index = wait_for_index(folder)
            self.assertEqual(index["stream"], number)
            for name, entry in index["segments"].items():
                self.assertEqual((folder / name).stat().st_size, entry["size"])


@unittest.skipUnless(nginx_program(), "nginx is not installed")
class Load(unittest.TestCase):
    def check(self, *arguments: str, preset: str, clients: int, url: str = "") -> dict[str, int]:
        with scratch() as folder, ExitStack() as stack:
            out = folder / "hls"
            stack.enter_context(Hlsgen(out, *arguments, "--index", "sha256", preset=preset))
            nginx = stack.enter_context(Nginx(out, folder / "run"))
            for state in out.rglob("hlsgen.state"):
                wait_for_index(state.parent)
            done = verify(nginx.url + url, "--seconds", str(SECONDS), "--clients", str(clients))
            self.assertEqual(nginx.errors(), "")
        note(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        found = figures(done.stdout)
        self.assertEqual(found["verified"], found["segments"])
        return found

    def test_every_byte_of_a_live_stream(self) -> None:
        found = self.check(preset="720p-clock", clients=8)
        self.assertGreater(found["segments"], 8 * 12)

    def test_every_byte_while_it_is_encoded(self) -> None:
        self.check(*SMALL, *sets("video.overlay=clock", "video.rate=10"), preset="720p-ultrafast",
                   clients=2)

    def test_every_byte_of_every_variant(self) -> None:
        with scratch() as folder:
            (folder / "two.conf").write_text(LADDER)
            found = self.check(preset=str(folder / "two.conf"), clients=3)
        self.assertGreater(found["segments"], 3 * VARIANTS * 8)

    def test_every_byte_of_a_finite_ladder(self) -> None:
        """Each segment once, all of them, and the same again by sha256sum."""
        with scratch() as folder, ExitStack() as stack:
            out = folder / "hls"
            (folder / "two.conf").write_text(LADDER)
            run = Hlsgen(out, "--vod", "30s", preset=str(folder / "two.conf")).start()
            self.assertEqual(run.wait(), 0, run.errors)
            nginx = stack.enter_context(Nginx(out, folder / "run"))
            done = verify(nginx.url)
            sums = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=out,
                                  capture_output=True, text=True, check=False)
            paths = (out / "urls.txt").read_text().split()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        found = figures(done.stdout)
        self.assertEqual(found["verified"], VARIANTS * 15)
        self.assertEqual(found["verified"], sum(path.endswith(SUFFIX) for path in paths))
        self.assertEqual(sums.returncode, 0, sums.stdout + sums.stderr)


@unittest.skipUnless(nginx_program(), "nginx is not installed")
class Client(unittest.TestCase):
    """On what a run left, with one thing wrong."""

    @classmethod
    def setUpClass(cls) -> None:
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        folder = stack.enter_context(scratch())
        cls.out = folder / "hls"
        with Hlsgen(cls.out, *SMALL, "--index", "sha256", preset="720p-clock") as run:
            wait_for_index(cls.out)
        cls.names = [entry.uri for entry in m3u8.parse(run.read()).entries]
        cls.nginx = stack.enter_context(Nginx(cls.out, folder / "run"))

    def find(self, name: str, change: Callable[[bytes], bytes]) -> dict[str, int]:
        """What the client finds with that file changed."""
        path = self.out / name
        whole = path.read_bytes()
        path.write_bytes(change(whole))
        try:
            done = verify(self.nginx.url, "--seconds", "0")
        finally:
            path.write_bytes(whole)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")
        return {name: count for name, count in figures(done.stdout).items()
                if count and name in {fault.replace(" ", "_") for fault in FAULTS}}

    def change_index(self, change: Callable[[dict], object]) -> Callable[[bytes], bytes]:
        def apply(text: bytes) -> bytes:
            index = json.loads(text)
            change(index["segments"])
            return json.dumps(index).encode()
        return apply

    def test_nothing_wrong(self) -> None:
        done = verify(self.nginx.url + "stream.m3u8", "--seconds", "0")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertGreaterEqual(figures(done.stdout)["verified"], len(self.names))

    def test_a_flipped_bit(self) -> None:
        self.assertEqual(self.find(self.names[3], lambda whole:
                                   whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:]),
                         {"wrong_bytes": 1})

    def test_a_truncated_segment(self) -> None:
        self.assertEqual(self.find(self.names[0], lambda whole: whole[:-188]), {"wrong_size": 1})
        self.assertEqual(self.find(self.names[0], lambda whole: b""), {"wrong_size": 1})

    def test_a_segment_of_another_number(self) -> None:
        other = (self.out / self.names[1]).read_bytes()
        self.assertEqual(self.find(self.names[2], lambda whole: other), {"wrong_bytes": 1})

    def test_a_missing_segment(self) -> None:
        name = self.names[0].encode()
        other = f"seg1{SUFFIX}".encode()
        self.assertEqual(self.find("stream.m3u8", lambda text: text.replace(name, other)),
                         {"missing": 1})

    def test_a_torn_playlist(self) -> None:
        for change in (lambda text: text[:len(text) // 2], lambda text: b"",
                       lambda text: text[:text.rindex(b"seg")]):
            self.assertEqual(self.find("stream.m3u8", change), {"torn_playlist": 1})

    def test_a_wrong_index(self) -> None:
        name = self.names[4]
        for change, fault in (
                (lambda told: told[name].update(sha256="00" * 32), "wrong_bytes"),
                (lambda told: told[name].update(size=1), "wrong_size"),
                (lambda told: told[name].update(duration=1.5), "wrong_index"),
                (lambda told: told[name].pop("size"), "wrong_index"),
                (lambda told: told.pop(name), "not_in_the_index")):
            self.assertEqual(self.find("index.json", self.change_index(change)), {fault: 1})

    def test_no_index(self) -> None:
        for change in (lambda text: b"", lambda text: text[:-9], lambda text: b"[]"):
            self.assertEqual(self.find("index.json", change),
                             {"wrong_index": len(self.names)})

    def test_nothing_to_compare_with(self) -> None:
        """Without digests nothing was shown, and the client says so."""
        self.assertEqual(self.find("index.json", self.change_index(
            lambda told: [entry.pop("sha256") for entry in told.values()])), {})


if __name__ == "__main__":
    main()
