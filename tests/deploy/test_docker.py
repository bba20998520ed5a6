# SPDX-License-Identifier: GPL-2.0-or-later
"""The Dockerfile, and deploy/docker: they agree with each other, with the preset and with `dev`.
They are read, not run; test_images.py builds and runs them."""
import json
import re
import shlex
import unittest

import yaml
from origin import CHECKOUT
from tap import main
from test_manifests import Budget, Images
from tree import complaints

DOCKER = CHECKOUT / "deploy" / "docker"
DOCKERFILE = (CHECKOUT / "Dockerfile").read_text()
MIB = 1 << 20


class Dockerfile(unittest.TestCase):
    def test_shell(self) -> None:
        """Comments are no part of a command; each RUN is a script of its own."""
        text = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE).replace("\\\n", "")
        scripts = re.findall(r"^RUN (.*)", text, re.MULTILINE)
        self.assertGreater(len(scripts), 5)
        for script in scripts:
            said = complaints("sh", "-c", 'echo "$1" | shellcheck --shell sh -', "sh", script)
            self.assertEqual(said, "", script)

    def test_one_base(self) -> None:
        stages = re.findall(r"^FROM (\S+) AS (\w+)$", DOCKERFILE, re.MULTILINE)
        self.assertEqual(len(stages), len(re.findall("^FROM", DOCKERFILE, re.MULTILINE)))
        names = {name for _, name in stages}
        self.assertEqual({base for base, _ in stages} - names, {"debian:bookworm-slim"})
        self.assertEqual(stages[-1][1], "hlsgen")

    def test_player_is_that_of_dev(self) -> None:
        self.assertIn(re.search(r"hls\.js@[\d.]+", DOCKERFILE)[0],
                      (CHECKOUT / "dev").read_text())

    def test_nothing_secret_or_built_goes_in(self) -> None:
        ignored = (CHECKOUT / ".dockerignore").read_text().split()
        self.assertLessEqual({".git", "build*/", "live"}, set(ignored))


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        whole = yaml.safe_load((DOCKER / "compose.yaml").read_text())
        cls.services = whole["services"]
        cls.options = whole["volumes"]["stream"]["driver_opts"]
        cls.volume = dict(option.partition("=")[::2] for option in cls.options["o"].split(","))

    def test_limits_are_the_budgets(self) -> None:
        service = self.services["hlsgen"]
        budget = Budget(service["command"])
        limit = int(service["mem_limit"].removesuffix("m")) * MIB
        self.assertGreaterEqual(limit, budget.memory + budget.disk)
        self.assertLess(limit - budget.memory - budget.disk, budget.disk)
        self.assertEqual(service["memswap_limit"], service["mem_limit"])
        self.assertEqual(service["cpus"], budget.cores)

    def test_users(self) -> None:
        images = Images()
        uid, gid = images.user(self.services["hlsgen"]["image"])
        self.assertEqual((int(self.volume["uid"]), int(self.volume["gid"])), (uid, gid))
        web = images.user(self.services["nginx"]["image"])
        self.assertNotEqual(web[0], uid)
        self.assertIn("uid={},gid={}".format(*web), self.services["nginx"]["tmpfs"][0])

    def test_all_that_can_be_taken_is_taken(self) -> None:
        for name, service in self.services.items():
            with self.subTest(name):
                self.assertTrue(service["read_only"])
                self.assertEqual(service["cap_drop"], ["ALL"])
                self.assertIn("no-new-privileges:true", service["security_opt"])
                self.assertNotIn("privileged", service)
                self.assertGreater(service["pids_limit"], 0)
        self.assertEqual(self.services["hlsgen"]["network_mode"], "none")
        self.assertIn("stream:/var/hls:ro", self.services["nginx"]["volumes"])
        self.assertLessEqual({"nosuid", "nodev", "noexec"}, set(self.volume))

    def test_readme_runs_the_same(self) -> None:
        text = (DOCKER / "README.md").read_text()
        command = re.search(r"^    docker run --name.*?(?=\n\n)", text, re.M | re.S)[0]
        words = shlex.split(command.replace("\\\n", ""))
        service = self.services["hlsgen"]
        for option, value in {"--memory": service["mem_limit"], "--cpus": str(service["cpus"]),
                              "--memory-swap": service["memswap_limit"],
                              "--pids-limit": str(service["pids_limit"]),
                              "--network": service["network_mode"]}.items():
            self.assertEqual(words[words.index(option) + 1], value)
        self.assertEqual(words[words.index(service["image"]) + 1:], service["command"])
        volume = re.search(r"^    docker volume .*?(?=\n    docker)", text, re.M | re.S)[0]
        made = shlex.split(volume.replace("\\\n", ""))
        options = dict(made[i + 1].split("=", 1) for i, word in enumerate(made) if word == "--opt")
        self.assertEqual(options, self.options)
        self.assertEqual(words[words.index("--volume") + 1], f"{made[-1]}:/var/hls")


class Filter(unittest.TestCase):
    def test_seccomp_profile(self) -> None:
        profile = json.loads((DOCKER / "seccomp.json").read_text())
        self.assertEqual(profile["defaultAction"], "SCMP_ACT_ERRNO")
        names = [name for rule in profile["syscalls"] for name in rule["names"]]
        layers = next(rule["names"] for rule in profile["syscalls"]
                      if rule["comment"] == "Its layers")
        self.assertFalse({"ptrace", "bpf", "connect", "init_module"} & set(names))
        self.assertIn(f"these calls and {len(set(names)) - len(layers)} others",
                      (DOCKER / "README.md").read_text())


if __name__ == "__main__":
    main()
