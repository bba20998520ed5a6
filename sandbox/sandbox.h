/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Confinement: what this process gives up, as layers that are entered in one order and never left.
 *
 *   sandbox_prepare()   first thing in main: descriptors, umask, refusal of set-user-ID starts,
 *                       the handlers that report an incident
 *   sandbox_isolate()   with the output directory open: keyring, namespaces, and a root directory
 *                       that is the output directory
 *   sandbox_enter()     before any media library runs: rlimits, securebits, user, capabilities, not
 *                       dumpable, no_new_privs, MDWE, Landlock, and the system-call filter of the
 *                       set-up phase
 *   sandbox_enter_worker()
 *                       first thing in each thread that encodes, if there are any: a filter that
 *                       lets it compute, and touch no file
 *   sandbox_end_threads()
 *                       in the first thread, when they have: no more of them
 *   sandbox_tighten()   after the last encoder is freed: nothing can be read any more, and the far
 *                       smaller filter of the steady state; in the first thread alone
 *
 * A program that only reads the directory (sandbox_reader()) calls the first three: its root
 * directory cannot be written to, and its first filter is its last.
 *
 * From sandbox_tighten() on this thread can take no memory and give none back, and the process must
 * end by _exit(2): exit(3) runs destructors of libraries, which make calls that the filter traps.
 *
 * Landlock, no_new_privs and capabilities belong to a thread: there must be one thread only until
 * sandbox_enter() has returned. This folder depends on libc and libseccomp alone.
 */
#ifndef HLSGEN_SANDBOX_SANDBOX_H
#define HLSGEN_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** Exit codes, beside those of sysexits(3). */
enum {
    SANDBOX_EXIT_VIOLATION = 80, /**< a system call that the filter does not allow */
    SANDBOX_EXIT_CRASH = 81,     /**< SIGSEGV, SIGBUS, SIGILL, SIGFPE or SIGABRT */
};

enum sandbox_mode {
    SANDBOX_STRICT,      /**< a layer that cannot be entered is a failure; but see sandbox_gaps() */
    SANDBOX_BEST_EFFORT, /**< such a layer is left out and reported as a gap */
    SANDBOX_OFF,         /**< no layer, but the user is changed, as in every mode */
};

/** What --sandbox takes: a name for each mode, then NULL. */
extern const char *const sandbox_mode_names[];

/** What sandbox_prepare() is told; all borrowed for the life of the process. */
struct sandbox_start {
    int keep;                        /**< a descriptor above stderr that stays open; -1: none */
    const char *line_prefix;         /**< begins a line about an incident, as of a critical one */
    const volatile int64_t *segment; /**< the segment at work, for such a line; -1: none */
};

struct sandbox_config {
    enum sandbox_mode mode;
    int directory;     /**< the only thing on disk that stays reachable; sandbox_isolate() opens it
                            anew under the same number, which loses its flock(2) */
    int folders;       /**< descriptor of the first of folders in it, a power of two, with those of
                            the others behind it: all is done through these then, and one of them
                            may be the directory itself; 0: there are none */
    int folders_count; /**< at most folders */
    int notify;        /**< socket of the service manager, to which may be written; -1: none */
    bool change_user;  /**< started as root: become uid and gid, with no supplementary groups */
    uid_t uid;
    gid_t gid;
    size_t file_size;  /**< largest file to be written, bytes (RLIMIT_FSIZE), but for a log */
    size_t memory;     /**< most private memory, bytes (RLIMIT_DATA) */
    int threads;       /**< that will call sandbox_enter_worker(); 0: none can be started */
    bool threads_stay; /**< some of them work in the steady state too */
    bool reads;        /**< another program: it reads the directory, and writes no file */
    int watch;         /**< such a one's inotify(7) descriptor, to which folders in the directory
                            may be added; -1: none */
};

/** What failed, why, and what to do about it; each one line or part of one, no newline. */
struct sandbox_failure {
    const char *layer;  /**< as in sandbox_layers(); of sandbox_prepare(): what it is about */
    int error;          /**< positive errno */
    const char *advice; /**< which option or setting resolves it */
};

/**
 * Closes every descriptor above stderr but one, makes /dev/null stdin and a missing standard one,
 * sets umask 0022, catches incidents (incident.h), opens what sandbox_read_status() reads, and
 * refuses to go on when started with raised rights (AT_SECURE).
 *
 * @return 0, or a negative errno with @p failure filled
 */
int sandbox_prepare(const struct sandbox_start *start, struct sandbox_failure *failure);

/**
 * What a program needs that reads @p directory, all below it, and nothing else. Started as root, it
 * becomes the directory's owner; where that is root, it stays root, without any capability.
 *
 * @param watch  as of struct sandbox_config
 * @param memory likewise
 * @return 0 or a negative errno
 */
int sandbox_reader(enum sandbox_mode mode, int directory, int watch, size_t memory,
                   struct sandbox_config *ret_config);

/**
 * Enters the layers that change what the process sees. No path of before leads anywhere afterwards.
 * @return 0 or a negative errno, @p failure filled
 */
int sandbox_isolate(const struct sandbox_config *config, struct sandbox_failure *failure);

/** Enters every layer up to the first filter. @return 0 or a negative errno, @p failure filled. */
int sandbox_enter(const struct sandbox_config *config, struct sandbox_failure *failure);

/**
 * In a thread that was started after sandbox_enter(): from here on it can take and give back
 * memory, wait, sleep, read clocks, write to stderr, and end. One thread after the other.
 *
 * @param worker  its number, from 0, and
 * @param segment what it works on, for a line about an incident; borrowed for the thread's life;
 *                NULL: no segment
 * @return 0 or a negative errno, @p failure filled
 */
int sandbox_enter_worker(const struct sandbox_config *config, int worker,
                         const volatile int64_t *segment, struct sandbox_failure *failure);

/**
 * Ends the starting of threads (RLIMIT_NPROC), which config->threads left open. @return 0 or a
 * negative errno, @p failure filled
 */
int sandbox_end_threads(const struct sandbox_config *config, struct sandbox_failure *failure);

/** Enters the layers of the steady state. @return 0 or a negative errno, @p failure filled. */
int sandbox_tighten(const struct sandbox_config *config, struct sandbox_failure *failure);

/**
 * The names of the layers entered so far, in order, separated by commas ("rlimits,user,..."), or
 * "none". Valid until the next sandbox call.
 */
const char *sandbox_layers(void);

/**
 * The layers that could not be entered, likewise; "" when there are none. In strict these are at
 * most layers that required ones stand in for, and these follow the name, as in
 * "namespaces(landlock+seccomp)".
 */
const char *sandbox_gaps(void);

/** What has become of a layer. */
struct sandbox_layer {
    const char *name;
    bool in_force;
    const char *stands_in; /**< where it is not: layers in force that refuse what it is there for,
                                joined by "+"; NULL: there are none */
};

/**
 * Tells of layer @p i, from 0, of those that there are with @p config.
 *
 * @return false: there are not so many
 */
bool sandbox_read_layer(const struct sandbox_config *config, size_t i,
                        struct sandbox_layer *ret_layer);

/** The version of libseccomp, as "2.5.4": valid until the next call. */
const char *sandbox_library(void);

/** What the kernel says is in force, of proc_pid_status(5); and what a probe found. */
struct sandbox_status {
    int seccomp;         /**< 2: a filter */
    int seccomp_filters; /**< how many; -1 on a kernel that does not tell (before 5.9) */
    bool no_new_privs;
    uint64_t cap_effective;
    uint64_t cap_permitted;
    uint64_t cap_bounding;
    bool landlock; /**< not the kernel's word: it was seen to refuse, when it was entered */
};

/** What the process has in memory, in bytes. */
struct sandbox_memory {
    int64_t resident;     /**< in RAM, files that are mapped included: VmRSS */
    int64_t resident_max; /**< at its peak: VmHWM */
    int64_t data;         /**< private memory, in RAM or not: VmData, which RLIMIT_DATA bounds */
};

/**
 * Reads both back from the kernel, or one of them if the other is NULL; allocates nothing, allowed
 * in every phase.
 *
 * @return 0; -ENOENT where there was no /proc at the start; another negative errno
 */
int sandbox_read_status(struct sandbox_status *ret_status, struct sandbox_memory *ret_memory);

#define SANDBOX_STATUS_TEXT_SIZE 192

/** "seccomp=2 filters=2 no_new_privs=1 cap_effective=0 ...": the form of log lines. */
void sandbox_status_text(const struct sandbox_status *status, char text[SANDBOX_STATUS_TEXT_SIZE]);

#endif
