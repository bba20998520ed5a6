# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads what deploy/ has for Prometheus and Grafana, and finds promtool, which judges it."""
import json
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from origin import CHECKOUT

RULES = CHECKOUT / "deploy/prometheus/alerts.yml"
TESTS = CHECKOUT / "deploy/prometheus/alerts_test.yml"
EXAMPLE = CHECKOUT / "deploy/prometheus/prometheus.yml"
DASHBOARD = CHECKOUT / "deploy/grafana/hlsgen.json"

METRIC = re.compile(r"\b(?:hlsgen|nginx|node)_[a-z0-9_]+\b")


def dashboard() -> dict:
    return json.loads(DASHBOARD.read_text())


def panel_expressions() -> list[str]:
    """Every query of the dashboard, with something in the place of what Grafana fills in."""
    found = [target["expr"] for panel in dashboard()["panels"]
             for target in panel.get("targets", [])]
    found += [entry["expr"] for entry in dashboard()["annotations"]["list"]]
    return [text.replace("$__rate_interval", "1m").replace("$instance", ".*") for text in found]


def rule_expressions() -> list[str]:
    """Of each alert, as it stands in the file."""
    return re.findall(r"^ {8}expr: (.*(?:\n {10}.*)*)", RULES.read_text(), re.MULTILINE)


def metrics_in(expressions: list[str]) -> set[str]:
    """The names that they use: of a histogram's series, that of the histogram."""
    return {re.sub(r"_(bucket|sum|count)$", "", name)
            for text in expressions for name in METRIC.findall(text)}


def metrics_of(text: str) -> set[str]:
    """The names that an exposition declares."""
    return set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))


def find_promtool() -> Path:
    """That of the system, else that of Debian's package, kept in build/ and not installed: its
    installation would start a server. SkipTest where it cannot be had."""
    installed = shutil.which("promtool")
    kept = CHECKOUT / "build/tools/promtool"
    if installed or kept.exists():
        return Path(installed or kept)
    if not shutil.which("apt-get"):
        raise unittest.SkipTest("there is neither promtool nor apt-get")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        done = subprocess.run(["apt-get", "download", "prometheus"], cwd=folder, text=True,
                              capture_output=True)
        packages = list(Path(folder).glob("*.deb"))
        if not packages:
            raise unittest.SkipTest(f"promtool cannot be fetched: {done.stderr.strip()}")
        subprocess.run(["dpkg-deb", "--extract", packages[0], folder], check=True)
        Path(folder, "usr/bin/promtool").rename(kept)
    return kept
