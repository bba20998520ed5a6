/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table and the JSON document, from the same rows. All text but the kernel's version is ours,
 * and plain ASCII.
 */
#include "sandbox/check/report.h"

#include <inttypes.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char *const mode_names[] = {
    [SANDBOX_STRICT] = "strict",
    [SANDBOX_BEST_EFFORT] = "best-effort",
    [SANDBOX_OFF] = "off",
};

/* ---- judging -----------------------------------------------------------------------------------
 */

enum verdict report_verdict(const struct report_row *row)
{
    if (row->setup.verdict == VERDICT_BROKEN || row->steady.verdict == VERDICT_BROKEN)
        return VERDICT_BROKEN;
    if (row->setup.verdict == VERDICT_THROUGH || row->steady.verdict == VERDICT_THROUGH)
        return VERDICT_THROUGH;
    return VERDICT_REFUSED;
}

struct check_sums report_sums(const struct report *report)
{
    struct check_sums sums = {.attacks = report->count};

    for (size_t i = 0; i < report->count; i++) {
        enum verdict verdict = report_verdict(&report->rows[i]);

        sums.stopped += verdict == VERDICT_REFUSED;
        sums.through += verdict == VERDICT_THROUGH;
        sums.broken += verdict == VERDICT_BROKEN;
        sums.anyway += report->rows[i].unconfined.verdict != VERDICT_THROUGH;
    }
    return sums;
}

static const char *error_name(int error)
{
    const char *name = strerrorname_np(error);

    return name ? name : "unknown";
}

static bool stops_alone(const struct report_row *row, size_t layer)
{
    return (row->alone & (1U << layer)) != 0;
}

/* ---- the table ---------------------------------------------------------------------------------
 */

static const char *outcome_text(const struct outcome *outcome)
{
    switch (outcome->verdict) {
    case VERDICT_THROUGH:
        return "GOT THROUGH";
    case VERDICT_REFUSED:
        return error_name(outcome->error);
    case VERDICT_TRAPPED:
        return "trapped";
    case VERDICT_KILLED:
        return "killed";
    case VERDICT_UNTRIED:
    case VERDICT_BROKEN:
        break;
    }
    return "broken";
}

static const char *verdict_text(enum verdict verdict)
{
    return verdict == VERDICT_REFUSED   ? "stopped"
           : verdict == VERDICT_THROUGH ? "THROUGH"
                                        : "BROKEN";
}

static void write_alone(const struct report_row *row, FILE *out)
{
    const char *separator = "";

    if (row->unconfined.verdict != VERDICT_THROUGH) {
        (void)fprintf(out, "(unconfined: %s)", outcome_text(&row->unconfined));
        return;
    }
    for (size_t i = 0; i < layers_count; i++) {
        if (stops_alone(row, i)) {
            (void)fprintf(out, "%s%s", separator, layers[i].name);
            separator = ",";
        }
    }
    if (!*separator)
        (void)fputs("none", out);
}

static void write_row(const struct report_row *row, FILE *out)
{
    (void)fprintf(out, "  %-38s %-11s %-11s %-8s ", row->attack->name, outcome_text(&row->setup),
                  outcome_text(&row->steady), verdict_text(report_verdict(row)));
    write_alone(row, out);
    (void)fputc('\n', out);
}

static void write_sums(const struct report *report, FILE *out)
{
    struct check_sums sums = report_sums(report);

    (void)fprintf(out,
                  "\n%zu attacks: %zu stopped, %zu got through, %zu broken; "
                  "%zu of them are refused without confinement, too\n",
                  sums.attacks, sums.stopped, sums.through, sums.broken, sums.anyway);
}

static void write_force(const struct report *report, FILE *out)
{
    char text[SANDBOX_STATUS_TEXT_SIZE];

    (void)fprintf(out, "layers: %s\n", report->force.layers);
    (void)fprintf(out, "missing: %s\n", report->force.gaps[0] ? report->force.gaps : "none");
    for (size_t i = 0; i < layers_count; i++)
        if (report->layer_errors[i])
            (void)fprintf(out, "cannot be entered alone: %s (%s)\n", layers[i].name,
                          error_name(report->layer_errors[i]));
    if (report->force.status_error < 0) {
        (void)fprintf(out, "the kernel cannot be asked what is in force: %s\n",
                      error_name(-report->force.status_error));
        return;
    }
    sandbox_status_text(&report->force.status, text);
    (void)fprintf(out, "the kernel says: %s\n", text);
}

void report_write_table(const struct report *report, FILE *out)
{
    const struct attack_group *group = NULL;

    (void)fprintf(out, "%-40s %-11s %-11s %-8s %s\n", "attack", "set-up", "steady", "verdict",
                  "layers that stop it alone");
    for (size_t i = 0; i < report->count; i++) {
        if (report->rows[i].group != group)
            (void)fprintf(out, "%s\n", report->rows[i].group->name);
        group = report->rows[i].group;
        write_row(&report->rows[i], out);
    }
    write_sums(report, out);
    write_force(report, out);
}

/* ---- JSON --------------------------------------------------------------------------------------
 */

static void put_string(const char *text, FILE *out)
{
    (void)fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            (void)fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < ' ')
            (void)fprintf(out, "\\u%04x", (unsigned)*text);
        else
            (void)fputc(*text, out);
    }
    (void)fputc('"', out);
}

static void put_member(const char *name, const char *text, FILE *out)
{
    put_string(name, out);
    (void)fputs(": ", out);
    put_string(text, out);
}

/* A list "a,b" as an array. */
static void put_list(const char *name, const char *list, FILE *out)
{
    char copy[256];
    char *rest = copy;
    const char *separator = "";

    (void)snprintf(copy, sizeof(copy), "%s", list);
    put_string(name, out);
    (void)fputs(": [", out);
    while (rest && *rest) {
        (void)fputs(separator, out);
        put_string(strsep(&rest, ","), out);
        separator = ", ";
    }
    (void)fputs("]", out);
}

static const char *outcome_word(const struct outcome *outcome)
{
    static const char *const words[] = {
        [VERDICT_UNTRIED] = "broken",  [VERDICT_THROUGH] = "through", [VERDICT_REFUSED] = "refused",
        [VERDICT_TRAPPED] = "trapped", [VERDICT_KILLED] = "killed",   [VERDICT_BROKEN] = "broken",
    };

    return words[outcome->verdict];
}

static void put_outcome(const char *name, const struct outcome *outcome, FILE *out)
{
    put_string(name, out);
    (void)fputs(": {", out);
    put_member("outcome", outcome_word(outcome), out);
    if (outcome->error) {
        (void)fputs(", ", out);
        put_member("error", error_name(outcome->error), out);
    }
    if (outcome->call[0]) {
        (void)fputs(", ", out);
        put_member("call", outcome->call, out);
    }
    (void)fputs("}, ", out);
}

static void put_row(const struct report_row *row, FILE *out)
{
    static const char *const words[] = {
        [VERDICT_REFUSED] = "stopped", [VERDICT_THROUGH] = "through", [VERDICT_BROKEN] = "broken"};
    const char *separator = "";

    (void)fputs("    {", out);
    put_member("attack", row->attack->name, out);
    (void)fputs(", ", out);
    put_member("group", row->group->name, out);
    (void)fputs(", ", out);
    put_outcome("unconfined", &row->unconfined, out);
    put_outcome("setup", &row->setup, out);
    put_outcome("steady", &row->steady, out);
    (void)fputs("\"alone\": [", out);
    for (size_t i = 0; i < layers_count; i++) {
        if (stops_alone(row, i)) {
            (void)fputs(separator, out);
            put_string(layers[i].name, out);
            separator = ", ";
        }
    }
    (void)fputs("], ", out);
    put_member("verdict", words[report_verdict(row)], out);
    (void)fputs("}", out);
}

static void put_status(const struct probe_force *force, FILE *out)
{
    const struct sandbox_status *status = &force->status;

    if (force->status_error < 0) {
        (void)fputs("  \"status\": null,\n", out);
        return;
    }
    (void)fprintf(out,
                  "  \"status\": {\"seccomp\": %d, \"seccomp_filters\": %d, \"no_new_privs\": %s, "
                  "\"cap_effective\": \"%" PRIx64 "\", \"cap_permitted\": \"%" PRIx64
                  "\", \"cap_bounding\": \"%" PRIx64 "\", \"landlock\": %s},\n",
                  status->seccomp, status->seccomp_filters, status->no_new_privs ? "true" : "false",
                  status->cap_effective, status->cap_permitted, status->cap_bounding,
                  status->landlock ? "true" : "false");
}

static void put_head(const struct report *report, FILE *out)
{
    const struct check_config *config = report->config;
    struct utsname system = {0};

    (void)uname(&system);
    (void)fputs("  ", out);
    put_member("version", HLSGEN_VERSION, out);
    (void)fputs(",\n  ", out);
    put_member("kernel", system.release, out);
    (void)fputs(",\n  ", out);
    put_member("mode", mode_names[config->mode], out);
    (void)fprintf(out, ",\n  \"started_as\": %ju,\n  \"runs_as\": %ju,\n  ", (uintmax_t)getuid(),
                  (uintmax_t)(config->change_user ? config->uid : getuid()));
    put_list("layers", strcmp(report->force.layers, "none") == 0 ? "" : report->force.layers, out);
    (void)fputs(",\n  ", out);
    put_list("missing", report->force.gaps, out);
    (void)fputs(",\n", out);
    put_status(&report->force, out);
}

void report_write_json(const struct report *report, FILE *out)
{
    struct check_sums sums = report_sums(report);

    (void)fputs("{\n", out);
    put_head(report, out);
    (void)fputs("  \"attacks\": [\n", out);
    for (size_t i = 0; i < report->count; i++) {
        put_row(&report->rows[i], out);
        (void)fputs(i + 1 < report->count ? ",\n" : "\n", out);
    }
    (void)fprintf(out,
                  "  ],\n  \"sums\": {\"attacks\": %zu, \"stopped\": %zu, \"through\": %zu, "
                  "\"broken\": %zu, \"refused_anyway\": %zu}\n}\n",
                  sums.attacks, sums.stopped, sums.through, sums.broken, sums.anyway);
}
