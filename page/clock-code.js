// SPDX-License-Identifier: GPL-2.0-or-later
// Reads which frame a picture is from the cells of its clock: doc/clock-code.md.

const BITS = 176;
const CHECKED = 18;       // bytes, before the CRC-32 of them
const VERSION = 1;
const COLUMNS_MAX = 60;
const SAMPLES = 4;        // of a cell each way, of which the middle half counts

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit += 1) {
    n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  }
  return n;
});

function crc32(bytes) {
  return ~bytes.reduce((crc, byte) => (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff], -1) >>> 0;
}

function number(bytes) {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function ungray(gray) {
  let shift = gray >> 1n;
  while (shift) {
    gray ^= shift;
    shift >>= 1n;
  }
  return Number(gray);
}

// What the 22 bytes of a message say; null unless its check bits fit.
export function unpack(bytes) {
  if (bytes[0] >> 4 !== VERSION || crc32(bytes.slice(0, CHECKED)) !==
      Number(number(bytes.slice(CHECKED)))) {
    return null;
  }
  return {
    stream: Number(number(bytes.slice(1, 3))),
    segment: ungray(number(bytes.slice(3, 7))),
    frame: ungray(number(bytes.slice(7, 12))),
    time: ungray(number(bytes.slice(12, 18))),  // ms since 1970, at which the frame starts
  };
}

// Where the cells lie in a picture of this size, in its samples.
export function geometry(width, height) {
  const short = Math.min(width, height);
  const side = short <= 360 ? 8 : 16 * Math.min(Math.ceil(short / 720), 4);
  const columns = Math.min(Math.floor(width / side), COLUMNS_MAX);
  const rows = Math.ceil(BITS / (columns - 1));
  const left = Math.floor((Math.floor(width / side) - columns) / 2) * side;
  const bottom = Math.floor(Math.floor(height * 7 / 12) / 16) * 16 - side;
  return { side, columns, rows, left, top: bottom - rows * side };
}

const canvas = document.createElement("canvas");
const context = canvas.getContext("2d", { willReadFrequently: true });

// The levels of the cells, row by row; chroma is neutral, so that one color tells the luma.
function levels(video, { side, columns, rows, left, top }) {
  const [width, height] = [columns * SAMPLES, rows * SAMPLES];
  if (canvas.width !== width || canvas.height !== height) {
    [canvas.width, canvas.height] = [width, height];
  }
  context.drawImage(video, left, top, columns * side, rows * side, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const sample = (x, y) => data[(y * width + x) * 4 + 1];
  return Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (__, column) => {
    const [x, y] = [column * SAMPLES + 1, row * SAMPLES + 1];
    return (sample(x, y) + sample(x + 1, y) + sample(x, y + 1) + sample(x + 1, y + 1)) / 4;
  }));
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

// What the picture that a video shows says of itself; null if nothing that can be believed.
export function read(video) {
  if (video.videoWidth < 64 || video.videoHeight < 64) {
    return null;
  }
  const cells = levels(video, geometry(video.videoWidth, video.videoHeight));
  const references = cells.map((row) => row[0]);
  const threshold = (mean(references.filter((_, row) => row % 2 === 0)) +
                     mean(references.filter((_, row) => row % 2 === 1))) / 2;
  const bits = cells.flatMap((row) => row.slice(1)).slice(0, BITS)
    .map((level) => Number(level > threshold));
  return unpack(Array.from({ length: BITS / 8 }, (_, byte) =>
    bits.slice(byte * 8, byte * 8 + 8).reduce((sum, bit) => sum * 2 + bit, 0)));
}
