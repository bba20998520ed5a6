/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deblocking is off in every slice: it would change samples. */
#include "media/exact/slice.h"

#include "media/exact/parameters.h"

enum {
    TYPE_ALL_P = 5, /* slice_type: this slice and all others of the picture, Table 7-6 */
    TYPE_ALL_I = 7,
    DEBLOCKING_OFF = 1, /* disable_deblocking_filter_idc */
};

void slice_put_idr_header(struct bits *bits, uint32_t first, int qp)
{
    bits_put_ue(bits, first); /* first_mb_in_slice */
    bits_put_ue(bits, TYPE_ALL_I);
    bits_put_ue(bits, 0);                         /* pic_parameter_set_id */
    bits_put(bits, 0, PARAMETERS_FRAME_NUM_BITS); /* frame_num */
    bits_put_ue(bits, 0);                         /* idr_pic_id: P pictures lie between two */
    bits_put(bits, 0, 1);                         /* no_output_of_prior_pics_flag */
    bits_put(bits, 0, 1);                         /* long_term_reference_flag */
    bits_put_se(bits, qp - PARAMETERS_QP_P);      /* slice_qp_delta */
    bits_put_ue(bits, DEBLOCKING_OFF);
}

void slice_put_p_header(struct bits *bits, uint64_t frame_num)
{
    bits_put_ue(bits, 0); /* first_mb_in_slice */
    bits_put_ue(bits, TYPE_ALL_P);
    bits_put_ue(bits, 0); /* pic_parameter_set_id */
    bits_put(bits, frame_num % (1U << PARAMETERS_FRAME_NUM_BITS), PARAMETERS_FRAME_NUM_BITS);
    bits_put(bits, 0, 1); /* num_ref_idx_active_override_flag */
    bits_put(bits, 0, 1); /* ref_pic_list_modification_flag_l0 */
    bits_put(bits, 0, 1); /* adaptive_ref_pic_marking_mode_flag */
    bits_put_se(bits, 0); /* slice_qp_delta */
    bits_put_ue(bits, DEBLOCKING_OFF);
}
