/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state file: text to the byte and back, and no damage that goes unseen. */
#include <errno.h>
#include <string.h>

#include "base/crc32.h"
#include "origin/state.h"
#include "tests/unit/suite.h"

static const struct state sound = {
    .digest = {0x00, 0x01, 0xfe, 0xff},
    .from = 897654660,
    .offset = -12,
    .discontinuities = 3,
    .target = 2,
    .longest = 20001,
};

static const char golden[] =
    "hlsgen-state 1\n"
    "digest 0001feff00000000000000000000000000000000000000000000000000000000\n"
    "from 897654660\n"
    "offset -12\n"
    "discontinuities 3\n"
    "target 2\n"
    "longest 20001\n"
    "crc32 46d0cf77\n";

START_TEST(it_is_written_to_the_byte)
{
    char text[STATE_SIZE];
    size_t size = state_write(&sound, text);

    ck_assert_uint_eq(size, strlen(golden));
    ck_assert_mem_eq(text, golden, size);
}
END_TEST

START_TEST(it_is_read_as_it_was_written)
{
    struct state state;

    ck_assert_int_eq(state_parse(golden, strlen(golden), &state), 0);
    ck_assert_mem_eq(state.digest, sound.digest, STATE_DIGEST_SIZE);
    ck_assert_int_eq(state.from, sound.from);
    ck_assert_int_eq(state.offset, sound.offset);
    ck_assert_int_eq(state.discontinuities, sound.discontinuities);
    ck_assert_int_eq(state.target, sound.target);
}
END_TEST

/* What is not true of a stream is not said of it: so it is read by who does not know it. */
START_TEST(an_event_and_an_end_are_said)
{
    static const char lines[] = "longest 20001\nevent 897654651\nend 897654700\ncrc32 ";
    struct state state = sound;
    struct state read;
    char text[STATE_SIZE];
    size_t size;

    state.kind = PLAYLIST_EVENT;
    state.first = 897654651;
    state.end = 897654700;
    size = state_write(&state, text);
    text[size] = '\0';
    ck_assert_ptr_nonnull(strstr(text, lines));
    ck_assert_int_eq(state_parse(text, size, &read), 0);
    ck_assert_mem_eq(&read, &state, sizeof(state));
    state.kind = PLAYLIST_LIVE;
    state.first = 0;
    size = state_write(&state, text);
    ck_assert_int_eq(state_parse(text, size, &read), 0);
    ck_assert_mem_eq(&read, &state, sizeof(state));
}
END_TEST

START_TEST(that_of_a_finite_stream_is_no_state)
{
    static const char finite[] =
        "hlsgen-vod 1\n"
        "digest 0001feff00000000000000000000000000000000000000000000000000000000\n"
        "first 7\n"
        "segments 1800\n"
        "crc32 48404e50\n";
    char text[STATE_SIZE];
    struct state state;
    size_t size = state_write_finite(sound.digest, 7, 1800, text);

    ck_assert_uint_eq(size, strlen(finite));
    ck_assert_mem_eq(text, finite, size);
    ck_assert(state_is_finite(text, size));
    ck_assert(!state_is_finite(text, strlen("hlsgen-vod")));
    ck_assert(!state_is_finite(golden, strlen(golden)));
    ck_assert_int_eq(state_parse(text, size, &state), -EBADMSG);
}
END_TEST

static void check_refused(const char *text, size_t size)
{
    struct state state = {.from = 7};

    ck_assert_int_eq(state_parse(text, size, &state), -EBADMSG);
    ck_assert_int_eq(state.from, 7);
}

START_TEST(each_flipped_bit_is_seen)
{
    char text[sizeof(golden)];

    for (size_t at = 0; at < strlen(golden); at++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(text, golden, sizeof(golden));
            text[at] = (char)(text[at] ^ (1 << bit));
            check_refused(text, strlen(golden));
        }
    }
}
END_TEST

START_TEST(what_is_cut_or_longer_is_refused)
{
    char text[2 * STATE_SIZE];

    for (size_t size = 0; size < strlen(golden); size++)
        check_refused(golden, size);
    memset(text, '\n', sizeof(text));
    memcpy(text, golden, strlen(golden));
    check_refused(text, strlen(golden) + 1);
    check_refused(text, STATE_SIZE);
    check_refused(text, sizeof(text));
}
END_TEST

START_TEST(numbers_that_arithmetic_could_overflow_are_refused)
{
    static const struct state unsound[] = {
        {.from = -1},
        {.from = INT64_C(1) << 60},
        {.offset = -(INT64_C(1) << 60)},
        {.offset = INT64_C(1) << 60},
        {.discontinuities = -1},
        {.discontinuities = INT64_MAX},
        {.target = -1},
        {.target = INT64_C(1) << 60},
        {.longest = -1},
        {.longest = INT64_C(1) << 60},
        {.kind = PLAYLIST_EVENT, .first = -1},
        {.kind = PLAYLIST_EVENT, .first = INT64_C(1) << 60},
        {.end = INT64_C(1) << 60},
    };
    char text[STATE_SIZE];

    check_refused(text, state_write(&unsound[_i], text));
}
END_TEST

START_TEST(the_checksum_is_the_known_one)
{
    ck_assert_uint_eq(crc32_of("123456789", 9), 0xcbf43926);
    ck_assert_uint_eq(crc32_of("", 0), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("state");
    TCase *tcase = suite_add(suite, "state");

    tcase_add_test(tcase, it_is_written_to_the_byte);
    tcase_add_test(tcase, it_is_read_as_it_was_written);
    tcase_add_test(tcase, an_event_and_an_end_are_said);
    tcase_add_test(tcase, that_of_a_finite_stream_is_no_state);
    tcase_add_test(tcase, each_flipped_bit_is_seen);
    tcase_add_test(tcase, what_is_cut_or_longer_is_refused);
    tcase_add_loop_test(tcase, numbers_that_arithmetic_could_overflow_are_refused, 0, 13);
    tcase_add_test(tcase, the_checksum_is_the_known_one);
    return suite_run(suite);
}
