# SPDX-License-Identifier: GPL-2.0-or-later
"""The two images, built from the Dockerfile, and run with all that can be taken from a container:
its root directory read-only, no capability, no network, no new privileges, an own user."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import images
from container import Skip
from origin import CHECKOUT, PROGRAM, wait_until
from tap import main, note

DOCKER = CHECKOUT / "deploy" / "docker"
RESTRICTIONS = ["--network", "none", "--read-only", "--read-only-tmpfs=false", "--cap-drop", "all",
                "--security-opt", "no-new-privileges", "--cgroups", "disabled",
                "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096", "--no-healthcheck"]
TMPFS = ["--tmpfs", "/var/hls:size=200m,mode=1777,nosuid,nodev,noexec"]
STOPPING = ["--stop-timeout", "20"]

# What Podman's filter of system calls allows a plain user, and Docker's does not.
NOT_DOCKERS = {"clone3", "fsconfig", "fsmount", "fsopen", "fspick", "keyctl", "mount",
               "mount_setattr", "move_mount", "open_tree", "pivot_root", "setns", "umount",
               "umount2", "unshare"}
PODMANS = Path("/usr/share/containers/seccomp.json")

# Beside what the image of Debian has.
PACKAGES = {"libinih1", "libnettle8", "libseccomp2", "libx264-164", "tini"}


def like_dockers(folder: str) -> Path:
    """Podman's filter without what Docker's forbids."""
    profile = json.loads(PODMANS.read_text())
    for rule in profile["syscalls"]:
        if "caps" not in rule.get("includes", {}):
            rule["names"] = [name for name in rule["names"] if name not in NOT_DOCKERS]
    file = Path(folder, "docker.json")
    file.write_text(json.dumps(profile))
    return file


class Images(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        obstacle = images.find_obstacle()
        if obstacle:
            raise unittest.SkipTest(obstacle)
        folder = tempfile.TemporaryDirectory(prefix="hlsgen-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        try:
            images.make_base()
        except Skip as reason:
            raise unittest.SkipTest(str(reason)) from reason
        cls.hlsgen = images.build("hlsgen")
        cls.nginx = images.build("nginx")

    def inspect(self, image: str) -> dict:
        return json.loads(images.podman("image", "inspect", image))[0]

    def run_hlsgen(self, *arguments: str, seccomp: Path | None = None,
                   code: int = 0) -> subprocess.CompletedProcess:
        """To its end, with all restrictions."""
        profile = ["--security-opt", f"seccomp={seccomp}"] if seccomp else []
        done = subprocess.run(
            list(map(str, images.podman_command("run", "--rm", *RESTRICTIONS, *TMPFS, *profile,
                                                self.hlsgen, *arguments))),
            capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def start(self, image: str, *options: object) -> str:
        container = images.podman("run", "--detach", *RESTRICTIONS, *STOPPING, *options, image)
        self.addCleanup(images.podman, "rm", "--force", "--time", "0", container)
        return container

    def test_what_the_images_say(self) -> None:
        said = self.inspect(self.hlsgen)
        self.assertEqual(said["User"], "17080:17080")
        self.assertEqual(said["Healthcheck"]["Test"],
                         ["CMD", "hlsgen", "--health", "--out", "/var/hls"])
        self.assertEqual(said["Config"]["StopSignal"], "SIGTERM")
        self.assertEqual(self.inspect(self.nginx)["User"], "17081:17081")

    def test_only_what_is_needed(self) -> None:
        ask = ["--network", "none", "--cgroups", "disabled", "--ulimit", "nofile=1024:1024",
               "--ulimit", "nproc=4096:4096", "--entrypoint", "dpkg-query"]
        names = {image: set(images.podman("run", "--rm", *ask, image, "--show", "--showformat",
                                          "${Package}\n").split())
                 for image in (images.BASE, self.hlsgen)}
        self.assertLessEqual(names[self.hlsgen] - names[images.BASE], PACKAGES)
        self.assertLessEqual(PACKAGES, names[self.hlsgen])

    def test_a_stream_from_one_to_the_other(self) -> None:
        shared = Path(self.folder, "shared")
        shared.mkdir()
        shared.chmod(0o755)
        os.chown(shared, 17080, 17080)
        hlsgen = self.start(self.hlsgen, "--volume", f"{shared}:/var/hls")
        wait_until(lambda: (shared / "stream.m3u8").exists(), "a playlist")
        self.assertEqual(images.podman("exec", hlsgen, "hlsgen", "--health", "--out", "/var/hls"),
                         "publishing")
        nginx = self.start(self.nginx, "--volume", f"{shared}:/var/hls:ro",
                           "--tmpfs", "/run/nginx:mode=1777")
        self.assertIn("#EXTM3U", self.fetch(nginx, "stream.m3u8"))
        self.assertIn("hls.min.js", self.fetch(nginx, "") + self.fetch(nginx, "player.js"))
        self.assertGreater(len(self.fetch(nginx, "hls.min.js")), 100_000)
        self.assertEqual(self.fetch(nginx, "health"), "publishing\n")
        for container in hlsgen, nginx:
            images.podman("stop", container)
            self.assertEqual(images.podman("inspect", "--format", "{{.State.ExitCode}}",
                                           container), "0")
        self.assertEqual({path.stat().st_uid for path in shared.iterdir()}, {17080})

    def fetch(self, container: str, path: str) -> str:
        """What its server answers, asked from within its network, which has loopback alone."""
        pid = images.podman("inspect", "--format", "{{.State.Pid}}", container)
        program = ("import urllib.request as r; "
                   f"print(r.urlopen('http://127.0.0.1:17080/{path}').read().decode(), end='')")
        done = []

        def answered() -> bool:
            done[:] = [subprocess.run(["nsenter", "--target", pid, "--net", sys.executable, "-c",
                                       program], capture_output=True, text=True)]
            return done[0].returncode == 0

        wait_until(answered, f"/{path}")
        return done[0].stdout

    def test_layers(self) -> None:
        """As deploy/docker/README.md has it: by the filter of the container."""
        dockers = "keyring(seccomp),namespaces(landlock+seccomp),root(landlock+seccomp)," \
            "securebits(seccomp)"
        for profile, missing, through in ((PODMANS, "none", 0),
                                          (DOCKER / "seccomp.json", "none", 0),
                                          (like_dockers(self.folder), dockers, 2)):
            with self.subTest(profile.name):
                log = self.run_hlsgen("--out", "/var/hls", "--follow", "1", seccomp=profile).stderr
                self.assertIn(f"missing={missing}\n", log)
                done = self.run_hlsgen("--out", "/var/hls", "--check-sandbox", seccomp=profile,
                                       code=1 if through else 0)
                self.assertRegex(done.stdout, rf"\d+ stopped, {through} got through, 0 broken")
                note(next(line for line in done.stdout.splitlines() if " attacks: " in line))

    def test_same_bytes_as_outside(self) -> None:
        """Of FFmpeg it has a part alone, and yet makes what the whole makes."""
        here = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout
        if self.run_hlsgen("--version").stdout != here:
            self.skipTest("the libraries of this machine are others than those of Debian 12")
        for preset in ("720p-ultrafast", "4k-abr", "stress-test"):
            with self.subTest(preset):
                self.assertEqual(self.digests_inside(preset), self.digests_here(preset))

    def digests_inside(self, preset: str) -> str:
        shared = Path(self.folder, f"inside-{preset}")
        shared.mkdir()
        os.chown(shared, 17080, 17080)
        images.podman("run", "--rm", *RESTRICTIONS, "--volume", f"{shared}:/var/hls", self.hlsgen,
                      "--preset", preset, "--vod", "10s", "--out", "/var/hls")
        return (shared / "SHA256SUMS").read_text()

    def digests_here(self, preset: str) -> str:
        out = Path(self.folder, f"here-{preset}")
        subprocess.run([PROGRAM, "--preset", preset, "--vod", "10s", "--out", out, "--sandbox",
                        "best-effort"], check=True, capture_output=True)
        return (out / "SHA256SUMS").read_text()


if __name__ == "__main__":
    main()
