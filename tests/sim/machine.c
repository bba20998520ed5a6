/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program's memory is watched by the linker's --wrap: what a killed life leaves is freed, as a
 * kernel does, and the steady state can be seen to take none.
 */
#include "tests/sim/machine.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "origin/live.h"
#include "origin/publisher.h"
#include "origin/status_files.h"

/* ---- memory ---------------------------------------------------------------------------------- */

enum {
    BLOCKS = sizeof(((struct machine *)NULL)->blocks) / sizeof(void *),
};

static struct machine *at_work; /* whose program runs */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void __wrap_free(void *block);

static void *remember(void *block)
{
    int i = 0;

    while (i < BLOCKS && at_work->blocks[i])
        i++;
    assert(i < BLOCKS);
    return at_work->blocks[i] = block;
}

void *__wrap_malloc(size_t size)
{
    return at_work->allocate(at_work->context) ? NULL : remember(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return at_work->allocate(at_work->context) ? NULL : remember(__real_calloc(count, size));
}

void __wrap_free(void *block)
{
    for (int i = 0; i < BLOCKS; i++) {
        if (at_work->blocks[i] == block)
            at_work->blocks[i] = NULL;
    }
    __real_free(block);
}

void *__wrap_realloc(void *block, size_t size)
{
    void *result = at_work->allocate(at_work->context) ? NULL : __real_realloc(block, size);

    for (int i = 0; i < BLOCKS && result; i++) {
        if (at_work->blocks[i] == block) {
            at_work->blocks[i] = result;
            break;
        }
    }
    return result;
}

static void free_all(struct machine *machine)
{
    for (int i = 0; i < BLOCKS; i++) {
        __real_free(machine->blocks[i]);
        machine->blocks[i] = NULL;
    }
}

/* ---- disk ------------------------------------------------------------------------------------ */

/* In a directory that was removed nothing can be found or made; what is open stays so. */
static bool needs_directory(enum machine_call call)
{
    return call == MACHINE_CREATE || call == MACHINE_READ || call == MACHINE_STATUS ||
           call == MACHINE_RENAME || call == MACHINE_UNLINK || call == MACHINE_LIST;
}

/* Names of the folder below are told with its name before them. */
static const char *name_in(const struct machine_folder *folder, const char *name,
                           char text[2 * DISK_NAME_SIZE])
{
    if (folder->disk == &folder->machine->disk)
        return name;
    (void)snprintf(text, 2 * DISK_NAME_SIZE, MACHINE_BELOW "%s", name);
    return text;
}

static int begin(struct machine_folder *folder, enum machine_call call, const char *name,
                 const char *to)
{
    struct machine *machine = folder->machine;
    char text[2 * DISK_NAME_SIZE];
    char to_text[2 * DISK_NAME_SIZE];
    struct machine_event event = {
        .call = call,
        .name = name_in(folder, name, text),
        .to = *to ? name_in(folder, to, to_text) : "",
    };
    int result = machine->before(machine->context, &event);

    folder->disk->now = machine_realtime(machine);
    return result == 0 && machine->removed && needs_directory(call) ? -ENOENT : result;
}

static int64_t end(struct machine_folder *folder, enum machine_call call, const char *name,
                   const char *to, int64_t result)
{
    struct machine *machine = folder->machine;
    char text[2 * DISK_NAME_SIZE];
    char to_text[2 * DISK_NAME_SIZE];
    struct machine_event event = {
        .call = call,
        .name = name_in(folder, name, text),
        .to = *to ? name_in(folder, to, to_text) : "",
        .result = result,
    };

    machine->after(machine->context, &event);
    return result;
}

static int fs_create(void *context, const char *name)
{
    struct machine_folder *folder = context;
    int result = begin(folder, MACHINE_CREATE, name, "");

    if (result == 0)
        result = disk_create(folder->disk, name);
    if (result >= 0)
        strcpy(folder->open_names[result], name);
    return (int)end(folder, MACHINE_CREATE, name, "", result);
}

/* A write that fails may have written a part. */
static int fs_write(void *context, int fd, const void *data, size_t size)
{
    struct machine_folder *folder = context;
    int failed = begin(folder, MACHINE_WRITE, folder->open_names[fd], "");
    int result = disk_write(folder->disk, fd, data, failed < 0 ? size / 2 : size);

    return (int)end(folder, MACHINE_WRITE, folder->open_names[fd], "",
                    failed < 0 ? failed : result);
}

static int fs_set_time(void *context, int fd, int64_t time)
{
    struct machine_folder *folder = context;
    int result = begin(folder, MACHINE_SET_TIME, folder->open_names[fd], "");

    if (result == 0)
        disk_set_time(folder->disk, fd, time);
    return (int)end(folder, MACHINE_SET_TIME, folder->open_names[fd], "", result);
}

static int fs_sync(void *context, int fd)
{
    struct machine_folder *folder = context;
    int result = begin(folder, MACHINE_SYNC, folder->open_names[fd], "");

    if (result == 0)
        disk_sync(folder->disk, fd);
    else
        disk_fail_sync(folder->disk, fd);
    return (int)end(folder, MACHINE_SYNC, folder->open_names[fd], "", result);
}

static int fs_close(void *context, int fd)
{
    struct machine_folder *folder = context;
    int result = begin(folder, MACHINE_CLOSE, folder->open_names[fd], "");

    disk_close(folder->disk, fd);
    return (int)end(folder, MACHINE_CLOSE, folder->open_names[fd], "", result);
}

static int64_t fs_read(void *context, const char *name, void *data, size_t size)
{
    struct machine_folder *folder = context;
    int64_t result = begin(folder, MACHINE_READ, name, "");

    if (result == 0)
        result = disk_read(folder->disk, name, data, size);
    return end(folder, MACHINE_READ, name, "", result);
}

static int fs_status(void *context, const char *name, struct fs_status *ret)
{
    struct machine_folder *folder = context;
    int result = begin(folder, MACHINE_STATUS, name, "");

    if (result == 0)
        result = disk_status(folder->disk, name, ret);
    return (int)end(folder, MACHINE_STATUS, name, "", result);
}

static int fs_sync_directory(void *context)
{
    struct machine_folder *folder = context;
    int result = begin(folder, MACHINE_SYNC_NAMES, "", "");

    if (result == 0)
        disk_sync_names(folder->disk);
    return (int)end(folder, MACHINE_SYNC_NAMES, "", "", result);
}

static int fs_rename(void *context, const char *from, const char *to)
{
    struct machine_folder *folder = context;
    int result = begin(folder, MACHINE_RENAME, from, to);

    if (result == 0)
        result = disk_rename(folder->disk, from, to);
    return (int)end(folder, MACHINE_RENAME, from, to, result);
}

static int fs_unlink(void *context, const char *name)
{
    struct machine_folder *folder = context;
    int result = begin(folder, MACHINE_UNLINK, name, "");

    if (result == 0)
        result = disk_unlink(folder->disk, name);
    return (int)end(folder, MACHINE_UNLINK, name, "", result);
}

/* A list that fails does so half way. */
static int fs_list(void *context, int (*each)(void *arg, const char *name), void *arg)
{
    struct machine_folder *folder = context;
    char names[DISK_NAMES][DISK_NAME_SIZE];
    int failed = begin(folder, MACHINE_LIST, "", "");
    int count = 0;
    int result = 0;

    for (int i = 0; i < folder->disk->name_count; i++) {
        if (folder->disk->names[i].inode >= 0)
            strcpy(names[count++], folder->disk->names[i].name);
    }
    if (failed < 0)
        count = failed == -ENOENT ? 0 : count / 2;
    for (int i = 0; i < count && result == 0; i++)
        result = each(arg, names[i]);
    if (result == 0)
        result = failed;
    return (int)end(folder, MACHINE_LIST, "", "", result);
}

/* ---- clocks ---------------------------------------------------------------------------------- */

void machine_advance(struct machine *machine, int64_t ns)
{
    machine->now += ns;
    if (machine->slew != 0)
        machine->realtime += ns / 1000 * machine->slew / (NS_PER_SECOND / 1000);
}

int64_t machine_monotonic(const struct machine *machine)
{
    return machine->now + machine->boot;
}

int64_t machine_realtime(const struct machine *machine)
{
    return machine->now + machine->realtime;
}

static int64_t clock_realtime(void *context)
{
    struct machine *machine = context;

    machine->look(machine->context);
    return machine_realtime(machine);
}

static int64_t clock_monotonic(void *context)
{
    struct machine *machine = context;

    machine->look(machine->context);
    return machine_monotonic(machine);
}

static int64_t clock_cpu(void *context)
{
    (void)context;
    return 0;
}

static int clock_sleep_until(void *context, int64_t deadline)
{
    struct machine *machine = context;

    return machine->sleep(machine->context, deadline);
}

/* ---- program --------------------------------------------------------------------------------- */

static void open_folder(struct machine *machine, struct machine_folder *folder, struct disk *disk,
                        const struct fs *table)
{
    folder->machine = machine;
    folder->disk = disk;
    folder->fs = *table;
    folder->fs.context = folder;
    disk->now = 0;
    disk->changes = 0;
    disk_clear(disk);
}

void machine_init(struct machine *machine)
{
    static const struct fs table = {
        .create = fs_create,
        .write = fs_write,
        .set_time = fs_set_time,
        .sync = fs_sync,
        .close = fs_close,
        .read = fs_read,
        .status = fs_status,
        .sync_directory = fs_sync_directory,
        .rename = fs_rename,
        .unlink = fs_unlink,
        .list = fs_list,
    };

    open_folder(machine, &machine->top, &machine->disk, &table);
    open_folder(machine, &machine->below, &machine->alias_disk, &table);
    machine->clock = (struct clock){
        .context = machine,
        .realtime = clock_realtime,
        .monotonic = clock_monotonic,
        .cpu = clock_cpu,
        .sleep_until = clock_sleep_until,
    };
    machine->now = machine->boot = machine->realtime = machine->slew = machine->beat = 0;
    machine->removed = machine->settled = false;
    machine->stream = NULL;
    free_all(machine);
}

static const uint8_t *make_segment(void *source, int64_t index, size_t *ret_size)
{
    static uint8_t bytes[STREAM_SEGMENT_MAX];
    const struct machine *machine = source;

    stream_segment(machine->stream, index, bytes);
    *ret_size = machine->stream->segment_size;
    return bytes;
}

static struct playlist_range find_picture(void *source, const uint8_t *bytes, size_t size)
{
    int preset;
    int64_t index;

    (void)source;
    return stream_identify(bytes, size, &preset, &index) ? stream_picture(index)
                                                         : (struct playlist_range){0};
}

static void beat(void *context, const struct live_figures *figures)
{
    (void)context;
    (void)figures;
}

/* What src/reporter.c does. */
static int report(void *context, const struct live_figures *figures,
                  const struct live_lateness *lateness)
{
    struct machine *machine = context;
    const struct status status = {
        .identity = {"0", "0", "sim", "live", 0, 0, 0},
        .written = clock_realtime(machine),
        .figures = *figures,
        .lateness = *lateness,
        .sandbox = {.mode = "strict"},
    };
    int leased = 0;
    int written;

    if (live_is_healthy(figures))
        leased = leases_renew(&machine->leases, status.written);
    else
        leases_withdraw(&machine->leases, status.written);
    written = status_files_write(&machine->top.fs, &status);
    return leased < 0 ? leased : written;
}

/* What src/main.c does once the segments can be made. */
static enum machine_end run(struct machine *machine, int *ret_result)
{
    const struct stream *stream = machine->stream;
    struct publisher_config config = {
        .fs = &machine->top.fs,
        .alias = stream->has_alias ? &machine->below.fs : NULL,
        .clock = &machine->clock,
        .line = &stream->line,
        .kind = stream->kind,
        .window = stream->window,
        .length = stream->length,
        .follow = stream->follow,
        .segment_size = stream->segment_size,
        .digest = stream->digest,
        .section = stream->mapped ? stream->section : NULL,
        .section_size = STREAM_SECTION_SIZE,
        .segment = make_segment,
        .picture = stream->has_iframes ? find_picture : NULL,
        .source = machine,
        .index = stream->window % 2 ? INDEX_PLAIN : INDEX_NONE,
        .stream = {.preset = "sim", .rendition = ""},
    };
    struct live_stream streams[] = {{.line = &stream->line}};
    const struct live_config live_config = {
        .streams = streams,
        .count = 1,
        .clock = &machine->clock,
        .window = stream->window,
        .observer = {.context = machine,
                     .beat_interval = machine->beat,
                     .beat = beat,
                     .report = machine->reports ? report : NULL},
    };
    struct live *live = NULL;
    int result = publisher_new(&config, &streams[0].publisher);

    if (result == 0)
        result = live_new(&live_config, &live);
    if (result == 0)
        result = live_start(live);
    if (result == 0 && machine->reports) {
        leases_init(&machine->leases, &machine->top.fs);
        leases_resume(&machine->leases, clock_realtime(machine));
    }
    machine->settled = result == 0;
    if (result == 0 && machine->reports)
        live_tell(live);
    if (result == 0)
        result = live_run(live);
    machine->settled = false;
    (void)live_free(live);
    (void)publisher_free(streams[0].publisher);
    *ret_result = result;
    return result < 0 ? MACHINE_GAVE_UP : MACHINE_STOPPED;
}

enum machine_end machine_live(struct machine *machine, const struct stream *stream, int *ret_result)
{
    enum machine_end end;

    machine->stream = stream;
    machine->settled = false;
    at_work = machine;
    *ret_result = 0;
    end = setjmp(machine->end) == 0 ? run(machine, ret_result) : MACHINE_KILLED;
    machine->settled = false;
    disk_end_process(&machine->disk);
    disk_end_process(&machine->alias_disk);
    free_all(machine);
    return end;
}

void machine_kill(struct machine *machine)
{
    longjmp(machine->end, 1);
}
