# SPDX-License-Identifier: GPL-2.0-or-later
# A machine that does nothing but serve a stream needs little: what it does not need is off here.
# It has no way to log in. For a machine of its own, such as the one of microvm.nix.
{ lib, ... }:
{
  # ---- kernel ------------------------------------------------------------------------------------
  boot.kernel.sysctl = {
    "kernel.kptr_restrict" = 2;
    "kernel.dmesg_restrict" = 1;
    "kernel.yama.ptrace_scope" = 2;
    "kernel.unprivileged_bpf_disabled" = 1;
    "kernel.kexec_load_disabled" = 1;
    "kernel.perf_event_paranoid" = 3;
    "kernel.sysrq" = 0;
    "kernel.core_pattern" = "|/run/current-system/sw/bin/false";
    "fs.suid_dumpable" = 0;
    "net.core.bpf_jit_harden" = 2;
    "net.ipv4.tcp_syncookies" = 1;
  }
  // lib.foldl' (all: of: all // of) { } (
    map
      (each: {
        "net.ipv4.conf.${each}.rp_filter" = 1;
        "net.ipv4.conf.${each}.accept_redirects" = 0;
        "net.ipv4.conf.${each}.secure_redirects" = 0;
        "net.ipv4.conf.${each}.send_redirects" = 0;
        "net.ipv4.conf.${each}.accept_source_route" = 0;
        "net.ipv6.conf.${each}.accept_redirects" = 0;
        "net.ipv6.conf.${each}.accept_source_route" = 0;
      })
      [
        "all"
        "default"
      ]
  );

  # Protocols that a socket of theirs would load.
  boot.blacklistedKernelModules = [
    "af_802154"
    "appletalk"
    "atm"
    "ax25"
    "can"
    "dccp"
    "decnet"
    "econet"
    "ipx"
    "n-hdlc"
    "netrom"
    "p8022"
    "p8023"
    "phonet"
    "psnap"
    "rds"
    "rose"
    "sctp"
    "tipc"
    "x25"
  ];

  security.apparmor.enable = true;

  systemd.coredump.enable = false;

  # ---- systemd: nobody is there to answer a prompt, or to wait -----------------------------------
  systemd.enableEmergencyMode = false;
  boot.initrd.systemd.emergencyAccess = false;
  environment.etc."systemd/system.conf.d/50-hlsgen.conf".text = ''
    [Manager]
    CrashShell=no
    CtrlAltDelBurstAction=none
    DefaultLimitCORE=0
    DefaultTimeoutStopSec=10s
    DefaultTimeoutAbortSec=10s
    RebootWatchdogSec=30s
  '';

  # The log stays in the machine, in memory, and its daemon has no network.
  environment.etc."systemd/journald.conf.d/50-hlsgen.conf".text = ''
    [Journal]
    Storage=volatile
    RuntimeMaxUse=16M
    ForwardToSyslog=no
    ForwardToWall=no
  '';
  systemd.services.systemd-journald.serviceConfig = {
    IPAddressDeny = "any";
    RestrictAddressFamilies = [
      ""
      "AF_UNIX AF_NETLINK"
    ];
  };

  # ---- people ------------------------------------------------------------------------------------
  users.mutableUsers = false;
  users.allowNoPasswordLogin = true;
  security.sudo.enable = false;
  services.openssh.enable = lib.mkDefault false;

  # The modules that are used open what they serve.
  networking.firewall.enable = true;
}
