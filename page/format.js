// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers as people read them: SI units, a true minus, times in UTC.

const SIGN = { signDisplay: "exceptZero" };

function fixed(value, digits, options = {}) {
  return value.toLocaleString("en", {
    minimumFractionDigits: digits, maximumFractionDigits: digits, ...options,
  }).replace("-", "\u2212").replaceAll(",", "\u202f");
}

// To three digits, at most two of them behind the point, and no zeros at the end.
function significant(value) {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return fixed(value, 0, { maximumFractionDigits: digits });
}

function scaled(value, units) {
  const power = Math.min(Math.floor(Math.log10(Math.max(value, 1)) / 3), units.length - 1);
  return `${significant(value / 1000 ** power)}\u00a0${units[power]}`;
}

export const count = (value) => fixed(value, 0);
export const seconds = (ms, digits = 3) => `${fixed(ms / 1000, digits)}\u00a0s`;
export const milliseconds = (ms) => `${fixed(ms, 0, SIGN)}\u00a0ms`;
export const bytes = (value) => scaled(value, ["B", "kB", "MB", "GB", "TB"]);
export const rate = (value) => scaled(value, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"]);
export const percent = (value) => `${significant(value)}\u00a0%`;
export const duration = (us) => scaled(us, ["\u00b5s", "ms", "s"]);
export const time = (ms) => new Date(ms).toISOString().slice(11, 19);

export function age(ms) {
  const minutes = Math.floor(ms / 60000);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  if (days > 0) {
    return `${days}\u00a0d ${hours}\u00a0h`;
  }
  return hours > 0 ? `${hours}\u00a0h ${minutes % 60}\u00a0min`
    : minutes > 0 ? `${minutes}\u00a0min` : `${Math.max(Math.floor(ms / 1000), 0)}\u00a0s`;
}
