# SPDX-License-Identifier: GPL-2.0-or-later
"""The profile `restricted` of Kubernetes' Pod Security Standards, which includes `baseline`: a rule
for each of its controls, by the names that it has for them."""

from collections.abc import Callable, Iterator

Rule = Callable[[dict], bool]
RULES: dict[str, Rule] = {}

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
           "projected", "secret"}
SYSCTLS = {"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range",
           "net.ipv4.ip_unprivileged_port_start", "net.ipv4.tcp_syncookies",
           "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
           "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout",
           "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes"}
SELINUX = {None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
HANDLERS = ("livenessProbe", "readinessProbe", "startupProbe")


def rule(name: str) -> Callable[[Rule], Rule]:
    def enter(check: Rule) -> Rule:
        RULES[name] = check
        return check
    return enter


def containers(pod: dict) -> list[dict]:
    return [container for kind in ("containers", "initContainers", "ephemeralContainers")
            for container in pod.get(kind, [])]


def contexts(pod: dict) -> list[dict]:
    """Those of the containers."""
    return [container.get("securityContext", {}) for container in containers(pod)]


def settled(pod: dict, key: str) -> list:
    """Of each container: its own value, else that of the pod."""
    common = pod.get("securityContext", {}).get(key)
    return [context.get(key, common) for context in contexts(pod)]


def all_set(pod: dict, key: str) -> list:
    """Wherever it is set."""
    return [context[key] for context in [pod.get("securityContext", {}), *contexts(pod)]
            if key in context]


def actions(pod: dict) -> Iterator[dict]:
    """What probes and hooks do."""
    for container in containers(pod):
        yield from (container[name] for name in HANDLERS if name in container)
        yield from container.get("lifecycle", {}).values()


@rule("HostProcess")
def host_process(pod: dict) -> bool:
    return not any(options.get("hostProcess") for options in all_set(pod, "windowsOptions"))


@rule("Host Namespaces")
def host_namespaces(pod: dict) -> bool:
    return not any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC"))


@rule("Privileged Containers")
def privileged(pod: dict) -> bool:
    return not any(context.get("privileged") for context in contexts(pod))


@rule("Capabilities")
def capabilities(pod: dict) -> bool:
    found = [context.get("capabilities", {}) for context in contexts(pod)]
    return all("ALL" in kinds.get("drop", []) and set(kinds.get("add", [])) <= {"NET_BIND_SERVICE"}
               for kinds in found)


@rule("Host Ports")
def host_ports(pod: dict) -> bool:
    return not any(port.get("hostPort") for container in containers(pod)
                   for port in container.get("ports", []))


@rule("Host Probes / Lifecycle Hooks")
def host_probes(pod: dict) -> bool:
    return not any(action.get(kind, {}).get("host") for action in actions(pod)
                   for kind in ("httpGet", "tcpSocket"))


@rule("AppArmor")
def apparmor(pod: dict) -> bool:
    return all(profile.get("type") in ("RuntimeDefault", "Localhost")
               for profile in all_set(pod, "appArmorProfile"))


@rule("SELinux")
def selinux(pod: dict) -> bool:
    return all(options.get("type") in SELINUX and not options.get("user")
               and not options.get("role") for options in all_set(pod, "seLinuxOptions"))


@rule("/proc Mount Type")
def proc_mount(pod: dict) -> bool:
    return all(context.get("procMount", "Default") == "Default" for context in contexts(pod))


@rule("Seccomp")
def seccomp(pod: dict) -> bool:
    return all((profile or {}).get("type") in ("RuntimeDefault", "Localhost")
               for profile in settled(pod, "seccompProfile"))


@rule("Sysctls")
def sysctls(pod: dict) -> bool:
    found = pod.get("securityContext", {}).get("sysctls", [])
    return {entry["name"] for entry in found} <= SYSCTLS


@rule("Volume Types")
def volume_types(pod: dict) -> bool:
    return all(set(volume) - {"name"} <= VOLUMES for volume in pod.get("volumes", []))


@rule("Privilege Escalation")
def privilege_escalation(pod: dict) -> bool:
    return all(context.get("allowPrivilegeEscalation") is False for context in contexts(pod))


@rule("Running as Non-root")
def non_root(pod: dict) -> bool:
    return all(value is True for value in settled(pod, "runAsNonRoot"))


@rule("Running as Non-root user")
def non_root_user(pod: dict) -> bool:
    return 0 not in all_set(pod, "runAsUser")


def broken(pod: dict) -> list[str]:
    """The names of the controls that the pod does not keep."""
    return [name for name, keeps in RULES.items() if not keeps(pod)]
