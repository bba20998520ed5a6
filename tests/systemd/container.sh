#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Boots a copy of a tree, in memory, with systemd as its init, in a container. When it has powered
# off, prints what its /result holds, else what its console said, and then ends with 1.
#
#   unshare --mount container.sh TREE STAGE
#
# STAGE is laid over the tree. systemd wants a cgroup of its own below it, which a new cgroup
# namespace makes its root; a new PID namespace lets nothing outlive this; and /run is replaced,
# because systemd-nspawn looks there for the systemd of the host.
set -eu

# What was in the cgroup may take a moment to die.
remove_cgroup() {
    for _ in 1 2 3 4 5 6 7 8 9; do
        find "$leaf" -depth -type d -exec rmdir {} + 2>/dev/null && return
        sleep 0.1
    done
}

in_cgroup() {
    mount -t cgroup2 cgroup2 /mnt
    leaf=/mnt$(sed -n 's/^0:://p' /proc/self/cgroup)/hlsgen-$$
    mkdir "$leaf"
    trap remove_cgroup EXIT
    trap 'exit 130' TERM
    # shellcheck disable=SC2016 # expanded by the inner shell
    sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' sh "$leaf" \
        unshare --cgroup --mount --pid --fork --mount-proc --kill-child \
        sh "$0" --boot "$@"
}

boot() {
    mount --make-rprivate /
    mount -t tmpfs tmpfs /run
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    mkdir /run/upper /run/work /run/tree
    mount -t overlay -o "lowerdir=$1,upperdir=/run/upper,workdir=/run/work" overlay /run/tree
    cp -R "$2/." /run/tree/
    # These calls are forbidden unless named: those of hlsgen's layers, and the mlock(2) that a
    # library tries.
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --register=no --keep-unit --boot \
        --private-network --console=pipe --directory=/run/tree --system-call-filter='
            landlock_create_ruleset landlock_add_rule landlock_restrict_self @memlock' \
        </dev/null >/run/console 2>&1 || true
    cat /run/tree/result 2>/dev/null || {
        cat /run/console
        exit 1
    }
}

case $1 in
--boot)
    shift
    boot "$@"
    ;;
*) in_cgroup "$@" ;;
esac
