# SPDX-License-Identifier: GPL-2.0-or-later
"""A black-box conformance checker for one live HLS media playlist with MPEG-TS segments.

    observe.py   polls a directory or an HTTP origin and keeps what it saw
    m3u8.py      strict parser of media playlists (RFC 8216 4)
    ts.py        MPEG-TS packets, PSI, PES, clocks (ISO/IEC 13818-1)
    h264.py      NAL units, access units, sequence parameter sets (ITU-T H.264)
    adts.py      ADTS frames (ISO/IEC 14496-3 1.A.2)
    media.py     the observed segments in continuous runs, with unwrapped time stamps
    rules*.py    the rules: each a small function with its id, rank and clause

It shares no code with the program under test. `python3 -m conformance DIR|URL [SECONDS]` prints
one line a rule.
"""

from . import rules_playlist, rules_media, rules_delivery  # noqa: F401 (fill the table, in order)
from .rules import NOT_HERE, TABLE, Result, check, report, select  # noqa: F401
