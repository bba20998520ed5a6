# SPDX-License-Identifier: GPL-2.0-or-later
"""Bad input: one line on stderr that names it, the right code of sysexits, nothing changed on disk.

Whether each message says what would be right is the matter of the unit tests; here the whole
program is looked at.
"""

import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from tap import main

PROGRAM = os.environ.get("HLSGEN", "hlsgen")
ARGUMENTS = shlex.split(os.environ.get("HLSGEN_ARGS", ""))
PATIENCE = 120  # seconds; keeps a run that does not end from hanging the test

NOBODY = 65534

EX_USAGE, EX_DATAERR, EX_NOINPUT = os.EX_USAGE, os.EX_DATAERR, os.EX_NOINPUT
EX_CANTCREAT, EX_IOERR = os.EX_CANTCREAT, os.EX_IOERR
EX_NOPERM, EX_CONFIG, EX_TEMPFAIL = os.EX_NOPERM, os.EX_CONFIG, os.EX_TEMPFAIL

Listing = dict[str, tuple]


def listing(folder: Path) -> Listing:
    """All that is in a folder, with what would show a change."""
    entries = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.lstat()
        entries[str(path)] = (status.st_mode, status.st_uid, status.st_size, status.st_mtime_ns,
                              status.st_ino)
    return entries


class BadInput(unittest.TestCase):
    """Runs in a folder with an output directory, hls, that holds a file not ours."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="hlsgen test ")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.folder.chmod(0o755)
        self.out = self.folder / "hls"
        self.out.mkdir()
        (self.out / "foreign").write_text("not ours")
        if os.geteuid() == 0:
            os.chown(self.out, NOBODY, NOBODY)

    def run_program(self, *arguments: str) -> subprocess.CompletedProcess:
        return self.run_as({}, PROGRAM, *arguments)

    def run_as_plain_user(self, *arguments: str) -> subprocess.CompletedProcess:
        """As nobody if the test is root's: a copy, since only root may look where the build is."""
        if os.geteuid() != 0:
            return self.run_program(*arguments)
        with tempfile.TemporaryDirectory(prefix="hlsgen copy ") as folder:
            os.chmod(folder, 0o755)
            program = shutil.copy(PROGRAM, folder)
            return self.run_as({"user": NOBODY, "group": NOBODY, "extra_groups": []}, program,
                               *arguments)

    def run_as(self, user: dict, program: str, *arguments: str) -> subprocess.CompletedProcess:
        environment = {name: value for name, value in os.environ.items()
                       if name != "JOURNAL_STREAM"}
        environment["HLSGEN_PRESET_PATH"] = str(self.folder / "presets")
        return subprocess.run([program, *ARGUMENTS, *arguments], cwd=self.folder, env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE,
                              **user)

    def check_refusal(self, run: subprocess.CompletedProcess, code: int, *words: str) -> None:
        errors = run.stderr.decode()
        self.assertEqual(run.returncode, code, errors)
        self.assertEqual(run.stdout, b"")
        self.assertTrue(errors.startswith("hlsgen: "), errors)
        self.assertTrue(errors.endswith("\n"), errors)
        self.assertTrue(errors[:-1].isprintable(), repr(errors))
        for word in words:
            self.assertIn(word, errors)

    def refuse(self, arguments: list[str], code: int, *words: str, plain: bool = False) -> None:
        before = listing(self.folder)
        run = self.run_as_plain_user(*arguments) if plain else self.run_program(*arguments)
        self.check_refusal(run, code, *words)
        self.assertEqual(listing(self.folder), before)

    def refuse_file(self, content: bytes, code: int, *words: str) -> None:
        (self.folder / "x.conf").write_bytes(content)
        self.refuse(["--preset", "./x.conf", "--out", "hls"], code, *words)


def add_cases(case: type[BadInput], rows: dict[str, tuple], method: str) -> None:
    """Makes each row a test of its own."""
    def make(row: tuple):
        return lambda self: getattr(self, method)(*row)
    for name, row in rows.items():
        setattr(case, f"test_{name}", make(row))


OUT = ["--out", "hls"]


class Options(BadInput):
    pass


add_cases(Options, {
    "out_missing": ([], EX_USAGE, "--out is missing"),
    "out_without_value": (["--out"], EX_USAGE, "--out: DIR is missing"),
    "out_empty": (["--out", ""], EX_USAGE, "must not be empty"),
    "unknown_option": ([*OUT, "--prset=x"], EX_USAGE, "--prset", "--preset"),
    "ambiguous_option": ([*OUT, "--p", "x"], EX_USAGE,
                         "--p: ambiguous, --preset or --print-preset"),
    "unknown_letter": ([*OUT, "-x"], EX_USAGE, "-x"),
    "value_for_a_flag": (["--help=yes"], EX_USAGE, "--help"),
    "positional": ([*OUT, "720p-ultrafast"], EX_USAGE, "720p-ultrafast"),
    "unknown_preset": ([*OUT, "-p", "720p-ultrafsat"], EX_USAGE, "nearest is 720p-ultrafast"),
    "preset_empty": ([*OUT, "-p", ""], EX_USAGE, "--preset"),
    "preset_with_line_break": ([*OUT, "-p", "a\nb"], EX_USAGE, "unknown preset"),
    "preset_with_escape": ([*OUT, "-p", "\x1b[31mred"], EX_USAGE, "unknown preset"),
    "set_without_unit": ([*OUT, "-s", "video.bitrate=2000"], EX_USAGE,
                         "--set video.bitrate=2000: a unit is missing, as in 2000kbit/s"),
    "set_wrong_unit": ([*OUT, "-s", "video.rate=30fps"], EX_USAGE, "as in 30"),
    "set_out_of_range": ([*OUT, "-s", "video.bitrate=90000kbit/s"], EX_USAGE,
                         "out of range, 32kbit/s to 60000kbit/s"),
    "set_rate_too_low": ([*OUT, "-s", "video.rate=9"], EX_USAGE, "out of range, 10 to 120"),
    "set_unknown_key": ([*OUT, "-s", "video.bitrat=1"], EX_USAGE, "nearest is bitrate"),
    "set_without_key": ([*OUT, "-s", "bitrate"], EX_USAGE, "SECTION.KEY=VALUE"),
    "set_against_the_preset": ([*OUT, "-s", "video.color=#ff0000"], EX_USAGE, "pattern = color"),
    "set_exact_animated": ([*OUT, "-s", "video.encoder=exact", "-s", "video.pattern=testsrc"],
                           EX_USAGE, "--set video.pattern=testsrc", "patterns that stand still"),
    "set_speed_of_exact": ([*OUT, "-s", "video.encoder=exact", "-s", "video.x264-preset=fast"],
                           EX_USAGE, "only for encoder = x264"),
    "set_variation_of_constant": ([*OUT, "-s", "video.bitrate-variation=10%"], EX_USAGE,
                                  "only for bitrate-pattern = sawtooth or random"),
    "set_variation_too_large": ([*OUT, "-s", "video.bitrate-pattern=sawtooth",
                                 "-s", "video.bitrate-variation=51%"], EX_USAGE, "1% to 50%"),
    "set_seed_of_sawtooth": ([*OUT, "-s", "video.bitrate-pattern=sawtooth",
                              "-s", "video.bitrate-seed=2"], EX_USAGE,
                             "only for bitrate-pattern = random"),
    "set_without_video_and_sound": ([*OUT, "-s", "video.encoder=none", "-s", "audio.signal=none"],
                                    EX_USAGE, "leave nothing to send"),
    "set_size_without_video": ([*OUT, "-s", "video.encoder=none", "-s", "video.size=64x64"],
                               EX_USAGE, "only for encoder = x264 or exact"),
    "set_tone_without_sound": ([*OUT, "-s", "audio.signal=none", "-s", "audio.tone=2kHz"],
                               EX_USAGE, "only for signal = tone or beep"),
    "set_group_of_one": ([*OUT, "-s", "audio.delivery=group"], EX_USAGE,
                         "only for presets with renditions"),
    "set_rendition_of_one": ([*OUT, "-s", "rendition 720p.bitrate=3Mbit/s"], EX_USAGE,
                             "this preset has no renditions"),
    "set_unknown_rendition": ([*OUT, "-p", "4k-abr", "-s", "rendition 721p.bitrate=3Mbit/s"],
                              EX_USAGE, "unknown rendition, the nearest is 720p"),
    "set_rendition_too_small": ([*OUT, "-p", "4k-abr", "-s", "rendition 720p.size=100x100"],
                                EX_DATAERR, "that of 720p is 100x100"),
    "set_rates_that_differ": ([*OUT, "-p", "4k-abr", "-s", "rendition 480p.rate=30000/1001"],
                              EX_USAGE, "those of 480p 60 at 30000/1001"),
    "set_what_each_rendition_has": ([*OUT, "-p", "4k-abr", "-s", "video.bitrate=3Mbit/s"],
                                    EX_USAGE, "every rendition has its own"),
    "epoch_malformed": ([*OUT, "--epoch", "yesterday"], EX_USAGE, "1970-01-01T00:00:00Z"),
    "epoch_no_date": ([*OUT, "--epoch", "2026-02-30T00:00:00Z"], EX_USAGE, "--epoch"),
    "epoch_in_the_future": ([*OUT, "--epoch", "2261-01-01T00:00:00Z"], EX_TEMPFAIL, "epoch"),
    "memory_budget_too_small": ([*OUT, "--memory-budget", "60MB"], EX_DATAERR,
                                "MB of memory, its budget is 60 MB", "--memory-budget"),
    "cycle_too_long": ([*OUT, "-s", "video.rate=30000/1001", "-s", "audio.tone=441Hz"], EX_DATAERR,
                       "MB of memory, its budget is 128 MB", "the cycle, which is 4000 segments"),
    "disk_budget_too_small": ([*OUT, "--disk-budget", "2MB"], EX_DATAERR,
                              "MB on disk, its budget is 2 MB", "--disk-budget"),
    "cpu_budget_without_unit": ([*OUT, "--cpu-budget", "50"], EX_USAGE,
                                "--cpu-budget=50: a unit is missing, as in 100%"),
    "sandbox_unknown": ([*OUT, "--sandbox", "lax"], EX_USAGE, "strict, best-effort, off"),
    "print_of_unknown_preset": (["--print-preset", "-p", "xyzzy"], EX_USAGE, "xyzzy"),
}, "refuse")


class PresetFiles(BadInput):
    def test_missing(self) -> None:
        self.refuse([*OUT, "-p", "./none.conf"], EX_NOINPUT, "./none.conf", "No such file")

    def test_directory(self) -> None:
        self.refuse([*OUT, "-p", str(self.out)], EX_NOINPUT, "not a regular file")

    def test_fifo(self) -> None:
        os.mkfifo(self.folder / "x.conf")
        self.refuse([*OUT, "-p", "x.conf"], EX_NOINPUT, "not a regular file")

    def test_device(self) -> None:
        self.refuse([*OUT, "-p", "/dev/zero"], EX_NOINPUT, "not a regular file")

    def test_unreadable(self) -> None:
        (self.folder / "x.conf").touch(mode=0o000)
        self.refuse([*OUT, "-p", "x.conf"], EX_NOINPUT, "Permission denied", plain=True)

    def test_bad_file_on_the_search_path(self) -> None:
        presets = self.folder / "presets"
        presets.mkdir()
        (presets / "720p-clock.conf").write_text("[video]\nrate = 0\n")
        self.refuse(OUT, EX_DATAERR, "presets/720p-clock.conf:2: ")

    def test_long_path(self) -> None:
        (self.folder / "x.conf").write_text("[video]\nrate = 9\n")
        self.refuse([*OUT, "-p", "./" * 1000 + "x.conf"], EX_DATAERR,
                    "/./x.conf:2: [video] rate = 9: out of range, 10 to 120")


RAW_NAMES = [os.fsdecode(name) for name in (b"a\x1b[31m", b"a\nb", b"a\xc2\x9b31m", b"a\xfc")]


class RawNames(BadInput):
    """File names that a terminal would obey, or could not show."""

    def setUp(self) -> None:
        super().setUp()
        self.presets = self.folder / "presets"
        self.presets.mkdir()
        for name in RAW_NAMES:
            (self.presets / f"{name}.conf").touch()

    def check_printed(self, *arguments: str) -> str:
        run = self.run_program(*arguments)
        text = run.stdout.decode("utf-8")
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        for line in text.splitlines():
            self.assertTrue(line.isprintable(), repr(line))
        return text

    def test_are_no_presets(self) -> None:
        (self.presets / "plain.conf").touch()
        names = {line.split()[0] for line in self.check_printed("--list-presets").splitlines()}
        self.assertIn("plain", names)
        self.assertEqual([name for name in names if name.startswith("a")], ["audio-only"])

    def test_are_not_looked_up(self) -> None:
        for name in RAW_NAMES:
            with self.subTest(name=name):
                self.refuse([*OUT, "-p", name], EX_USAGE, 'unknown preset "a?')

    def test_are_printed_safely(self) -> None:
        for name in RAW_NAMES:
            with self.subTest(name=name):
                path = str(self.presets / f"{name}.conf")
                text = self.check_printed("--print-preset", "-p", path)
                self.assertTrue(text.startswith("# hlsgen preset a?"), text)

    def test_are_named_safely_in_errors(self) -> None:
        for name in RAW_NAMES:
            with self.subTest(name=name):
                path = self.presets / f"{name}.conf"
                path.write_text("[video]\nrate = 9\n")
                self.refuse([*OUT, "-p", str(path)], EX_DATAERR, ".conf:2: ")


add_cases(PresetFiles, {
    "too_large": (b"\n" * (64 * 1024 + 1), EX_DATAERR, "./x.conf: larger than 64 KiB"),
    "long_line": (b"# " + b"-" * 200, EX_DATAERR, "./x.conf:1: ", "190 bytes"),
    "binary_nul": (b"[stream]\nwindow = 5\0\n", EX_DATAERR, "./x.conf:2: not text"),
    "binary_bytes": (bytes(range(256)), EX_DATAERR, "./x.conf:1: not text"),
    "latin_1": (b"[stream]\ndescription = \xfc\n", EX_DATAERR, "./x.conf:2: not text"),
    "unknown_section": (b"[vidoe]\n", EX_DATAERR, "./x.conf:1: ", "nearest is video"),
    "unknown_key": (b"[video]\nbitrat = 1\n", EX_DATAERR, "./x.conf:2: ", "nearest is bitrate"),
    "section_twice": (b"[video]\n[audio]\n[video]\n", EX_DATAERR, "./x.conf:3: ", "twice"),
    "key_twice": (b"[stream]\nwindow = 5\nwindow = 5\n", EX_DATAERR, "./x.conf:3: ", "line 2"),
    "key_before_section": (b"window = 5\n", EX_DATAERR, "./x.conf:1: ", "[stream]"),
    "no_equals_sign": (b"[stream]\nwindow 5\n", EX_DATAERR, "./x.conf:2: ", "KEY = VALUE"),
    "no_unit": (b"[video]\nbitrate = 2000\n", EX_DATAERR,
                "./x.conf:2: [video] bitrate = 2000: a unit is missing, as in 2000kbit/s"),
    "wrong_unit": (b"[video]\nrate = 30fps\n", EX_DATAERR, "./x.conf:2: ", "as in 30"),
    "out_of_range": (b"[stream]\nwindow = 2\n", EX_DATAERR, "./x.conf:2: ", "3 to 1000"),
    "unknown_choice": (b"[video]\npattern = bars\n", EX_DATAERR, "./x.conf:2: ", "smptebars"),
    "exact_animated": (b"[video]\nencoder = exact\npattern = testsrc2\n", EX_DATAERR,
                       "./x.conf:3: [video] pattern = testsrc2", "use encoder = x264"),
    "clock_in_a_small_picture": (b"[video]\nencoder = exact\noverlay = clock\nsize = 254x144\n",
                                 EX_DATAERR, "256x144"),
    "unknown_encoder": (b"[video]\nencoder = x265\n", EX_DATAERR, "./x.conf:2: ", "x264, exact"),
    "unknown_overlay": (b"[video]\noverlay = logo\n", EX_DATAERR, "./x.conf:2: ", "none, clock"),
    "unknown_bitrate_pattern": (b"[video]\nbitrate-pattern = sine\n", EX_DATAERR,
                                "./x.conf:2: ", "constant, sawtooth, random"),
    "unknown_stuffing": (b"[video]\nstuffing = zero\n", EX_DATAERR, "./x.conf:2: ",
                         "filler, null"),
    "unknown_signal": (b"[audio]\nsignal = noise\n", EX_DATAERR, "./x.conf:2: ", "tone, beep"),
    "rendition_without_name": (b"[rendition]\n", EX_DATAERR, "./x.conf:1: ", "[rendition 720p]"),
    "rendition_with_a_path": (b"[rendition ../a]\n", EX_DATAERR, "./x.conf:1: ", "letters, digits"),
    "rendition_of_sound": (b"[rendition audio]\n", EX_DATAERR, "./x.conf:1: ", "another use"),
    "rendition_of_a_stream": (b"[rendition s0001]\n", EX_DATAERR, "./x.conf:1: ", "another use"),
    "rendition_twice": (b"[rendition a]\n[rendition a]\n", EX_DATAERR, "./x.conf:2: ", "twice"),
    "sixteen_renditions": (b"".join(b"[rendition %d]\n" % number for number in range(16)),
                           EX_DATAERR, "./x.conf:16: ", "at most 15"),
    "rendition_with_a_key_of_all": (b"[rendition a]\nwindow = 5\n", EX_DATAERR, "./x.conf:2: ",
                                    "belongs to [stream]"),
    "renditions_that_differ": (b"[rendition a]\nrate = 25\n[stream]\nsegment-duration = 1.5s\n"
                               b"[rendition b]\n", EX_DATAERR, "./x.conf:2: ",
                               "38 frames at 25 a second"),
    "renditions_without_video": (b"[rendition a]\n[video]\nencoder = none\n", EX_DATAERR,
                                 "./x.conf:3: ", "no rendition has video"),
    "group_with_a_rendition_of_sound": (b"[audio]\ndelivery = group\n[rendition a]\n[rendition b]\n"
                                        b"encoder = none\n", EX_DATAERR, "./x.conf:5: ",
                                        "nothing is left for b"),
    "cycle_no_multiple": (b"[video]\npattern = testsrc\ncycle = 3s\n", EX_DATAERR,
                          "./x.conf:3: ", "segment-duration (2s)"),
}, "refuse_file")


class Directory(BadInput):
    def test_parent_missing(self) -> None:
        self.refuse(["--out", "none/hls"], EX_CANTCREAT, "none/hls")

    def test_file(self) -> None:
        self.refuse(["--out", "hls/foreign"], EX_CANTCREAT, "hls/foreign")

    def test_below_a_file(self) -> None:
        self.refuse(["--out", "hls/foreign/hls"], EX_CANTCREAT, "hls/foreign/hls")

    def test_symlink(self) -> None:
        (self.folder / "link").symlink_to("hls")
        for name in ("link", "link/", "link/.", "link//", "link/./"):
            with self.subTest(name=name):
                self.refuse(["--out", name], EX_CANTCREAT, "symbolic link")

    def test_dangling_symlink(self) -> None:
        (self.folder / "link").symlink_to("none")
        self.refuse(["--out", "link"], EX_CANTCREAT, "link")

    def test_not_writable(self) -> None:
        os.chown(self.out, os.geteuid(), os.getegid())
        self.out.chmod(0o555)  # of root, when root: hlsgen becomes another user
        self.refuse(OUT, EX_CANTCREAT, "hls", "Permission denied")

    def test_parent_not_writable(self) -> None:
        self.folder.chmod(0o555)
        self.addCleanup(self.folder.chmod, 0o755)
        self.refuse(["--out", "new"], EX_CANTCREAT, "new", plain=True)

    def test_path_too_long(self) -> None:
        self.refuse(["--out", "hls/" + "a" * 5000], EX_CANTCREAT)

    def test_user_unknown(self) -> None:
        if os.geteuid() != 0:
            self.skipTest("only root becomes another user")
        self.refuse([*OUT, "--user", "no-such-user"], EX_CONFIG, "no-such-user")

    def test_user_of_another(self) -> None:
        another = next((user.pw_name for user in pwd.getpwall()
                        if user.pw_uid not in (0, NOBODY, os.geteuid())), None)
        if another is None:
            self.skipTest("there is no other user")
        self.refuse([*OUT, "--user", another], EX_NOPERM, another, plain=True)

    def test_user_root(self) -> None:
        self.refuse([*OUT, "--user", "root"], EX_CONFIG, "root")

    def test_new_directory_is_not_left_behind(self) -> None:
        self.refuse(["--out", "new", "--epoch", "2261-01-01T00:00:00Z"], EX_TEMPFAIL)


class WhileEncoding(BadInput):
    """What only the encoders can tell: by then the directory is there, but nothing else."""

    def refuse_stream(self, preset: str, *settings: str, words: str) -> None:
        arguments = [argument for setting in settings for argument in ("--set", setting)]
        run = self.run_program("--preset", preset, "--out", "new", *arguments)
        self.check_refusal(run, EX_DATAERR, words)
        self.assertEqual(list((self.folder / "new").iterdir()), [])

    def test_bitrate_too_low(self) -> None:
        self.refuse_stream("720p-ultrafast", "video.pattern=testsrc2", "video.cycle=2s",
                           "video.bitrate=32kbit/s", words="too low for its pattern")

    def test_bitrate_too_low_for_exact(self) -> None:
        self.refuse_stream("720p-clock", "video.bitrate=100kbit/s", words="too low for its picture")


MOUNTED = """
mount -t tmpfs -o size="$1",mode=0777 none "$2"
[ "$3" = full ] && head -c "$1" /dev/zero > "$2/filler" 2>/dev/null
[ "$3" = ro ] && mount -o remount,ro "$2"
show() { find "$1" -printf '%p %m %s %T@ %i\\n' | sort; }
before=$(show "$2")
directory=$2
shift 3
status=0
"$@" || status=$?
[ "$before" = "$(show "$directory")" ] || echo "$directory has changed"
exit $status
"""


class Mounted(BadInput):
    """The output directory is a file system of its own, in a private mount namespace."""

    def run_mounted(self, size: str, state: str) -> subprocess.CompletedProcess:
        probe = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", self.out],
                               capture_output=True, text=True)
        if probe.returncode != 0:
            self.skipTest(f"cannot mount a tmpfs: {probe.stderr.strip()}")
        environment = {name: value for name, value in os.environ.items()
                       if name != "JOURNAL_STREAM"}
        return subprocess.run(
            ["unshare", "-m", "sh", "-uc", MOUNTED, "sh", size, self.out, state,
             PROGRAM, *ARGUMENTS, "--out", str(self.out)],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)

    def test_full(self) -> None:
        self.check_refusal(self.run_mounted("512k", "full"), EX_IOERR, str(self.out))

    def test_too_small(self) -> None:
        self.check_refusal(self.run_mounted("512k", "empty"), EX_IOERR, str(self.out))

    def test_read_only(self) -> None:
        self.check_refusal(self.run_mounted("64m", "ro"), EX_CANTCREAT, str(self.out),
                           "Read-only file system")


if __name__ == "__main__":
    main()
