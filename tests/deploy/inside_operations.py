# SPDX-License-Identifier: GPL-2.0-or-later
"""What test_operations.py runs in the container: the commands of the manual, section by section.

They are run in the order of the manual, each block by a shell of its own, as root, in the checkout.
A section about a trouble has a scene: what makes the trouble before, and looks at the end whether
what the manual says has ended it.
"""
import doctest
import json
import os
import re
import shutil
import subprocess
import unittest
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import monitoring
import runbook
from origin import CHECKOUT, wait_until
from service import SERVICE, ask, journal, show
from tap import main

OUT = Path("/var/hls")
DROP_INS = Path("/etc/systemd/system", f"{SERVICE}.d")
ENVIRONMENT = {**os.environ, "LD_LIBRARY_PATH": "/usr/local/lib/hlsgen", "HOME": "/root"}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def get(path: str) -> bytes | None:
    """What nginx answers; None for an error."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:17080{path}", timeout=5) as answer:
            return answer.read()
    except OSError:
        return None


def is_healthy() -> bool:
    return get("/health") is not None


def is_whole() -> bool:
    status = is_healthy() and get("/status.json")
    return bool(status) and not json.loads(status)["degraded"]


def run_old_service() -> None:
    ask("chown", "-R", "hls:hls", str(OUT))
    ask("systemctl", "enable", "--now", SERVICE)


def stop_publishing() -> None:
    ask("systemctl", "stop", SERVICE)
    wait_until(lambda: not is_healthy(), "the end of health", 0.1)


def start_otherwise(command: str) -> None:
    """Starts it with the drop-in that the manual names, and another command line; it may fail."""
    DROP_INS.mkdir(exist_ok=True)
    (DROP_INS / "preset.conf").write_text(f"[Service]\nExecStart=\nExecStart={command}\n")
    ask("systemctl", "daemon-reload")
    subprocess.run(["systemctl", "restart", SERVICE], stderr=subprocess.DEVNULL)


def start_wrongly() -> None:
    start_otherwise("/usr/local/bin/hlsgen --preset 720q --out /var/hls")


def violate() -> None:
    """Another program stands in: hlsgen makes no call that is not allowed."""
    start_otherwise("/usr/bin/sh -c 'echo confinement violated call=mprotect number=10 arch=x86_64"
                    " ip=0x7f3a phase=steady segment=890 >&2; exit 80'")


def fill_directory() -> None:
    """With a file of somebody else's, to the last byte; of the tmpfs that Budgets has mounted."""
    if not OUT.is_mount():
        raise RuntimeError(f"{OUT} is no file system of its own")
    with open(OUT / "core.1234", "wb", buffering=0) as file:
        with suppress(OSError):
            while file.write(bytes(4096)):
                pass
    wait_until(lambda: "cannot publish" in journal()[-1]["MESSAGE"], "a fault", 0.1)


def start_unconfined() -> None:
    start_otherwise("/usr/local/bin/hlsgen --preset 720p-ultrafast --out /var/hls --sandbox=off")


def stop_server() -> None:
    ask("systemctl", "stop", "nginx")


def close_directory() -> None:
    OUT.chmod(0o700)


SCENES: dict[str, Callable[[], None]] = {
    "In the place of ffmpeg": run_old_service,
    "Nothing is published": stop_publishing,
    "hlsgen has ended": start_wrongly,
    "A violation": violate,
    "Faults of the disk": fill_directory,
    "Degraded": start_unconfined,
    "nginx does not answer": stop_server,
    "403 and 404": close_directory,
}


class Manual(unittest.TestCase):
    def test_every_scene_has_its_section(self) -> None:
        titles = {section.title for section in runbook.sections() if section.blocks}
        self.assertEqual(set(SCENES) - titles, set())

    def test_every_block_is_of_sh_or_what_it_prints(self) -> None:
        fences = runbook.FENCE.findall(runbook.TEXT)
        blocks = [block for section in runbook.sections() for block in section.blocks]
        self.assertEqual(len(fences), len(blocks) + sum(block.output is not None
                                                        for block in blocks))

    def test_links_lead_somewhere(self) -> None:
        for file, anchor in re.findall(r"\]\(([\w.-]*)(#[\w-]+)?\)", runbook.TEXT):
            with self.subTest(file + anchor):
                self.assertTrue(not file or (CHECKOUT / "doc" / file).exists())
                self.assertIn(anchor, runbook.anchors() | {""})

    def test_commands_in_the_text(self) -> None:
        """What has words behind the name of a program is one; it ends with 0 where all is well."""
        for command in runbook.inline_code():
            name, _, arguments = command.partition(" ")
            if arguments and shutil.which(name):
                with self.subTest(command):
                    self.run_block(runbook.Block(command + "\n", 0, None))

    def test_nginx_exporter_tells_what_the_dashboard_shows(self) -> None:
        """Node exporter has network devices, too, but loopback, which alone there is in here."""
        with urllib.request.urlopen("http://127.0.0.1:9113/metrics") as answer:
            told = monitoring.metrics_of(answer.read().decode())
        shown = monitoring.metrics_in(monitoring.panel_expressions())
        self.assertLess({name for name in shown if name.startswith("nginx_")}, told)

    def test_codes_are_those_of_hlsgen(self) -> None:
        manual = (CHECKOUT / "doc/hlsgen.1.scd").read_text().partition("# EXIT STATUS")[2]
        codes = set(re.findall(r"^\*(\d+)\*$", manual, re.MULTILINE)) - {"0", "1"}
        rows = re.findall(r"^\| (\d+)(\*?) \|", runbook.TEXT, re.MULTILINE)
        self.assertEqual({code for code, _ in rows}, codes)
        final = set(show("RestartPreventExitStatus").split()) - {"SYS"}
        self.assertEqual({code for code, star in rows if star}, final)

    def go_through(self, section: runbook.Section) -> None:
        SCENES.get(section.title, lambda: None)()
        for block in section.blocks:
            self.run_block(block)
        wait_until(is_whole, f"a good origin after {section.title}", 0.1)

    def run_block(self, block: runbook.Block) -> None:
        done = subprocess.run(["sh", "-eu", "-c", block.script], cwd=CHECKOUT, env=ENVIRONMENT,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        told = f"{block.script}ended with {done.returncode} and printed\n{done.stdout}"
        self.assertEqual(done.returncode, block.code, told)
        if block.output is not None:
            fits = doctest.OutputChecker().check_output(block.output, done.stdout, FLAGS)
            self.assertTrue(fits, f"{told}and not\n{block.output}")


def add_sections() -> None:
    """A case for each section with commands, in their order."""
    for number, section in enumerate(runbook.sections()):
        if section.blocks:
            name = f"test_{number:02}_{section.title.lower().replace(' ', '_')}"
            setattr(Manual, name, lambda self, section=section: self.go_through(section))


add_sections()

if __name__ == "__main__":
    main()
