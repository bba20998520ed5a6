# SPDX-License-Identifier: GPL-2.0-or-later
"""The images of the Dockerfile, built by Buildah and run by Podman.

No registry is asked: the image of Debian that they begin with is a tree made by mmdebstrap, with
the package sources of the official one and the certificates that this machine trusts beyond
Debian's. Storage is kept in build/, so that what has not changed is not built again.
"""
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from container import find_archive, make_tree
from origin import CHECKOUT

BASE = "localhost/debian:bookworm-slim"  # for which the name without a host stands, too
TOOLS = ("buildah", "podman", "crun", "mmdebstrap", "nsenter")
STORE = CHECKOUT / "build" / "images"
OPTIONS = ["--root", STORE / "storage", "--runroot", STORE / "run", "--storage-driver", "overlay"]
TRUSTED = Path("/usr/local/share/ca-certificates")

SOURCES = """Types: deb
URIs: {archive}
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""

# crun wants one hierarchy of cgroups, and makes none with --cgroups disabled.
IN_CGROUP = 'umount -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup; exec "$@"'


def find_obstacle() -> str:
    """Why no image can be built here; "" when one can."""
    if os.geteuid() != 0:
        return "only root can make a tree of Debian"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"{', '.join(missing)} not installed" if missing else ""


def run(*command: object, **options) -> str:
    """What a command prints on stdout; it must end with 0."""
    done = subprocess.run(list(map(str, command)), text=True, capture_output=True, **options)
    if done.returncode:
        raise AssertionError(f"{shlex.join(map(str, command))} ended with {done.returncode}\n"
                             f"{done.stdout[-5000:]}{done.stderr[-5000:]}")
    return done.stdout.strip()


def buildah(*arguments: object) -> str:
    return run("buildah", *OPTIONS, *arguments)


def podman_command(*arguments: object) -> list[object]:
    return ["unshare", "--mount", "sh", "-c", IN_CGROUP, "sh", "podman", *OPTIONS, "--tmpdir",
            STORE / "podman", "--cgroup-manager", "cgroupfs", "--events-backend", "none",
            *arguments]


def podman(*arguments: object) -> str:
    return run(*podman_command(*arguments))


def make_base() -> None:
    """Debian as it would come from a registry. What Podman keeps of containers names the path of
    the checkout, which may have been moved since."""
    shutil.rmtree(STORE / "storage" / "libpod", ignore_errors=True)
    if subprocess.run(["buildah", *map(str, OPTIONS), "inspect", "--type", "image", BASE],
                      capture_output=True).returncode == 0:
        return
    tree = make_tree("bookworm", "apt")
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder, "etc/apt/sources.list.d/debian.sources")
        sources.parent.mkdir(parents=True)
        sources.write_text(SOURCES.format(archive=find_archive("bookworm")))
        trusted = Path(folder, TRUSTED.relative_to("/"))
        if TRUSTED.exists():
            shutil.copytree(TRUSTED, trusted)
        (Path(folder, "etc/apt/sources.list")).touch()
        container = buildah("from", "scratch")
        buildah("add", "--quiet", container, tree, "/")
        buildah("add", "--quiet", container, folder, "/")
        buildah("commit", "--quiet", "--rm", container, BASE)


def build(target: str) -> str:
    """The name of the image."""
    name = f"localhost/{target}-under-test"
    buildah("build", "--isolation", "chroot", "--pull-never", "--layers", "--format", "docker",
            "--target", target, "--tag", name, CHECKOUT)
    return name
