# SPDX-License-Identifier: GPL-2.0-or-later
"""hlsgen-verify confines itself: as root, as a plain user, and in what a container leaves.

That nothing gets through is proven in tests/sandbox.
"""

import json
import os
import subprocess
import unittest
from pathlib import Path

from good import SMALL, vod
from origin import scratch
from tap import main
from verifier import ARGUMENTS, PROGRAM

DENY = os.environ.get("DENY", "deny")
NOBODY = 65534
CONTAINER = ("unshare", "clone/0x10000000", "mount", "pivot_root", "chroot", "keyctl")
ALWAYS = {"rlimits", "user", "capabilities", "no-dump", "no-new-privs", "landlock", "seccomp"}


@unittest.skipIf(os.environ.get("SANITIZED"),
                 "a build with sanitizers has no system-call filter")
class Confinement(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = cls.enterClassContext(scratch())
        cls.stream = vod(*SMALL)(cls.folder)

    def start(self, *options: str, denied: tuple[str, ...] = (), place: Path | None = None,
              as_user: bool = False) -> subprocess.CompletedProcess:
        identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if as_user else {}
        deny = [DENY, *denied, "--"] if denied else []
        return subprocess.run([*deny, PROGRAM, *ARGUMENTS, *options, str(place or self.stream)],
                              capture_output=True, text=True, **identity)

    def confinement(self, done: subprocess.CompletedProcess) -> tuple[set[str], set[str]]:
        """The layers in force, and those that are missing."""
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        found = json.loads(done.stdout)["confinement"]
        return set(found["layers"]), set(found["missing"])

    def identities(self) -> list[bool]:
        return [False, True] if os.geteuid() == 0 else [False]

    def test_the_report_names_the_layers(self) -> None:
        for as_user in self.identities():
            with self.subTest(as_user=as_user):
                layers, _ = self.confinement(self.start("--json", as_user=as_user))
                self.assertLessEqual(ALWAYS, layers)

    def test_in_a_container_it_goes_on_without_namespaces(self) -> None:
        for as_user in self.identities():
            with self.subTest(as_user=as_user):
                layers, missing = self.confinement(
                    self.start("--json", denied=CONTAINER, as_user=as_user))
                self.assertLessEqual(ALWAYS, layers)
                self.assertLessEqual({"keyring(seccomp)", "namespaces(landlock+seccomp)",
                                      "root(landlock+seccomp)"}, missing)
        self.assertIn("\nConfined, but for keyring(seccomp)", self.start(denied=CONTAINER).stdout)

    def test_without_landlock_or_the_filter_it_does_not_go_on(self) -> None:
        for call, layer in ("landlock_create_ruleset", "landlock"), ("seccomp", "seccomp"):
            with self.subTest(layer):
                done = self.start(denied=(call,))
                self.assertEqual((done.returncode, done.stdout), (77, ""))
                self.assertIn(f"cannot enter {layer}", done.stderr)
                _, missing = self.confinement(
                    self.start("--json", "--sandbox=best-effort", denied=(call,)))
                self.assertIn(layer, missing)

    def test_off_is_said(self) -> None:
        layers, missing = self.confinement(self.start("--json", "--sandbox=off"))
        self.assertEqual((layers, missing), (set(), set()))
        self.assertIn("\nNot confined (--sandbox=off)", self.start("--sandbox=off").stdout)

    @unittest.skipUnless(os.geteuid() == 0, "root alone has a directory of root's")
    def test_root_reads_a_directory_of_its_own(self) -> None:
        with scratch() as folder:
            private = folder / "private"
            subprocess.run(["cp", "-R", self.stream, private], check=True)
            private.chmod(0o700)
            for path in private.iterdir():
                path.chmod(0o600)
            self.confinement(self.start("--json", place=private))

    def test_what_lies_above_is_not_read(self) -> None:
        above = self.stream / "above"
        above.mkdir()
        playlist = (self.stream / "stream.m3u8").read_text().replace("\nseg", "\n../seg")
        (above / "stream.m3u8").write_text(playlist)
        done = self.start(place=above)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, "8 URIs lead out .* check the directory above")


if __name__ == "__main__":
    main()
