/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The digest, by the examples that NIST gives for FIPS 180-4, whole and in pieces. */
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "tests/unit/suite.h"

static const struct {
    const char *message;
    const char *digest;
} examples[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnop"
     "q"
     "rsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

static void check_text(const uint8_t digest[SHA256_SIZE], const char *expected)
{
    char text[SHA256_TEXT_SIZE];

    sha256_text(digest, text);
    ck_assert_str_eq(text, expected);
}

START_TEST(example_has_its_digest)
{
    uint8_t digest[SHA256_SIZE];

    sha256_of(examples[_i].message, strlen(examples[_i].message), digest);
    check_text(digest, examples[_i].digest);
}
END_TEST

/* One million times "a": more blocks than any implementation takes at once. */
START_TEST(long_message_has_its_digest)
{
    enum { SIZE = 1000000 };
    char *message = malloc(SIZE);
    uint8_t digest[SHA256_SIZE];

    ck_assert_ptr_nonnull(message);
    memset(message, 'a', SIZE);
    sha256_of(message, SIZE, digest);
    free(message);
    check_text(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

START_TEST(pieces_have_the_digest_of_the_whole)
{
    const char *message = examples[3].message;
    size_t size = strlen(message);

    for (size_t cut = 0; cut <= size; cut++) {
        uint8_t digest[SHA256_SIZE];
        struct sha256 sha;

        sha256_begin(&sha);
        sha256_add(&sha, message, cut);
        sha256_add(&sha, message + cut, size - cut);
        sha256_end(&sha, digest);
        check_text(digest, examples[3].digest);
    }
}
END_TEST

START_TEST(state_begins_anew_at_the_end)
{
    uint8_t digest[SHA256_SIZE];
    struct sha256 sha;

    sha256_begin(&sha);
    sha256_add(&sha, "something else", 14);
    sha256_end(&sha, digest);
    sha256_add(&sha, "abc", 3);
    sha256_end(&sha, digest);
    check_text(digest, examples[1].digest);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sha256");
    TCase *tcase = suite_add(suite, "sha256");

    tcase_add_loop_test(tcase, example_has_its_digest, 0, LENGTH(examples));
    tcase_add_test(tcase, long_message_has_its_digest);
    tcase_add_test(tcase, pieces_have_the_digest_of_the_whole);
    tcase_add_test(tcase, state_begins_anew_at_the_end);
    return suite_run(suite);
}
