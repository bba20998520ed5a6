# SPDX-License-Identifier: GPL-2.0-or-later
"""The same faults for hlsgen and for the ffmpeg command line of the benchmark, side by side.

A full tmpfs, kill -9 and restart, a stop of 6 s; in real time, with nothing between the programs
and the system. hlsgen's cells are 0; ffmpeg's are what a reader finds.
"""
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

from candidates import ffmpeg, into_hls, made
from conformance import ts
from origin import ARGUMENTS, PROGRAM, make_out, scratch, sets
from reader import Reader
from realtime import RealTime
from room import filled, tmpfs
from survived import show, survived
from tap import main, note

SECONDS, WINDOW, RATE = 1, 3, 30  # of a segment, of segments, frames
RETAINED = 2 * WINDOW + 2 + 2     # seconds after which an unlisted segment is no longer needed
PROGRAMS = ("hlsgen", "ffmpeg")
SCENES = ("tmpfs full for 6 s", "kill -9, restart", "stopped for 6 s")
COLUMNS = {  # what a reader may find, by its kinds of faults
    "listed but missing": ("listed but missing", "playlist gone"),
    "truncated": ("truncated", "playlist invalid"),
    "sequence back": ("sequence back",),
    "name reused": ("bytes changed", "line changed"),
    "orphans": ("orphan",),
}
FOUND: dict[tuple[str, str], list[tuple[str, str]]] = {}


def command(program: str, out: Path) -> list[str]:
    if program == "ffmpeg":
        return ffmpeg(f"-re {made(SECONDS)} {into_hls(SECONDS, WINDOW)}")
    shape = sets(f"stream.segment-duration={SECONDS}s", f"stream.window={WINDOW}")
    return [PROGRAM, "--preset", "720p-ultrafast", "--out", str(out), *ARGUMENTS, *shape]


class Judge(Reader):
    """Takes a segment for whole when it has the frames that its EXTINF says."""

    def __init__(self, out: Path) -> None:
        super().__init__(out, pause=0.01)
        self.needed: dict[str, float] = {}  # when it was last listed, or else first seen

    def judge(self, uri: str, data: bytes) -> tuple[str, str] | None:
        duration = next((entry.duration for entry in self.playlist.entries if entry.uri == uri),
                        Fraction(SECONDS))
        segment = ts.parse(data)
        frames = sum(len(segment.pes[pid]) for pid in segment.pids(ts.H264))
        return None if frames == round(duration * RATE) else ("truncated", uri)

    def look(self) -> None:
        super().look()
        now = time.monotonic()
        for path in self.out.glob("seg*.ts"):
            if path.name in self.listed or path.name not in self.needed:
                self.needed[path.name] = now

    def find_orphans(self) -> None:
        for path in self.out.glob("seg*.ts"):
            if time.monotonic() - self.needed.get(path.name, time.monotonic()) > RETAINED:
                self.fault("orphan", path.name)


class Scene:
    """One program under one fault."""

    def __init__(self, program: str, out: Path, log: Path) -> None:
        self.program, self.out, self.log = program, out, log

    def start(self) -> subprocess.Popen:
        with self.log.open("ab") as log:
            return subprocess.Popen(command(self.program, self.out), cwd=self.out,
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def suffer(self, scene: str, process: subprocess.Popen) -> subprocess.Popen:
        if scene == SCENES[0]:
            with filled(self.out):
                time.sleep(6)
        elif scene == SCENES[1]:
            process.kill()
            process.wait()
            process = self.start()
        else:
            process.send_signal(signal.SIGSTOP)
            time.sleep(6)
            process.send_signal(signal.SIGCONT)
        return process

    def run(self, scene: str) -> list[tuple[str, str]]:
        with ExitStack() as stack:
            if scene == SCENES[0]:
                stack.enter_context(tmpfs(self.out, "16m"))
            process = self.start()
            with Judge(self.out) as reader:
                time.sleep(8)
                process = self.suffer(scene, process)
                time.sleep(RETAINED + 2)
                reader.find_orphans()
            process.terminate()
            process.wait()
            if reader.versions < 10:
                raise RuntimeError(f"{self.program} published nothing: {self.log.read_text()}")
        return reader.faults


def count(found: list[tuple[str, str]], column: str) -> int:
    return sum(kind in COLUMNS[column] for kind, _ in found)


def table() -> str:
    """A row a scene; in each cell hlsgen's count, then ffmpeg's."""
    lines = [f"{'hlsgen / ffmpeg':20}" + "".join(f"{column:>20}" for column in COLUMNS)]
    for scene in dict.fromkeys(scene for scene, _ in FOUND):
        cells = [" / ".join(str(count(FOUND[scene, program], column)) for program in PROGRAMS)
                 for column in COLUMNS]
        lines.append(f"{scene:20}" + "".join(f"{cell:>20}" for cell in cells))
    return "\n".join(f"beside: {line}" for line in lines)


def tearDownModule() -> None:
    note(table())
    show()


class Beside(RealTime):
    def test_beside_ffmpeg(self) -> None:
        scenes = [scene for scene in SCENES if os.geteuid() == 0 or scene != SCENES[0]]
        with scratch() as folder, ThreadPoolExecutor() as pool:
            done = {}
            for number, scene in enumerate(scenes):
                for program in PROGRAMS:
                    place = folder / f"{program} {number}"
                    place.mkdir()
                    run = Scene(program, make_out(place), place / "log").run
                    done[scene, program] = pool.submit(run, scene)
            FOUND.update({key: run.result() for key, run in done.items()})
        for scene in scenes:
            note(f"{scene}: ffmpeg {FOUND[scene, 'ffmpeg']}")
            found = FOUND[scene, "hlsgen"]
            with self.on_any_machine():
                self.assertEqual([kind for kind, _ in found if kind != "orphan"], [], found)
            self.assertEqual(found, [], scene)
            survived(scene, "beside ffmpeg, in real time", "0 in every cell of the table above")
        if scenes != list(SCENES):
            self.skipTest("only root mounts a tmpfs; the other scenes were looked at")


if __name__ == "__main__":
    main()
