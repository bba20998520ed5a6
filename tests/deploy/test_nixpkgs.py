# SPDX-License-Identifier: GPL-2.0-or-later
"""The NixOS module with the real modules and library of nixpkgs: all types and assertions hold, and
it comes to what it does with the stand-in of test_nix.py.

NIXPKGS is the path of a nixpkgs, of which lib/ and nixos/ are read. Nothing is built."""

import json
import os
import re
import unittest

from nixos import CONTRADICTORY, HERE, REFUSED, EvaluationError, Package, directives
from tap import main, note

# What is asked for that is no package of this name is an error of ours.
MISSING = re.compile(r"attribute '([\w+-]+)' missing|error: ([\w.+-]+) cannot be found in pkgs")
CONFIGURATIONS = (
    {},
    {"preset": "4k-abr", "metrics": {"enable": True}, "openFirewall": True},
    {"settings": {"stream": {"window": 6}, "budget": {"disk": "32MB"}}},
    {"streams": 900, "budgets": {"disk": "15GB", "memory": "2GB", "cpu": "300%"},
     "outDir": "/srv/hls", "user": "hls", "sandbox": "best-effort"},
)


class Nixpkgs(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.package = Package()
        cls.addClassCleanup(cls.package.close)
        cls.names: list[str] = []

    def evaluate(self, *configurations: dict) -> list[dict]:
        """With the names of all packages that the modules ask for, which differ by version."""
        while True:
            try:
                return self.package.evaluate(
                    *configurations, file=HERE / "nixpkgs.nix", nixpkgs=os.environ["NIXPKGS"],
                    names=json.dumps(self.names))
            except EvaluationError as error:
                missing = MISSING.search(str(error))
                name = missing and (missing[1] or missing[2])
                if not name or name in self.names:
                    raise
                self.names.append(name)

    def test_comes_to_what_it_does_with_the_stand_in(self) -> None:
        real = self.evaluate(*CONFIGURATIONS)
        note(f"packages named: {' '.join(self.names)}")
        for configuration, a, b in zip(CONFIGURATIONS, real,
                                       self.package.evaluate(*CONFIGURATIONS)):
            with self.subTest(configuration):
                self.assertEqual(a["failed"], [])
                for name in b["units"]:
                    self.assertEqual(self.unit(a, name), self.unit(b, name))
                for name in ("textfile", "scrape"):
                    self.assertEqual(a[name], b[name])
                self.assertLessEqual(set(b["tmpfiles"]), set(a["tmpfiles"]))
                self.assertLessEqual(set(b["packages"]), set(a["packages"]))
                self.assertEqual(sorted(a["ports"]), sorted(b["ports"]))
                for place, mount in b["fileSystems"].items():
                    self.assertEqual(a["fileSystems"][place], mount)

    def unit(self, evaluated: dict, name: str) -> dict[str, list[str]]:
        """Its directives, but for the environment that NixOS gives every service; and what was
        written to a store by its name."""
        text = re.sub(r"/\S*/[0-9a-z]{32}-", "STORE/", evaluated["units"][name])
        return {name: value for name, value in directives(text).items()
                if name != "Service.Environment"}

    def test_bad_options_are_refused_with_a_reason(self) -> None:
        for configuration, reason in REFUSED:
            with self.subTest(configuration), self.assertRaisesRegex(EvaluationError, reason):
                self.evaluate(configuration)
        for configuration, reason in CONTRADICTORY:
            evaluated, = self.evaluate(configuration)
            self.assertTrue([m for m in evaluated["failed"] if reason in m], evaluated["failed"])


if __name__ == "__main__":
    main()
