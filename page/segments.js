// SPDX-License-Identifier: GPL-2.0-or-later
// The segments on disk, as index.json tells of them: plots of when and how large, and a table.

import { by, html, say, show } from "./dom.js";
import * as format from "./format.js";
import { draw, fromZero, tenfold } from "./plot.js";
import { getJson, getText, now, pause } from "./server-time.js";

const SHOWN = 60;         // segments, at most
const LATE = 100000;      // us after which hlsgen counts a segment as late
const SETTLED = 300;      // ms after which index.json tells of what was due
const RETRY = 5000;

let followed = null;      // the playlist
let index = null;
let started = -Infinity;  // of the run, ms
let drawn = "";

// It lies beside the segments.
async function addressOf(playlist) {
  const text = await getText(playlist);
  const first = text?.split("\n").find((line) => line && !line.startsWith("#"));
  return first ? new URL("index.json", new URL(first.trim(), playlist)).href : null;
}

// The segments in order, and how long after its due time each came, in us: null of an earlier run,
// and of a finite stream.
function parse(found) {
  if (found?.format !== "hlsgen-index" || found.version !== 1) {
    return null;
  }
  const segments = Object.values(found.segments)
    .map((segment) => ({ ...segment, published: segment.published ?? null,
      slip: segment.published ? Math.max(segment.slip_us, 0) : null }))
    .sort((a, b) => a.number - b.number);
  return { segments, duration: found.target_duration };
}

// Of all that are or were in the playlist, the newest ones, or those around the one that is shown.
function select(date) {
  const all = index.segments;
  const last = all.findLastIndex(({ published }) => published !== null);
  const told = last < 0 ? all : all.slice(0, last + 1);
  const shown = told.findIndex((segment) => isShown(segment, date));
  const end = last < 0 ? Math.max(shown + SHOWN / 2, SHOWN) : told.length;
  return told.slice(Math.max(Math.min(end, told.length) - SHOWN, 0), end);
}

function isShown({ due, duration }, date) {
  const end = Date.parse(due);
  return date !== null && end - duration * 1000 <= date && date < end;
}

// What a run finds due at its start it publishes at once, after its time and not late.
function kindOf({ slip, due }) {
  if (slip === null) {
    return "untold";
  }
  return Date.parse(due) < started ? "start" : slip > LATE ? "late" : "timely";
}

const WORDS = {
  untold: "not told",
  start: "at the start",
  late: "late",
  timely: "in time",
};

function toPoint(segment, date, value) {
  const kind = kindOf(segment);
  const slip = segment.slip === null ? "" : `${format.duration(segment.slip)}, `;
  return {
    value,
    kind,
    label: segment.due ? format.time(Date.parse(segment.due)) : "",
    text: `${segment.number}: ${slip}${WORDS[kind]}, ${format.count(segment.size)} bytes`,
    isShown: isShown(segment, date),
  };
}

function range(values, unit) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (least < most) {
    return `${unit(least)} to ${unit(most)}`;
  }
  return `${values.length > 1 ? "all " : ""}${unit(most)}`;
}

const counted = ({ length }) => `${length} segment${length === 1 ? "" : "s"}`;

function drawLateness(segments, date) {
  const told = segments.filter(({ slip }) => slip !== null);
  show("lateness-figure", told.length > 0);
  if (told.length === 0) {
    return;
  }
  const running = told.filter((segment) => kindOf(segment) !== "start");
  const late = running.filter((segment) => kindOf(segment) === "late").length;
  const slips = running.map(({ slip }) => slip);
  const text = running.length > 0
    ? `${counted(running)}, ${range(slips, format.duration)}, ${late} late`
    : `${counted(told)}, all at the start`;
  say("lateness-text", text);
  say("lateness-desc", text);
  show("lateness-start", running.length < told.length);
  draw(by("lateness"), segments.map((segment) => toPoint(segment, date, segment.slip)), {
    scale: tenfold(told.map(({ slip }) => slip), LATE),
    label: format.duration,
    bound: LATE,
    dots: true,
  });
}

function drawSizes(segments, date) {
  const sizes = segments.map(({ size }) => size);
  const text = `${counted(segments)}, ${range(sizes, (size) => `${format.count(size)} bytes`)}`;
  say("sizes-text", text);
  say("sizes-desc", text);
  draw(by("sizes"), segments.map((segment) => toPoint(segment, date, segment.size)),
    { scale: fromZero(sizes), label: format.bytes, dots: false });
}

function fillTable(segments) {
  by("segments-rows").replaceChildren(...segments.toReversed().map((segment) => html("tr", {},
    html("th", { scope: "row" }, String(segment.number)),
    html("td", {}, segment.due ? format.time(Date.parse(segment.due)) : ""),
    html("td", {}, segment.slip === null ? "" : format.duration(segment.slip)),
    html("td", {}, WORDS[kindOf(segment)]),
    html("td", {}, format.count(segment.size)))));
}

// date: of the frame that is shown, ms, or null.
export function render(date) {
  show("segments", index !== null);
  if (index === null) {
    return;
  }
  const segments = select(date);
  const width = by("sizes").clientWidth;
  const state = [followed, width, started, ...segments.map((segment) =>
    `${segment.number} ${segment.slip} ${isShown(segment, date)}`)].join();
  if (state !== drawn && width > 0) {
    drawn = state;
    drawLateness(segments, date);
    drawSizes(segments, date);
    fillTable(segments);
  }
}

export function setStart(ms) {
  started = ms;
}

// Bits a second of the newest segments; null: not known.
export function bitRate() {
  const segments = (index?.segments ?? []).slice(-10).filter(({ duration }) => duration > 0);
  const seconds = segments.reduce((sum, { duration }) => sum + duration, 0);
  return seconds > 0 ? segments.reduce((sum, { size }) => sum + size, 0) * 8 / seconds : null;
}

// How long to wait for the next version.
function untilNext() {
  const next = index.segments.find(({ published, due }) =>
    published === null && Date.parse(due) > now() - SETTLED);
  return next ? Math.max(Date.parse(next.due) + SETTLED - now(), 500) : index.duration * 1000 / 2;
}

// Reads the index.json of a media playlist, again after each segment until there is no more to
// come, or until another playlist is to be followed.
export async function follow(playlist, isOver) {
  if (playlist === followed) {
    return;
  }
  followed = playlist;
  index = null;
  for (let address = null; followed === playlist;) {
    address ??= await addressOf(playlist);
    const found = address && await getJson(address);
    if (followed === playlist) {
      index = parse(found) ?? index;
      if (isOver()) {
        return;
      }
      await pause(index === null ? RETRY : untilNext());
    }
  }
}
