# SPDX-License-Identifier: GPL-2.0-or-later
"""Where there is no systemd: the command line of the manual for bubblewrap, and the profile for
AppArmor."""
import fnmatch
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from conformance.observe import Directory, observe
from origin import CHECKOUT, PROGRAM, Hlsgen, make_out
from realtime import RealTime
from tap import main

SECONDS = 8
PROFILE = Path(PROGRAM).resolve().parent / "sandbox/apparmor/hlsgen"
FEATURES = "/etc/apparmor.d/abi/3.0"


def manual_command() -> list[str]:
    """The command line of the manual, up to the name of the program."""
    text = (CHECKOUT / "doc/hls-generator.service.8.scd").read_text()
    block = re.search(r"^```\n(bwrap .*?)^```", text, re.MULTILINE | re.DOTALL)[1]
    words = shlex.split(block.replace("\\\\\n", ""))
    return words[:words.index("/usr/local/bin/hlsgen")]


@unittest.skipUnless(shutil.which("bwrap"), "bubblewrap is not installed")
class Bubblewrap(RealTime):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="hlsgen test ")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.folder.chmod(0o755)
        self.out = make_out(self.folder)
        self.program = shutil.copy(PROGRAM, self.folder)  # the build may be closed to other users

    def command(self, *arguments: str) -> list[str]:
        """The manual's, for a directory and a program of the test's own."""
        words = [str(self.out) if word == "/var/hls" else word for word in manual_command()]
        if os.geteuid() == 0:
            owner = self.out.stat()
            words[:0] = ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}",
                         "--clear-groups"]
        return [*words, "--ro-bind", self.program, "/tmp/hlsgen", "/tmp/hlsgen", *arguments]

    def run_to_end(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(self.command("--out", str(self.out), *arguments),
                              capture_output=True, text=True)

    def test_streams(self) -> None:
        hlsgen = Hlsgen(self.out)
        hlsgen.command = self.command(*hlsgen.command[1:])
        with hlsgen:
            self.assert_rules(observe(Directory(self.out), SECONDS))

    def test_exit_code_is_passed_on(self) -> None:
        self.assertEqual(self.run_to_end("--preset", "none").returncode, 64)

    def test_every_attack_is_stopped(self) -> None:
        done = self.run_to_end("--check-sandbox")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


@unittest.skipUnless(shutil.which("apparmor_parser"), "apparmor_parser is not installed")
class AppArmor(unittest.TestCase):
    def test_profile_compiles_without_a_warning(self) -> None:
        """For the features that the profile names, whatever the kernel here has of them."""
        done = subprocess.run(["apparmor_parser", "--skip-kernel-load", "--skip-cache",
                               "--kernel-features", FEATURES, "--warn=all", "--Werror", PROFILE],
                              capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.returncode, 0)
        names = subprocess.run(["apparmor_parser", "--names", PROFILE], capture_output=True,
                               text=True).stdout
        self.assertEqual(names, "hlsgen\n")

    def test_profile_has_every_name(self) -> None:
        header = (CHECKOUT / "src/origin/names.h").read_text()
        names = re.findall(r'^#define NAMES_\w+ +"([^"]+)"', header, re.MULTILINE)
        lines = re.findall(r"@{hlsgen_files} \+?= (.*)", PROFILE.read_text())
        patterns = " ".join(lines).split()
        self.assertGreater(len(names), 10)
        for name in [*names, "stream.m3u8", "seg1.ts", "seg1.m4s", "init-0123456789abcdef.mp4"]:
            self.assertTrue(any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns), name)


if __name__ == "__main__":
    main()
