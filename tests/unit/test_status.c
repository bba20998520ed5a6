/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status.json and hlsgen.prom: the whole of each, what is not known, and how long they can become.
 */
#include "origin/status.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "origin/status_files.h"
#include "preset/ladder.h"
#include "tests/unit/suite.h"

_Static_assert((int)STATUS_RENDITIONS_MAX >= (int)LADDER_MAX,
               "all renditions of a ladder are told of");

#define START (1795309322 * NS_PER_SECOND + 123456789)

static char text[STATUS_SIZE];

/* A ladder of two, confined but for what others stand in for. */
static struct status sample(void)
{
    return (struct status){
        .identity = {.ffmpeg = "5.1.9-0+deb12u1",
                     .libseccomp = "2.5.4",
                     .preset = "two",
                     .kind = "live",
                     .started = START,
                     .segment_duration = 2002000,
                     .window = 10},
        .written = START + 5 * NS_PER_SECOND,
        .healthy = 1,
        .degraded = 0,
        .figures = {.streams = 2,
                    .failing = 1,
                    .ended = 0,
                    .removed = 0,
                    .newest = 897654661,
                    .newest_due = 1795309324 * NS_PER_SECOND,
                    .published = 6,
                    .late = 1,
                    .stand_by = 2,
                    .skipped = 3,
                    .mended = 4,
                    .late_max = 150 * NS_PER_MS + 999,
                    .faults = {5, 6, 7, 8, 9},
                    .clock_offset = -1500000000},
        .lateness = {.counts = {2, 1, [8] = 1, [LIVE_BOUNDS] = 1}, .sum = 2151 * NS_PER_MS},
        .uses = {.cpu = 123456789,
                 .cpu_budget = 50,
                 .resident = 18000000,
                 .resident_max = 49000000,
                 .data = 35000000,
                 .memory_budget = 128000000,
                 .disk = 13479936,
                 .disk_budget = 64000000},
        .sandbox = {.mode = "strict",
                    .layers = {{"namespaces", false, "landlock+seccomp"},
                               {"mdwe", false, NULL},
                               {"seccomp", true, NULL}},
                    .count = 3,
                    .kernel = {.known = true,
                               .seccomp = 2,
                               .seccomp_filters = 3,
                               .no_new_privs = true,
                               .cap_bounding = 0x1ffffffffff,
                               .landlock = true}},
        .renditions = {{"1080p", "1080p", true, 1323332}, {"720p", "", true, 556480}},
        .renditions_count = 2,
    };
}

static void write_json(const struct status *status)
{
    text[status_write_json(status, text)] = '\0';
}

static void write_metrics(const struct status *status)
{
    text[status_write_metrics(status, text)] = '\0';
}

static void check_has(const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no %s in\n%s", part, text);
}

static void check_lacks(const char *part)
{
    ck_assert_msg(strstr(text, part) == NULL, "%s in\n%s", part, text);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

START_TEST(the_whole_of_status_json)
{
    struct status status = sample();

    write_json(&status);
    ck_assert_str_eq(
        text,
        "{\n"
        "\"format\":\"hlsgen-status\",\n"
        "\"version\":1,\n"
        "\"generator\":\"hlsgen " HLSGEN_VERSION
        "\",\n"
        "\"preset\":\"two\",\n"
        "\"kind\":\"live\",\n"
        "\"started\":\"2026-11-22T01:02:02.123456Z\",\n"
        "\"written\":\"2026-11-22T01:02:07.123456Z\",\n"
        "\"healthy\":true,\n"
        "\"degraded\":false,\n"
        "\"segment_duration\":2.002000,\n"
        "\"window\":10,\n"
        "\"streams\":{\"count\":2,\"failing\":1,\"ended\":0,\"removed\":0},\n"
        "\"newest\":{\"number\":897654661,\"due\":\"2026-11-22T01:02:04.000000Z\"},\n"
        "\"segments\":{\"published\":6,\"late\":1,\"skipped\":3,\"stand_by\":2},\n"
        "\"mended_files\":4,\n"
        "\"lateness\":{\"max_us\":150000,\"sum_us\":2151000,\"buckets\":["
        "{\"le_us\":500,\"count\":2},{\"le_us\":1000,\"count\":3},{\"le_us\":2000,\"count\":3},"
        "{\"le_us\":5000,\"count\":3},{\"le_us\":10000,\"count\":3},{\"le_us\":20000,\"count\":3},"
        "{\"le_us\":50000,\"count\":3},{\"le_us\":100000,\"count\":3},"
        "{\"le_us\":200000,\"count\":4},{\"le_us\":500000,\"count\":4},"
        "{\"le_us\":1000000,\"count\":4},{\"le_us\":2000000,\"count\":4},"
        "{\"le_us\":null,\"count\":5}]},\n"
        "\"faults\":{\"space\":5,\"io\":6,\"read_only\":7,\"descriptors\":8,\"other\":9},\n"
        "\"clock_offset_us\":-1500000,\n"
        "\"cpu\":{\"seconds\":0.123456,\"budget_percent\":50},\n"
        "\"memory\":{\"resident\":18000000,\"resident_max\":49000000,\"data\":35000000,"
        "\"budget\":128000000},\n"
        "\"disk\":{\"most\":13479936,\"budget\":64000000},\n"
        "\"sandbox\":{\"mode\":\"strict\",\"layers\":["
        "{\"name\":\"namespaces\",\"in_force\":false,\"stands_in\":\"landlock+seccomp\"},"
        "{\"name\":\"mdwe\",\"in_force\":false,\"stands_in\":null},"
        "{\"name\":\"seccomp\",\"in_force\":true,\"stands_in\":null}],"
        "\"kernel\":{\"seccomp\":2,\"seccomp_filters\":3,\"no_new_privs\":true,"
        "\"cap_effective\":\"0\",\"cap_permitted\":\"0\",\"cap_bounding\":\"1ffffffffff\","
        "\"landlock\":true}},\n"
        "\"renditions\":["
        "{\"name\":\"1080p\",\"playlist\":\"1080p/stream.m3u8\",\"index\":\"1080p/index.json\","
        "\"segment_bytes\":1323332},"
        "{\"name\":\"720p\",\"playlist\":\"stream.m3u8\",\"index\":\"index.json\","
        "\"segment_bytes\":556480}]\n"
        "}\n");
}
END_TEST

START_TEST(what_is_not_known_is_null)
{
    struct status status = sample();

    status.identity.window = PUT_UNKNOWN;
    status.figures.newest = status.figures.newest_due = PUT_UNKNOWN;
    status.uses.resident = status.uses.resident_max = status.uses.data = PUT_UNKNOWN;
    status.sandbox.kernel = (struct status_kernel){.known = false};
    status.renditions[0].has_index = false;
    write_json(&status);
    check_has("\"window\":null,");
    check_has("\"newest\":null,");
    check_has("\"memory\":{\"resident\":null,\"resident_max\":null,\"data\":null,\"budget\":128");
    check_has("\"kernel\":null}");
    check_has("\"playlist\":\"1080p/stream.m3u8\",\"index\":null,");
}
END_TEST

START_TEST(names_are_quoted)
{
    struct status status = sample();

    status.identity.preset = "a \"b\" \\ c";
    write_json(&status);
    check_has("\"preset\":\"a \\\"b\\\" \\\\ c\",");
    write_metrics(&status);
    check_has("hlsgen_stream_info{preset=\"a \\\"b\\\" \\\\ c\",kind=\"live\"} 1\n");
}
END_TEST

/* ---- metrics --------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    const char *type;
    const char *help;
    const char *samples; /* a line each: what follows "hlsgen_" and the name */
} metrics[] = {
    {"build_info", "gauge", "Which hlsgen this is, and its libraries.",
     "{version=\"" HLSGEN_VERSION "\",ffmpeg=\"5.1.9-0+deb12u1\",libseccomp=\"2.5.4\"} 1"},
    {"stream_info", "gauge", "What it publishes.", "{preset=\"two\",kind=\"live\"} 1"},
    {"start_time_seconds", "gauge", "When hlsgen was started, since the Unix epoch.",
     " 1795309322.123456789"},
    {"report_time_seconds", "gauge", "When this was written, since the Unix epoch.",
     " 1795309327.123456789"},
    {"healthy", "gauge", "Whether every stream is published as it should be.", " 1"},
    {"degraded", "gauge", "Whether it publishes, but with something missing.", " 0"},
    {"streams", "gauge", "Streams or renditions of this process.", " 2"},
    {"streams_failing", "gauge", "Streams whose last attempt failed, or whose folder was removed.",
     " 1"},
    {"streams_ended", "gauge", "Streams that have ended as they were to.", " 0"},
    {"streams_removed", "gauge", "Streams whose folder was removed by others.", " 0"},
    {"segment_duration_seconds", "gauge", "Nominal duration of a segment.", " 2.002000"},
    {"window_segments", "gauge", "Segments that a playlist lists.", " 10"},
    {"newest_segment_number", "gauge",
     "Number of the newest segment, of the stream furthest behind.", " 897654661"},
    {"newest_segment_due_time_seconds", "gauge", "When that one was due, since the Unix epoch.",
     " 1795309324.000000000"},
    {"segments_published_total", "counter", "Segments published at their time.", " 6"},
    {"segments_late_total", "counter", "Of these, later than 100 ms.", " 1"},
    {"segments_skipped_total", "counter", "Segments never listed, since the process stood still.",
     " 3"},
    {"segments_stand_by_total", "counter",
     "Segments without their clock, since encoding was too slow.", " 2"},
    {"files_mended_total", "counter", "Files made anew, since others had changed them.", " 4"},
    {"clock_offset_seconds", "gauge", "From the time that publication goes by to the wall clock.",
     " -1.500000000"},
    {"cpu_seconds_total", "counter", "Processor time used.", " 0.123456789"},
    {"cpu_budget_cores", "gauge", "Processor time that may be used, in cores.", " 0.50"},
    {"resident_memory_bytes", "gauge", "Memory in RAM.", " 18000000"},
    {"resident_memory_max_bytes", "gauge", "Memory in RAM at its peak.", " 49000000"},
    {"data_memory_bytes", "gauge", "Private memory, in RAM or not.", " 35000000"},
    {"memory_budget_bytes", "gauge", "Memory that may be in RAM.", " 128000000"},
    {"disk_bytes", "gauge", "The most that all files take.", " 13479936"},
    {"disk_budget_bytes", "gauge", "What they may take.", " 64000000"},
    {"segment_size_bytes", "gauge", "The largest segment of a rendition.",
     "{rendition=\"1080p\"} 1323332\n{rendition=\"720p\"} 556480"},
    {"publish_lateness_seconds", "histogram",
     "From the instant at which a segment was due to its playlist.",
     "_bucket{le=\"0.0005\"} 2\n_bucket{le=\"0.001\"} 3\n_bucket{le=\"0.002\"} 3\n"
     "_bucket{le=\"0.005\"} 3\n_bucket{le=\"0.01\"} 3\n_bucket{le=\"0.02\"} 3\n"
     "_bucket{le=\"0.05\"} 3\n_bucket{le=\"0.1\"} 3\n_bucket{le=\"0.2\"} 4\n"
     "_bucket{le=\"0.5\"} 4\n_bucket{le=\"1\"} 4\n_bucket{le=\"2\"} 4\n"
     "_bucket{le=\"+Inf\"} 5\n_sum 2.151000000\n_count 5"},
    {"publish_faults_total", "counter", "Attempts that failed, by their reason.",
     "{kind=\"space\"} 5\n{kind=\"io\"} 6\n{kind=\"read_only\"} 7\n"
     "{kind=\"descriptors\"} 8\n{kind=\"other\"} 9"},
    {"sandbox_layer", "gauge", "Whether a layer of the confinement is in force.",
     "{layer=\"namespaces\"} 0\n{layer=\"mdwe\"} 0\n{layer=\"seccomp\"} 1"},
};

/* The next line of the text must be @p line. @return what follows it */
static const char *take_line(const char *at, const char *line)
{
    size_t length = strlen(line);

    ck_assert_msg(strncmp(at, line, length) == 0 && at[length] == '\n', "%s, not\n%.200s", line,
                  at);
    return at + length + 1;
}

/* Each line of @p samples, with the name before it. */
static const char *take_samples(const char *at, const char *name, const char *samples)
{
    while (*samples) {
        size_t length = strcspn(samples, "\n");
        char line[256];

        (void)snprintf(line, sizeof(line), "hlsgen_%s%.*s", name, (int)length, samples);
        at = take_line(at, line);
        samples += length + (samples[length] == '\n');
    }
    return at;
}

START_TEST(the_whole_of_hlsgen_prom)
{
    struct status status = sample();
    const char *at = text;

    write_metrics(&status);
    for (int i = 0; i < LENGTH(metrics); i++) {
        char line[256];

        (void)snprintf(line, sizeof(line), "# HELP hlsgen_%s %s", metrics[i].name, metrics[i].help);
        at = take_line(at, line);
        (void)snprintf(line, sizeof(line), "# TYPE hlsgen_%s %s", metrics[i].name, metrics[i].type);
        at = take_line(at, line);
        at = take_samples(at, metrics[i].name, metrics[i].samples);
    }
    ck_assert_str_eq(at, "");
}
END_TEST

START_TEST(what_is_not_known_is_no_metric)
{
    struct status status = sample();

    status.identity.window = PUT_UNKNOWN;
    status.figures.newest = status.figures.newest_due = PUT_UNKNOWN;
    status.uses.resident = status.uses.resident_max = status.uses.data = PUT_UNKNOWN;
    write_metrics(&status);
    check_lacks("window_segments");
    check_lacks("newest_segment");
    check_lacks("resident_memory");
    check_lacks("data_memory");
    check_lacks("-9223372036854775808");
    check_has("hlsgen_memory_budget_bytes 128000000\n");
}
END_TEST

/* ---- length ---------------------------------------------------------------------------------- */

static const struct live_figures extreme_figures = {
    .streams = INT64_MIN + 1,
    .failing = INT64_MIN + 1,
    .ended = INT64_MIN + 1,
    .removed = INT64_MIN + 1,
    .newest = INT64_MIN + 1,
    .newest_due = INT64_MIN + 1,
    .published = INT64_MIN + 1,
    .late = INT64_MIN + 1,
    .stand_by = INT64_MIN + 1,
    .skipped = INT64_MIN + 1,
    .mended = INT64_MIN + 1,
    .late_max = INT64_MIN + 1,
    .faults = {INT64_MIN + 1, INT64_MIN + 1, INT64_MIN + 1, INT64_MIN + 1, INT64_MIN + 1},
    .clock_offset = INT64_MIN + 1,
};

/* Names of 63 quotation marks, and of 32 letters; all layers; all renditions of a ladder. */
static struct status longest(void)
{
    static char preset[64];
    static const char name[] = "abcdefghijklmnopqrstuvwxyz-abcde";
    struct status status = sample();

    memset(preset, '"', sizeof(preset) - 1);
    status.identity.preset = preset;
    status.identity.ffmpeg = "N-12345-g0123456789-some-distribution-with-a-long-name-1";
    status.identity.started = status.written = INT64_MIN + 1;
    status.identity.segment_duration = status.identity.window = INT64_MIN + 1;
    status.figures = extreme_figures;
    status.lateness.sum = INT64_MIN + 1;
    status.uses = (struct status_uses){INT64_MIN + 1, INT64_MIN + 1, INT64_MIN + 1, INT64_MIN + 1,
                                       INT64_MIN + 1, INT64_MIN + 1, INT64_MIN + 1, INT64_MIN + 1};
    status.sandbox.count = STATUS_LAYERS_MAX;
    for (size_t i = 0; i < STATUS_LAYERS_MAX; i++)
        status.sandbox.layers[i] =
            (struct status_layer){"landlock-steady", false, "landlock+seccomp"};
    status.renditions_count = STATUS_RENDITIONS_MAX;
    for (size_t i = 0; i < STATUS_RENDITIONS_MAX; i++)
        status.renditions[i] = (struct status_rendition){name, name, true, INT64_MAX};
    return status;
}

START_TEST(both_fit_whatever_they_tell)
{
    struct status status = longest();

    ck_assert_uint_lt(status_write_json(&status, text), STATUS_SIZE * 3 / 4);
    ck_assert_uint_lt(status_write_metrics(&status, text), STATUS_SIZE * 3 / 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("status");
    TCase *tcase = suite_add(suite, "status");

    tcase_add_test(tcase, the_whole_of_status_json);
    tcase_add_test(tcase, what_is_not_known_is_null);
    tcase_add_test(tcase, names_are_quoted);
    tcase_add_test(tcase, the_whole_of_hlsgen_prom);
    tcase_add_test(tcase, what_is_not_known_is_no_metric);
    tcase_add_test(tcase, both_fit_whatever_they_tell);
    return suite_run(suite);
}
