/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which system calls are allowed, with which arguments, and why. Traced on glibc with libavfilter,
 * libx264, the AAC encoder and the MPEG-TS muxer, one thread each; a call that the trace does not
 * show has its reason beside it.
 *
 * A filter sees numbers, never what a pointer points to: no rule can judge a path. Landlock does.
 */
#include "sandbox/policy.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The kernel ignores the upper half of an argument that is an int: so do the checks. */
#define INT_IS(n, number)  (n), UINT32_MAX, (uint32_t)(number), false
#define LONG_IS(n, number) (n), UINT64_MAX, (number), false
#define DIRECTORY(n)       (n), UINT32_MAX, 0, true

/*
 * Publishing. A file can be created, never opened: neither to read it nor to write one that is
 * there; and it is a plain one, without set-user-ID bits. utimensat() without a path is futimens().
 */
static const struct policy_rule publishing[] = {
    {SCMP_SYS(openat),
     {{DIRECTORY(0)},
      {INT_IS(2, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)},
      {INT_IS(3, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH)}}},
    {SCMP_SYS(write), {{0}}},
    {SCMP_SYS(utimensat), {{LONG_IS(1, 0)}, {INT_IS(3, 0)}}},
    {SCMP_SYS(fdatasync), {{0}}},
    {SCMP_SYS(close), {{0}}},
    {SCMP_SYS(renameat), {{DIRECTORY(0)}, {DIRECTORY(2)}}},
    {SCMP_SYS(unlinkat), {{DIRECTORY(0)}, {INT_IS(2, 0)}}},
};

/*
 * Time, signals and the end. Signals stay blocked and are taken by rt_sigtimedwait(), which is also
 * the sleep; the one handler there is does not return, so no rt_sigreturn(). clock_gettime() enters
 * the kernel where the vDSO cannot read the clock source, as in some virtual machines.
 */
static const struct policy_rule timing[] = {
    {SCMP_SYS(rt_sigtimedwait), {{0}}},
    {SCMP_SYS(clock_gettime), {{INT_IS(0, CLOCK_REALTIME)}}},
    {SCMP_SYS(clock_gettime), {{INT_IS(0, CLOCK_MONOTONIC)}}},
    {SCMP_SYS(exit_group), {{0}}},
};

/* While the encoders work, signals end the program at once; so their mask changes twice. */
static const struct policy_rule masking[] = {
    {SCMP_SYS(rt_sigprocmask), {{0}}},
};

/* The log: stderr is asked whether it would take a line before one is written. No signal mask. */
static const struct policy_rule logging[] = {
    {SCMP_SYS(ppoll), {{LONG_IS(1, 1)}, {LONG_IS(3, 0)}}},
};

/*
 * Memory for the encoders: private, without a file behind it, never executable. There is no
 * mprotect(), since glibc needs it only for the heaps of further threads. mremap() is realloc() of
 * a large block, which may move but to no place of the caller's choice. MADV_DONTNEED is
 * malloc_trim(), which gives back what the encoders had.
 */
static const struct policy_rule memory[] = {
    {SCMP_SYS(brk), {{0}}},
    {SCMP_SYS(mmap),
     {{INT_IS(2, PROT_READ | PROT_WRITE)},
      {INT_IS(3, MAP_PRIVATE | MAP_ANONYMOUS)},
      {INT_IS(4, -1)}}},
    {SCMP_SYS(mremap), {{INT_IS(3, MREMAP_MAYMOVE)}}},
    {SCMP_SYS(munmap), {{0}}},
    {SCMP_SYS(madvise), {{INT_IS(2, MADV_HUGEPAGE)}}},
    {SCMP_SYS(madvise), {{INT_IS(2, MADV_DONTNEED)}}},
};

/*
 * Libraries. pthread_once() wakes those who might wait; there is one thread, so nobody waits.
 * av_log() asks whether stderr is a terminal, for its colours, with the one request or with the
 * other, as glibc is older or newer. getrandom() seeds glibc's heap at its first use.
 */
static const struct policy_rule libraries[] = {
    {SCMP_SYS(futex), {{INT_IS(1, FUTEX_WAKE_PRIVATE)}}},
    {SCMP_SYS(ioctl), {{INT_IS(0, STDERR_FILENO)}, {INT_IS(1, TCGETS)}}},
    {SCMP_SYS(ioctl), {{INT_IS(0, STDERR_FILENO)}, {INT_IS(1, TCGETS2)}}},
    {SCMP_SYS(getrandom), {{0}}},
};

/*
 * Listing the directory once, through a duplicate of its descriptor: fdopendir(), rewinddir(),
 * readdir(), closedir(). fstat() is the one call or the other, as glibc is newer or older.
 */
static const struct policy_rule listing[] = {
    {SCMP_SYS(fcntl), {{DIRECTORY(0)}, {INT_IS(1, F_DUPFD_CLOEXEC)}}},
    {SCMP_SYS(fcntl), {{INT_IS(1, F_GETFL)}}},
    {SCMP_SYS(fcntl), {{INT_IS(1, F_SETFD)}, {LONG_IS(2, FD_CLOEXEC)}}},
    {SCMP_SYS(fstat), {{0}}},
    {SCMP_SYS(newfstatat), {{INT_IS(3, AT_EMPTY_PATH)}}},
    {SCMP_SYS(lseek), {{LONG_IS(1, 0)}, {INT_IS(2, SEEK_SET)}}},
    {SCMP_SYS(getdents64), {{0}}},
};

/* The way to the steady filter. A filter can only take away; no flag, so no listener. */
static const struct policy_rule tightening[] = {
    {SCMP_SYS(seccomp), {{INT_IS(0, SECCOMP_SET_MODE_FILTER)}, {INT_IS(1, 0)}}},
};

/*
 * Questions that bear a refusal: qsort() of glibc before 2.37 asks how much memory there is, and
 * av_cpu_count() how many processors; both then assume a value.
 */
static const struct policy_rule questions[] = {
    {SCMP_SYS(sysinfo), {{0}}},
    {SCMP_SYS(sched_getaffinity), {{0}}},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct policy_group setup_groups[] = {
    {publishing, COUNT(publishing), 0},   {timing, COUNT(timing), 0},
    {logging, COUNT(logging), 0},         {memory, COUNT(memory), 0},
    {masking, COUNT(masking), 0},         {libraries, COUNT(libraries), 0},
    {listing, COUNT(listing), 0},         {tightening, COUNT(tightening), 0},
    {questions, COUNT(questions), EPERM},
};

static const struct policy_group steady_groups[] = {
    {publishing, COUNT(publishing), 0},
    {timing, COUNT(timing), 0},
    {logging, COUNT(logging), 0},
};

const struct policy policy_setup = {setup_groups, COUNT(setup_groups)};
const struct policy policy_steady = {steady_groups, COUNT(steady_groups)};
