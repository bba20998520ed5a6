# SPDX-License-Identifier: GPL-2.0-or-later
"""Starts what the tests look at: hlsgen on a directory of its own, and nginx before it.

HLSGEN names the program, HLSGEN_ARGS holds more arguments for every start, and HLSGEN_CONTAINER
sets the container of all streams. Deadlines here only keep a broken program from hanging a test;
nothing asserts how fast it is.
"""

import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = os.environ.get("HLSGEN", "hlsgen")
CONTAINER = os.environ.get("HLSGEN_CONTAINER")
ARGUMENTS = shlex.split(os.environ.get("HLSGEN_ARGS", ""))
if CONTAINER:
    ARGUMENTS += ["--set", f"stream.container={CONTAINER}"]
PATIENCE = 300.0  # seconds; sanitized builds on a busy machine are slow
CHECKOUT = Path(__file__).resolve().parents[2]


@contextmanager
def scratch() -> Iterator[Path]:
    """A new directory in memory where there is /dev/shm; every user may pass through it."""
    shm = Path("/dev/shm")
    parent = shm if shm.is_dir() and os.access(shm, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="hlsgen test ", dir=parent) as name:
        os.chmod(name, 0o755)
        yield Path(name)


def wait_until(true: Callable[[], bool], what: str, pause: float = 0.005) -> None:
    """Polls until `true` says so; TimeoutError names `what` was waited for."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(pause)


class Hlsgen:
    """One run of hlsgen into `out`; as a context manager it is ended by SIGTERM, then SIGKILL."""

    def __init__(self, out: Path, *arguments: str, preset: str = "720p-ultrafast",
                 umask: int = -1) -> None:
        self.out = out
        self.umask = umask
        self.command = [PROGRAM, "--preset", preset, "--out", str(out), *ARGUMENTS, *arguments]
        self.process: subprocess.Popen | None = None
        self.environment: dict[str, str] | None = None  # None: that of the test
        self.errors = ""

    def start(self) -> "Hlsgen":
        self.before = self.stamp()
        self.log = tempfile.TemporaryFile("w+", errors="replace")
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, umask=self.umask,
                                        stdout=self.log, stderr=self.log, env=self.environment)
        return self

    def __enter__(self) -> "Hlsgen":
        return self.start().wait_ready()

    def __exit__(self, *_) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.wait()

    @property
    def playlist(self) -> Path:
        return self.out / "stream.m3u8"

    def read(self) -> bytes:
        return self.playlist.read_bytes()

    def wait_ready(self) -> "Hlsgen":
        """Until this run has published a playlist; RuntimeError when it ends before."""
        wait_until(lambda: self.process.poll() is not None or self.has_published(), "a playlist")
        if self.process.poll() is not None:
            raise RuntimeError(f"hlsgen ended with {self.wait()}: {self.errors}")
        return self

    def has_published(self) -> bool:
        return self.stamp() not in (None, self.before)

    def stamp(self) -> tuple[int, int] | None:
        """Changes with every playlist published."""
        try:
            status = self.playlist.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_ctime_ns

    def wait(self) -> int:
        """Waits for the end; returns the exit code, negative for a signal."""
        code = self.process.wait(PATIENCE)
        if not self.log.closed:
            self.log.seek(0)
            self.errors = self.log.read()
            self.log.close()
        return code

    def freeze(self) -> None:
        """Stops it by SIGSTOP; it stands still when this returns."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.wait()


class Several(Hlsgen):
    """With several playlists, each of which has its part of the stamp; it is ready when all of them
    are of this run."""

    def has_published(self) -> bool:
        now = self.stamp()
        return now is not None and (self.before is None
                                    or all(a != b for a, b in zip(now, self.before)))


def make_out(parent: Path) -> Path:
    """An output directory that exists before hlsgen does, and belongs to whom it becomes."""
    out = parent / "hls"
    out.mkdir()
    if os.geteuid() == 0:
        try:
            user = pwd.getpwnam("hls")
        except KeyError:
            user = pwd.getpwnam("nobody")
        os.chown(out, user.pw_uid, user.pw_gid)
    return out


def run(*command: object, **options) -> str:
    """What a command says on both; it must end with 0."""
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **options)
    if done.returncode:
        raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout[-5000:]}")
    return done.stdout


def told(*arguments: str) -> str:
    """What the program prints on stdout; it must end with 0."""
    return subprocess.run([PROGRAM, *arguments], check=True, stdout=subprocess.PIPE,
                          text=True).stdout


def sets(*settings: str) -> list[str]:
    """The arguments that override keys of the preset."""
    return [word for setting in settings for word in ("--set", setting)]


SUFFIX = ".m4s" if CONTAINER == "fmp4" else ".ts"  # of segments


def is_section(name: str) -> bool:
    """Whether a file is an initialization section, by its name."""
    return re.fullmatch(r"init-[0-9a-f]{16}\.mp4", name) is not None


def segments(playlist: bytes) -> list[str]:
    """The URIs that a playlist lists."""
    return [line for line in playlist.decode().splitlines() if line and line[0] != "#"]


def sequence(playlist: bytes) -> int:
    """Its EXT-X-MEDIA-SEQUENCE."""
    line = next(line for line in playlist.decode().splitlines()
                if line.startswith("#EXT-X-MEDIA-SEQUENCE:"))
    return int(line.partition(":")[2])


def is_about_run(name: str) -> bool:
    """Whether a file tells of the run and not of a stream: status.json, hlsgen.prom, a lease."""
    return re.fullmatch(r"status\.json|hlsgen\.prom|hlsgen\.alive-\d+", name) is not None


def hold_port() -> socket.socket:
    """A port of loopback that nobody is given while the socket lives. Who asks for it by its
    number, with SO_REUSEADDR as servers do, may listen there."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder


def nginx_program() -> str | None:
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def nginx_configuration(segment: int = 2, **places: object) -> str:
    """That of nginx/, filled in for segments of so many seconds."""
    text = (CHECKOUT / "nginx" / "nginx.conf.in").read_text()
    for name, value in {"MAX_AGE": segment // 2, "STALE": segment, **places}.items():
        text = text.replace(f"@{name}@", str(value))
    return text


class Server:
    """nginx on a free port of loopback, with a configuration that is written before it starts."""

    def __init__(self, run: Path) -> None:
        self.run = run
        run.mkdir()
        self.held = hold_port()
        self.port = self.held.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self.configuration = run / "nginx.conf"
        self.log = run / "error.log"
        self.process: subprocess.Popen | None = None

    def command(self, *arguments: str) -> list[str]:
        return [nginx_program(), "-e", "stderr", "-p", str(self.run),
                "-c", str(self.configuration), *arguments]

    def errors(self) -> str:
        """What nginx has said so far."""
        return self.log.read_text()

    def answers(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"nginx ended with {self.process.returncode}: {self.errors()}")
        try:
            with urllib.request.urlopen(self.url, timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def __enter__(self) -> "Server":
        with self.log.open("w") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stderr=log)
        wait_until(self.answers, "nginx")
        return self

    def __exit__(self, *_) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.held.close()


class Nginx(Server):
    """With the configuration of nginx/, serving `root`."""

    def __init__(self, root: Path, run: Path, segment: int = 2) -> None:
        super().__init__(run)
        self.page = run / "page"
        shutil.copytree(CHECKOUT / "page", self.page)  # the checkout may be closed to workers
        self.configuration.write_text(nginx_configuration(
            segment, ROOT=root, PAGE=self.page, RUN=run, LISTEN=f"127.0.0.1:{self.port}"))
