# SPDX-License-Identifier: GPL-2.0-or-later
"""Real file systems that are small, and others who fill them."""
import subprocess
import threading
import time
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOISE = b"x" * 4096


@contextmanager
def tmpfs(place: Path, size: str) -> Iterator[None]:
    """Mounts one of that size, open to all; skips the test where that cannot be done."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0777", "none", place],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise unittest.SkipTest(f"cannot mount a tmpfs: {done.stderr.splitlines()[0]}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def fill_once(place: Path) -> None:
    """Another's file takes all the room that there is now."""
    with open(place / "filler", "ab", buffering=0) as file:
        try:
            while file.write(NOISE):
                pass
        except OSError:
            pass


@contextmanager
def filled(place: Path) -> Iterator[None]:
    """Another's file takes all room, what becomes free too; in the end it goes."""
    ended = threading.Event()

    def fill() -> None:
        while not ended.is_set():
            fill_once(place)
            time.sleep(0.001)
    thread = threading.Thread(target=fill)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        (place / "filler").unlink()
