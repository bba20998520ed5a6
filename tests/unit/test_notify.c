/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The service manager's side of sd_notify(3), sd_listen_fds(3) and sd_watchdog_enabled(3). */
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/notify.h"
#include "tests/unit/folder.h"
#include "tests/unit/suite.h"

enum {
    MESSAGE_MAX = 511,
};

/* Passed descriptors begin at 3, but Check has some of its own there: the one in question is the
 * last of many. */
enum {
    PASSED_BEFORE = 20,
    PASSED_FD = 3 + PASSED_BEFORE,
};

static void set(const char *name, const char *value)
{
    ck_assert_int_eq(setenv(name, value, 1), 0);
}

static void set_pid(const char *name, pid_t pid)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%ld", (long)pid);
    set(name, text);
}

/* A manager that listens at @p name: a path, or an abstract name with '@'. */
static int listen_at(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_uint_lt(length, sizeof(address.sun_path));
    memcpy(address.sun_path, name, length);
    if (*name == '@')
        address.sun_path[0] = '\0';
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
                     0);
    return fd;
}

static void make_abstract_name(char name[32])
{
    (void)snprintf(name, 32, "@hlsgen test %ld", (long)getpid());
}

static void check_received(int manager, const char *expected)
{
    char message[2 * MESSAGE_MAX];
    ssize_t size = read(manager, message, sizeof(message) - 1);

    ck_assert_int_ge(size, 0);
    message[size] = '\0';
    ck_assert_str_eq(message, expected);
}

static void check_environment_is_clear(void)
{
    static const char *const names[] = {"LISTEN_FDS",    "LISTEN_FDNAMES", "LISTEN_PID",
                                        "NOTIFY_SOCKET", "WATCHDOG_USEC",  "WATCHDOG_PID"};

    for (int i = 0; i < LENGTH(names); i++)
        ck_assert_ptr_null(getenv(names[i]));
}

/* Opens, and checks what holds of every descriptor it gives. */
static struct notify open_connected(void)
{
    struct notify notify = notify_open();

    ck_assert_int_gt(notify.fd, STDERR_FILENO);
    ck_assert_int_eq(fcntl(notify.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ck_assert_int_eq(fcntl(notify.fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    check_environment_is_clear();
    return notify;
}

/* A manager under an abstract name, and the way to it. @return the manager's end */
static int start_manager(struct notify *ret_notify)
{
    char name[32];
    int manager;

    make_abstract_name(name);
    manager = listen_at(name);
    set("NOTIFY_SOCKET", name);
    *ret_notify = open_connected();
    return manager;
}

static void check_nobody_listens(void)
{
    struct notify notify = notify_open();

    ck_assert_int_eq(notify.fd, -1);
    check_environment_is_clear();
    notify_send(&notify, "READY=1"); /* goes nowhere, and hurts nobody */
}

/* ---- NOTIFY_SOCKET --------------------------------------------------------------------------- */

START_TEST(without_a_manager_nothing_is_sent)
{
    check_nobody_listens();
}
END_TEST

START_TEST(a_message_arrives_at_a_path)
{
    char name[64];
    struct notify notify;
    int manager;

    (void)snprintf(name, sizeof(name), "%s/socket", folder_path());
    manager = listen_at(name);
    set("NOTIFY_SOCKET", name);
    notify = open_connected();
    notify_send(&notify, "READY=1\nSTATUS=Publishing segment %d", 7);
    check_received(manager, "READY=1\nSTATUS=Publishing segment 7");
}
END_TEST

START_TEST(a_message_arrives_at_an_abstract_name)
{
    struct notify notify;
    int manager = start_manager(&notify);

    notify_send(&notify, "STOPPING=1");
    check_received(manager, "STOPPING=1");
}
END_TEST

START_TEST(an_address_that_is_none_is_no_manager)
{
    static const char *const addresses[] = {
        "", "/", "@", "relative", "vsock:2:1", "/none/such", "@hlsgen-nobody"};

    for (int i = 0; i < LENGTH(addresses); i++) {
        set("NOTIFY_SOCKET", addresses[i]);
        check_nobody_listens();
    }
}
END_TEST

START_TEST(an_address_that_is_too_long_is_no_manager)
{
    char name[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];

    memset(name, 'x', sizeof(name) - 1);
    name[0] = '/';
    name[sizeof(name) - 1] = '\0';
    set("NOTIFY_SOCKET", name);
    check_nobody_listens();
}
END_TEST

/* Else the socket would be taken for the standard stream that the caller closed. */
START_TEST(the_socket_never_takes_the_place_of_a_standard_stream)
{
    char name[32];
    struct notify notify;
    int manager;

    make_abstract_name(name);
    manager = listen_at(name);
    set("NOTIFY_SOCKET", name);
    (void)close(STDIN_FILENO);
    notify = open_connected();
    ck_assert_int_lt(fcntl(STDIN_FILENO, F_GETFD), 0);
    notify_send(&notify, "READY=1");
    check_received(manager, "READY=1");
}
END_TEST

START_TEST(a_manager_that_does_not_read_stops_nothing)
{
    struct notify notify;
    int manager = start_manager(&notify);

    for (int i = 0; i < 10000; i++)
        notify_send(&notify, "WATCHDOG=1");
    check_received(manager, "WATCHDOG=1");
    (void)close(manager);
    notify_send(&notify, "WATCHDOG=1");
}
END_TEST

START_TEST(a_long_message_is_cut)
{
    char text[2 * MESSAGE_MAX] = "";
    struct notify notify;
    int manager = start_manager(&notify);

    memset(text, 'x', sizeof(text) - 1);
    notify_send(&notify, "%s", text);
    text[MESSAGE_MAX] = '\0';
    check_received(manager, text);
}
END_TEST

/* ---- LISTEN_FDS ------------------------------------------------------------------------------ */

/* Passes many, the last of them under the name @p last. @return the other end, the manager's */
static int pass(const char *last, pid_t pid)
{
    char names[2 * PASSED_BEFORE + 64] = "";
    char count[32];
    int ends[2];

    for (int i = 0; i < PASSED_BEFORE; i++)
        memcpy(names + 2 * (size_t)i, "x:", 2);
    (void)snprintf(names + strlen(names), 64, "%s", last);
    (void)snprintf(count, sizeof(count), "%d", PASSED_BEFORE + 1);
    set("LISTEN_FDS", count);
    set("LISTEN_FDNAMES", names);
    set_pid("LISTEN_PID", pid);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
    ck_assert_int_eq(dup2(ends[1], PASSED_FD), PASSED_FD);
    return ends[0];
}

START_TEST(a_passed_socket_is_found_by_its_name)
{
    int manager = pass("notify", getpid());
    struct notify notify = open_connected();

    ck_assert_int_eq(notify.fd, PASSED_FD);
    notify_send(&notify, "READY=1");
    check_received(manager, "READY=1");
}
END_TEST

START_TEST(a_passed_socket_comes_before_an_address)
{
    char name[32];
    int manager = pass("notify", getpid());
    struct notify notify;

    make_abstract_name(name);
    (void)listen_at(name);
    set("NOTIFY_SOCKET", name);
    notify = open_connected();
    notify_send(&notify, "READY=1");
    check_received(manager, "READY=1");
}
END_TEST

static int wait_for(pid_t child)
{
    int status;

    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum {
    NO_NAMESPACE = 2,
};

/* In a PID namespace of its own, where its process ID is 1. @return an exit code */
static int send_from_namespace(void)
{
    pid_t child;

    if (unshare(CLONE_NEWPID) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
        return NO_NAMESPACE;
    child = fork();
    if (child == 0) {
        struct notify notify = notify_open();

        notify_send(&notify, "READY=1");
        _exit(notify.fd == PASSED_FD ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    return wait_for(child);
}

START_TEST(the_first_process_of_a_namespace_is_meant_whatever_its_number_outside)
{
    int manager = pass("notify", getpid());
    pid_t child = fork();
    int code;

    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(send_from_namespace());
    code = wait_for(child);
    if (code == NO_NAMESPACE) {
        (void)printf("# no PID namespace to be had here: nothing was tried in one\n");
        (void)fflush(stdout);
        return;
    }
    ck_assert_int_eq(code, EXIT_SUCCESS);
    check_received(manager, "READY=1");
}
END_TEST

START_TEST(a_socket_passed_to_another_process_is_not_ours)
{
    (void)pass("notify", getppid());
    check_nobody_listens();
}
END_TEST

/* The last is one more name than there are descriptors. */
START_TEST(a_socket_of_another_name_is_not_ours)
{
    static const char *const names[] = {"", "a", "notify2", "xnotify", "noti", "a:notify"};

    for (int i = 0; i < LENGTH(names); i++) {
        (void)pass(names[i], getpid());
        check_nobody_listens();
    }
}
END_TEST

START_TEST(a_count_that_is_none_passes_nothing)
{
    static const char *const counts[] = {"", "x", "-1", "21x", " 21", "99999999999999999999"};

    for (int i = 0; i < LENGTH(counts); i++) {
        (void)pass("notify", getpid());
        set("LISTEN_FDS", counts[i]);
        check_nobody_listens();
    }
}
END_TEST

/* ---- WATCHDOG_USEC --------------------------------------------------------------------------- */

static int64_t read_watchdog(const char *microseconds)
{
    set("WATCHDOG_USEC", microseconds);
    return notify_open().watchdog;
}

START_TEST(the_watchdog_s_time_is_read)
{
    ck_assert_int_eq(notify_open().watchdog, 0);
    ck_assert_int_eq(read_watchdog("10000000"), 10 * NS_PER_SECOND);
    set_pid("WATCHDOG_PID", getpid());
    ck_assert_int_eq(read_watchdog("1"), 1000);
    check_environment_is_clear();
}
END_TEST

START_TEST(another_s_watchdog_is_not_ours)
{
    set_pid("WATCHDOG_PID", getppid());
    ck_assert_int_eq(read_watchdog("10000000"), 0);
}
END_TEST

START_TEST(a_time_that_is_none_is_no_watchdog)
{
    static const char *const times[] = {
        "", "0", "-1", "1s", "99999999999999999999", "9223372036854775807"};

    for (int i = 0; i < LENGTH(times); i++)
        ck_assert_int_eq(read_watchdog(times[i]), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("notify");
    TCase *socket = suite_add(suite, "socket");
    TCase *passed = suite_add(suite, "passed");
    TCase *watchdog = suite_add(suite, "watchdog");

    tcase_add_checked_fixture(socket, folder_enter, folder_leave);
    tcase_add_test(socket, without_a_manager_nothing_is_sent);
    tcase_add_test(socket, a_message_arrives_at_a_path);
    tcase_add_test(socket, a_message_arrives_at_an_abstract_name);
    tcase_add_test(socket, an_address_that_is_none_is_no_manager);
    tcase_add_test(socket, an_address_that_is_too_long_is_no_manager);
    tcase_add_test(socket, the_socket_never_takes_the_place_of_a_standard_stream);
    tcase_add_test(socket, a_manager_that_does_not_read_stops_nothing);
    tcase_add_test(socket, a_long_message_is_cut);
    tcase_add_test(passed, a_passed_socket_is_found_by_its_name);
    tcase_add_test(passed, a_passed_socket_comes_before_an_address);
    tcase_add_test(passed, the_first_process_of_a_namespace_is_meant_whatever_its_number_outside);
    tcase_add_test(passed, a_socket_passed_to_another_process_is_not_ours);
    tcase_add_test(passed, a_socket_of_another_name_is_not_ours);
    tcase_add_test(passed, a_count_that_is_none_passes_nothing);
    tcase_add_test(watchdog, the_watchdog_s_time_is_read);
    tcase_add_test(watchdog, another_s_watchdog_is_not_ours);
    tcase_add_test(watchdog, a_time_that_is_none_is_no_watchdog);
    return suite_run(suite);
}
