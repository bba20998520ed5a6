// SPDX-License-Identifier: GPL-2.0-or-later
// Plots one value a segment: as bars from zero, or as dots over a scale of powers of ten.

import { svg } from "./dom.js";

const MARGIN = { left: 54, right: 8, top: 10, bottom: 30 };
const LEAST = 10;   // what a scale of powers of ten begins with at the least

const round = (value) => Math.round(value * 10) / 10;

// Each scale: place() from 0 at the bottom to 1 at the top, and the ticks of its axis.
export function tenfold(values, bound) {
  const low = Math.floor(Math.log10(Math.max(Math.min(...values, bound), LEAST)));
  const high = Math.max(Math.ceil(Math.log10(Math.max(...values, bound)) + 0.05), low + 1);
  const place = (value) => (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low);
  return { place, ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)) };
}

export function fromZero(values) {
  const most = Math.max(...values, 1);
  const unit = 10 ** Math.floor(Math.log10(most));
  const step = unit * [0.2, 0.5, 1, 2].find((part) => most / (unit * part) < 5);
  const top = Math.ceil(most * 1.05 / step) * step;
  return {
    place: (value) => value / top,
    ticks: Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step),
  };
}

function axis({ ticks, place }, label, right, y) {
  return ticks.flatMap((tick) => [
    svg("line", { class: "grid", x1: MARGIN.left, x2: right, y1: y(place(tick)),
      y2: y(place(tick)) }),
    svg("text", { class: "tick", x: MARGIN.left - 8, y: y(place(tick)) + 4, "text-anchor": "end" },
      label(tick)),
  ]);
}

function dot(point, x, y, bottom) {
  const shape = point.kind === "late"
    ? svg("path", { d: `M${round(x - 4)} ${y + 3}h8l-4-8z` })
    : svg("circle", { cx: round(x), cy: y, r: 3 });
  return [svg("line", { x1: round(x), x2: round(x), y1: y, y2: bottom }), shape];
}

function bar(x, y, bottom, step) {
  const width = Math.max(Math.min(step * 0.7, 14), 1);
  return [svg("rect", { x: round(x - width / 2), y, width: round(width), height: bottom - y })];
}

/* points: { value (null: none), label, text, kind, isShown }, one a segment.
   plot: { scale, label(tick), bound (a line at this value), dots } */
export function draw(element, points, { scale, label, bound, dots }) {
  const { clientWidth: width, clientHeight: height } = element;
  const [right, bottom] = [width - MARGIN.right, height - MARGIN.bottom];
  const y = (part) => round(bottom - part * (bottom - MARGIN.top));
  const step = (right - MARGIN.left) / points.length;
  const middle = (i) => MARGIN.left + (i + 0.5) * step;
  const group = svg("g", {}, ...axis(scale, label, right, y));
  if (bound !== undefined) {
    const at = y(scale.place(bound));
    group.append(svg("line", { class: "bound", x1: MARGIN.left, x2: right, y1: at, y2: at }));
  }
  points.forEach((point, i) => {
    if (point.value !== null) {
      const at = y(scale.place(point.value));
      group.append(svg("g", { class: `point ${point.kind}${point.isShown ? " shown" : ""}` },
        svg("title", {}, point.text),
        ...(dots ? dot(point, middle(i), at, bottom) : bar(middle(i), at, bottom, step))));
    }
    if (point.isShown) {
      group.append(svg("path", { class: "marker",
        d: `M${round(middle(i))} ${bottom + 3}l-4 7h8z` }));
    }
  });
  if (points.length > 0) {
    const labels = [[points[0], MARGIN.left, "start"], [points.at(-1), right, "end"]];
    group.append(...labels.map(([point, x, anchor]) =>
      svg("text", { class: "tick", x, y: height - 5, "text-anchor": anchor }, point.label)));
  }
  element.querySelector("g")?.remove();
  element.append(group);
}
