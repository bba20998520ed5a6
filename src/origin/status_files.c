/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/status_files.h"

#include "origin/names.h"

static int replace(const struct fs *fs, const char *temporary, const char *name, const char *text,
                   size_t size, int64_t time)
{
    struct fs_status left;
    int result = fs_write_file(fs, temporary, text, size, time, &left);

    if (result < 0)
        return result;
    result = fs_put_in_place(fs, temporary, name);
    if (result < 0)
        (void)fs->unlink(fs->context, temporary);
    return result;
}

int status_files_write(const struct fs *fs, const struct status *status)
{
    char text[STATUS_SIZE];
    int json = replace(fs, NAMES_STATUS_TMP, NAMES_STATUS, text, status_write_json(status, text),
                       status->written);
    int metrics = replace(fs, NAMES_METRICS_TMP, NAMES_METRICS, text,
                          status_write_metrics(status, text), status->written);

    return json < 0 ? json : metrics;
}

uint64_t status_files_room(size_t block_size)
{
    /* There is one more while one is replaced. */
    return 3 * fs_whole_blocks(STATUS_SIZE, block_size);
}
