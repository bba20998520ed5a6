# SPDX-License-Identifier: GPL-2.0-or-later
"""hlsgen where a pod of deploy/kubernetes leaves it: a plain user without capabilities, in a root
directory that is read-only, under a filter that refuses what RuntimeDefault does to such a user."""

import ctypes
import errno
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from origin import PROGRAM, scratch, segments, wait_until
from tap import main, note

# What containerd, CRI-O and Docker allow to CAP_SYS_ADMIN and others alone, as far as hlsgen would
# make use of it or try it.
REFUSED = ("add_key", "bpf", "chroot", "fsconfig", "fsmount", "fsopen", "fspick", "keyctl", "mount",
           "mount_setattr", "move_mount", "open_tree", "perf_event_open", "pivot_root",
           "request_key", "setdomainname", "sethostname", "setns", "umount2", "unshare")
NEW_NAMESPACES = [1 << bit for bit in (17, 25, 26, 27, 28, 29, 30)]  # CLONE_NEW*
MASKED_EQUAL = 7  # SCMP_CMP_MASKED_EQ
ALLOW = 0x7fff0000
INSISTED_ON = {"landlock", "landlock-steady", "seccomp", "seccomp-steady", "no-new-privs",
               "capabilities", "rlimits", "no-dump", "user"}
STOOD_IN_FOR = {"keyring", "namespaces", "root", "securebits"}


class Argument(ctypes.Structure):
    """struct scmp_arg_cmp"""

    _fields_ = [("number", ctypes.c_uint), ("comparison", ctypes.c_int),
                ("first", ctypes.c_uint64), ("second", ctypes.c_uint64)]


def refuse(library: ctypes.CDLL, context: ctypes.c_void_p, name: str, error: int,
           *arguments: Argument) -> None:
    number = library.seccomp_syscall_resolve_name(name.encode())
    result = library.seccomp_rule_add_array(context, ctypes.c_uint32(0x00050000 | error), number,
                                            len(arguments), (Argument * 1)(*arguments))
    assert result == 0, f"{name}: {os.strerror(-result)}"


def export_filter(file) -> None:
    """Writes the filter as bwrap takes it."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(ALLOW)))
    for name in REFUSED:
        refuse(library, context, name, errno.EPERM)
    for flag in NEW_NAMESPACES:
        refuse(library, context, "clone", errno.EPERM, Argument(0, MASKED_EQUAL, flag, flag))
    refuse(library, context, "clone3", errno.ENOSYS)
    assert library.seccomp_export_bpf(context, file.fileno()) == 0
    library.seccomp_release(context)
    file.seek(0)


def command(out: Path, filter_descriptor: int) -> list[str]:
    program = Path(shutil.which(PROGRAM)).resolve()
    return ["bwrap", "--unshare-user", "--uid", "17080", "--gid", "17080", "--unshare-pid",
            "--unshare-ipc", "--unshare-net", "--unshare-uts", "--cap-drop", "ALL", "--clearenv",
            "--die-with-parent", "--ro-bind", "/usr", "/usr", "--ro-bind-try", "/lib", "/lib",
            "--ro-bind-try", "/lib64", "/lib64",
            "--ro-bind-try", "/etc/alternatives", "/etc/alternatives",
            "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache",
            "--ro-bind", str(program), "/hlsgen", "--proc", "/proc", "--dev", "/dev",
            "--bind", str(out), "/var/hls", "--remount-ro", "/",
            "--seccomp", str(filter_descriptor),
            "/hlsgen", "--preset", "720p-ultrafast", "--out", "/var/hls"]


def read(log) -> str:
    """All so far; the file's offset belongs to the program."""
    return os.pread(log.fileno(), 1 << 20, 0).decode()


@unittest.skipUnless(shutil.which("bwrap"), "bubblewrap is not installed")
class Pod(unittest.TestCase):
    def test_strict_holds(self) -> None:
        """It publishes, and the log tells which layers stand in for those that it cannot have."""
        with scratch() as folder, tempfile.TemporaryFile() as rules, \
                tempfile.TemporaryFile() as log:
            out = folder / "hls"
            out.mkdir()
            out.chmod(0o777)  # as that of an emptyDir
            export_filter(rules)
            process = subprocess.Popen(command(out, rules.fileno()), stdin=subprocess.DEVNULL,
                                       stderr=log, pass_fds=[rules.fileno()])
            try:
                wait_until(lambda: process.poll() is not None
                           or "publishing preset=" in read(log), "the steady state")
            finally:
                process.terminate()
                process.wait()
            self.check(out, read(log))

    def check(self, out: Path, said: str) -> None:
        self.assertTrue((out / "stream.m3u8").exists(), said)
        for name in segments((out / "stream.m3u8").read_bytes()):
            self.assertTrue((out / name).exists(), name)
        layers, missing = re.search(r"confined layers=(\S+) missing=(\S+)", said).groups()
        note(f"layers {layers}")
        note(f"missing {missing}")
        self.assertLessEqual(INSISTED_ON, set(layers.split(",")))
        self.assertEqual(set(re.findall(r"(\w+)\(", missing)), STOOD_IN_FOR)


if __name__ == "__main__":
    main()
