# SPDX-License-Identifier: GPL-2.0-or-later
"""What NixOS would make of nix/module.nix: evaluated, and laid out as systemd would find it.

HLSGEN is the program in its build directory; what `meson install` installs from there stands in
for the package.
"""

import configparser
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from origin import CHECKOUT, PROGRAM, nginx_program

HERE = Path(__file__).resolve().parent
BUILD = Path(PROGRAM).resolve().parent
PREFIX = "/usr/local"
SERVICE = "hls-generator.service"
SHIPPED = sorted(path.stem for path in (CHECKOUT / "presets").glob("*.conf"))

# Configurations that are refused, and what is said of them.
REFUSED = (
    ({"preset": "720p"}, r"services\.hlsgen\.preset' is not of type.*one of"),
    ({"outDir": "hls"}, r"services\.hlsgen\.outDir' is not of type"),
    ({"outDir": "/srv/a b"}, r"services\.hlsgen\.outDir' is not of type"),
    ({"budgets": {"disk": "lots"}}, r"services\.hlsgen\.budgets\.disk' is not of type"),
    ({"streams": 0}, r"services\.hlsgen\.streams' is not of type.*between 1 and 9999"),
    ({"nginx": {"port": 80}}, r"services\.hlsgen\.nginx\.port' is not of type"),
    ({"sandbox": "lax"}, r"services\.hlsgen\.sandbox' is not of type.*best-effort"),
    ({"rungs": 5}, r"services\.hlsgen\.rungs' does not exist"),
    ({"settings": {"stream": {"segment-duration": "2 s"}, "budget": {"disk": "64MB"}}},
     r'segment-duration is "2 s", but must be a number and one of these units: h, min, ms, s'),
)
# Those that fail an assertion.
CONTRADICTORY = (
    ({"preset": "4k-abr", "settings": {"stream": {"window": 6}}}, "either preset or settings"),
    ({"settings": {"stream": {"window": 6}}}, "Set budget.disk in it"),
)


class EvaluationError(Exception):
    """What nix-instantiate said, on one line."""


class Package:
    """A folder with what is installed, and the store of Nix: no path in either has a blank."""

    def __init__(self) -> None:
        self.temporary = tempfile.TemporaryDirectory(prefix="hlsgen-test-")
        self.folder = Path(self.temporary.name)
        self.folder.chmod(0o755)
        subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir",
                        self.folder], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        self.path = self.folder / PREFIX.lstrip("/")
        units = self.path / "lib/systemd/system"
        for file in [*units.glob("*.service"), *units.glob("*.d/*.conf")]:
            file.write_text(re.sub(rf"{PREFIX}\b", str(self.path), file.read_text()))
        shutil.copy(CHECKOUT / "nix/store.conf", units / f"{SERVICE}.d")
        self.nginx = self.folder / "nginx"
        (self.nginx / "bin").mkdir(parents=True)
        (self.nginx / "bin/nginx").symlink_to(nginx_program() or "/usr/sbin/nginx")

    def close(self) -> None:
        self.temporary.cleanup()

    def instantiate(self, file: Path, **arguments: object) -> str:
        """The value of a Nix file in JSON, with a store of our own."""
        store = self.folder / "nix"
        environment = os.environ | {f"NIX_{name}_DIR": str(store / name.lower())
                                    for name in ("STORE", "STATE", "LOG", "CONF")}
        command = ["nix-instantiate", "--option", "build-users-group", "", "--eval",
                   "--read-write-mode", "--strict", "--json", str(file)]
        for name, value in arguments.items():
            command += ["--argstr", name, str(value)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise EvaluationError(" ".join(done.stderr.split()))
        return done.stdout

    def evaluate(self, *configurations: dict, file: Path = HERE / "evaluate.nix",
                 **arguments: object) -> list[dict]:
        """What NixOS would make of each; EvaluationError when of one nothing."""
        text = self.instantiate(file, package=self.path, nginx=self.nginx,
                                configurations=json.dumps(configurations), **arguments)
        return json.loads(text)

    def lay_out(self, evaluated: dict, folder: Path) -> Path:
        """The units as NixOS lays them out: what a package has as well is a drop-in."""
        shutil.copytree(self.path / "lib/systemd/system", folder)
        for name, text in evaluated["units"].items():
            if (folder / name).exists():
                drop_ins = folder / f"{name}.d"
                drop_ins.mkdir(exist_ok=True)
                (drop_ins / "overrides.conf").write_text(text)
            elif text:
                (folder / name).write_text(text)
        return folder


def written(word: str, folder: Path) -> str:
    """The preset file that a command line names; the stand-in has it in the place of its folder."""
    return shutil.copy(Path(word).parent, folder / Path(word).name)


def parts(folder: Path, name: str) -> list[str]:
    """The texts of a unit in the order in which systemd reads them."""
    return [path.read_text() for path in (folder / name, *sorted((folder / f"{name}.d").glob("*")))]


def directives(*texts: str) -> dict[str, list[str]]:
    """What a unit comes to, by SECTION.NAME; an empty value forgets those before it."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in "\n".join(texts).splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif re.match(r"\w+=", line):
            name, _, value = line.partition("=")
            values = found.setdefault(f"{section}.{name}", [])
            values[:] = [*values, value] if value else []
    return found


def read_preset(name: str) -> dict[str, dict[str, str]]:
    """A shipped preset, as values of services.hlsgen.settings."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(CHECKOUT / "presets" / f"{name}.conf")
    return {section: dict(parser[section]) for section in parser.sections()}


def in_bytes(text: str) -> int:
    number, unit = re.fullmatch(r"([\d.]+)(kB|MB|GB)", text).groups()
    return int(float(number) * {"kB": 10 ** 3, "MB": 10 ** 6, "GB": 10 ** 9}[unit])
