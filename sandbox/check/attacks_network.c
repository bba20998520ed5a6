/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network, and sockets at large. A family that is often a kernel module is tried with a type
 * that there is not, which the kernel refuses before it would load the module. What is sent goes to
 * the loopback interface.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/check/attacks.h"

#define NO_TYPE   15 /* below SOCK_TYPE_MASK, above every type */
#define PORT_NONE 9  /* discard: nobody listens */

#define SOCKET(family, type)  ATTACK_CALL(SYS_socket, family, type, 0)
#define MODULE_SOCKET(family) ATTACK_CALL(SYS_socket, family, NO_TYPE, 0), .passes = EINVAL

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

static int open_other_families(const struct scene *scene)
{
    int result = -EAFNOSUPPORT;

    (void)scene;
    for (int family = AF_UNIX; family < AF_MAX && result != 0; family++)
        result = attack_reached(socket(family, NO_TYPE, 0), EINVAL);
    return result;
}

static int connect_tcp(const struct scene *scene)
{
    struct sockaddr_in address = loopback(PORT_NONE);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)scene;
    if (fd < 0)
        return -errno;
    return attack_reached(connect(fd, (const struct sockaddr *)&address, sizeof(address)),
                          ECONNREFUSED);
}

static int bind_tcp(const struct scene *scene)
{
    struct sockaddr_in address = loopback(0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)scene;
    if (fd < 0)
        return -errno;
    return attack_result(bind(fd, (const struct sockaddr *)&address, sizeof(address)));
}

static int send_udp(const struct scene *scene)
{
    struct sockaddr_in address = loopback(PORT_NONE);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    (void)scene;
    if (fd < 0)
        return -errno;
    return attack_result(sendto(fd, "", 1, 0, (const struct sockaddr *)&address, sizeof(address)));
}

static int connect_unix(const struct sockaddr_un *address, socklen_t length)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    return attack_result(connect(fd, (const struct sockaddr *)address, length));
}

static int connect_abstract(const struct scene *scene)
{
    socklen_t length;
    struct sockaddr_un address = scene_abstract_address(scene->site, &length);

    return connect_unix(&address, length);
}

static int connect_path(const struct scene *scene)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket",
                         scene->site->path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    return connect_unix(&address, sizeof(address));
}

/* A socket file in the output directory would be a door for others. */
static int bind_path(const struct scene *scene)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || fchdir(scene->directory) < 0)
        return -errno;
    return attack_result(bind(fd, (const struct sockaddr *)&address, sizeof(address)));
}

static int pair[2];

static const struct attack attacks[] = {
    {"open a TCP socket", SOCKET(AF_INET, SOCK_STREAM)},
    {"open a UDP socket", SOCKET(AF_INET, SOCK_DGRAM)},
    {"open a raw ICMP socket", ATTACK_CALL(SYS_socket, AF_INET, SOCK_RAW, IPPROTO_ICMP)},
    {"open an IPv6 socket", SOCKET(AF_INET6, SOCK_STREAM)},
    {"open a Unix socket", SOCKET(AF_UNIX, SOCK_STREAM)},
    {"open a netlink socket", SOCKET(AF_NETLINK, SOCK_RAW)},
    {"open a packet socket", MODULE_SOCKET(AF_PACKET)},
    {"open a vsock socket", MODULE_SOCKET(AF_VSOCK)},
    {"open a kernel-crypto socket", MODULE_SOCKET(AF_ALG)},
    {"open a Bluetooth socket", MODULE_SOCKET(AF_BLUETOOTH)},
    {"open a CAN socket", MODULE_SOCKET(AF_CAN)},
    {"open an XDP socket", MODULE_SOCKET(AF_XDP)},
    {"open a socket of any family", .run = open_other_families},
    {"make a pair of sockets",
     ATTACK_CALL(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, (uintptr_t)pair)},
    {"connect by TCP", .run = connect_tcp},
    {"bind a TCP port", .run = bind_tcp},
    {"send by UDP", .run = send_udp},
    {"connect to an abstract socket", .run = connect_abstract},
    {"connect to a socket by its path", .run = connect_path},
    {"make a socket file", .run = bind_path},
    {"pass a descriptor", ATTACK_CALL(SYS_sendmsg, ATTACK_MINUS(1)), .passes = EBADF},
};

const struct attack_group attacks_network = {"network", attacks,
                                             sizeof(attacks) / sizeof(attacks[0]), false};
