# SPDX-License-Identifier: GPL-2.0-or-later
"""Three origins behind one nginx are one stream to players and to who compares bytes, while one of
them is killed every few seconds. HLSGEN_REPLICA_SECONDS says for how long (40)."""

import os
import unittest

import replicas
from origin import nginx_program, sets
from realtime import RealTime
from tap import main, note

SECONDS = os.environ.get("HLSGEN_REPLICA_SECONDS", "40")


@unittest.skipUnless(nginx_program(), "nginx is not installed")
class Replicas(RealTime):
    def look(self, *words: str) -> None:
        """Nobody finds anything."""
        options = replicas.arguments(*words)
        note(f"seed {options.seed}")
        found = replicas.run(options)
        note(found.report())
        with self.on_any_machine():
            self.assertEqual(found.figures["mismatches"], 0)
        self.assertEqual(found.wrong, [])
        self.assertGreater(found.figures["segments compared"], 0)
        self.assertGreater(found.figures["segments taken by strict players"], 0)
        self.assertGreater(found.figures["segments taken by comparing clients"], 0)
        self.assertEqual(bool(found.kills), bool(options.kill_every))

    def test_one_stream_while_origins_are_killed(self) -> None:
        self.look("--seconds", SECONDS, "--kill-every", "5")

    def test_one_stream_while_origins_stay_away(self) -> None:
        self.look("--seconds", "30", "--kill-every", "5", "--down", "12")

    def test_one_stream_by_clocks_that_are_apart(self) -> None:
        self.look("--seconds", "16", "--kill-every", "0", "--ahead", "-0.1")

    def test_another_stream_among_them_is_found(self) -> None:
        """The test can fail: one origin makes another sound, in segments of the same size."""
        options = replicas.arguments("--seconds", "12", "--kill-every", "0")
        found = replicas.run(options, *sets("audio.tone=1001Hz"))
        note(f"{found.figures['mismatches']} mismatches")
        self.assertGreater(found.figures["mismatches"], 0)
        self.assertTrue(any("wrong bytes" in text for text in found.wrong), found.wrong)


if __name__ == "__main__":
    main()
