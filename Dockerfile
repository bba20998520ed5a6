# SPDX-License-Identifier: GPL-2.0-or-later
# Two images: hlsgen, which publishes into /var/hls, and nginx, which serves what is there.
#   docker build --tag hlsgen .
#   docker build --tag hlsgen-nginx --target nginx .
# deploy/docker/README.md says how they are run.

# Debian's packages of FFmpeg bring 138 others. So this is Debian's source with its corrections, but
# of it only what hlsgen calls, built with nasm as Debian does.
FROM debian:bookworm-slim AS ffmpeg
RUN sed -i 's/^Types: deb$/Types: deb deb-src/' /etc/apt/sources.list.d/debian.sources \
    && apt-get update \
    && apt-get install --yes --no-install-recommends dpkg-dev gcc libc6-dev libx264-dev make nasm \
        pkg-config
WORKDIR /ffmpeg
RUN apt-get source ffmpeg \
    && cd ffmpeg-*/ \
    && export DEB_BUILD_MAINT_OPTIONS=hardening=+bindnow \
    && ./configure --prefix=/usr --libdir="/usr/lib/$(gcc -print-multiarch)" \
        --enable-shared --disable-static --enable-gpl --enable-libx264 \
        --extra-cflags="$(dpkg-buildflags --get CPPFLAGS) $(dpkg-buildflags --get CFLAGS)" \
        --extra-ldflags="$(dpkg-buildflags --get LDFLAGS)" \
        --disable-everything --disable-autodetect --disable-network --disable-programs \
        --disable-doc --disable-avdevice --disable-swresample --disable-postproc --disable-debug \
        --enable-encoder=aac,libx264 --enable-muxer=mp4,mpegts \
        --enable-filter=smptebars,smptehdbars,pal75bars,testsrc,testsrc2,color \
        --enable-filter=format,scale,trim \
    && make -j"$(nproc)" \
    && make install DESTDIR=/stage \
    && make install \
    && install -D -m 644 -t /stage/usr/share/licenses/ffmpeg COPYING.GPLv2 \
    && rm -r /stage/usr/include /stage/usr/share/ffmpeg /stage/usr/lib/*/pkgconfig \
        /stage/usr/lib/*/*.so

FROM ffmpeg AS build
RUN apt-get install --yes --no-install-recommends libinih-dev libjansson-dev libseccomp-dev meson \
        nettle-dev ninja-build python3
WORKDIR /hlsgen
COPY . .
RUN meson setup --buildtype=release --strip --prefix=/usr --sysconfdir=/etc -Dsystemd=252 /build \
    && meson install -C /build --strip --destdir /stage/hlsgen

# The player of the page: its version is that of ./dev.
FROM debian:bookworm-slim AS player
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates npm
WORKDIR /player
RUN npm install --no-save --ignore-scripts hls.js@1.7.4

FROM debian:bookworm-slim AS nginx
LABEL org.opencontainers.image.title="nginx before hlsgen" \
      org.opencontainers.image.description="Serves the HLS stream in /var/hls, and a page to watch" \
      org.opencontainers.image.licenses="BSD-2-Clause AND GPL-2.0-or-later AND Apache-2.0"
RUN groupadd --gid 17081 web \
    && useradd --uid 17081 --gid web --no-create-home --home-dir / --shell /usr/sbin/nologin web \
    && apt-get update \
    && apt-get install --yes --no-install-recommends nginx \
    && rm -rf /var/cache/* /var/lib/apt/lists/* /var/log/* \
    && install -d -o web -g web /run/nginx \
    && install -d /var/hls
COPY --from=build /stage/hlsgen/usr/share/hlsgen/page /usr/share/hlsgen/page
COPY --from=player /player/node_modules/hls.js/dist/hls.min.js /usr/share/hlsgen/page/
COPY nginx/nginx.conf.in /etc/nginx/
RUN sed -e 's|@ROOT@|/var/hls|g' -e 's|@PAGE@|/usr/share/hlsgen/page|g' -e 's|@RUN@|/run/nginx|g' \
        -e 's|@LISTEN@|17080|g' -e 's|@MAX_AGE@|1|g' -e 's|@STALE@|2|g' \
        /etc/nginx/nginx.conf.in >/etc/nginx/nginx.conf
USER 17081:17081
EXPOSE 17080
STOPSIGNAL SIGQUIT
CMD ["nginx", "-e", "stderr", "-p", "/run/nginx", "-c", "/etc/nginx/nginx.conf"]

FROM debian:bookworm-slim AS hlsgen
LABEL org.opencontainers.image.title="hlsgen" \
      org.opencontainers.image.description="Makes a synthetic live HLS stream in /var/hls" \
      org.opencontainers.image.licenses="GPL-2.0-or-later"
RUN groupadd --gid 17080 hls \
    && useradd --uid 17080 --gid hls --no-create-home --home-dir / --shell /usr/sbin/nologin hls \
    && apt-get update \
    && apt-get install --yes --no-install-recommends libinih1 libnettle8 libseccomp2 libx264-164 \
        tini \
    && rm -rf /var/cache/* /var/lib/apt/lists/* /var/log/* \
    && install -d -o hls -g hls /var/hls
COPY --from=ffmpeg /stage /
COPY --from=build /stage/hlsgen/usr/bin/hlsgen /usr/bin/
COPY --from=build /stage/hlsgen/usr/share/licenses/hlsgen /usr/share/licenses/hlsgen
RUN ldconfig
USER 17080:17080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=2s --start-period=10s --retries=2 \
    CMD ["hlsgen", "--health", "--out", "/var/hls"]
# What is started in a running container, as a health check is, joins the namespaces of process 1.
# Those of hlsgen have no file but the stream: so it is not that.
ENTRYPOINT ["tini", "--", "hlsgen"]
CMD ["--preset", "720p-ultrafast", "--out", "/var/hls"]
