/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings: the keys of preset files and the options of the command line, one row each.
 *
 * A row says all that is known of a setting: name, kind, range, default, help, and where its value
 * goes. Parsing, range errors, --help, --print-preset and the check of the man pages come from the
 * rows. Parsing is strict: a number has its unit, no sign, no blank and nothing after it.
 */
#ifndef HLSGEN_PRESET_SETTING_H
#define HLSGEN_PRESET_SETTING_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct kind;
struct unit;

struct setting {
    const char *section;      /**< of a preset file; NULL for an option */
    const char *name;         /**< key, or long option without its dashes */
    int letter;               /**< short option; 0 for none */
    const struct kind *kind;  /**< decides the type of the value, see below */
    int64_t min;              /**< smallest value; of a size each side, of a text its length */
    int64_t max;              /**< largest value, likewise */
    const char *const *words; /**< of choice and text: what is allowed, NULL at the end */
    const char *fallback;     /**< the default, and the example in errors; NULL for none */
    const char *example;      /**< in errors, where there is no default */
    const char *argument;     /**< of an option: what --help calls its value */
    const char *help;         /**< what it decides: a phrase, no full stop */
    size_t offset;            /**< of the value in the object that the table describes */
};

/** What a kind of setting can do; the functions are those of setting_parse() and so on. */
struct kind {
    int (*parse)(const struct setting *setting, const char *text, void *value,
                 struct error *reason);
    void (*format)(const void *value, const struct setting *setting, char *ret, size_t size);
    void (*range)(const struct setting *setting, char *ret, size_t size); /**< may be NULL */
    const struct unit *units; /**< of a number with a unit */
};

/* A number with a unit: int64_t. */
extern const struct kind kind_count;     /**< no unit: "10" */
extern const struct kind kind_duration;  /**< milliseconds: "2s", "500ms", "1min" */
extern const struct kind kind_bitrate;   /**< bit/s: "2000kbit/s", "2Mbit/s", "128000bit/s" */
extern const struct kind kind_frequency; /**< Hz: "1kHz", "440Hz" */
extern const struct kind kind_bytes;     /**< bytes, decimal units: "256MB", "1.5GB" */
extern const struct kind kind_percent;   /**< "50%" */

/* A picture. */
extern const struct kind kind_size;  /**< int[2], even: "1280x720" */
extern const struct kind kind_rate;  /**< struct rational: "30", "30000/1001" */
extern const struct kind kind_color; /**< uint32_t: "#rrggbb" */

/* Words. */
extern const struct kind kind_choice; /**< int64_t, an index into words */
extern const struct kind kind_text;   /**< char[max + 1], a copy */

/* Of options alone. */
extern const struct kind kind_string; /**< const char *, borrowed; not empty */
extern const struct kind kind_list;   /**< struct setting_list; each use appends */
extern const struct kind kind_time;   /**< int64_t, nanoseconds since the Unix epoch */
extern const struct kind kind_flag;   /**< int64_t, set to min; takes no text */

struct setting_list {
    const char *items[64]; /**< borrowed */
    size_t count;
};

/** Longest text that setting_format() and setting_range() make, the final NUL included. */
#define SETTING_TEXT_SIZE 192

/**
 * Parses @p text into the place in @p object that @p setting names.
 *
 * @return 0, or -EINVAL with @p reason filled: what is wrong and what would be right, without
 *         name and value, which the caller puts before it; @p object is then untouched
 */
int setting_parse(const struct setting *setting, const char *text, void *object,
                  struct error *reason);

/** Writes the value that @p object holds as setting_parse() reads it; not for lists and flags. */
void setting_format(const struct setting *setting, const void *object,
                    char ret_text[SETTING_TEXT_SIZE]);

/** Writes what is allowed: "1s to 10s", "one of a, b"; "" when the kind says it all. */
void setting_range(const struct setting *setting, char ret_text[SETTING_TEXT_SIZE]);

#define SETTING_DESCRIPTION_SIZE 512

/** Writes help, range and default, for --help and --print-preset. */
void setting_describe(const struct setting *setting, char ret_text[SETTING_DESCRIPTION_SIZE]);

#endif
