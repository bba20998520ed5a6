# SPDX-License-Identifier: GPL-2.0-or-later
"""hlsgen-verify finds nothing in a good stream, and in a broken one the rule that was broken, and
no other; and nothing that the RFC demands in what it allows (allowed.py).

Every module mutations_*.py beside this one has a list MUTATIONS of (rule, stream, change): a stream
of good.py is copied, the copy changed, and looked at with all rules. What only shows in time is
broken in scenarios_watch.py.
"""

import importlib
import shutil
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from allowed import ALLOWED
from good import STREAMS
from origin import scratch
from scenarios_watch import SCENARIOS
from spoil import Change
from tap import main, note
from verifier import broken, look_at, rules

HERE = Path(__file__).resolve().parent
MUTATIONS = [mutation for path in sorted(HERE.glob("mutations_*.py"))
             for mutation in importlib.import_module(path.stem).MUTATIONS]


class Mutations(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = cls.enterClassContext(scratch())
        with ThreadPoolExecutor() as pool:
            made = {name: pool.submit(cls.make, name) for name in STREAMS}
        cls.good = {name: future.result() for name, future in made.items()}

    @classmethod
    def make(cls, name: str) -> Path:
        (cls.folder / name).mkdir()
        return STREAMS[name](cls.folder / name)

    def test_a_good_stream_is_left_alone(self) -> None:
        for name, folder in self.good.items():
            with self.subTest(name):
                code, report = look_at(folder)
                self.assertEqual(broken(report), {})
                self.assertEqual(code, 0)

    def look(self, stream: str, change: Change, copy: Path, profile: str) -> tuple[int, dict]:
        shutil.copytree(self.good[stream], copy)
        change(copy)
        result = look_at(copy, profile)
        shutil.rmtree(copy)
        return result

    def test_what_is_allowed_breaks_nothing(self) -> None:
        for index, (stream, change) in enumerate(ALLOWED):
            with self.subTest(stream=stream, index=index):
                copy = self.folder / "allowed" / str(index)
                code, report = self.look(stream, change, copy, "rfc")
                self.assertEqual(broken(report), {})
                self.assertEqual(code, 0)

    def test_a_broken_stream_is_told_by_the_rule_that_it_breaks(self) -> None:
        copies = self.folder / "broken"
        with ThreadPoolExecutor() as pool:
            looks = [pool.submit(self.look, stream, change, copies / str(index), "all")
                     for index, (_, stream, change) in enumerate(MUTATIONS)]
        for index, (rule, stream, _) in enumerate(MUTATIONS):
            with self.subTest(rule=rule, stream=stream, index=index):
                code, report = looks[index].result()
                found = broken(report)
                self.assertEqual(set(found), {rule}, found)
                self.assertEqual(code, 1)
        note(f"{len(MUTATIONS)} mutations of {len({rule for rule, _, _ in MUTATIONS})} rules")

    def test_every_rule_is_broken_here_or_under_the_eyes_of_watch(self) -> None:
        found = {rule for rule, *_ in MUTATIONS} | {rule for rule, *_ in SCENARIOS}
        self.assertEqual(found, rules())


if __name__ == "__main__":
    main()
