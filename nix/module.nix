# SPDX-License-Identifier: GPL-2.0-or-later
# services.hlsgen: the origin of a synthetic live HLS stream, as NixOS module.
#
# Units, slices and what confines them are those that the package installs. Here are only their
# changes, and what surrounds them: user, tmpfs, web server, exporters, firewall.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib)
    concatStringsSep
    mkEnableOption
    mkIf
    mkOption
    optional
    optionalAttrs
    optionals
    types
    ;
  inherit (builtins) ceil elemAt match;

  cfg = config.services.hlsgen;
  ini = import ./ini.nix;
  GiB = 1024 * 1024 * 1024;

  # ---- the preset: of it the budgets and the duration of a segment are needed here ---------------

  # The one whose limits the unit has as it is installed.
  ofUnit = "720p-ultrafast";
  presetNames = map (file: elemAt (match "(.*)\\.conf" file) 0) (
    builtins.filter (file: match ".*\\.conf" file != null) (
      builtins.attrNames (builtins.readDir ../presets)
    )
  );
  isShipped = cfg.settings == { } && builtins.elem cfg.preset presetNames;
  presetText =
    if cfg.settings != { } then
      lib.generators.toINI { } cfg.settings
    else
      builtins.readFile (if isShipped then ../presets + "/${cfg.preset}.conf" else cfg.preset);

  # In the store, where the service can read it; below its own name, which the picture shows.
  presetFile =
    let
      name =
        if cfg.settings != { } then
          "settings.conf"
        else
          lib.strings.sanitizeDerivationName (
            builtins.unsafeDiscardStringContext (baseNameOf cfg.preset)
          );
    in
    if isShipped then cfg.preset else "${pkgs.writeTextDir name presetText}/${name}";

  valueOf =
    section: key: default:
    elemAt ((ini presetText).${section}.${key} or [ default ]) 0;

  # "1.5GB" in units of { GB = 1000000000; }, rounded up.
  measure =
    units: name: text:
    let
      parts = match "([0-9]+(\\.[0-9]+)?)([[:alpha:]%]+)" text;
      unit = elemAt parts 2;
    in
    if parts == null || !(units ? ${unit}) then
      throw ''
        services.hlsgen: ${name} is "${text}", but must be a number and one of these units:
        ${concatStringsSep ", " (builtins.attrNames units)}
      ''
    else
      ceil (builtins.fromJSON (elemAt parts 0) * units.${unit});
  bytes = measure {
    B = 1;
    kB = 1000;
    MB = 1000 * 1000;
    GB = 1000 * 1000 * 1000;
  };
  milliseconds = measure {
    ms = 1;
    s = 1000;
    min = 60 * 1000;
    h = 60 * 60 * 1000;
  };
  percent = measure { "%" = 1; };

  budget =
    name: default:
    if cfg.budgets.${name} != null then cfg.budgets.${name} else valueOf "budget" name default;
  unbounded = "1000GB";
  disk = budget "disk" unbounded;
  diskBytes = bytes "budget.disk" disk;
  cpuPercent = percent "budget.cpu" (budget "cpu" "100%");
  segmentMs = milliseconds "stream.segment-duration" (valueOf "stream" "segment-duration" "2s");

  # ---- limits of the unit: the budgets, which hlsgen keeps by itself, and a quarter more ---------

  # Files on a tmpfs are memory of who wrote them.
  memoryHigh =
    bytes "budget.memory" (budget "memory" "512MB") + (if cfg.tmpfs then diskBytes else 0);
  memoryMax = memoryHigh + memoryHigh / 4;
  hasOwnLimits =
    cfg.preset != ofUnit
    || cfg.settings != { }
    || cfg.streams != 1
    || builtins.any (value: value != null) (builtins.attrValues cfg.budgets);
  ownLimits = {
    MemoryHigh = toString memoryHigh;
    MemoryMax = toString memoryMax;
    CPUQuota = "${toString cpuPercent}%";
  }
  // optionalAttrs (cfg.streams != 1) {
    # A directory each, in a row that begins with a power of two, at most twice as much.
    LimitNOFILE = toString (256 + 3 * cfg.streams);
  };

  # No argument has a blank or a quote in it, as the types of the options have it.
  arguments = [
    "--preset ${presetFile}"
    "--out ${cfg.outDir}"
  ]
  ++ optional (cfg.streams != 1) "--streams ${toString cfg.streams}"
  ++ lib.concatMap (
    name: optional (cfg.budgets.${name} != null) "--${name}-budget ${cfg.budgets.${name}}"
  ) [ "memory" "cpu" "disk" ]
  ++ optional (cfg.sandbox != "strict") "--sandbox ${cfg.sandbox}";
  command = builtins.replaceStrings [ "%" ] [ "%%" ] (
    concatStringsSep " " ([ "${cfg.package}/bin/hlsgen" ] ++ arguments)
  );

  # ---- the web server ----------------------------------------------------------------------------

  nginxRun = "/run/hls-nginx";
  nginxValues = {
    ROOT = cfg.outDir;
    LISTEN = toString cfg.nginx.port;
    PAGE = "${cfg.package}/share/hlsgen/page";
    RUN = nginxRun;
    MAX_AGE = toString (segmentMs / 2 / 1000);
    STALE = toString (ceil (segmentMs / 1000.0));
  };
  nginxConf = pkgs.writeText "hls-nginx.conf" (
    builtins.replaceStrings (map (name: "@${name}@") (
      builtins.attrNames nginxValues
    )) (builtins.attrValues nginxValues) (builtins.readFile ../nginx/nginx.conf.in)
  );
  # A directive that occurs once is no list: NixOS looks at the value of some.
  nginxDropIn = builtins.mapAttrs (
    _: values: if builtins.length values == 1 then builtins.head values else values
  ) (ini (builtins.readFile ../sandbox/systemd/nginx.service.d.conf)).Service;
in
{
  options.services.hlsgen = {
    enable = mkEnableOption "hlsgen, which publishes a synthetic live HLS stream";

    package = mkOption {
      type = types.package;
      default = pkgs.callPackage ./package.nix { };
      defaultText = lib.literalExpression "pkgs.callPackage ./package.nix { }";
      description = "The package with the program, its units and its page.";
    };

    preset = mkOption {
      type = types.either (types.enum presetNames) types.path;
      default = ofUnit;
      example = "4k-abr";
      description = "Which stream to make: the name of a shipped preset, or a preset file.";
    };

    settings = mkOption {
      type = types.attrsOf (types.attrsOf (types.either types.str types.int));
      default = { };
      example = {
        stream.segment-duration = "2s";
        video.bitrate = "5000kbit/s";
        budget.disk = "64MB";
      };
      description = ''
        A preset of your own, by section and key, instead of `preset`; hlsgen.preset(5) has the
        keys. Renditions come in the order of their names.
      '';
    };

    streams = mkOption {
      type = types.ints.between 1 9999;
      default = 1;
      description = ''
        How many streams to publish; if more than one, into s0001, s0002 and so on of `outDir`. The
        budgets are for all of them together.
      '';
    };

    outDir = mkOption {
      type = types.strMatching "(/[[:alnum:]._-]+)+";
      default = "/var/hls";
      description = "The directory to publish into.";
    };

    tmpfs = mkOption {
      type = types.bool;
      default = true;
      description = "Whether `outDir` is a tmpfs of its own, as large as the budget of disk.";
    };

    budgets = lib.genAttrs [ "memory" "cpu" "disk" ] (
      name:
      mkOption {
        type = types.nullOr (
          types.strMatching (
            if name == "cpu" then "[0-9]+%" else "[0-9]+(\\.[0-9]+)?(B|kB|MB|GB)"
          )
        );
        default = null;
        example = if name == "cpu" then "50%" else "256MB";
        description = "The budget of ${name}, in the place of the one of the preset.";
      }
    );

    sandbox = mkOption {
      type = types.enum [
        "strict"
        "best-effort"
        "off"
      ];
      default = "strict";
      description = ''
        What happens if a layer of the confinement cannot be entered: end, go on without it, or do
        not even try.
      '';
    };

    user = mkOption {
      type = types.strMatching "[a-z_][a-z0-9_-]*";
      default = "hls";
      description = "The user to run as. One that is not `hls` has to be declared elsewhere.";
    };

    group = mkOption {
      type = types.strMatching "[a-z_][a-z0-9_-]*";
      default = "hls";
      description = "The group of `outDir`. One that is not `hls` has to be declared elsewhere.";
    };

    nginx = {
      enable = mkEnableOption "an nginx of its own before the stream" // {
        default = true;
      };
      package = mkOption {
        type = types.package;
        default = pkgs.nginx;
        defaultText = lib.literalExpression "pkgs.nginx";
        description = "The package of nginx.";
      };
      port = mkOption {
        type = types.ints.between 1024 65535;
        default = 17080;
        description = "The port that nginx listens on. It has no right to one below 1024.";
      };
    };

    metrics.enable = mkEnableOption ''
      the exporters of Prometheus: node exporter on port 9100, which also tells what hlsgen does,
      and nginx exporter on port 9113'';

    openFirewall = mkOption {
      type = types.bool;
      default = false;
      description = "Whether to open the ports of nginx and of the exporters, where enabled.";
    };
  };

  config = mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.settings == { } || cfg.preset == ofUnit;
        message = "services.hlsgen: set either preset or settings, not both.";
      }
      {
        assertion = cfg.tmpfs -> disk != unbounded;
        message = ''
          services.hlsgen: the tmpfs on ${cfg.outDir} is as large as the budget of disk, and the
          preset has none. Set budget.disk in it, or services.hlsgen.budgets.disk.
        '';
      }
    ];

    environment.systemPackages = [ cfg.package ];

    users.users = optionalAttrs (cfg.user == "hls") {
      hls = {
        isSystemUser = true;
        group = cfg.group;
        description = "HLS streams";
      };
    };
    users.groups = optionalAttrs (cfg.group == "hls") { hls = { }; };

    fileSystems = optionalAttrs cfg.tmpfs {
      ${cfg.outDir} = {
        device = "tmpfs";
        fsType = "tmpfs";
        options = [
          "size=${toString (4 * ceil (diskBytes / 4096.0))}k"
          "huge=within_size"
          "mode=0755"
          "uid=${cfg.user}"
          "gid=${cfg.group}"
          "noatime"
          "nosuid"
          "nodev"
          "noexec"
        ];
      };
    };

    # The unit binds /var/hls also where another directory is published into.
    systemd.tmpfiles.rules = [
      "d ${cfg.outDir} 0755 ${cfg.user} ${cfg.group}"
      "d /run/hlsgen 0755 root root"
    ]
    ++ optional (cfg.outDir != "/var/hls") "d /var/hls 0755 root root";

    systemd.packages = [ cfg.package ];

    systemd.services.hls-generator = {
      wantedBy = [ "multi-user.target" ];
      unitConfig.RequiresMountsFor = cfg.outDir;
      serviceConfig = {
        ExecStart = [
          ""
          command
        ];
        User = cfg.user;
        Group = cfg.group;
      }
      // optionalAttrs hasOwnLimits ownLimits
      // optionalAttrs (cfg.outDir != "/var/hls") {
        BindPaths = cfg.outDir;
        ReadWritePaths = [
          ""
          cfg.outDir
        ];
      };
    };

    # The slices have room for what is more than the unit's own limits.
    systemd.slices = {
      hls-generator.sliceConfig =
        optionalAttrs (hasOwnLimits && memoryMax > GiB) { MemoryMax = toString memoryMax; }
        // optionalAttrs (hasOwnLimits && cpuPercent > 200) {
          CPUQuota = "${toString cpuPercent}%";
        };
      hls.sliceConfig = optionalAttrs (hasOwnLimits && memoryMax > GiB) {
        MemoryMax = toString (memoryMax + 2 * GiB);
      };
    };

    # Confined as by the drop-in for a distribution's nginx, and more: it is never root.
    systemd.services.hls-nginx = mkIf cfg.nginx.enable {
      description = "Web server of HLS streams";
      wantedBy = [ "multi-user.target" ];
      after = [ "network.target" ];
      unitConfig.RequiresMountsFor = cfg.outDir;
      serviceConfig =
        removeAttrs nginxDropIn [ "ReadWritePaths" ]
        // {
          Type = "exec";
          ExecStart = "${cfg.nginx.package}/bin/nginx -e stderr -p ${nginxRun} -c ${nginxConf}";
          DynamicUser = true;
          RuntimeDirectory = "hls-nginx";
          ReadOnlyPaths = cfg.outDir;
          ExecPaths = "/nix/store";
          CapabilityBoundingSet = "";
          PrivateMounts = true;
          PrivateUsers = true;
          RemoveIPC = true;
          SystemCallFilter = nginxDropIn.SystemCallFilter ++ [ "~@privileged @resources" ];
          UMask = "0077";
        };
    };

    services.prometheus.exporters = mkIf cfg.metrics.enable {
      node = {
        enable = true;
        enabledCollectors = [ "textfile" ];
        extraFlags = [ "--collector.textfile.directory=${cfg.outDir}" ];
      };
      nginx = mkIf cfg.nginx.enable {
        enable = true;
        scrapeUri = "http://127.0.0.1:${toString cfg.nginx.port}/nginx_status";
      };
    };

    networking.firewall.allowedTCPPorts = mkIf cfg.openFirewall (
      optional cfg.nginx.enable cfg.nginx.port
      ++ optionals cfg.metrics.enable (
        [ config.services.prometheus.exporters.node.port ]
        ++ optional cfg.nginx.enable config.services.prometheus.exporters.nginx.port
      )
    );

    # In force where security.apparmor is enabled.
    security.apparmor.policies.hlsgen.profile = ''
      include "${cfg.package}/share/hlsgen/apparmor/hlsgen"
    '';
    security.apparmor.includes."local/hlsgen" = ''
      include "${pkgs.apparmorRulesFromClosure { name = "hlsgen"; } [ cfg.package ]}"
      ${cfg.outDir}/{,*/} rwk,
      ${cfg.outDir}/{,*/}@{hlsgen_files} rw,
    '';
  };
}
