# SPDX-License-Identifier: GPL-2.0-or-later
"""Finite streams as fixtures: the same bytes whoever makes them, and the truth beside them.

HLSGEN_CONTAINER may set another container.
"""

import os
import random
import shutil
import signal
import subprocess
import time
import unittest
from pathlib import Path

import fixture
from origin import (CHECKOUT, PROGRAM, SUFFIX, Hlsgen, is_section, scratch, segments, sequence,
                    sets)
from tap import main, note

SMALL = sets("video.size=640x360", "video.bitrate=300kbit/s")
KILLS = 12


class Case(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = self.enterContext(scratch())
        self.out = self.folder / "hls"
        self.ladder = fixture.write_ladder(self.folder)

    def run_to_end(self, out: Path, *arguments: str, preset: str,
                   environment: dict[str, str] | None = None) -> Hlsgen:
        run = Hlsgen(out, "--disk-budget", "1GB", *arguments, preset=preset)
        run.environment = environment
        self.assertEqual(run.start().wait(), 0, run.errors)
        return run

    def make(self, *arguments: str, preset: str = "720p-clock", out: Path | None = None,
             environment: dict[str, str] | None = None) -> dict[str, tuple[str, int]]:
        out = out or self.out
        self.run_to_end(out, *arguments, preset=preset, environment=environment)
        return fixture.contents(out)


class Truth(Case):
    def check_files(self, wanted: set[str], *arguments: str, preset: str) -> None:
        self.make("--vod", "24s", *arguments, preset=preset)
        fixture.check(self.out)
        others = {name for name in fixture.files(self.out)
                  if not name.endswith(SUFFIX) and not is_section(Path(name).name)}
        self.assertEqual(others, wanted)

    def test_of_one_stream(self) -> None:
        self.check_files({"stream.m3u8", "index.json", "hlsgen.state", "urls.txt", "SHA256SUMS"},
                         *SMALL, preset="720p-clock")

    def test_of_a_ladder(self) -> None:
        self.check_files({"stream.m3u8", "index.json", "hlsgen.state", "urls.txt", "SHA256SUMS",
                          "master.m3u8", "top/stream.m3u8", "low/stream.m3u8", "low/index.json",
                          "low/hlsgen.state"}, preset=self.ladder)
        alias, own = (fixture.uris(self.out / name) for name in ("top/stream.m3u8", "stream.m3u8"))
        self.assertEqual([path.resolve() for path in alias], [path.resolve() for path in own])

    def test_of_sound_apart(self) -> None:
        self.check_files({"stream.m3u8", "index.json", "hlsgen.state", "urls.txt", "SHA256SUMS",
                          "master.m3u8", "top/stream.m3u8", "low/stream.m3u8", "low/index.json",
                          "low/hlsgen.state", "audio/stream.m3u8", "audio/index.json",
                          "audio/hlsgen.state"},
                         preset=fixture.write_ladder(self.folder, delivery="group"))

    def test_all_renditions_are_in_the_progress(self) -> None:
        run = self.run_to_end(self.out, "--vod", "24s", preset=self.ladder)
        self.assertRegex(run.errors, r"finished segments=24 made=24 ")

    def test_damage_is_found(self) -> None:
        self.make("--vod", "24s", preset=self.ladder)
        with open(self.out / "low" / f"seg3{SUFFIX}", "r+b") as file:
            file.seek(1000)
            file.write(b"damaged")
        with self.assertRaisesRegex(AssertionError, f"low/seg3{SUFFIX}: FAILED"):
            fixture.check_sums(self.out)


class Start(Case):
    def test_by_index(self) -> None:
        self.make("--vod", "10s", "--start", "7", *SMALL)
        text = (self.out / "stream.m3u8").read_bytes()
        self.assertEqual(sequence(text), 7)
        self.assertEqual(segments(text), [f"seg{number}{SUFFIX}" for number in range(7, 12)])
        fixture.check(self.out)

    def test_by_time(self) -> None:
        self.make("--vod", "10s", "--start", "2020-01-01T00:00:00Z", preset=self.ladder)
        for name in ("stream.m3u8", "top/stream.m3u8", "low/stream.m3u8"):
            text = (self.out / name).read_bytes()
            self.assertEqual(sequence(text), 788918400, name)
            self.assertIn(b"\n#EXT-X-PROGRAM-DATE-TIME:2020-01-01T00:00:00.000Z\n", text, name)
        fixture.check(self.out)

    def test_segments_are_those_of_any_other_start(self) -> None:
        early = self.make("--vod", "1min", *SMALL)
        late = self.make("--vod", "10s", "--start", "20", *SMALL, out=self.folder / "late")
        for number in range(20, 25):
            self.assertEqual(early[f"seg{number}{SUFFIX}"], late[f"seg{number}{SUFFIX}"])

    def test_another_start_is_another_stream(self) -> None:
        before = self.make("--vod", "10s", "--start", "7", *SMALL)
        run = Hlsgen(self.out, "--vod", "10s", "--start", "8", *SMALL, preset="720p-clock").start()
        self.assertEqual(run.wait(), os.EX_CANTCREAT, run.errors)
        self.assertEqual(fixture.contents(self.out), before)


class Same(Case):
    """Of every file bytes and date."""

    def check_workers(self, *arguments: str, preset: str) -> None:
        made = [self.make("--workers", str(workers), *arguments, preset=preset,
                          out=self.folder / str(workers)) for workers in (1, 2, 3)]
        self.assertEqual(made[0], made[1])
        self.assertEqual(made[0], made[2])

    def test_with_any_number_of_workers(self) -> None:
        self.check_workers("--vod", "3min", *SMALL, preset="720p-clock")

    def test_of_a_ladder_with_any_number_of_workers(self) -> None:
        self.check_workers("--vod", "2min", preset=self.ladder)

    def test_encoded_afresh_with_any_number_of_workers(self) -> None:
        self.check_workers("--vod", "16s", preset=fixture.write_ladder(self.folder, "x264"))

    def test_whenever_and_wherever_it_is_made(self) -> None:
        """SOURCE_DATE_EPOCH has nothing to change, nor has the clock or the name of the folder."""
        made = self.make("--vod", "20s", preset=self.ladder)
        time.sleep(1.1)
        again = self.make("--vod", "20s", preset=self.ladder, out=self.folder / "other name",
                          environment=os.environ | {"SOURCE_DATE_EPOCH": "1000000000",
                                                    "TZ": "Asia/Kathmandu", "LC_ALL": "C"})
        self.assertEqual(made, again)

    def build(self, compiler: str) -> Path:
        """hlsgen from a new build directory, with as little in common as can be."""
        at = self.folder / "build"
        for command in (["meson", "setup", "-Doptimization=0", str(at), str(CHECKOUT)],
                        ["ninja", "-C", str(at), "hlsgen"]):
            said = subprocess.run(command, capture_output=True, text=True,
                                  env=os.environ | {"CC": compiler})
            self.assertEqual(said.returncode, 0, said.stdout + said.stderr)
        return at / "hlsgen"

    def test_by_another_build(self) -> None:
        compiler = next(filter(shutil.which, ("clang", "gcc", "cc")))
        arguments = ["--vod", "30s", "--disk-budget", "1GB", "--cpu-budget", "100%"]
        wanted = self.make(*arguments, preset=self.ladder)
        run = Hlsgen(self.folder / "other", *arguments, preset=self.ladder)
        self.assertEqual(run.command[0], PROGRAM)
        run.command[0] = str(self.build(compiler))
        self.assertEqual(run.start().wait(), 0, run.errors)
        self.assertEqual(fixture.contents(self.folder / "other"), wanted)
        note(f"built by {compiler}, without optimization")


class Killed(Case):
    def check_kills(self, *arguments: str, preset: str) -> None:
        """At any moment of a run, again and again; each leaves what the next can go on from."""
        began = time.monotonic()
        wanted = self.make(*arguments, preset=preset, out=self.folder / "undisturbed")
        taken = time.monotonic() - began
        ended = 0
        for _ in range(KILLS):
            run = Hlsgen(self.out, "--disk-budget", "1GB", *arguments, preset=preset).start()
            time.sleep(random.uniform(0, taken))
            ended += run.stop(signal.SIGKILL) == -signal.SIGKILL
            if self.out.exists():
                fixture.check_named(self.out)
        self.assertEqual(self.make(*arguments, preset=preset), wanted)
        note(f"{ended} of {KILLS} runs were killed")

    def test_one_stream(self) -> None:
        self.check_kills("--vod", "20min", *SMALL, preset="720p-clock")

    def test_a_ladder(self) -> None:
        self.check_kills("--vod", "10min", preset=self.ladder)

    def test_encoded_afresh(self) -> None:
        self.check_kills("--vod", "16s", preset=fixture.write_ladder(self.folder, "x264"))


class GoesOn(Case):
    def test_what_was_encoded_is_not_encoded_again(self) -> None:
        preset = fixture.write_ladder(self.folder, "x264")
        wanted = self.make("--vod", "16s", preset=preset)
        (self.out / "low" / f"seg5{SUFFIX}").unlink()
        run = self.run_to_end(self.out, "--vod", "16s", preset=preset)
        self.assertRegex(run.errors, r"finished segments=16 made=1 ")
        self.assertEqual(fixture.contents(self.out), wanted)

    def test_what_others_took_away_is_made_again(self) -> None:
        wanted = self.make("--vod", "1min", preset=self.ladder)
        for path in random.sample(sorted(self.out.rglob("*")), 20):
            if path.is_file() and path.name != "hlsgen.state":
                path.unlink()
        self.assertEqual(self.make("--vod", "1min", preset=self.ladder), wanted)

    def test_nothing_is_left_of_what_named_a_missing_segment(self) -> None:
        """And that cannot be made."""
        self.make("--vod", "20s", *SMALL)
        (self.out / f"seg3{SUFFIX}").unlink()
        os.mkdir(self.out / f"seg3{SUFFIX}")
        run = Hlsgen(self.out, "--vod", "20s", *SMALL, preset="720p-clock").start()
        self.assertEqual(run.wait(), os.EX_IOERR, run.errors)
        left = {name for name in fixture.files(self.out)
                if not name.endswith(SUFFIX) and not is_section(name)}
        self.assertEqual(left, {"hlsgen.state"})


if __name__ == "__main__":
    main()
