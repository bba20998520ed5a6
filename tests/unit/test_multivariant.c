/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of multivariant playlists, to the byte. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "hls/multivariant.h"
#include "tests/unit/suite.h"

static const struct multivariant_variant muxed[] = {
    {"720p/stream.m3u8", 2137560, 2130040, "avc1.64001f,mp4a.40.2", 1280, 720, 30, 1},
    {"1080p/stream.m3u8", 5290320, 5280100, "avc1.640028,mp4a.40.2", 1920, 1080, 60000, 1001},
};

static const struct multivariant_variant grouped[] = {
    {"480p/stream.m3u8", 1100000, 1090000, "avc1.64001e,mp4a.40.2", 854, 480, 24000, 1001},
    {"audio/stream.m3u8", 134000, 133000, "mp4a.40.2", 0, 0, 0, 0},
};

static const struct multivariant_iframes iframes[] = {
    {"720p/iframes.m3u8", 100016, 100016, "avc1.64001f", 1280, 720},
    {"1080p/iframes.m3u8", 1250000, 0, "avc1.640028", 1920, 1080},
};

static const struct {
    struct multivariant model;
    const char *text;
} playlists[] = {
    {{.variants = muxed, .count = 2},
     "#EXTM3U\n"
     "# hlsgen\n"
     "#EXT-X-INDEPENDENT-SEGMENTS\n"
     "#EXT-X-STREAM-INF:BANDWIDTH=2137560,AVERAGE-BANDWIDTH=2130040,"
     "CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=30.000\n"
     "720p/stream.m3u8\n"
     "#EXT-X-STREAM-INF:BANDWIDTH=5290320,AVERAGE-BANDWIDTH=5280100,"
     "CODECS=\"avc1.640028,mp4a.40.2\",RESOLUTION=1920x1080,FRAME-RATE=59.940\n"
     "1080p/stream.m3u8\n"},
    {{.variants = muxed, .count = 1, .iframes = iframes, .iframes_count = 2},
     "#EXTM3U\n"
     "# hlsgen\n"
     "#EXT-X-INDEPENDENT-SEGMENTS\n"
     "#EXT-X-STREAM-INF:BANDWIDTH=2137560,AVERAGE-BANDWIDTH=2130040,"
     "CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=30.000\n"
     "720p/stream.m3u8\n"
     "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=100016,AVERAGE-BANDWIDTH=100016,"
     "CODECS=\"avc1.64001f\",RESOLUTION=1280x720,URI=\"720p/iframes.m3u8\"\n"
     "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1250000,"
     "CODECS=\"avc1.640028\",RESOLUTION=1920x1080,URI=\"1080p/iframes.m3u8\"\n"},
    {{.variants = grouped, .count = 2, .audio = {"audio/stream.m3u8", "English", 2}},
     "#EXTM3U\n"
     "# hlsgen\n"
     "#EXT-X-INDEPENDENT-SEGMENTS\n"
     "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"English\",DEFAULT=YES,AUTOSELECT=YES,"
     "CHANNELS=\"2\",URI=\"audio/stream.m3u8\"\n"
     "#EXT-X-STREAM-INF:BANDWIDTH=1100000,AVERAGE-BANDWIDTH=1090000,"
     "CODECS=\"avc1.64001e,mp4a.40.2\",RESOLUTION=854x480,FRAME-RATE=23.976,AUDIO=\"audio\"\n"
     "480p/stream.m3u8\n"
     "#EXT-X-STREAM-INF:BANDWIDTH=134000,AVERAGE-BANDWIDTH=133000,"
     "CODECS=\"mp4a.40.2\",AUDIO=\"audio\"\n"
     "audio/stream.m3u8\n"},
};

START_TEST(a_multivariant_playlist_is_written_to_the_byte)
{
    const struct multivariant *model = &playlists[_i].model;
    char *text = malloc(multivariant_size(model->count));
    size_t size = multivariant_write(model, text);

    ck_assert_uint_eq(size, strlen(playlists[_i].text));
    ck_assert_str_eq(text, playlists[_i].text);
    free(text);
}
END_TEST

START_TEST(the_longest_texts_fit)
{
    char longest[128];
    struct multivariant_variant variants[16];
    struct multivariant_iframes pictures[16];
    struct multivariant model = {variants, 16, pictures, 16, {longest, longest, INT32_MAX}};
    char *text = malloc(multivariant_size(16));

    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    for (size_t i = 0; i < 16; i++) {
        pictures[i] = (struct multivariant_iframes){longest, INT64_MAX, INT64_MAX,
                                                    longest, INT32_MAX, INT32_MAX};
        variants[i] = (struct multivariant_variant){longest,   INT64_MAX, INT64_MAX, longest,
                                                    INT32_MAX, INT32_MAX, INT32_MAX, 1};
    }
    ck_assert_uint_lt(multivariant_write(&model, text), multivariant_size(16));
    ck_assert_str_eq(text + strlen(text) - 1, "\n");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("multivariant");
    TCase *text = suite_add(suite, "text");

    tcase_add_loop_test(text, a_multivariant_playlist_is_written_to_the_byte, 0, LENGTH(playlists));
    tcase_add_test(text, the_longest_texts_fit);
    return suite_run(suite);
}
