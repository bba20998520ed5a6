/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Code where there was none, and files of memory. An executable page is never run: that it can be
 * had is the finding.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <seccomp.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/check/attacks.h"

#define PAGE ((size_t)1 << 16) /* the largest that there is */

#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)

#define MAP(protection, flags, fd) ATTACK_CALL(SYS_mmap, 0, PAGE, protection, flags, fd, 0)

static char page[2][PAGE] __attribute__((aligned(PAGE)));

static int map(size_t size, int protection, int flags, int fd)
{
    return mmap(NULL, size, protection, flags, fd, 0) == MAP_FAILED ? -errno : 0;
}

static int map_program(const struct scene *scene)
{
    int program = open("/bin/sh", O_RDONLY | O_CLOEXEC);

    (void)scene;
    return program < 0 ? -errno : map(PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, program);
}

static int map_file(const struct scene *scene)
{
    return map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, scene->file);
}

static int map_file_to_execute(const struct scene *scene)
{
    return map(PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, scene->file);
}

static int map_memory_file(const struct scene *scene)
{
    int fd = (int)syscall(SYS_memfd_create, "", 0);

    (void)scene;
    if (fd < 0 || ftruncate(fd, (off_t)PAGE) < 0)
        return -errno;
    return map(PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd);
}

static int make_executable(const struct scene *scene)
{
    (void)scene;
    return attack_result(mprotect(page[0], PAGE, PROT_READ | PROT_EXEC));
}

static int make_executable_by_key(const struct scene *scene)
{
    (void)scene;
    return attack_result(pkey_mprotect(page[0], PAGE, PROT_READ | PROT_EXEC, -1));
}

/* From here on what can be read can be executed; and so it is, if it is mapped after that. */
static int imply_executable(const struct scene *scene)
{
    (void)scene;
    if (personality(READ_IMPLIES_EXEC) < 0)
        return -errno;
    return map(PAGE, PROT_READ | PROT_WRITE, PRIVATE, -1);
}

static int attach_executable(const struct scene *scene)
{
    int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
    const void *at;
    int error;

    (void)scene;
    if (id < 0)
        return -errno;
    at = shmat(id, NULL, SHM_EXEC);
    error = errno;
    (void)shmctl(id, IPC_RMID, NULL);
    return (uintptr_t)at == UINTPTR_MAX ? -error : 0; /* shmat(2): (void *)-1 */
}

/* Over what is there: return addresses, tables of functions. */
static int move_over(const struct scene *scene)
{
    const void *moved = mremap(page[0], PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, page[1]);

    (void)scene;
    return moved == MAP_FAILED ? -errno : 0;
}

static int map_over(const struct scene *scene)
{
    const void *mapped = mmap(page[0], PAGE, PROT_READ | PROT_WRITE, PRIVATE | MAP_FIXED, -1, 0);

    (void)scene;
    return mapped == MAP_FAILED ? -errno : 0;
}

/* Writes what cannot be written, as a debugger does. */
static int write_own_memory(const struct scene *scene)
{
    static const volatile char constant = 1;
    int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

    (void)scene;
    if (fd < 0)
        return -errno;
    return attack_result(pwrite(fd, "", 1, (off_t)(uintptr_t)&constant));
}

/* By what follows it in its file: constants become code. Nothing of this library is called after.
 */
static int lengthen_code(const struct scene *scene)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t code = (uintptr_t)seccomp_version & ~(uintptr_t)(size - 1);

    (void)scene;
    return attack_result(syscall(SYS_mremap, code, size, 2 * size, MREMAP_MAYMOVE));
}

static const struct attack attacks[] = {
    {"map writable executable memory", MAP(PROT_READ | PROT_WRITE | PROT_EXEC, PRIVATE, -1UL)},
    {"map executable memory", MAP(PROT_READ | PROT_EXEC, PRIVATE, -1UL)},
    {"map shared memory", MAP(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1UL)},
    {"map a program", .run = map_program},
    {"map an open file", .run = map_file},
    {"map an open file to execute it", .run = map_file_to_execute},
    {"map a file of memory to execute it", .run = map_memory_file},
    {"map over what is mapped", .run = map_over},
    {"move over what is mapped", .run = move_over},
    {"make a library's code longer", .run = lengthen_code},
    {"make memory executable", .run = make_executable},
    {"make memory executable by a key", .run = make_executable_by_key},
    {"let reading imply executing", .run = imply_executable},
    {"attach shared memory to execute it", .run = attach_executable},
    {"write own memory by /proc/self/mem", .run = write_own_memory},
    {"make a file of memory", ATTACK_CALL(SYS_memfd_create, (uintptr_t) "", 0)},
    {"make a file of secret memory", ATTACK_CALL(SYS_memfd_secret, 0)},
    {"handle page faults", ATTACK_CALL(SYS_userfaultfd, UFFD_USER_MODE_ONLY)},
    {"remap pages of a file", ATTACK_CALL(SYS_remap_file_pages, 1, 0, 0, 0, 0), .passes = EINVAL},
    {"advise to dump what is hidden", ATTACK_CALL(SYS_madvise, 0, 0, MADV_DODUMP)},
};

const struct attack_group attacks_memory = {"memory", attacks, sizeof(attacks) / sizeof(attacks[0]),
                                            false};
