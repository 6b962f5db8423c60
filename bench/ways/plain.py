"""What anybody writes with pyinfra, without this repository: each operation on all nodes side by side (bench/plain).

The nodes run what this repository has deployed: so nothing differs but the procedure.
"""

from __future__ import annotations

import shlex

from bench.taking import cluster
from bench.ways import way
from lab.lab import CHECKOUT
from lab.operator import DEPLOY, FLAG, Operator

PROJECT = CHECKOUT / "bench/plain"


class Plain:
    """pyinfra, all nodes at once."""

    name = "plain pyinfra, all at once"

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._change, self._router = 5, 51

    def prepare(self) -> None:
        self._operator.writes(cluster(change=self._change))
        self._operator.types(DEPLOY)

    def follows(self, change: int) -> None:
        """Goes on where the nodes run by another value of what is changed."""
        self._change = change

    def acts(self) -> way.Acts:
        return {
            way.DRAIN: lambda: self._flag("touch", "server02"),
            way.RESTORE: lambda: self._flag("rm -f", "server01"),
            way.RESTART: lambda: self._changes("restarted"),
            way.RELOAD: lambda: self._changes("reloaded"),
            way.ROUTER: self._another_router,
            way.UPGRADE: lambda: self._types("upgrade.py -y"),
            way.REBOOT: lambda: self._types("reboot.py -y"),
        }

    def _types(self, arguments: str) -> None:
        command = ["pyinfra", "inventory.py", *shlex.split(arguments)]
        self._operator.lab.operator(command, cwd=PROJECT, timeout=way.WAIT_SECONDS, check=True)

    def _flag(self, verb: str, then: str) -> None:
        self._types(f"exec --limit server01 -- {verb} {FLAG}")
        self._operator.sees_holder(then, seconds=60)

    def _changes(self, act: str) -> None:
        old, self._change = self._change, 11 - self._change
        self._types(
            f"change.py -y --data old='garp_master_repeat {old}' "
            f"--data new='garp_master_repeat {self._change}' --data act={act}"
        )

    def _another_router(self) -> None:
        old, self._router = self._router, 128 - self._router
        self._types(
            f"change.py -y --data old='virtual_router_id {old}' "
            f"--data new='virtual_router_id {self._router}' --data act=restarted"
        )
