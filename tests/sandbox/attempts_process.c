/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory, other processes, rights and the network. Calls without effect of their own are made with
 * bad arguments; where one could have an effect, only on this child or on the test itself.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sandbox/attempts.h"

#define PAGE 4096

/* ---- memory -----------------------------------------------------------------------------------
 */

static int map_with(int protection)
{
    void *page = mmap(NULL, PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return page == MAP_FAILED ? -errno : 0;
}

static int map_executable(const struct scene *scene)
{
    (void)scene;
    return map_with(PROT_READ | PROT_EXEC);
}

static int map_writable_executable(const struct scene *scene)
{
    (void)scene;
    return map_with(PROT_READ | PROT_WRITE | PROT_EXEC);
}

static int make_executable(const struct scene *scene)
{
    static char pages[2 * PAGE] __attribute__((aligned(PAGE)));

    (void)scene;
    return mprotect(pages, PAGE, PROT_READ | PROT_EXEC) < 0 ? -errno : 0;
}

static int map_file(const struct scene *scene)
{
    return mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, scene->directory, 0) == MAP_FAILED ? -errno : 0;
}

static int make_memory_file(const struct scene *scene)
{
    (void)scene;
    return memfd_create("x", 0) < 0 ? -errno : 0;
}

static int lock_memory(const struct scene *scene)
{
    static char page[PAGE];

    (void)scene;
    return mlock(page, sizeof(page)) < 0 ? -errno : 0;
}

/* ---- processes --------------------------------------------------------------------------------
 */

static int execute(const struct scene *scene)
{
    char name[] = "true";
    char *const words[] = {name, NULL};

    (void)scene;
    return execve("/bin/true", words, NULL) < 0 ? -errno : 0;
}

static int fork_child(const struct scene *scene)
{
    pid_t child = fork();

    (void)scene;
    if (child == 0)
        _exit(0);
    return child < 0 || waitpid(child, NULL, 0) < 0 ? -errno : 0;
}

static int clone_new(const struct scene *scene)
{
    (void)scene;
    return syscall(SYS_clone3, NULL, 0) < 0 ? -errno : 0;
}

static int trace_peer(const struct scene *scene)
{
    return ptrace(PTRACE_SEIZE, scene->peer, NULL, NULL) < 0 ? -errno : 0;
}

static int signal_peer(const struct scene *scene)
{
    return kill(scene->peer, 0) < 0 ? -errno : 0;
}

static int signal_by_thread(const struct scene *scene)
{
    (void)scene;
    return raise(SIGCONT) == 0 ? 0 : -errno;
}

/* ---- rights -----------------------------------------------------------------------------------
 */

static int become_root(const struct scene *scene)
{
    (void)scene;
    return setuid(0) < 0 ? -errno : 0;
}

static int raise_limit(int resource)
{
    struct rlimit more;

    if (getrlimit((__rlimit_resource_t)resource, &more) < 0)
        return -ENOTRECOVERABLE;
    more.rlim_max++;
    return setrlimit((__rlimit_resource_t)resource, &more) < 0 ? -errno : 0;
}

static int raise_file_limit(const struct scene *scene)
{
    (void)scene;
    return raise_limit(RLIMIT_NOFILE);
}

static int raise_core_limit(const struct scene *scene)
{
    (void)scene;
    return raise_limit(RLIMIT_CORE);
}

static int become_dumpable(const struct scene *scene)
{
    (void)scene;
    return prctl(PR_SET_DUMPABLE, 1L, 0L, 0L, 0L) < 0 ? -errno : 0;
}

static int gain_capability(const struct scene *scene)
{
    (void)scene;
    return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0L, 0L, 0L) < 0 ? -errno : 0;
}

static int mount_something(const struct scene *scene)
{
    (void)scene;
    return mount("none", "/", "tmpfs", 0, NULL) < 0 ? -errno : 0;
}

static int leave_namespaces(const struct scene *scene)
{
    (void)scene;
    return unshare(CLONE_NEWUSER) < 0 ? -errno : 0;
}

/* ---- network ----------------------------------------------------------------------------------
 */

static int open_socket(int family, int type)
{
    return socket(family, type | SOCK_CLOEXEC, 0) < 0 ? -errno : 0;
}

static int open_inet(const struct scene *scene)
{
    (void)scene;
    return open_socket(AF_INET, SOCK_DGRAM);
}

static int open_unix(const struct scene *scene)
{
    (void)scene;
    return open_socket(AF_UNIX, SOCK_STREAM);
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

static int connect_tcp(const struct scene *scene)
{
    struct sockaddr_in address = loopback(9);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)scene;
    if (fd < 0)
        return -ENOTRECOVERABLE;
    return connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

static int listen_tcp(const struct scene *scene)
{
    struct sockaddr_in address = loopback(0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)scene;
    if (fd < 0)
        return -ENOTRECOVERABLE;
    return bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

static int connect_abstract(const struct scene *scene)
{
    struct sockaddr_un address = scene_address(scene);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -ENOTRECOVERABLE;
    return connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

/* A socket file in the output directory would be a door for others. */
static int bind_unix(const struct scene *scene)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "hls/socket"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || fchdir(scene->directory) < 0 || chdir("..") < 0)
        return -ENOTRECOVERABLE;
    return bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

/* ---- doors of the kernel ----------------------------------------------------------------------
 */

static int make_ring(const struct scene *scene)
{
    (void)scene;
    return syscall(SYS_io_uring_setup, 1, NULL) < 0 ? -errno : 0;
}

static int load_bpf(const struct scene *scene)
{
    (void)scene;
    return syscall(SYS_bpf, 0, NULL, 0) < 0 ? -errno : 0;
}

static int use_keyring(const struct scene *scene)
{
    (void)scene;
    return syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -1, 0) < 0 ? -errno : 0;
}

static int read_stdin(const struct scene *scene)
{
    char byte;

    (void)scene;
    return read(STDIN_FILENO, &byte, 0) < 0 ? -errno : 0;
}

static int duplicate_descriptor(const struct scene *scene)
{
    return dup2(scene->outside, scene->directory) < 0 ? -errno : 0;
}

static const struct attempt rows[] = {
    {"map executable memory", map_executable, MUST_KILL, MUST_KILL, MUST_WORK, 0},
    {"map writable executable memory", map_writable_executable, MUST_KILL, MUST_KILL, EACCES, 0},
    {"make memory executable", make_executable, MUST_KILL, MUST_KILL, EACCES, 0},
    {"map a file", map_file, MUST_KILL, MUST_KILL, ENODEV, 0},
    {"make a file of memory", make_memory_file, MUST_KILL, MUST_KILL, MUST_WORK, 0},
    {"lock memory", lock_memory, MUST_KILL, MUST_KILL, EPERM, 0},

    {"execute a program", execute, MUST_KILL, MUST_KILL, EACCES, 1},
    {"fork", fork_child, MUST_KILL, MUST_KILL, MUST_WORK, 0},
    {"clone3", clone_new, MUST_KILL, MUST_KILL, DEPENDS, 0},
    {"trace another process", trace_peer, MUST_KILL, MUST_KILL, EPERM, 1},
    {"signal another process", signal_peer, MUST_KILL, MUST_KILL, EPERM, 6},
    {"signal itself", signal_by_thread, MUST_KILL, MUST_KILL, MUST_WORK, 0},

    {"become root", become_root, MUST_KILL, MUST_KILL, EPERM, 0},
    {"raise the limit of open files", raise_file_limit, MUST_KILL, MUST_KILL, EPERM, 0},
    {"raise the limit of core files", raise_core_limit, MUST_KILL, MUST_KILL, EPERM, 0},
    {"become dumpable", become_dumpable, MUST_KILL, MUST_KILL, MUST_WORK, 0},
    {"gain a capability", gain_capability, MUST_KILL, MUST_KILL, EPERM, 0},
    {"mount", mount_something, MUST_KILL, MUST_KILL, EPERM, 0},
    {"enter a user namespace", leave_namespaces, MUST_KILL, MUST_KILL, DEPENDS, 0},

    {"open a network socket", open_inet, MUST_KILL, MUST_KILL, MUST_WORK, 0},
    {"open a Unix socket", open_unix, MUST_KILL, MUST_KILL, MUST_WORK, 0},
    {"connect by TCP", connect_tcp, MUST_KILL, MUST_KILL, EACCES, 4},
    {"listen for TCP", listen_tcp, MUST_KILL, MUST_KILL, EACCES, 4},
    {"connect to an abstract socket", connect_abstract, MUST_KILL, MUST_KILL, EPERM, 6},
    {"make a socket file", bind_unix, MUST_KILL, MUST_KILL, EACCES, 1},

    {"set up io_uring", make_ring, MUST_KILL, MUST_KILL, DEPENDS, 0},
    {"load BPF", load_bpf, MUST_KILL, MUST_KILL, DEPENDS, 0},
    {"use the kernel's keyring", use_keyring, MUST_KILL, MUST_KILL, DEPENDS, 0},
    {"read standard input", read_stdin, MUST_KILL, MUST_KILL, DEPENDS, 0},
    {"replace the directory", duplicate_descriptor, MUST_KILL, MUST_KILL, MUST_WORK, 0},
};

const struct attempts attempts_process = {rows, sizeof(rows) / sizeof(rows[0])};
