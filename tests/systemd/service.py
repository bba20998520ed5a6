# SPDX-License-Identifier: GPL-2.0-or-later
"""The service as what runs in the container sees it, through the tools of systemd."""
import json
import subprocess

SERVICE = "hls-generator.service"


def ask(*command: str) -> str:
    """What a command prints, and complains of; it must end with 0."""
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stdout}")
    return done.stdout


def show(name: str, unit: str = SERVICE) -> str:
    return ask("systemctl", "show", "--value", f"--property={name}", unit).strip()


def main_pid() -> int:
    return int(show("MainPID"))


def journal() -> list[dict]:
    """What the service itself has logged since it was started last."""
    ask("journalctl", "--sync")
    text = ask("journalctl", "--output=json", f"_SYSTEMD_UNIT={SERVICE}",
               f"_SYSTEMD_INVOCATION_ID={show('InvocationID')}")
    return [json.loads(line) for line in text.splitlines()]
