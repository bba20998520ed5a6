# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian system of the test's own, in a container, with systemd as init and hlsgen as a service.

Makes a tree of that Debian, once, from the package archive that apt of this machine uses; installs
hlsgen and its service into a copy; boots that, where a Python file of the test does the testing;
and passes on its TAP. HLSGEN is the program in its build directory.
"""
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

from origin import CHECKOUT, PATIENCE, PROGRAM, nginx_configuration

HERE = Path(__file__).resolve().parent
BUILD = Path(PROGRAM).resolve().parent
SOURCE = "usr/local/src/hlsgen"  # what a test needs of the checkout
TESTS = f"{SOURCE}/tests/functional"
LIBRARIES = "usr/local/lib/hlsgen"
TOOLS = ("mmdebstrap", "systemd-nspawn", "unshare", "apt-get")
DROP_IN = "usr/local/lib/systemd/system/hls-generator.service.d"

# What only a container of a test needs: the libraries that hlsgen was linked with here.
ENVIRONMENT = f"""[Service]
Environment=LD_LIBRARY_PATH=/{LIBRARIES}
"""

CHECKS = f"""[Unit]
After=multi-user.target
SuccessAction=poweroff-immediate
FailureAction=poweroff-immediate

[Service]
Type=oneshot
ExecStart=python3 -B /{TESTS}/checks.py
StandardOutput=file:/result
StandardError=file:/result
"""


class Skip(Exception):
    """Why nothing can be tested here."""


def find_obstacle() -> str:
    """Why no container can be made here; "" when one can."""
    if os.geteuid() != 0:
        return "only root can boot a container"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"{', '.join(missing)} not installed"
    probe = subprocess.run(["unshare", "--mount", "--cgroup", "--pid", "--fork", "--mount-proc",
                            "mount", "-t", "cgroup2", "cgroup2", "/mnt"],
                           capture_output=True, text=True)
    return probe.returncode and f"no namespaces or cgroups to be had: {probe.stderr.strip()}" or ""


def find_archive(suite: str) -> str:
    """The address of the Debian archive that apt uses, if it answers and has the release."""
    words = ["apt-get", "indextargets", "--format", "$(ORIGIN) $(COMPONENT) $(REPO_URI)",
             "Created-By: Packages"]
    for line in subprocess.run(words, capture_output=True, text=True).stdout.splitlines():
        if line.startswith("Debian main "):
            archive = line.split(maxsplit=2)[2]
            break
    else:
        raise Skip("apt knows of no Debian archive")
    try:
        with urllib.request.urlopen(f"{archive}dists/{suite}/InRelease", timeout=PATIENCE):
            return archive
    except OSError as error:
        raise Skip(f"{archive} does not answer: {error}") from error


def make_tree(suite: str, packages: str) -> Path:
    """The tree of a Debian release, kept in build/ from one time to the next."""
    options = ["--mode=root", "--variant=essential", f"--include={packages}",
               '--aptopt=Acquire::Languages "none"', '--aptopt=Acquire::Retries "5"',
               "--dpkgopt=path-exclude=/usr/share/doc/*",
               "--dpkgopt=path-exclude=/usr/share/man/*",
               "--dpkgopt=path-exclude=/usr/share/locale/*"]
    digest = hashlib.sha256(" ".join(options).encode()).hexdigest()[:8]
    tree = CHECKOUT / "build" / "trees" / f"{suite}-{digest}"
    if not tree.exists():
        tree.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=tree.parent) as folder:
            unfinished = Path(folder, suite)
            subprocess.run(["mmdebstrap", "--quiet", *options, suite, unfinished,
                            find_archive(suite)], check=True)
            unfinished.rename(tree)
    return tree


def copy_libraries(tree: Path, stage: Path) -> None:
    """The libraries that hlsgen needs and the tree does not have itself."""
    folder = stage / LIBRARIES
    folder.mkdir(parents=True)
    present = {path.name for path in (tree / "usr/lib").glob("*-linux-gnu/*")}
    listing = subprocess.run(["ldd", PROGRAM], capture_output=True, text=True, check=True).stdout
    for words in map(str.split, listing.splitlines()):
        if len(words) > 2 and words[1] == "=>" and words[0] not in present:
            shutil.copy(words[2], folder)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def stage_nginx(stage: Path) -> None:
    """nginx as README.md has it, but in the background, as Debian's unit expects."""
    text = nginx_configuration(ROOT="/var/hls", PAGE="/usr/local/share/hlsgen/page", RUN="/run",
                               LISTEN="17080")
    write(stage / "etc/nginx/nginx.conf", text.replace("daemon off;\n", ""))
    drop_in = stage / "etc/systemd/system/nginx.service.d"
    drop_in.mkdir(parents=True)
    shutil.copy(stage / "usr/local/share/hlsgen/systemd/nginx.service.d/hls.conf", drop_in)


def make_stage(tree: Path, version: str, stage: Path, script: Path) -> None:
    """All that is laid over the tree: what `meson install` installs, and the tests."""
    subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet",
                    "--destdir", stage], check=True, stdout=subprocess.DEVNULL)
    shutil.copy(BUILD / f"sandbox/systemd/confinement-{version}.conf",
                stage / DROP_IN / "confinement.conf")
    copy_libraries(tree, stage)
    write(stage / DROP_IN / "libraries.conf", ENVIRONMENT)
    stage_nginx(stage)
    shutil.copytree(CHECKOUT / "tests/functional", stage / TESTS)
    shutil.copy(HERE / "service.py", stage / TESTS)
    shutil.copy(script, stage / TESTS / "checks.py")
    write(stage / "etc/systemd/system/checks.service", CHECKS)
    wants = stage / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir()
    (wants / "checks.service").symlink_to("../checks.service")


def boot(tree: Path, stage: Path) -> int:
    """Runs the container to its end, or ends it; prints what it has to say."""
    process = subprocess.Popen(["unshare", "--mount", "sh", HERE / "container.sh", tree, stage],
                               stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        return process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        raise


def run(suite: str, version: str, packages: str, script: Path,
        dress: Callable[[Path], None] = lambda stage: None) -> int:
    """Runs `script` in a container of that Debian release, dressed up; the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        obstacle = find_obstacle()
        if obstacle:
            raise Skip(obstacle)
        tree = make_tree(suite, packages)
    except Skip as reason:
        print(f"TAP version 13\n1..0 # SKIP {reason}")
        return 0
    with tempfile.TemporaryDirectory(prefix="hlsgen test ") as stage:
        os.chmod(stage, 0o755)  # it becomes the container's root directory
        make_stage(tree, version, Path(stage), script)
        dress(Path(stage))
        return boot(tree, Path(stage))
