# SPDX-License-Identifier: GPL-2.0-or-later
"""The NixOS module, evaluated with a stand-in of nixpkgs' library: what it makes of the shipped
units, nginx's configuration and presets, and that these work. test_nixpkgs.py has the real one."""

import re
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from nixos import (CONTRADICTORY, REFUSED, SERVICE, SHIPPED, EvaluationError, Package, directives,
                   in_bytes, parts, read_preset, written)
from conformance.observe import Http
from origin import (CHECKOUT, PROGRAM, Hlsgen, Server, make_out, run, scratch, segments,
                    wait_until)
from tap import main, note

# What nginx, which is never root here, does not need of the drop-in, or needs otherwise.
NGINX_CHANGES = {"Service.ReadWritePaths", "Service.ExecPaths", "Service.CapabilityBoundingSet",
                 "Service.SystemCallFilter"}
EXPOSURE = {SERVICE: 0.1, "hls-nginx.service": 1.1}


def setUpModule() -> None:
    global package
    package = Package()
    unittest.addModuleCleanup(package.close)


def tmpfs_size(evaluated: dict, out: str = "/var/hls") -> int:
    options = evaluated["fileSystems"][out]["options"]
    size = next(option for option in options if option.startswith("size="))
    return int(re.fullmatch(r"size=(\d+)k", size)[1]) * 1024


class Units(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory(prefix="hlsgen-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.plain, cls.ladder, cls.many = package.evaluate(
            {}, {"preset": "4k-abr"},
            {"streams": 900, "budgets": {"disk": "15GB", "memory": "2GB", "cpu": "300%"},
             "outDir": "/srv/hls", "user": "streamer", "group": "web"})
        cls.folders = {name: package.lay_out(getattr(cls, name), Path(folder.name, name))
                       for name in ("plain", "ladder", "many")}

    def unit(self, kind: str, name: str = SERVICE) -> dict[str, list[str]]:
        return directives(*parts(self.folders[kind], name))

    def test_no_assertion_fails(self) -> None:
        for evaluated in (self.plain, self.ladder, self.many):
            self.assertEqual(evaluated["failed"], [])

    def test_systemd_finds_no_fault(self) -> None:
        for folder in self.folders.values():
            names = [path for path in folder.iterdir() if path.is_file()]
            self.assertEqual(len(names), 5, names)
            with self.subTest(folder):
                self.assertEqual(run("env", f"SYSTEMD_UNIT_PATH={folder}:", "systemd-analyze",
                                     "verify", "--man=no", *names), "")

    def test_exposure(self) -> None:
        for folder in self.folders.values():
            for name, most in EXPOSURE.items():
                text = run("env", f"SYSTEMD_UNIT_PATH={folder}:", "systemd-analyze", "security",
                           "--no-pager", "--offline=true", folder / name)
                score = float(re.search(r"Overall exposure level for \S+: ([\d.]+) ", text)[1])
                note(f"{folder.name}: {name} {score}")
                self.assertLessEqual(score, most)

    def test_unit_is_the_shipped_one(self) -> None:
        """With the preset that it is made for: but that programs and libraries are in the store."""
        folder = package.path / "lib/systemd/system"
        shipped = directives((folder / SERVICE).read_text(),
                             (folder / f"{SERVICE}.d/confinement.conf").read_text())
        for name in ("Service.BindReadOnlyPaths", "Service.ExecPaths"):
            shipped[name].append("/nix/store")
        shipped["Unit.RequiresMountsFor"].append("/var/hls")
        for name in ("Service.User", "Service.Group"):
            shipped[name] *= 2
        shipped["Install.WantedBy"] *= 2
        self.assertEqual(self.unit("plain"), shipped)

    def test_other_configurations_change_limits_and_paths_alone(self) -> None:
        plain = self.unit("plain")
        limits = {f"Service.{name}" for name in ("ExecStart", "MemoryHigh", "MemoryMax",
                                                 "CPUQuota")}
        places = {"Service.User", "Service.Group", "Service.BindPaths", "Service.ReadWritePaths",
                  "Service.LimitNOFILE", "Unit.RequiresMountsFor"}
        for kind, names in (("ladder", limits), ("many", limits | places)):
            unit = self.unit(kind)
            self.assertEqual({name for name in plain | unit if plain.get(name) != unit.get(name)},
                             names)

    def test_many_streams_may_open_their_directories(self) -> None:
        limit = self.unit("many")["Service.LimitNOFILE"][-1]
        with scratch() as folder:
            done = subprocess.run(["sh", "-c", 'ulimit -n "$1" && shift && exec "$@"', "sh", limit,
                                   PROGRAM, "--preset", "720p-ultrafast", "--streams", "900",
                                   "--disk-budget", "1MB", "--out", folder / "hls"],
                                  capture_output=True, text=True)
        self.assertIn("on disk", done.stderr)

    def test_another_directory_is_the_only_one_to_write_to(self) -> None:
        unit = self.unit("many")
        self.assertEqual(unit["Service.ReadWritePaths"], ["/srv/hls"])
        self.assertIn("/srv/hls", unit["Service.BindPaths"])
        self.assertIn("/srv/hls", self.many["fileSystems"])
        self.assertIn("d /srv/hls 0755 streamer web", self.many["tmpfiles"])

    def test_directories_are_the_shipped_ones(self) -> None:
        text = (CHECKOUT / "sandbox/systemd/hlsgen.tmpfiles").read_text()
        self.assertEqual(self.plain["tmpfiles"],
                         [line for line in text.splitlines() if line.startswith("d ")])
        self.assertIn("u hls ", (CHECKOUT / "sandbox/systemd/hlsgen.sysusers").read_text())
        self.assertEqual(self.plain["user"]["group"], "hls")

    def test_nginx_is_confined_as_by_the_drop_in(self) -> None:
        shipped = directives((CHECKOUT / "sandbox/systemd/nginx.service.d.conf").read_text())
        unit = self.unit("plain", "hls-nginx.service")
        self.assertEqual({name for name, value in shipped.items() if unit.get(name) != value},
                         NGINX_CHANGES)
        self.assertEqual(unit["Service.CapabilityBoundingSet"], [])
        self.assertEqual(unit["Service.SystemCallFilter"],
                         [*shipped["Service.SystemCallFilter"], "~@privileged @resources"])

    def test_slices_hold_the_limits_and_nest_by_name(self) -> None:
        """systemd refuses a Slice= in a slice: its limit would then hold for nothing."""
        for kind in self.folders:
            service = self.unit(kind)
            for name in ("hls-generator.slice", "hls.slice"):
                unit = self.unit(kind, name)
                self.assertNotIn("Slice.Slice", unit)
                with self.subTest(kind, name=name):
                    self.assertGreaterEqual(self.size(unit["Slice.MemoryMax"]),
                                            self.size(service["Service.MemoryMax"]))
            self.assertEqual(service["Service.Slice"], ["hls-generator.slice"])
            quota = [int(unit["CPUQuota"][-1].rstrip("%")) for unit in (
                {name.partition(".")[2]: value for name, value in each.items()}
                for each in (self.unit(kind, "hls-generator.slice"), service))]
            self.assertGreaterEqual(quota[0], quota[1])

    @staticmethod
    def size(values: list[str]) -> int:
        """systemd's units are binary."""
        number, unit = re.fullmatch(r"(\d+)([MG]?)", values[-1]).groups()
        return int(number) << {"": 0, "M": 20, "G": 30}[unit]

    def test_limits_leave_the_budgets_free(self) -> None:
        """Those of memory slow down who comes near; and files on a tmpfs are memory."""
        for kind, memory, disk in (("ladder", "192MB", "200MB"), ("many", "2GB", "15GB")):
            unit = self.unit(kind)
            self.assertGreaterEqual(self.size(unit["Service.MemoryHigh"]),
                                    in_bytes(memory) + in_bytes(disk))
            self.assertGreater(self.size(unit["Service.MemoryMax"]),
                               self.size(unit["Service.MemoryHigh"]))


class Presets(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.shipped = dict(zip(SHIPPED, package.evaluate(*({"preset": name} for name in SHIPPED))))

    def command(self, evaluated: dict) -> list[str]:
        return shlex.split(directives(evaluated["units"][SERVICE])["Service.ExecStart"][0])

    def test_tmpfs_holds_the_stream(self) -> None:
        """It is as large as the budget, which hlsgen compares with what it needs."""
        for name, evaluated in self.shipped.items():
            with self.subTest(name), scratch() as folder:
                budget = in_bytes(read_preset(name)["budget"]["disk"])
                self.assertEqual(tmpfs_size(evaluated), -(-budget // 4096) * 4096)
                done = subprocess.run([PROGRAM, "--preset", name, "--out", str(folder / "hls"),
                                       "--disk-budget", "1MB"], capture_output=True, text=True)
                need = re.search(r"needs up to (\d+ \w+) on disk", done.stderr)
                note(f"{name}: {need[1]} of {budget // 10 ** 6} MB")
                self.assertLessEqual(in_bytes(need[1].replace(" ", "")), tmpfs_size(evaluated))

    def test_tmpfs_is_of_hlsgen_and_holds_no_program(self) -> None:
        for evaluated in self.shipped.values():
            self.assertLessEqual({"mode=0755", "uid=hls", "gid=hls", "nosuid", "nodev", "noexec"},
                                 set(evaluated["fileSystems"]["/var/hls"]["options"]))

    def test_program_takes_the_arguments(self) -> None:
        """Every option that the module can give, and a % that systemd is not to expand."""
        evaluated, = package.evaluate({
            "preset": str(CHECKOUT / "presets/low-latency.conf"), "streams": 2,
            "sandbox": "best-effort",
            "budgets": {"memory": "300MB", "cpu": "40%", "disk": "16MB"}})
        line = directives(evaluated["units"][SERVICE])["Service.ExecStart"][0]
        self.assertIn("--cpu-budget 40%%", line)
        words = [word.replace("%%", "%") for word in shlex.split(line)]
        self.assertTrue(words[2].endswith("/low-latency.conf"), words)
        with scratch() as folder:
            words[2] = written(words[2], folder)
            printed = run(PROGRAM, *words[1:], "--print-preset")
        for setting in ("memory = 300MB", "cpu = 40%", "disk = 16MB", "segment-duration = 1s"):
            self.assertIn(f"\n{setting}\n", printed)

    def test_settings_make_the_same_preset(self) -> None:
        """Each shipped preset, written out as settings: hlsgen reads the same from it."""
        settings = {name: read_preset(name) for name in SHIPPED}
        evaluated = package.evaluate(*({"settings": value} for value in settings.values()))
        for name, each in zip(settings, evaluated):
            with self.subTest(name), scratch() as folder:
                file = written(self.command(each)[2], folder)
                self.assertEqual(self.sections(file), self.sections(name))
                self.assertEqual(each["fileSystems"], self.shipped[name]["fileSystems"])

    def sections(self, preset: str) -> list[str]:
        """What hlsgen reads from a preset; sections may come in any order."""
        text = run(PROGRAM, "--preset", preset, "--print-preset")
        return sorted(re.split(r"\n\n?(?=\[)", text.strip())[1:])

    def test_bad_options_are_refused_with_a_reason(self) -> None:
        for configuration, reason in REFUSED:
            with self.subTest(configuration), self.assertRaisesRegex(EvaluationError, reason):
                package.evaluate(configuration)
        evaluated = package.evaluate(*(configuration for configuration, _ in CONTRADICTORY))
        for each, (_, reason) in zip(evaluated, CONTRADICTORY):
            with self.subTest(reason):
                self.assertTrue([m for m in each["failed"] if reason in m], each["failed"])


class EvaluatedNginx(Server):
    """nginx with the configuration of the module, but for its paths and its port."""

    def __init__(self, evaluated: dict, root: Path, run: Path) -> None:
        super().__init__(run)
        line = directives(evaluated["units"]["hls-nginx.service"])["Service.ExecStart"][0]
        self.words = shlex.split(line)
        text = Path(self.words[-1]).read_text()
        for old, new in (("/var/hls", root), ("/run/hls-nginx", run),
                         ("listen 17080", f"listen 127.0.0.1:{self.port}")):
            assert old in text, old
            text = text.replace(old, str(new))
        self.configuration.write_text(text)

    def command(self, *arguments: str) -> list[str]:
        places = {"/run/hls-nginx": str(self.run), self.words[-1]: str(self.configuration)}
        return [places.get(word, word) for word in self.words] + list(arguments)


class Origin(unittest.TestCase):
    def evaluate(self, preset: str) -> dict:
        evaluated, = package.evaluate({"preset": preset, "metrics": {"enable": True},
                                       "openFirewall": True})
        return evaluated

    def test_nginx_accepts_its_configuration(self) -> None:
        for preset in ("4k-abr", "low-latency"):
            with self.subTest(preset), scratch() as folder:
                (folder / "hls").mkdir()
                server = EvaluatedNginx(self.evaluate(preset), folder / "hls", folder / "run")
                self.assertNotRegex(server.configuration.read_text(), "@[A-Z_]+@")
                self.assertNotRegex(run(*server.command("-t")), "warn|emerg|error")
                server.held.close()

    def test_4k_abr_serves_five_renditions(self) -> None:
        """The line of the unit makes them, and what nginx serves has them all."""
        names = [name for name in read_preset("4k-abr") if name.startswith("rendition ")]
        evaluated = self.evaluate("4k-abr")
        with scratch() as folder:
            out = make_out(folder)
            line = directives(evaluated["units"][SERVICE])["Service.ExecStart"][0]
            hlsgen = Hlsgen(out)
            hlsgen.command = [str(out) if word == "/var/hls" else word
                              for word in shlex.split(line)]
            with hlsgen, EvaluatedNginx(evaluated, out, folder / "run") as server:
                ask = Http(server.url).ask
                for path in ("master.m3u8", "health", "metrics"):  # a moment after stream.m3u8
                    wait_until(lambda: ask(path).status == 200, path)
                variants = segments(ask("master.m3u8").body)
                self.assertEqual(len(variants), len(names))
                self.assertEqual(len(variants), 5)
                sizes = {self.newest_segment(ask, variant) for variant in variants}
                self.assertEqual(len(sizes), 5, "each has its own bit rate")
                listed = ask(f"files/{segments(hlsgen.read())[-1]}")
                self.assertEqual((listed.status, listed.get("Content-Type")), (200, "video/mp2t"))
                self.assertEqual(ask("").get("Content-Type"), "text/html")
                self.assertIn(b"\nhlsgen_healthy 1\n", ask("metrics").body)

    def newest_segment(self, ask, playlist: str) -> int:
        """Its size, as it was served."""
        folder = playlist.rpartition("/")[0]
        name = segments(ask(playlist).body)[-1]
        answer = ask(f"{folder}/{name}" if folder else name)
        self.assertEqual(answer.status, 200, playlist)
        return len(answer.body)

    def test_exporters_and_firewall(self) -> None:
        evaluated = self.evaluate("4k-abr")
        self.assertEqual(sorted(evaluated["ports"]), [9100, 9113, 17080])
        self.assertEqual(evaluated["textfile"], ["--collector.textfile.directory=/var/hls"])
        self.assertEqual(evaluated["scrape"], "http://127.0.0.1:17080/nginx_status")
        self.assertEqual(package.evaluate({})[0]["ports"], [])


@unittest.skipUnless(shutil.which("apparmor_parser"), "apparmor_parser is not installed")
class AppArmor(unittest.TestCase):
    def test_profile_compiles_without_a_warning(self) -> None:
        """For the features that the profile names, whatever the kernel here has of them."""
        evaluated, = package.evaluate({"outDir": "/srv/hls"})
        with scratch() as folder:
            (folder / "local").mkdir()
            (folder / "local/hlsgen").write_text(evaluated["apparmorLocal"])
            (folder / "hlsgen").write_text(evaluated["apparmor"])
            command = ["apparmor_parser", "--skip-kernel-load", "--skip-cache", "--kernel-features",
                       "/etc/apparmor.d/abi/3.0", "--warn=all", "--Werror", "--Include", folder]
            self.assertEqual(run(*command, folder / "hlsgen"), "")
            text = run(*command, "--preprocess", folder / "hlsgen")
        self.assertIn("/srv/hls/{,*/} rwk,", text)


class Secrets(unittest.TestCase):
    def test_there_is_no_key_and_no_password(self) -> None:
        for path in [*(CHECKOUT / "nix").iterdir(), CHECKOUT / "flake.nix"]:
            self.assertNotRegex(path.read_text(), r"(?i)ssh-|authorizedKeys|password *=|-----BEGIN")


if __name__ == "__main__":
    main()
