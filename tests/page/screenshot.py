#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the picture of the page that README shows, doc/page.svg: a real one, of a running ladder.

    export HLSGEN=build/release/hlsgen PLAYERS=FOLDER_OF_NPM/node_modules
    PYTHONPATH=tests/functional:tests/players python3 tests/page/screenshot.py

It waits until the plots show nothing of the start any more. The picture is WebP within an SVG:
light or dark, as the reader's system is.
"""

import base64
import shutil
import time

from devtools import Tab, browse
from origin import CHECKOUT, Hlsgen, Nginx, scratch
from pages import PLAYERS

PRESET = "4k-abr"
WIDTH = 1100
QUALITY = 30
SCHEMES = ("light", "dark")
TITLE = "The page of a running ladder: the stream, its latency, the origin's health, its segments"


def is_settled(tab: Tab) -> bool:
    """The segments with which the run began have gone, and the clock of the server is known."""
    return tab.value("""document.querySelectorAll("#lateness .timely").length > 15 &&
        document.querySelectorAll("#lateness .start").length === 0""")


def shoot(tab: Tab, scheme: str) -> bytes:
    """Down to where the list of files begins."""
    tab.media(prefers_color_scheme=scheme)
    time.sleep(1)  # for the colors
    height = tab.value("document.getElementById('links').offsetTop")
    return tab.screenshot("webp", quality=QUALITY, clip={
        "x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1})


def photograph() -> tuple[list[bytes], int]:
    """A picture of each scheme, and their height."""
    with scratch() as folder, Hlsgen(folder / "hls", preset=PRESET) as hlsgen, \
            Nginx(hlsgen.out, folder / "run") as nginx, browse() as tab:
        shutil.copy(PLAYERS / "hls.js" / "dist" / "hls.min.js", nginx.page)
        tab.size(WIDTH, 900)
        tab.open(nginx.url)
        tab.wait(lambda: is_settled(tab), "the end of the start")
        tab.value("document.activeElement.blur()")
        height = tab.value("document.getElementById('links').offsetTop")
        return [shoot(tab, scheme) for scheme in SCHEMES], height


def wrap(pictures: list[bytes], height: int) -> str:
    images = "\n".join(f'<image class="{scheme}" width="{WIDTH}" height="{height}" '
                       f'href="data:image/webp;base64,{base64.b64encode(picture).decode()}"/>'
                       for scheme, picture in zip(SCHEMES, pictures))
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}">
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<title>{TITLE}</title>
<style>
.dark {{ display: none }}
@media (prefers-color-scheme: dark) {{ .dark {{ display: inline }} .light {{ display: none }} }}
</style>
{images}
</svg>
"""


def main() -> None:
    picture = CHECKOUT / "doc" / "page.svg"
    picture.write_text(wrap(*photograph()))
    print(f"{picture}: {picture.stat().st_size} bytes")


if __name__ == "__main__":
    main()
