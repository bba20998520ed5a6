# SPDX-License-Identifier: GPL-2.0-or-later
"""hlsgen --check-sandbox: every attack is stopped, as root, as a plain user, and in a container.

What the check says of each layer alone is also the proof of the layers: without the layer in
question the attack would get through.
"""

import json
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest
from functools import cache

from tap import main

PROGRAM = os.environ.get("HLSGEN", "hlsgen")
DENY = os.environ.get("DENY", "deny")
NOBODY = 65534
FILTERS = {"seccomp", "seccomp-steady"}
STOPPED = {"refused", "trapped", "killed"}

# What a container without user namespaces refuses: clone() only with CLONE_NEWUSER.
CONTAINER = ("unshare", "clone/0x10000000", "mount", "pivot_root", "keyctl")

# Attack, who starts the check, the layers that stop it, the two filters aside.
PROOFS = [
    ("find a key of the session", "root user", {"keyring"}),
    ("send by UDP", "root user", {"namespaces", "root"}),  # the root is made in the namespaces
    ("find System V shared memory", "user", {"namespaces", "root"}),
    ("ask whether a path exists", "root user", {"root"}),
    ("connect to a socket by its path", "user", {"root"}),
    ("open too many files", "user", {"rlimits"}),
    ("raise the limit of memory", "root user", {"rlimits"}),
    ("keep capabilities", "root", {"securebits"}),
    ("become root", "root", {"user"}),
    ("slow a process down", "root", {"capabilities"}),
    ("trace it", "root user", {"no-dump"}),
    ("open its memory as a file", "root user", {"no-dump"}),
    ("make memory executable", "root user", {"mdwe"}),
    ("bind a TCP port", "root user", {"landlock"}),
    ("rename a directory", "user", {"landlock"}),
    ("open a TCP socket", "root user", set()),
    ("call by int 0x80", "root user", set()),
    ("replace the directory's descriptor", "root user", set()),
]


def setUpModule() -> None:
    if os.environ.get("SANITIZED"):
        raise unittest.SkipTest("a build with sanitizers has no system-call filter")


def identities() -> list[str]:
    return ["root", "user"] if os.geteuid() == 0 else ["user"]


def become_nobody() -> None:
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def command(options: tuple[str, ...], denied: tuple[str, ...]) -> list[str]:
    deny = [DENY, *denied, "--"] if denied else []
    return [*deny, PROGRAM, "--check-sandbox", *options]


@cache
def check(identity: str, *options: str, denied: tuple[str, ...] = ()):
    """A run of the check, ended; the same one for all who ask for the same."""
    return subprocess.run(
        command(options, denied), capture_output=True, text=True, cwd="/",
        preexec_fn=become_nobody if identity == "user" and os.geteuid() == 0 else None)


def attacks(done) -> dict[str, dict]:
    """The attacks of a JSON document, by their names."""
    return {row["attack"]: row for row in json.loads(done.stdout)["attacks"]}


class Check(unittest.TestCase):
    def assert_all_stopped(self, done) -> None:
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        rows = attacks(done)
        self.assertGreaterEqual(len(rows), 80)
        for name, row in rows.items():
            with self.subTest(name):
                self.assertEqual(row["verdict"], "stopped")
                self.assertIn(row["setup"]["outcome"], STOPPED)
                self.assertIn(row["steady"]["outcome"], STOPPED)
        self.assertEqual(json.loads(done.stdout)["sums"]["stopped"], len(rows))

    def test_all_are_stopped(self) -> None:
        for identity in identities():
            with self.subTest(identity):
                self.assert_all_stopped(check(identity, "--json"))

    def test_all_are_stopped_in_a_container(self) -> None:
        for identity in identities():
            with self.subTest(identity):
                done = check(identity, "--json", denied=CONTAINER)
                self.assert_all_stopped(done)
                self.assertLessEqual(
                    {"keyring(seccomp)", "namespaces(landlock)", "root(landlock)"},
                    set(json.loads(done.stdout)["missing"]))

    def test_most_attacks_mean_something(self) -> None:
        """An attack that is refused unconfined says nothing; for root few are."""
        for identity in identities():
            with self.subTest(identity):
                sums = json.loads(check(identity, "--json").stdout)["sums"]
                self.assertLess(sums["refused_anyway"], sums["attacks"] / 3)

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

    def test_the_table_says_the_same(self) -> None:
        identity = identities()[0]
        done = check(identity)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        rows = re.findall(r"^  (\S.{37}) (.{11}) (.{11}) (\S+) +(.*)$", done.stdout, re.MULTILINE)
        table = {name.strip(): (setup.strip(), steady.strip(), verdict, alone)
                 for name, setup, steady, verdict, alone in rows}
        self.assertEqual(table, {name: self.as_in_table(row) for name, row
                                 in attacks(check(identity, "--json")).items()})

    @staticmethod
    def as_in_table(row: dict) -> tuple[str, ...]:
        def words(outcome: dict) -> str:
            return outcome.get("error") or outcome["outcome"]

        alone = ",".join(row["alone"]) or "none"
        if row["unconfined"]["outcome"] != "through":
            alone = f"(unconfined: {words(row['unconfined'])})"
        return words(row["setup"]), words(row["steady"]), row["verdict"], alone

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
        """But for no_new_privs: what makes a set-user-ID program harmless runs none at all, as do
        others. It is proven by being among them."""
        if "root" not in identities():
            self.skipTest("root alone can make a set-user-ID program of root's")
        proven = set().union(*(layers for _, _, layers in PROOFS)) | FILTERS | {"no-new-privs"}
        done = json.loads(check("root", "--json").stdout)
        self.assertEqual(set(done["layers"]), proven)
        row = attacks(check("root", "--json"))["become root by a set-user-ID program"]
        self.assertEqual(row["unconfined"], {"outcome": "through"})
        self.assertIn("no-new-privs", row["alone"])

    def test_the_steady_filter_stops_more(self) -> None:
        for identity in identities():
            row = attacks(check(identity, "--json"))["take more memory than its share"]
            self.assertEqual(set(row["alone"]), {"rlimits", "seccomp-steady"})


class Failure(unittest.TestCase):
    """What is not confined is not said to be."""

    def assert_through(self, done, *names: str) -> None:
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"^\S*hlsgen: \d+ of \d+ attacks were not stopped\n$")
        for name in names:
            with self.subTest(name):
                self.assertEqual(attacks(done)[name]["verdict"], "through")

    def test_without_filters(self) -> None:
        done = check(identities()[0], "--json", "--sandbox=best-effort", denied=("seccomp",))
        self.assert_through(done, "open a TCP socket", "map executable memory")
        self.assertEqual(json.loads(done.stdout)["missing"], ["seccomp", "seccomp-steady"])

    def test_without_landlock_and_root(self) -> None:
        denied = (*CONTAINER, "landlock_create_ruleset")
        done = check("user", "--json", "--sandbox=best-effort", denied=denied)
        self.assert_through(done, "create by ..", "create by a symbolic link")

    def test_off(self) -> None:
        done = check("user", "--json", "--sandbox=off")
        self.assert_through(done, "execute a program", "trace it", "read /etc/passwd")
        self.assertEqual(json.loads(done.stdout)["layers"], [])

    def test_strict_needs_every_layer(self) -> None:
        done = check("user", "--json", denied=("landlock_create_ruleset",))
        self.assertEqual((done.returncode, done.stdout), (77, ""))
        self.assertIn("cannot enter landlock", done.stderr)

    def test_no_place_for_a_scene(self) -> None:
        done = check("user", "--out", "/nowhere")
        self.assertEqual((done.returncode, done.stdout), (73, ""))
        self.assertIn("/nowhere: No such file", done.stderr)


class Traces(unittest.TestCase):
    """Nothing is left behind, in a folder with a blank in its name."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="hlsgen check ")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.chmod(self.folder, 0o755)

    def run_check(self, **options) -> subprocess.Popen:
        return subprocess.Popen(command(("--out", self.folder), ()), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, **options)

    def test_out(self) -> None:
        started = self.run_check()
        self.addCleanup(started.communicate)
        while not os.listdir(self.folder) and started.poll() is None:
            time.sleep(0.01)
        self.assertRegex(" ".join(os.listdir(self.folder)), r"^hlsgen-check-\w{6}$")
        _, errors = started.communicate()
        self.assertEqual((started.returncode, errors, os.listdir(self.folder)), (0, "", []))

    def test_interrupted(self) -> None:
        started = self.run_check()
        while not os.listdir(self.folder) and started.poll() is None:
            time.sleep(0.01)
        started.send_signal(signal.SIGINT)
        output, errors = started.communicate()
        self.assertEqual((started.returncode, output, os.listdir(self.folder)), (75, "", []))
        self.assertIn("interrupted", errors)


if __name__ == "__main__":
    main()
