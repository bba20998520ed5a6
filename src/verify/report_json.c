/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "verify/report.h"

static json_t *describe_rule(const struct findings *findings, enum rule_id rule,
                             enum profile profile)
{
    static const char *const states[] = {
        [RULE_NOT_JUDGED] = "not judged",
        [RULE_PASSED] = "passed",
        [RULE_BROKEN] = "broken",
    };

    enum rule_state state = report_state(findings, rule, profile);
    int64_t count = state == RULE_BROKEN ? findings->of[rule].count : 0;

    return json_pack("{ss ss ss ss ss sI}", "rule", rules[rule].name, "severity",
                     report_rank(rules[rule].rank), "clause", rules[rule].clause, "text",
                     rules[rule].text, "state", states[state], "count", (json_int_t)count);
}

static json_t *describe_finding(enum rule_id rule, const struct finding *finding)
{
    return json_pack("{ss ss ss ss ss ss}", "rule", rules[rule].name, "severity",
                     report_rank(rules[rule].rank), "clause", rules[rule].clause, "place",
                     finding->place, "found", finding->found, "wanted", finding->wanted);
}

/* json_array_append_new() takes the item over, and fails when it is NULL. */
static int add_rule(const struct findings *findings, enum rule_id rule, enum profile profile,
                    json_t *all, json_t *found)
{
    int failed = json_array_append_new(all, describe_rule(findings, rule, profile));

    if (report_state(findings, rule, profile) != RULE_BROKEN)
        return failed;
    for (int64_t i = 0; i < findings->of[rule].count && i < FINDINGS_KEPT; i++)
        failed |= json_array_append_new(found, describe_finding(rule, &findings->of[rule].kept[i]));
    return failed;
}

/* The names in "a,b". */
static json_t *split(const char *list)
{
    json_t *names = json_array();

    while (list && *list) {
        size_t length = strcspn(list, ",");

        if (json_array_append_new(names, json_stringn(list, length)) < 0)
            return NULL;
        list += length + (list[length] == ',');
    }
    return names;
}

int report_json(const struct run *run, enum profile profile, FILE *out)
{
    json_t *all = json_array();
    json_t *found = json_array();
    json_t *report;
    int failed = 0;

    for (int rule = 0; rule < RULES; rule++)
        failed |= add_rule(&run->findings, (enum rule_id)rule, profile, all, found);
    report = json_pack(
        "{ss si ss ss s{sI sI sI sI sI sI} s{so so} so so}", "format", "hlsgen-verify", "version",
        1, "generator", "hlsgen-verify " HLSGEN_VERSION, "profile", profile_names[profile],
        "checked", "playlists", (json_int_t)run->playlists, "versions", (json_int_t)run->versions,
        "segments", (json_int_t)run->segments, "bytes", (json_int_t)run->bytes, "elsewhere",
        (json_int_t)run->elsewhere, "encrypted", (json_int_t)run->encrypted, "confinement",
        "layers", split(run->layers), "missing", split(run->gaps), "rules", all, "findings", found);
    if (report && !failed) {
        failed = json_dumpf(report, out, JSON_INDENT(1)) < 0 && !ferror(out);
        (void)fputc('\n', out);
    }
    if (!report)
        failed = 1;
    json_decref(report);
    return failed ? -ENOMEM : 0;
}
