# SPDX-License-Identifier: GPL-2.0-or-later
"""The sums of ./dev test can be trusted: nothing that went wrong is counted as passed."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from tap import main
from tree import ROOT

PROJECT = """project('sums')
sh = find_program('sh')
patience = {'hung': 5}
foreach name, script : {
  'mixed': 'echo "ok 1 - a"; echo "ok 2 - b # SKIP no tool"; echo "not ok 3 - c"; echo 1..3',
  'table': 'echo "# survived: a  b"; echo "# other"; echo "ok 1 - g"; echo 1..1',
  'whole': 'echo "1..0 # SKIP no browser"',
  'died': 'echo 1..1; echo "ok 1 - d"; exit 3',
  'short': 'echo 1..2; echo "ok 1 - e"',
  'hung': 'echo 1..2; echo "ok 1 - f"; sleep 60',
}
  test(name, sh, args: ['-c', script], protocol: 'tap', timeout: patience.get(name, 300))
endforeach
test('exit', sh, args: ['-c', 'exit 0'])
"""
EXPECTED = """\
skipped: sums: mixed: 2 - b: no tool
skipped: sums: whole: no browser
failed: sums: mixed: 3 - c
failed: sums: died: error
failed: sums: short: error
failed: sums: hung: timeout
6 passed, 4 failed, 2 skipped
""".splitlines()


def sums(build: Path) -> tuple[int, list[str], list[str]]:
    """Exit code of tests/results.py, what the programs said, and the lines behind that, sorted."""
    done = subprocess.run([sys.executable, ROOT / "tests/results.py",
                           build / "meson-logs/sums"], text=True,
                          stdout=subprocess.PIPE)
    said, _, last = done.stdout.rpartition("\n\n")
    return done.returncode, said.splitlines(), sorted(last.splitlines())


class Results(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.source = Path(folder.name)
        self.build = self.source / "build"

    def run_tests(self, project: str) -> None:
        (self.source / "meson.build").write_text(project)
        subprocess.run(["meson", "setup", self.build, self.source], check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run(["meson", "test", "-C", self.build, "--logbase=sums"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def test_everything_that_went_wrong_is_counted(self) -> None:
        self.run_tests(PROJECT)
        code, said, last = sums(self.build)
        self.assertEqual((code, last), (1, sorted(EXPECTED)))
        self.assertIn("survived: a  b", said)
        self.assertNotIn("other", "".join(said))

    def test_all_good(self) -> None:
        self.run_tests("project('sums')\ntest('exit', find_program('true'))\n")
        self.assertEqual(sums(self.build)[::2], (0, ["1 passed, 0 failed, 0 skipped"]))

    def test_nothing_run_is_no_success(self) -> None:
        self.run_tests("project('sums')\n")
        self.assertEqual(sums(self.build)[::2], (1, ["0 passed, 1 failed, 0 skipped",
                                                     "failed: sums: no test was run"]))


if __name__ == "__main__":
    main()
