# SPDX-License-Identifier: GPL-2.0-or-later
"""`meson install` puts these files below the prefix, no others, and nothing is left to fill in."""
import json
import os
import re
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

from tap import main

BUILD = Path(os.environ["HLSGEN"]).resolve().parent
ROOT = Path(__file__).resolve().parents[2]

FILES = """
755 bin/hlsgen
755 bin/hlsgen-verify
644 lib/systemd/system/hls-generator.service
644 lib/systemd/system/hls-generator.service.d/confinement.conf
644 lib/systemd/system/hls-generator.slice
644 lib/systemd/system/hls-nginx.slice
644 lib/systemd/system/hls.slice
644 lib/sysusers.d/hlsgen.conf
644 lib/tmpfiles.d/hlsgen.conf
644 share/bash-completion/completions/hlsgen
644 share/bash-completion/completions/hlsgen-verify
644 share/hlsgen/apparmor/hlsgen
644 share/hlsgen/nginx/nginx.conf.in
644 share/hlsgen/page/clock-code.js
644 share/hlsgen/page/dom.js
644 share/hlsgen/page/format.js
644 share/hlsgen/page/icon.svg
644 share/hlsgen/page/index.html
644 share/hlsgen/page/origin.js
644 share/hlsgen/page/page.js
644 share/hlsgen/page/player.js
644 share/hlsgen/page/plot.js
644 share/hlsgen/page/segments.js
644 share/hlsgen/page/server-time.js
644 share/hlsgen/page/style.css
644 share/hlsgen/presets/1080p-clock.conf
644 share/hlsgen/presets/1080p-medium.conf
644 share/hlsgen/presets/2160p-ultrafast.conf
644 share/hlsgen/presets/2160p60-clock.conf
644 share/hlsgen/presets/4k-abr.conf
644 share/hlsgen/presets/720p-clock.conf
644 share/hlsgen/presets/720p-ultrafast.conf
644 share/hlsgen/presets/720p60.conf
644 share/hlsgen/presets/audio-only.conf
644 share/hlsgen/presets/cmaf-abr.conf
644 share/hlsgen/presets/default.conf
644 share/hlsgen/presets/ladder-6.conf
644 share/hlsgen/presets/low-latency.conf
644 share/hlsgen/presets/stress-test.conf
644 share/hlsgen/systemd/nginx.service.d/hls.conf
644 share/licenses/hlsgen/LICENSE
644 share/man/man1/hlsgen-verify.1
644 share/man/man1/hlsgen.1
644 share/man/man5/hlsgen.preset.5
644 share/man/man7/hlsgen.confinement.7
644 share/man/man7/hlsgen.stream.7
644 share/man/man8/hls-generator.service.8
"""
TO_FILL_IN = {"share/hlsgen/nginx/nginx.conf.in"}


def prefix() -> str:
    options = json.loads((BUILD / "meson-info/intro-buildoptions.json").read_text())
    return next(option["value"] for option in options if option["name"] == "prefix")


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory(prefix="hlsgen test ")
        cls.addClassCleanup(folder.cleanup)
        subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir",
                        folder.name], check=True, stdout=subprocess.DEVNULL)
        cls.stage = Path(folder.name)
        cls.top = cls.stage / prefix().lstrip("/")

    def test_files(self) -> None:
        found = [f"{stat.S_IMODE(path.lstat().st_mode):o} {path.relative_to(self.top)}"
                 for path in self.stage.rglob("*") if not path.is_dir()]
        self.assertEqual("\n".join(sorted(found)), "\n".join(sorted(FILES.split("\n")[1:-1])))

    def test_folders(self) -> None:
        for path in self.stage.rglob("*"):
            if path.is_dir():
                self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o755, path)

    def test_nothing_is_left_to_fill_in(self) -> None:
        for path in self.top.rglob("*"):
            if path.is_file() and str(path.relative_to(self.top)) not in TO_FILL_IN:
                self.assertIsNone(re.search(rb"@[A-Z_]+@", path.read_bytes()), path)

    def test_no_file_knows_where_it_was_built(self) -> None:
        """The program does, for debuggers, until it is stripped."""
        for path in self.top.rglob("*"):
            if path.is_file() and path.parent.name != "bin":
                self.assertNotIn(bytes(ROOT), path.read_bytes(), path)


if __name__ == "__main__":
    main()
