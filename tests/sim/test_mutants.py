# SPDX-License-Identifier: GPL-2.0-or-later
"""Shows that the simulator has teeth: test_mutants.py SOURCES COMPILER...

Each mutant is the program with one fault put into a copy of one of its files. It is built into the
simulator, which must find it within the seeds given here; the program itself must pass them.
"""

import subprocess
import sys
import tempfile
import unittest
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "functional"))
import tap  # noqa: E402

SOURCES = Path(sys.argv[1])
COMPILER = sys.argv[2:]
FLAGS = ["-std=c11", "-D_GNU_SOURCE", '-DHLSGEN_VERSION="0"', "-O1", f"-I{SOURCES / 'src'}",
         f"-I{SOURCES}"]
WRAPPED = [f"-Wl,--wrap={name}" for name in ("malloc", "calloc", "realloc", "free")]
SEEDS = 12000


@dataclass(frozen=True)
class Mutant:
    """The first place of `old` in `file` becomes `new`."""

    name: str
    file: str
    old: str
    new: str


MUTANTS = [
    Mutant("data is not synced", "base/fs.c",
           "result = fs->sync(fs->context, fd);", "result = 0;"),
    Mutant("a failed sync is no failure", "base/fs.c",
           "result = fs->sync(fs->context, fd);", "(void)fs->sync(fs->context, fd);"),
    Mutant("what was written is not looked at", "base/fs.c",
           "return now->regular && now->size", "return now->regular || now->size"),
    Mutant("the window is published before its names are synced", "origin/publisher.c",
           "    if (result == 0)\n        result = publisher_sync(publisher);\n"
           "    if (result == 0 && coming->count > 0)",
           "    if (result == 0 && coming->count > 0)"),
    Mutant("a segment is listed before its name is synced", "origin/publisher.c",
           "rename */\n    if (result >= 0)\n        result = publisher_sync(publisher);",
           "rename */\n    if (result == 1)\n        result = 0;"),
    Mutant("a prepared playlist is not looked at again", "origin/publisher_files.c",
           "(result == 0 && !fs_is_same(&now, &listing->coming))", "false"),
    Mutant("temporary files are not removed", "origin/publisher_files.c",
           "        (void)remove_file(publisher->config.fs, names[i]);", "        ;"),
    Mutant("a prepared segment is left behind", "origin/publisher.c",
           "        store_discard(&publisher->store, publisher->prepared);\n"
           "    publisher->prepared = PUBLISHER_NONE;\n}",
           "        publisher->prepared = PUBLISHER_NONE;\n}"),
    Mutant("a failed window is not withdrawn", "origin/publisher.c",
           "        withdraw(publisher);\n", ""),
    Mutant("what was found is withdrawn too", "origin/publisher.c",
           "if (store_has_made(&publisher->store, number))", "if (true)"),
    Mutant("segments are not mended", "origin/publisher.c",
           "result = mend_segment(publisher, number, ret);", "result = 0;"),
    Mutant("retention is one segment short", "origin/window.c",
           "RETENTION_EXTRA = 2", "RETENTION_EXTRA = 0"),
    Mutant("retention forgets the longest playlist", "origin/window.c",
           "    window->longest_end = window_end(&window->listed);\n", ""),
    Mutant("nothing is ever removed", "origin/store.c",
           "entry->remove_at <= now ?", "entry->remove_at < 0 ?"),
    Mutant("the sequence goes back with a longer window", "origin/window.c",
           "return window_end(listed) < own ? max_of(listed->sequence, own) : listed->sequence;",
           "return window->lowest;"),
    Mutant("the discontinuity sequence is off by one", "origin/window.c",
           "(first <= window->state.from && window->state.discontinuities > 0);", "0;"),
    Mutant("no discontinuity is said", "origin/window.c",
           "number == state->from && state->discontinuities > 0", "false"),
    Mutant("the target duration falls", "origin/resume.c",
           "target = max_of(target, found->playlist->target);", "(void)found;"),
    Mutant("another stream goes on as the same", "origin/resume.c",
           "same = has_digest(stream, found) &&", "same ="),
    Mutant("the state file is not written", "origin/takeover.c",
           "return write_state(publisher);", "return 0;"),
    Mutant("the state file is not believed", "origin/takeover.c",
           "found.state = &findings->state;", "found.state = NULL;"),
    Mutant("carried segments may be of any date", "origin/store.c",
           "status.time >= time - DATE_EARLY && status.time <= time + DATE_LATE &&", ""),
    Mutant("own segments are taken over unread", "origin/store.c",
           "(!bytes || store_holds(store, number, bytes, size, scratch)) &&", ""),
    Mutant("whole segments are made again", "origin/store.c",
           "status.mode == MODE && status.time == time", "status.mode != MODE"),
    Mutant("publication is early", "origin/live.c",
           "return timeline_due(lane->line, index) - live->tie.offset;",
           "return timeline_due(lane->line, index) - live->tie.offset - NS_PER_MS;"),
    Mutant("a step forward is not followed", "origin/tie.c",
           "tie->offset += step;", "(void)step;"),
    Mutant("a step back is followed", "origin/tie.c",
           "    tie->behind = behind;",
           "    tie->behind = behind;\n    tie->offset += behind * step;"),
    Mutant("a fault makes it spin", "origin/live.c",
           "(200 * NS_PER_MS)", "0"),
    Mutant("a removed directory is not noticed", "origin/live.c",
           "if (result == -ENOENT) {", "if (result == 1) {"),
    Mutant("segments leave an event", "origin/window.c",
           "lowest_of(window));\n    ret->count",
           "lowest_of(window) + (window->state.kind == PLAYLIST_EVENT && last % 5 == 0));\n"
           "    ret->count"),
    Mutant("an event goes on beyond its length", "origin/window.c",
           "if (state->kind == PLAYLIST_EVENT)\n        last =", "if (false)\n        last ="),
    Mutant("the end comes a segment late", "origin/resume.c",
           "plan->newest + plan->state.offset + 1 + stream->follow",
           "plan->newest + plan->state.offset + 2 + stream->follow"),
    Mutant("a restart counts to the end anew", "origin/resume.c",
           "found->state->end > plan->state.from)", "false)"),
    Mutant("the end is not said", "origin/window.c",
           "last == end && ret->count > 0;", "false;"),
    Mutant("something follows on an end", "origin/live.c",
           "if (publisher_has_ended(lane->publisher))\n        finish(live, i);",
           "if (false)\n        finish(live, i);"),
    Mutant("a stream that has ended goes on after a restart", "origin/resume.c",
           "plan.ended = has_ended(found);", "plan.ended = false;"),
    Mutant("the end does not wait for what left the playlist", "origin/live.c",
           "else if (next < INT64_MAX)", "else if (false)"),
    Mutant("the alias stays behind", "origin/publisher_files.c",
           "        replace_alias(publisher);", "        ;"),
    Mutant("the alias is not mended", "origin/publisher.c",
           "return note(publisher_mend_alias(publisher), failure, ret);", "return failure;"),
    Mutant("sections are not mended", "origin/publisher.c",
           "int result = sections_mend(&publisher->sections);", "int result = 0;"),
    Mutant("sections of earlier streams go at once", "origin/publisher.c",
           "has_earlier(publisher) ? 0 :", "false ? 0 :"),
    Mutant("a section does not wait for what left the playlist", "origin/publisher.c",
           "|| store_is_waiting_before(&publisher->store, own)", ""),
    Mutant("sections stay for ever", "origin/publisher.c",
           "has_earlier(publisher) ? 0 :", "true ? 0 :"),
    Mutant("segments are listed without their section", "origin/takeover.c",
           "        adopted = 0;", "        ;"),
    Mutant("another stream has the section of the one before", "origin/window.c",
           ".map = window->map,",
           ".map = window->listed.count > 0 ? window->listed.entries[0].map : window->map,"),
    Mutant("EXT-X-MAP does not change", "hls/playlist.c",
           "if (entry->map != map)", "if (map == 0 && entry->map != map)"),
    Mutant("the I-frame playlist stays behind", "origin/publisher_files.c",
           "        (void)replace_after(top, &top->iframes);", "        ;"),
    Mutant("the I-frame playlist is ahead", "origin/publisher_files.c",
           "    int result = replace_in(top, &top->stream);",
           "    if (has_iframes(publisher))\n        (void)replace_after(top, &top->iframes);\n"
           "    int result = replace_in(top, &top->stream);"),
    Mutant("the I-frame playlist is not mended", "origin/publisher.c",
           "failure = note(publisher_mend_iframes(publisher), failure, ret);", ""),
    Mutant("what stayed behind outlives its segments", "origin/publisher_files.c",
           "if (remove_file(place->fs, listing->name) < 0)", "if (true)"),
    Mutant("what an old alias lists is removed at the start", "origin/takeover.c",
           "return publisher->pictures || publisher->alias.fs;",
           "return publisher->pictures != NULL;"),
    Mutant("an I-frame playlist that nobody wants stays", "origin/publisher_files.c",
           "        (void)remove_file(config->fs, PLAYLIST_IFRAMES_NAME);", "        ;"),
    Mutant("the pictures of an earlier stream are not looked for", "origin/takeover.c",
           "    else\n        publisher_find_picture(publisher, number, scratch);", ""),
    Mutant("pictures are those of another segment", "origin/pictures.c",
           "picture->number == playlist->sequence + i", "picture->number != PUBLISHER_NONE"),
    Mutant("nobody looks for damage", "origin/live.c",
           "        look_after(live, lane);\n    else", "        ;\n    else"),
    Mutant("leases are not renewed", "origin/leases.c",
           "        if (find(leases, time))", "        if (true)"),
    Mutant("leases of others are swept", "origin/names.c",
           "return strcmp(name, expected) == 0 ? time : -1;", "return time;"),
    Mutant("memory is taken in the steady state", "origin/publisher.c",
           "    publisher->prepared = number; /*",
           "    void *volatile block = malloc(1);\n    free(block);\n"
           "    publisher->prepared = number; /*"),
]


class Mutants(unittest.TestCase):
    """One case a mutant, made below."""

    folder: tempfile.TemporaryDirectory
    objects: dict[str, str]

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory(prefix="hlsgen-mutants-")
        cls.objects = {}
        files = [SOURCES / "src" / name for name in program_files()]
        for file in files + sorted((SOURCES / "tests/sim").glob("*.c")):
            cls.objects[file.name] = compile_file(file, Path(cls.folder.name) / f"{file.stem}.o")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.folder.cleanup()

    def simulate(self, objects: dict[str, str]) -> subprocess.CompletedProcess:
        sim = str(Path(self.folder.name) / "sim")
        subprocess.run([*COMPILER, *objects.values(), *WRAPPED, "-lnettle", "-o", sim], check=True)
        return subprocess.run([sim, "--seeds", "1", str(SEEDS)], capture_output=True, text=True,
                              timeout=1200)

    def test_program(self) -> None:
        run = self.simulate(self.objects)
        self.assertEqual(run.returncode, 0, run.stdout)

    def check(self, mutant: Mutant) -> None:
        text = (SOURCES / "src" / mutant.file).read_text()
        self.assertTrue(mutant.old in text, f"{mutant.file} has changed: make this mutant anew")
        copy = Path(self.folder.name) / Path(mutant.file).name
        copy.write_text(text.replace(mutant.old, mutant.new, 1))
        mutated = compile_file(copy, copy.with_suffix(".mutant.o"))
        run = self.simulate(self.objects | {copy.name: mutated})
        self.assertEqual(run.returncode, 1, "nothing was found in any seed")
        tap.note(f"{mutant.name}: {run.stdout.splitlines()[1].removeprefix('# ')}")


def program_files() -> list[str]:
    """What the simulator runs of the program: all of src/origin but what is about real directories
    or about finite streams, and what lies below it."""
    origin = [f"origin/{file.name}" for file in sorted((SOURCES / "src/origin").glob("*.c"))
              if file.name not in ("outdir.c", "folders.c") and not file.name.startswith("vod")]
    return origin + ["hls/iframes.c", "hls/multivariant.c", "hls/playlist.c", "timeline/timeline.c",
                     "base/crc32.c", "base/fs.c", "base/put.c", "base/sha256.c", "base/utc.c"]


def compile_file(file: Path, target: Path) -> str:
    subprocess.run([*COMPILER, *FLAGS, "-c", str(file), "-o", str(target)], check=True)
    return str(target)


def add_case(mutant: Mutant) -> None:
    case = lambda self: self.check(mutant)  # noqa: E731
    setattr(Mutants, "test_" + mutant.name.replace(" ", "_"), case)


if __name__ == "__main__":
    for each in MUTANTS:
        add_case(each)
    del sys.argv[1:]
    tap.main()
