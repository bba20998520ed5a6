# SPDX-License-Identifier: GPL-2.0-or-later
"""hlsgen --check-sandbox: every attack is stopped, as root, as a plain user, and in a container.

What the check says of each layer alone is also the proof of the layers: without the layer in
question the attack would get through.
"""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from tap import main

PROGRAM = os.environ.get("HLSGEN", "hlsgen")
DENY = os.environ.get("DENY", "deny")
NOBODY = 65534
FILTERS = {"seccomp", "seccomp-worker", "seccomp-steady"}
STOPPED = {"refused", "trapped", "killed"}

# What a container without user namespaces refuses: clone() only with CLONE_NEWUSER.
CONTAINER = ("unshare", "clone/0x10000000", "mount", "pivot_root", "keyctl")

# Layers that may be missing, and those of which one stops what they stop.
STAND_INS = {
    "keyring": ["seccomp"],
    "namespaces": ["landlock", "seccomp"],
    "root": ["landlock", "seccomp"],
    "securebits": ["seccomp"],
    "mdwe": ["seccomp"],
}

# But these: Landlock judges who removes, and a path that leads nowhere fails before that, in one
# way or in another, which is an answer; it does not judge who looks; and the filter sees no path.
# What is left to a plain user without namespaces, who has no root of his own, and so to who takes
# his process over.
UNCOVERED = {"ask by removing whether a path exists", "ask for the state of a path"}

# What hlsgen itself does in the set-up phase.
NEEDED = {"list the directory", "read a file"}

# What a kernel may refuse to root, too, or may not have.
REFUSABLE = {
    # CAP_SYS_RESOURCE, which a container may lack
    "read a process's limits", "move the process's memory map",
    # modules, kexec; where the kernel is locked down, I/O ports
    "load a module", "load a module of a file", "remove a module", "load a kernel",
    "load a kernel of a file", "raise the I/O privilege level", "open an I/O port",
    # options of its build
    "call by int 0x80", "call by an x32 number", "change the local descriptor table",
    "make a file of secret memory", "let another trace it", "start accounting",
    # sysctls: io_uring_disabled, legacy_tiocsti, core_pattern
    "set up io_uring", "enter io_uring", "register with io_uring", "type into a terminal",
    "make it leave a core file",
}

# Attack, who starts the check, the layers that stop it alone, the two filters aside.
PROOFS = [
    ("find a key of the session", "root user", {"keyring"}),
    ("send by UDP", "root user", {"namespaces"}),
    ("find System V shared memory", "user", {"namespaces"}),
    ("ask for the state of a path", "root user", {"root"}),
    ("ask for the state of a path by /..", "root user", {"root"}),
    ("ask by removing whether a path exists", "root user", {"root"}),
    ("create by ..", "user", {"root", "landlock"}),
    ("read a file", "root user", {"landlock-steady"}),
    ("read a file against its mode", "root", {"user", "capabilities", "landlock-steady"}),
    ("list the directory", "root user", set()),
    ("connect to a socket by its path", "user", {"root"}),
    ("open too many files", "user", {"rlimits"}),
    ("raise the limit of memory", "user", {"rlimits"}),  # CAP_SYS_RESOURCE raises limits
    ("raise the limit of open files", "user", {"rlimits"}),
    ("keep capabilities", "root", {"securebits"}),
    ("gain an ambient capability", "root", {"securebits", "user", "capabilities"}),
    ("become root", "root", {"user"}),
    ("slow a process down", "root", {"capabilities"}),
    ("trace it", "root user", {"no-dump"}),
    ("open its memory as a file", "root user", {"no-dump"}),
    ("make memory executable", "root user", {"mdwe"}),
    ("make a library's code longer", "root user", set()),
    ("bind a TCP port", "root user", {"landlock"}),
    ("rename a directory", "user", {"landlock"}),
    ("open a TCP socket", "root user", set()),
    ("call by int 0x80", "root user", set()),
    ("replace the directory's descriptor", "root user", set()),
]


# Of the table: attack, set-up, encoding, steady, verdict, layers.
ROW = re.compile(r"^  (\S.{37}) (.{11}) (.{11}) (.{11}) (\S+) +(.*)$", re.MULTILINE)


def setUpModule() -> None:
    """Who runs all cases has the checks that most of them ask for run at the same time: each waits
    for the kernel more than it works."""
    if os.environ.get("SANITIZED"):
        raise unittest.SkipTest("a build with sanitizers has no system-call filter")
    if len(sys.argv) == 1:
        with ThreadPoolExecutor() as pool:
            for identity in identities():
                pool.submit(check, identity, "--json")
                pool.submit(check, identity, "--json", denied=CONTAINER)


def identities() -> list[str]:
    return ["root", "user"] if os.geteuid() == 0 else ["user"]


def command(options: tuple[str, ...], denied: tuple[str, ...]) -> list[str]:
    deny = [DENY, *denied, "--"] if denied else []
    return [*deny, PROGRAM, "--check-sandbox", *options]


def start(identity: str, options: tuple[str, ...], denied: tuple[str, ...] = (), **streams):
    if identity == "user" and os.geteuid() == 0:
        streams |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    return subprocess.Popen(command(options, denied), text=True, cwd="/", **streams)


@cache
def check(identity: str, *options: str, denied: tuple[str, ...] = ()):
    """A run of the check, ended; the same one for all who ask for the same: it takes its time."""
    started = start(identity, options, denied, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, errors = started.communicate()
    return subprocess.CompletedProcess(started.args, started.returncode, output, errors)


def attacks(done) -> dict[str, dict]:
    """The attacks of a JSON document, by their names."""
    return {row["attack"]: row for row in json.loads(done.stdout)["attacks"]}


def names(done, wanted) -> set[str]:
    return {name for name, row in attacks(done).items() if wanted(row)}


def is_refused_anyway(row: dict) -> bool:
    return row["unconfined"]["outcome"] != "through"


class Check(unittest.TestCase):
    def assert_all_stopped(self, done) -> None:
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        rows = attacks(done)
        self.assertGreaterEqual(len(rows), 80)
        for name, row in rows.items():
            with self.subTest(name):
                self.assertEqual(row["verdict"], "stopped")
                self.assertIn(row["setup"]["outcome"], {"needed"} if name in NEEDED else STOPPED)
                self.assertIn(row["encoding"]["outcome"], STOPPED)
                self.assertIn(row["steady"]["outcome"], STOPPED)
        self.assertEqual(json.loads(done.stdout)["sums"]["stopped"], len(rows))

    def test_all_are_stopped(self) -> None:
        for identity in identities():
            with self.subTest(identity):
                self.assert_all_stopped(check(identity, "--json"))

    def assert_missing(self, done, *layers: str) -> None:
        named = {f"{layer}({'+'.join(STAND_INS[layer])})" for layer in layers}
        self.assertLessEqual(named, set(json.loads(done.stdout)["missing"]))

    @unittest.skipUnless("root" in identities(), "a user has no root of his own there")
    def test_all_are_stopped_in_a_container_of_root(self) -> None:
        done = check("root", "--json", denied=CONTAINER)
        self.assert_all_stopped(done)
        self.assert_missing(done, "keyring", "namespaces")
        self.assertIn("root", json.loads(done.stdout)["layers"])

    def test_all_but_questions_are_stopped_in_a_container_of_a_user(self) -> None:
        """See UNCOVERED."""
        done = check("user", "--json", denied=CONTAINER)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(names(done, lambda row: row["verdict"] != "stopped"), UNCOVERED)
        self.assert_missing(done, "keyring", "namespaces", "root")

    @unittest.skipUnless("root" in identities(), "most attacks mean something to root alone")
    def test_attacks_mean_something(self) -> None:
        """An attack that is refused unconfined says nothing. To root that is few, by name; to a
        user those that ask for a right of root's."""
        refused = {who: names(check(who, "--json"), is_refused_anyway) for who in identities()}
        self.assertLessEqual(refused["root"], REFUSABLE)
        privileged = names(check("root", "--json"),
                           lambda row: {"user", "capabilities"} & set(row["alone"]))
        self.assertLessEqual(refused["user"], privileged | REFUSABLE
                             | {"become root by a set-user-ID program"})  # which root alone makes

    def test_the_kernel_agrees(self) -> None:
        """The bounding set can be emptied by root, and in a user namespace."""
        for identity in identities():
            with self.subTest(identity):
                done = json.loads(check(identity, "--json").stdout)
                bounding = done["status"].pop("cap_bounding")
                self.assertEqual(done["status"], {
                    "seccomp": 2, "seccomp_filters": 2, "no_new_privs": True,
                    "cap_effective": "0", "cap_permitted": "0", "landlock": True})
                if identity == "root" or "namespaces" in done["layers"]:
                    self.assertEqual(bounding, "0")

    def test_a_trapped_call_is_named(self) -> None:
        row = attacks(check("user", "--json"))["watch the directory"]
        self.assertEqual(row["steady"], {"outcome": "trapped", "call": "inotify_init1"})


class Layers(unittest.TestCase):
    def test_each_stops_what_no_other_does(self) -> None:
        for name, starters, layers in PROOFS:
            for identity in set(starters.split()) & set(identities()):
                with self.subTest(f"{identity}: {name}"):
                    row = attacks(check(identity, "--json"))[name]
                    self.assertEqual(row["unconfined"], {"outcome": "through"})
                    self.assertEqual(set(row["alone"]) - FILTERS, layers)

    def test_every_layer_is_proven(self) -> None:
        """The layers in force are those of the steady phase, in which no thread encodes. No proof
        is there of no_new_privs: what makes a set-user-ID program harmless runs none at all, as do
        others. It is proven by being among them."""
        if "root" not in identities():
            self.skipTest("root alone can make a set-user-ID program of root's")
        proven = set().union(*(layers for _, _, layers in PROOFS)) | FILTERS | {"no-new-privs"}
        done = json.loads(check("root", "--json").stdout)
        self.assertEqual(set(done["layers"]), proven - {"seccomp-worker"})
        row = attacks(check("root", "--json"))["become root by a set-user-ID program"]
        self.assertEqual(row["unconfined"], {"outcome": "through"})
        self.assertIn("no-new-privs", row["alone"])

    def test_what_may_be_missing_is_covered(self) -> None:
        for identity in identities():
            for name, row in attacks(check(identity, "--json")).items():
                for layer in STAND_INS.keys() & set(row["alone"]):
                    with self.subTest(f"{identity}: {name}: {layer}"):
                        if layer != "root" or name not in UNCOVERED:
                            stopping = {*STAND_INS[layer], "no-new-privs"}  # which these need
                            self.assertTrue(stopping & set(row["alone"]))

    def test_the_steady_filter_stops_more(self) -> None:
        for identity in identities():
            row = attacks(check(identity, "--json"))["take more memory than its share"]
            self.assertEqual(set(row["alone"]), {"rlimits", "seccomp-steady"})


class Failure(unittest.TestCase):
    """What is not confined is not said to be."""

    def test_without_filters_landlock_and_root(self) -> None:
        """What got through stands below the sums once more."""
        denied = (*CONTAINER, "landlock_create_ruleset", "seccomp")
        done = check("user", "--sandbox=best-effort", denied=denied)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^\S*hlsgen: \d+ of \d+ attacks were not stopped\n$")
        above, below = re.split(r"^\d+ attacks: .*$", done.stdout, flags=re.MULTILINE)
        through = [row for row in ROW.findall(above) if row[4] != "stopped"]
        self.assertEqual(ROW.findall(below), through)
        self.assertLessEqual(
            {"open a TCP socket", "map executable memory", "create by ..",
             "create by a symbolic link"},
            {name.strip() for name, _, _, _, verdict, _ in through if verdict == "THROUGH"})
        missing = re.search(r"^missing: (.*)$", below, re.MULTILINE)[1].split(",")
        self.assertLessEqual({"namespaces", "root", "landlock", "seccomp", "seccomp-steady"},
                             set(missing))

    def test_strict_needs_every_layer(self) -> None:
        done = check("user", "--json", denied=("landlock_create_ruleset",))
        self.assertEqual((done.returncode, done.stdout), (77, ""))
        self.assertIn("cannot enter landlock", done.stderr)

    def test_so_does_a_run(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            done = subprocess.run([DENY, "landlock_create_ruleset", "--", PROGRAM, "--out", folder],
                                  capture_output=True, text=True)
            self.assertEqual((done.returncode, os.listdir(folder)), (77, []))
        self.assertRegex(done.stderr,
                         r"cannot enter landlock: Operation not permitted; it needs .*\n$")

    def test_no_place_for_a_scene(self) -> None:
        done = check("user", "--out", "/nowhere")
        self.assertEqual((done.returncode, done.stdout), (73, ""))
        self.assertIn("/nowhere: No such file", done.stderr)


class Disturbed(unittest.TestCase):
    """A run without confinement, on a terminal, in which one probe is killed."""

    @classmethod
    def setUpClass(cls) -> None:
        terminal, end = pty.openpty()
        with tempfile.TemporaryFile("w+") as output:
            started = start("user", ("--json", "--sandbox=off"), stdout=output, stderr=end)
            os.close(end)
            cls.errors = cls.watch(started, terminal)
            cls.returncode = started.wait()
            output.seek(0)
            cls.document = json.load(output)

    @classmethod
    def watch(cls, started, terminal: int) -> str:
        """Kills one of the probes that run at the 100th attack. All that was written to stderr."""
        text, peers, killed = "", None, False
        while block := cls.read(terminal):
            text += block
            if "checking 1/" in text and peers is None:
                peers = cls.children(started.pid)
            elif "checking 50/" in text and not killed and "checking 100/" not in text:
                peers &= cls.children(started.pid)
            elif "checking 100/" in text and not killed:
                cls.kill_one(started.pid, peers)
                killed = True
        os.close(terminal)
        return text

    @staticmethod
    def read(terminal: int) -> str:
        try:
            return os.read(terminal, 4096).decode()
        except OSError:  # EIO: the other end is closed
            return ""

    @staticmethod
    def stat(process: int) -> list[str]:
        """State and parent, of proc_pid_stat(5)."""
        try:
            return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            return ["", ""]

    @classmethod
    def children(cls, parent: int) -> set[int]:
        processes = {int(entry) for entry in os.listdir("/proc") if entry.isdigit()}
        return {process for process in processes if cls.stat(process)[1] == str(parent)}

    @classmethod
    def kill_one(cls, parent: int, peers: set[int]) -> None:
        while not any(cls.kill(probe) for probe in cls.children(parent) - peers):
            pass

    @classmethod
    def kill(cls, probe: int) -> bool:
        """Stops it first: one that had just ended would not be killed."""
        try:
            os.kill(probe, signal.SIGSTOP)
        except ProcessLookupError:
            return False
        while (state := cls.stat(probe)[0]) in ("R", "S", "D"):
            pass
        if state != "T":
            return False
        os.kill(probe, signal.SIGKILL)
        return True

    def test_what_gets_through_is_said(self) -> None:
        self.assertEqual((self.returncode, self.document["layers"]), (1, []))
        rows = {row["attack"]: row["verdict"] for row in self.document["attacks"]}
        for name in "execute a program", "trace it", "read /etc/passwd":
            self.assertEqual(rows[name], "through")

    def test_a_probe_that_breaks_concerns_its_row_alone(self) -> None:
        broken = 0
        for row in self.document["attacks"]:
            stages = [row["unconfined"], row["setup"], row["encoding"], row["steady"]]
            broken += [stage["outcome"] for stage in stages].count("broken")
            broken += len(row["alone_broken"])
        self.assertEqual(broken, 1)
        self.assertLessEqual(self.document["not_entered_alone"].keys(), {"securebits"})

    def test_progress_is_shown_and_wiped(self) -> None:
        count = len(self.document["attacks"])
        self.assertEqual(re.findall(r"\rchecking (\d+)/(\d+)", self.errors),
                         [(str(i + 1), str(count)) for i in range(count)])
        self.assertRegex(self.errors,
                         r"\r\x1b\[K[^\r]*hlsgen: \d+ of \d+ attacks were not stopped\s+$")


class Table(unittest.TestCase):
    """For people, of a run in a folder with a blank in its name."""

    @classmethod
    def setUpClass(cls) -> None:
        with tempfile.TemporaryDirectory(prefix="hlsgen check ") as folder:
            os.chmod(folder, 0o755)
            started = start(identities()[0], ("--out", folder), stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
            cls.during = wait_for_file(folder, started)
            cls.output, cls.errors = started.communicate()
            cls.returncode, cls.after = started.returncode, os.listdir(folder)

    def test_nothing_is_left_behind(self) -> None:
        self.assertRegex(" ".join(self.during), r"^hlsgen-check-\w{6}$")
        self.assertEqual((self.returncode, self.errors, self.after), (0, "", []))

    def test_begins_with_what_was_checked(self) -> None:
        user = identities()[0]
        started = "root" if user == "root" else r"\w\S*"
        self.assertRegex(self.output, rf"^hlsgen \d\S+, Linux \d\S+, strict, "
                                      rf"started as {started}, runs as (?!root)\w\S*\n\n")

    def test_says_the_same(self) -> None:
        table = {name.strip(): (setup.strip(), encoding.strip(), steady.strip(), verdict, alone)
                 for name, setup, encoding, steady, verdict, alone in ROW.findall(self.output)}
        self.assertEqual(table, {name: self.as_in_table(row) for name, row
                                 in attacks(check(identities()[0], "--json")).items()})

    @staticmethod
    def as_in_table(row: dict) -> tuple[str, ...]:
        def words(outcome: dict) -> str:
            return outcome.get("error") or outcome["outcome"]

        filters = "seccomp,seccomp-worker,seccomp-steady"
        alone = ",".join(row["alone"]).replace(filters, "filters") or "none"
        if is_refused_anyway(row):
            alone = f"(unconfined: {words(row['unconfined'])})"
        return (words(row["setup"]), words(row["encoding"]), words(row["steady"]), row["verdict"],
                alone)


def wait_for_file(folder: str, started: subprocess.Popen) -> list[str]:
    while not os.listdir(folder) and started.poll() is None:
        time.sleep(0.01)
    return os.listdir(folder)


class Interrupted(unittest.TestCase):
    def test_leaves_nothing_behind(self) -> None:
        with tempfile.TemporaryDirectory(prefix="hlsgen check ") as folder:
            os.chmod(folder, 0o755)
            started = start(identities()[0], ("--out", folder), stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
            wait_for_file(folder, started)
            started.send_signal(signal.SIGINT)
            output, errors = started.communicate()
            self.assertEqual((started.returncode, output, os.listdir(folder)), (75, "", []))
            self.assertIn("interrupted", errors)


if __name__ == "__main__":
    main()
