# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures hlsgen beside ffmpeg and GStreamer, on this machine and in one run: one stream, a busy
machine, many streams, sizes of pictures, containers, a ladder, video on demand and its check, ways
to publish, and hosts."""
import argparse
import json
import signal
import sys
from pathlib import Path
from types import ModuleType

import machine
import part_containers
import part_index
import part_ladder
import part_load
import part_publish
import part_single
import part_sizes
import part_sizing
import part_streams
import part_verify
import part_vod
import places
import watch
from machine import Setup
from process import Failed

PARTS: dict[str, ModuleType] = {
    "single": part_single,
    "load": part_load,
    "streams": part_streams,
    "sizes": part_sizes,
    "containers": part_containers,
    "ladder": part_ladder,
    "index": part_index,
    "vod": part_vod,
    "verify": part_verify,
    "publish": part_publish,
    "sizing": part_sizing,
}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--hlsgen", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--verify", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--publish", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--part", choices=PARTS, action="append", metavar="PART",
                        help=f"one of {', '.join(PARTS)}; may be repeated (default: all)")
    parser.add_argument("--seconds", type=float, default=30, help="of steady state (default 30)")
    parser.add_argument("--starts", type=int, default=3, help="of each program (default 3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every single figure, too")
    options = parser.parse_args()
    if options.seconds < 6 or options.starts < 1:
        parser.error("at least --seconds 6 and --starts 1")
    return options


def main() -> int:
    options = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: ended"))  # with all that it started
    told = Setup(options.hlsgen, options.verify, options.publish, places.mount_own(),
                 options.seconds, options.starts)
    about = machine.describe(told, watch.come_first())
    print("\n".join(f"{key:11}{value}" for key, value in about.items()), flush=True)
    results, failed = {}, 0
    for name in options.part or PARTS:
        part = PARTS[name]
        try:
            results[name] = part.run(told)
        except Failed as reason:
            print(f"bench: {name}: {reason}", file=sys.stderr)
            failed = 1
            continue
        print(f"\n## {name}: {part.__doc__}\n\n{part.show(results[name])}\n\n{part.notes(told)}",
              flush=True)
        if options.json:
            options.json.write_text(json.dumps({"machine": about, "results": results}, indent=1))
    return failed


if __name__ == "__main__":
    sys.exit(main())
