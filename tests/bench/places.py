# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the measured programs write: directories on tmpfs, mounted afresh if this program may."""
import ctypes
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from candidates import USER

TMPFS = Path("/dev/shm")
CLONE_NEWNS = 0x00020000

# With it, a file's pages are as large as the file (Linux 6.14): most of what tmpfs costs is pages.
# Only root may mount one.
LARGE = "huge=within_size"


def mount(options: str) -> bool:
    """A tmpfs over TMPFS."""
    command = ["mount", "-t", "tmpfs", "-o", f"size=80%,mode=1777,{options}", "tmpfs", str(TMPFS)]
    return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


def mount_own() -> str:
    """A tmpfs that this program and those that it starts see, and none else; what it got."""
    if os.geteuid() != 0 or ctypes.CDLL(None).unshare(CLONE_NEWNS) != 0:
        return f"tmpfs, as {TMPFS} is mounted"
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    return f"tmpfs, {LARGE}" if mount(LARGE) else f"tmpfs, without {LARGE}, which is refused here"


@contextmanager
def plain_pages() -> Iterator[bool]:
    """A tmpfs with small pages for a while; whether it could be mounted."""
    mounted = os.geteuid() == 0 and mount("huge=never")
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(TMPFS)], check=True)


@contextmanager
def directory(parent: Path = TMPFS) -> Iterator[Path]:
    """A directory owned by whom the candidates run as."""
    path = Path(tempfile.mkdtemp(prefix="hlsgen-bench-", dir=parent))
    path.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(path, USER)
    try:
        yield path
    finally:
        shutil.rmtree(path)


def room() -> int:
    """Bytes that files on tmpfs may take, a quarter of the free memory being left to others."""
    found = os.statvfs(TMPFS)
    free = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return min(found.f_bavail * found.f_frsize, int(free[1]) * 1024 * 3 // 4)


def touch(size: int) -> None:
    """
    Uses so much memory and frees it. Memory that has been idle for seconds may have gone back to a
    virtual machine's host, and what then comes first pays for having it again.
    """
    block = bytes(1 << 20)
    with directory() as where:
        for number in range(size >> 20):
            (where / str(number)).write_bytes(block)
