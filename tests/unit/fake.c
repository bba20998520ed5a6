/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

/* ---- disk ------------------------------------------------------------------------------------ */

static const char *const call_names[] = {
    [FAKE_CREATE] = "create", [FAKE_WRITE] = "write",   [FAKE_SET_TIME] = "set_time",
    [FAKE_SYNC] = "sync",     [FAKE_CLOSE] = "close",   [FAKE_SYNC_DIRECTORY] = "sync_directory",
    [FAKE_RENAME] = "rename", [FAKE_UNLINK] = "unlink", [FAKE_LIST] = "list",
};

static struct fake_file *find(struct fake_disk *disk, const char *name)
{
    for (size_t i = 0; i < FAKE_FILES_MAX; i++) {
        if (strcmp(disk->files[i].name, name) == 0)
            return &disk->files[i];
    }
    return NULL;
}

static struct fake_file *find_unused(struct fake_disk *disk)
{
    for (size_t i = 0; i < FAKE_FILES_MAX; i++) {
        if (disk->files[i].name[0] == '\0' && !disk->files[i].open)
            return &disk->files[i];
    }
    ck_abort_msg("this test needs more files");
}

static struct fake_file *file_of(struct fake_disk *disk, int fd)
{
    ck_assert(fd >= 0 && fd < FAKE_FILES_MAX && disk->files[fd].open);
    return &disk->files[fd];
}

static void set_name(struct fake_file *file, const char *name)
{
    ck_assert(strlen(name) < FAKE_NAME_SIZE);
    memset(file->name, 0, sizeof(file->name));
    memcpy(file->name, name, strlen(name));
}

/* Frees the bytes of a file that neither a name nor a descriptor leads to. */
static void drop_if_unused(struct fake_file *file)
{
    if (file->name[0] == '\0' && !file->open)
        buffer_finish(&file->bytes);
}

/* Records a call. @return whether it fails */
static bool begin(struct fake_disk *disk, enum fake_call call, const char *name, const char *to)
{
    char line[3 * FAKE_NAME_SIZE];
    int length;

    if (call_names[call]) {
        length = snprintf(line, sizeof(line), "%s%s%s%s%s\n", call_names[call], *name ? " " : "",
                          name, *to ? " " : "", to);
        if (buffer_append(&disk->record, line, (size_t)length) < 0)
            ck_abort_msg("out of memory");
    }
    if (disk->fail_kind != FAKE_ANY && disk->fail_kind != call)
        return false;
    disk->calls++;
    return disk->calls >= disk->fail_from && disk->calls < disk->fail_until;
}

static int end(const struct fake_disk *disk, enum fake_call call, const char *name, int result)
{
    char copy[FAKE_NAME_SIZE]; /* the file may be gone */

    (void)snprintf(copy, sizeof(copy), "%s", name);
    if (disk->after)
        disk->after(disk->arg, call, copy);
    return result;
}

static int disk_create(void *context, const char *name)
{
    struct fake_disk *disk = context;
    struct fake_file *file;

    if (begin(disk, FAKE_CREATE, name, ""))
        return end(disk, FAKE_CREATE, name, -disk->fail_error);
    if (find(disk, name))
        return end(disk, FAKE_CREATE, name, -EEXIST);
    file = find_unused(disk);
    *file = (struct fake_file){.open = true, .mode = 0644};
    set_name(file, name);
    return end(disk, FAKE_CREATE, name, (int)(file - disk->files));
}

static int disk_write(void *context, int fd, const void *data, size_t size)
{
    struct fake_disk *disk = context;
    struct fake_file *file = file_of(disk, fd);
    int result = begin(disk, FAKE_WRITE, file->name, "") ? -disk->fail_error : 0;

    if (result == 0 && fake_disk_used(disk) + size > disk->room)
        result = -ENOSPC;
    if (buffer_append(&file->bytes, data, result < 0 ? size / 2 : size) < 0)
        result = -ENOMEM;
    file->synced = false;
    return end(disk, FAKE_WRITE, file->name, result);
}

static int disk_set_time(void *context, int fd, int64_t time)
{
    struct fake_disk *disk = context;
    struct fake_file *file = file_of(disk, fd);
    bool fails = begin(disk, FAKE_SET_TIME, file->name, "");

    if (!fails)
        file->time = time;
    return end(disk, FAKE_SET_TIME, file->name, fails ? -disk->fail_error : 0);
}

static int disk_sync(void *context, int fd)
{
    struct fake_disk *disk = context;
    struct fake_file *file = file_of(disk, fd);
    bool fails = begin(disk, FAKE_SYNC, file->name, "");

    file->synced = !fails;
    return end(disk, FAKE_SYNC, file->name, fails ? -disk->fail_error : 0);
}

static int disk_close(void *context, int fd)
{
    struct fake_disk *disk = context;
    struct fake_file *file = file_of(disk, fd);
    bool fails = begin(disk, FAKE_CLOSE, file->name, "");

    file->open = false;
    drop_if_unused(file);
    return end(disk, FAKE_CLOSE, file->name, fails ? -disk->fail_error : 0);
}

static int64_t disk_read(void *context, const char *name, void *data, size_t size)
{
    struct fake_disk *disk = context;
    const struct fake_file *file = find(disk, name);
    int64_t result = begin(disk, FAKE_READ, name, "") ? -disk->fail_error : file ? 0 : -ENOENT;

    if (result == 0) {
        result = (int64_t)(file->bytes.size < size ? file->bytes.size : size);
        if (result > 0)
            memcpy(data, file->bytes.data, (size_t)result);
    }
    (void)end(disk, FAKE_READ, name, 0);
    return result;
}

static int disk_status(void *context, const char *name, struct fs_status *ret)
{
    struct fake_disk *disk = context;
    const struct fake_file *file = find(disk, name);
    int result = begin(disk, FAKE_STATUS, name, "") ? -disk->fail_error : file ? 0 : -ENOENT;

    if (result == 0)
        *ret = (struct fs_status){
            .regular = true,
            .mode = file->mode,
            .size = (int64_t)file->bytes.size,
            .time = file->time,
        };
    return end(disk, FAKE_STATUS, name, result);
}

static int disk_sync_directory(void *context)
{
    struct fake_disk *disk = context;
    int result = begin(disk, FAKE_SYNC_DIRECTORY, "", "") ? -disk->fail_error : 0;

    if (result == 0)
        disk->unsynced = 0;
    return end(disk, FAKE_SYNC_DIRECTORY, "", result);
}

static int disk_rename(void *context, const char *from, const char *to)
{
    struct fake_disk *disk = context;
    struct fake_file *file = find(disk, from);
    struct fake_file *old = find(disk, to);
    int result = begin(disk, FAKE_RENAME, from, to) ? -disk->fail_error : 0;

    if (result == 0 && !file)
        result = -ENOENT;
    if (result == 0) {
        if (old) {
            set_name(old, "");
            drop_if_unused(old);
        }
        set_name(file, to);
        disk->unsynced++;
    }
    return end(disk, FAKE_RENAME, to, result);
}

static int disk_unlink(void *context, const char *name)
{
    struct fake_disk *disk = context;
    struct fake_file *file = find(disk, name);
    int result = begin(disk, FAKE_UNLINK, name, "") ? -disk->fail_error : 0;

    if (result == 0 && !file)
        result = -ENOENT;
    if (result == 0) {
        set_name(file, "");
        drop_if_unused(file);
        disk->unsynced++;
    }
    return end(disk, FAKE_UNLINK, name, result);
}

static int disk_list(void *context, int (*each)(void *arg, const char *name), void *arg)
{
    struct fake_disk *disk = context;
    int result = begin(disk, FAKE_LIST, "", "") ? -disk->fail_error : 0;

    for (size_t i = 0; i < FAKE_FILES_MAX && result == 0; i++) {
        char name[FAKE_NAME_SIZE];

        memcpy(name, disk->files[i].name, sizeof(name));
        if (name[0] != '\0')
            result = each(arg, name);
    }
    return end(disk, FAKE_LIST, "", result);
}

void fake_disk_init(struct fake_disk *disk)
{
    *disk = (struct fake_disk){
        .fs =
            {
                .context = disk,
                .create = disk_create,
                .write = disk_write,
                .set_time = disk_set_time,
                .sync = disk_sync,
                .close = disk_close,
                .read = disk_read,
                .status = disk_status,
                .sync_directory = disk_sync_directory,
                .rename = disk_rename,
                .unlink = disk_unlink,
                .list = disk_list,
            },
        .room = SIZE_MAX,
    };
}

void fake_disk_finish(struct fake_disk *disk)
{
    for (size_t i = 0; i < FAKE_FILES_MAX; i++)
        buffer_finish(&disk->files[i].bytes);
    buffer_finish(&disk->record);
}

void fake_disk_fail(struct fake_disk *disk, enum fake_call kind, int64_t first, int64_t count,
                    int error)
{
    disk->fail_kind = kind;
    disk->fail_from = first;
    disk->fail_until = first + count;
    disk->fail_error = error;
    disk->calls = 0;
}

const struct fake_file *fake_disk_find(const struct fake_disk *disk, const char *name)
{
    for (size_t i = 0; i < FAKE_FILES_MAX; i++) {
        if (strcmp(disk->files[i].name, name) == 0)
            return &disk->files[i];
    }
    return NULL;
}

void fake_disk_put(struct fake_disk *disk, const char *name, const void *bytes, size_t size,
                   int64_t time)
{
    struct fake_file *file = find_unused(disk);

    ck_assert(!find(disk, name));
    *file = (struct fake_file){.time = time, .mode = 0644, .synced = true};
    set_name(file, name);
    if (buffer_append(&file->bytes, bytes, size) < 0)
        ck_abort_msg("out of memory");
}

int fake_disk_count(const struct fake_disk *disk)
{
    int count = 0;

    for (size_t i = 0; i < FAKE_FILES_MAX; i++)
        count += disk->files[i].name[0] != '\0';
    return count;
}

int fake_disk_count_open(const struct fake_disk *disk)
{
    int count = 0;

    for (size_t i = 0; i < FAKE_FILES_MAX; i++)
        count += disk->files[i].open;
    return count;
}

size_t fake_disk_used(const struct fake_disk *disk)
{
    size_t used = 0;

    for (size_t i = 0; i < FAKE_FILES_MAX; i++)
        used += disk->files[i].bytes.size;
    return used;
}

const char *fake_disk_take_record(struct fake_disk *disk)
{
    if (buffer_append(&disk->record, "", 1) < 0)
        ck_abort_msg("out of memory");
    disk->record.size = 0;
    return (const char *)disk->record.data;
}

/* ---- clock ----------------------------------------------------------------------------------- */

static int64_t clock_realtime(void *context)
{
    return ((const struct fake_clock *)context)->realtime;
}

static int64_t clock_monotonic(void *context)
{
    return ((const struct fake_clock *)context)->monotonic;
}

static int64_t clock_cpu(void *context)
{
    return ((const struct fake_clock *)context)->cpu;
}

static void advance_to(struct fake_clock *clock, int64_t monotonic)
{
    if (monotonic > clock->monotonic)
        fake_clock_advance(clock, monotonic - clock->monotonic);
}

static int clock_sleep_until(void *context, int64_t deadline)
{
    struct fake_clock *clock = context;

    while (clock->event_count > 0) {
        const struct fake_event *event = clock->events;

        if (event->at > deadline && event->at > clock->monotonic)
            break;
        clock->events++;
        clock->event_count--;
        advance_to(clock, event->at);
        clock->realtime += event->step;
        fake_clock_advance(clock, event->stop);
        if (event->act)
            event->act(event->arg);
        if (event->signal != 0)
            return event->signal;
    }
    advance_to(clock, deadline);
    return 0;
}

void fake_clock_init(struct fake_clock *clock, int64_t monotonic, int64_t realtime)
{
    *clock = (struct fake_clock){
        .clock = {.context = clock,
                  .realtime = clock_realtime,
                  .monotonic = clock_monotonic,
                  .cpu = clock_cpu,
                  .sleep_until = clock_sleep_until},
        .monotonic = monotonic,
        .realtime = realtime,
    };
}

void fake_clock_advance(struct fake_clock *clock, int64_t ns)
{
    clock->monotonic += ns;
    clock->realtime += ns;
}
