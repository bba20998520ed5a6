/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPS, VUI and PPS in the order of 7.3.2.1.1, E.1.1 and 7.3.2.2, one syntax element a line. */
#include "media/exact/parameters.h"

#include "base/buffer.h"
#include "media/exact/bits.h"
#include "media/exact/level.h"
#include "media/exact/nal.h"

enum {
    PROFILE_HIGH = 100,
    SAMPLE_ASPECT_SQUARE = 1,
    VIDEO_FORMAT_UNSPECIFIED = 5,
    INTRA_Y_4X4 = 0, /* indices of scaling lists, Table 7-2 */
    INTER_Y_8X8 = 7,
    SCALING_LISTS = 8,
    SCALE_BEFORE = 8, /* lastScale to begin with */
    WEIGHT_FLAT = 16,
};

static void put_vui(struct bits *bits, const struct exact_format *format)
{
    bits_put(bits, 1, 1); /* aspect_ratio_info_present_flag */
    bits_put(bits, SAMPLE_ASPECT_SQUARE, 8);
    bits_put(bits, 0, 1); /* overscan_info_present_flag */
    bits_put(bits, 1, 1); /* video_signal_type_present_flag */
    bits_put(bits, VIDEO_FORMAT_UNSPECIFIED, 3);
    bits_put(bits, 0, 1); /* video_full_range_flag */
    bits_put(bits, 1, 1); /* colour_description_present_flag */
    bits_put(bits, (uint64_t)format->primaries, 8);
    bits_put(bits, (uint64_t)format->transfer, 8);
    bits_put(bits, (uint64_t)format->matrix, 8);
    bits_put(bits, 0, 1);                               /* chroma_loc_info_present_flag */
    bits_put(bits, 1, 1);                               /* timing_info_present_flag */
    bits_put(bits, (uint64_t)format->rate_den, 32);     /* num_units_in_tick */
    bits_put(bits, (uint64_t)format->rate_num * 2, 32); /* time_scale: a tick is a field */
    bits_put(bits, 1, 1);                               /* fixed_frame_rate_flag */
    bits_put(bits, 0, 1);                               /* nal_hrd_parameters_present_flag */
    bits_put(bits, 0, 1);                               /* vcl_hrd_parameters_present_flag */
    bits_put(bits, 0, 1);                               /* pic_struct_present_flag */
    bits_put(bits, 1, 1);                               /* bitstream_restriction_flag */
    bits_put(bits, 0, 1); /* motion_vectors_over_pic_boundaries_flag */
    bits_put_ue(bits, 0); /* max_bytes_per_pic_denom: not stated */
    bits_put_ue(bits, 0); /* max_bits_per_mb_denom */
    bits_put_ue(bits, 0); /* log2_max_mv_length_horizontal */
    bits_put_ue(bits, 0); /* log2_max_mv_length_vertical */
    bits_put_ue(bits, 0); /* max_num_reorder_frames */
    bits_put_ue(bits, 1); /* max_dec_frame_buffering */
}

static void put_size(struct bits *bits, int width, int height)
{
    uint32_t columns = ((uint32_t)width + 15) / 16;
    uint32_t rows = ((uint32_t)height + 15) / 16;

    bits_put_ue(bits, columns - 1); /* pic_width_in_mbs_minus1 */
    bits_put_ue(bits, rows - 1);    /* pic_height_in_map_units_minus1 */
    bits_put(bits, 1, 1);           /* frame_mbs_only_flag */
    bits_put(bits, 1, 1);           /* direct_8x8_inference_flag */
    bits_put(bits, 1, 1);           /* frame_cropping_flag; in units of chroma samples: */
    bits_put_ue(bits, 0);
    bits_put_ue(bits, (columns * 16 - (uint32_t)width) / 2); /* frame_crop_right_offset */
    bits_put_ue(bits, 0);
    bits_put_ue(bits, (rows * 16 - (uint32_t)height) / 2); /* frame_crop_bottom_offset */
}

static void put_sps(struct bits *bits, const struct exact_format *format)
{
    bits_put(bits, PROFILE_HIGH, 8);
    bits_put(bits, 0, 8); /* constraint_set flags */
    bits_put(bits, (uint64_t)level_of(format), 8);
    bits_put_ue(bits, 0);                             /* seq_parameter_set_id */
    bits_put_ue(bits, 1);                             /* chroma_format_idc: 4:2:0 */
    bits_put_ue(bits, 0);                             /* bit_depth_luma_minus8 */
    bits_put_ue(bits, 0);                             /* bit_depth_chroma_minus8 */
    bits_put(bits, 0, 1);                             /* qpprime_y_zero_transform_bypass_flag */
    bits_put(bits, 0, 1);                             /* seq_scaling_matrix_present_flag */
    bits_put_ue(bits, PARAMETERS_FRAME_NUM_BITS - 4); /* log2_max_frame_num_minus4 */
    bits_put_ue(bits, 2);                             /* pic_order_cnt_type: as they are decoded */
    bits_put_ue(bits, 1);                             /* max_num_ref_frames */
    bits_put(bits, 0, 1);                             /* gaps_in_frame_num_value_allowed_flag */
    put_size(bits, format->width, format->height);
    bits_put(bits, 1, 1); /* vui_parameters_present_flag */
    put_vui(bits, format);
}

/* A scaling list of equal weights, 7.3.2.1.1.1; delta_scale is modulo 256. */
static void put_scaling_list(struct bits *bits, int weight)
{
    bits_put_se(bits, (int8_t)(weight - SCALE_BEFORE));
    bits_put_se(bits, (int8_t)-weight); /* nextScale 0: so it stays */
}

/* A list that is left out is like the one before, or, from the fourth on, not used (Table 7-2). */
static void put_scaling_matrix(struct bits *bits)
{
    for (int i = 0; i < SCALING_LISTS; i++) {
        bits_put(bits, i == INTRA_Y_4X4 || i == INTER_Y_8X8, 1); /* pic_scaling_list_present_flag */
        if (i == INTRA_Y_4X4)
            put_scaling_list(bits, WEIGHT_FLAT);
        else if (i == INTER_Y_8X8)
            put_scaling_list(bits, CELLS_WHITE - CELLS_BLACK);
    }
}

static void put_pps(struct bits *bits)
{
    bits_put_ue(bits, 0);                        /* pic_parameter_set_id */
    bits_put_ue(bits, 0);                        /* seq_parameter_set_id */
    bits_put(bits, 0, 1);                        /* entropy_coding_mode_flag: CAVLC */
    bits_put(bits, 0, 1);                        /* bottom_field_pic_order_in_frame_present_flag */
    bits_put_ue(bits, 0);                        /* num_slice_groups_minus1 */
    bits_put_ue(bits, 0);                        /* num_ref_idx_l0_default_active_minus1 */
    bits_put_ue(bits, 0);                        /* num_ref_idx_l1_default_active_minus1 */
    bits_put(bits, 0, 1);                        /* weighted_pred_flag */
    bits_put(bits, 0, 2);                        /* weighted_bipred_idc */
    bits_put_se(bits, PARAMETERS_QP_P - 26);     /* pic_init_qp_minus26 */
    bits_put_se(bits, 0);                        /* pic_init_qs_minus26 */
    bits_put_se(bits, PARAMETERS_CHROMA_OFFSET); /* chroma_qp_index_offset */
    bits_put(bits, 1, 1);                        /* deblocking_filter_control_present_flag */
    bits_put(bits, 0, 1);                        /* constrained_intra_pred_flag */
    bits_put(bits, 0, 1);                        /* redundant_pic_cnt_present_flag */
    bits_put(bits, 1, 1);                        /* transform_8x8_mode_flag */
    bits_put(bits, 1, 1);                        /* pic_scaling_matrix_present_flag */
    put_scaling_matrix(bits);
    bits_put_se(bits, PARAMETERS_CHROMA_OFFSET); /* second_chroma_qp_index_offset */
}

static int finish(struct bits *bits, const uint8_t *rbsp, enum nal nal, struct buffer *buffer)
{
    return nal_append(buffer, nal, rbsp, (size_t)(bits_finish(bits) - rbsp));
}

int parameters_append(const struct exact_format *format, struct buffer *buffer)
{
    uint8_t rbsp[128];
    struct bits bits = bits_make(rbsp);
    int result;

    put_sps(&bits, format);
    result = finish(&bits, rbsp, NAL_SPS, buffer);
    if (result < 0)
        return result;
    bits = bits_make(rbsp);
    put_pps(&bits);
    return finish(&bits, rbsp, NAL_PPS, buffer);
}
