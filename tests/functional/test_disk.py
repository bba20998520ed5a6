# SPDX-License-Identifier: GPL-2.0-or-later
"""The room on disk: a tmpfs of the very size that hlsgen asks for holds the stream, for good.

The tmpfs is in a mount namespace of its own, which a process that sleeps keeps.
"""

import os
import re
import signal
import subprocess
import unittest
from pathlib import Path

from origin import ARGUMENTS, PATIENCE, PROGRAM, scratch, segments, sets, wait_until
from tap import main, note

STREAM = sets("stream.segment-duration=1s", "stream.window=4", "video.bitrate=3Mbit/s")
KEPT = 4 + 6  # listed, and retained


class Room(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())
        self.out = self.folder / "hls"
        self.out.mkdir()

    def mount(self, kib: int) -> list[str]:
        """The command that enters a namespace with a tmpfs of that size on the directory."""
        script = ('mount -t tmpfs -o "size=$1k,mode=0777" none "$2" || exit\n'
                  'echo mounted\nexec sleep 600')
        keeper = subprocess.Popen(["unshare", "-m", "sh", "-c", script, "sh", str(kib), self.out],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(keeper.stdout.close)
        self.addCleanup(keeper.wait)
        self.addCleanup(keeper.kill)
        said = keeper.stdout.readline()
        if said != "mounted\n":
            self.skipTest(f"cannot mount a tmpfs: {said.strip()}")
        self.seen = Path(f"/proc/{keeper.pid}/root") / self.out.relative_to("/")
        return ["nsenter", "-t", str(keeper.pid), "-m", PROGRAM, *ARGUMENTS, "--out", str(self.out),
                *STREAM]

    def refusal(self, kib: int) -> str:
        run = subprocess.run(self.mount(kib), capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(run.returncode, os.EX_IOERR, run.stderr)
        return run.stderr

    def newest(self) -> int:
        """The number of the last segment that is listed; -1 for none."""
        try:
            listed = segments((self.seen / "stream.m3u8").read_bytes())
        except FileNotFoundError:
            return -1
        return int(re.search(r"\d+", listed[-1])[0])

    def test_size_that_is_asked_for(self) -> None:
        kib = int(re.search(r"\(tmpfs: size=(\d+)k\)", self.refusal(256))[1])
        self.assertIn(f"the stream needs {kib} kB", self.refusal(kib - 4))
        with (self.folder / "log").open("w+") as log, \
                subprocess.Popen(self.mount(kib), stderr=log) as run:
            try:
                wait_until(lambda: self.newest() >= 0 or run.poll() is not None, "a playlist")
                last = self.newest() + 2 * KEPT
                wait_until(lambda: self.newest() >= last or run.poll() is not None,
                           "twice what is kept")
                names = [path.name for path in self.seen.iterdir()]
            finally:
                run.send_signal(signal.SIGTERM)
            self.assertEqual(run.wait(PATIENCE), 0)
            log.seek(0)
            errors = log.read()
        note(f"{kib} kB, {len(names)} files")
        self.assertGreaterEqual(len(names), KEPT)
        self.assertNotIn("cannot", errors)
        self.assertIn("faults_space=0", errors)


if __name__ == "__main__":
    main()
