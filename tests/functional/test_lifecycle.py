# SPDX-License-Identifier: GPL-2.0-or-later
"""How hlsgen starts, runs, stops and starts again, seen from its output directory.

HLSGEN_CONTAINER may set another container.
"""

import os
import re
import shutil
import signal
import time
import unittest
from collections.abc import Sequence
from pathlib import Path

from conformance import m3u8, observe
from origin import SUFFIX, Hlsgen, make_out, scratch, segments, sequence, sets, wait_until
from tap import main, note

LONG = sets("stream.window=30")  # what is listed outlives a slow start
QUICK = sets("stream.segment-duration=1s", "stream.window=4", "video.size=320x180",
             "video.bitrate=500kbit/s")

TEMPORARY = (".hlsgen-segment.tmp", ".hlsgen-playlist.tmp", ".hlsgen-init.tmp")
STALE = ("seg0.ts", "seg5.ts", "seg1700000000.ts", "seg5.m4s", "init-0123456789abcdef.mp4")
HOSTILE = (b"index.html", b"seg.ts", b"seg01.ts", b"seg-1.ts", b"seg+1.ts", b"seg 1.ts", b"seg1.TS",
           b"seg1.ts.bak", b"xseg1.ts", b"seg99999999999999999999999.ts", b"seg1.ts\n",
           b"\xff\xfe.ts", b"%n%s", b".hidden", b".tmp", b"stream.m3u8.bak", b"-rf", b"s" * 255,
           b"seg01.m4s", b"seg1.m4s.bak", b"init.mp4", b"init-1.mp4", b"init-0123456789ABCDEF.mp4",
           b"init-0123456789abcdef.mp4.bak")


def snapshot(folder: Path) -> dict[bytes, tuple]:
    """What there is, without following a link: kind, mode, owner, time, content."""
    found = {}
    for entry in os.scandir(os.fsencode(folder)):
        status = entry.stat(follow_symlinks=False)
        content: bytes | None = None
        if entry.is_symlink():
            content = os.readlink(entry.path)
        elif entry.is_file():
            content = Path(os.fsdecode(entry.path)).read_bytes()
        found[entry.name] = (status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns,
                             content)
    return found


class Case(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())
        self.out = self.folder / "hls"

    def hlsgen(self, *arguments: str, out: Path | None = None) -> Hlsgen:
        return Hlsgen(out or self.out, *QUICK, *arguments)

    def wait_updates(self, hlsgen: Hlsgen, count: int) -> None:
        """Until the window has moved on by `count` segments."""
        target = sequence(hlsgen.read()) + count
        wait_until(lambda: sequence(hlsgen.read()) >= target, f"{count} updates")

    def assert_valid(self, out: Path) -> None:
        """The playlist is whole, and so is every segment that it lists."""
        playlist = m3u8.parse((out / "stream.m3u8").read_bytes())
        self.assertEqual(playlist.faults, [])
        self.assertTrue(playlist.entries)
        sizes = {(out / entry.uri).stat().st_size for entry in playlist.entries}
        self.assertEqual(len(sizes), 1)
        if SUFFIX == ".ts":
            self.assertEqual(sizes.pop() % 188, 0)


class Ending(Case):
    def ends_by(self, number: signal.Signals) -> None:
        with self.hlsgen() as hlsgen:
            self.wait_updates(hlsgen, 1)
            begin = time.monotonic()
            code = hlsgen.stop(number)
        note(f"ended {1000 * (time.monotonic() - begin):.1f} ms after {number.name}")
        self.assertEqual(code, 0, hlsgen.errors)
        self.assert_valid(self.out)
        self.assertEqual([name for name in os.listdir(self.out) if name[0] == "."], [])

    def test_signals_while_encoding(self) -> None:
        """SIGUSR1 has nothing to tell yet; SIGTERM ends it, however slow the encoder."""
        slow = sets("video.pattern=testsrc2", "video.cycle=2s", "video.size=1920x1080",
                    "video.x264-preset=placebo", "video.bitrate=5Mbit/s")
        hlsgen = Hlsgen(self.out, "--memory-budget=2GB", *slow).start()
        self.addCleanup(hlsgen.process.kill)
        wait_until(self.out.exists, "the directory")
        time.sleep(3)
        hlsgen.process.send_signal(signal.SIGUSR1)
        time.sleep(0.5)
        self.assertIsNone(hlsgen.process.poll())
        begin = time.monotonic()
        code = hlsgen.stop()
        note(f"ended {1000 * (time.monotonic() - begin):.1f} ms after SIGTERM")
        self.assertEqual(code, 0, hlsgen.errors)
        self.assertEqual(os.listdir(self.out), [])

    def test_ignored_signal_stays_ignored(self) -> None:
        self.addCleanup(signal.signal, signal.SIGHUP, signal.getsignal(signal.SIGHUP))
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with self.hlsgen() as hlsgen:
            hlsgen.process.send_signal(signal.SIGHUP)
            self.wait_updates(hlsgen, 2)

    def test_removed_directory(self) -> None:
        with self.hlsgen() as hlsgen:
            hlsgen.freeze()  # or a new file may come while the old ones go
            shutil.rmtree(self.out)
            hlsgen.thaw()
            code = hlsgen.wait()
        self.assertEqual(code, os.EX_CANTCREAT, hlsgen.errors)
        self.assertIn("was removed", hlsgen.errors)

    def test_sigterm(self) -> None:
        self.ends_by(signal.SIGTERM)

    def test_sigint(self) -> None:
        self.ends_by(signal.SIGINT)

    def test_sighup(self) -> None:
        self.ends_by(signal.SIGHUP)

    def test_sigusr1_goes_on(self) -> None:
        with self.hlsgen() as hlsgen:
            hlsgen.process.send_signal(signal.SIGUSR1)
            self.wait_updates(hlsgen, 2)
            self.assertEqual(hlsgen.stop(), 0)


class Starting(Case):
    def test_full_window_at_once(self) -> None:
        begin = time.monotonic()
        with self.hlsgen() as hlsgen:
            note(f"playlist after {1000 * (time.monotonic() - begin):.0f} ms")
            self.assertEqual(len(segments(hlsgen.read())), 4)
            self.assert_valid(self.out)

    def test_modes_under_any_umask(self) -> None:
        with Hlsgen(self.out, *QUICK, umask=0o077) as hlsgen:
            self.wait_updates(hlsgen, 1)
            for path in [hlsgen.playlist, *(self.out / uri for uri in segments(hlsgen.read()))]:
                self.assertEqual(path.stat().st_mode & 0o7777, 0o644, path.name)
            self.assertEqual(self.out.stat().st_mode & 0o7777, 0o755)

    def test_mtime_is_due_instant(self) -> None:
        """A segment's modification time is its end by PROGRAM-DATE-TIME, to the millisecond."""
        with self.hlsgen() as hlsgen:
            self.wait_updates(hlsgen, 2)
            for entry in m3u8.parse(hlsgen.read()).entries:
                due = entry.pdt.timestamp() + float(entry.duration)
                self.assertAlmostEqual((self.out / entry.uri).stat().st_mtime, due, delta=0.001)

    def test_second_is_refused(self) -> None:
        with self.hlsgen() as first:
            second = self.hlsgen().start()
            self.assertEqual(second.wait(), os.EX_UNAVAILABLE, second.errors)
            self.assertEqual(len(second.errors.splitlines()), 1, second.errors)
            self.wait_updates(first, 2)
            self.assert_valid(self.out)
            self.assertIsNone(first.process.poll())


class Restarting(Case):
    def test_continues(self) -> None:
        """Numbers, names and bytes after a restart are those of a run that went on."""
        with self.hlsgen(*LONG) as first:
            self.wait_updates(first, 1)
            first.stop()
            before = first.read()
            old = {uri: (self.out / uri).read_bytes() for uri in segments(before)}
        with self.hlsgen(*LONG) as second:
            after = second.read()
            self.assertGreaterEqual(sequence(after), sequence(before))
            both = set(segments(before)) & set(segments(after))
            self.assertTrue(both)
            for uri in both:
                self.assertEqual((self.out / uri).read_bytes(), old[uri], uri)

    def test_two_directories_same_bytes(self) -> None:
        other = self.folder / "other"
        with self.hlsgen(*LONG) as one, self.hlsgen(*LONG, out=other) as two:
            self.wait_updates(one, 3)
            self.wait_updates(two, 1)
        common = set(segments(one.read())) & set(segments(two.read()))
        self.assertTrue(common)
        for uri in common:
            self.assertEqual((self.out / uri).read_bytes(), (other / uri).read_bytes(), uri)
            self.assertEqual((self.out / uri).stat().st_mtime_ns,
                             (other / uri).stat().st_mtime_ns, uri)

    def test_sweeps_its_own(self) -> None:
        """Segments that no playlist names, and temporary files of a run that was killed."""
        out = make_out(self.folder)
        for name in (*STALE, *TEMPORARY):
            (out / name).write_bytes(b"stale")
        with self.hlsgen() as hlsgen:
            self.wait_updates(hlsgen, 1)
        names = {path.name for path in out.iterdir()}
        self.assertEqual([name for name in names if name in (*STALE, *TEMPORARY)], [])

    def test_another_container_is_refused(self) -> None:
        """EXT-X-VERSION never changes, and EXT-X-MAP has no end."""
        with self.hlsgen() as first:
            first.stop()
        before = snapshot(self.out)
        second = self.hlsgen(*sets(f"stream.container={'fmp4' if SUFFIX == '.ts' else 'ts'}"))
        self.assertEqual(second.start().wait(), os.EX_CANTCREAT, second.errors)
        self.assertIn("a stream of another container is there: empty it", second.errors)
        self.assertEqual(snapshot(self.out), before)


class Foreign(Case):
    def test_files_are_untouched(self) -> None:
        out = make_out(self.folder)
        for name in HOSTILE:
            Path(os.fsdecode(os.path.join(os.fsencode(out), name))).write_bytes(b"foreign")
        (out / "folder").mkdir()
        (out / "seg7.ts").mkdir()
        (out / "link").symlink_to("/etc/passwd")
        before = snapshot(out)
        with self.hlsgen() as hlsgen:
            self.wait_updates(hlsgen, 8)
        after = snapshot(out)
        self.assertEqual({name: after.get(name) for name in before}, before)

    def plant(self, out: Path, names: Sequence[str]) -> None:
        """Symbolic links to a file that anyone may write, at names that hlsgen uses."""
        victim = self.folder / "victim"
        victim.write_bytes(b"precious")
        victim.chmod(0o666)
        for name in names:
            link = self.folder / "link"
            link.symlink_to(victim)
            link.rename(out / name)  # at once: the program may just then make a file there

    def newest_file(self) -> int:
        """The highest index of a segment that is a file and no link."""
        names = [entry.name for entry in os.scandir(self.out) if not entry.is_symlink()]
        return max(int(name[3:13]) for name in names
                   if re.fullmatch(rf"seg\d{{10}}\{SUFFIX}", name))

    def assert_not_followed(self) -> None:
        """A window later no link is left in the playlist, and the file is as it was."""
        target = self.newest_file() + 5
        wait_until(lambda: self.newest_file() >= target, "five more segments")
        for uri in segments((self.out / "stream.m3u8").read_bytes()):
            self.assertFalse((self.out / uri).is_symlink(), uri)
        self.assert_valid(self.out)
        self.assertEqual((self.folder / "victim").read_bytes(), b"precious")

    def segments_from(self, seconds: int) -> list[str]:
        """Names of the segments that begin from so many seconds from now on."""
        now = int(time.time())
        return [f"seg{index}{SUFFIX}" for index in range(now + seconds, now + 12)]

    def test_links_before_the_start(self) -> None:
        for names in (self.segments_from(-6), ["stream.m3u8"], TEMPORARY):
            with self.subTest(names=names[0]), scratch() as self.folder:
                self.out = make_out(self.folder)
                self.plant(self.out, names)
                with self.hlsgen():
                    self.assert_not_followed()

    def test_links_while_running(self) -> None:
        with self.hlsgen():
            for names in (lambda: ["stream.m3u8"], lambda: self.segments_from(1),
                          lambda: TEMPORARY):
                with self.subTest(names=names()[0]):
                    self.plant(self.out, names())
                    self.assert_not_followed()


class Stopped(Case):
    def test_catches_up_in_order(self) -> None:
        """What was missed while stopped for 5 s is published afterwards, nothing left out."""
        window = sets("stream.window=30")
        with self.hlsgen(*window) as hlsgen, \
                self.hlsgen(*window, out=self.folder / "other") as other:
            hlsgen.freeze()
            before = sequence(hlsgen.read())
            time.sleep(5)
            self.assertEqual(sequence(hlsgen.read()), before)
            hlsgen.thaw()
            wait_until(lambda: sequence(hlsgen.read()) >= before + 5, "the missed segments")
            seen = observe.observe(observe.Directory(self.out), 2.5)
            names = segments(hlsgen.read())
            times = [(self.out / uri).stat().st_ctime_ns for uri in names]
            self.assertEqual(times, sorted(times))
            self.assertEqual(seen.faults, [])
            numbers = [int(uri.removeprefix("seg").removesuffix(SUFFIX)) for uri in names]
            self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 30)))
            for uri in set(names) & set(segments(other.read())):
                self.assertEqual((self.out / uri).read_bytes(), (other.out / uri).read_bytes())


if __name__ == "__main__":
    main()
