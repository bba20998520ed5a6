# SPDX-License-Identifier: GPL-2.0-or-later
"""What test_service.py runs in the container, as root, with systemd as init."""
import os
import pwd
import signal
import stat
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

from conformance import select
from conformance.observe import Directory, Expect, Observation, observe
from origin import segments, sequence, wait_until
from realtime import MACHINE, RealTime
from service import SERVICE, ask, journal, main_pid, show
from tap import main, note

PROGRAM = "/usr/local/bin/hlsgen"
OUT = Path("/var/hls")
UNITS = Path("/usr/local/lib/systemd/system")
MINUTE = 60
WINDOW = 10


def playlist() -> bytes:
    return (OUT / "stream.m3u8").read_bytes()


class Case(RealTime):
    """Each case begins with a service that runs as installed."""

    def setUp(self) -> None:
        ask("systemctl", "restart", SERVICE)

    def drop_in(self, text: str) -> None:
        """Changes the service until the end of the case."""
        file = Path(f"/run/systemd/system/{SERVICE}.d/test.conf")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("[Service]\n" + text)
        ask("systemctl", "daemon-reload")
        self.addCleanup(ask, "systemctl", "daemon-reload")
        self.addCleanup(file.unlink, missing_ok=True)  # first: the last added comes first

    def wait_for_another(self, pid: int) -> None:
        """Until the service is active again, as another process."""
        wait_until(lambda: main_pid() not in (0, pid) and show("ActiveState") == "active",
                   "a restart", 0.05)


class Installed(Case):
    def test_systemd_finds_no_fault(self) -> None:
        """systemd-analyze ends with 0 after a warning, too: it is to say nothing."""
        names = [path.name for path in UNITS.iterdir() if path.is_file()]
        self.assertEqual(len(names), 4, names)
        self.assertEqual(ask("systemd-analyze", "verify", "--man=no", *names), "")
        self.assertEqual(ask("systemd-analyze", "verify", "--man=no", "nginx.service"), "")

    def test_user_and_directory(self) -> None:
        user = pwd.getpwnam("hls")
        self.assertTrue(user.pw_shell.endswith("/nologin"), user.pw_shell)
        status = OUT.stat()
        self.assertEqual((status.st_uid, status.st_gid), (user.pw_uid, user.pw_gid))
        self.assertEqual(stat.S_IMODE(status.st_mode), 0o755)


class Service(Case):
    def test_exposure(self) -> None:
        text = ask("systemd-analyze", "security", "--no-pager", SERVICE)
        self.assertIn(f"Overall exposure level for {SERVICE}: 0.1 ", text)

    def test_status(self) -> None:
        self.assertEqual(show("ActiveState"), "active")
        wait_until(lambda: show("StatusText").startswith("Publishing, newest segment "),
                   "the status")

    def test_place(self) -> None:
        self.assertEqual(show("ControlGroup"), f"/hls.slice/hls-generator.slice/{SERVICE}")
        status = Path(f"/proc/{main_pid()}/status").read_text()
        user = pwd.getpwnam("hls").pw_uid
        self.assertIn("Uid:" + 4 * f"\t{user}", status)

    def test_files_are_for_the_web_server(self) -> None:
        for name in ["stream.m3u8", *segments(playlist())]:
            status = (OUT / name).stat()
            self.assertEqual(stat.S_IMODE(status.st_mode), 0o644)
            self.assertEqual(status.st_uid, pwd.getpwnam("hls").pw_uid)

    def test_log(self) -> None:
        """Lines have the priority that hlsgen gave them, and nobody else writes any."""
        lines = journal()
        texts = [line["MESSAGE"] for line in lines]
        note("\n".join(texts[:3]))
        self.assertTrue([text for text in texts if text.startswith("confined layers=")])
        self.assertEqual([line for line in lines if line["PRIORITY"] not in "56"], [])
        self.assertEqual([text for text in texts if text.startswith(("<", "hlsgen:"))], [])


class Faults(Case):
    def start(self, command: str) -> tuple[str, int]:
        """Starts another command in the place of hlsgen; the state when that has ended, and how."""
        self.drop_in(f"RestartSec=1h\nPrivatePIDs=no\nExecStart=\nExecStart={command}\n")
        subprocess.run(["systemctl", "restart", SERVICE], stderr=subprocess.DEVNULL)
        end = show("SubState"), int(show("ExecMainStatus"))
        ask("systemctl", "stop", SERVICE)
        return end

    def test_wrong_settings(self) -> None:
        wrong = Path("/usr/local/share/hlsgen/presets/wrong.conf")
        wrong.write_text("[stream]\nwindow = none\n")
        self.addCleanup(wrong.unlink)
        for arguments, code in (("--out", 64), ("--out /var/hls --preset wrong", 65),
                                ("--out /var/hls --preset ./none.conf", 66),
                                ("--out /var/hls --user none", 78)):
            with self.subTest(arguments):
                self.assertEqual(self.start(f"{PROGRAM} {arguments}"), ("failed", code))
                self.assertEqual(journal()[-1]["PRIORITY"], "3")

    def test_only_what_may_pass_is_started_again(self) -> None:
        """Another program stands in for hlsgen, to end in every way; -31 is SIGSYS."""
        python = "/usr/bin/python3 -c 'import os, sys; code = int(sys.argv[1]); " \
            "code < 0 and os.kill(os.getpid(), -code); os._exit(code)'"
        for codes, state in (((64, 65, 66, 77, 78, 80, -31), "failed"),
                             ((69, 70, 71, 73, 74, 81, -9), "auto-restart")):
            for code in codes:
                with self.subTest(code):
                    self.assertEqual(self.start(f"{python} {code}"), (state, abs(code)))

    def test_crash(self) -> None:
        pid = main_pid()
        os.kill(pid, signal.SIGSEGV)
        self.wait_for_another(pid)
        self.assertEqual(show("NRestarts"), "1")


class Stream(Case):
    def watch(self, act) -> Observation:
        """A minute of the stream, and what `act` does meanwhile."""
        seen = []
        watcher = threading.Thread(
            target=lambda: seen.append(observe(Directory(OUT), MINUTE)), daemon=True)
        watcher.start()
        act()
        watcher.join()
        return seen[0]

    def restart_and_kill(self) -> None:
        """Twice each, evenly spread; a player's next playlist is then not due for a while."""
        for _ in range(2):
            self.wait_for_new_segment(MINUTE / 6)
            ask("systemctl", "restart", SERVICE)
            self.wait_for_new_segment(MINUTE / 6)
            pid = main_pid()
            os.kill(pid, signal.SIGKILL)
            self.wait_for_another(pid)

    def wait_for_new_segment(self, after: float) -> None:
        time.sleep(after)
        before = playlist()
        wait_until(lambda: playlist() != before, "a new segment")

    def test_a_minute_with_restarts_and_kills_has_no_seam(self) -> None:
        seen = self.watch(self.restart_and_kill)
        seen.expect = Expect(video_bitrate=2_000_000, primaries=6, matrix=6)
        results = self.assert_rules(seen)
        note(f"{len(seen.versions)} playlists, {len(select(results, 'pass'))} rules")

    def test_a_hang_ends_without_a_seam(self) -> None:
        self.drop_in("WatchdogSec=2s\n")
        ask("systemctl", "restart", SERVICE)
        before, pid = playlist(), main_pid()
        bytes_before = {name: (OUT / name).read_bytes() for name in segments(before)}
        os.kill(pid, signal.SIGSTOP)
        self.wait_for_another(pid)
        self.assertEqual(show("NRestarts"), "1")
        wait_until(lambda: sequence(playlist()) > sequence(before), "a new segment")
        after = playlist()
        self.assertLessEqual(sequence(after), sequence(before) + WINDOW)
        for name in segments(after):
            data = (OUT / name).read_bytes()
            self.assertEqual(data, bytes_before.get(name, data), name)


class Leases(Case):
    def test_end_withdraws_them(self) -> None:
        """By the drop-in of doc/replicas.md."""
        self.drop_in("ExecStopPost=/usr/bin/sh -c 'rm -f /var/hls/hlsgen.alive-*'\nRestartSec=5s\n")
        ask("systemctl", "restart", SERVICE)
        wait_until(self.leases, "leases")
        pid = main_pid()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not self.leases(), "their end")
        self.assertNotEqual(show("ActiveState"), "active")  # so it was not by a new one
        self.wait_for_another(pid)
        wait_until(self.leases, "leases again")

    def leases(self) -> list[Path]:
        return list(OUT.glob("hlsgen.alive-*"))


class Server(Case):
    def test_nginx_serves_under_its_drop_in(self) -> None:
        ask("systemctl", "restart", "nginx.service")
        self.assertEqual(show("ControlGroup", "nginx.service"),
                         "/hls.slice/hls-nginx.slice/nginx.service")
        for name in ["stream.m3u8", *segments(playlist())[-1:]]:
            with urllib.request.urlopen(f"http://127.0.0.1:17080/{name}") as answer:
                self.assertGreater(len(answer.read()), 0)


class Check(Case):
    def test_every_attack_is_stopped_in_the_service(self) -> None:
        self.drop_in("Type=oneshot\nRemainAfterExit=yes\nRestart=no\nTimeoutStartSec=infinity\n"
                     "ExecStart=\n"
                     f"ExecStart={PROGRAM} --check-sandbox --out /var/hls\n")
        subprocess.run(["systemctl", "restart", SERVICE], stderr=subprocess.DEVNULL)
        table = "\n".join(line["MESSAGE"] for line in journal())
        self.assertEqual(show("ExecMainStatus"), "0", table)
        note(next(line for line in table.splitlines() if " attacks: " in line))


if __name__ == "__main__":
    MACHINE.root = 1  # the service is no descendant of the test
    main()
