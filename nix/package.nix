# SPDX-License-Identifier: GPL-2.0-or-later
# hlsgen as a package: pkgs.callPackage ./nix/package.nix { }
{
  lib,
  stdenv,
  meson,
  ninja,
  pkg-config,
  python3,
  scdoc,
  ffmpeg_7-headless,
  inih,
  libseccomp,
  nettle,
  check,
}:

stdenv.mkDerivation {
  pname = "hlsgen";
  version = "0.1.0";

  # The checkout, but what ./dev makes in it.
  src = lib.cleanSourceWith {
    src = ../.;
    filter =
      path: type:
      lib.cleanSourceFilter path type
      && !(
        type == "directory"
        && builtins.elem (baseNameOf path) [
          "build"
          "live"
        ]
      );
  };

  mesonFlags = [ "-Dsystemd=257" ];

  # Its libraries are in the store, not below /usr.
  postInstall = ''
    printf '[Service]\nBindReadOnlyPaths=/nix/store\nExecPaths=/nix/store\n' \
      > $out/lib/systemd/system/hls-generator.service.d/nix.conf
  '';

  strictDeps = true;
  nativeBuildInputs = [
    meson
    ninja
    pkg-config
    python3
    scdoc
  ];
  buildInputs = [
    ffmpeg_7-headless
    inih
    libseccomp
    nettle
  ];

  # What needs players, a server, the wall clock or a linter is for ./dev test.
  doCheck = true;
  checkInputs = [ check ];
  mesonCheckFlags = [ "--suite=unit" ];

  meta = {
    description = "Synthetic live HLS stream on disk, for load tests of servers and players";
    license = lib.licenses.gpl2Plus;
    platforms = lib.platforms.linux;
    mainProgram = "hlsgen";
  };
}
