# SPDX-License-Identifier: GPL-2.0-or-later
"""H.264 byte streams: NAL units, access units, sequence parameter sets (ITU-T H.264)."""

from dataclasses import dataclass, field
from fractions import Fraction

SLICE, IDR, SEI, SPS, PPS, AUD, FILLER = 1, 5, 6, 7, 8, 9, 12
VCL = range(1, 6)
# A NAL unit of these types after a VCL one begins the next access unit (7.4.1.2.3).
BEGINS = {SEI, SPS, PPS, AUD, 14, 15, 16, 17, 18}


@dataclass
class Nal:
    kind: int
    offset: int      # of the start code in the elementary stream
    start_code: int  # its length: 3, or 4 with zero_byte
    body: bytes      # header byte and payload, emulation prevention bytes still in


@dataclass
class Unit:
    """An access unit; time stamps are those of the PES packet that it begins, else None."""

    nals: list[Nal]
    end: int = 0  # first byte after it in the elementary stream
    pts: int | None = None
    dts: int | None = None
    last_packet: int = 0  # TS packet, counted over the run, that completes it
    first_packet: int = 0

    @property
    def offset(self) -> int:
        return self.nals[0].offset

    @property
    def kinds(self) -> list[int]:
        return [nal.kind for nal in self.nals]

    @property
    def idr(self) -> bool:
        return IDR in self.kinds


def split(data: bytes) -> tuple[list[Nal], list[str]]:
    """Annex B: start codes, and nothing but zeros between NAL units."""
    nals: list[Nal] = []
    faults: list[str] = []
    code = data.find(b"\0\0\1")
    if data and code not in (0, 1):
        faults.append(f"{code} bytes before the first start code")
    while code >= 0:
        following = data.find(b"\0\0\1", code + 3)
        end = following if following >= 0 else len(data)
        body = data[code + 3:end].rstrip(b"\0")
        zero = code > 0 and data[code - 1] == 0
        if not body:
            faults.append(f"empty NAL unit at byte {code}")
        else:
            if body[0] & 0x80:
                faults.append(f"forbidden_zero_bit set at byte {code}")
            if b"\0\0\0" in body or b"\0\0\2" in body:
                faults.append(f"emulated start code in the NAL unit at byte {code}")
            nals.append(Nal(body[0] & 31, code - zero, 3 + zero, body))
        code = following
    return nals, faults


def units(data: bytes) -> tuple[list[Unit], list[str]]:
    """Groups NAL units into access units by 7.4.1.2.3, delimiters or not."""
    nals, faults = split(data)
    result: list[Unit] = []
    vcl = True  # the unit so far has its primary coded picture
    for nal in nals:
        first_slice = nal.kind in (SLICE, IDR) and len(nal.body) > 1 and nal.body[1] & 0x80
        if not result or (vcl and (nal.kind in BEGINS or first_slice)):
            result.append(Unit([]))
            vcl = False
        result[-1].nals.append(nal)
        vcl = vcl or nal.kind in VCL
    for unit, after in zip(result, result[1:]):
        unit.end = after.offset
    if result:
        result[-1].end = len(data)
    return result, faults


class Bits:
    """Reads an RBSP bit by bit (7.2, 9.1)."""

    def __init__(self, body: bytes) -> None:
        rbsp = body.replace(b"\0\0\3", b"\0\0")
        self.bits = "".join(f"{byte:08b}" for byte in rbsp)
        self.at = 0

    def u(self, count: int) -> int:
        if self.at + count > len(self.bits):
            raise ValueError("parameter set ends too early")
        self.at += count
        return int(self.bits[self.at - count:self.at] or "0", 2)

    def ue(self) -> int:
        zeros = 0
        while self.u(1) == 0:
            zeros += 1
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)


@dataclass
class Sps:
    profile: int = 0
    constraints: int = 0
    level: int = 0
    width: int = 0
    height: int = 0
    progressive: bool = True
    full_range: int | None = None
    primaries: int | None = None
    transfer: int | None = None
    matrix: int | None = None
    rate: Fraction | None = None  # frames per second
    fixed_rate: bool = False
    raw: bytes = field(default=b"", repr=False)


def scaling_lists(bits: Bits, count: int) -> None:
    for index in range(count):
        if bits.u(1):
            last = following = 8
            for _ in range(16 if index < 6 else 64):
                if following:
                    following = (last + bits.se()) % 256
                last = following or last


def parse_vui(bits: Bits, sps: Sps) -> None:
    """Annex E.1.1, as far as the timing information."""
    if bits.u(1) and bits.u(8) == 255:
        bits.u(32)
    if bits.u(1):
        bits.u(1)
    if bits.u(1):
        bits.u(3)
        sps.full_range = bits.u(1)
        if bits.u(1):
            sps.primaries, sps.transfer, sps.matrix = bits.u(8), bits.u(8), bits.u(8)
    if bits.u(1):
        bits.ue()
        bits.ue()
    if bits.u(1):
        tick, scale = bits.u(32), bits.u(32)
        sps.fixed_rate = bool(bits.u(1))
        if tick:
            sps.rate = Fraction(scale, 2 * tick)


def parse_sps(body: bytes) -> Sps:
    """seq_parameter_set_data (7.3.2.1.1); raises ValueError when it is cut."""
    bits = Bits(body[1:])
    sps = Sps(bits.u(8), bits.u(8), bits.u(8), raw=body)
    bits.ue()
    chroma = 1
    if sps.profile in (100, 110, 122, 244, 44, 83, 86, 118, 128):
        chroma = bits.ue()
        if chroma == 3:
            bits.u(1)
        bits.ue(), bits.ue(), bits.u(1)
        if bits.u(1):
            scaling_lists(bits, 12 if chroma == 3 else 8)
    bits.ue()
    order = bits.ue()
    if order == 0:
        bits.ue()
    elif order == 1:
        bits.u(1), bits.se(), bits.se()
        for _ in range(bits.ue()):
            bits.se()
    bits.ue(), bits.u(1)
    width, height = (bits.ue() + 1) * 16, (bits.ue() + 1) * 16
    sps.progressive = bool(bits.u(1))
    if not sps.progressive:
        height *= 2
        bits.u(1)
    bits.u(1)
    if bits.u(1):
        unit_x = 2 if chroma in (1, 2) else 1
        unit_y = (2 if chroma == 1 else 1) * (1 if sps.progressive else 2)
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        width -= unit_x * (left + right)
        height -= unit_y * (top + bottom)
    sps.width, sps.height = width, height
    if bits.u(1):
        parse_vui(bits, sps)
    return sps
