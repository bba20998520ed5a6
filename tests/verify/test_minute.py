# SPDX-License-Identifier: GPL-2.0-or-later
"""hlsgen-verify watches every shipped preset for a minute, live, in each container: nothing is
found. A note says how much was seen of each."""

import unittest
from concurrent.futures import ThreadPoolExecutor

from good import PRESETS, shipped
from origin import scratch, sets
from tap import main, note
from verifier import TIMEOUT
from watching import Watch, without_timing

SECONDS = 60
AT_ONCE = 4


def watch(preset: str, container: str) -> Watch:
    with scratch() as folder:
        with shipped(folder, preset, *sets(f"stream.container={container}")) as hlsgen:
            seen = Watch(hlsgen.out, SECONDS)
            seen.process.wait(TIMEOUT)
            return seen


class Minute(unittest.TestCase):
    def check(self, container: str) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            looks = {name: pool.submit(watch, name, container) for name in PRESETS}
        for name, look in looks.items():
            with self.subTest(name):
                seen = look.result()
                note(f"{container:4} {name:16} {seen.report['checked']['segments']:4} segments, "
                     f"{len(seen.judged())} rules judged, {len(seen.found)} broken")
                self.assertEqual(without_timing(seen.found), {})
                self.assertIn("EV_LINES", seen.judged())

    def test_transport_streams(self) -> None:
        self.check("ts")

    def test_fragmented(self) -> None:
        self.check("fmp4")


if __name__ == "__main__":
    main()
