"""What clients saw of TCP connections to an address while something happened: see `talkers`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

from lab.errors import LabError
from lab.host import Host
from lab.lab import CHECKOUT, Lab
from lab.talkers import NEW_A_SECOND

PORT = 7777
SERVER = (Path(__file__).parent / "echo.pl").read_text()
UNIT = "echo-server"


def serve(host: Host, port: int = PORT) -> None:
    """Has the host answer each line on a TCP port with its name and that line, also after a boot."""
    unit = (
        f"[Service]\nLimitNOFILE=65536\nExecStart=/usr/bin/perl /root/echo.pl {port}\n"
        "[Install]\nWantedBy=multi-user.target\n"
    )
    host.succeed(f"cat > /root/echo.pl <<'END'\n{SERVER}END")
    host.succeed(f"cat > /etc/systemd/system/{UNIT}.service <<'END'\n{unit}END")
    host.succeed(f"systemctl enable --now --quiet {UNIT}")


class Talking:
    """Clients on the operator's machine from `with` to its end: `count` connections that talk, and new ones."""

    def __init__(
        self,
        lab: Lab,
        address: str,
        count: int,
        port: int = PORT,
        *,
        new_a_second: float = NEW_A_SECOND,
        quiet: bool = False,
    ) -> None:
        self._lab, self._address, self._count, self._port = lab, address, count, port
        self._new_a_second, self._quiet = new_a_second, quiet
        self._told: dict[str, Any] = {}

    def __enter__(self) -> Talking:
        """Begins, once all connections are open. Raises LabError when they are not."""
        arguments = [self._address, str(self._port), str(self._count), str(self._new_a_second)]
        talkers = ["python", "-m", "lab.talkers", *arguments]
        self._process = self._lab.operator_popen(talkers, stdin=subprocess.PIPE, cwd=CHECKOUT)
        assert self._process.stdout is not None
        first = self._process.stdout.readline()
        if not first or json.loads(first)["open"] != self._count:
            raise LabError(f"not all connections could be opened: {first}{self._process.communicate()[1]}")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def end(self) -> None:
        """Ends all connections; what became of them is known then."""
        if not self._told:
            out, err = self._process.communicate()
            self._told = json.loads(out) if out else {"error": err}
            if not self._quiet:
                print(self)

    @property
    def kept(self) -> int:
        """The connections that lived to the end."""
        return int(self._told["kept"])

    @property
    def broken(self) -> dict[str, int]:
        """Those that did not, by what happened to them."""
        return dict(self._told["broken"])

    @property
    def silences(self) -> list[tuple[float, float | None]]:
        """From when to when one of them had no answer, in seconds since the epoch; None: it has broken."""
        return [(since, until) for since, until in self._told["silences"]]

    @property
    def failed(self) -> dict[str, int]:
        """The new connections that were not answered, by what happened to them."""
        return dict(self._told["why"])

    @property
    def servers(self) -> dict[str, int]:
        """Which host served how many at the end."""
        return dict(self._told["servers"])

    def __str__(self) -> str:
        return f"{self._address}: {json.dumps(self._told)}"
