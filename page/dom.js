// SPDX-License-Identifier: GPL-2.0-or-later
// The few things that are done to the document.

const SVG = "http://www.w3.org/2000/svg";

export const by = (id) => document.getElementById(id);

// What has not changed is not touched: a screen reader is to hear of changes alone.
export function say(id, text) {
  const element = by(id);
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

export function show(id, visible) {
  by(id).hidden = !visible;
}

// Of null nothing is shown, and the element that is marked as its place goes, too.
export function tell(id, text) {
  say(id, text ?? "");
  by(id).closest("[data-fact]").hidden = text === null;
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

export const html = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);

export const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);
