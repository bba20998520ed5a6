/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words: one of a list, or text of a person. The values of options lie here too, for all of them
 * but the time are words of argv.
 */
#include "preset/setting.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "preset/text.h"

static void range_words(const struct setting *setting, char *ret, size_t size)
{
    size_t used = (size_t)snprintf(ret, size, "one of ");

    for (size_t i = 0; setting->words[i] && used < size; i++)
        used += (size_t)snprintf(ret + used, size - used, "%s%s", i == 0 ? "" : ", ",
                                 setting->words[i]);
}

static int find_word(const struct setting *setting, const char *text, int64_t *ret_index,
                     struct error *reason)
{
    char range[SETTING_TEXT_SIZE];

    for (int64_t i = 0; setting->words[i]; i++) {
        if (strcmp(setting->words[i], text) == 0) {
            *ret_index = i;
            return 0;
        }
    }
    range_words(setting, range, sizeof(range));
    return error_set(reason, -EINVAL, EX_DATAERR, "not %s", range);
}

static int parse_choice(const struct setting *setting, const char *text, void *value,
                        struct error *reason)
{
    return find_word(setting, text, value, reason);
}

static void format_choice(const void *value, const struct setting *setting, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%s", setting->words[*(const int64_t *)value]);
}

const struct kind kind_choice = {
    .parse = parse_choice,
    .format = format_choice,
    .range = range_words,
};

/* Text must survive a preset file: blanks at its ends and what follows " ;" would be lost there. */
static int check_text(const struct setting *setting, const char *text, struct error *reason)
{
    size_t length = strlen(text);

    if (length > (size_t)setting->max)
        return error_set(reason, -EINVAL, EX_DATAERR, "longer than %" PRId64 " bytes",
                         setting->max);
    if (!text_is_plain(text, length))
        return error_set(reason, -EINVAL, EX_DATAERR, "UTF-8 without control characters is wanted");
    if (length > 0 && (text[0] == ' ' || text[length - 1] == ' '))
        return error_set(reason, -EINVAL, EX_DATAERR, "a blank at its begin or end is not kept");
    if (text[0] == ';' || strstr(text, " ;"))
        return error_set(reason, -EINVAL, EX_DATAERR, "a ';' after a blank begins a comment");
    return 0;
}

static int parse_text(const struct setting *setting, const char *text, void *value,
                      struct error *reason)
{
    int64_t index;
    int result = setting->words ? find_word(setting, text, &index, reason)
                                : check_text(setting, text, reason);

    if (result == 0)
        memcpy(value, text, strlen(text) + 1);
    return result;
}

static void format_text(const void *value, const struct setting *setting, char *ret, size_t size)
{
    (void)setting;
    (void)snprintf(ret, size, "%s", (const char *)value);
}

static void range_text(const struct setting *setting, char *ret, size_t size)
{
    if (setting->words)
        range_words(setting, ret, size);
    else
        (void)snprintf(ret, size, "at most %" PRId64 " bytes", setting->max);
}

const struct kind kind_text = {
    .parse = parse_text,
    .format = format_text,
    .range = range_text,
};

static int parse_string(const struct setting *setting, const char *text, void *value,
                        struct error *reason)
{
    (void)setting;
    if (text[0] == '\0')
        return error_set(reason, -EINVAL, EX_USAGE, "it must not be empty");
    memcpy(value, &text, sizeof(text));
    return 0;
}

static void format_string(const void *value, const struct setting *setting, char *ret, size_t size)
{
    const char *text;

    (void)setting;
    memcpy(&text, value, sizeof(text));
    (void)snprintf(ret, size, "%s", text ? text : "");
}

const struct kind kind_string = {
    .parse = parse_string,
    .format = format_string,
};

static int parse_list(const struct setting *setting, const char *text, void *value,
                      struct error *reason)
{
    struct setting_list *list = value;
    const size_t room = sizeof(list->items) / sizeof(list->items[0]);

    (void)setting;
    if (list->count == room)
        return error_set(reason, -EINVAL, EX_USAGE, "at most %zu of them are taken", room);
    list->items[list->count++] = text;
    return 0;
}

const struct kind kind_list = {
    .parse = parse_list,
};

static int parse_flag(const struct setting *setting, const char *text, void *value,
                      struct error *reason)
{
    (void)text;
    (void)reason;
    *(int64_t *)value = setting->min;
    return 0;
}

const struct kind kind_flag = {
    .parse = parse_flag,
};
