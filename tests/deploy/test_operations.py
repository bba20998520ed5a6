# SPDX-License-Identifier: GPL-2.0-or-later
"""Every command of doc/operations.md, on a host as it describes: Debian 12 in a container.

They run as they stand there, in inside_operations.py. Before that the host has the service that
hlsgen replaces, and what ffmpeg has left in /var/hls.
"""
import shutil
import subprocess
import sys
from pathlib import Path

import container
from origin import CHECKOUT

PACKAGES = ("systemd-sysv,dbus,python3,nginx-light,curl,jq,"
            "prometheus-node-exporter,prometheus-nginx-exporter")

# Stands in for a unit of ffmpeg, whose files are made here.
OLD_UNIT = """[Service]
User=hls
ExecStart=sleep infinity

[Install]
WantedBy=multi-user.target
"""


def make_old_stream(folder: Path) -> None:
    folder.mkdir(parents=True)
    subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i",
                    "smptebars=size=320x180:rate=30:duration=30", "-f", "lavfi", "-i",
                    "sine=frequency=1000:sample_rate=48000:duration=30", "-preset", "ultrafast",
                    "-c:v", "libx264", "-g", "60", "-c:a", "aac", "-f", "hls", "-hls_time", "2",
                    "-hls_list_size", "10", "-hls_flags", "delete_segments",
                    "-hls_segment_filename", "seg%d.ts", "stream.m3u8"], cwd=folder, check=True)


def dress(stage: Path) -> None:
    source = stage / container.SOURCE
    for name in ("doc", "deploy", "nginx"):
        shutil.copytree(CHECKOUT / name, source / name)
    for name in ("inside_operations.py", "monitoring.py", "runbook.py"):
        shutil.copy(CHECKOUT / "tests/deploy" / name, stage / container.TESTS)
    container.write(stage / "etc/systemd/system/hls-generator.service", OLD_UNIT)
    make_old_stream(stage / "var/hls")


if __name__ == "__main__":
    if shutil.which("ffmpeg") is None:
        print("TAP version 13\n1..0 # SKIP ffmpeg is not installed")
    else:
        sys.exit(container.run("bookworm", "252", PACKAGES,
                               Path(__file__).with_name("inside_operations.py"), dress))
