# SPDX-License-Identifier: GPL-2.0-or-later
"""Leases, and --health, which asks for one: whatever stops publication, whatever others do to the
files, and where nothing is published."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

import metrics
from origin import ARGUMENTS, PATIENCE, PROGRAM, is_about_run, segments, wait_until
from reporting import (LEASE, QUICK, Case, health, is_leased, lacking, leases, metrics_of,
                       status_of)
from tap import main, note


class Stopped(Case):
    """Whatever stops publication, soon there is no lease."""

    def assert_ends_soon(self, stopped: float) -> None:
        self.assertLessEqual(leases(self.out)[-1] + LEASE - stopped, 2 * LEASE)
        said = self.wait_unhealthy()
        since = datetime.fromtimestamp(leases(self.out)[-1] + LEASE, timezone.utc)
        self.assertIn(since.strftime("%Y-%m-%dT%H:%M:%S.000Z"), said)

    def test_kill(self) -> None:
        with self.hlsgen() as run:
            self.assert_healthy()
            run.stop(signal.SIGKILL)
            self.assert_ends_soon(time.time())

    def test_stop(self) -> None:
        with self.hlsgen() as run:
            run.freeze()
            self.assert_ends_soon(time.time())
            run.thaw()
            wait_until(lambda: health(self.out).returncode == 0, "health", 0.1)

    def test_signal(self) -> None:
        with self.hlsgen() as run:
            run.stop()
            self.assert_healthy()
            self.assert_ends_soon(time.time())

    def test_end_of_the_stream(self) -> None:
        with self.hlsgen("--follow", "2") as run:
            self.assertEqual(run.wait(), 0, run.errors)
        status = status_of(self.out)
        self.assertEqual((status["healthy"], status["streams"]["ended"]), (False, 1))
        self.assertFalse(is_leased(self.out))
        self.wait_unhealthy()

    def test_restart_leaves_no_seam(self) -> None:
        seams = 0
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM):
            with self.hlsgen() as run:
                looks = 200
                while looks > 0:
                    seams += not is_leased(self.out)
                    looks -= 1
                    time.sleep(0.002)
                run.stop(number)
        self.assertEqual(seams, 0)
        self.assertLessEqual(len(leases(self.out)), 3)

    def test_stale_ones_go_and_foreign_ones_stay(self) -> None:
        foreign = ("hlsgen.alive-x", "hlsgen.alive-", "hlsgen.alive-17", "hlsgen.alive-015",
                   "hlsgen.alive-15~", "status.json~", "hlsgen.prom.old")
        stale = ("hlsgen.alive-0", "hlsgen.alive-15", "hlsgen.alive-1795366765",
                 "hlsgen.alive-9223372030", ".hlsgen-alive.tmp", ".hlsgen-status.tmp")
        for name in (*stale, *foreign):
            (self.out / name).write_text("stale")
        with self.hlsgen():
            left = leases(self.out)
            self.assertGreater(left[0], time.time() - 3 * LEASE)
            self.assertLess(left[-1], time.time() + 2 * LEASE)
            self.assertLessEqual(len(left), 3)
        for name in foreign:
            self.assertEqual((self.out / name).read_text(), "stale")
        self.assertFalse((self.out / ".hlsgen-alive.tmp").exists())


class Others(Case):
    """What others do to the files is healed, or told once; and publication goes on."""

    def test_removed_ones_are_made_anew(self) -> None:
        with self.hlsgen() as run:
            for name in os.listdir(self.out):
                if is_about_run(name):
                    (self.out / name).unlink(missing_ok=True)
            run.process.send_signal(signal.SIGUSR1)
            wait_until(lambda: is_leased(self.out) and (self.out / "status.json").exists()
                       and (self.out / "hlsgen.prom").exists(), "all of them")
            self.assert_healthy()

    def test_links_are_replaced_and_lead_nowhere(self) -> None:
        aim = self.folder / "aim"
        aim.write_text("mine")
        with self.hlsgen() as run:
            for name in ("status.json", "hlsgen.prom", f"hlsgen.alive-{leases(self.out)[-1]}"):
                (self.out / name).unlink()
                (self.out / name).symlink_to(aim)
            run.process.send_signal(signal.SIGUSR1)
            wait_until(lambda: not any(path.is_symlink() for path in self.out.iterdir()), "files")
        self.assertEqual(aim.read_text(), "mine")

    def test_a_lease_that_cannot_be_renewed_degrades(self) -> None:
        """Whoever asks for it is told that nothing is published, and that is told here."""
        with self.hlsgen() as run:
            place = self.out / f"hlsgen.alive-{leases(self.out)[-1]}"
            place.unlink()
            place.mkdir()
            status = run.ask()
            self.assertEqual((status["healthy"], status["degraded"]), (True, True))
            place.rmdir()
            status = run.ask()
            self.assertEqual(status["degraded"], bool(lacking(status)))

    def test_directories_are_told_once(self) -> None:
        places = [self.out / "status.json", self.out / "hlsgen.prom"]
        with self.hlsgen() as run:
            for place in places:
                place.unlink()
                place.mkdir()
                (place / "file").write_text("mine")
            target = int(segments(run.read())[-1][3:-3]) + 7
            wait_until(lambda: int(segments(run.read())[-1][3:-3]) > target, "segments")
            self.assert_healthy()
            for place in places:
                shutil.rmtree(place)
            wait_until(lambda: all(place.is_file() for place in places), "files")
        told = [line for line in run.errors.splitlines() if "status.json" in line]
        self.assertEqual(len(told), 2, run.errors)
        self.assertIn("cannot write status.json, hlsgen.prom and leases, trying again: no"
                      " permission, or a directory stands in the place of a file", told[0])
        self.assertIn("can write status.json, hlsgen.prom and leases again", told[1])


class Room(Case):
    """On a tmpfs that somebody else fills."""

    def mount(self) -> Path:
        """A tmpfs on the directory, in a mount namespace that a sleeper keeps, seen from here."""
        script = ('mount -t tmpfs -o "size=9m,mode=0777" none "$1" || exit\n'
                  'echo mounted\nexec sleep 600')
        keeper = subprocess.Popen(["unshare", "-m", "sh", "-c", script, "sh", self.out],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(keeper.stdout.close)
        self.addCleanup(keeper.wait)
        self.addCleanup(keeper.kill)
        said = keeper.stdout.readline()
        if said != "mounted\n":
            self.skipTest(f"cannot mount a tmpfs: {said.strip()}")
        self.enter = ["nsenter", "-t", str(keeper.pid), "-m"]
        return Path(f"/proc/{keeper.pid}/root") / self.out.relative_to("/")

    def fill(self, seen: Path) -> None:
        with (seen / "filler").open("wb", buffering=0) as filler:
            try:
                while filler.write(bytes(4096)) > 0:
                    pass
            except OSError as error:
                self.assertEqual(error.errno, 28)

    def test_full_disk(self) -> None:
        seen = self.mount()
        command = [*self.enter, PROGRAM, *ARGUMENTS, "--preset", "720p-clock", "--out",
                   str(self.out), *QUICK]
        with (self.folder / "log").open("w+") as log, \
                subprocess.Popen(command, stderr=log) as run:
            try:
                wait_until(lambda: (seen / "status.json").exists(), "a status")
                self.fill(seen)
                wait_until(lambda: not is_leased(seen), "the end of the leases")
                self.assertEqual(health(self.out).returncode, os.EX_UNAVAILABLE)
                self.assertLess(leases(seen)[-1], time.time() - LEASE)
                (seen / "filler").unlink()
                wait_until(lambda: is_leased(seen), "health")
                wait_until(lambda: status_of(seen)["healthy"]
                           and status_of(seen)["streams"]["failing"] == 0, "an end of it")
                status = status_of(seen)
            finally:
                run.send_signal(signal.SIGTERM)
            self.assertEqual(run.wait(PATIENCE), 0)
        self.assertGreater(status["faults"]["space"], 0)
        self.assertEqual(status["faults"]["io"], 0)
        # Whether more than a window was missed depends on when the leases ended.
        self.assertGreater(status["segments"]["late"] + status["segments"]["skipped"], 0)
        self.assertGreater(metrics.value(metrics_of(seen), "hlsgen_publish_faults_total",
                                         kind="space"), 0)
        note(f"{status['faults']['space']} attempts failed")


class Asked(Case):
    """--health, where nothing is published."""

    def assert_unavailable(self, out: Path | str, words: str) -> None:
        run = health(out)
        self.assertEqual((run.returncode, run.stdout), (os.EX_UNAVAILABLE, ""))
        self.assertEqual(run.stderr, f"hlsgen: {words}\n")

    def test_nobody_ever_did(self) -> None:
        self.assert_unavailable(self.out, f"no hlsgen has published into {self.out}")
        self.assertEqual(os.listdir(self.out), [])

    def test_there_is_no_directory(self) -> None:
        missing = self.out / "missing"
        self.assert_unavailable(missing, f"cannot look into {missing}: No such file or directory")
        file = self.out / "file"
        file.touch()
        self.assert_unavailable(file, f"cannot look into {file}: Not a directory")

    def test_foreign_names_count_for_nothing(self) -> None:
        present = int(time.time()) // LEASE * LEASE
        for name in ("x", "", f"0{present}", f"{present}~", present + 1):
            (self.out / f"hlsgen.alive-{name}").touch()
        (self.out / f"hlsgen.alive-{present}").mkdir()
        (self.out / f"hlsgen.alive-{present + LEASE}").symlink_to("/dev/null")
        self.assertEqual(health(self.out).returncode, os.EX_UNAVAILABLE)

    def test_leases_of_another_time(self) -> None:
        (self.out / "hlsgen.alive-1000000000").touch()
        self.assertIn("since 2001-09-09T01:46:45.000Z seconds=", health(self.out).stderr)
        (self.out / "hlsgen.alive-9000000000").touch()
        self.assert_unavailable(self.out, f"{self.out} is alive until 2255-03-14T16:00:05.000Z, but"
                                " not now: the clock was stepped back")

    def test_wrong_usage(self) -> None:
        run = subprocess.run([PROGRAM, "--health"], text=True, capture_output=True,
                             timeout=PATIENCE)
        self.assertEqual((run.returncode, run.stdout), (os.EX_USAGE, ""))
        self.assertIn("--health goes with --out", run.stderr)

    def test_any_user_may_ask(self) -> None:
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")
        nobody = pwd.getpwnam("nobody")
        with self.hlsgen(), tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            copy = shutil.copy(PROGRAM, folder)  # the build may be closed to other users
            run = health(self.out, executable=copy, user=nobody.pw_uid, group=nobody.pw_gid,
                         extra_groups=[])
            self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "publishing\n", ""))

    def test_it_changes_nothing(self) -> None:
        (self.out / "hlsgen.alive-1000000000").touch()
        before = {path.name: path.stat() for path in [self.out, *self.out.iterdir()]}
        health(self.out)
        after = {path.name: path.stat() for path in [self.out, *self.out.iterdir()]}
        self.assertEqual(before, after)


if __name__ == "__main__":
    main()
