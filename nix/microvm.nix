# SPDX-License-Identifier: GPL-2.0-or-later
# The origin as a microVM of https://github.com/microvm-nix/microvm.nix, for a machine with KVM:
#
#   nix run .#microvm     then http://localhost:17080/
#
# With qemu's user network, which needs no right on the host; for a load test take a tap interface.
{
  imports = [
    ./module.nix
    ./hardening.nix
  ];

  networking.hostName = "hls-origin";
  system.stateVersion = "25.05";

  services.hlsgen = {
    enable = true;
    preset = "4k-abr";
    metrics.enable = true;
    openFirewall = true;
  };

  # Segments are as exact as the clock.
  services.chrony.enable = true;

  microvm = {
    hypervisor = "qemu";
    vcpu = 4;
    mem = 4096;
    shares = [
      {
        proto = "9p";
        tag = "ro-store";
        source = "/nix/store";
        mountPoint = "/nix/.ro-store";
      }
    ];
    interfaces = [
      {
        type = "user";
        id = "hls";
        mac = "02:00:00:00:00:01";
      }
    ];
    forwardPorts =
      map
        (port: {
          from = "host";
          host.address = "127.0.0.1";
          host.port = port;
          guest.port = port;
        })
        [
          17080
          9100
          9113
        ];
  };
}
