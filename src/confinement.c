/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confinement.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/log.h"

int confinement_fail(const struct sandbox_failure *failure, int result, struct error *err)
{
    return error_set(err, result, EX_NOPERM, "confinement: cannot enter %s: %s; %s", failure->layer,
                     strerror(failure->error), failure->advice);
}

void confinement_log(const struct sandbox_config *config)
{
    bool lacks = sandbox_gaps()[0] != '\0';
    struct sandbox_status status;
    char text[SANDBOX_STATUS_TEXT_SIZE];
    int result;

    if (config->mode == SANDBOX_OFF) {
        log_warning("not confined (--sandbox=off) layers=%s", sandbox_layers());
        return;
    }
    log_line(lacks && config->mode == SANDBOX_BEST_EFFORT ? LOG_WARNING : LOG_INFO,
             "confined layers=%s missing=%s", sandbox_layers(), lacks ? sandbox_gaps() : "none");
    if (config->threads_stay)
        log_info("workers keep the filter of the encoding phase threads=%d", config->threads);
    result = sandbox_read_status(&status, NULL);
    if (result == 0) {
        sandbox_status_text(&status, text);
        log_info("the kernel says %s", text);
    } else {
        log_notice("the kernel cannot be asked what is in force: %s",
                   result == -ENOENT ? "there is no /proc" : strerror(-result));
    }
}
