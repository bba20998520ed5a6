/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which system calls are allowed, with which arguments, and why. Traced on glibc with libavfilter,
 * libx264, the AAC encoder and the MPEG-TS muxer, which start no thread; a call that the trace does
 * not show has its reason beside it.
 *
 * A filter sees numbers, never what a pointer points to: no rule can judge a path. Landlock does.
 */
#include "sandbox/policy.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The kernel ignores the upper half of an argument that is an int: so do the checks. */
#define INT_IS(n, number)  (n), UINT32_MAX, (uint32_t)(number), POLICY_CONSTANT
#define LONG_IS(n, number) (n), UINT64_MAX, (number), POLICY_CONSTANT
#define IS(n, source)      (n), UINT32_MAX, 0, (source)

#define CALL(name) .call = SCMP_SYS(name)

#define SIGNAL_SET_SIZE 8 /* of the kernel's sigset_t */

/* No link is followed, and a FIFO of that name holds nobody up. */
#define READ_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

/* ---- both phases ----------------------------------------------------------------------------- */

/*
 * A file can be created, and one that is there never be opened to be written; what is created is a
 * plain one, without set-user-ID bits. One is open at a time, so that its number is known.
 * utimensat() without a path is futimens().
 */
static const struct policy_rule publishing[] = {
    {SCMP_SYS(openat),
     {{IS(0, POLICY_DIRECTORY)},
      {INT_IS(2, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)},
      {INT_IS(3, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH)}}},
    {SCMP_SYS(write), {{IS(0, POLICY_FILE)}}},
    {SCMP_SYS(utimensat), {{IS(0, POLICY_FILE)}, {LONG_IS(1, 0)}, {INT_IS(3, 0)}}},
    {SCMP_SYS(fdatasync), {{IS(0, POLICY_FILE)}}},
    {SCMP_SYS(close), {{IS(0, POLICY_FILE)}}},
    {SCMP_SYS(renameat), {{IS(0, POLICY_DIRECTORY)}, {IS(2, POLICY_DIRECTORY)}}},
    {SCMP_SYS(unlinkat), {{IS(0, POLICY_DIRECTORY)}, {INT_IS(2, 0)}}},
    {SCMP_SYS(fsync), {{IS(0, POLICY_DIRECTORY)}}}, /* the names: they outlast a power cut */
};

/*
 * Whether the files that the playlist names are still as they were left: by their names, without
 * opening them, and of a link the link itself.
 */
static const struct policy_rule watching[] = {
    {SCMP_SYS(newfstatat), {{IS(0, POLICY_DIRECTORY)}, {INT_IS(3, AT_SYMLINK_NOFOLLOW)}}},
};

/*
 * Signals stay blocked and are taken by rt_sigtimedwait(), which is also the sleep and asks nothing
 * about their senders.
 */
static const struct policy_rule sleeping[] = {
    {SCMP_SYS(rt_sigtimedwait), {{LONG_IS(1, 0)}, {LONG_IS(3, SIGNAL_SET_SIZE)}}},
};

/*
 * Time and the end. clock_gettime() enters the kernel for the time of the processor, and for the
 * others where the vDSO cannot read the clock source, as in some virtual machines.
 */
static const struct policy_rule timing[] = {
    {SCMP_SYS(clock_gettime), {{INT_IS(0, CLOCK_REALTIME)}}},
    {SCMP_SYS(clock_gettime), {{INT_IS(0, CLOCK_MONOTONIC)}}},
    {SCMP_SYS(clock_gettime), {{INT_IS(0, CLOCK_PROCESS_CPUTIME_ID)}}},
    {SCMP_SYS(exit_group), {{0}}},
};

/*
 * The log: stderr is asked whether it would take a line before one is written, with no signal mask.
 */
static const struct policy_rule logging[] = {
    {SCMP_SYS(ppoll), {{LONG_IS(1, 1)}, {LONG_IS(3, 0)}}},
    {SCMP_SYS(write), {{INT_IS(0, STDERR_FILENO)}}},
};

/* The state, to the service manager. */
static const struct policy_rule reporting[] = {
    {SCMP_SYS(write), {{IS(0, POLICY_NOTIFY)}}},
};

/* What the kernel knows of the confinement, read whole from the start. */
static const struct policy_rule asking[] = {
    {SCMP_SYS(pread64), {{IS(0, POLICY_STATUS)}, {LONG_IS(3, 0)}}},
};

/* ---- set-up ---------------------------------------------------------------------------------- */

/*
 * Memory for the encoders: private, without a file behind it, never executable. There is no
 * mprotect(), since glibc needs it only for the heaps of further threads. MADV_DONTNEED is
 * malloc_trim(), which gives back what the encoders had.
 */
static const struct policy_rule memory[] = {
    {SCMP_SYS(brk), {{0}}},
    {SCMP_SYS(mmap),
     {{INT_IS(2, PROT_READ | PROT_WRITE)},
      {INT_IS(3, MAP_PRIVATE | MAP_ANONYMOUS)},
      {INT_IS(4, -1)}}},
    {SCMP_SYS(munmap), {{0}}},
    {SCMP_SYS(madvise), {{INT_IS(2, MADV_HUGEPAGE)}}},
    {SCMP_SYS(madvise), {{INT_IS(2, MADV_DONTNEED)}}},
};

/* pthread_once() in libraries wakes those who might wait, also where nobody can. */
static const struct policy_rule waking[] = {
    {SCMP_SYS(futex), {{INT_IS(1, FUTEX_WAKE_PRIVATE)}}},
};

/*
 * Signals end the program at once while the encoders work, so their mask changes twice; and
 * abort(3), by which assert(3) and the heap's own checks end, unblocks SIGABRT and sends it to the
 * thread itself. The heap's checks write their message by writev().
 */
static const struct policy_rule signals[] = {
    {SCMP_SYS(rt_sigprocmask), {{LONG_IS(3, SIGNAL_SET_SIZE)}}},
    {SCMP_SYS(writev), {{INT_IS(0, STDERR_FILENO)}}},
    {SCMP_SYS(getpid), {{0}}},
    {SCMP_SYS(gettid), {{0}}},
    {SCMP_SYS(tgkill), {{IS(0, POLICY_PROCESS)}, {INT_IS(2, SIGABRT)}}},
};

/* Listing the directory, from its beginning. */
static const struct policy_rule listing[] = {
    {SCMP_SYS(lseek), {{IS(0, POLICY_DIRECTORY)}, {LONG_IS(1, 0)}, {INT_IS(2, SEEK_SET)}}},
    {SCMP_SYS(getdents64), {{IS(0, POLICY_DIRECTORY)}}},
};

/*
 * Reading what an earlier run left there. It is the one file that is open then, so that it is
 * closed as those that are created.
 */
static const struct policy_rule reading[] = {
    {SCMP_SYS(openat), {{IS(0, POLICY_DIRECTORY)}, {INT_IS(2, READ_FLAGS)}}},
    {SCMP_SYS(read), {{IS(0, POLICY_FILE)}}},
};

/*
 * The way to the steady state. Both can only take away. The ruleset was made before the first
 * filter, so that neither another can be made nor this one be changed; no flag, so no listener.
 */
static const struct policy_rule tightening[] = {
    {SCMP_SYS(landlock_restrict_self), {{IS(0, POLICY_RULESET)}, {INT_IS(1, 0)}}},
    {SCMP_SYS(seccomp), {{INT_IS(0, SECCOMP_SET_MODE_FILTER)}, {INT_IS(1, 0)}}},
};

/*
 * Calls that bear a refusal. realloc() tries mremap() for a large block, and then copies: it could
 * make a library's code longer by what follows it in its file. qsort() of glibc before 2.37 asks
 * how much memory there is, av_cpu_count() how many processors: both then assume a value.
 */
static const struct policy_rule refused[] = {
    {SCMP_SYS(mremap), {{0}}},
    {SCMP_SYS(sysinfo), {{0}}},
    {SCMP_SYS(sched_getaffinity), {{0}}},
};

/*
 * What an exploit does next, and what no library does by mistake. A handler would run in a process
 * that is no longer ours, so it is killed.
 */
static const struct policy_rule outright[] = {
    /* a program, a process */
    {CALL(execve)},
    {CALL(execveat)},
    {CALL(fork)},
    {CALL(vfork)},

    /* another process */
    {CALL(ptrace)},
    {CALL(process_vm_readv)},
    {CALL(process_vm_writev)},
    {CALL(pidfd_open)},
    {CALL(pidfd_getfd)},
    {CALL(pidfd_send_signal)},
    {CALL(kill)},

    /* another view of the system */
    {CALL(unshare)},
    {CALL(setns)},
    {CALL(chroot)},
    {CALL(pivot_root)},
    {CALL(mount)},
    {CALL(umount2)},
    {CALL(mount_setattr)},
    {CALL(move_mount)},
    {CALL(open_tree)},
    {CALL(fsopen)},
    {CALL(fsconfig)},
    {CALL(fsmount)},
    {CALL(fspick)},
    {CALL(name_to_handle_at)},
    {CALL(open_by_handle_at)},

    /* a connection */
    {CALL(socket)},
    {CALL(socketpair)},
    {CALL(connect)},
    {CALL(bind)},
    {CALL(listen)},
    {CALL(accept)},
    {CALL(accept4)},
    {CALL(sendto)},
    {CALL(sendmsg)},
    {CALL(sendmmsg)},
    {CALL(recvfrom)},
    {CALL(recvmsg)},
    {CALL(recvmmsg)},

    /* more of the kernel */
    {CALL(bpf)},
    {CALL(perf_event_open)},
    {CALL(userfaultfd)},
    {CALL(io_uring_setup)},
    {CALL(io_uring_enter)},
    {CALL(io_uring_register)},
    {CALL(init_module)},
    {CALL(finit_module)},
    {CALL(delete_module)},
    {CALL(kexec_load)},
    {CALL(kexec_file_load)},
    {CALL(add_key)},
    {CALL(request_key)},
    {CALL(keyctl)},

    /* other rights */
    {CALL(setuid)},
    {CALL(setgid)},
    {CALL(setreuid)},
    {CALL(setregid)},
    {CALL(setresuid)},
    {CALL(setresgid)},
    {CALL(setfsuid)},
    {CALL(setfsgid)},
    {CALL(setgroups)},
    {CALL(capset)},

    /* another file under a number that rules compare, or one that holds code */
    {CALL(dup2)},
    {CALL(dup3)},
    {CALL(memfd_create)},
    {CALL(memfd_secret)},

    {CALL(rt_sigreturn)}, /* no handler returns */
};

/*
 * Likewise, but that a thread is started so, with a stack of its own for the handlers: else these
 * would be an end to them.
 */
static const struct policy_rule starting_outright[] = {
    {CALL(clone)},
    {CALL(clone3)},
    {CALL(rt_sigaction)},
    {CALL(sigaltstack)},
};

/* ---- where threads encode -------------------------------------------------------------------- */

/*
 * A thread, by the flags of pthread_create() and no others. It has them as an argument only where
 * clone3() is missing, which keeps them in memory. Its stack is mapped as any memory, and
 * mprotect() can only take access away, from a guard page. The first one has the C library
 * install a handler for a signal of its own, which nobody can send. Later RLIMIT_NPROC falls to 0,
 * and cannot rise.
 */
#define THREAD                                                                                     \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD |            \
     CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)
#define SIGNAL_OF_LIBC   33 /* below SIGRTMIN */
#define ROBUST_LIST_SIZE 24
#define RSEQ_SIGNATURE   0x53053053

static const struct policy_rule threads[] = {
    {SCMP_SYS(clone), {{LONG_IS(0, THREAD)}}},
    {SCMP_SYS(rt_sigaction), {{INT_IS(0, SIGNAL_OF_LIBC)}, {LONG_IS(3, SIGNAL_SET_SIZE)}}},
    {SCMP_SYS(set_robust_list), {{LONG_IS(1, ROBUST_LIST_SIZE)}}},
    {SCMP_SYS(rseq), {{INT_IS(2, 0)}, {INT_IS(3, RSEQ_SIGNATURE)}}},
    {SCMP_SYS(mprotect), {{LONG_IS(2, PROT_NONE)}}},
    {SCMP_SYS(sigaltstack), {{LONG_IS(1, 0)}}},
    {SCMP_SYS(prlimit64), {{INT_IS(0, 0)}, {INT_IS(1, RLIMIT_NPROC)}, {LONG_IS(3, 0)}}},
};

static const struct policy_rule missing[] = {
    {SCMP_SYS(clone3), {{0}}},
};

/* Locks and conditions; a thread waits by CLOCK_REALTIME when it waits for ever. */
static const struct policy_rule waiting[] = {
    {SCMP_SYS(futex), {{INT_IS(1, FUTEX_WAIT_PRIVATE)}}},
    {SCMP_SYS(futex), {{INT_IS(1, FUTEX_WAIT_BITSET_PRIVATE)}}},
    {SCMP_SYS(futex), {{INT_IS(1, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME)}}},
};

/* The sleep of those that take no signals. */
static const struct policy_rule napping[] = {
    {SCMP_SYS(clock_nanosleep), {{INT_IS(0, CLOCK_MONOTONIC)}, {INT_IS(1, TIMER_ABSTIME)}}},
};

/* Threads that made the renditions end before the stream begins. */
static const struct policy_rule leaving[] = {
    {SCMP_SYS(exit), {{0}}},
};

/* The kernel wakes who joins a thread, by a futex that it holds for one of several processes. */
static const struct policy_rule joining[] = {
    {SCMP_SYS(futex), {{INT_IS(1, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME)}}},
};

/* ---- a reader -------------------------------------------------------------------------------- */

/*
 * Files and folders below the directory, by paths from there. One is open at a time, which is read,
 * listed and looked at; fstat() is one call or the other, as the C library is older or newer.
 */
static const struct policy_rule reading_below[] = {
    {SCMP_SYS(openat), {{IS(0, POLICY_DIRECTORY)}, {INT_IS(2, READ_FLAGS)}}},
    {SCMP_SYS(openat), {{IS(0, POLICY_DIRECTORY)}, {INT_IS(2, READ_FLAGS | O_DIRECTORY)}}},
    {SCMP_SYS(pread64), {{IS(0, POLICY_FILE)}}},
    {SCMP_SYS(lseek), {{IS(0, POLICY_FILE)}, {LONG_IS(1, 0)}, {INT_IS(2, SEEK_SET)}}},
    {SCMP_SYS(getdents64), {{IS(0, POLICY_FILE)}}},
    {SCMP_SYS(newfstatat), {{IS(0, POLICY_FILE)}, {INT_IS(3, AT_EMPTY_PATH)}}},
    {SCMP_SYS(fstat), {{IS(0, POLICY_FILE)}}},
    {SCMP_SYS(close), {{IS(0, POLICY_FILE)}}},
};

/*
 * Changes in folders, as they are made. inotify judges by modes alone: where no root directory of
 * its own holds it, it can be asked when something changes elsewhere.
 */
static const struct policy_rule following[] = {
    {SCMP_SYS(inotify_add_watch), {{IS(0, POLICY_WATCH)}}},
    {SCMP_SYS(read), {{IS(0, POLICY_WATCH)}}},
};

static const struct policy_rule answering[] = {
    {SCMP_SYS(write), {{INT_IS(0, STDOUT_FILENO)}}},
};

/* ---- the policies ---------------------------------------------------------------------------- */

#define GROUP(rules, action)                                                                       \
    {                                                                                              \
#rules, rules, sizeof(rules) / sizeof((rules)[0]), action                                  \
    }
#define ALLOW(rules)  GROUP(rules, POLICY_ALLOW)
#define COUNT(groups) (sizeof(groups) / sizeof((groups)[0]))

#define STEADY_GROUPS                                                                              \
    ALLOW(publishing), ALLOW(watching), ALLOW(sleeping), ALLOW(timing), ALLOW(logging),            \
        ALLOW(reporting), ALLOW(asking)

#define SETUP_GROUPS                                                                               \
    STEADY_GROUPS, ALLOW(memory), ALLOW(waking), ALLOW(signals), ALLOW(listing), ALLOW(reading),   \
        ALLOW(tightening), GROUP(refused, POLICY_REFUSE), GROUP(outright, POLICY_KILL)

static const struct policy_group setup_groups[] = {
    SETUP_GROUPS,
    GROUP(starting_outright, POLICY_KILL),
};

static const struct policy_group setup_threads_groups[] = {
    SETUP_GROUPS,   ALLOW(threads), GROUP(missing, POLICY_LACK), ALLOW(waiting), ALLOW(napping),
    ALLOW(leaving), ALLOW(joining),
};

static const struct policy_group steady_groups[] = {
    STEADY_GROUPS,
};

static const struct policy_group steady_threads_groups[] = {
    STEADY_GROUPS,
    ALLOW(waking),
    ALLOW(waiting),
    GROUP(starting_outright, POLICY_KILL),
};

static const struct policy_group worker_groups[] = {
    ALLOW(timing),
    ALLOW(logging),
    ALLOW(memory),
    ALLOW(waking),
    ALLOW(waiting),
    ALLOW(napping),
    ALLOW(leaving),
    ALLOW(signals),
    GROUP(refused, POLICY_REFUSE),
    GROUP(outright, POLICY_KILL),
    GROUP(starting_outright, POLICY_KILL),
};

static const struct policy_group reader_groups[] = {
    ALLOW(reading_below),
    ALLOW(watching),
    ALLOW(following),
    ALLOW(answering),
    ALLOW(sleeping),
    ALLOW(timing),
    ALLOW(logging),
    ALLOW(asking),
    ALLOW(memory),
    ALLOW(signals),
    GROUP(refused, POLICY_REFUSE),
    GROUP(outright, POLICY_KILL),
    GROUP(starting_outright, POLICY_KILL),
};

const struct policy policy_setup = {setup_groups, COUNT(setup_groups)};
const struct policy policy_setup_threads = {setup_threads_groups, COUNT(setup_threads_groups)};
const struct policy policy_steady = {steady_groups, COUNT(steady_groups)};
const struct policy policy_steady_threads = {steady_threads_groups, COUNT(steady_threads_groups)};
const struct policy policy_worker = {worker_groups, COUNT(worker_groups)};
const struct policy policy_reader = {reader_groups, COUNT(reader_groups)};

uint64_t policy_value(const struct policy_check *check, const struct policy_values *values)
{
    if (check->source == POLICY_CONSTANT)
        return check->value;
    return (uint32_t)values->numbers[check->source];
}

uint64_t policy_mask(const struct policy_check *check, const struct policy_values *values)
{
    return check->source == POLICY_DIRECTORY ? values->directories : check->mask;
}
