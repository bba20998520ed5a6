/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/library.h"

#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/log.h>
#include <string.h>

static void (*report_line)(const char *line);

static void take_log(void *object, int level, const char *format, va_list args)
{
    char line[512];
    int prefix = 0; /* it would be an address */

    if (level > AV_LOG_ERROR)
        return;
    av_log_format_line2(object, level, format, args, line, sizeof(line), &prefix);
    line[strcspn(line, "\n")] = '\0';
    report_line(line);
}

void library_init(void (*report)(const char *line))
{
    report_line = report;
    av_log_set_callback(take_log);
}

const char *library_version(void)
{
    return av_version_info();
}

void library_print_versions(FILE *out)
{
    const struct {
        const char *name;
        unsigned version;
    } libraries[] = {
        {"libavformat", avformat_version()},
        {"libavcodec", avcodec_version()},
        {"libavfilter", avfilter_version()},
        {"libavutil", avutil_version()},
    };

    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
        (void)fprintf(
            out, "%s %u.%u.%u\n", libraries[i].name, AV_VERSION_MAJOR(libraries[i].version),
            AV_VERSION_MINOR(libraries[i].version), AV_VERSION_MICRO(libraries[i].version));
    (void)fprintf(out, "libx264 through libavcodec: %s\n",
                  avcodec_find_encoder_by_name("libx264") ? "yes" : "no");
}
