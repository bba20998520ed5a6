// SPDX-License-Identifier: GPL-2.0-or-later
// What plays the stream: hls.js where it is installed and the browser has Media Source Extensions,
// else the browser by itself. Both go on by themselves after an origin was away.

import { getText, pause } from "./server-time.js";

const HLS = "application/vnd.apple.mpegurl";
const RETRY = 2000;   // ms until the next try, when there is nothing to play
const STUCK = 6000;   // ms without a new picture after which somebody should look

class Player {
  constructor(video, tell) {
    this.video = video;
    this.tell = tell;
    this.chosen = null;     // the playlist of a rung; null: the player decides
    this.stalls = 0;
    this.moves = false;
    this.moved = { at: 0, time: 0, playlist: null };
    video.addEventListener("playing", () => { this.moves = true; });
    video.addEventListener("waiting", () => {
      this.stalls += this.moves && !video.seeking ? 1 : 0;
    });
    setInterval(() => this.look(), 1000);
  }

  open(url) {
    this.url = url;
    this.moves = false;
    this.load();
  }

  choose(rung) {
    this.chosen = rung;
    this.apply();
  }

  async again(reason) {
    this.tell(reason);
    const { url } = this;
    await pause(RETRY);
    if (url === this.url) {
      this.open(url);
    }
  }

  // Opens the stream anew when no picture has come for a while although the playlist goes on: after
  // a long break players do not always find the way back.
  async look() {
    const { video, moved } = this;
    if (video.paused || video.ended || video.currentTime !== moved.at) {
      this.moved = { at: video.currentTime, time: Date.now(), playlist: null };
    } else if (Date.now() - moved.time > STUCK) {
      const playlist = await getText(this.playing() ?? this.url);
      if (playlist && moved.playlist && playlist !== moved.playlist) {
        this.moved = { ...moved, time: Date.now(), playlist: null };
        this.open(this.url);
      } else {
        moved.playlist ??= playlist;
      }
    }
  }

  ahead() {
    const { buffered, currentTime } = this.video;
    for (let i = 0; i < buffered.length; i += 1) {
      if (buffered.start(i) <= currentTime && currentTime <= buffered.end(i)) {
        return buffered.end(i) - currentTime;
      }
    }
    return 0;
  }
}

class HlsJs extends Player {
  constructor(video, tell) {
    super(video, tell);
    this.name = `hls.js ${Hls.version}`;
    this.hls = null;
  }

  load() {
    this.hls?.destroy();
    this.hls = new Hls({
      capLevelToPlayerSize: true,
      backBufferLength: 30,
      liveDurationInfinity: true,
    });
    this.hls.on(Hls.Events.MANIFEST_PARSED, () => this.apply());
    this.hls.on(Hls.Events.ERROR, (_, { fatal, details }) => {
      if (fatal) {
        this.again(`The stream cannot be played at the moment (${details}).`);
      }
    });
    this.hls.loadSource(this.url);
    this.hls.attachMedia(this.video);
  }

  apply() {
    this.hls.nextLevel = this.hls.levels.findIndex(({ uri }) => uri === this.chosen);
  }

  // The media playlist that is played; null: not known yet.
  playing() {
    return this.hls?.levels[this.hls.currentLevel]?.uri ?? null;
  }

  // When what has this media time happened, ms since 1970; null: it is not told.
  dateAt(time) {
    const date = this.hls?.playingDate;
    return date ? date.getTime() + (time - this.video.currentTime) * 1000 : null;
  }

  toEdge() {
    this.video.currentTime = this.hls.liveSyncPosition ?? this.video.duration;
  }
}

class Native extends Player {
  constructor(video, tell) {
    super(video, tell);
    this.name = "this browser itself";
    video.addEventListener("error", () => this.again(
      `The stream cannot be played at the moment (${video.error?.message || "no answer"}).`));
  }

  load() {
    this.video.src = this.chosen ?? this.url;
  }

  apply() {
    this.open(this.url);
  }

  playing() {
    return this.chosen;
  }

  dateAt(time) {
    const start = this.video.getStartDate?.().getTime();
    return Number.isFinite(start) ? start + time * 1000 : null;
  }

  toEdge() {
    const { seekable } = this.video;
    if (seekable.length > 0) {
      this.video.currentTime = seekable.end(seekable.length - 1);
    }
  }
}

function script(url) {
  return new Promise((resolve) => {
    const element = document.createElement("script");
    element.src = url;
    element.onload = element.onerror = resolve;
    document.head.append(element);
  });
}

// @return null: this browser plays no HLS
export async function makePlayer(video, tell) {
  if ("MediaSource" in window || "ManagedMediaSource" in window) {
    await script("hls.min.js");
  }
  if (window.Hls?.isSupported()) {
    return new HlsJs(video, tell);
  }
  return video.canPlayType(HLS) ? new Native(video, tell) : null;
}
