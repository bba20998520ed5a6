# SPDX-License-Identifier: GPL-2.0-or-later
"""A page in headless Chromium, looked at through the DevTools protocol.

Chromium takes messages from its file descriptor 3 and answers on 4 (--remote-debugging-pipe): JSON,
each with a zero byte behind it. So nothing but the standard library is needed, and no port.
"""

import base64
import fcntl
import itertools
import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from origin import PATIENCE
from pages import CHROMIUM, FLAGS, HERE as PLAYERS

# Told of by what runs in the page: JavaScript's own errors, and what the policy forbids.
WATCH = """
    window.violations = [];
    addEventListener("securitypolicyviolation", (event) =>
        window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


class Pipe:
    """Messages to Chromium and from it."""

    def __init__(self, read: int, write: int) -> None:
        self.read, self.write = read, write
        self.numbers = itertools.count(1)
        self.answers: dict[int, dict] = {}
        self.events: list[dict] = []
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self) -> None:
        with open(self.read, "rb") as file:
            rest = b""
            while chunk := file.read1(1 << 16):
                *messages, rest = (rest + chunk).split(b"\0")
                for message in messages:
                    self.take(json.loads(message))

    def take(self, message: dict) -> None:
        with self.changed:
            if "id" in message:
                self.answers[message["id"]] = message
            else:
                self.events.append(message)
            self.changed.notify_all()

    def call(self, method: str, session: str | None = None, **parameters) -> dict:
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        with self.changed:
            if not self.changed.wait_for(lambda: number in self.answers, PATIENCE):
                raise TimeoutError(method)
            answer = self.answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]


class Tab:
    """One page, from before it is loaded."""

    def __init__(self, pipe: Pipe) -> None:
        self.pipe = pipe
        target = pipe.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = pipe.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)

    def call(self, method: str, **parameters) -> dict:
        return self.pipe.call(method, self.session, **parameters)

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.wait(lambda: self.value("[location.href, document.readyState].join()") ==
                  f"{url},complete", "the page")

    def value(self, expression: str) -> object:
        """What JavaScript says it is, awaited; what it throws is raised."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description"))
        return answer["result"].get("value")

    def text(self, element: str) -> str:
        """Of the element of this ID; "" if it is not shown."""
        return self.value(f"""(() => {{
            const element = document.getElementById({json.dumps(element)});
            return element.checkVisibility() ? element.textContent.trim() : "";
        }})()""")

    def hidden_text(self, element: str) -> str:
        """Likewise, whether it is shown or not."""
        return self.value(f"document.getElementById({json.dumps(element)}).textContent")

    def wait(self, true: Callable[[], object], what: str) -> object:
        """What `true` returns once it is."""
        end = time.monotonic() + PATIENCE
        while not (found := true()):
            if time.monotonic() > end:
                said = self.value("document.body.innerText")
                raise TimeoutError(f"{what}; the page says: {said}")
            time.sleep(0.1)
        return found

    def picture(self) -> bytes:
        """That of the video at hand, 640x360 gray levels; see probe.js."""
        probe = (PLAYERS / "probe.js").read_text()
        return base64.b64decode(self.value(
            f"(() => {{ {probe}; return picture(document.getElementById('video')); }})()"))

    def size(self, width: int, height: int) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def media(self, **features: str) -> None:
        """As prefers_color_scheme="dark"."""
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()])

    def screenshot(self, kind: str = "png", whole: bool = True, **options) -> bytes:
        """Of the whole page, or of what the window shows."""
        return base64.b64decode(self.call("Page.captureScreenshot", format=kind,
                                          captureBeyondViewport=whole, **options)["data"])

    def events(self, method: str) -> list[dict]:
        with self.pipe.changed:
            return [event["params"] for event in self.pipe.events
                    if event["method"] == method and event.get("sessionId") == self.session]

    def requests(self) -> list[str]:
        """The URLs that it has asked for."""
        return [event["request"]["url"] for event in self.events("Network.requestWillBeSent")]

    def errors(self) -> list[str]:
        """Of the console, of the policy, and exceptions."""
        said = [entry["entry"]["text"] + " " + entry["entry"].get("url", "")
                for entry in self.events("Log.entryAdded") if entry["entry"]["level"] == "error"]
        called = [json.dumps(event["args"]) for event in self.events("Runtime.consoleAPICalled")
                  if event["type"] in ("error", "assert")]
        thrown = [event["exceptionDetails"]["exception"].get("description", "")
                  for event in self.events("Runtime.exceptionThrown")]
        return said + called + thrown + self.value("window.violations")


@contextmanager
def browse() -> Iterator[Tab]:
    """A tab of headless Chromium with an empty profile."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        to_chromium, from_chromium = os.pipe(), os.pipe()
        process = start(Path(profile), to_chromium[0], from_chromium[1])
        pipe = Pipe(from_chromium[0], to_chromium[1])
        try:
            yield Tab(pipe)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:  # what it has shown is all that is wanted of it
                process.kill()
                process.wait()
            pipe.thread.join()
            os.close(to_chromium[1])


def start(profile: Path, read: int, write: int) -> subprocess.Popen:
    """The shell gives the two descriptors, which are closed here, the numbers they are to have."""
    high = [fcntl.fcntl(number, fcntl.F_DUPFD, 10) for number in (read, write)]  # not 3 or 4
    script = f'exec 3<&{high[0]} 4>&{high[1]} {high[0]}<&- {high[1]}>&-; exec "$@"'
    command = ["bash", "-c", script, "bash", CHROMIUM, *FLAGS, "--remote-debugging-pipe",
               f"--user-data-dir={profile}", "about:blank"]
    try:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, pass_fds=high)
    finally:
        for number in (read, write, *high):
            os.close(number)
