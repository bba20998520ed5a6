/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Doors of the kernel that publishing has no use for, and where faults of the kernel have been
 * found; channels to other processes; the machine itself. What would change the machine is asked
 * with an argument that the kernel refuses once it has judged the caller's rights.
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/check/attacks.h"

#define NOWHERE 1 /* a pointer that leads nowhere and is not NULL, which may mean something */

/* ---- keyrings -------------------------------------------------------------------------------- */

static const char key_type[] = "user";
static const char key_name[] = "hlsgen-check";

static long add_key(int keyring)
{
    return syscall(SYS_add_key, key_type, key_name, "x", 1, keyring);
}

/* A session keyring of the probe's own, as a login makes one, with a key in it. */
static void keep_key(const struct scene *scene)
{
    (void)scene;
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0)
        (void)add_key(KEY_SPEC_SESSION_KEYRING);
}

static int find_key(const struct scene *scene)
{
    (void)scene;
    return attack_result(
        syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, key_type, key_name, 0));
}

static int put_key(const struct scene *scene)
{
    (void)scene;
    return attack_result(add_key(KEY_SPEC_PROCESS_KEYRING));
}

/* ---- channels -------------------------------------------------------------------------------- */

static int other_memory = -1;

/* Shared memory of the system at large. It has been removed already, and lasts as long as we. */
static void keep_shared_memory(const struct scene *scene)
{
    (void)scene;
    other_memory = shmget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
    (void)shmat(other_memory, NULL, 0);
    (void)shmctl(other_memory, IPC_RMID, NULL);
}

static int find_shared_memory(const struct scene *scene)
{
    struct shmid_ds status;

    (void)scene;
    return attack_result(shmctl(other_memory, IPC_STAT, &status));
}

static int make_shared_memory(const struct scene *scene)
{
    int id = shmget(IPC_PRIVATE, 1, IPC_CREAT | 0600);

    (void)scene;
    return id < 0 ? -errno : attack_result(shmctl(id, IPC_RMID, NULL));
}

static int make_semaphore(const struct scene *scene)
{
    int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);

    (void)scene;
    return id < 0 ? -errno : attack_result(semctl(id, 0, IPC_RMID));
}

static int make_message_queue(const struct scene *scene)
{
    int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);

    (void)scene;
    return id < 0 ? -errno : attack_result(msgctl(id, IPC_RMID, NULL));
}

/* A layer may refuse to open it after it has been made. */
static int make_posix_queue(const struct scene *scene)
{
    char name[64];
    int result;

    (void)scene;
    (void)snprintf(name, sizeof(name), "hlsgen-check-%d", (int)getpid());
    result = attack_result(syscall(SYS_mq_open, name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL));
    (void)syscall(SYS_mq_unlink, name);
    return result;
}

static int make_posix_memory(const struct scene *scene)
{
    char name[64];
    int result;

    (void)scene;
    (void)snprintf(name, sizeof(name), "/dev/shm/hlsgen-check-%d", (int)getpid());
    result = attack_result(open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    (void)unlink(name);
    return result;
}

/* ---- a terminal ------------------------------------------------------------------------------ */

static int terminal = -1;

/* One of the probe's own; its other side stays open. */
static void open_terminal(const struct scene *scene)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    (void)scene;
    if (master >= 0 && unlockpt(master) == 0)
        terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static int type_into_terminal(const struct scene *scene)
{
    (void)scene;
    return attack_result(ioctl(terminal, TIOCSTI, "x"));
}

/* ---- other architectures --------------------------------------------------------------------- */

#ifdef __x86_64__

#define X32_BIT     0x40000000
#define GETPID_I386 20
#define ARCH_GET_FS 0x1003
#define DEBUG_PORT  0x80

/* Numbers of the 32-bit architecture, which mean other calls. */
static int call_by_interrupt(const struct scene *scene)
{
    long result = GETPID_I386;

    (void)scene;
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    return result < 0 ? (int)result : 0;
}

static unsigned long base_register;

#endif

static const uint32_t array_map[] = {BPF_MAP_TYPE_ARRAY, 4, 4, 1};

static const struct perf_event_attr own_clock = {
    .type = PERF_TYPE_SOFTWARE,
    .size = PERF_ATTR_SIZE_VER0,
    .config = PERF_COUNT_SW_CPU_CLOCK,
    .exclude_kernel = 1,
    .exclude_hv = 1,
};

static struct timex no_tick = {.modes = ADJ_TICK};

static const struct attack attacks[] = {
    {"set up io_uring", ATTACK_CALL(SYS_io_uring_setup, 1, 0), .passes = EFAULT},
    {"enter io_uring", ATTACK_CALL(SYS_io_uring_enter, ATTACK_MINUS(1)), .passes = EBADF},
    {"register with io_uring", ATTACK_CALL(SYS_io_uring_register, ATTACK_MINUS(1), ATTACK_MINUS(1)),
     .passes = EINVAL},
    {"make a BPF map",
     ATTACK_CALL(SYS_bpf, BPF_MAP_CREATE, (uintptr_t)array_map, sizeof(array_map))},
    {"count events", ATTACK_CALL(SYS_perf_event_open, (uintptr_t)&own_clock, 0, ATTACK_MINUS(1),
                                 ATTACK_MINUS(1), 0)},
    {"find a key of the session", .run = find_key, .prepare = keep_key},
    {"add a key", .run = put_key},
    {"request a key",
     ATTACK_CALL(SYS_request_key, (uintptr_t)key_type, (uintptr_t) "hlsgen-no-such-key", 0, 0),
     .passes = ENOKEY},
    {"find System V shared memory", .run = find_shared_memory, .prepare = keep_shared_memory},
    {"make System V shared memory", .run = make_shared_memory},
    {"make a System V semaphore", .run = make_semaphore},
    {"make a System V message queue", .run = make_message_queue},
    {"make POSIX shared memory", .run = make_posix_memory},
    {"make a POSIX message queue", .run = make_posix_queue},
    {"splice", ATTACK_CALL(SYS_splice, ATTACK_MINUS(1), 0, ATTACK_MINUS(1), 0, 1, 0),
     .passes = EBADF},
    {"splice memory", ATTACK_CALL(SYS_vmsplice, ATTACK_MINUS(1), 0, 0, 0), .passes = EBADF},
    {"tee", ATTACK_CALL(SYS_tee, ATTACK_MINUS(1), ATTACK_MINUS(1), 1, 0), .passes = EBADF},
    {"type into a terminal", .run = type_into_terminal, .prepare = open_terminal},
    {"read the kernel's log", ATTACK_CALL(SYS_syslog, 10 /* SYSLOG_ACTION_SIZE_BUFFER */, 0, 0)},

#ifdef __x86_64__
    {"call by int 0x80", .run = call_by_interrupt},
    {"call by an x32 number", ATTACK_CALL(X32_BIT | SYS_getpid, 0)},
    {"change the local descriptor table", ATTACK_CALL(SYS_modify_ldt, 0, 0, 0)},
    {"read the base of a segment",
     ATTACK_CALL(SYS_arch_prctl, ARCH_GET_FS, (uintptr_t)&base_register)},
    {"raise the I/O privilege level", ATTACK_CALL(SYS_iopl, 3)},
    {"open an I/O port", ATTACK_CALL(SYS_ioperm, DEBUG_PORT, 1, 1)},
#endif

    {"set the clock", ATTACK_CALL(SYS_clock_settime, CLOCK_REALTIME, 0), .passes = EFAULT},
    {"set the time of day", ATTACK_CALL(SYS_settimeofday, 0, 0)},
    {"adjust the clock", ATTACK_CALL(SYS_adjtimex, (uintptr_t)&no_tick), .passes = EINVAL},
    {"change the host's name", ATTACK_CALL(SYS_sethostname, 0, ATTACK_MINUS(1)), .passes = EINVAL},
    {"change the domain's name", ATTACK_CALL(SYS_setdomainname, 0, ATTACK_MINUS(1)),
     .passes = EINVAL},
    {"restart the machine", ATTACK_CALL(SYS_reboot, 0, 0, 0, 0), .passes = EINVAL},
    {"load a module", ATTACK_CALL(SYS_init_module, 0, 0, 0), .passes = ENOEXEC},
    {"load a module of a file", ATTACK_CALL(SYS_finit_module, ATTACK_MINUS(1), (uintptr_t) "", 0),
     .passes = EBADF},
    {"remove a module",
     ATTACK_CALL(SYS_delete_module, (uintptr_t) "hlsgen-no-such-module", O_NONBLOCK),
     .passes = ENOENT},
    {"load a kernel", ATTACK_CALL(SYS_kexec_load, 0, ATTACK_MINUS(1), 0, 0), .passes = EINVAL},
#ifdef SYS_kexec_file_load
    {"load a kernel of a file",
     ATTACK_CALL(SYS_kexec_file_load, ATTACK_MINUS(1), ATTACK_MINUS(1), 0, 0, ATTACK_MINUS(1)),
     .passes = EINVAL},
#endif
    {"swap to a file", ATTACK_CALL(SYS_swapon, NOWHERE, 0), .passes = EFAULT},
    {"end swapping", ATTACK_CALL(SYS_swapoff, NOWHERE), .passes = EFAULT},
    {"start accounting", ATTACK_CALL(SYS_acct, NOWHERE), .passes = EFAULT},
    {"change quotas", ATTACK_CALL(SYS_quotactl, ATTACK_MINUS(1), 0, 0, 0), .passes = EINVAL},
};

const struct attack_group attacks_kernel = {"kernel", attacks, sizeof(attacks) / sizeof(attacks[0]),
                                            false};
