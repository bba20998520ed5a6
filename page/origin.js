// SPDX-License-Identifier: GPL-2.0-or-later
// How the origin is doing, as status.json tells: the verdict, counts, budgets, sandbox.

import { by, html, say, show, tell } from "./dom.js";
import * as format from "./format.js";
import { getJson, now } from "./server-time.js";

const STALE = 15000;    // ms; it is written every 5 s, or up to 2 s later, and read every 5 s
const FULL = 0.9;       // of a budget: soon there will be none left
const DAY = 86400000;   // ms
const CPU_OVER = 10;    // s: over so long the budget of CPU holds, which a start uses much of

let status = null;      // the newest
let before = null;      // the one before it, of the same run

export const current = () => status;

export async function load() {
  const found = await getJson("status.json");
  if (found?.format !== "hlsgen-status" || found.version !== 1) {
    return;
  }
  if (status?.written !== found.written) {
    before = status?.started === found.started ? status : null;
    status = found;
  }
}

const isStale = () => now() - Date.parse(status.written) > STALE;

// What others stand in for is not missing.
const missing = () =>
  status.sandbox.layers.filter((layer) => !layer.in_force && layer.stands_in === null);

function reasons() {
  const { streams, clock_offset_us: clock } = status;
  const layers = missing().map(({ name }) => name).join(", ");
  return [
    streams.failing > 0 && `${streams.failing} of ${streams.count} streams fail`,
    streams.removed > 0 && `${streams.removed} of ${streams.count} streams were removed`,
    layers && `not in the sandbox: ${layers}`,
    clock !== 0 && `the clock is off by ${format.duration(Math.abs(clock))}`,
  ].filter(Boolean);
}

// @return [how it is: good, fair, bad or over; in words]
function verdict() {
  if (status.streams.count > 0 && status.streams.ended === status.streams.count) {
    return ["over", "Ended"];
  }
  if (isStale()) {
    return ["bad", `Not publishing: no word since ${format.time(Date.parse(status.written))} UTC`];
  }
  if (!status.healthy) {
    return ["bad", ["Not publishing", ...reasons()].join("; ")];
  }
  return status.degraded ? ["fair", `Publishing, with less than all: ${
    reasons().join("; ") || "see the log"}`] : ["good", "Publishing"];
}

const MARKS = { good: "\u2713", instead: "\u2248", fair: "!", bad: "\u2717", over: "\u25a0" };

function renderVerdict() {
  const [kind, text] = verdict();
  by("verdict").dataset.kind = kind;
  say("verdict-mark", MARKS[kind]);
  say("verdict-text", text);
  document.title = `${kind === "good" ? "" : `${text} \u00b7 `}hlsgen ${status.preset}`;
}

function nines({ buckets }) {
  const all = buckets.at(-1)?.count ?? 0;
  const bucket = buckets.find(({ count }) => count >= all * 0.99);
  if (all === 0) {
    return null;
  }
  return bucket.le_us === null ? "over 2\u00a0s" : `within ${format.duration(bucket.le_us)}`;
}

function renderFacts() {
  const { segments, lateness, streams, faults, newest } = status;
  const failed = Object.entries(faults).filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind.replace("_", " ")}`).join(", ");
  const asOf = isStale() ? Date.parse(status.written) : now();
  const run = asOf - Date.parse(status.started);
  const since = run > DAY ? status.started.slice(0, 10) : format.time(Date.parse(status.started));
  say("origin-title", isStale() ? `Origin, as of ${format.time(asOf)} UTC` : "Origin");
  say("what", [status.preset, status.kind,
    status.renditions.length > 1 ? `${status.renditions.length} renditions`
      : streams.count > 1 ? `${format.count(streams.count)} streams` : null,
    status.generator].filter(Boolean).join(" \u00b7 "));
  tell("run", `for ${format.age(run)}, since ${since} UTC`);
  tell("newest", newest.number === null ? null
    : `${newest.number}, due ${format.time(Date.parse(newest.due))}`);
  tell("published", format.count(segments.published));
  tell("late", [`${format.count(segments.late)} late`, `${format.count(segments.skipped)} skipped`,
    segments.stand_by > 0 && `${format.count(segments.stand_by)} stand-by`,
    status.mended_files > 0 && `${format.count(status.mended_files)} files mended`]
    .filter(Boolean).join(", "));
  tell("nines", nines(lateness));
  tell("worst", format.duration(lateness.max_us));
  tell("faults", failed || "none");
}

// Percent of a core since the last time; at first, since the start.
function cpu() {
  const since = before ?? { cpu: { seconds: 0 }, written: status.started };
  const seconds = (Date.parse(status.written) - Date.parse(since.written)) / 1000;
  return (status.cpu.seconds - since.cpu.seconds) * 100 /
    Math.max(seconds, before ? 1 : CPU_OVER);
}

function renderBudget(id, used, budget, unit) {
  const measures = budget !== null && used !== null;
  const part = measures ? used / budget : 0;
  const kind = part > 1 ? "bad" : part > FULL ? "fair" : "good";
  const words = measures ? { bad: "over budget", fair: "nearly used up", good: "within" }[kind]
    : "";
  const text = `${used === null ? "not told" : unit(used)}${
    budget === null ? ", no budget" : ` of ${unit(budget)}`}`;
  const meter = by(`${id}-meter`);
  say(`${id}-text`, text);
  say(`${id}-words`, words);
  by(id).dataset.kind = kind;
  meter.hidden = !measures;
  meter.setAttribute("aria-valuenow", Math.min(part * 100, 100).toFixed(1));
  meter.setAttribute("aria-valuetext", `${text}, ${words}`);
  meter.firstElementChild.style.inlineSize = `${Math.min(part * 100, 100)}%`;
}

function layerRow({ name, in_force: inForce, stands_in: substitute }) {
  const kind = inForce || substitute !== null ? "good" : "bad";
  const mark = inForce ? MARKS.good : substitute !== null ? MARKS.instead : MARKS.bad;
  const words = inForce ? ", in force" : substitute !== null ? `: ${substitute}` : ", missing";
  return html("li", { "data-kind": kind },
    html("span", { class: "mark", "aria-hidden": "true" }, mark), name,
    html("span", { class: inForce ? "unseen" : "" }, words));
}

function sandboxText({ mode, layers }) {
  const inForce = layers.filter((layer) => layer.in_force).length;
  const replaced = layers.length - inForce - missing().length;
  return `${inForce} of ${layers.length} layers in force, ${
    replaced > 0 ? `${replaced} stood in for, ` : ""}mode ${mode}`;
}

function kernelText(kernel) {
  return [`seccomp ${kernel.seccomp}`, `${kernel.seccomp_filters} filters`,
    `no_new_privs ${kernel.no_new_privs ? "yes" : "no"}`,
    `capabilities ${kernel.cap_effective}/${kernel.cap_permitted}/${kernel.cap_bounding}`,
    `Landlock ${kernel.landlock ? "yes" : "no"}`].join(", ");
}

function renderSandbox() {
  const { layers, kernel } = status.sandbox;
  const state = layers.map((layer) => `${layer.name} ${layer.in_force}`).join();
  by("sandbox").dataset.kind = missing().length === 0 ? "good" : "bad";
  say("sandbox-text", sandboxText(status.sandbox));
  if (by("layers").dataset.state !== state) {
    by("layers").dataset.state = state;
    by("layers").replaceChildren(...layers.map(layerRow));
  }
  tell("kernel", kernel === null ? null : kernelText(kernel));
}

export function render() {
  show("origin", status !== null);
  show("verdict", status !== null);
  if (status === null) {
    return;
  }
  renderVerdict();
  renderFacts();
  renderBudget("cpu", cpu(), status.cpu.budget_percent, format.percent);
  renderBudget("memory", status.memory.resident, status.memory.budget, format.bytes);
  renderBudget("disk", status.disk.most, status.disk.budget, format.bytes);
  renderSandbox();
}
