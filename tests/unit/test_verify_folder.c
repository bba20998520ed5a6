/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a URI leads to, and that nothing leads out of the directory; and what is held of a finding.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/folder.h"
#include "tests/unit/suite.h"
#include "verify/findings.h"
#include "verify/folder.h"
#include "verify/presentation.h"
#include "verify/uri.h"

/* ---- URIs ------------------------------------------------------------------------------------ */

static int resolve(const char *playlist, const char *uri, char **ret_path)
{
    return uri_resolve(playlist, (struct m3u8_text){uri, strlen(uri)}, ret_path);
}

static const struct {
    const char *playlist, *uri, *path;
} leads[] = {
    {"stream.m3u8", "seg1.ts", "seg1.ts"},
    {"720p/stream.m3u8", "seg1.ts", "720p/seg1.ts"},
    {"720p/stream.m3u8", "../audio/a.aac", "audio/a.aac"},
    {"a/b/c.m3u8", "../../d.ts", "d.ts"},
    {"a/b/c.m3u8", "../d/./e//f.ts", "a/d/e/f.ts"},
    {"stream.m3u8", "./x/../seg1.ts", "seg1.ts"},
    {"stream.m3u8", "seg1.ts?token=a/../b#t=1", "seg1.ts"},
    {"stream.m3u8", "seg1.ts#?", "seg1.ts"},
    {"stream.m3u8", "a%20b%2Fc%2fd.ts", "a b/c/d.ts"},
    {"stream.m3u8", "100%.ts", "100%.ts"},
    {"stream.m3u8", "%4", "%4"},
    {"stream.m3u8", "%zz%3f", "%zz?"},
    {"stream.m3u8", "..a/...", "..a/..."},
    {"stream.m3u8", "1/a:b", "1/a:b"},
};

START_TEST(a_uri_leads_to_a_path)
{
    char *path = NULL;

    ck_assert_int_eq(resolve(leads[_i].playlist, leads[_i].uri, &path), 0);
    ck_assert_str_eq(path, leads[_i].path);
    free(path);
}
END_TEST

static const struct {
    const char *playlist, *uri;
    int result;
} nowhere[] = {
    {"stream.m3u8", "http://example/seg1.ts", -EREMOTE},
    {"stream.m3u8", "data:text/plain,x", -EREMOTE},
    {"stream.m3u8", "/seg1.ts", -EREMOTE},
    {"stream.m3u8", "//host/seg1.ts", -EREMOTE},
    {"stream.m3u8", "../seg1.ts", -EXDEV},
    {"720p/stream.m3u8", "../../seg1.ts", -EXDEV},
    {"720p/stream.m3u8", "../x/../../seg1.ts", -EXDEV},
    {"stream.m3u8", "%2e%2e/seg1.ts", -EXDEV},
    {"stream.m3u8", "..", -EXDEV},
    {"stream.m3u8", "", -EINVAL},
    {"stream.m3u8", "?a", -EINVAL},
    {"stream.m3u8", ".", -EINVAL},
    {"stream.m3u8", "a/", -EINVAL},
    {"stream.m3u8", "a/..", -EINVAL},
    {"720p/stream.m3u8", "..", -EINVAL},
    {"stream.m3u8", "a%00b", -EINVAL},
};

START_TEST(other_uris_lead_nowhere)
{
    char *path = NULL;

    ck_assert_int_eq(resolve(nowhere[_i].playlist, nowhere[_i].uri, &path), nowhere[_i].result);
    ck_assert_ptr_null(path);
}
END_TEST

/* ---- the folder ------------------------------------------------------------------------------ */

static int folder;

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void make_folder(void)
{
    folder_enter();
    ck_assert_int_eq(mkdir("in", 0755), 0);
    ck_assert_int_eq(mkdir("in/sub", 0755), 0);
    write_file("out", "secret");
    write_file("in/file", "0123456789");
    write_file("in/sub/file", "below");
    ck_assert_int_eq(symlink("../out", "in/link"), 0);
    ck_assert_int_eq(symlink("file", "in/inner"), 0);
    ck_assert_int_eq(symlink("sub", "in/path"), 0);
    ck_assert_int_eq(mkfifo("in/fifo", 0644), 0);
    folder = folder_open("in");
    ck_assert_int_ge(folder, 0);
}

static void remove_folder(void)
{
    (void)close(folder);
    folder_leave();
}

static const struct {
    const char *name;
    int result;
} files[] = {
    {"file", 0},
    {"sub/file", 0},
    {"none", -ENOENT},
    {"sub/none", -ENOENT},
    {"file/none", -ENOTDIR},
    {"sub", -EMEDIUMTYPE},
    {"fifo", -EMEDIUMTYPE},
    {"link", -ELOOP},
    {"inner", -ELOOP},
    {"path/file", -ELOOP},
    {"../out", -EXDEV},
    {"sub/../../out", -EXDEV},
    {"sub/..", -EXDEV},
    {"/etc/passwd", -EXDEV},
};

START_TEST(files_below_are_opened_and_no_others)
{
    struct folder_file file = {.fd = -1};

    ck_assert_int_eq(folder_open_file(folder, files[_i].name, &file), files[_i].result);
    ck_assert_int_eq(file.fd >= 0, files[_i].result == 0);
    if (file.fd >= 0)
        folder_close_file(&file);
}
END_TEST

START_TEST(a_name_that_is_too_long_is_none)
{
    char name[8192];
    struct folder_file file;

    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    ck_assert_int_eq(folder_open_file(folder, name, &file), -ENAMETOOLONG);
}
END_TEST

static const struct {
    int64_t offset, size;
    size_t max;
    int result;
    const char *text;
} ranges[] = {
    {0, -1, 10, 0, "0123456789"}, {0, -1, 9, -EFBIG, NULL}, {4, -1, 100, 0, "456789"},
    {4, 3, 3, 0, "456"},          {4, 4, 3, -EFBIG, NULL},  {7, 3, 100, 0, "789"},
    {8, 3, 100, -ENODATA, NULL},  {100, -1, 100, 0, ""},    {100, 1, 100, -ENODATA, NULL},
};

START_TEST(a_range_is_read_whole_or_not_at_all)
{
    struct buffer text = {0};

    ck_assert_int_eq(buffer_append(&text, "<", 1), 0);
    ck_assert_int_eq(folder_read_whole(folder, "file", ranges[_i].offset, ranges[_i].size,
                                       ranges[_i].max, &text),
                     ranges[_i].result);
    if (ranges[_i].text) {
        ck_assert_uint_eq(text.size, 1 + strlen(ranges[_i].text));
        ck_assert_mem_eq(text.data + 1, ranges[_i].text, text.size - 1);
    }
    buffer_finish(&text);
}
END_TEST

static int count(void *arg, const char *name)
{
    int *names = arg;

    ck_assert_str_ne(name, ".");
    return ++*names == 100;
}

START_TEST(folders_below_are_listed_and_no_others)
{
    int names = 0;

    ck_assert_int_eq(folder_list(folder, "", count, &names), 0);
    ck_assert_int_eq(names, 6);
    ck_assert_int_eq(folder_list(folder, "sub/", count, &names), 0);
    ck_assert_int_eq(names, 7);
    ck_assert_int_eq(folder_list(folder, "path", count, &names), -ELOOP);
    ck_assert_int_eq(folder_list(folder, "..", count, &names), -EXDEV);
    ck_assert_int_eq(folder_list(folder, "file", count, &names), -ENOTDIR);
    names = 99;
    ck_assert_int_eq(folder_list(folder, "", count, &names), 1);
}
END_TEST

/* ---- findings -------------------------------------------------------------------------------- */

/* ---- playlists of a run ---------------------------------------------------------------------- */

START_TEST(all_playlists_together_list_no_more_than_is_held)
{
    struct run *run = calloc(1, sizeof(*run));
    struct presentation presentation;

    ck_assert_ptr_nonnull(run);
    write_file("in/list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na\n#EXTINF:1,\nb\n");
    run->folder = folder;
    run->listed = RUN_LISTED_MAX - 1;
    ck_assert_int_eq(presentation_read(run, "list.m3u8", &presentation), -EFBIG);
    run->listed--;
    ck_assert_int_eq(presentation_read(run, "list.m3u8", &presentation), 0);
    ck_assert_int_eq(run->listed, RUN_LISTED_MAX);
    presentation_finish(&presentation);
    index_json_finish(&run->index);
    free(run);
}
END_TEST

START_TEST(the_first_findings_are_kept_and_all_counted)
{
    struct findings *findings = calloc(1, sizeof(*findings));
    char long_text[2 * FINDINGS_TEXT_SIZE];

    ck_assert_ptr_nonnull(findings);
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    for (int i = 0; i < 2 * FINDINGS_KEPT; i++)
        findings_add(findings, RULE_TS_CC, "a\x1b\xff", long_text, "%d%c", i, '\n');
    findings_check(findings, RULE_TS_SYNC);

    ck_assert_int_eq(findings->of[RULE_TS_CC].count, 2 * FINDINGS_KEPT);
    ck_assert_int_eq(findings->of[RULE_TS_SYNC].count, 0);
    ck_assert_int_gt(findings->of[RULE_TS_SYNC].checked, 0);
    ck_assert_str_eq(findings->of[RULE_TS_CC].kept[FINDINGS_KEPT - 1].found, "7?");
    ck_assert_str_eq(findings->of[RULE_TS_CC].kept[0].place, "a??");
    ck_assert_uint_eq(strlen(findings->of[RULE_TS_CC].kept[0].wanted), FINDINGS_TEXT_SIZE - 1);
    free(findings);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verify_folder");
    TCase *tests = suite_add(suite, "uri");

    tcase_add_loop_test(tests, a_uri_leads_to_a_path, 0, LENGTH(leads));
    tcase_add_loop_test(tests, other_uris_lead_nowhere, 0, LENGTH(nowhere));
    tests = suite_add(suite, "folder");
    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_add_loop_test(tests, files_below_are_opened_and_no_others, 0, LENGTH(files));
    tcase_add_test(tests, a_name_that_is_too_long_is_none);
    tcase_add_loop_test(tests, a_range_is_read_whole_or_not_at_all, 0, LENGTH(ranges));
    tcase_add_test(tests, folders_below_are_listed_and_no_others);
    tcase_add_test(tests, all_playlists_together_list_no_more_than_is_held);
    tests = suite_add(suite, "findings");
    tcase_add_test(tests, the_first_findings_are_kept_and_all_counted);
    return suite_run(suite);
}
