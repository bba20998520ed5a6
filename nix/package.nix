# SPDX-License-Identifier: GPL-2.0-or-later
# hlsgen as a package: pkgs.callPackage ./nix/package.nix { }
# With hls.js on the page, for browsers that do not play HLS by themselves:
# pkgs.callPackage ./nix/package.nix { hlsjs = ./hls.min.js; }
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
  jansson,
  libseccomp,
  nettle,
  check,
  hlsjs ? null,
}:
let
  # FFmpeg with what hlsgen takes of it and no more: no program, no demuxer, no protocol. It draws
  # patterns, encodes and packs; tone, files and sockets are hlsgen's own.
  parts = {
    encoder = [
      "aac"
      "libx264"
    ];
    # With which the tests listen and look.
    decoder = [
      "aac"
      "h264"
    ];
    muxer = [
      "mp4"
      "mpegts"
    ];
    filter = [
      "color"
      "format"
      "pal75bars"
      "scale"
      "smptebars"
      "smptehdbars"
      "testsrc"
      "testsrc2"
      "trim"
    ];
  };
  ffmpeg =
    (ffmpeg_7-headless.override {
      withHeadlessDeps = false;
      withX264 = true;
      withVersion3 = false;
      buildAvcodec = true;
      buildAvfilter = true;
      buildAvformat = true;
      buildAvutil = true;
      buildSwscale = true;
    }).overrideAttrs
      (old: {
        configureFlags =
          old.configureFlags
          ++ [ "--disable-everything" ]
          ++ lib.concatLists (
            lib.mapAttrsToList (kind: map (name: "--enable-${kind}=${name}")) parts
          );
        # Its own tests want the rest.
        doCheck = false;
      });
in
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

  mesonFlags = [ "-Dsystemd=257" ] ++ lib.optional (hlsjs != null) "-Dhlsjs=${hlsjs}";

  postInstall = ''
    install -m 644 ${./store.conf} $out/lib/systemd/system/hls-generator.service.d/store.conf
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
    ffmpeg
    inih
    jansson
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
