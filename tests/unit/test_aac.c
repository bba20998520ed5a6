/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fill elements: frames of libavcodec come to every size, parse, and decode to the same sound. */
#include <errno.h>
#include <libavcodec/avcodec.h>
#include <string.h>

#include "base/buffer.h"
#include "media/aac.h"
#include "tests/unit/suite.h"

enum {
    FILL_MAX = 600, /* bytes added: more than two whole fill elements */
    FRAMES = 640,   /* so that every amount can be tried in one stream */
    SAMPLES = 1024,
    CHANNELS = 2,
    BLOCK_SIZE = 2048,
};

static struct {
    uint8_t bytes[BLOCK_SIZE];
    size_t size;
} blocks[FRAMES];
static int block_count;
static struct buffer config; /* AudioSpecificConfig */

/* ---- frames to fill -------------------------------------------------------------------------- */

static AVCodecContext *open_encoder(void)
{
    AVCodecContext *codec = avcodec_alloc_context3(avcodec_find_encoder_by_name("aac"));

    ck_assert_ptr_nonnull(codec);
    codec->sample_fmt = AV_SAMPLE_FMT_FLTP;
    codec->sample_rate = 48000;
    codec->bit_rate = 128000;
    codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    av_channel_layout_default(&codec->ch_layout, CHANNELS);
    ck_assert_int_eq(avcodec_open2(codec, NULL, NULL), 0);
    ck_assert_int_eq(buffer_append(&config, codec->extradata, (size_t)codec->extradata_size), 0);
    return codec;
}

/* Noise: its frames end at every bit of a byte. */
static void draw_noise(const AVFrame *frame)
{
    for (int channel = 0; channel < CHANNELS; channel++) {
        float *samples = (float *)(void *)frame->extended_data[channel];

        for (int i = 0; i < SAMPLES; i++)
            samples[i] = (float)suite_random(-8000, 8000) / 32768;
    }
}

static void send_noise(AVCodecContext *codec, AVFrame *frame)
{
    frame->format = codec->sample_fmt;
    frame->sample_rate = codec->sample_rate;
    frame->nb_samples = SAMPLES;
    ck_assert_int_eq(av_channel_layout_copy(&frame->ch_layout, &codec->ch_layout), 0);
    ck_assert_int_eq(av_frame_get_buffer(frame, 0), 0);
    draw_noise(frame);
    ck_assert_int_eq(avcodec_send_frame(codec, frame), 0);
    av_frame_unref(frame);
}

static void encode_blocks(void)
{
    AVCodecContext *codec = open_encoder();
    AVFrame *frame = av_frame_alloc();
    AVPacket *packet = av_packet_alloc();

    ck_assert(frame && packet);
    while (block_count < FRAMES) {
        send_noise(codec, frame);
        while (block_count < FRAMES && avcodec_receive_packet(codec, packet) == 0) {
            ck_assert_int_le(packet->size, BLOCK_SIZE - FILL_MAX);
            memcpy(blocks[block_count].bytes, packet->data, (size_t)packet->size);
            blocks[block_count++].size = (size_t)packet->size;
            av_packet_unref(packet);
        }
    }
    av_packet_free(&packet);
    av_frame_free(&frame);
    avcodec_free_context(&codec);
}

static void free_config(void)
{
    buffer_finish(&config);
}

/* ---- reading --------------------------------------------------------------------------------- */

struct reader {
    const uint8_t *bytes;
    size_t position; /* in bits */
};

static unsigned read_bits(struct reader *reader, unsigned count)
{
    unsigned value = 0;

    for (; count > 0; count--, reader->position++)
        value =
            value << 1 | (reader->bytes[reader->position / 8] >> (7 - reader->position % 8) & 1);
    return value;
}

/* The bit where ID_END begins: three ones, then zeros to the end of the byte. */
static size_t end_of(const uint8_t *block, size_t size)
{
    struct reader reader = {.bytes = block, .position = size * 8 - 1};

    while (read_bits(&reader, 1) == 0)
        reader.position -= 2;
    reader.position -= 3;
    ck_assert_uint_eq(read_bits(&reader, 3), 7);
    return reader.position - 3;
}

/* Reads fill elements and ID_END up to the end of the block (4.4.2.1, table 4.11). */
static void check_tail(const uint8_t *block, size_t position, size_t size)
{
    struct reader reader = {.bytes = block, .position = position};
    unsigned id;

    while ((id = read_bits(&reader, 3)) == 6) {
        unsigned count = read_bits(&reader, 4);

        if (count == 15)
            count += read_bits(&reader, 8) - 1;
        if (count > 0)
            ck_assert_uint_eq(read_bits(&reader, 4), 1); /* EXT_FILL_DATA */
        reader.position += count > 0 ? 8 * count - 4 : 0;
        ck_assert_uint_lt(reader.position, size * 8);
    }
    ck_assert_uint_eq(id, 7);
    ck_assert_uint_gt(reader.position + 8, size * 8);
    while (reader.position < size * 8)
        ck_assert_uint_eq(read_bits(&reader, 1), 0);
}

static void check_same_bits(const uint8_t *a, const uint8_t *b, size_t count)
{
    struct reader rest[2] = {{a, count / 8 * 8}, {b, count / 8 * 8}};

    ck_assert_mem_eq(a, b, count / 8);
    ck_assert_uint_eq(read_bits(&rest[0], count % 8), read_bits(&rest[1], count % 8));
}

/* ---- tests ----------------------------------------------------------------------------------- */

START_TEST(a_block_of_every_size_parses)
{
    unsigned ends = 0; /* bits of a byte at which a block ended */

    for (size_t added = 0; added <= FILL_MAX; added++) {
        for (size_t i = added % 16; i < FRAMES; i += 16) { /* all of them in turn */
            const uint8_t *block = blocks[i].bytes;
            uint8_t filled[BLOCK_SIZE];
            size_t size = blocks[i].size;
            size_t end = end_of(block, size);

            memset(filled, 0xee, sizeof(filled)); /* what is behind the block is anything */
            memcpy(filled, block, size);
            ck_assert_int_eq(aac_fill(filled, size, size + added), 0);
            check_same_bits(filled, block, end);
            check_tail(filled, end, size + added);
            ck_assert_uint_eq(filled[size + added], 0xee);
            ends |= 1U << end % 8;
        }
    }
    ck_assert_uint_eq(ends, 0xff);
}
END_TEST

static AVCodecContext *open_decoder(void)
{
    AVCodecContext *codec = avcodec_alloc_context3(avcodec_find_decoder_by_name("aac"));

    ck_assert_ptr_nonnull(codec);
    codec->err_recognition = AV_EF_EXPLODE;
    codec->extradata = av_mallocz(config.size + AV_INPUT_BUFFER_PADDING_SIZE);
    ck_assert_ptr_nonnull(codec->extradata);
    memcpy(codec->extradata, config.data, config.size);
    codec->extradata_size = (int)config.size;
    ck_assert_int_eq(avcodec_open2(codec, NULL, NULL), 0);
    return codec;
}

/* Decodes one block into the floats behind @p to. */
static void decode(AVCodecContext *codec, const uint8_t *block, size_t size, struct buffer *to)
{
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();

    ck_assert(packet && frame);
    ck_assert_int_eq(av_new_packet(packet, (int)size), 0);
    memcpy(packet->data, block, size);
    ck_assert_int_eq(avcodec_send_packet(codec, packet), 0);
    ck_assert_int_eq(avcodec_receive_frame(codec, frame), 0);
    ck_assert_int_eq(frame->nb_samples, SAMPLES);
    for (int channel = 0; channel < CHANNELS; channel++)
        ck_assert_int_eq(buffer_append(to, frame->extended_data[channel], SAMPLES * sizeof(float)),
                         0);
    av_frame_free(&frame);
    av_packet_free(&packet);
}

START_TEST(a_filled_block_sounds_the_same)
{
    AVCodecContext *codecs[2] = {open_decoder(), open_decoder()};

    for (size_t i = 0; i < FRAMES; i++) {
        struct buffer sound[2] = {{0}, {0}};
        size_t size = blocks[i].size;
        size_t target = size + i % (FILL_MAX + 1);

        decode(codecs[0], blocks[i].bytes, size, &sound[0]);
        ck_assert_int_eq(aac_fill(blocks[i].bytes, size, target), 0);
        decode(codecs[1], blocks[i].bytes, target, &sound[1]);
        ck_assert_mem_eq(sound[0].data, sound[1].data, sound[0].size);
        buffer_finish(&sound[0]);
        buffer_finish(&sound[1]);
    }
    avcodec_free_context(&codecs[0]);
    avcodec_free_context(&codecs[1]);
}
END_TEST

START_TEST(a_block_without_its_end_is_refused)
{
    uint8_t zeros[8] = {0};
    uint8_t two_bits[1] = {0xc0};

    ck_assert_int_eq(aac_fill(zeros, 4, 8), -EINVAL);
    ck_assert_int_eq(aac_fill(zeros, 0, 8), -EINVAL);
    ck_assert_int_eq(aac_fill(two_bits, 1, 1), -EINVAL);
}
END_TEST

START_TEST(the_object_type_may_have_six_bits_more)
{
    static const uint8_t lc[] = {0x11, 0x90};      /* 2, 48 kHz, stereo */
    static const uint8_t he[] = {0x29, 0x90};      /* 5 */
    static const uint8_t usac[] = {0xf9, 0x46};    /* 31, 42 - 32 */
    static const uint8_t escaped[] = {0xf8, 0x06}; /* 31, 32 - 32 */

    ck_assert_int_eq(aac_object_type(lc), 2);
    ck_assert_int_eq(aac_object_type(he), 5);
    ck_assert_int_eq(aac_object_type(usac), 42);
    ck_assert_int_eq(aac_object_type(escaped), 32);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("aac");
    TCase *tcase = suite_add(suite, "aac");

    av_log_set_level(AV_LOG_QUIET); /* of the encoder, which says how it went */
    tcase_add_checked_fixture(tcase, encode_blocks, free_config);
    tcase_add_test(tcase, a_block_of_every_size_parses);
    tcase_add_test(tcase, a_filled_block_sounds_the_same);
    tcase_add_test(tcase, a_block_without_its_end_is_refused);
    tcase_add_test(tcase, the_object_type_may_have_six_bits_more);
    suite_seed();
    return suite_run(suite);
}
