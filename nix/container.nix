# SPDX-License-Identifier: GPL-2.0-or-later
# The origin as a container of a NixOS host, with systemd inside: an import for its configuration.
# The host's firewall stays as it is; the container shares the host's network.
{
  containers.hls = {
    autoStart = true;
    # systemd-nspawn forbids these calls unless they are named: those of hlsgen's own layers, and
    # the mlock(2) that one of its libraries tries.
    extraFlags = map (call: "--system-call-filter=${call}") [
      "landlock_create_ruleset"
      "landlock_add_rule"
      "landlock_restrict_self"
      "@memlock"
    ];
    config = {
      imports = [ ./module.nix ];
      system.stateVersion = "25.05";
      services.hlsgen.enable = true;
    };
  };
}
