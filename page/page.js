// SPDX-License-Identifier: GPL-2.0-or-later
// The page at /: plays the stream, measures it, and shows what the origin tells of itself. Each of
// the origin's files may be missing: then what it would tell is not shown.

import * as clockCode from "./clock-code.js";
import { by, html, say, show, tell } from "./dom.js";
import * as format from "./format.js";
import * as origin from "./origin.js";
import { makePlayer } from "./player.js";
import * as segments from "./segments.js";
import * as server from "./server-time.js";

const STATUS_EVERY = 5000;  // ms
const LOOK_EVERY = 250;     // at a frame
const RENDER_EVERY = 500;
const STOOD = 1000;         // without a new frame: the last one grows old
const RETRY = 2000;
const CANDIDATES = ["master.m3u8", "stream.m3u8", "s0001/stream.m3u8"];

const video = by("video");
let player = null;
let rungs = [];           // { url, height, bandwidth }; one without a multivariant playlist
let frame = null;         // the last one looked at: when, and what PDT and picture say of it, ms

const absolute = (path) => new URL(path, location.href).href;
const message = (text) => say("message", text);

// ---- what is there to play ---------------------------------------------------------------------

async function findEntry() {
  const renditions = origin.current()?.renditions ?? [];
  if (renditions.length > 0) {
    return absolute(renditions.length > 1 ? CANDIDATES[0] : renditions[0].playlist);
  }
  for (const path of CANDIDATES) {
    if (await server.get(path, "HEAD")) {
      return absolute(path);
    }
  }
  return null;
}

function attribute(line, name) {
  return line.match(new RegExp(`[:,]${name}=([^,]*)`))?.[1];
}

function parseRungs(text, base) {
  const found = [];
  let attributes = null;
  for (const line of text.split("\n").map((part) => part.trim())) {
    if (line.startsWith("#EXT-X-STREAM-INF:")) {
      attributes = line;
    } else if (attributes && line && !line.startsWith("#")) {
      found.push({
        url: new URL(line, base).href,
        height: Number(attribute(attributes, "RESOLUTION")?.split("x")[1]) || null,
        bandwidth: Number(attribute(attributes, "BANDWIDTH")),
      });
      attributes = null;
    }
  }
  return found.sort((a, b) => b.bandwidth - a.bandwidth);
}

// Of a finite stream nothing changes any more; a live one has no duration, or an infinite one.
const isOver = () => Number.isFinite(video.duration);

const nameOf = ({ height, bandwidth }) => [height ? `${height}p` : null,
  bandwidth ? format.rate(bandwidth) : null].filter(Boolean).join(", ");

function fillRungs() {
  show("rungs", rungs.length > 1);
  by("rung-choice").replaceChildren(html("option", { value: "" }, "automatic"),
    ...rungs.map((rung) => html("option", { value: rung.url }, nameOf(rung))));
}

function relative(url) {
  return url.startsWith(absolute("./")) ? url.slice(absolute("./").length) : url;
}

const linkTo = (path) => html("a", { href: path }, path);

function fillLinks(entry) {
  const told = origin.current()?.renditions ?? [];
  const rows = rungs.map((rung) => {
    const found = told.find(({ playlist }) => playlist === relative(rung.url)) ??
      told.find(({ name }) => name && relative(rung.url).startsWith(`${name}/`)) ??
      (told.length === 1 ? told[0] : null);
    return html("tr", {}, html("th", { scope: "row" }, nameOf(rung) || "the stream"),
      html("td", {}, linkTo(relative(rung.url))),
      html("td", {}, ...(found?.index ? [linkTo(found.index)] : [])),
      html("td", {}, found ? `${format.count(found.segment_bytes)} bytes` : ""));
  });
  by("renditions-rows").replaceChildren(...rows);
  by("entry").href = entry;
  say("entry", relative(entry));
  say("command", `mpv ${entry}`);
  show("links", true);
}

async function setUp() {
  let entry = null;
  while ((entry = await findEntry()) === null) {
    message("There is no stream yet. As soon as there is one, it will be played.");
    await server.pause(RETRY);
  }
  const master = entry.endsWith(CANDIDATES[0]) ? await server.getText(entry) : null;
  rungs = master ? parseRungs(master, entry) : [{ url: entry, height: null, bandwidth: null }];
  fillRungs();
  fillLinks(entry);
  if (player) {
    player.chosen = null;
    player.open(entry);
  }
}

// ---- what is seen ------------------------------------------------------------------------------

// What has this media time is to be seen, or heard, in so many ms.
function look(mediaTime, delay) {
  frame = {
    at: server.now() + delay,
    pdt: player.dateAt(mediaTime),
    picture: clockCode.read(video)?.time ?? null,
  };
}

function lookAtFrames() {
  video.requestVideoFrameCallback((_, { mediaTime, expectedDisplayTime }) => {
    look(mediaTime, expectedDisplayTime - performance.now());
    setTimeout(lookAtFrames, LOOK_EVERY);
  });
}

function rungPlayed() {
  const url = player.playing();
  return rungs.find((rung) => rung.url === url) ?? (rungs.length === 1 ? rungs[0]
    : rungs.find(({ height }) => height === video.videoHeight) ?? null);
}

function renderLatency() {
  const { at, pdt, picture } = frame ?? { at: 0, pdt: null, picture: null };
  const when = server.now() - at > STOOD ? server.now() : at;
  const since = (date, without) => frame && (date === null ? without : format.seconds(when - date));
  tell("latency-pdt", since(pdt, "not told"));
  tell("latency-picture", since(picture, "no clock"));
  tell("difference", frame &&
    (pdt === null || picture === null ? "unknown" : format.milliseconds(picture - pdt)));
  tell("clock", server.isKnown()
    ? `${format.milliseconds(server.offset())} \u00b1 ${Math.ceil(server.error())}` : null);
}

function renderPlayback() {
  const { videoWidth: width, videoHeight: height } = video;
  const quality = video.getVideoPlaybackQuality();
  const rung = rungPlayed();
  const bits = rung?.bandwidth ?? segments.bitRate();
  tell("buffer", format.seconds(player.ahead() * 1000, 1));
  tell("rung", height > 0 ? `${width}\u2009\u00d7\u2009${height}` : "sound alone");
  tell("bits", bits && format.rate(bits));
  tell("dropped", `${format.count(quality.droppedVideoFrames)} of ${
    format.count(quality.totalVideoFrames)}`);
  tell("stalls", format.count(player.stalls));
  if (rung) {
    segments.follow(rung.url, isOver);
  }
}

function render() {
  origin.render();
  if (player && video.readyState > 0) {
    if (video.videoWidth === 0 || !("requestVideoFrameCallback" in video)) {
      look(video.currentTime, 0);
    }
    show("playback", true);
    show("clock-note", server.isKnown());
    renderLatency();
    renderPlayback();
  }
  segments.render(frame && (frame.pdt ?? frame.picture));
}

// ---- all of it ---------------------------------------------------------------------------------

function watchVideo() {
  const playing = () => message(`Played by ${player.name}${video.muted ? ", muted" : ""}.`);
  video.addEventListener("playing", playing);
  video.addEventListener("volumechange", () => video.paused || playing());
  video.addEventListener("pause", () => message("Paused."));
  video.addEventListener("waiting", () => message("Waiting for the next segment."));
  by("rung-choice").addEventListener("change", ({ target }) => player.choose(target.value || null));
  by("to-edge").addEventListener("click", () => {
    player.toEdge();
    video.play();
  });
  if ("requestVideoFrameCallback" in video) {
    lookAtFrames();
  }
}

const playlists = () => JSON.stringify(origin.current()?.renditions.map((it) => it.playlist));

// Another preset may come with a restart.
async function watchOrigin() {
  for (;;) {
    const known = playlists();
    await server.pause(STATUS_EVERY);
    if (origin.current() || !isOver()) {
      await origin.load();
    }
    segments.setStart(Date.parse(origin.current()?.started));
    if (playlists() !== known) {
      await setUp();
    }
  }
}

async function main() {
  await origin.load();
  segments.setStart(Date.parse(origin.current()?.started));
  player = await makePlayer(video, message);
  if (player) {
    watchVideo();
  } else {
    message("This browser plays no HLS, and hls.js is not installed beside this page. " +
      "The command below plays the stream.");
  }
  setInterval(render, RENDER_EVERY);
  await setUp();
  server.refine();
  watchOrigin();
}

main();
