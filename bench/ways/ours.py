"""This repository's own commands."""

from __future__ import annotations

from bench.taking import cluster
from bench.ways import way
from lab import operator as typed
from lab.operator import Operator


class Ours:
    """With `connections: cut`, the default, or `keep`."""

    def __init__(self, operator: Operator, *, keep: bool = False) -> None:
        self.name = "ours, connections: keep" if keep else "ours"
        self._operator = operator
        # The connections of the measurement never end by themselves: a reboot would wait for them a minute a node.
        self._more = "connections: keep\nmaintenance: {connections_timeout: 2}\n" if keep else ""
        self.change, self._router = 5, 51

    def prepare(self) -> None:
        self._deploy()

    def acts(self) -> way.Acts:
        return {
            way.DRAIN: lambda: self._types(f"{typed.DRAIN} --limit server01"),
            way.RESTORE: lambda: self._types(f"{typed.RESTORE} --limit server01"),
            way.RESTART: self._restart,
            way.RELOAD: self._reload,
            way.ROUTER: self._another_router,
            way.UPGRADE: lambda: self._types(typed.UPGRADE),
            way.REBOOT: lambda: self._types(typed.REBOOT),
        }

    def _types(self, command: str) -> None:
        self._operator.types(command, timeout=way.WAIT_SECONDS)

    def _deploy(self, more: str = "") -> None:
        self._operator.writes(cluster(change=self.change, router=self._router, more=self._more + more))
        self._types(typed.DEPLOY)

    def _restart(self) -> None:
        self.change = 11 - self.change
        self._deploy()

    def _reload(self) -> None:
        self.change = 11 - self.change
        self._deploy("on_change: reload\n")

    def _another_router(self) -> None:
        self._router = 128 - self._router
        self._deploy()
