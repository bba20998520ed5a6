# SPDX-License-Identifier: GPL-2.0-or-later
"""Three origins behind one nginx, of which one is killed and started again every few seconds.

    PYTHONPATH=tests/functional:tests/faults python3 tests/deploy/replicas.py --seconds 600

The nginx in front, deploy/front/nginx.conf.in, asks another origin each time, so a client meets all
of them. These look: players that are as strict as the conformance checker and reload as RFC 8216
6.3.4 lets them; clients that compare every byte with index.json; one that takes each segment from
every origin and from the front, and compares all that with each other; and one that reads the
playlist far more often than players do, to tell by how much an origin can be behind the others.
It prints the figures and what was wrong; the exit code is 1 if anything was. HLSGEN names the
program.
"""

import argparse
import hashlib
import http.client
import json
import multiprocessing
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import verify
from conformance import TIMING, check, m3u8, report, select
from conformance.observe import Expect, Http, Observer
from front import Front
from origin import Hlsgen, Nginx, scratch, segments
from stage import Staged, Time

PRESET = "720p-ultrafast"
PLAYERS = 2
CLIENTS = 4
CHUNK = 40.0  # seconds that a player keeps in memory, and is then judged by
DOWN = 0.5  # seconds, as RestartSec= of the service
LOOK = 0.05  # seconds
SETTLED = 3  # segments that are newer than the one which every origin has by now
THROUGH = 3  # times that the comparer takes a segment through the front
SAME = ("number", "index", "size", "duration", "pts", "due", "sha256")  # whoever made a segment


@dataclass
class Findings:
    """What all saw together."""

    figures: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    behind: float = 0.0  # seconds by which a playlist was older than one read before, at most
    kills: Counter[str] = field(default_factory=Counter)
    down: list[float] = field(default_factory=list)  # seconds from a kill to the next playlist
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str, number: int = 1) -> None:
        with self.lock:
            self.figures[name] += number

    def fault(self, text: str) -> None:
        with self.lock:
            self.wrong.append(f"{time.strftime('%H:%M:%S', time.gmtime())} {text}")

    def report(self) -> str:
        lines = [f"{name}: {count}" for name, count in sorted(self.figures.items())]
        lines.append(f"a playlist older than one read before: by {1000 * self.behind:.0f} ms at "
                     "most")
        if self.down:
            kills = ", ".join(f"{count} by {name}" for name, count in self.kills.items())
            lines.append(f"kills: {kills}; from one to the next playlist of that origin "
                         f"{min(self.down):.2f} to {max(self.down):.2f} s")
        return "\n".join([*self.wrong, *lines, f"wrong: {len(self.wrong)}"])


class Origin:
    """hlsgen, which is killed now and then, and its nginx, which stays."""

    def __init__(self, folder: Path, preset: str, arguments: Sequence[str], ahead: float) -> None:
        """@param ahead seconds by which its clock is"""
        folder.mkdir()
        words = ["--index", "sha256", *arguments]
        if ahead:
            self.hlsgen = Staged(folder / "hls", Time(time.time() + ahead), *words, base=[])
        else:
            self.hlsgen = Hlsgen(folder / "hls", *words, preset=preset)
        self.nginx = Nginx(self.hlsgen.out, folder / "run")
        self.is_up = True

    def index(self) -> dict[str, dict]:
        return json.loads((self.hlsgen.out / "index.json").read_bytes())["segments"]


# ---- who looks -----------------------------------------------------------------------------------


class Player(Http):
    """Waits for the target duration after a playlist that was new, else for half of it."""

    last = b""

    def playlist(self) -> bytes:
        data = super().playlist()
        target = m3u8.parse(data).target
        self.interval = target if data != self.last else target / 2
        self.last = data
        return data


def play(url: str, until: float, told: multiprocessing.Queue) -> None:
    """Plays one stretch after the other, and tells what is not as the rules have it."""
    while (left := until - time.monotonic()) > 0:
        seen = Observer(Player(url)).run(min(left, CHUNK))
        seen.expect = Expect()
        results = check(seen)
        failed = [result for result in results
                  if result.verdict == "fail" and result.rule not in TIMING]
        told.put((len(seen.segments), len(select(results, "pass")), report(failed)))


class Getter:
    """Whole answers over one connection to a server."""

    def __init__(self, url: str) -> None:
        self.source = Http(url)

    def get(self, uri: str):
        answer = self.source.ask(uri)
        length = int(answer.get("Content-Length") or len(answer.body))
        if answer.status == 200 and length != len(answer.body):
            raise OSError(f"{uri}: {len(answer.body)} of {length} bytes")
        return answer


class Looker(threading.Thread):
    """Does `look` again and again until it is ended."""

    def __init__(self, found: Findings, ended: threading.Event, pause: float) -> None:
        super().__init__()
        self.found, self.ended, self.pause = found, ended, pause

    def run(self) -> None:
        while not self.ended.wait(self.pause):
            try:
                self.look()
            except (OSError, ValueError, http.client.HTTPException) as error:
                self.found.fault(f"{type(self).__name__}: {error!r}")

    def look(self) -> None:
        raise NotImplementedError


class Comparer(Looker):
    """Takes each segment from everywhere, once all have it: the same bytes, and the same date and
    ETag, by which a cache tells versions apart."""

    def __init__(self, found: Findings, ended: threading.Event, origins: list[Origin],
                 front: Front) -> None:
        super().__init__(found, ended, 0.5)
        self.origins = origins
        self.front = Getter(front.url)
        self.direct = [Getter(origin.nginx.url) for origin in origins]
        self.seen: set[str] = set()

    def look(self) -> None:
        answer = self.front.get("stream.m3u8")
        for name in segments(answer.body)[:-SETTLED]:
            if name not in self.seen:
                self.seen.add(name)
                self.compare(name)

    def compare(self, name: str) -> None:
        self.found.count("segments compared")
        kinds = {self.kind(getter, name) for getter in [self.front] * THROUGH}
        entries = set()
        for origin, getter in zip(self.origins, self.direct):
            if kind := self.kind(getter, name, origin):
                kinds.add(kind)
            if entry := origin.index().get(name):
                entries.add(tuple(entry[key] for key in SAME))
            elif origin.is_up:
                self.found.fault(f"{name}: not in an index of {origin.hlsgen.out}")
        if len(kinds) != 1 or len(entries) != 1:
            self.found.count("mismatches")
            self.found.fault(f"{name}: {kinds} {entries}")
        elif next(iter(kinds))[0] != next(iter(entries))[-1]:
            self.found.count("mismatches")
            self.found.fault(f"{name}: not the digest of index.json")

    def kind(self, getter: Getter, name: str, origin: Origin | None = None):
        """Digest, date and ETag; None of an origin that is down and did not make it."""
        answer = getter.get(name)
        if answer.status == 404 and origin and not origin.is_up:
            return None
        if answer.status != 200:
            self.found.fault(f"{name}: {answer.status}")
            return None
        self.found.count("copies compared")
        self.found.count("bytes compared", len(answer.body))
        digest = hashlib.sha256(answer.body).hexdigest()
        return digest, answer.get("Last-Modified"), answer.get("ETag")


class Reader(Looker):
    """Reads the playlist through the front as often as nobody else."""

    def __init__(self, found: Findings, ended: threading.Event, front: Front) -> None:
        super().__init__(found, ended, LOOK)
        self.front = Getter(front.url)
        self.first: dict[int, float] = {}  # when a segment was the newest for the first time

    def look(self) -> None:
        asked = time.monotonic()
        answer = self.front.get("stream.m3u8")
        if answer.status != 200:
            self.found.fault(f"stream.m3u8: {answer.status}")
            return
        self.found.count("playlists read in passing")
        playlist = m3u8.parse(answer.body)
        newest = playlist.sequence + len(playlist.entries) - 1
        self.first.setdefault(newest, asked)
        if newest < max(self.first):
            self.found.count("playlists read in passing, older than one before")
            came = min(when for number, when in self.first.items() if number > newest)
            self.found.behind = max(self.found.behind, asked - came)


# ---- who kills -----------------------------------------------------------------------------------


class Killer(Looker):
    """Kills an origin's hlsgen, lets it be down for a while, and starts it again."""

    def __init__(self, found: Findings, ended: threading.Event, origins: list[Origin],
                 options: argparse.Namespace) -> None:
        super().__init__(found, ended, options.kill_every)
        self.origins = origins
        self.down, self.withdraws = options.down, not options.keep_leases
        self.every = options.kill_every
        self.dice = random.Random(options.seed)

    def look(self) -> None:
        origin = self.dice.choice(self.origins)
        number = self.dice.choice([signal.SIGKILL, signal.SIGTERM])
        begin = time.monotonic()
        origin.is_up = False
        code = origin.hlsgen.stop(number)
        if code not in (0, -signal.SIGKILL):  # it had ended by itself
            self.found.fault(f"hlsgen: {code}: {origin.hlsgen.errors}")
        for lease in origin.hlsgen.out.glob("hlsgen.alive-*") if self.withdraws else ():
            lease.unlink()
        time.sleep(self.down)
        origin.hlsgen.start().wait_ready()
        origin.is_up = True
        took = time.monotonic() - begin
        self.found.kills[signal.Signals(number).name] += 1
        self.found.down.append(took)
        self.pause = max(0.0, self.every - took)


# ---- all of it -----------------------------------------------------------------------------------


def gather(found: Findings, tally: verify.Tally, told: multiprocessing.Queue) -> None:
    """Adds what players and clients say."""
    while not told.empty():
        taken, passed, failed = told.get()
        found.count("segments taken by strict players", taken)
        found.count("rules held, summed over their stretches", passed)
        if failed:
            found.fault(failed)
    found.count("segments taken by comparing clients", tally.figures["verified"])
    found.count("bytes of these", tally.figures["bytes"])
    found.count("mismatches", tally.faults["wrong bytes"])
    for text in tally.told:
        found.fault(text)


def watch(found: Findings, origins: list[Origin], front: Front,
          options: argparse.Namespace) -> None:
    """For so many seconds, with a kill every few."""
    ended = threading.Event()
    told: multiprocessing.Queue = multiprocessing.Queue()
    until = time.monotonic() + options.seconds
    players = [multiprocessing.Process(target=play, args=(front.url + "stream.m3u8", until, told))
               for _ in range(PLAYERS)]
    for player in players:
        player.start()
        time.sleep(1 / PLAYERS)  # so that they reload at different times
    lookers = [Comparer(found, ended, origins, front), Reader(found, ended, front)]
    if options.kill_every:
        lookers.append(Killer(found, ended, origins, options))
    for looker in lookers:
        looker.start()
    try:
        tally = verify.verify(front.url, until - time.monotonic(), CLIENTS)
    finally:
        ended.set()
        for worker in [*lookers, *players]:
            worker.join()
    gather(found, tally, told)


def run(options: argparse.Namespace, *odd: str) -> Findings:
    """@param odd arguments that the last origin alone has"""
    found = Findings()
    found.count("mismatches", 0)
    with scratch() as folder, ExitStack() as stack:
        origins = [Origin(folder / f"origin {number}", options.preset, extra, ahead)
                   for number, (extra, ahead) in enumerate([((), 0), ((), 0),
                                                            (odd, options.ahead)])]
        for origin in origins:
            stack.enter_context(origin.hlsgen)
            stack.enter_context(origin.nginx)
        front = stack.enter_context(Front([origin.nginx for origin in origins], folder / "front"))
        watch(found, origins, front, options)
        for server in [front, *(origin.nginx for origin in origins)]:
            said = server.errors()
            if said:
                found.fault(said)
    return found


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--kill-every", type=float, default=5, metavar="SECONDS",
                        help="default 5; 0: never")
    parser.add_argument("--down", type=float, default=DOWN, metavar="SECONDS",
                        help=f"from a kill to the start; default {DOWN}")
    parser.add_argument("--keep-leases", action="store_true",
                        help="let those of who was killed run out by themselves, as if nobody had "
                        "seen it end; else they are removed at once (doc/replicas.md)")
    parser.add_argument("--ahead", type=float, default=0, metavar="SECONDS",
                        help="by which one origin's clock is; negative for behind. STAGE_LIBRARY "
                        "names the library that makes it so, tests/faults/stage.c")
    parser.add_argument("--preset", default=PRESET)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    return parser.parse_args(words)


def main() -> int:
    options = arguments(*sys.argv[1:])
    print(f"seed {options.seed}", flush=True)
    found = run(options)
    print(found.report())
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
