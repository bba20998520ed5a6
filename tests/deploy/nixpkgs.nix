# SPDX-License-Identifier: GPL-2.0-or-later
# evaluate.nix with the modules and the library of a real nixpkgs. Its packages are names alone, of
# which `names`, a list in JSON, are asked for: so nothing of pkgs/ is needed, and nothing is built.
{
  nixpkgs,
  names,
  package,
  nginx,
  configurations,
}:
let
  inherit (builtins) concatStringsSep match;

  lib = import (nixpkgs + "/lib");
  named =
    name:
    lib.fix (self: {
      inherit name;
      pname = name;
      version = "1.0";
      type = "derivation";
      outPath = "/nix/store/00000000000000000000000000000000-${name}";
      outputs = [ "out" ];
      outputName = "out";
      meta = { };
      passthru = { };
      override = _: self;
      overrideAttrs = _: self;
    } // lib.genAttrs [ "out" "bin" "dev" "lib" "login" "man" "mount" "su" "terminfo" ] (_: self));
  kernelPackages = {
    kernel = named "linux" // {
      features = { };
      config = lib.genAttrs [ "isYes" "isSet" "isEnabled" "isModule" ] (_: _: true);
      override = _: kernelPackages.kernel;
    };
    kernelAtLeast = _: true;
    kernelOlder = _: false;
    extend = _: kernelPackages;
  };
  platform = lib.systems.elaborate "x86_64-linux";
  stdenv = {
    inherit (platform)
      isAarch64
      isDarwin
      isLinux
      isi686
      isx86_64
      ;
    hostPlatform = platform;
    buildPlatform = platform;
    targetPlatform = platform;
    cc = named "cc" // {
      libc = named "libc";
      bintools = named "bintools" // {
        dynamicLinker = "/nix/store/ld.so";
      };
    };
    mkDerivation = _: named "made";
  };
  # What makes something of its arguments takes as many as there are.
  make =
    name:
    named name
    // lib.optionalAttrs (match "(${concatStringsSep "|" verbs}).*" name != null) {
      __functor = self: _: self;
    };
  verbs = [
    "build"
    "call"
    "concat"
    "link"
    "make"
    "replace"
    "run"
    "subst"
    "symlink"
    "write"
  ];

  pkgs =
    lib.genAttrs (builtins.fromJSON names) make
    // lib.genAttrs [ "perlPackages" "python3Packages" "unixtools" "xorg" ] (_: pkgs)
    // {
      inherit lib stdenv;
      inherit (stdenv) hostPlatform buildPlatform targetPlatform;
      type = "pkgs";
      _type = "pkgs";
      config = { };
      overlays = [ ];
      path = nixpkgs;
      system = "x86_64-linux";
      appendOverlays = _: pkgs;
      __splicedPackages = pkgs;
      buildPackages = pkgs;
      pkgsi686Linux = pkgs;
      pkgsStatic = pkgs;
      linuxPackages = kernelPackages;
      perl = named "perl" // {
        withPackages = _: named "perl";
      };
      formats = lib.genAttrs formatNames (
        _: _: {
          type = lib.types.attrsOf lib.types.anything;
          generate = file: _: named file;
        }
      );
      writeText =
        name: text:
        named name
        // {
          outPath = builtins.toFile (lib.strings.sanitizeDerivationName name) (
            builtins.unsafeDiscardStringContext text
          );
        };
      writeTextDir = pkgs.writeText;
      writeTextFile = { name, text, ... }: pkgs.writeText name text;
      apparmorRulesFromClosure = { name }: _: named name;
    };
  formatNames = [
    "elixirConf"
    "gitIni"
    "hocon"
    "ini"
    "iniWithGlobalSection"
    "javaProperties"
    "json"
    "keyValue"
    "libconfig"
    "lua"
    "php"
    "pythonVars"
    "systemd"
    "toml"
    "xml"
    "yaml"
  ];
in
import ./evaluate.nix {
  inherit
    package
    nginx
    configurations
    pkgs
    ;
  modules = [
    ../../nix/module.nix
    ../../nix/hardening.nix
    {
      system.stateVersion = lib.trivial.release;
      # Asks for no disk to boot from.
      boot.isContainer = true;
    }
  ];
  evaluate =
    { pkgs, modules }:
    (import (nixpkgs + "/nixos/lib/eval-config.nix") {
      inherit lib pkgs modules;
      system = null;
    }).config;
}
