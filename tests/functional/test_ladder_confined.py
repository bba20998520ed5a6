# SPDX-License-Identifier: GPL-2.0-or-later
"""Ladders under all layers of confinement, which sanitized builds cannot enter."""

import os
import pwd

from origin import make_out
from tap import main
from test_ladder import Case


class Confined(Case):
    def test_all_layers_as_root(self) -> None:
        if os.geteuid() != 0:
            self.skipTest("for root alone")
        with self.run_ladder("--sandbox=strict") as hlsgen:
            hlsgen.wait_updates(1)
            self.assertEqual(hlsgen.stop(), 0, hlsgen.errors)
        self.assertIn("missing=none", hlsgen.errors)

    def test_as_a_plain_user(self) -> None:
        make_out(self.folder)
        hlsgen = self.run_ladder("--sandbox=strict")
        if os.geteuid() == 0:
            user = pwd.getpwuid(self.out.stat().st_uid)
            hlsgen.command[:0] = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}",
                                  "--clear-groups"]
        with hlsgen:
            hlsgen.wait_updates(1)
            self.assert_valid(hlsgen)
            self.assertEqual(hlsgen.stop(), 0, hlsgen.errors)


if __name__ == "__main__":
    main()
