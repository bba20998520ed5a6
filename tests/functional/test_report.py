# SPDX-License-Identifier: GPL-2.0-or-later
"""What hlsgen leaves about itself: status.json and hlsgen.prom."""

import os
import re
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

import metrics
import reporting
from ladders import RENDITIONS, write_preset
from origin import is_about_run, segments, sets, wait_until
from reporting import Reporting, lacking, metrics_of, status_of
from tap import main

KEYS = ["format", "version", "generator", "preset", "kind", "started", "written", "healthy",
        "degraded", "segment_duration", "window", "streams", "newest", "segments", "mended_files",
        "lateness", "faults", "clock_offset_us", "cpu", "memory", "disk", "sandbox", "renditions"]
INNER = {
    "streams": ["count", "failing", "ended", "removed"],
    "newest": ["number", "due"],
    "segments": ["published", "late", "skipped", "stand_by"],
    "lateness": ["max_us", "sum_us", "buckets"],
    "faults": ["space", "io", "read_only", "descriptors", "other"],
    "cpu": ["seconds", "budget_percent"],
    "memory": ["resident", "resident_max", "data", "budget"],
    "disk": ["most", "budget"],
    "sandbox": ["mode", "layers", "kernel"],
}
BOUNDS_US = [500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000, 2000000,
             None]


def sizes(paths: Iterable[Path], unit: str = "st_size") -> list[int]:
    """Of those that have not gone meanwhile."""
    found = []
    for path in paths:
        with suppress(FileNotFoundError):
            found.append(getattr(path.stat(), unit))
    return found


def resident(process: int) -> int:
    """Bytes in memory."""
    text = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) * 1024


def instant(text: str) -> float:
    """Seconds since 1970 of a date that has all of its digits."""
    form = "%Y-%m-%dT%H:%M:%S.%fZ"
    parsed = datetime.strptime(text, form)
    assert parsed.strftime(form) == text, text
    return parsed.replace(tzinfo=timezone.utc).timestamp()


class Case(reporting.Case):
    def assert_keys(self, status: dict) -> None:
        self.assertEqual(list(status), KEYS)
        for key, inner in INNER.items():
            self.assertEqual(list(status[key]), inner)
        for bucket in status["lateness"]["buckets"]:
            self.assertEqual(list(bucket), ["le_us", "count"])
        for layer in status["sandbox"]["layers"]:
            self.assertEqual(list(layer), ["name", "in_force", "stands_in"])
        for rendition in status["renditions"]:
            self.assertEqual(list(rendition), ["name", "playlist", "index", "segment_bytes"])


class Status(Case):
    def test_tells_what_is_there(self) -> None:
        begun = time.time()
        with self.hlsgen() as run:
            status = run.wait_published(3)
            ended = time.time()
        self.assert_keys(status)
        self.assertEqual((status["format"], status["version"]), ("hlsgen-status", 1))
        self.assertEqual((status["preset"], status["kind"]), ("720p-clock", "live"))
        self.assertLess(begun - 1, instant(status["started"]))
        self.assertLess(instant(status["started"]), instant(status["written"]))
        self.assertLess(instant(status["written"]), ended + 1)
        self.assertEqual((status["healthy"], status["degraded"]), (True, bool(lacking(status))))
        self.assertEqual((status["segment_duration"], status["window"]), (1.0, 4))
        self.assertEqual(status["streams"], {"count": 1, "failing": 0, "ended": 0, "removed": 0})
        self.assertEqual(instant(status["newest"]["due"]), status["newest"]["number"] + 1)
        self.assertEqual(set(status["faults"].values()), {0})
        self.assertEqual([bucket["le_us"] for bucket in status["lateness"]["buckets"]], BOUNDS_US)
        self.assertLessEqual(status["lateness"]["buckets"][-1]["count"],
                             status["segments"]["published"])

    def test_tells_what_it_uses(self) -> None:
        with self.hlsgen("--cpu-budget", "70%", "--memory-budget", "90MB",
                         "--disk-budget", "20MB") as run:
            wait_until(lambda: run.ask()["memory"]["resident"] == resident(run.process.pid),
                       "what it has in memory, and no page more since")
            status = run.ask()
            taken = sum(sizes(self.out.iterdir(), "st_blocks")) * 512
        self.assertEqual(status["cpu"]["budget_percent"], 70)
        self.assertGreater(status["cpu"]["seconds"], 0)
        self.assertEqual(status["memory"]["budget"], 90_000_000)
        self.assertLessEqual(status["memory"]["resident"], status["memory"]["resident_max"])
        self.assertEqual(status["disk"]["budget"], 20_000_000)
        self.assertLess(taken, status["disk"]["most"])
        self.assertLess(status["disk"]["most"], status["disk"]["budget"])

    def test_names_the_stream(self) -> None:
        with self.hlsgen("--index", "none") as run:
            rendition, = run.ask()["renditions"]
            largest = max(sizes(self.out.glob("seg*.ts")))
        self.assertEqual(rendition, {"name": "", "playlist": "stream.m3u8", "index": None,
                                     "segment_bytes": largest})

    def test_event_has_no_window(self) -> None:
        with self.hlsgen("--event") as run:
            status = run.ask()
            families = metrics_of(self.out)
        self.assertEqual((status["kind"], status["window"]), ("event", None))
        self.assertNotIn("hlsgen_window_segments", families)
        self.assertEqual(metrics.value(families, "hlsgen_stream_info", preset="720p-clock",
                                       kind="event"), 1)

    def test_before_the_first_segment(self) -> None:
        with self.hlsgen("--epoch", f"@{int(time.time())}",
                         *sets("stream.segment-duration=9s", "video.bitrate=500kbit/s")):
            status = status_of(self.out)
            families = metrics_of(self.out)
            self.assertIsNone(status["newest"])
            self.assertNotIn("hlsgen_newest_segment_number", families)
            self.assertNotIn("hlsgen_newest_segment_due_time_seconds", families)

    def test_confinement(self) -> None:
        for mode, in_force in (("best-effort", True), ("off", False)):
            with self.subTest(mode), self.hlsgen("--sandbox", mode) as run:
                status = run.ask()
                layers = {layer["name"]: layer for layer in status["sandbox"]["layers"]}
                seccomp = Path(f"/proc/{run.process.pid}/status").read_text()
                self.assertEqual(status["sandbox"]["mode"], mode)
                self.assertEqual(status["sandbox"]["kernel"]["seccomp"],
                                 int(re.search(r"\nSeccomp:\s+(\d)", seccomp)[1]))
                self.assertEqual(status["degraded"], bool(lacking(status)))
                self.assertTrue(status["healthy"])
                self.assertEqual(layers["no-dump"]["in_force"], in_force)
                self.assertNotIn("seccomp-worker", layers)

    def test_is_renewed_and_always_whole(self) -> None:
        seen = set()
        with self.hlsgen():
            while len(seen) < 3:
                status = status_of(self.out)
                self.assert_keys(status)
                seen.add(status["written"])
                metrics_of(self.out)
                time.sleep(0.002)
        self.assertEqual([name for name in os.listdir(self.out) if name[0] == "."], [])


class Metrics(Case):
    def test_they_say_what_status_json_says(self) -> None:
        with self.hlsgen() as run:
            run.wait_published(3)
        status = status_of(self.out)
        families = metrics_of(self.out)
        value = metrics.value
        for name, expected in {
                "start_time_seconds": instant(status["started"]),
                "report_time_seconds": instant(status["written"]),
                "healthy": status["healthy"],
                "degraded": status["degraded"],
                "streams": 1,
                "segment_duration_seconds": 1,
                "window_segments": 4,
                "newest_segment_number": status["newest"]["number"],
                "newest_segment_due_time_seconds": instant(status["newest"]["due"]),
                "segments_published_total": status["segments"]["published"],
                "segments_late_total": status["segments"]["late"],
                "clock_offset_seconds": status["clock_offset_us"] / 1e6,
                "cpu_seconds_total": status["cpu"]["seconds"],
                "cpu_budget_cores": status["cpu"]["budget_percent"] / 100,
                "resident_memory_bytes": status["memory"]["resident"],
                "memory_budget_bytes": status["memory"]["budget"],
                "disk_bytes": status["disk"]["most"],
                "disk_budget_bytes": status["disk"]["budget"]}.items():
            self.assertAlmostEqual(value(families, f"hlsgen_{name}"), expected, 5, name)
        for bucket in status["lateness"]["buckets"]:
            bound = f"{bucket['le_us'] / 1e6:g}" if bucket["le_us"] else "+Inf"
            self.assertEqual(families["hlsgen_publish_lateness_seconds"].samples[
                "hlsgen_publish_lateness_seconds_bucket", (("le", bound),)], bucket["count"])
        for kind, count in status["faults"].items():
            self.assertEqual(value(families, "hlsgen_publish_faults_total", kind=kind), count)
        for layer in status["sandbox"]["layers"]:
            self.assertEqual(value(families, "hlsgen_sandbox_layer", layer=layer["name"]),
                             layer["in_force"])
        self.assertEqual(value(families, "hlsgen_segment_size_bytes", rendition=""),
                         status["renditions"][0]["segment_bytes"])

    def test_they_are_named_in_the_manual(self) -> None:
        with self.hlsgen():
            pass
        manual = (Path(__file__).resolve().parents[2] / "doc" / "status.md").read_text()
        section = re.search(r"## hlsgen\.prom.*", manual, re.DOTALL)[0]
        named = set(re.findall(r"`(hlsgen_\w+)`", section))
        self.assertEqual(named - {"hlsgen_"}, set(metrics_of(self.out)))


class Streams(Case):
    COUNT = 20

    def streams(self) -> Reporting:
        return self.hlsgen("--streams", str(self.COUNT), "--disk-budget", "1GB")

    def test_lie_in_the_directory_itself(self) -> None:
        with self.streams() as run:
            status = run.ask()
            self.assert_healthy()
            names = os.listdir(self.out)
        rendition, = status["renditions"]
        self.assertEqual(status["streams"]["count"], self.COUNT)
        self.assertEqual(rendition["playlist"], "s0001/stream.m3u8")
        self.assertTrue((self.out / rendition["index"]).is_file())
        self.assertEqual(rendition["segment_bytes"],
                         max(sizes(self.out.glob("s0001/seg*.ts"))))
        self.assertEqual(sum(name.startswith("s0") for name in names), self.COUNT)
        self.assertEqual([name for name in names if not is_about_run(name)
                          and not re.fullmatch(r"s\d{4}|\.hlsgen-.*", name)], [])
        self.assertEqual([path for path in self.out.glob("s*/*") if is_about_run(path.name)], [])

    def test_a_removed_folder_degrades_all(self) -> None:
        with self.streams() as run:
            run.freeze()  # or a new file may come while the old ones go
            shutil.rmtree(self.out / "s0007")
            run.thaw()
            wait_until(lambda: run.ask()["streams"]["removed"] == 1, "the loss", 0.1)
            status = status_of(self.out)
            self.assertEqual((status["healthy"], status["degraded"]), (True, True))
            self.assertEqual(metrics.value(metrics_of(self.out), "hlsgen_streams_removed"), 1)
            newest = run.ask()["newest"]["number"]
            wait_until(lambda: run.ask()["newest"]["number"] > newest, "the others", 0.1)

    def test_of_a_ladder(self) -> None:
        with Reporting(self.out, preset=write_preset(self.folder, RENDITIONS)) as run:
            status = run.ask()
            self.assert_healthy()
        self.assertEqual([(rendition["name"], rendition["playlist"], rendition["index"])
                          for rendition in status["renditions"]],
                         [("high", "high/stream.m3u8", "high/index.json"),
                          ("middle", "stream.m3u8", "index.json"),
                          ("low", "low/stream.m3u8", "low/index.json")])
        for rendition in status["renditions"]:
            playlist = self.out / rendition["playlist"]
            listed = sizes(playlist.parent / uri for uri in segments(playlist.read_bytes()))
            self.assertEqual(max(listed), rendition["segment_bytes"])
        self.assertEqual(status["streams"]["count"], 3)


if __name__ == "__main__":
    main()
