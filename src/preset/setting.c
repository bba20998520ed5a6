/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all kinds of settings share: a value is found by its row's offset, and nothing is stored
 * unless all of the text was good.
 */
#include "preset/setting.h"

#include <stdbool.h>
#include <stdio.h>

int setting_parse(const struct setting *setting, const char *text, void *object,
                  struct error *reason)
{
    return setting->kind->parse(setting, text, (char *)object + setting->offset, reason);
}

void setting_format(const struct setting *setting, const void *object,
                    char ret_text[SETTING_TEXT_SIZE])
{
    setting->kind->format((const char *)object + setting->offset, setting, ret_text,
                          SETTING_TEXT_SIZE);
}

void setting_range(const struct setting *setting, char ret_text[SETTING_TEXT_SIZE])
{
    ret_text[0] = '\0';
    if (setting->kind->range)
        setting->kind->range(setting, ret_text, SETTING_TEXT_SIZE);
}

void setting_describe(const struct setting *setting, char ret_text[SETTING_DESCRIPTION_SIZE])
{
    char range[SETTING_TEXT_SIZE];
    bool has_default = setting->fallback && setting->fallback[0];

    setting_range(setting, range);
    if (!range[0] && !has_default)
        (void)snprintf(ret_text, SETTING_DESCRIPTION_SIZE, "%s", setting->help);
    else
        (void)snprintf(ret_text, SETTING_DESCRIPTION_SIZE, "%s (%s%s%s%s)", setting->help, range,
                       range[0] && has_default ? "; " : "", has_default ? "default " : "",
                       has_default ? setting->fallback : "");
}
