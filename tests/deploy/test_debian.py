# SPDX-License-Identifier: GPL-2.0-or-later
"""The Debian package: it builds, lintian finds no fault, and installed in a tree of Debian 12 it
does what debian/tests wants, which autopkgtest runs too."""
import os
import re
import shutil
import tempfile
import unittest
from pathlib import Path

import test_install
from container import Skip, make_tree
from origin import run
from tap import main, note
from tree import ROOT, files

TOOLS = ("dpkg-buildpackage", "dh", "lintian")

# In the tree, which only this process sees; hlsgen needs /proc, and the package's scripts /dev.
IN_TREE = """
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/tree
mount -t overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/tree
mount -t proc proc /mnt/tree/proc
mount --rbind /dev /mnt/tree/dev
mkdir /mnt/tree/package
cp "$2"/hlsgen_*.deb "$3"/debian/tests/streams /mnt/tree/package
shift 3
exec chroot /mnt/tree /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -euc "$*"
"""
INSTALL = "dpkg --install /package/*.deb >log 2>&1 || { cat log; exit 1; }"


def build(folder: Path) -> None:
    """From a copy of the checkout. dpkg-buildpackage cannot do with blanks in its path."""
    for path in files():
        copy = folder / "hlsgen" / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, copy, follow_symlinks=False)
    options = {"DEB_BUILD_OPTIONS": f"nocheck parallel={os.cpu_count()}",
               "DEB_BUILD_PROFILES": "nocheck"}
    run("dpkg-buildpackage", "-us", "-uc", "-b", cwd=folder / "hlsgen", env=os.environ | options)


@unittest.skipIf(any(shutil.which(tool) is None for tool in TOOLS),
                 f"{', '.join(TOOLS)}: not all are installed")
class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory(prefix="hlsgen-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        build(cls.folder)
        cls.package = next(cls.folder.glob("hlsgen_*.deb"))

    def test_lintian(self) -> None:
        told = run("lintian", "--allow-root", "--pedantic", "--info", "--fail-on", "error,warning",
                   next(self.folder.glob("*.changes")))
        self.assertEqual(told, "")

    def test_files(self) -> None:
        """Those of `meson install`; for Debian 12 units are in /lib."""
        wanted = set()
        for path in test_install.FILES.split():
            if "/" in path and not path.startswith("share/licenses/"):
                path = re.sub(r"^(?!lib/systemd/)", "usr/", path)
                wanted.add("./" + re.sub(r"(/man/.*)", r"\1.gz", path))
        rows = [line.split() for line in run("dpkg-deb", "--contents", self.package).splitlines()]
        found = {row[5] for row in rows if not row[5].endswith("/")}
        self.assertEqual(wanted - found, set())
        self.assertEqual({path for path in found - wanted
                          if not path.startswith("./usr/share/doc/hlsgen/")}, set())
        self.assertEqual({row[1] for row in rows}, {"root/root"})

    def in_tree(self, script: str) -> str:
        """What a script prints in a tree that has the package's dependencies, as root."""
        if os.geteuid() != 0:
            self.skipTest("only root can make a tree of Debian")
        depends = run("dpkg-deb", "--field", self.package, "Depends")
        names = sorted(entry.split()[0] for entry in depends.split(","))
        try:
            tree = make_tree("bookworm", ",".join(names))
        except Skip as reason:
            self.skipTest(str(reason))
        return run("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", IN_TREE,
                   "sh", tree, self.folder, ROOT, script)

    def test_streams_when_installed(self) -> None:
        note(self.in_tree(f"{INSTALL}; /package/streams").strip())

    def test_user_and_directory(self) -> None:
        self.assertEqual(self.in_tree(f"{INSTALL}; stat -c '%U %G %a' /var/hls").strip(),
                         "hls hls 755")

    def test_service_waits_to_be_enabled(self) -> None:
        state = self.in_tree(f"{INSTALL}; systemctl is-enabled hls-generator || true")
        self.assertEqual(state.strip(), "disabled")

    def test_goes_without_a_trace_but_the_streams(self) -> None:
        left = self.in_tree(f"{INSTALL}; dpkg --purge hlsgen >/dev/null; find / -xdev"
                            " \\( -path /package -o -path /run \\) -prune"
                            " -o -name '*hlsgen*' -print")
        self.assertEqual(left, "")


if __name__ == "__main__":
    main()
