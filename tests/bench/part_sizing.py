# SPDX-License-Identifier: GPL-2.0-or-later
"""What hosts can do, computed from what hlsgen and nginx cost here."""
import http.client
import math
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import candidates
from candidates import SEGMENT_SECONDS
from machine import Setup
from part_ladder import MASTER
from places import directory
from process import Failed, Running, running
from tables import MEGABYTE, Figure, table
from watch import PLAYLIST

PRESETS = ("720p-clock", "1080p-clock", "2160p60-clock", "4k-abr")
REMOVING = 26  # seconds until old segments are removed, one for each that comes
SHARE = 3  # of the seconds of steady state
CLIENTS = 8
PATIENCE = 10
NGINX = Path(__file__).resolve().parents[2] / "nginx" / "nginx.conf.in"

# What TCP over IPv4 leaves of Ethernet with an MTU of 1500.
PAYLOAD = 1448 / 1538
HALF = 0.5  # of cores and memory, which streams may have


@dataclass(frozen=True)
class Host:
    cores: int
    memory: int  # GB
    network: float  # Gbit/s

    @property
    def name(self) -> str:
        return f"{self.cores} cores, {self.memory} GB, {self.network:g} Gbit/s"


HOSTS = (Host(2, 4, 1), Host(4, 16, 10), Host(16, 64, 25), Host(64, 256, 100))


# ---- what is measured ----------------------------------------------------------------------------


class Server:
    """nginx with one worker before a directory."""

    def __init__(self, root: Path, run: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        text = NGINX.read_text().replace("worker_processes auto", "worker_processes 1")
        for name, value in {"ROOT": root, "PAGE": root, "RUN": run,
                            "LISTEN": f"127.0.0.1:{self.port}",
                            "MAX_AGE": SEGMENT_SECONDS // 2, "STALE": SEGMENT_SECONDS}.items():
            text = text.replace(f"@{name}@", str(value))
        configuration = run / "nginx.conf"
        configuration.write_text(text)
        program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        if not program:
            raise Failed("nginx is missing")
        self.process = subprocess.Popen([program, "-e", "stderr", "-p", run, "-c", configuration])

    def await_answer(self) -> None:
        """From its worker: it listens before it has one."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            try:
                get(link, PLAYLIST)
                link.close()
                return
            except ConnectionRefusedError:
                time.sleep(0.05)
        raise Failed("nginx does not answer")

    def cpu(self) -> int:
        """Nanoseconds that its worker has run."""
        pid = self.process.pid
        (worker,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return time.clock_gettime_ns((~int(worker) << 3) | 2)


@contextmanager
def serving(root: Path) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="hlsgen-bench-") as run:
        server = Server(root, Path(run))
        try:
            yield server
        finally:
            server.process.terminate()
            server.process.wait()


def get(link: http.client.HTTPConnection, path: str) -> int:
    """Bytes of an answer, its head included."""
    link.request("GET", f"/{path}")
    answer = link.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise Failed(f"{path}: {answer.status}")
    return len(f"HTTP/1.1 200 OK\r\n{answer.headers}") + len(body)


def play(server: Server, paths: list[str], until: float) -> list[int]:
    """Takes them in turns without a break: bytes of each turn."""
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    turns = []
    while time.monotonic() < until:
        turns.append(sum(get(link, path) for path in paths))
    link.close()
    return turns


def best(where: Path) -> Path:
    """The folder of the best rung of a ladder; of one stream, that itself."""
    if not (where / MASTER).exists():
        return where
    found = re.findall(r"^#EXT-X-STREAM-INF:(?:.*,)?BANDWIDTH=(\d+).*\n(\S+)",
                       (where / MASTER).read_text(), re.MULTILINE)
    return (where / max(found, key=lambda variant: int(variant[0]))[1]).parent


def measure_server(where: Path, seconds: float) -> dict:
    """What nginx takes for a playlist and the segment that a player fetches with it."""
    lines = (where / PLAYLIST).read_text().splitlines()
    paths = [PLAYLIST, next(line for line in reversed(lines) if not line.startswith("#"))]
    with serving(where) as server, ThreadPoolExecutor(CLIENTS) as pool:
        server.await_answer()
        begin, until = server.cpu(), time.monotonic() + seconds
        clients = [pool.submit(play, server, paths, until) for _ in range(CLIENTS)]
        turns = [turn for client in clients for turn in client.result()]
        spent = server.cpu() - begin
    return {"turns": len(turns), "turn_us": spent / len(turns) / 1000,
            "turn_bytes": statistics.mean(turns)}


def promised(run: Running) -> int:
    """Bytes on disk that hlsgen says it will need."""
    return int(re.search(r"disk_bytes=(\d+)", run.said())[1])


def run(setup: Setup) -> dict:
    """All streams at the same time: they hardly take any."""
    seconds = setup.seconds / SHARE
    print(f"{len(PRESETS)} presets: {REMOVING + (1 + len(PRESETS)) * seconds:g} s",
          file=sys.stderr, flush=True)
    with ExitStack() as stack:
        places = {name: stack.enter_context(directory()) for name in PRESETS}
        runs = {name: stack.enter_context(running(candidates.own(setup.program, name), where))
                for name, where in places.items()}
        time.sleep(REMOVING)
        before, begin = {name: run.cpu() for name, run in runs.items()}, time.monotonic_ns()
        time.sleep(max(1, seconds // SEGMENT_SECONDS) * SEGMENT_SECONDS)
        took = time.monotonic_ns() - begin
        results = {name: {"cpu_percent": 100 * (run.cpu() - before[name]) / took,
                          "memory": run.memory(), "disk_bytes": promised(run)}
                   for name, run in runs.items()}
        for name, where in places.items():
            results[name]["server"] = measure_server(best(where), seconds)
    return results


# ---- what is computed ----------------------------------------------------------------------------


def player_rate(result: dict) -> float:
    """Gbit/s on the wire of a player of the best rung."""
    return result["server"]["turn_bytes"] * 8 / SEGMENT_SECONDS / PAYLOAD / 1e9


def player_cores(result: dict) -> float:
    """Of nginx, for one player."""
    return result["server"]["turn_us"] / 1e6 / SEGMENT_SECONDS


def stream_bytes(result: dict) -> int:
    """Memory of one stream: of the process at its peak, and of its files."""
    return result["memory"]["peak_rss"] + result["disk_bytes"]


def costs(result: dict) -> dict[str, Figure]:
    return {
        "hlsgen: CPU, % of a core": result["cpu_percent"],
        "hlsgen: memory at its peak, MB": result["memory"]["peak_rss"] / MEGABYTE,
        "hlsgen: files in memory at most, MB": result["disk_bytes"] / MEGABYTE,
        "a player: Mbit/s on the wire": 1000 * player_rate(result),
        "a player: nginx, µs of CPU a segment and a playlist": result["server"]["turn_us"],
        "nginx: Gbit/s on the wire by one core": player_rate(result) / player_cores(result),
    }


def players(host: Host, result: dict) -> str:
    """How many fill the network, and what that takes of the cores."""
    count = math.floor(host.network / player_rate(result))
    cores = count * player_cores(result)
    if cores > host.cores:
        return f"{math.floor(host.cores / player_cores(result))}: CPU"
    return f"{count} ({cores:.1f} cores)" if cores >= 0.05 else f"{count} (< 0.1 cores)"


def streams(host: Host, result: dict) -> str:
    """How many fit into half of the host, and what there is not more of."""
    by_cpu = math.floor(HALF * host.cores / (result["cpu_percent"] / 100))
    by_memory = math.floor(HALF * host.memory * 1e9 / stream_bytes(result))
    return f"{by_memory}: memory" if by_memory < by_cpu else f"{by_cpu}: CPU"


def show(results: dict) -> str:
    hosts = {host.name: host for host in HOSTS}
    rows = {f"{what}, {name}": (count, result) for what, count in (("players", players),
                                                                 ("streams", streams))
            for name, result in results.items()}
    computed = {name: {row: count(host, result) for row, (count, result) in rows.items()}
                for name, host in hosts.items()}
    measured = {name: costs(result) for name, result in results.items()}
    return f"{table(measured)}\n\n{table(computed)}"


def notes(setup: Setup) -> str:
    return f"""\
The first table is measured, over {setup.seconds / SHARE:g} s; the second follows from it. nginx:
one worker, and {CLIENTS} clients that take playlist and newest segment in turn; over loopback, so
that a network card and TLS come on top. On the wire: Ethernet with an MTU of 1500. A player of
4k-abr takes its best rung. Players: as many as fill the network, and the cores that nginx then
takes; nginx.conf allows 8192 connections for each core. Streams: in half of the cores and half of
the memory, a process each, at its peak and with all that its files may take; where there is not
more of what is named. With --streams a thousand share one process."""
