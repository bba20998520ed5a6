# SPDX-License-Identifier: GPL-2.0-or-later
"""Streams whose segments are encoded afresh: by threads, ahead of time, each the same everywhere.

What must hold is asked of names, bytes and the kernel, and what cannot be had in time of the log.
"""

import contextlib
import itertools
import os
import re
import signal
import time

import clock_code
from origin import Hlsgen, scratch, segments, sequence, sets, wait_until
from realtime import RealTime
from tap import main, note
from test_clock_code import gray

SIZE = (320, 180)
CLOCK = sets("video.overlay=clock", "video.size=320x180", "video.bitrate=500kbit/s",
             "stream.segment-duration=1s", "stream.window=5")
MOVING = sets("video.pattern=testsrc2", "video.cycle=3s")
# Encoding one second takes longer than a second, with this budget.
STARVED = ["--cpu-budget=5%", *sets("video.x264-preset=slow", "video.size=640x360"),
           "--memory-budget=500MB"]
LARGE = [*sets("video.size=1280x720"), "--memory-budget=1GB"]


def bytes_of(run: Hlsgen) -> dict[str, bytes]:
    """The segments on disk, by their names; one may go meanwhile."""
    found = {}
    for path in run.out.glob("seg*.ts"):
        with contextlib.suppress(FileNotFoundError):
            found[path.name] = path.read_bytes()
    return found


def files_of(run: Hlsgen) -> dict[str, tuple[int, int]]:
    """Likewise what tells whether they were written anew."""
    found = {}
    for path in run.out.glob("seg*.ts"):
        with contextlib.suppress(FileNotFoundError):
            status = path.stat()
            found[path.name] = status.st_ino, status.st_ctime_ns
    return found


def newest(run: Hlsgen) -> int:
    playlist = run.read()
    return sequence(playlist) + len(segments(playlist)) - 1


def wait_for_segments(run: Hlsgen, count: int) -> None:
    goal = newest(run) + count
    wait_until(lambda: newest(run) >= goal, f"{count} more segments")


def figures(errors: str) -> dict[str, int]:
    """Of the last line of them in a log."""
    line = re.findall(r"encoders (threads=.*)", errors)[-1]
    return {name: int(number) for name, number in re.findall(r"(\w+)=(-?\d+)", line)}


def stood_by(errors: str) -> set[str]:
    """The names of those that went without a clock, since the machine was busy with other things:
    rows of them, of which a log tells the first and the length."""
    firsts = re.findall(r"segments without a clock since .* index=(\d+)", errors)
    lengths = re.findall(r"segments have a clock again .* without=(\d+)", errors)
    return {f"seg{index}.ts"
            for first, length in itertools.zip_longest(firsts, lengths, fillvalue="100")
            for index in range(int(first), int(first) + int(length))}


def ask(run: Hlsgen) -> None:
    run.process.send_signal(signal.SIGUSR1)
    wait_for_segments(run, 1)


class Afresh(RealTime):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())

    def make_run(self, *arguments: str, name: str = "hls") -> Hlsgen:
        return Hlsgen(self.folder / name, *CLOCK, *arguments)


class Bytes(Afresh):
    def test_are_the_same_for_any_number_of_workers(self) -> None:
        runs = [self.make_run(f"--workers={count}", *MOVING, name=f"hls {count}")
                for count in (1, 2, 4)]
        seen: list[dict[str, bytes]] = [{} for _ in runs]
        with contextlib.ExitStack() as stack:
            for run in runs:
                stack.enter_context(run)
            for run, found in zip(runs, seen):
                wait_for_segments(run, 3)
                found |= bytes_of(run)
        common = set.intersection(*(set(found) - stood_by(run.errors)
                                    for run, found in zip(runs, seen)))
        self.assertGreaterEqual(len(common), 3)
        for name in common:
            self.assertEqual(len({found[name] for found in seen}), 1, name)
        self.assertEqual(len({seen[0][name] for name in common}), len(common))
        note(f"{len(common)} segments are the same by 1, 2 and 4 workers")

    def test_say_which_segment_and_frame_they_are(self) -> None:
        with self.make_run(*MOVING) as run:
            wait_for_segments(run, 3)
            playlist = run.read()
            data = b"".join((run.out / name).read_bytes() for name in segments(playlist))
        pictures = gray(data)
        length = SIZE[0] * SIZE[1]
        reader = clock_code.Reader(SIZE)
        found = [reader.read(pictures[at:at + length]) for at in range(0, len(pictures), length)]
        first, without = sequence(playlist), stood_by(run.errors)
        expected = [None if f"seg{index}.ts" in without else (index, index * 30 + i)
                    for index in range(first, first + 5) for i in range(30)]
        self.assertEqual([moment and (moment.index, moment.frame) for moment in found], expected)
        self.assertTrue(any(expected))

    def test_that_were_published_are_never_written_anew(self) -> None:
        """By a restart that finds them; and what others remove comes back as it was."""
        with self.make_run(*MOVING) as run:
            wait_for_segments(run, 2)
        before, files = bytes_of(run), files_of(run)
        with self.make_run(*MOVING) as run:
            wait_for_segments(run, 1)
            after = files_of(run)
            victim = segments(run.read())[-1]
            kept = (run.out / victim).read_bytes()
            (run.out / victim).unlink()
            wait_until((run.out / victim).exists, "what was removed")
            self.assertEqual((run.out / victim).read_bytes(), kept)
        common = files.keys() & after.keys()
        self.assertGreaterEqual(len(common), 3)
        self.assertEqual({name: files[name] for name in common},
                         {name: after[name] for name in common})
        again = bytes_of(run)
        for name in before.keys() & again.keys():
            self.assertEqual(before[name], again[name], name)


class Threads(Afresh):
    def test_are_not_there_for_other_streams(self) -> None:
        with Hlsgen(self.folder / "hls", "--workers=3") as run:
            self.assertEqual(len(os.listdir(f"/proc/{run.process.pid}/task")), 1)
        self.assertNotIn("seccomp-worker", run.errors)
        self.assertNotIn("encoders", run.errors)

    def test_end_with_the_program_at_any_time(self) -> None:
        """Also while the first window is encoded."""
        for share in range(4):
            run = self.make_run(*STARVED, *LARGE, name=f"hls {share}").start()
            wait_until(lambda: len(os.listdir(f"/proc/{run.process.pid}/task")) > 1, "threads")
            time.sleep(share / 4)
            self.assertEqual(run.stop(signal.SIGTERM), 0, run.errors)


if __name__ == "__main__":
    main()
