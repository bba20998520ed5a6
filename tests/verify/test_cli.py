# SPDX-License-Identifier: GPL-2.0-or-later
"""hlsgen-verify as a program: its command line, its exit codes, its report, and what it does with
directories that somebody made to trouble it."""

import json
import os
import re
import subprocess
import unittest
from pathlib import Path

from good import SMALL, vod
from origin import CHECKOUT, scratch
from spoil import edit, listed
from tap import main
from verifier import verify

HUGE = 1 << 40


def report(*words: object) -> dict:
    return json.loads(verify("--json", "--profile", "all", *words).stdout)


def broken(*words: object) -> dict[str, list[tuple[str, str]]]:
    """Place and what was found there, by rule."""
    found: dict[str, list[tuple[str, str]]] = {}
    for entry in report(*words)["findings"]:
        found.setdefault(entry["rule"], []).append((entry["place"], entry["found"]))
    return found


class Words(unittest.TestCase):
    """What needs no stream."""

    def refused(self, *words: str) -> str:
        done = verify(*words)
        self.assertEqual((done.returncode, done.stdout), (64, ""), words)
        self.assertEqual(done.stderr.count("\n"), 1)
        return done.stderr

    def test_what_is_wrong_is_told_in_one_line(self) -> None:
        for words, said in {(): "one directory or playlist", ("a", "b"): "one directory",
                            ("--profile=x", "."): "rfc, apple, all", ("--jsom", "."): "--jsom",
                            ("--sandbox=x", "."): "strict, best-effort, off",
                            ("-x", "."): "-x", ("--watch",): "missing",
                            ("http://127.0.0.1/stream.m3u8",): "not a URL"}.items():
            self.assertIn(said, self.refused(*words))
        for text in ("0", "-1", "x", "1x", "", "2678401", "99999999999999999999"):
            self.assertIn(f"--watch={text}: ", self.refused("--watch", text, "."))

    def test_help(self) -> None:
        done = verify("--help")
        self.assertEqual(done.returncode, 0)
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 100)
        manual = (CHECKOUT / "doc/hlsgen-verify.1.scd").read_text()
        options = re.findall(r"^\*(?:-.\*, \*)?(--[a-z-]+)\*", manual, re.MULTILINE)
        self.assertEqual(re.findall(r"^  (?:-., |    )(--[a-z-]+)", done.stdout, re.MULTILINE),
                         options)

    def test_version(self) -> None:
        done = verify("-V")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\Ahlsgen-verify \d+\.\d+\.\d+\n")

    def test_every_rule_is_listed(self) -> None:
        done = verify("--list-rules")
        names = re.findall(r"^    RULE_([A-Z0-9_]+),$",
                           (CHECKOUT / "src/verify/rules.h").read_text(), re.MULTILINE)
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()], names)
        self.assertEqual(done.returncode, 0)
        self.assertIn(f"\n{len(names)} rules of RFC 8216", (CHECKOUT / "README.md").read_text())


class Stream(unittest.TestCase):
    """A good one, copied for each case."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = cls.enterClassContext(scratch())
        (cls.folder / "made").mkdir()
        cls.good = vod(*SMALL)(cls.folder / "made")

    def setUp(self) -> None:
        self.out = self.folder / self.id().rpartition(".")[2]
        subprocess.run(["cp", "-a", self.good, self.out], check=True)

    def segment(self) -> Path:
        return listed(self.out)[3]

    def point(self, uri: str) -> dict:
        """What is found when the fourth segment is listed under another URI."""
        edit(f"^{self.segment().name}$", uri.replace("\\", r"\\"))(self.out)
        (self.out / "index.json").unlink()
        return broken(self.out)

    # ---- exit codes and report

    def test_good(self) -> None:
        done = verify("--profile", "all", self.out)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\APlaylists: 1, segments: 8, bytes: \d+\. "
                                      r"Rules that hold: \d+, that are broken: 0, not judged: ")

    def test_a_playlist_by_its_name(self) -> None:
        for where, words in ((self.out, "stream.m3u8"), (self.out.parent, "./{}/stream.m3u8"),
                             (Path("/"), "{}/stream.m3u8")):
            name = self.out if where == Path("/") else self.out.name
            done = verify(words.format(name), cwd=where)
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)

    def test_a_playlist_that_another_one_names_is_read_once(self) -> None:
        (self.out / "z.m3u8").write_text(
            "#EXTM3U\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-STREAM-INF:BANDWIDTH=1000000\n"
            "stream.m3u8\n")
        edit(r"#EXT-X-INDEPENDENT-SEGMENTS\n", "")(self.out)
        found = report(self.out)
        self.assertEqual((found["checked"]["playlists"], found["checked"]["segments"]), (2, 8))
        self.assertNotIn("PL_INDEPENDENT", broken(self.out))

    def test_profiles(self) -> None:
        edit(r"^#EXTM3U\n", "#EXTM3U\n#EXT-X-NOBODY-KNOWS\n")(self.out)    # own
        codes = {name: verify("--profile", name, self.out).returncode
                 for name in ("rfc", "apple", "all")}
        self.assertEqual(codes, {"rfc": 0, "apple": 0, "all": 1})
        edit(r"#EXT-X-INDEPENDENT-SEGMENTS\n", "")(self.out)               # should
        codes = {name: verify("--profile", name, self.out).returncode
                 for name in ("rfc", "apple", "all")}
        self.assertEqual(codes, {"rfc": 0, "apple": 1, "all": 1})
        self.assertEqual(verify(self.out).stdout, verify("-p", "apple", self.out).stdout)

    def test_json(self) -> None:
        self.segment().unlink()
        found = report(self.out)
        self.assertEqual(list(found), ["format", "version", "generator", "profile", "checked",
                                       "confinement", "rules", "findings"])
        self.assertEqual((found["format"], found["version"], found["profile"]),
                         ("hlsgen-verify", 1, "all"))
        self.assertEqual((found["checked"]["playlists"], found["checked"]["segments"]), (1, 7))
        states = {rule["rule"]: rule["state"] for rule in found["rules"]}
        self.assertEqual(states["SG_AVAILABLE"], "broken")
        self.assertEqual(states["PL_PARSE"], "passed")
        self.assertEqual(states["EV_MSN"], "not judged")
        self.assertEqual(found["findings"], [{
            "rule": "SG_AVAILABLE", "severity": "MUST", "clause": "RFC 8216 6.2.1",
            "place": self.segment().name, "found": "there is no such file",
            "wanted": "it can be read, whole"}])

    def table_without(self, *names: str) -> list[str]:
        (self.out / "index.json").unlink()
        for name in names:
            (self.out / name).unlink()
        return verify(self.out).stdout.splitlines()

    def test_table(self) -> None:
        lines = self.table_without("seg0.ts")
        self.assertEqual(lines[:2], [
            "SG_AVAILABLE (MUST, RFC 8216 6.2.1): what is listed is there, whole",
            "  seg0.ts: there is no such file; wanted: it can be read, whole"])
        self.assertTrue(lines[2].startswith("Playlists: "), lines)

    def test_what_is_wanted_everywhere_is_said_once(self) -> None:
        names = [path.name for path in listed(self.out)]
        lines = self.table_without(*names)
        said = [*(f"  {name}: there is no such file" for name in names),
                "  wanted: it can be read, whole"]
        self.assertEqual(lines[1:len(said) + 1], said)
        self.assertTrue(lines[len(said) + 1].startswith("Playlists: "), lines)

    def test_the_report_into_a_full_device(self) -> None:
        with open("/dev/full", "w") as full:
            done = verify(self.out, stdout=full)
        self.assertEqual(done.returncode, 74)
        self.assertIn("standard output", done.stderr)

    def test_the_report_into_a_file(self) -> None:
        with open(self.folder / "report", "w") as file:
            verify("--json", self.out, stdout=file)
        self.assertEqual(json.loads((self.folder / "report").read_text())["findings"], [])

    # ---- nothing to check

    def nothing(self, place: Path) -> str:
        done = verify(place)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def test_nothing_there(self) -> None:
        empty = self.folder / "empty"
        empty.mkdir()
        self.assertIn("no playlist", self.nothing(empty))
        self.assertIn("No such file", self.nothing(empty / "none"))

    def test_a_playlist_that_cannot_be_read(self) -> None:
        playlist = self.out / "stream.m3u8"
        os.truncate(playlist, HUGE)
        self.assertIn("too large", self.nothing(self.out))
        playlist.unlink()
        os.mkfifo(playlist)
        self.assertIn("regular", self.nothing(self.out))
        playlist.unlink()
        playlist.mkdir()
        self.assertIn("regular", self.nothing(self.out))
        playlist.rmdir()
        playlist.symlink_to("/etc/passwd")
        self.assertIn("symbolic link", self.nothing(self.out))

    def test_names_of_strangers_are_made_printable(self) -> None:
        for name in ("\33]0;x\7.m3u8", "\n.m3u8", "\udcff.m3u8"):
            with scratch() as folder:
                os.mkfifo(folder / name)
                self.assertRegex(self.nothing(folder), r"\Ahlsgen-verify: [ -~]*: it is no regular")

    def test_more_playlists_than_are_read(self) -> None:
        with scratch() as folder:
            for number in range(4097):
                (folder / f"{number}.m3u8").touch()
            self.assertIn("more than 4096 playlists", self.nothing(folder))

    def test_text_that_is_no_playlist(self) -> None:
        (self.out / "stream.m3u8").write_text("root:x:0:0\n")
        self.assertEqual(verify(self.out).returncode, 1)
        self.assertEqual(list(broken(self.out)), ["PL_PARSE"])

    # ---- troubled directories

    def test_uris_that_lead_out(self) -> None:
        name = self.segment().name
        self.segment().unlink()
        for uri in ("/etc/passwd", "../made/hls/seg3.ts", "%2e%2e/%2e%2e/etc/passwd",
                    "x/../../../etc/passwd", "file:///etc/passwd", "http://127.0.0.1/seg3.ts",
                    "//127.0.0.1/seg3.ts"):
            edit(f"^{re.escape(name)}$", uri)(self.out)
            found = report(self.out)
            self.assertEqual([(found["findings"], found["checked"]["elsewhere"])], [([], 1)], uri)
            self.assertIn("lead out of the directory", verify(self.out).stdout)
            name = uri

    def test_uris_that_lead_back_in(self) -> None:
        name = self.segment().name
        for uri in (f"x/../{name}", f"./{name}", f"{name}?token=1#t", f"%73{name[1:]}"):
            edit(f"^{re.escape(name)}$", uri)(self.out)
            self.assertEqual(broken(self.out), {}, uri)
            name = uri

    def test_parts_that_are_listed_are_no_leftovers(self) -> None:
        (self.out / "part.ts").write_bytes(self.segment().read_bytes())
        self.assertIn("SG_TEMP", broken(self.out))
        edit(r"^#EXTINF", '#EXT-X-PART:DURATION=1.0,URI="part.ts"\n#EXTINF', 1)(self.out)
        self.assertNotIn("SG_TEMP", broken(self.out))

    def test_uris_with_variables(self) -> None:
        edit(r"^#EXT-X-VERSION:.*\n", "#EXT-X-VERSION:8\n#EXT-X-DEFINE:NAME=\"n\",VALUE=\"seg\"\n"
             "#EXT-X-DEFINE:IMPORT=\"other\"\n")(self.out)
        edit(r"^seg", "{$n}")(self.out)
        self.assertEqual(broken(self.out), {})
        edit(r"^{.n}3", "{$other}3")(self.out)
        found = report(self.out)
        self.assertEqual((found["findings"], found["checked"]["elsewhere"]), ([], 1))

    def test_uris_without_a_file(self) -> None:
        self.assertIn("SG_AVAILABLE", self.point("?only"))
        edit(r"^\?only$", "a%00b")(self.out)
        self.assertIn("SG_AVAILABLE", broken(self.out))

    def test_text_of_strangers_is_made_printable(self) -> None:
        found = self.point("%1b[31m%ff.ts")
        self.assertEqual(found["SG_AVAILABLE"], [("?[31m?.ts", "there is no such file")])

    def test_links_are_not_followed(self) -> None:
        path = self.segment()
        (self.out / "sub").mkdir()
        path.rename(self.out / "sub" / path.name)
        os.symlink("sub", self.out / "link")
        found = self.point(f"link/{path.name}")
        self.assertIn("symbolic link", found["SG_AVAILABLE"][0][1])

    def test_files_that_are_none(self) -> None:
        path = self.segment()
        for make in (os.mkfifo, os.mkdir):
            path.rename(self.folder / "kept")
            make(path)
            self.assertEqual(broken(self.out), {
                "SG_AVAILABLE": [(path.name, "it is no regular file")]})
            (path.rmdir if path.is_dir() else path.unlink)()
            (self.folder / "kept").rename(path)

    def test_a_file_that_may_not_be_read(self) -> None:
        self.segment().chmod(0)
        self.assertEqual(broken(self.out), {
            "SG_AVAILABLE": [(self.segment().name, "Permission denied")]})

    def test_an_index_that_is_too_large(self) -> None:
        os.truncate(self.out / "index.json", HUGE)
        self.assertEqual(broken(self.out), {"IX_PARSE": [("index.json", "it is too large")]})

    def test_an_index_of_somebody_else(self) -> None:
        (self.out / "index.json").write_text('{"segments": 7}')
        self.assertEqual(broken(self.out), {})

    def test_several_playlists(self) -> None:
        (self.out / "b.m3u8").write_bytes((self.out / "stream.m3u8").read_bytes())
        (self.out / "c.m3u8").symlink_to("b.m3u8")
        found = report(self.out)
        self.assertEqual(found["checked"]["playlists"], 2)
        self.assertEqual([(entry["rule"], entry["place"]) for entry in found["findings"]],
                         [("PL_FETCH", "c.m3u8")])


if __name__ == "__main__":
    main()
