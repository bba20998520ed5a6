/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of a conforming stream that can be judged of files, without a server: each with an
 * identifier that stays, its rank, the clause that it follows from, and what it asks.
 */
#ifndef HLSGEN_VERIFY_RULES_H
#define HLSGEN_VERIFY_RULES_H

/** Who asks for it. */
enum rule_rank {
    RANK_MUST,   /**< RFC 8216 or its successor, ISO/IEC 13818-1, 14496-10, 14496-12 */
    RANK_SHOULD, /**< the same, as advice */
    RANK_APPLE,  /**< Apple's HLS Authoring Specification */
    RANK_OWN,    /**< nobody but hlsgen */
};

enum rule_id {
    RULE_PL_FETCH,
    RULE_PL_PARSE,
    RULE_PL_KIND,
    RULE_PL_VERSION_MIN,
    RULE_PL_VERSION_MAX,
    RULE_PL_TAGS,
    RULE_PL_TD,
    RULE_PL_TD_EXTINF,
    RULE_PL_TD_05,
    RULE_PL_HEAD_ORDER,
    RULE_PL_URI_UNIQUE,
    RULE_PL_LIVE_TYPE,
    RULE_PL_WINDOW_3TD,
    RULE_PL_WINDOW_6,
    RULE_PL_PDT_PRESENT,
    RULE_PL_PDT_FORMAT,
    RULE_PL_PDT_STEP,
    RULE_PL_INDEPENDENT,
    RULE_PL_GAP,
    RULE_EV_TD_CONST,
    RULE_EV_MSN,
    RULE_EV_LINES,
    RULE_EV_DSN,
    RULE_EV_EVENT,
    RULE_EV_END,
    RULE_EV_LATE,
    RULE_EV_EARLY,
    RULE_EV_ONE,
    RULE_EV_STALE,
    RULE_SG_AVAILABLE,
    RULE_SG_IMMUTABLE,
    RULE_SG_KEPT_BIS,
    RULE_SG_KEPT_8216,
    RULE_SG_TEMP,
    RULE_IX_PARSE,
    RULE_IX_ENTRY,
    RULE_TS_SYNC,
    RULE_TS_PSI_FIRST,
    RULE_TS_PSI_OK,
    RULE_TS_CC,
    RULE_TS_PCR_100,
    RULE_TS_PCR_40,
    RULE_TS_PCR_MONO,
    RULE_TS_PCR_DTS,
    RULE_TS_PES,
    RULE_TS_PTS_700,
    RULE_TS_AUD,
    RULE_V_DTS,
    RULE_V_CFR,
    RULE_V_PTS_GE_DTS,
    RULE_V_IDR,
    RULE_V_CLOSED,
    RULE_V_KEYINT,
    RULE_V_PARAMS,
    RULE_V_PROFILE,
    RULE_A_ADTS,
    RULE_A_CONT,
    RULE_AV_ALIGN,
    RULE_AV_ONE_AUDIO,
    RULE_X_EXTINF,
    RULE_X_EXTINF_EXACT,
    RULE_X_PDT_PTS,
    RULE_PA_ID3,
    RULE_F_MAP,
    RULE_F_BOX,
    RULE_F_SEQ,
    RULE_F_TFDT,
    RULE_F_SYNC,
    RULE_BW_PEAK,
    RULE_BW_BOUND,
    RULE_BW_VOD,
    RULE_BW_AVG,
    RULE_BW_TIGHT,
    RULE_BW_SEGMENT,
    RULE_MV_PARSE,
    RULE_MV_CODECS,
    RULE_MV_RESOLUTION,
    RULE_MV_FRAMERATE,
    RULE_MV_AVERAGE,
    RULE_MV_IFRAME,
    RULE_MV_INDEPENDENT,
    RULE_MV_GROUPS,
    RULE_MV_MORE,
    RULE_XV_TD,
    RULE_XV_PTS,
    RULE_XV_BORDERS,
    RULE_XV_PDT,
    RULE_XV_DSN,
    RULE_XV_EDGE,
    RULE_LL_PARTINF,
    RULE_LL_CONTROL,
    RULE_LL_SUM,
    RULE_LL_HINT,
    RULE_LL_OLDPARTS,
    RULE_LL_PDT,
    RULE_PB_JITTER,
    RULE_PB_DRIFT,
    RULE_PB_FUTURE,
    RULES,
};

struct rule {
    const char *name; /**< "PL_TD_EXTINF" */
    enum rule_rank rank;
    const char *clause;
    const char *text;
};

/** By enum rule_id. */
extern const struct rule rules[RULES];

#endif
