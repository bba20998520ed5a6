# SPDX-License-Identifier: GPL-2.0-or-later
{
  description = "hlsgen: a synthetic live HLS stream on disk, and the origin around it";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    microvm = {
      url = "github:microvm-nix/microvm.nix";
      inputs.nixpkgs.follows = "nixpkgs";
    };
  };

  outputs =
    {
      self,
      nixpkgs,
      microvm,
    }:
    let
      forAll =
        make:
        nixpkgs.lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (
          system: make nixpkgs.legacyPackages.${system}
        );
      originFor =
        system:
        nixpkgs.lib.nixosSystem {
          inherit system;
          modules = [
            microvm.nixosModules.microvm
            ./nix/microvm.nix
          ];
        };
    in
    {
      packages = forAll (pkgs: {
        default = pkgs.callPackage ./nix/package.nix { };
        microvm = (originFor pkgs.stdenv.hostPlatform.system).config.microvm.declaredRunner;
      });

      nixosModules = {
        default = ./nix/module.nix;
        hardening = ./nix/hardening.nix;
      };

      checks = forAll (pkgs: {
        package = self.packages.${pkgs.stdenv.hostPlatform.system}.default;
        origin = pkgs.testers.runNixOSTest ./nix/test.nix;
      });

      devShells = forAll (pkgs: {
        default = pkgs.mkShell {
          inputsFrom = [ self.packages.${pkgs.stdenv.hostPlatform.system}.default ];
          packages = [
            pkgs.clang-tools
            pkgs.cppcheck
            pkgs.ffmpeg
            pkgs.nginx
            pkgs.shellcheck
          ];
        };
      });
    };
}
