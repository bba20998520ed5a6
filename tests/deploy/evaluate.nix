# SPDX-License-Identifier: GPL-2.0-or-later
# What NixOS would make of nix/module.nix with each of the configurations, values of
# services.hlsgen in JSON: the parts of it that the tests look at.
{
  package,
  nginx,
  configurations,
  modules ? [ ../../nix/module.nix ],
  evaluate ? (import ./nix-stand-in/lib.nix).evaluate,
  pkgs ? import ./nix-stand-in/pkgs.nix,
}:
let
  standIn = outPath: {
    type = "derivation";
    name = baseNameOf outPath;
    inherit outPath;
  };
  of =
    configuration:
    let
      config = evaluate {
        inherit pkgs;
        modules = modules ++ [
          {
            services.hlsgen = {
              enable = true;
              package = standIn package;
            }
            // configuration
            // {
              nginx = {
                package = standIn nginx;
              }
              // configuration.nginx or { };
            };
          }
        ];
      };
      text = name: config.systemd.units.${name}.text or "";
      exporters = config.services.prometheus.exporters or { };
    in
    {
      failed = map (a: a.message) (builtins.filter (a: !a.assertion) config.assertions);
      units = builtins.listToAttrs (
        map
          (name: {
            inherit name;
            value = text name;
          })
          [
            "hls-generator.service"
            "hls-nginx.service"
            "hls-generator.slice"
            "hls.slice"
          ]
      );
      packages = map toString config.systemd.packages;
      tmpfiles = config.systemd.tmpfiles.rules;
      fileSystems = builtins.mapAttrs (_: mount: {
        inherit (mount) device fsType options;
      }) config.fileSystems;
      user = config.users.users.hls or null;
      ports = config.networking.firewall.allowedTCPPorts or [ ];
      textfile = exporters.node.extraFlags or [ ];
      scrape = if exporters.nginx.enable or false then exporters.nginx.scrapeUri else null;
      apparmor = config.security.apparmor.policies.hlsgen.profile;
      apparmorLocal = config.security.apparmor.includes."local/hlsgen";
    };
in
map of (builtins.fromJSON configurations)
