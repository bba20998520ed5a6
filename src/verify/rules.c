/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/rules.h"

/* clang-format off */
const struct rule rules[RULES] = {
    [RULE_PL_FETCH] = {
        "PL_FETCH", RANK_MUST, "RFC 8216 6.2.1",
        "a playlist is there at every look, and not empty",
    },
    [RULE_PL_PARSE] = {
        "PL_PARSE", RANK_MUST, "RFC 8216 4.1, 4.3.1.1, 4.3.2.1",
        "a playlist is whole text: #EXTM3U first, UTF-8 without BOM or control "
        "characters, the last line ended, a URI for each EXTINF, no blanks in tags, each "
        "variable defined once and before its use",
    },
    [RULE_PL_KIND] = {
        "PL_KIND", RANK_MUST, "RFC 8216 4.1, 4.3",
        "tags of media playlists and of multivariant ones are not mixed; what may stand "
        "once does not stand twice",
    },
    [RULE_PL_VERSION_MIN] = {
        "PL_VERSION_MIN", RANK_MUST, "RFC 8216 7, bis 8",
        "EXT-X-VERSION is at least what the tags need, as 3 for decimals in EXTINF, 4 for "
        "byte ranges and I-frame playlists, 6 for EXT-X-MAP",
    },
    [RULE_PL_VERSION_MAX] = {
        "PL_VERSION_MAX", RANK_SHOULD, "bis 6.2.1",
        "EXT-X-VERSION is no more than what the tags need",
    },
    [RULE_PL_TAGS] = {
        "PL_TAGS", RANK_OWN, "RFC 8216 4.3",
        "there is no tag that begins with #EXT and that no specification has",
    },
    [RULE_PL_TD] = {
        "PL_TD", RANK_MUST, "RFC 8216 4.3.3.1",
        "EXT-X-TARGETDURATION stands before the first segment, once, as a decimal integer",
    },
    [RULE_PL_TD_EXTINF] = {
        "PL_TD_EXTINF", RANK_MUST, "RFC 8216 4.3.3.1",
        "no EXTINF, rounded to the nearest integer, is above the target duration",
    },
    [RULE_PL_TD_05] = {
        "PL_TD_05", RANK_APPLE, "Apple 7.7",
        "the media of no segment last more than 0.5 s longer than the target duration",
    },
    [RULE_PL_HEAD_ORDER] = {
        "PL_HEAD_ORDER", RANK_MUST, "RFC 8216 4.3.3.2, 4.3.3.3",
        "EXT-X-MEDIA-SEQUENCE and EXT-X-DISCONTINUITY-SEQUENCE stand before the first "
        "segment, the latter also before EXT-X-DISCONTINUITY",
    },
    [RULE_PL_URI_UNIQUE] = {
        "PL_URI_UNIQUE", RANK_OWN, "RFC 8216 3",
        "no URI with the same byte range is listed twice, nor again for another sequence "
        "number",
    },
    [RULE_PL_LIVE_TYPE] = {
        "PL_LIVE_TYPE", RANK_MUST, "RFC 8216 4.3.3.5, 6.2.2",
        "a playlist that loses segments has no EXT-X-PLAYLIST-TYPE; one of type VOD has "
        "an end",
    },
    [RULE_PL_WINDOW_3TD] = {
        "PL_WINDOW_3TD", RANK_MUST, "RFC 8216 6.2.2",
        "a live playlist that loses segments lasts at least three target durations",
    },
    [RULE_PL_WINDOW_6] = {
        "PL_WINDOW_6", RANK_APPLE, "Apple 8.11",
        "a live playlist that loses segments lists at least six",
    },
    [RULE_PL_PDT_PRESENT] = {
        "PL_PDT_PRESENT", RANK_APPLE, "Apple 8.4",
        "a live playlist has EXT-X-PROGRAM-DATE-TIME",
    },
    [RULE_PL_PDT_FORMAT] = {
        "PL_PDT_FORMAT", RANK_MUST, "RFC 8216 4.3.2.6",
        "EXT-X-PROGRAM-DATE-TIME is a date-time of ISO 8601, extended format, with a zone",
    },
    [RULE_PL_PDT_STEP] = {
        "PL_PDT_STEP", RANK_APPLE, "RFC 8216 6.2.1, Apple 8.1",
        "from one EXT-X-PROGRAM-DATE-TIME to the next passes what the EXTINF in between "
        "say",
    },
    [RULE_PL_INDEPENDENT] = {
        "PL_INDEPENDENT", RANK_SHOULD, "Apple 9.11, 9.12",
        "a media playlist that no multivariant one names has EXT-X-INDEPENDENT-SEGMENTS",
    },
    [RULE_PL_GAP] = {
        "PL_GAP", RANK_OWN, "bis 6.2.1",
        "no segment is listed as a gap",
    },
    [RULE_EV_TD_CONST] = {
        "EV_TD_CONST", RANK_MUST, "RFC 8216 6.2.1",
        "target duration and version of a playlist stay as they are",
    },
    [RULE_EV_MSN] = {
        "EV_MSN", RANK_MUST, "RFC 8216 6.2.2",
        "the media sequence number rises by one for each segment that leaves, and never "
        "falls",
    },
    [RULE_EV_LINES] = {
        "EV_LINES", RANK_MUST, "RFC 8216 6.2.1",
        "the lines of segments that stay do not change, and new segments come at the end",
    },
    [RULE_EV_DSN] = {
        "EV_DSN", RANK_MUST, "RFC 8216 6.2.2",
        "the discontinuity sequence number rises by one for each EXT-X-DISCONTINUITY that "
        "leaves",
    },
    [RULE_EV_EVENT] = {
        "EV_EVENT", RANK_MUST, "RFC 8216 4.3.3.5",
        "a playlist of type EVENT loses nothing, and one of type VOD does not change",
    },
    [RULE_EV_END] = {
        "EV_END", RANK_MUST, "RFC 8216 4.3.3.4",
        "nothing comes after EXT-X-ENDLIST",
    },
    [RULE_EV_LATE] = {
        "EV_LATE", RANK_MUST, "RFC 8216 6.2.1, bis 6.2.1",
        "a new segment comes within 1.5 target durations of the one before",
    },
    [RULE_EV_EARLY] = {
        "EV_EARLY", RANK_MUST, "RFC 8216 6.2.1",
        "and not before half a target duration has passed",
    },
    [RULE_EV_ONE] = {
        "EV_ONE", RANK_OWN, "own",
        "each new version has one new segment",
    },
    [RULE_EV_STALE] = {
        "EV_STALE", RANK_MUST, "RFC 8216 6.2.2",
        "no older version follows a newer one",
    },
    [RULE_SG_AVAILABLE] = {
        "SG_AVAILABLE", RANK_MUST, "RFC 8216 6.2.1",
        "what is listed is there, whole",
    },
    [RULE_SG_IMMUTABLE] = {
        "SG_IMMUTABLE", RANK_MUST, "RFC 8216 3, 6.2.1",
        "a listed segment has its final bytes: those of index.json, and the same as long "
        "as it is there",
    },
    [RULE_SG_KEPT_BIS] = {
        "SG_KEPT_BIS", RANK_MUST, "bis 6.2.2",
        "a segment stays, from its first listing on, for its duration and that of the "
        "longest playlist that had it",
    },
    [RULE_SG_KEPT_8216] = {
        "SG_KEPT_8216", RANK_MUST, "RFC 8216 6.2.2",
        "a segment stays for as long after it has left the playlist",
    },
    [RULE_SG_TEMP] = {
        "SG_TEMP", RANK_OWN, "own",
        "no temporary file stays, and no segment for ever that has left the playlist",
    },
    [RULE_IX_PARSE] = {
        "IX_PARSE", RANK_OWN, "own",
        "index.json of hlsgen is JSON with what its format has",
    },
    [RULE_IX_ENTRY] = {
        "IX_ENTRY", RANK_OWN, "own",
        "index.json has all segments of an ended playlist",
    },
    [RULE_TS_SYNC] = {
        "TS_SYNC", RANK_MUST, "ISO 13818-1 2.4.3.2, 2.4.3.3",
        "a segment is whole packets of 188 bytes with sync byte, and none has "
        "transport_error_indicator",
    },
    [RULE_TS_PSI_FIRST] = {
        "TS_PSI_FIRST", RANK_SHOULD, "RFC 8216 3.2",
        "PAT and PMT come first in a segment",
    },
    [RULE_TS_PSI_OK] = {
        "TS_PSI_OK", RANK_MUST, "ISO 13818-1 2.4.4, RFC 8216 3.2",
        "PAT and PMT have one program and a right CRC_32, and change only at a "
        "discontinuity",
    },
    [RULE_TS_CC] = {
        "TS_CC", RANK_MUST, "ISO 13818-1 2.4.3.3, RFC 8216 3",
        "continuity counters run on in each PID, from segment to segment too",
    },
    [RULE_TS_PCR_100] = {
        "TS_PCR_100", RANK_MUST, "ISO 13818-1 2.7.2",
        "a PCR comes every 100 ms, from segment to segment too",
    },
    [RULE_TS_PCR_40] = {
        "TS_PCR_40", RANK_SHOULD, "ETSI TR 101 290 5.2.2",
        "a PCR comes every 40 ms",
    },
    [RULE_TS_PCR_MONO] = {
        "TS_PCR_MONO", RANK_MUST, "ISO 13818-1 2.4.3.5",
        "the PCR rises, by less than 1 s at a time",
    },
    [RULE_TS_PCR_DTS] = {
        "TS_PCR_DTS", RANK_MUST, "ISO 13818-1 2.4.2, 2.14.3",
        "an access unit arrives before it is decoded, by at most 10 s, ADTS frames by 1 s",
    },
    [RULE_TS_PES] = {
        "TS_PES", RANK_MUST, "ISO 13818-1 2.4.3.7",
        "PES packets are well formed, have a PTS and the length they say, and end with "
        "the segment",
    },
    [RULE_TS_PTS_700] = {
        "TS_PTS_700", RANK_MUST, "ISO 13818-1 2.7.4",
        "a PTS comes every 700 ms in each stream",
    },
    [RULE_TS_AUD] = {
        "TS_AUD", RANK_MUST, "ISO 13818-1 2.14.1",
        "each H.264 access unit begins with an access unit delimiter",
    },
    [RULE_V_DTS] = {
        "V_DTS", RANK_MUST, "RFC 8216 3, Apple 7.2",
        "DTS of pictures rise, from segment to segment too",
    },
    [RULE_V_CFR] = {
        "V_CFR", RANK_OWN, "Apple 8.14",
        "pictures come at one constant rate, with none lost or doubled between segments",
    },
    [RULE_V_PTS_GE_DTS] = {
        "V_PTS_GE_DTS", RANK_MUST, "ISO 13818-1 2.4.3.7",
        "no picture is shown before it is decoded",
    },
    [RULE_V_IDR] = {
        "V_IDR", RANK_APPLE, "Apple 7.4, RFC 8216 3",
        "a segment begins with an IDR picture, and SPS and PPS before it",
    },
    [RULE_V_CLOSED] = {
        "V_CLOSED", RANK_MUST, "RFC 8216 4.3.5.1",
        "where segments are independent no picture of one is shown before its first",
    },
    [RULE_V_KEYINT] = {
        "V_KEYINT", RANK_SHOULD, "Apple 1.13",
        "an IDR picture comes every 2 s",
    },
    [RULE_V_PARAMS] = {
        "V_PARAMS", RANK_MUST, "RFC 8216 6.2.1",
        "parameter sets change only at a discontinuity",
    },
    [RULE_V_PROFILE] = {
        "V_PROFILE", RANK_APPLE, "Apple 1.3b, 1.14, 1.19",
        "H.264 is of High profile and level 5.2 at most, progressive, with at most 60 "
        "pictures a second",
    },
    [RULE_A_ADTS] = {
        "A_ADTS", RANK_MUST, "RFC 8216 3.2, 3.4",
        "AAC comes in whole frames, all of one sample rate and number of channels",
    },
    [RULE_A_CONT] = {
        "A_CONT", RANK_MUST, "RFC 8216 3, Apple 7.1",
        "PTS of sound run on without gap or overlap, from segment to segment too",
    },
    [RULE_AV_ALIGN] = {
        "AV_ALIGN", RANK_OWN, "Apple 8.3",
        "sound and pictures of a segment begin and end within 100 ms of each other",
    },
    [RULE_AV_ONE_AUDIO] = {
        "AV_ONE_AUDIO", RANK_APPLE, "Apple 2.17",
        "a segment has one audio stream at most",
    },
    [RULE_X_EXTINF] = {
        "X_EXTINF", RANK_APPLE, "Apple 8.1",
        "the EXTINF of segments in a row add up to their media, within a frame",
    },
    [RULE_X_EXTINF_EXACT] = {
        "X_EXTINF_EXACT", RANK_OWN, "own",
        "each EXTINF is the time to the next segment, to a tick and its last digit",
    },
    [RULE_X_PDT_PTS] = {
        "X_PDT_PTS", RANK_MUST, "bis 6.2.4",
        "dates and PTS go on alike, within a frame",
    },
    [RULE_PA_ID3] = {
        "PA_ID3", RANK_MUST, "RFC 8216 3.4",
        "packed audio begins with an ID3 tag that has its time stamp of 33 bits",
    },
    [RULE_F_MAP] = {
        "F_MAP", RANK_MUST, "RFC 8216 3.3, Apple 8.20",
        "fragmented MP4 has an EXT-X-MAP, which leads to ftyp and a moov with mvex and "
        "without samples",
    },
    [RULE_F_BOX] = {
        "F_BOX", RANK_MUST, "RFC 8216 3.3, bis 3.1.2",
        "a segment is whole boxes, each mdat behind its moof; a traf has a tfdt, and its "
        "samples are in the mdat",
    },
    [RULE_F_SEQ] = {
        "F_SEQ", RANK_SHOULD, "ISO 14496-12 8.8.5",
        "sequence numbers of moof rise",
    },
    [RULE_F_TFDT] = {
        "F_TFDT", RANK_MUST, "ISO 14496-12 8.8.12, Apple 7.3",
        "a tfdt is where the samples before it end, in each track, from segment to "
        "segment too",
    },
    [RULE_F_SYNC] = {
        "F_SYNC", RANK_APPLE, "Apple 7.4",
        "the first picture of a segment is a sync sample",
    },
    [RULE_BW_PEAK] = {
        "BW_PEAK", RANK_APPLE, "Apple 1.29, RFC 8216 4.1",
        "live: the peak of 0.5 to 1.5 target durations is below 125 % of BANDWIDTH",
    },
    [RULE_BW_BOUND] = {
        "BW_BOUND", RANK_MUST, "RFC 8216 4.3.4.2",
        "ended: no run of 0.5 to 1.5 target durations is above BANDWIDTH",
    },
    [RULE_BW_VOD] = {
        "BW_VOD", RANK_APPLE, "Apple 1.26, 1.27",
        "ended: peak and average are within 10 % of BANDWIDTH and AVERAGE-BANDWIDTH",
    },
    [RULE_BW_AVG] = {
        "BW_AVG", RANK_APPLE, "Apple 1.28",
        "live: the average is below 110 % of AVERAGE-BANDWIDTH",
    },
    [RULE_BW_TIGHT] = {
        "BW_TIGHT", RANK_OWN, "RFC 8216 4.3.4.2",
        "live: BANDWIDTH and AVERAGE-BANDWIDTH are no more than 10 % above what is "
        "measured",
    },
    [RULE_BW_SEGMENT] = {
        "BW_SEGMENT", RANK_OWN, "own",
        "sizes of segments are within 10 % of their mean",
    },
    [RULE_MV_PARSE] = {
        "MV_PARSE", RANK_MUST, "RFC 8216 4.2, 4.3.4",
        "attribute lists are well formed, each EXT-X-STREAM-INF has BANDWIDTH and its URI",
    },
    [RULE_MV_CODECS] = {
        "MV_CODECS", RANK_APPLE, "Apple 9.1, RFC 6381",
        "CODECS says what SPS and AAC headers say, of all that a variant has",
    },
    [RULE_MV_RESOLUTION] = {
        "MV_RESOLUTION", RANK_APPLE, "Apple 9.2, RFC 8216 4.3.4.2",
        "RESOLUTION is that of the SPS, or as wide as its sample aspect ratio makes it",
    },
    [RULE_MV_FRAMERATE] = {
        "MV_FRAMERATE", RANK_APPLE, "Apple 9.15",
        "FRAME-RATE is the measured one, to three decimals",
    },
    [RULE_MV_AVERAGE] = {
        "MV_AVERAGE", RANK_APPLE, "Apple 9.14",
        "each variant has AVERAGE-BANDWIDTH",
    },
    [RULE_MV_IFRAME] = {
        "MV_IFRAME", RANK_APPLE, "Apple 6.1, RFC 8216 4.3.3.6",
        "there are I-frame playlists, and each entry holds one I-frame; an IDR picture of "
        "H.264 whole",
    },
    [RULE_MV_INDEPENDENT] = {
        "MV_INDEPENDENT", RANK_SHOULD, "Apple 9.11",
        "a multivariant playlist has EXT-X-INDEPENDENT-SEGMENTS",
    },
    [RULE_MV_GROUPS] = {
        "MV_GROUPS", RANK_MUST, "RFC 8216 4.3.4.1, 4.3.4.2",
        "groups that are named exist; EXT-X-MEDIA has TYPE, GROUP-ID and NAME; a group "
        "has each NAME once and one DEFAULT at most",
    },
    [RULE_MV_MORE] = {
        "MV_MORE", RANK_APPLE, "Apple 9.9",
        "there are variants of more than one bit rate",
    },
    [RULE_XV_TD] = {
        "XV_TD", RANK_MUST, "RFC 8216 6.2.4",
        "all media playlists have one target duration",
    },
    [RULE_XV_PTS] = {
        "XV_PTS", RANK_MUST, "RFC 8216 6.2.4",
        "the same content has the same time stamps in all variants, where it can be told",
    },
    [RULE_XV_BORDERS] = {
        "XV_BORDERS", RANK_SHOULD, "Apple 8.22",
        "segments of all variants begin at the same times",
    },
    [RULE_XV_PDT] = {
        "XV_PDT", RANK_MUST, "bis 6.2.4",
        "dates map to the same media time in all variants, within 2 ms",
    },
    [RULE_XV_DSN] = {
        "XV_DSN", RANK_MUST, "RFC 8216 6.2.4",
        "the same content has the same discontinuity sequence number in all variants",
    },
    [RULE_XV_EDGE] = {
        "XV_EDGE", RANK_OWN, "own",
        "all variants list a new segment within 0.5 s of each other",
    },
    [RULE_LL_PARTINF] = {
        "LL_PARTINF", RANK_MUST, "bis 4.4.3.7, 4.4.4.9",
        "with parts there is EXT-X-PART-INF; a part lasts no longer than PART-TARGET, and "
        "85 % of it unless it is independent, a gap, before one, or the last of a segment",
    },
    [RULE_LL_CONTROL] = {
        "LL_CONTROL", RANK_MUST, "bis 4.4.3.8",
        "PART-HOLD-BACK is at least two PART-TARGET, HOLD-BACK three target durations, "
        "CAN-SKIP-UNTIL six",
    },
    [RULE_LL_SUM] = {
        "LL_SUM", RANK_OWN, "bis 4.4.4.9",
        "the parts of a segment add up to its EXTINF",
    },
    [RULE_LL_HINT] = {
        "LL_HINT", RANK_SHOULD, "bis 6.2.6, B.1",
        "a live playlist with parts ends with one EXT-X-PRELOAD-HINT of a part",
    },
    [RULE_LL_OLDPARTS] = {
        "LL_OLDPARTS", RANK_SHOULD, "bis 6.2.2",
        "parts more than three target durations from the end are gone",
    },
    [RULE_LL_PDT] = {
        "LL_PDT", RANK_MUST, "bis B.1",
        "a playlist with parts has EXT-X-PROGRAM-DATE-TIME",
    },
    [RULE_PB_JITTER] = {
        "PB_JITTER", RANK_OWN, "own",
        "a segment comes within a quarter of a target duration of when the one before it "
        "ends",
    },
    [RULE_PB_DRIFT] = {
        "PB_DRIFT", RANK_OWN, "own",
        "over ten segments and more, they come as fast as their media last, to 1000 ppm",
    },
    [RULE_PB_FUTURE] = {
        "PB_FUTURE", RANK_OWN, "Apple 8.5",
        "by its date, a segment comes after its end, and within 1.5 target durations",
    },
};
/* clang-format on */
