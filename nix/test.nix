# SPDX-License-Identifier: GPL-2.0-or-later
# A NixOS test in a virtual machine, for testers.runNixOSTest: the hardened origin boots and serves
# a ladder, is confined as it says, restarts without a seam, and says so when it has stopped.
{
  name = "hlsgen";

  nodes.machine = {
    imports = [
      ./module.nix
      ./hardening.nix
    ];
    virtualisation.memorySize = 2048;
    services.hlsgen = {
      enable = true;
      preset = "4k-abr";
      metrics.enable = true;
      openFirewall = true;
    };
  };

  # From outside, through the firewall.
  nodes.client = { };

  testScript = ''
    import json
    import re

    origin = "http://machine:17080"

    def get(path):
        return client.succeed(f"curl --fail --silent --show-error {origin}/{path}")

    def segments(playlist):
        return [line for line in playlist.splitlines() if line and not line.startswith("#")]

    def sequence(playlist):
        return int(re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", playlist)[1])

    start_all()
    machine.wait_for_unit("hls-generator.service")
    machine.wait_for_unit("hls-nginx.service")
    client.wait_for_unit("multi-user.target")
    client.wait_until_succeeds(f"curl --fail --silent {origin}/health")

    with subtest("five renditions"):
        master = get("master.m3u8")
        renditions = segments(master)
        assert len(renditions) == 5, master
        for rendition in renditions:
            folder = rendition.rpartition("/")[0]
            for name in segments(get(rendition))[-2:]:
                address = f"{origin}/{folder}/{name}"
                client.succeed(f"curl --fail --silent --output /dev/null {address}")

    with subtest("as confined as it says"):
        machine.succeed("systemd-analyze security --threshold=1 hls-generator.service")
        machine.succeed("systemd-analyze security --threshold=15 hls-nginx.service")
        pid = machine.succeed("systemctl show --value --property=MainPID hls-generator").strip()
        label = machine.succeed(f"cat /proc/{pid}/attr/current").strip("\0\n")
        assert label == "hlsgen (enforce)", label
        assert json.loads(get("status.json"))["sandbox"]["mode"] == "strict"
        group = machine.succeed(f"cat /proc/{pid}/cgroup").strip()
        assert group == "0::/hls.slice/hls-generator.slice/hls-generator.service", group

    with subtest("a tmpfs as large as the budget of disk"):
        size = machine.succeed("findmnt --noheadings --bytes --output SIZE /var/hls").strip()
        assert 200_000_000 <= int(size) < 200_010_000, size

    with subtest("a restart has no seam"):
        before = get("stream.m3u8")
        machine.succeed("systemctl restart hls-generator.service")
        machine.succeed("systemctl kill --signal=KILL hls-generator.service")
        machine.wait_for_unit("hls-generator.service")
        after = get("stream.m3u8")
        assert "DISCONTINUITY" not in after, after
        assert sequence(before) <= sequence(after), (before, after)
        client.wait_until_succeeds(f"curl --fail --silent {origin}/health")

    with subtest("metrics"):
        assert "hlsgen_healthy 1" in get("metrics")
        for port, name in (9100, "hlsgen_healthy"), (9113, "nginx_up"):
            address = f"http://machine:{port}/metrics"
            client.wait_until_succeeds(f"curl --fail --silent {address} | grep '^{name} 1'")

    with subtest("the machine is hardened"):
        for name, value in {"kernel.kptr_restrict": 2, "kernel.yama.ptrace_scope": 2,
                            "kernel.unprivileged_bpf_disabled": 1, "net.core.bpf_jit_harden": 2,
                            "net.ipv4.tcp_syncookies": 1}.items():
            assert machine.succeed(f"sysctl --values {name}").strip() == str(value), name
        client.fail("curl --connect-timeout 3 http://machine:22/")

    with subtest("health fails when publishing has stopped"):
        machine.succeed("systemctl stop hls-generator.service")
        client.wait_until_fails(f"curl --fail --silent {origin}/health")
  '';
}
