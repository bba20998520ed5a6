# SPDX-License-Identifier: GPL-2.0-or-later
"""Streams whose segments are encoded afresh: by threads, ahead of time, each the same everywhere.

What must hold is asked of names, bytes and the kernel, and what cannot be had in time of the log.
"""

import contextlib
import os
import re
import signal
import subprocess
import time
import unittest
from pathlib import Path

import clock_code
from origin import Hlsgen, scratch, segments, sequence, sets, wait_until
from tap import main, note
from test_clock_code import gray

SIZE = (320, 180)
CLOCK = sets("video.overlay=clock", "video.size=320x180", "video.bitrate=500kbit/s",
             "stream.segment-duration=1s", "stream.window=5")
MOVING = sets("video.pattern=testsrc2", "video.cycle=3s")
# Encoding one second takes longer than a second, with this budget.
STARVED = ["--cpu-budget=5%", *sets("video.x264-preset=slow", "video.size=640x360"),
           "--memory-budget=500MB"]


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


def ask(run: Hlsgen) -> None:
    run.process.send_signal(signal.SIGUSR1)
    wait_for_segments(run, 1)


class Afresh(unittest.TestCase):
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
        common = set.intersection(*(set(found) for found in seen))
        self.assertGreaterEqual(len(common), 4)
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
        first = sequence(playlist)
        self.assertEqual([(moment.index, moment.frame) for moment in found],
                         [(index, index * 30 + i) for index in range(first, first + 5)
                          for i in range(30)])

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


def status_of(task: Path) -> dict[str, str]:
    lines = (task / "status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def blocks(status: dict[str, str], number: int) -> bool:
    return bool(int(status["SigBlk"], 16) >> number - 1 & 1)


class Threads(Afresh):
    def test_are_as_many_as_asked_for_and_each_confined(self) -> None:
        with self.make_run("--workers=3") as run:
            wait_for_segments(run, 1)
            process = Path(f"/proc/{run.process.pid}")
            tasks = list((process / "task").iterdir())
            self.assertEqual(len(tasks), 4)
            for task in tasks:
                status = status_of(task)
                self.assertEqual((status["Seccomp"], status["NoNewPrivs"]), ("2", "1"))
                self.assertEqual((status.get("Seccomp_filters", "2"), int(status["CapPrm"], 16)),
                                 ("2", 0))
                if int(task.name) != run.process.pid:
                    self.assertTrue(blocks(status, signal.SIGTERM) and
                                    not blocks(status, signal.SIGSYS))
            if os.geteuid() == 0:  # else not even its owner may look
                limits = (process / "limits").read_text()
                self.assertRegex(limits, r"Max processes +0 +0 ")
        self.assertRegex(run.errors, r"confined layers=\S*,seccomp-worker,\S* missing=")
        self.assertIn("encoders keep the filter of the encoding phase threads=3", run.errors)

    def test_are_not_there_for_other_streams(self) -> None:
        with Hlsgen(self.folder / "hls", "--workers=3") as run:
            self.assertEqual(len(os.listdir(f"/proc/{run.process.pid}/task")), 1)
        self.assertNotIn("seccomp-worker", run.errors)
        self.assertNotIn("encoders", run.errors)

    def test_end_with_the_program_at_any_time(self) -> None:
        """Also while the first window is encoded."""
        for share in range(4):
            run = self.make_run(*STARVED, name=f"hls {share}").start()
            wait_until(lambda: len(os.listdir(f"/proc/{run.process.pid}/task")) > 1, "threads")
            time.sleep(share / 4)
            self.assertFalse(run.playlist.exists(), "it had less to encode than wanted")
            self.assertEqual(run.stop(signal.SIGTERM), 0, run.errors)


class Want(Afresh):
    def test_of_processor_time_lets_others_stand_by(self) -> None:
        """Each segment is published at its time, with a clock or without, and the log says so."""
        with self.make_run(*STARVED) as run:
            wait_until(lambda: "publishing" in self.log_of(run), "the start")
            wait_for_segments(run, 6)
            sizes = {len(data) for data in bytes_of(run).values()}
            ask(run)
        told = figures(run.errors)
        late = int(re.findall(r"late_max_us=(\d+)", run.errors)[-1])
        note(f"{told['without_clock']} without a clock, {told['made']} made, {late} us late")
        self.assertGreater(told["without_clock"], 0)
        self.assertRegex(run.errors, "segments without a clock since encoding was too slow "
                                     r"stream=0 index=\d+")
        self.assertIn("skipped=0", run.errors)
        self.assertEqual(len(sizes), 1)

    def test_of_memory_lets_others_stand_by_and_ends(self) -> None:
        with self.make_run("--workers=1") as run:
            wait_for_segments(run, 1)
            self.limit_memory(run, 1 << 20)
            wait_until(lambda: "since encoding failed" in self.log_of(run), "a failure")
            self.limit_memory(run, None)
            wait_until(lambda: "segments have a clock again" in self.log_of(run), "its end")
            ask(run)
        told = figures(run.errors)
        self.assertGreater(told["given_up"], 0)
        self.assertGreater(told["without_clock"], 0)

    @staticmethod
    def limit_memory(run: Hlsgen, size: int | None) -> None:
        """Asks for it as the user that the program has become: root may not have the right."""
        process = Path(f"/proc/{run.process.pid}")
        hard = re.search(r"Max data size +\d+ +(\d+)", (process / "limits").read_text())[1]
        status = status_of(process)
        identity = {name: int(status[key].split()[0])
                    for name, key in (("user", "Uid"), ("group", "Gid"))}
        subprocess.run(["prlimit", f"--pid={run.process.pid}", f"--data={size or hard}:{hard}"],
                       check=True, **identity if os.geteuid() == 0 else {})

    @staticmethod
    def log_of(run: Hlsgen) -> str:
        return Path(f"/proc/self/fd/{run.log.fileno()}").read_text(errors="replace")


if __name__ == "__main__":
    main()
