/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prediction and which levels there are go into mb_type; of AC levels there are none. */
#include "media/exact/intra.h"

enum {
    TYPES_A_PATTERN = 4, /* types I_16x16_<mode>_<chroma>_0 of one <chroma>, Table 7-11 */
};

void intra_add_head(struct code *code, enum intra_mode luma, enum intra_mode chroma,
                    bool chroma_levels)
{
    uint32_t type = 1 + (uint32_t)luma + (chroma_levels ? TYPES_A_PATTERN : 0U);

    code_append(code, code_of(type));
    code_append(code, code_of(INTRA_DC - (uint32_t)chroma)); /* Table 8-5 counts the other way */
    code_append(code, code_of_signed(0));                    /* mb_qp_delta */
}
