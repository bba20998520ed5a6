# SPDX-License-Identifier: GPL-2.0-or-later
"""Completion in a real bash: a line is typed, and Alt-* puts all that would complete its last word
in the place of that."""
import os
import pty
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from origin import CHECKOUT, PROGRAM, run, told
from tap import main

COMPLETION = CHECKOUT / "completions/hlsgen.bash"

SETUP = f"""
PATH='{Path(PROGRAM).parent}':$PATH
bind 'set enable-bracketed-paste off'
show() {{ printf '%s\\n' "$@" >answer; }}
. '{COMPLETION}'
"""
ALL = "\x1b*"
BEFORE, SEND = "\x01show ", "\n"


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory(prefix="hlsgen test ")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        (cls.folder / "live hls").mkdir()
        (cls.folder / "lively.conf").touch()
        os.mkfifo(cls.folder / "answer")
        (cls.folder / "setup").write_text(SETUP)

        cls.terminal, theirs = pty.openpty()
        cls.bash = subprocess.Popen(["bash", "--noprofile", "--rcfile", "setup", "-i"],
                                    stdin=theirs, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL, cwd=folder.name,
                                    start_new_session=True, env={**os.environ, "TERM": "dumb"})
        os.close(theirs)
        cls.addClassCleanup(cls.bash.wait)
        cls.addClassCleanup(cls.bash.kill)
        cls.addClassCleanup(os.close, cls.terminal)

    def complete(self, typed: str, keys: str = ALL) -> list[str]:
        """The words of the line when it is complete."""
        os.write(self.terminal, f"{typed}{keys}{BEFORE}{SEND}".encode())
        return (self.folder / "answer").read_text().splitlines()

    def added(self, typed: str) -> list[str]:
        """What can stand in the place of the last word."""
        return self.complete(typed)[len(typed.split(" ")) - 1:]

    def test_every_option(self) -> None:
        source = (CHECKOUT / "src/cli_options.c").read_text()
        options = [f"--{name}" for name in re.findall(r"^        \.name = \"(.+)\"", source, re.M)]
        self.assertGreater(len(options), 20)
        self.assertEqual(sorted(self.added("hlsgen --")), sorted(options))
        self.assertEqual(sorted(self.added("hlsgen --event --")), sorted(options))

    def test_presets(self) -> None:
        presets = [line.split()[0] for line in told("--list-presets").splitlines()]
        self.assertEqual(sorted(set(self.added("hlsgen -p ")) & set(presets)), sorted(presets))
        self.assertEqual(self.added("hlsgen --preset 4k-"), ["4k-abr"])
        self.assertEqual(self.complete("hlsgen --preset=4k-", "\t"), ["hlsgen", "--preset=4k-abr"])

    def test_the_name_of_a_preset_is_not_expanded(self) -> None:
        name = "$(touch${IFS}run)"
        asked = f"""{SETUP}
            compopt() {{ :; }}
            COMP_WORDS=(hlsgen --preset '') COMP_CWORD=2
            _hlsgen hlsgen '' --preset
            printf '%s\\n' "${{COMPREPLY[@]}}" """
        with tempfile.TemporaryDirectory(prefix="hlsgen test ") as folder:
            shutil.copy(CHECKOUT / "presets/720p-ultrafast.conf", Path(folder, f"{name}.conf"))
            words = run("bash", "-c", asked, cwd=folder,
                        env={**os.environ, "HLSGEN_PRESET_PATH": folder})
            self.assertIn(name, words.splitlines())
            self.assertFalse(Path(folder, "run").exists())

    def test_files_and_folders(self) -> None:
        self.assertEqual(self.added("hlsgen --preset liv"), ["live hls", "lively.conf"])
        self.assertEqual(self.added("hlsgen --out liv"), ["live hls"])
        self.assertEqual(self.complete("hlsgen -o liv", "\t"), ["hlsgen", "-o", "live hls/"])

    def test_every_key(self) -> None:
        keys = re.findall(r"^  ([a-z]+\.[a-z0-9-]+) ", told("--help"), re.MULTILINE)
        self.assertGreater(len(keys), 20)
        self.assertEqual(sorted(self.added("hlsgen --set ")), sorted(f"{key}=" for key in keys))

    def test_a_key_waits_for_its_value(self) -> None:
        self.assertEqual(self.complete("hlsgen -s video.pat", "\tpal\t"),
                         ["hlsgen", "-s", "video.pattern=pal75bars"])
        self.assertEqual(self.complete("hlsgen --set=video.pat", "\tpal\t"),
                         ["hlsgen", "--set=video.pattern=pal75bars"])
        self.assertEqual(self.complete("hlsgen --set video.size=", "\t"),
                         ["hlsgen", "--set", "video.size=1280x720"])

    def test_words(self) -> None:
        for option, words in {"sandbox": ["best-effort", "off", "strict"],
                              "index": ["none", "plain", "sha256"],
                              "spread": ["even", "none"]}.items():
            with self.subTest(option):
                self.assertEqual(sorted(self.added(f"hlsgen --{option} ")), words)

    def test_hlsgen_verify(self) -> None:
        self.assertIn("--list-rules", self.added("hlsgen-verify --"))
        self.assertEqual(sorted(self.added("hlsgen-verify --profile ")), ["all", "apple", "rfc"])
        self.assertEqual(self.added("hlsgen-verify liv"), ["live hls", "lively.conf"])

    def test_user(self) -> None:
        self.assertEqual(self.added("hlsgen --user roo"), ["root"])

    def test_what_cannot_be_known(self) -> None:
        self.assertEqual(self.added("hlsgen --streams "), [])


if __name__ == "__main__":
    main()
