// SPDX-License-Identifier: GPL-2.0-or-later
// The server's clock, read from the Date header of its answers.
//
// A Date is whole seconds: the answer was made within the second that it names, and between the
// moments at which it was asked for and had come. So each answer bounds by how much the server's
// clock is ahead of the browser's, and the answers together do so much better than to a second.

const DRIFT = 1e-4;     // of two clocks, at most
const ENOUGH = 10;      // ms of error that are good enough
const TRIES = 10;

let low = -Infinity;    // ms that the server's clock is ahead of the browser's: at least, at most
let high = Infinity;
let taken = 0;

function take(sent, received, date) {
  const drift = Math.max(received - taken, 0) * DRIFT;
  const [least, most] = [date - received, date + 1000 - sent];
  low = Math.max(low - drift, least);
  high = Math.min(high + drift, most);
  if (low > high) { // a clock was set
    [low, high] = [least, most];
  }
  taken = received;
}

export const isKnown = () => Number.isFinite(high - low);
export const offset = () => (isKnown() ? (low + high) / 2 : 0);
export const error = () => (high - low) / 2;
export const now = () => Date.now() + offset();

// fetch() past all caches; null instead of an answer that is no success.
export async function get(url, method = "GET") {
  const sent = Date.now();
  try {
    const answer = await fetch(url, { method, cache: "no-store" });
    const date = Date.parse(answer.headers.get("Date"));
    if (!Number.isNaN(date) && !answer.headers.has("Age")) {
      take(sent, Date.now(), date);
    }
    return answer.ok ? answer : null;
  } catch {
    return null;
  }
}

export async function getText(url) {
  const answer = await get(url);
  return answer && answer.text().catch(() => null);
}

export async function getJson(url) {
  const answer = await get(url);
  return answer && answer.json().catch(() => null);
}

export const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Asks when the server's second is about to turn, by what is known: each answer halves the error.
export async function refine() {
  for (let tries = 0; tries < TRIES && !(error() < ENOUGH); tries += 1) {
    await pause(1000 - (((now() % 1000) + 1000) % 1000));
    await get("./", "HEAD");
  }
}
