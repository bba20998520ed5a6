# SPDX-License-Identifier: GPL-2.0-or-later
"""The nginx before several origins."""

from pathlib import Path

from origin import CHECKOUT, Nginx, Server, hold_port


class Front(Server):
    """deploy/front/nginx.conf.in before origins."""

    def __init__(self, origins: list[Nginx], run: Path) -> None:
        super().__init__(run)
        self.gates = [hold_port() for _ in origins]
        values = {"RUN": run, "LISTEN": f"127.0.0.1:{self.port}"}
        for number, (origin, gate) in enumerate(zip(origins, self.gates), 1):
            values[f"REPLICA_{number}"] = f"127.0.0.1:{origin.port}"
            values[f"GATE_{number}"] = gate.getsockname()[1]
        text = (CHECKOUT / "deploy" / "front" / "nginx.conf.in").read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        self.configuration.write_text(text)

    def __exit__(self, *reason) -> None:
        super().__exit__(*reason)
        for gate in self.gates:
            gate.close()
