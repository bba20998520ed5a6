# SPDX-License-Identifier: GPL-2.0-or-later
"""Alert rules, example configuration and dashboard: promtool takes them, each alert is tested both
ways, and what they name is there, in a report of hlsgen and in the manual."""
import re
import subprocess
import unittest

import runbook
from monitoring import (DASHBOARD, EXAMPLE, RULES, TESTS, dashboard, find_promtool, metrics_in,
                        metrics_of, panel_expressions, rule_expressions)
from origin import Hlsgen, make_out, scratch, wait_until
from tap import main, note

SEVERITIES = {"critical", "warning", "info"}
COLUMNS = 24  # of Grafana's grid


def ask_promtool(*arguments: object, text: str | None = None) -> subprocess.CompletedProcess:
    return subprocess.run([find_promtool(), *map(str, arguments)], input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def alerts() -> dict[str, dict[str, str]]:
    """By their names, the last value of each key."""
    blocks = re.split(r"^ +- alert: (\w+)\n", RULES.read_text(), flags=re.MULTILINE)[1:]
    return {name: dict(re.findall(r"^ +(\w+): (.*)", block, re.MULTILINE))
            for name, block in zip(blocks[::2], blocks[1::2])}


class Promtool(unittest.TestCase):
    def accept(self, *arguments: object, text: str | None = None) -> None:
        done = ask_promtool(*arguments, text=text)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_configuration_and_rules(self) -> None:
        self.accept("check", "config", EXAMPLE)

    def test_alerts_fire_and_do_not(self) -> None:
        self.accept("test", "rules", TESTS)

    def test_queries_of_the_dashboard(self) -> None:
        """As recording rules, which they might be."""
        rules = "".join(f"  - record: panel:{number}\n    expr: >-\n      {text}\n"
                        for number, text in enumerate(panel_expressions()))
        with scratch() as folder:
            file = folder / "panels.yml"
            file.write_text(f"groups:\n- name: panels\n  rules:\n{rules}")
            self.accept("check", "rules", file)


class Alerts(unittest.TestCase):
    def test_each_is_tested_both_ways(self) -> None:
        cases = re.findall(r"alertname: (\w+)\n +exp_alerts:( \[\])?", TESTS.read_text())
        for name in alerts():
            with self.subTest(name):
                self.assertIn((name, ""), cases)
                self.assertIn((name, " []"), cases)

    def test_each_says_how_bad_it_is(self) -> None:
        self.assertEqual({alert["severity"] for alert in alerts().values()}, SEVERITIES)

    def test_each_is_in_the_manual(self) -> None:
        """In the table, and in the section that it sends to."""
        row = r"^\| (Hlsgen\w+) \| .* \[.*\]\((#\S+)\) \|$"
        table = dict(re.findall(row, runbook.TEXT, re.MULTILINE))
        found = {name: alert["runbook_url"].removeprefix("doc/operations.md")
                 for name, alert in alerts().items()}
        self.assertEqual(found, table)
        self.assertEqual(set(found.values()) - runbook.anchors(), set())


class Metrics(unittest.TestCase):
    def test_all_that_are_named_are_reported(self) -> None:
        reported = self.report("--preset=720p-ultrafast")
        named = {name for name in metrics_in(rule_expressions() + panel_expressions())
                 if name.startswith("hlsgen_")}
        note(f"{len(named)} of {len(reported)} metrics are named")
        self.assertEqual(named - reported, set())

    def report(self, *arguments: str) -> set[str]:
        """The names in a report, after promtool has looked at it."""
        with scratch() as folder:
            with Hlsgen(make_out(folder), *arguments) as hlsgen:
                file = hlsgen.out / "hlsgen.prom"
                wait_until(file.exists, "hlsgen.prom")
                text = file.read_text()
        done = ask_promtool("check", "metrics", text=text)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        return metrics_of(text)


class Dashboard(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.board = dashboard()
        cls.panels = cls.board["panels"]

    def test_can_be_imported(self) -> None:
        """Without an identity in somebody's data base, and in a form that is migrated."""
        self.assertIsNone(self.board["id"])
        self.assertGreaterEqual(self.board["schemaVersion"], 36)

    def test_panels_have_identities(self) -> None:
        ids = [panel["id"] for panel in self.panels]
        self.assertEqual(ids, sorted(set(ids)))

    def test_panels_do_not_overlap(self) -> None:
        taken = {}
        for panel in self.panels:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], COLUMNS, panel["title"])
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    self.assertEqual(taken.setdefault((x, y), panel["title"]), panel["title"])

    def test_data_source_and_host_are_chosen(self) -> None:
        """By variables, which everything that asks for data uses."""
        instance = self.board["templating"]["list"][1]
        asking = [instance, *self.board["annotations"]["list"],
                  *(panel for panel in self.panels if panel["type"] != "row")]
        for entry in asking:
            self.assertEqual(entry["datasource"],
                             {"type": "prometheus", "uid": "${datasource}"}, entry)
        for text in re.findall(r'"expr": (.*)', DASHBOARD.read_text()):
            self.assertIn("$instance", text)

    def test_queries_of_a_panel_are_told_apart(self) -> None:
        for panel in self.panels:
            names = [target["refId"] for target in panel.get("targets", [])]
            self.assertEqual(names, sorted(set(names)), panel["title"])


if __name__ == "__main__":
    main()
