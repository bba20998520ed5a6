# SPDX-License-Identifier: GPL-2.0-or-later
"""hlsgen-verify finds nothing in what any shipped preset makes: finite, in either container, and
live as it is left."""

import unittest
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from good import PRESETS, shipped
from origin import Hlsgen, make_out, run, scratch, sets
from tap import main, note
from verifier import broken, look_at

AT_ONCE = 2


def finite(container: str) -> Callable[[Path, str], Path]:
    def make(folder: Path, preset: str) -> Path:
        out = make_out(folder)
        run(*Hlsgen(out, "--vod", "12s", "--disk-budget", "1GB",
                    *sets(f"stream.container={container}"), preset=preset).command)
        return out
    return make


def live(folder: Path, preset: str) -> Path:
    with shipped(folder, preset) as hlsgen:
        return hlsgen.out


class Presets(unittest.TestCase):
    @staticmethod
    def look(make: Callable[[Path, str], Path], name: str) -> tuple[int, dict]:
        with scratch() as folder:
            return look_at(make(folder, name))

    def check(self, make: Callable[[Path, str], Path]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            looks = {name: pool.submit(self.look, make, name) for name in PRESETS}
        for name, look in looks.items():
            with self.subTest(name):
                code, report = look.result()
                self.assertEqual(broken(report), {})
                self.assertEqual(code, 0)
        note(f"{len(PRESETS)} presets")

    def test_finite(self) -> None:
        self.check(finite("ts"))

    def test_finite_fragmented(self) -> None:
        self.check(finite("fmp4"))

    def test_live(self) -> None:
        self.check(live)


if __name__ == "__main__":
    main()
