// SPDX-License-Identifier: GPL-2.0-or-later
// Reports what a <video> element goes through to the test's own server, one JSON object an event.

let reported = Promise.resolve();

// Each goes when the one before it has been taken, so that they arrive in the order of the events.
function report(kind, detail) {
  const body = JSON.stringify({ kind, ...detail });
  // no-cors: the page of nginx has another origin than the server of the test.
  reported = reported.then(() => fetch(REPORT_TO, { method: "POST", mode: "no-cors", body }));
}

// The picture at hand, of a 16:9 video or a frame of it, as 640x360 gray levels in base64.
function picture(shown) {
  const canvas = new OffscreenCanvas(640, 360);
  const context = canvas.getContext("2d");
  context.drawImage(shown, 0, 0, canvas.width, canvas.height);
  const colors = context.getImageData(0, 0, canvas.width, canvas.height).data;
  let levels = "";
  for (let i = 0; i < colors.length; i += 4) {
    levels += String.fromCharCode(colors[i + 1]);
  }
  return btoa(levels);
}

function watch(video) {
  // Not "stalled": it only says that no byte came for 3 s, as is usual between two live segments.
  for (const kind of ["playing", "waiting", "seeking", "ended", "emptied"]) {
    video.addEventListener(kind, () => report(kind, { time: video.currentTime }));
  }
  video.addEventListener("error", () =>
    report("error", { text: `${video.error.code} ${video.error.message}` }));
  addEventListener("error", (event) => report("error", { text: event.message }));
  setInterval(() => {
    const quality = video.getVideoPlaybackQuality();
    report("progress", {
      time: video.currentTime,
      width: video.videoWidth,
      sound: video.webkitAudioDecodedByteCount,
      frames: quality.totalVideoFrames,
      dropped: quality.droppedVideoFrames,
      picture: video.videoWidth > 0 ? picture(video) : null,
    });
  }, 500);
}
