# SPDX-License-Identifier: GPL-2.0-or-later
"""What a finite stream says of itself, held against its files; and presets of small ones."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

from origin import SUFFIX, is_section, segments

LADDER = """\
[stream]
description = a small ladder
segment-duration = 2s
window = 10
[video]
encoder = {encoder}
pattern = smptebars
overlay = clock
rate = 30
[audio]
tone = 1kHz
bitrate = 64kbit/s
delivery = {delivery}
[budget]
memory = 512MB
cpu = 100%
disk = 64MB
[rendition low]
size = 416x234
bitrate = 200kbit/s
[rendition top]
size = 640x360
bitrate = 500kbit/s
"""


def write_ladder(folder: Path, encoder: str = "exact", delivery: str = "muxed") -> str:
    """A preset of two renditions, and perhaps one of sound; its path."""
    path = folder / f"{encoder}-{delivery}.conf"
    path.write_text(LADDER.format(encoder=encoder, delivery=delivery))
    return str(path)


def files(out: Path) -> set[str]:
    return {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}


TEMPORARY = re.compile(r"(.*/)?\.hlsgen-[a-z]+\.tmp")


def contents(out: Path) -> dict[str, tuple[str, int]]:
    """By path, what would show any difference between two runs: bytes and date."""
    return {name: (hashlib.sha256((out / name).read_bytes()).hexdigest(),
                   (out / name).stat().st_mtime_ns) for name in files(out)}


def uris(playlist: Path) -> list[Path]:
    return [playlist.parent / uri for uri in segments(playlist.read_bytes())]


def sections(playlist: Path) -> list[Path]:
    """The initialization sections that it names."""
    return [playlist.parent / uri
            for uri in re.findall(r'#EXT-X-MAP:URI="(.*?)"', playlist.read_text())]


def check_sections(out: Path) -> None:
    """Each playlist of segments has the one that it needs, whose name tells its bytes."""
    for playlist in out.rglob("stream.m3u8"):
        found = [path.resolve() for path in sections(playlist)]
        assert len(found) == (SUFFIX == ".m4s"), f"{playlist} names {found}"
        for path in found:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            assert path.name == f"init-{digest[:16]}.mp4", path


def check_named(out: Path) -> None:
    """Nothing names what is not there, at this instant."""
    for playlist in out.rglob("*.m3u8"):
        for path in [*uris(playlist), *sections(playlist)]:
            assert path.is_file(), f"{playlist} names {path}"
    for index in out.rglob("index.json"):
        for name in json.loads(index.read_text())["segments"]:
            assert (index.parent / name).is_file(), f"{index} names {name}"
    if (out / "urls.txt").exists():
        for name in (out / "urls.txt").read_text().splitlines():
            assert (out / name).is_file(), f"urls.txt names {name}"
    if (out / "SHA256SUMS").exists():
        check_sums(out)


def check_sums(out: Path) -> None:
    """SHA256SUMS names every other file, but what a kill may leave, and sha256sum(1) agrees."""
    lines = (out / "SHA256SUMS").read_text().splitlines()
    paths = [line[66:] for line in lines]
    assert paths == sorted(paths)
    others = {name for name in files(out) if not TEMPORARY.fullmatch(name)} - {"SHA256SUMS"}
    assert set(paths) == others, set(paths) ^ others
    said = subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=out,
                          capture_output=True, text=True)
    assert said.returncode == 0, said.stdout + said.stderr


def check_urls(out: Path) -> None:
    """urls.txt has all that clients fetch, each once, playlists first."""
    urls = (out / "urls.txt").read_text().splitlines()
    playlists = [url for url in urls if url.endswith(".m3u8")]
    assert len(urls) == len(set(urls))
    assert urls[:len(playlists)] == playlists
    assert set(urls) == {name for name in files(out) if name.endswith((".m3u8", SUFFIX, ".mp4"))}


def date_ns(text: str) -> int:
    """Of an instant as index.json has it."""
    seconds = subprocess.check_output(["date", "--utc", "--date", text, "+%s%N"])
    return int(seconds)


def check_index(folder: Path) -> None:
    """index.json tells of each segment what its file says."""
    index = json.loads((folder / "index.json").read_text())
    listed = index["segments"]
    own = [path.name for path in folder.iterdir() if is_section(path.name)]
    assert own == [index["map"]] if SUFFIX == ".m4s" else not own and "map" not in index
    playlist = (folder / "stream.m3u8").read_text()
    durations = re.findall(r"#EXTINF:([\d.]+),\n(\S+)", playlist)
    assert list(listed) == [name for _, name in durations]
    for duration, name in durations:
        said, file = listed[name], folder / name
        assert said["size"] == file.stat().st_size, name
        assert said["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest(), name
        assert f"{said['duration']:.6f}" == duration, name
        assert name == f"seg{said['number']}{SUFFIX}" and said["index"] == said["number"]
    first = next(iter(listed))
    assert date_ns(listed[first]["due"]) // 1000 == (folder / first).stat().st_mtime_ns // 1000


def check(out: Path) -> None:
    """All of it."""
    check_named(out)
    check_sums(out)
    check_urls(out)
    check_sections(out)
    for index in out.rglob("index.json"):
        check_index(index.parent)
