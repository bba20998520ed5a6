# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes preset files as the C table of src/preset/embedded.h: embed.py OUTPUT PRESET..."""

import sys
from pathlib import Path

BYTES_A_LINE = 16


def c_array(identifier: str, data: bytes) -> str:
    lines = [", ".join(f"{byte:#04x}" for byte in data[at:at + BYTES_A_LINE])
             for at in range(0, len(data), BYTES_A_LINE)]
    body = ",\n    ".join(lines)
    return f"static const unsigned char {identifier}[] = {{\n    {body},\n}};\n"


def c_source(presets: list[Path]) -> str:
    parts = ['#include "preset/embedded.h"\n']
    rows = []
    for number, preset in enumerate(sorted(presets, key=lambda path: path.stem)):
        identifier = f"preset_{number}"
        parts.append(c_array(identifier, preset.read_bytes()))
        rows.append(f'    {{"{preset.stem}", {identifier}, sizeof({identifier})}},\n')
    table = "".join(rows)
    parts.append("const struct embedded_preset embedded_presets[] = {\n"
                 f"{table}    {{0}},\n}};\n")
    return "\n".join(parts)


def main() -> None:
    output, *presets = map(Path, sys.argv[1:])
    output.write_text(c_source(presets), encoding="utf-8")


if __name__ == "__main__":
    main()
