/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table and the JSON document, from the same rows. All text but the kernel's version is ours,
 * and plain ASCII.
 */
#include "sandbox/check/report.h"

#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* ---- judging --------------------------------------------------------------------------------- */

static bool is_broken(const struct outcome *outcome)
{
    return outcome->kind == OUTCOME_UNTRIED || outcome->kind == OUTCOME_NOT_ENTERED ||
           outcome->kind == OUTCOME_BROKEN;
}

enum verdict report_verdict(const struct report_row *row)
{
    const struct outcome *outcomes[] = {&row->setup, &row->encoding, &row->steady};
    enum verdict verdict = VERDICT_STOPPED;

    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        if (is_broken(outcomes[i]))
            return VERDICT_BROKEN;
        if (outcomes[i]->kind == OUTCOME_THROUGH)
            verdict = VERDICT_THROUGH;
    }
    return verdict;
}

struct check_sums report_sums(const struct report *report)
{
    struct check_sums sums = {.attacks = report->count};

    for (size_t i = 0; i < report->count; i++) {
        enum verdict verdict = report_verdict(&report->rows[i]);

        sums.stopped += verdict == VERDICT_STOPPED;
        sums.through += verdict == VERDICT_THROUGH;
        sums.broken += verdict == VERDICT_BROKEN;
        sums.anyway += report->rows[i].unconfined.kind != OUTCOME_THROUGH;
    }
    return sums;
}

static bool is_stopped(const struct outcome *outcome)
{
    return outcome->kind != OUTCOME_THROUGH && !is_broken(outcome);
}

/* What stops it already when it is entered first, because the layer needs it, has the credit. */
static bool stops_alone(const struct report_row *row, size_t layer)
{
    const char *needs = layers[layer].needs;

    return is_stopped(&row->alone[layer]) &&
           !(needs && is_stopped(&row->alone[layers_find(needs) - layers]));
}

static bool breaks_alone(const struct report_row *row, size_t layer)
{
    return row->alone[layer].kind == OUTCOME_BROKEN;
}

/* ---- words ----------------------------------------------------------------------------------- */

static const char *error_name(int error)
{
    const char *name = strerrorname_np(error);

    return name ? name : "unknown";
}

static uid_t runs_as(const struct check_config *config)
{
    return config->change_user ? config->uid : getuid();
}

/* ---- the table ------------------------------------------------------------------------------- */

static const char *outcome_text(const struct outcome *outcome)
{
    switch (outcome->kind) {
    case OUTCOME_THROUGH:
        return "GOT THROUGH";
    case OUTCOME_REFUSED:
        return error_name(outcome->error);
    case OUTCOME_TRAPPED:
        return "trapped";
    case OUTCOME_KILLED:
        return "killed";
    case OUTCOME_NEEDED:
        return "needed";
    case OUTCOME_UNTRIED:
    case OUTCOME_NOT_ENTERED:
    case OUTCOME_BROKEN:
        break;
    }
    return "broken";
}

static void write_user(const char *what, uid_t uid, FILE *out)
{
    const struct passwd *user = getpwuid(uid);

    (void)fprintf(out, ", %s ", what);
    if (user)
        (void)fputs(user->pw_name, out);
    else
        (void)fprintf(out, "%ju", (uintmax_t)uid);
}

static void write_head(const struct report *report, FILE *out)
{
    const struct check_config *config = report->config;
    struct utsname system = {0};

    (void)uname(&system);
    (void)fprintf(out, "hlsgen " HLSGEN_VERSION ", %s %s, %s", system.sysname, system.release,
                  sandbox_mode_names[config->mode]);
    write_user("started as", getuid(), out);
    write_user("runs as", runs_as(config), out);
    (void)fprintf(out, "\n\n%-40s %-11s %-11s %-11s %-8s %s\n", "attack", "set-up", "encoding",
                  "steady", "verdict", "layers that stop it alone");
}

static bool is_filter(size_t layer)
{
    return strncmp(layers[layer].name, "seccomp", strlen("seccomp")) == 0;
}

/* Where all filters stop it, they are one word, in the place of the first. */
static void write_alone(const struct report_row *row, FILE *out)
{
    size_t first = (size_t)(layers_find("seccomp") - layers);
    bool all = true;
    const char *separator = "";

    if (row->unconfined.kind != OUTCOME_THROUGH) {
        (void)fprintf(out, "(unconfined: %s)", outcome_text(&row->unconfined));
        return;
    }
    for (size_t i = 0; i < layers_count; i++)
        all = (!is_filter(i) || stops_alone(row, i)) && all;
    for (size_t i = 0; i < layers_count; i++) {
        bool broken = breaks_alone(row, i);

        if ((!broken && !stops_alone(row, i)) || (all && is_filter(i) && i != first))
            continue;
        (void)fprintf(out, "%s%s%s", separator, all && i == first ? "filters" : layers[i].name,
                      broken ? "(broken)" : "");
        separator = ",";
    }
    if (!*separator)
        (void)fputs("none", out);
}

static void write_row(const struct report_row *row, FILE *out)
{
    static const char *const words[] = {
        [VERDICT_STOPPED] = "stopped", [VERDICT_THROUGH] = "THROUGH", [VERDICT_BROKEN] = "BROKEN"};

    (void)fprintf(out, "  %-38s %-11s %-11s %-11s %-8s ", row->attack->name,
                  outcome_text(&row->setup), outcome_text(&row->encoding),
                  outcome_text(&row->steady), words[report_verdict(row)]);
    write_alone(row, out);
    (void)fputc('\n', out);
}

static void write_rows(const struct report *report, FILE *out)
{
    const struct attack_group *group = NULL;

    for (size_t i = 0; i < report->count; i++) {
        if (report->rows[i].group != group)
            (void)fprintf(out, "%s\n", report->rows[i].group->name);
        group = report->rows[i].group;
        write_row(&report->rows[i], out);
    }
}

/* Once more what was not stopped: it is easily overlooked above. */
static void write_sums(const struct report *report, FILE *out)
{
    struct check_sums sums = report_sums(report);

    (void)fprintf(out,
                  "\n%zu attacks: %zu stopped, %zu got through, %zu broken; "
                  "%zu of them are refused without confinement, too\n",
                  sums.attacks, sums.stopped, sums.through, sums.broken, sums.anyway);
    for (size_t i = 0; i < report->count; i++)
        if (report_verdict(&report->rows[i]) != VERDICT_STOPPED)
            write_row(&report->rows[i], out);
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
    write_head(report, out);
    write_rows(report, out);
    write_sums(report, out);
    write_force(report, out);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

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
        [OUTCOME_UNTRIED] = "broken",     [OUTCOME_NEEDED] = "needed",
        [OUTCOME_THROUGH] = "through",    [OUTCOME_REFUSED] = "refused",
        [OUTCOME_TRAPPED] = "trapped",    [OUTCOME_KILLED] = "killed",
        [OUTCOME_NOT_ENTERED] = "broken", [OUTCOME_BROKEN] = "broken",
    };

    return words[outcome->kind];
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

static void put_layers(const char *name, const struct report_row *row,
                       bool (*is_one)(const struct report_row *row, size_t layer), FILE *out)
{
    const char *separator = "";

    put_string(name, out);
    (void)fputs(": [", out);
    for (size_t i = 0; i < layers_count; i++) {
        if (is_one(row, i)) {
            (void)fputs(separator, out);
            put_string(layers[i].name, out);
            separator = ", ";
        }
    }
    (void)fputs("], ", out);
}

static void put_row(const struct report_row *row, FILE *out)
{
    static const char *const words[] = {
        [VERDICT_STOPPED] = "stopped", [VERDICT_THROUGH] = "through", [VERDICT_BROKEN] = "broken"};

    (void)fputs("    {", out);
    put_member("attack", row->attack->name, out);
    (void)fputs(", ", out);
    put_member("group", row->group->name, out);
    (void)fputs(", ", out);
    put_outcome("unconfined", &row->unconfined, out);
    put_outcome("setup", &row->setup, out);
    put_outcome("encoding", &row->encoding, out);
    put_outcome("steady", &row->steady, out);
    put_layers("alone", row, stops_alone, out);
    put_layers("alone_broken", row, breaks_alone, out);
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

static void put_layer_errors(const struct report *report, FILE *out)
{
    const char *separator = "";

    (void)fputs("  \"not_entered_alone\": {", out);
    for (size_t i = 0; i < layers_count; i++) {
        if (report->layer_errors[i]) {
            (void)fputs(separator, out);
            put_member(layers[i].name, error_name(report->layer_errors[i]), out);
            separator = ", ";
        }
    }
    (void)fputs("},\n", out);
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
    put_member("mode", sandbox_mode_names[config->mode], out);
    (void)fprintf(out, ",\n  \"started_as\": %ju,\n  \"runs_as\": %ju,\n  ", (uintmax_t)getuid(),
                  (uintmax_t)runs_as(config));
    put_list("layers", strcmp(report->force.layers, "none") == 0 ? "" : report->force.layers, out);
    (void)fputs(",\n  ", out);
    put_list("missing", report->force.gaps, out);
    (void)fputs(",\n", out);
    put_layer_errors(report, out);
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
