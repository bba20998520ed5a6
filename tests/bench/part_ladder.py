# SPDX-License-Identifier: GPL-2.0-or-later
"""A ladder of five, 3840x2160 to 640x360: hlsgen and ffmpeg one after the other."""
import os
import re
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import candidates
from candidates import AUDIO_RATE, SEGMENT_SECONDS, WINDOW, Candidate
from machine import Setup
from places import directory, plain_pages
from process import Failed, Running, running
from tables import MEGABYTE, Figure, table
from watch import NS, PLAYLIST

MASTER = "master.m3u8"
STARTING = 90  # seconds in which all windows must be full
LOOK = 0.02    # seconds between two looks at the disk
# Name, size, and bit/s of video.
RUNGS = (("2160p", "3840x2160", 15_000_000), ("1080p", "1920x1080", 5_000_000),
         ("720p", "1280x720", 2_000_000), ("480p", "854x480", 1_000_000),
         ("360p", "640x360", 500_000))


def ffmpeg() -> Candidate:
    """Bars drawn at each size, which is cheaper than to scale them, and the sound encoded once."""
    frames = 30 * SEGMENT_SECONDS
    words = ["-re -f lavfi -i sine=frequency=1000:sample_rate=48000"]
    words += [f"-re -f lavfi -i smptebars=size={size}:rate=30" for _, size, _ in RUNGS]
    words += ["-map 0:a"] + [f"-map {place + 1}:v" for place in range(len(RUNGS))]
    words += [f"-b:v:{place} {rate}" for place, (_, _, rate) in enumerate(RUNGS)]
    words += [f"""-c:v libx264 -preset ultrafast -g {frames} -keyint_min {frames} -sc_threshold 0
        -pix_fmt yuv420p -c:a aac -b:a {AUDIO_RATE} -f hls -hls_time {SEGMENT_SECONDS}
        -hls_list_size {WINDOW} -hls_flags delete_segments -master_pl_name {MASTER}
        -hls_segment_filename %v/seg%d.ts -var_stream_map"""]
    variants = ["a:0,agroup:sound,name:audio"]
    variants += [f"v:{place},agroup:sound,name:{name}" for place, (name, _, _) in enumerate(RUNGS)]
    command = candidates.ffmpeg(" ".join(words)) + [" ".join(variants), f"%v/{PLAYLIST}"]
    return Candidate("ffmpeg", command)


def blocks(folder: str | Path) -> int:
    """Bytes on disk, as du(1) counts them."""
    total = 0
    for entry in os.scandir(folder):
        try:
            total += blocks(entry.path) if entry.is_dir() else entry.stat().st_blocks * 512
        except FileNotFoundError:  # it has just been removed
            pass
    return total


def listed(folder: Path) -> list[str]:
    try:
        lines = (folder / PLAYLIST).read_text().splitlines()
    except FileNotFoundError:
        return []
    return [line for line in lines if line and not line.startswith("#")]


@dataclass
class Look:
    """What is on disk, looked at again and again."""

    where: Path
    run: Running
    peak: int = 0
    folders: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folders = [self.where / name for name, _, _ in RUNGS]

    def until(self, end: int) -> Iterator[None]:
        """Gives a turn after each look, until CLOCK_MONOTONIC says @p end."""
        while time.monotonic_ns() < end:
            self.peak = max(self.peak, blocks(self.where))
            self.run.check()
            yield
            time.sleep(LOOK)

    def is_full(self) -> bool:
        return all(len(listed(folder)) >= WINDOW for folder in self.folders)

    def await_full(self) -> float:
        """Milliseconds from exec until each window is full."""
        for _ in self.until(self.run.started + STARTING * NS):
            if self.is_full():
                return (time.monotonic_ns() - self.run.started) / 1e6
        raise Failed(f"not all windows are full after {STARTING} s: {self.run.said()}")

    def settle(self) -> None:
        """Until what has left the playlist is removed, one for each that comes."""
        for _ in self.until(time.monotonic_ns() + (WINDOW + 4) * SEGMENT_SECONDS * NS):
            pass

    def newest(self) -> int:
        """Media sequence number of the newest segment of the slowest rung, from any first one."""
        return min(int(re.search(r"(\d+)\D*$", listed(folder)[-1])[1]) for folder in self.folders)

    def sizes(self) -> dict[str, list[int]]:
        return {folder.name: [(folder / name).stat().st_size for name in listed(folder)]
                for folder in self.folders}


def declared(where: Path) -> dict[str, int]:
    """BANDWIDTH of each rung. ffmpeg lists its sound as a variant, too."""
    text = (where / MASTER).read_text()
    found = re.findall(r"^#EXT-X-STREAM-INF:(?:.*,)?BANDWIDTH=(\d+).*\n(\w+)/", text, re.MULTILINE)
    rungs = [name for name, _, _ in RUNGS]
    return {name: int(bandwidth) for bandwidth, name in found if name in rungs}


def promised(run: Running) -> int | None:
    """Bytes on disk that hlsgen says at its start that it will need."""
    found = re.search(r"disk_bytes=(\d+)", run.said())
    return int(found[1]) if found else None


def measure(candidate: Candidate, setup: Setup) -> dict:
    print(f"{candidate.name}: {setup.seconds:g} s", file=sys.stderr, flush=True)
    with directory() as where, running(candidate, where) as run:
        look = Look(where, run)
        full_ms = look.await_full()
        look.settle()
        begin, cpu, newest = time.monotonic_ns(), run.cpu(), look.newest()
        for _ in look.until(begin + int(setup.seconds * NS)):
            pass
        cpu, newest = run.cpu() - cpu, look.newest() - newest
        audio = [(where / "audio" / name).stat().st_size for name in listed(where / "audio")]
        return {
            "command": candidate.command,
            "full_ms": full_ms,
            "published": newest,
            "due": setup.seconds / SEGMENT_SECONDS,
            "cpu_percent": 100 * cpu / (time.monotonic_ns() - begin),
            "memory": run.memory(),
            "segment_bytes": look.sizes(),
            "audio_bytes": audio,
            "bandwidth": declared(where),
            "disk_promised": promised(run),
            "disk_peak": look.peak,
        }


def run(setup: Setup) -> dict:
    own, other = candidates.own(setup.program, "4k-abr"), ffmpeg()
    with plain_pages() as mounted:
        if not mounted:
            print("the disk is looked at with the pages of this tmpfs", file=sys.stderr, flush=True)
        results = {own.name: measure(own, setup)}
        try:
            results[other.name] = measure(other, setup)
        except Failed as reason:
            print(f"{other.name}: not measured: {reason}", file=sys.stderr, flush=True)
        return results


def sent(result: dict, name: str) -> float:
    """Bytes of a segment of a rung, its share of the sound included."""
    sound = statistics.mean(result["audio_bytes"]) if result["audio_bytes"] else 0
    return statistics.mean(result["segment_bytes"][name]) + sound


def spread(values: list[float], digits: int) -> str:
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"


def figures(result: dict) -> dict[str, Figure]:
    memory, need, used = result["memory"], result["disk_promised"], result["disk_peak"]
    asked = [100 * sent(result, name) * 8 / SEGMENT_SECONDS / (rate + AUDIO_RATE)
             for name, _, rate in RUNGS]
    told = [bandwidth * SEGMENT_SECONDS / 8 / sent(result, name)
            for name, bandwidth in result["bandwidth"].items()]
    return {
        "exec to full windows of all rungs, ms": result["full_ms"],
        "segments published, of those due": f"{result['published']} of {result['due']:.0f}",
        "CPU in steady state, % of a core": result["cpu_percent"],
        "RSS in steady state, MB": memory["rss"] / MEGABYTE,
        "RSS at its peak, MB": memory["peak_rss"] / MEGABYTE,
        "segments, % of the bytes asked for": spread(asked, 1),
        "BANDWIDTH, times what is sent": spread(told, 4),
        "disk at its peak, MB": used / MEGABYTE,
        "disk that it says it will need, MB": need / MEGABYTE if need else None,
        "of that used, %": 100 * used / need if need else None,
    }


def show(results: dict) -> str:
    return table({name: figures(result) for name, result in results.items()}, compare=True)


def notes(setup: Setup) -> str:
    return f"""\
hlsgen --preset 4k-abr: {', '.join(f'{name} {rate / 1e6:g}' for name, _, rate in RUNGS)} Mbit/s,
30 frames/s, and sound of {AUDIO_RATE // 1000} kbit/s in each, on tmpfs with pages of 4 kB. ffmpeg
draws bars without a clock at each size, encodes the sound once, as a rendition of its own, and has
no filler data. Ranges: over the rungs; sent are all segments of a playlist, with their sound.
CPU over {setup.seconds:g} s, from when old segments are removed; disk as du(1) counts it, looked
at every {LOOK * 1000:.0f} ms from the start on."""
