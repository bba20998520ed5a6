# SPDX-License-Identifier: GPL-2.0-or-later
"""The page in headless Chromium, from nginx: what it plays, measures and says, and how it looks."""

import itertools
import json
import re
import shutil
import subprocess
import time
import unittest
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from clock_code import Moment, Reader
from conformance.observe import Http
from devtools import Tab, browse
from origin import CHECKOUT, PROGRAM, Hlsgen, Nginx, scratch
from pages import PLAYERS, needs_chromium, needs_npm
from tap import main, note
from theatre import PICTURE, Theatre, needs_nginx

PLAYED = 5.0        # seconds after which it has shown what there is to see
FRAME = 1000 / 30   # ms
WIDTHS = (360, 768, 1280)
SCHEMES = ("light", "dark")
# What text stands on, and the colors that text has: custom properties of style.css.
GROUNDS = ("--paper", "--fill")
INKS = {"--paper": ("--ink", "--dim", "--data", "--good", "--fair", "--bad"), "--fill": ("--ink",)}
CONTRAST = 4.5      # WCAG 2.1, 1.4.3, level AA
# Chromium's words for files that are not there.
MISSING = re.compile(r"status of 404|Refused to execute script from '[^']*/hls\.min\.js'")


# As hlsgen writes it where it cannot know: no /proc, nothing published, no budget of disk.
UNKNOWN = {
    "format": "hlsgen-status", "version": 1, "generator": "hlsgen", "preset": "mine",
    "kind": "event", "started": "2026-01-01T00:00:00.000000Z",
    "written": "2026-01-01T00:00:05.000000Z", "healthy": False, "degraded": True,
    "segment_duration": 2, "window": None,
    "streams": {"count": 1, "failing": 1, "ended": 0, "removed": 0},
    "newest": {"number": None, "due": None},
    "segments": {"published": 0, "late": 0, "skipped": 0, "stand_by": 0}, "mended_files": 0,
    "lateness": {"max_us": 0, "sum_us": 0, "buckets": [{"le_us": None, "count": 0}]},
    "faults": {"space": 1, "io": 0, "read_only": 0, "descriptors": 0, "other": 0},
    "clock_offset_us": 0, "cpu": {"seconds": 0.1, "budget_percent": 50},
    "memory": {"resident": None, "resident_max": None, "data": None, "budget": 128000000},
    "disk": {"most": 13000000, "budget": None},
    "sandbox": {"mode": "best-effort", "kernel": None, "layers": [
        {"name": "seccomp", "in_force": True, "stands_in": None},
        {"name": "namespaces", "in_force": False, "stands_in": "landlock+seccomp"},
        {"name": "mdwe", "in_force": False, "stands_in": None}]},
    "renditions": [{"name": "", "playlist": "stream.m3u8", "index": None, "segment_bytes": 1}],
}


@contextmanager
def page_of(nginx: Nginx, with_hlsjs: bool) -> Iterator[Tab]:
    """The page, in a window of 1280x900."""
    if with_hlsjs:
        shutil.copy(PLAYERS / "hls.js" / "dist" / "hls.min.js", nginx.page)
    with browse() as tab:
        tab.size(1280, 900)
        tab.open(nginx.url)
        yield tab


class Stage(Theatre):
    """The page is opened, and closed at the end after a look at what it did behind the scene."""

    PRESET = "720p-clock"
    WITH_HLSJS = True

    def setUp(self) -> None:
        super().setUp()
        stack = ExitStack()
        self.addCleanup(stack.close)
        self.tab = stack.enter_context(page_of(self.nginx, self.WITH_HLSJS))

    def wait_played(self, seconds: float = PLAYED) -> None:
        self.tab.wait(lambda: self.tab.value("document.getElementById('video').currentTime") >
                      seconds and self.tab.text("latency-picture"), "that the stream plays")

    def check_behind(self) -> None:
        """No error but for what is not there, and nothing from another host."""
        errors = self.tab.errors()
        if not self.WITH_HLSJS:
            errors = [error for error in errors if not MISSING.search(error)]
        self.assertEqual(errors, [])
        strange = [url for url in self.tab.requests()
                   if not url.startswith((self.nginx.url, f"blob:{self.nginx.url}", "data:"))]
        self.assertEqual(strange, [])

    def moment(self) -> Moment | None:
        """What the picture says that the page shows; None: there is none."""
        return Reader((1280, 720), PICTURE).read(self.tab.picture())

    def wait_newer(self, begun: float) -> None:
        """For a picture from after that time, in seconds."""
        self.tab.wait(lambda: (moment := self.moment()) and moment.time / 1000 > begun,
                      "new pictures")
        note(f"played again {time.time() - begun:.1f} s after the start")

    def seconds(self, element: str) -> float:
        """A number in words, as "6.214 s"."""
        text = self.tab.text(element)
        self.assertRegex(text, r"^\d+\.\d+\ss$")
        return float(text.split()[0])

    def check_latency(self, element: str) -> None:
        """As the test finds it from the picture, but for the time that goes by meanwhile: until the
        page looks again and writes, and while the test reads."""
        before = time.time()
        frame = self.moment().time / 1000
        said = self.seconds(element)
        after = time.time()
        note(f"{element}: {said} s; the test's own {before - frame:.3f} to {after - frame:.3f} s")
        self.assertGreater(said, before - frame - 1)
        self.assertLess(said, after - frame + 1)

    def index(self) -> list[dict]:
        """The published segments."""
        segments = json.loads((self.hlsgen.out / "index.json").read_text())["segments"].values()
        return [segment for segment in segments if segment["published"]]

    def kind(self, element: str) -> str:
        return self.tab.value(f"document.getElementById('{element}').dataset.kind")

    def count(self, selector: str) -> int:
        return self.tab.value(f"document.querySelectorAll({json.dumps(selector)}).length")


@needs_nginx
@needs_npm
class Measures(Stage):
    def test_latency(self) -> None:
        """Both ways, which agree within two frames."""
        self.wait_played()
        self.tab.wait(lambda: self.tab.text("latency-pdt"), "the latency")
        self.assertIn("hls.js", self.tab.text("message"))
        self.check_latency("latency-pdt")
        self.check_latency("latency-picture")
        difference = self.tab.text("difference").replace("\u2212", "-")
        note(f"difference {difference}")
        self.assertLessEqual(abs(float(difference.split()[0])), 2 * FRAME)
        self.assertEqual(self.tab.text("rung"), "1280\u2009\u00d7\u2009720")
        self.assertEqual(self.tab.text("stalls"), "0")
        self.assertIn(" of ", self.tab.text("dropped"))
        self.check_behind()

    def test_clock_of_the_server(self) -> None:
        """It is the clock of this machine, which the Date headers show, ever more narrowly."""
        def error() -> float:
            found = re.match(r"[+\u2212]?(\d+)\sms \u00b1 (\d+)", self.tab.text("clock"))
            return float(found[2]) if found else 1000.0

        self.tab.wait(lambda: error() < 100, "the clock")
        offset, said = re.findall(r"\d+", self.tab.text("clock"))
        note(self.tab.text("clock"))
        self.assertLessEqual(int(offset), int(said) + 1)

    def test_plots(self) -> None:
        """A point for each segment that index.json says is published, and a row of the table."""
        def all_there() -> bool:
            published = len(self.index())
            return published == self.count("#lateness .point") == self.count("#sizes .point") == \
                self.count("#segments-rows tr")

        self.wait_played()
        self.tab.wait(all_there, "a point for each segment")
        before = self.tab.hidden_text("segments-rows")
        self.tab.wait(lambda: self.tab.hidden_text("segments-rows") != before and all_there(),
                      "the next segment")
        self.assertIn("segments", self.tab.hidden_text("lateness-desc"))
        self.assertGreater(self.count("#lateness .shown, #sizes .shown"), 0)
        newest = max(self.index(), key=lambda segment: segment["number"])
        self.assertIn(f"all {newest['size']:,} bytes".replace(",", "\u202f"),
                      self.tab.hidden_text("sizes-desc"))

    def test_origin(self) -> None:
        """What status.json says of it, in words and not by colors alone."""
        self.tab.wait(lambda: self.tab.text("verdict-text") == "Publishing", "the verdict")
        status = json.loads((self.hlsgen.out / "status.json").read_text())
        layers = status["sandbox"]["layers"]
        rows = [layer["name"] + (", in force" if layer["in_force"]
                                 else f": {layer['stands_in']}" if layer["stands_in"]
                                 else ", missing") for layer in layers]
        self.tab.wait(lambda: self.tab.value("""[...document.querySelectorAll("#layers li")]
            .map((row) => row.textContent.slice(1))""") == rows, f"the layers {rows}")
        for budget in ("cpu", "memory", "disk"):
            self.assertEqual(self.tab.text(f"{budget}-words"), "within")
            self.assertEqual(self.kind(budget), "good")
        self.assertIn(status["preset"], self.tab.text("what"))

    def test_links(self) -> None:
        """Each of them leads somewhere."""
        self.wait_played()
        links = self.tab.value("[...document.querySelectorAll('a')].map(({ href }) => href)")
        self.assertGreater(len(links), 6)
        for link in links:
            status = Http(link).ask("").status
            self.assertEqual(status, 200, link)
        self.assertEqual(self.tab.text("command"), f"mpv {self.stream}")

    def test_policy(self) -> None:
        """What may be loaded is limited, so that test after test shows nothing is missing."""
        self.assertRegex(Http(self.nginx.url).ask("").get("Content-Security-Policy"),
                         "default-src '(self|none)'")


@needs_nginx
@needs_npm
class Returns(Stage):
    def test_death_and_return_of_the_origin(self) -> None:
        """When hlsgen is killed the page turns red; when it is back, it plays and is green."""
        self.wait_played()
        self.tab.wait(lambda: self.kind("verdict") == "good", "the verdict")
        green = self.color("verdict")
        killed = time.time()
        self.hlsgen.stop(9)
        self.tab.wait(lambda: self.kind("verdict") == "bad", "that it is seen")
        note(f"seen after {time.time() - killed:.1f} s")
        self.assertIn("Not publishing", self.tab.text("verdict-text"))
        self.tab.wait(lambda: "as of" in self.tab.text("origin-title"), "what it was then")
        self.assertNotEqual(self.color("verdict"), green)
        begun = time.time()
        self.hlsgen = Hlsgen(self.hlsgen.out, preset=self.PRESET).start().wait_ready()
        self.tab.wait(lambda: self.kind("verdict") == "good", "that it is back")
        self.wait_newer(begun)
        self.check_behind()

    def test_another_preset(self) -> None:
        """The origin comes back with a ladder, which the page then offers and plays."""
        self.wait_played()
        self.hlsgen.stop()
        self.hlsgen = Hlsgen(self.hlsgen.out, preset="ladder-6").start().wait_ready()
        self.tab.wait(lambda: self.tab.text("entry") == "master.m3u8", "the ladder")
        self.tab.wait(lambda: self.count("#rung-choice option") == 1 + len(self.rungs()), "rungs")
        self.wait_played()
        self.tab.wait(lambda: "ladder-6" in self.tab.text("what"), "the name of the preset")

    def test_nginx_away(self) -> None:
        """When nothing answers for a while the page goes on by itself."""
        self.wait_played()
        self.nginx.process.terminate()
        self.nginx.process.wait()
        self.tab.wait(lambda: self.tab.value("document.getElementById('video').readyState") < 3,
                      "the end of what is buffered")
        self.nginx.__enter__()
        begun = time.time()
        self.wait_newer(begun)

    def color(self, element: str) -> str:
        return self.tab.value(f"getComputedStyle(document.getElementById('{element}')).color")


@needs_nginx
@needs_npm
class Looks(Stage):
    def test_every_width_and_scheme(self) -> None:
        """No width makes it wider than the window; dark and light are two, and legible."""
        self.wait_played()
        grounds = set()
        for width, scheme in itertools.product(WIDTHS, SCHEMES):
            with self.subTest(f"{width} {scheme}"):
                self.tab.size(width, 800)
                self.tab.media(prefers_color_scheme=scheme)
                self.assertLessEqual(self.tab.value("document.documentElement.scrollWidth"), width)
                grounds.add(self.tab.value("getComputedStyle(document.body).backgroundColor"))
                self.check_contrast()
        self.assertEqual(len(grounds), len(SCHEMES))

    def check_contrast(self) -> None:
        for ground in GROUNDS:
            for ink in INKS[ground]:
                self.assertGreaterEqual(self.contrast(ink, ground), CONTRAST, f"{ink} on {ground}")

    def contrast(self, *names: str) -> float:
        """WCAG's ratio of two colors."""
        colors = [self.tab.value("getComputedStyle(document.documentElement)"
                                 f".getPropertyValue('{name}').trim()") for name in names]
        low, high = sorted(map(luminance, colors))
        return (high + 0.05) / (low + 0.05)

    def test_names(self) -> None:
        """What a screen reader stops at has a name, and there are landmarks."""
        self.wait_played()
        self.tab.wait(lambda: self.tab.text("segments") and self.tab.text("origin"), "all of it")
        nodes = self.tab.call("Accessibility.getFullAXTree")["nodes"]
        found = [(node["role"]["value"], node.get("name", {}).get("value", ""))
                 for node in nodes if not node["ignored"]]
        roles = {role for role, _ in found}
        self.assertLessEqual({"banner", "main", "region", "navigation", "image", "meter", "table"},
                             {"image" if role == "img" else role for role in roles})
        named = ("region", "button", "combobox", "image", "img", "link", "meter", "navigation")
        self.assertEqual([role for role, name in found if role in named and not name], [])

    def test_still(self) -> None:
        """Nothing moves by itself for whoever wants it so."""
        self.tab.media(prefers_reduced_motion="reduce")
        self.assertEqual(self.tab.value("""[...document.querySelectorAll("*")].filter((element) =>
            getComputedStyle(element).transitionDuration !== "0s").length"""), 0)

    def test_example_of_the_code(self) -> None:
        """The reader of the clock's code reads the one of doc/clock-code.md."""
        text = (CHECKOUT / "doc" / "clock-code.md").read_text()
        example = re.search(r"^    ((?:[0-9a-f]{2} ?){22})$", text, re.M)[1]
        message = list(bytes.fromhex(example))
        said = self.tab.value(f"""import("/clock-code.js").then(({{ unpack }}) =>
            [unpack({message}), unpack({[*message[:-1], message[-1] ^ 1]})])""")
        self.assertEqual(said, [{"stream": 12, "segment": 897674400, "frame": 53860464000,
                                 "time": 1795348800000}, None])


def luminance(color: str) -> float:
    """WCAG's relative luminance of "#rrggbb"."""
    parts = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
              for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear))


@needs_nginx
@needs_chromium
class ByItself(Stage):
    """hls.js is not installed: Chromium plays HLS, but tells nobody of PROGRAM-DATE-TIME."""

    WITH_HLSJS = False

    def test_latency(self) -> None:
        self.wait_played()
        self.assertIn("this browser itself", self.tab.text("message"))
        self.check_latency("latency-picture")
        self.assertEqual(self.tab.text("latency-pdt"), "not told")
        self.assertEqual(self.tab.text("difference"), "unknown")
        self.check_behind()


@needs_nginx
@needs_npm
class Ladder(Stage):
    PRESET = "ladder-6"

    def test_choice_of_a_rung(self) -> None:
        """The rung that is chosen is played, and its segments are plotted."""
        self.wait_played()
        sizes = self.rungs()
        offered = self.tab.value("""[...document.querySelectorAll("#rung-choice option")]
            .map(({ text }) => text)""")
        self.assertEqual([text.split("p,")[0] for text in offered],
                         ["automatic", *(str(height) for _, height in reversed(sizes))])
        self.tab.wait(lambda: self.count("#renditions-rows tr") == len(sizes), "the renditions")
        for rung in (0, 2):
            self.choose(len(sizes) - rung)
            self.tab.wait(lambda: self.tab.value(
                "document.getElementById('video').videoHeight") == sizes[rung][1], "the rung")
            size = self.rendition_size(offered[len(sizes) - rung])
            self.tab.wait(lambda: f"all {size}" in self.tab.text("sizes-text"), "its segments")
        self.check_behind()

    def choose(self, option: int) -> None:
        self.tab.value(f"""(() => {{
            const choice = document.getElementById("rung-choice");
            choice.selectedIndex = {option};
            choice.dispatchEvent(new Event("change"));
        }})()""")

    def rendition_size(self, name: str) -> str:
        """Of the largest segment, as the table of renditions has it."""
        rows = self.tab.value("""[...document.querySelectorAll("#renditions-rows tr")]
            .map((row) => [...row.cells].map((cell) => cell.textContent))""")
        return next(row[-1] for row in rows if row[0] == name)


@needs_nginx
@needs_npm
class Fragments(Stage):
    """Of fragmented MPEG-4."""

    SETTINGS = ("stream.container=fmp4",)
    test_latency = Measures.test_latency


@needs_nginx
@needs_npm
class Fixture(unittest.TestCase):
    """A finite stream: there is no status.json, and there may be no index.json."""

    def play(self, folder: Path, with_index: bool, status: dict | None = None) -> Tab:
        subprocess.run([PROGRAM, "--preset", "720p-clock", "--vod", "20s", "--out",
                        str(folder / "vod")], check=True, capture_output=True)
        if not with_index:
            (folder / "vod" / "index.json").unlink()
        if status:
            (folder / "vod" / "status.json").write_text(json.dumps(status))
        stack = ExitStack()
        self.addCleanup(stack.close)
        nginx = stack.enter_context(Nginx(folder / "vod", folder / "run"))
        tab = stack.enter_context(page_of(nginx, with_hlsjs=True))
        tab.wait(lambda: tab.value("document.getElementById('video').currentTime") > 3,
                 "that it plays")
        tab.wait(lambda: tab.text("latency-picture"), "its clock")
        return tab

    def check_errors(self, tab: Tab) -> None:
        self.assertEqual([error for error in tab.errors() if not MISSING.search(error)], [])

    def test_with_its_index(self) -> None:
        """Sizes are known; when it was published nobody can say."""
        with scratch() as folder:
            tab = self.play(folder, with_index=True)
            tab.wait(lambda: tab.text("sizes-text").startswith("10 segments"), "sizes")
            self.assertEqual((tab.text("origin"), tab.text("verdict")), ("", ""))
            self.check_errors(tab)
            self.assertEqual(tab.text("lateness-figure"), "")
            self.doCleanups()

    def test_alone(self) -> None:
        with scratch() as folder:
            tab = self.play(folder, with_index=False)
            self.assertEqual(tab.text("segments"), "")
            self.check_errors(tab)
            self.doCleanups()

    def test_what_is_not_known(self) -> None:
        """A status.json that knows little, and of layers that are not in force."""
        with scratch() as folder:
            tab = self.play(folder, with_index=False, status=UNKNOWN)
            tab.wait(lambda: tab.text("verdict-text").startswith("Not publishing"), "the verdict")
            self.assertEqual(tab.text("sandbox-text"),
                             "1 of 3 layers in force, 1 stood in for, mode best-effort")
            self.assertEqual(tab.value("""[...document.querySelectorAll("#layers li")]
                .map((row) => row.dataset.kind)"""), ["good", "good", "bad"])
            self.assertEqual(tab.text("memory-text"), "not told of 128 MB".replace(" M", "\u00a0M"))
            self.assertTrue(tab.text("disk-text").endswith(", no budget"))
            self.check_errors(tab)
            self.doCleanups()


if __name__ == "__main__":
    main()
