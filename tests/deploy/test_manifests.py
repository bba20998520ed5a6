# SPDX-License-Identifier: GPL-2.0-or-later
"""deploy/kubernetes and deploy/nomad: what they name is there, and what they ask for is allowed and
is what the preset needs. They are read, not run."""

import configparser
import copy
import re
import unittest

import hcl
import restricted
import yaml
from origin import CHECKOUT, told
from tap import main

KUBERNETES = CHECKOUT / "deploy" / "kubernetes"
JOB = CHECKOUT / "deploy" / "nomad" / "hlsgen.nomad.hcl"
OUT = "/var/hls"
PORT = 17080
MIB = 1 << 20
SUFFIXES = {"m": 0.001, "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 1 << 10, "Mi": MIB,
            "Gi": 1 << 30}
BYTES = {"kB": 10**3, "MB": 10**6, "GB": 10**9}


def quantity(text: object) -> float:
    """As Kubernetes writes it."""
    number, suffix = re.fullmatch(r"([\d.]+)(\w*)", str(text)).groups()
    return float(number) * SUFFIXES[suffix]


class Budget:
    """That of the preset which a command line names."""

    def __init__(self, arguments: list[str]) -> None:
        preset = configparser.ConfigParser(interpolation=None)
        name = arguments[arguments.index("--preset") + 1]
        preset.read_string(told("--preset", name, "--print-preset"))
        self.memory = self.bytes(preset["budget"]["memory"])
        self.disk = self.bytes(preset["budget"]["disk"])
        self.cores = int(preset["budget"]["cpu"].rstrip("%")) / 100

    @staticmethod
    def bytes(text: str) -> int:
        number, unit = re.fullmatch(r"(\d+)(\w+)", text).groups()
        return int(number) * BYTES[unit]


class Images:
    """What the Dockerfile says of its targets."""

    def __init__(self) -> None:
        text = (CHECKOUT / "Dockerfile").read_text().replace("\\\n", "")
        parts = re.split(r"^FROM \S+ AS (\w+)\n", text, flags=re.MULTILINE)
        self.stages = dict(zip(parts[1::2], parts[2::2]))
        project = (CHECKOUT / "meson.build").read_text()
        self.version = re.search(r"version: '([^']+)'", project)[1]

    def stage(self, image: str) -> str:
        """By the name under which its comment has it built; tagged with the version."""
        name, tag = image.split(":")
        assert tag == self.version, f"{image} is not of version {self.version}"
        return self.stages[{"hlsgen": "hlsgen", "hlsgen-nginx": "nginx"}[name]]

    def user(self, image: str) -> tuple[int, int]:
        uid, gid = re.search(r"^USER (\d+):(\d+)$", self.stage(image), re.MULTILINE).groups()
        return int(uid), int(gid)

    def places(self, image: str) -> dict[str, str]:
        """What the configuration of nginx was filled in with."""
        return dict(re.findall(r"s\|@(\w+)@\|([^|]*)\|g", self.stage(image)))


def placeholders() -> set[str]:
    return set(re.findall(r"@(\w+)@", (CHECKOUT / "nginx" / "nginx.conf.in").read_text()))


class Common(unittest.TestCase):
    """What holds of both."""

    def check_command(self, arguments: list[str]) -> None:
        flags = [word for word in arguments if word.startswith("-")]
        self.assertTrue(flags)
        self.assertLessEqual(set(flags), set(re.findall(r"--[a-z-]+", told("--help"))))
        self.assertEqual(arguments[arguments.index("--out") + 1], OUT)

    def check_path(self, path: str) -> None:
        """nginx answers it by a location of its own."""
        text = (CHECKOUT / "nginx" / "nginx.conf.in").read_text()
        self.assertTrue(f"location = {path} {{" in text, path)

    def check_places(self, image: str, run: str) -> None:
        places = Images().places(image)
        self.assertEqual(set(places), placeholders())
        self.assertEqual((places["ROOT"], places["LISTEN"], places["RUN"]), (OUT, str(PORT), run))


class Kubernetes(Common):
    @classmethod
    def setUpClass(cls) -> None:
        names = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"]
        cls.objects = {}
        for name in names:
            for found in yaml.safe_load_all((KUBERNETES / name).read_text()):
                cls.objects[found["kind"]] = found
        cls.deployment = cls.objects["Deployment"]["spec"]
        cls.pod = cls.deployment["template"]["spec"]
        cls.containers = {container["name"]: container for container in cls.pod["containers"]}
        cls.volumes = {volume["name"]: volume for volume in cls.pod["volumes"]}

    def mounts(self, container: str) -> dict[str, dict]:
        return {mount["mountPath"]: mount for mount in self.containers[container]["volumeMounts"]}

    def test_every_file_is_in_the_kustomization(self) -> None:
        resources = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"]
        self.assertEqual({path.name for path in KUBERNETES.iterdir()},
                         {*resources, "kustomization.yaml"})

    def test_restricted(self) -> None:
        self.assertEqual(restricted.broken(self.pod), [])
        labels = self.objects["Namespace"]["metadata"]["labels"]
        self.assertEqual(labels["pod-security.kubernetes.io/enforce"], "restricted")

    def test_each_rule_of_restricted_finds_what_breaks_it(self) -> None:
        for rule, (where, change) in BREAKS.items():
            pod = copy.deepcopy(self.pod)
            container = pod["containers"][0]
            {"pod": pod, "context": pod["securityContext"], "container": container,
             "its context": container["securityContext"]}[where].update(change)
            with self.subTest(rule):
                self.assertEqual(restricted.broken(pod), [rule])
        self.assertEqual(set(BREAKS), set(restricted.RULES))

    def test_more_than_restricted(self) -> None:
        self.assertIs(self.pod["automountServiceAccountToken"], False)
        self.assertIs(self.pod["enableServiceLinks"], False)
        for container in self.containers.values():
            self.assertIs(container["securityContext"]["readOnlyRootFilesystem"], True)
            self.assertIn("memory", container["resources"]["limits"])

    def test_limits_are_the_budgets(self) -> None:
        """What hlsgen writes into a directory in memory counts as its memory."""
        hlsgen = self.containers["hlsgen"]
        budget = Budget(hlsgen["args"])
        limits = hlsgen["resources"]["limits"]
        stream = self.volumes["stream"]["emptyDir"]
        self.assertEqual(stream["medium"], "Memory")
        self.assertEqual(quantity(stream["sizeLimit"]), budget.disk)
        self.assertEqual(quantity(limits["memory"]), budget.memory + budget.disk)
        self.assertEqual(quantity(limits["cpu"]), budget.cores)

    def test_who_may_write_where(self) -> None:
        hlsgen, nginx = self.mounts("hlsgen"), self.mounts("nginx")
        self.assertEqual(hlsgen[OUT]["name"], nginx[OUT]["name"])
        writable = {name: [mount["mountPath"] for mount in container["volumeMounts"]
                           if not mount.get("readOnly")]
                    for name, container in self.containers.items()}
        self.assertEqual(writable, {"hlsgen": [OUT], "nginx": ["/run/nginx"]})
        self.assertLessEqual({mount["name"] for mount in [*hlsgen.values(), *nginx.values()]},
                             set(self.volumes))

    def test_commands(self) -> None:
        hlsgen = self.containers["hlsgen"]
        self.check_command(hlsgen["args"])
        for name in ("startupProbe", "livenessProbe"):
            self.assertEqual(hlsgen[name]["exec"]["command"], ["hlsgen", "--health", "--out", OUT])

    def test_patience(self) -> None:
        """A start has minutes, a hang has seconds, and a pod whose stream is stale gets no more
        players at the next look."""
        hlsgen, nginx = self.containers["hlsgen"], self.containers["nginx"]
        waits = {name: hlsgen[name]["periodSeconds"] * hlsgen[name]["failureThreshold"]
                 for name in ("startupProbe", "livenessProbe")}
        self.assertGreaterEqual(waits["startupProbe"], 5 * 60)
        self.assertLessEqual(waits["livenessProbe"], 20)
        self.assertEqual(nginx["readinessProbe"]["failureThreshold"], 1)

    def test_probes_of_nginx(self) -> None:
        nginx = self.containers["nginx"]
        self.check_path(nginx["readinessProbe"]["httpGet"]["path"])
        self.check_path(nginx["livenessProbe"]["httpGet"]["path"])
        self.assertEqual(nginx["readinessProbe"]["httpGet"]["path"], "/health")
        self.assertNotEqual(nginx["livenessProbe"]["httpGet"]["path"], "/health")

    def test_end(self) -> None:
        """hlsgen outlasts nginx, and the pod waits for both."""
        waits = {name: int(container["lifecycle"]["preStop"]["exec"]["command"][1])
                 for name, container in self.containers.items()}
        self.assertLess(waits["nginx"], waits["hlsgen"])
        self.assertLess(waits["hlsgen"], self.pod["terminationGracePeriodSeconds"])

    def test_images(self) -> None:
        images = Images()
        for container in self.containers.values():
            context = container["securityContext"]
            self.assertEqual(images.user(container["image"]),
                             (context["runAsUser"], context["runAsGroup"]))
        self.check_places(self.containers["nginx"]["image"], "/run/nginx")

    def test_network(self) -> None:
        (port,) = self.containers["nginx"]["ports"]
        self.assertEqual(port["containerPort"], PORT)
        policy = self.objects["NetworkPolicy"]["spec"]
        self.assertEqual(set(policy["policyTypes"]), {"Ingress", "Egress"})
        self.assertEqual(policy["egress"], [])
        self.assertEqual(policy["ingress"],
                         [{"ports": [{"protocol": "TCP", "port": port["name"]}]}])
        (service,) = self.objects["Service"]["spec"]["ports"]
        self.assertEqual((service["port"], service["targetPort"]), (PORT, port["name"]))

    def test_scraping(self) -> None:
        notes = self.deployment["template"]["metadata"]["annotations"]
        self.assertEqual(notes["prometheus.io/port"], str(PORT))
        self.check_path(notes["prometheus.io/path"])

    def test_all_speak_of_the_same_pods(self) -> None:
        labels = self.deployment["template"]["metadata"]["labels"]
        (spread,) = self.pod["topologySpreadConstraints"]
        selectors = [self.deployment["selector"]["matchLabels"],
                     spread["labelSelector"]["matchLabels"],
                     self.objects["Service"]["spec"]["selector"],
                     self.objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
                     self.objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]]
        for selector in selectors:
            self.assertEqual(selector, labels)

    def test_one_at_a_time(self) -> None:
        self.assertGreaterEqual(self.deployment["replicas"], 3)
        self.assertEqual(self.deployment["strategy"]["rollingUpdate"],
                         {"maxUnavailable": 1, "maxSurge": 0})
        self.assertEqual(self.objects["PodDisruptionBudget"]["spec"]["maxUnavailable"], 1)


# Of each control, where it is broken, and how.
BREAKS = {
    "HostProcess": ("context", {"windowsOptions": {"hostProcess": True}}),
    "Host Namespaces": ("pod", {"hostNetwork": True}),
    "Privileged Containers": ("its context", {"privileged": True}),
    "Capabilities": ("its context", {"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}}),
    "Host Ports": ("container", {"ports": [{"containerPort": 80, "hostPort": 80}]}),
    "Host Probes / Lifecycle Hooks": (
        "container", {"livenessProbe": {"httpGet": {"host": "10.0.0.1", "port": 80}}}),
    "AppArmor": ("context", {"appArmorProfile": {"type": "Unconfined"}}),
    "SELinux": ("context", {"seLinuxOptions": {"type": "spc_t"}}),
    "/proc Mount Type": ("its context", {"procMount": "Unmasked"}),
    "Seccomp": ("its context", {"seccompProfile": {"type": "Unconfined"}}),
    "Sysctls": ("context", {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}),
    "Volume Types": ("pod", {"volumes": [{"name": "host", "hostPath": {"path": "/"}}]}),
    "Privilege Escalation": ("its context", {"allowPrivilegeEscalation": True}),
    "Running as Non-root": ("its context", {"runAsNonRoot": False}),
    "Running as Non-root user": ("its context", {"runAsUser": 0}),
}


class Nomad(Common):
    @classmethod
    def setUpClass(cls) -> None:
        job = hcl.parse(JOB.read_text())
        cls.variables = {block["labels"][0]: block["default"] for block in job["variable"]}
        (cls.group,) = job["job"][0]["group"]
        cls.tasks = {task["labels"][0]: task for task in cls.group["task"]}

    def config(self, task: str) -> dict:
        (config,) = self.tasks[task]["config"]
        return config

    def mounts(self, task: str) -> dict[str, dict]:
        return {mount["target"]: mount for mount in self.config(task)["mount"]}

    def test_confinement(self) -> None:
        for name, task in self.tasks.items():
            config = self.config(name)
            self.assertIs(config["readonly_rootfs"], True)
            self.assertEqual(config["cap_drop"], ["all"])
            self.assertEqual(config["security_opt"], ["no-new-privileges"])
            self.assertNotIn("privileged", config)
            self.assertNotIn("cap_add", config)
            self.assertEqual(task["driver"], "docker")
        self.assertGreater(self.config("hlsgen")["pids_limit"], 0)
        self.assertEqual(self.group["network"][0]["mode"], "bridge")

    def test_every_fault_is_answered_by_a_start(self) -> None:
        (restart,) = self.group["restart"]
        self.assertEqual(restart["mode"], "delay")
        self.assertGreater(restart["attempts"], 0)

    def test_apart(self) -> None:
        (constraint,) = self.group["constraint"]
        self.assertIs(constraint["distinct_hosts"], True)
        self.assertGreaterEqual(self.group["count"], 3)

    def test_images(self) -> None:
        images = Images()
        for name, task in self.tasks.items():
            image = self.variables[self.config(name)["image"].removeprefix("var.")]
            self.assertEqual(images.user(image), tuple(map(int, task["user"].split(":"))))
        self.check_places(self.variables["nginx"], "/run/nginx")

    def test_limits_are_the_budgets(self) -> None:
        """Nomad counts in MiB. The files are on disk, where the allocation's are."""
        budget = Budget(self.config("hlsgen")["args"])
        (resources,) = self.tasks["hlsgen"]["resources"]
        (disk,) = self.group["ephemeral_disk"]
        self.assertGreaterEqual(resources["memory"] * MIB, budget.memory)
        self.assertLess(resources["memory"] * MIB, 1.1 * budget.memory)
        self.assertGreaterEqual(disk["size"] * MIB, budget.disk)

    def test_command(self) -> None:
        self.check_command(self.config("hlsgen")["args"])

    def test_who_may_write_where(self) -> None:
        hlsgen, nginx = self.mounts("hlsgen"), self.mounts("nginx")
        self.assertEqual(set(hlsgen), {OUT})
        self.assertEqual(set(nginx), {OUT, "/run/nginx"})
        self.assertEqual(hlsgen[OUT]["source"], nginx[OUT]["source"])
        self.assertIs(nginx[OUT]["readonly"], True)
        self.assertEqual(nginx["/run/nginx"]["type"], "tmpfs")

    def test_check(self) -> None:
        (service,) = self.tasks["hlsgen"]["service"]
        (check,) = service["check"]
        self.assertEqual(check["path"], "/health")
        self.assertGreater(check["check_restart"][0]["limit"], 0)
        (network,) = self.group["network"]
        self.assertEqual(network["port"], [{"labels": [service["port"]], "to": PORT}])
        self.assertEqual(self.config("nginx")["ports"], [service["port"]])

    def test_end(self) -> None:
        """hlsgen outlasts nginx, which goes on with the answers that it has begun."""
        self.assertEqual(self.tasks["nginx"]["kill_signal"], "SIGQUIT")
        waits = {name: int(task["shutdown_delay"].rstrip("s"))
                 for name, task in self.tasks.items()}
        self.assertLess(waits["nginx"], waits["hlsgen"])


if __name__ == "__main__":
    main()
