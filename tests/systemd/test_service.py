# SPDX-License-Identifier: GPL-2.0-or-later
"""The service under a real systemd: test_service.py SUITE VERSION, as in bookworm 252.

What is tested is in inside.py, which runs in a container.
"""
import sys
from pathlib import Path

import container

PACKAGES = "systemd-sysv,dbus,python3,nginx-light"


if __name__ == "__main__":
    sys.exit(container.run(*sys.argv[1:], PACKAGES, Path(__file__).with_name("inside.py")))
