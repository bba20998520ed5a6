# SPDX-License-Identifier: GPL-2.0-or-later
"""A black-box conformance checker for HLS with MPEG-TS segments: for one media playlist, or a
multivariant playlist with all media playlists that it names; live, EVENT or VOD.

    observe.py        polls a directory or an HTTP origin and keeps what it saw
    presentation.py   does so for all that a multivariant playlist names
    m3u8.py           strict parser of media playlists (RFC 8216 4)
    multivariant.py   likewise of multivariant playlists
    ts.py             MPEG-TS packets, PSI, PES, clocks (ISO/IEC 13818-1)
    h264.py           NAL units, access units, sequence parameter sets (ITU-T H.264)
    adts.py           ADTS frames (ISO/IEC 14496-3 1.A.2)
    media.py          the observed segments in continuous runs, with unwrapped time stamps
    rules*.py         the rules: each a small function with its id, rank and clause

It shares no code with the program under test. `python3 -m conformance DIR|FILE|URL [SECONDS]`
prints one line a rule.
"""

from . import (rules_playlist, rules_media, rules_delivery,  # noqa: F401 (fill tables, in order)
               rules_multivariant, rules_variants)
from .rules import LADDER, NOT_HERE, TABLE, TIMING, Result, check, report, select  # noqa: F401
