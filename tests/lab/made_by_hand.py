"""The cluster of the blog post, made by hand on lab hosts: for the tests that bring it under this repository."""

from __future__ import annotations

from pathlib import Path

from lab.operator import DEPLOY, Operator

ORIGINS = (Path(__file__).parents[1] / "unit/origins_own.conf").read_text()
CONF = "/etc/keepalived/keepalived.conf"
ADOPT = f"{DEPLOY} --data adopt=true"


def make(managers: Operator, text: str) -> None:
    """Each node gets the file with its own priority, the last one first."""
    for priority, host in enumerate(reversed(managers.hosts.values()), 1):
        own = text.replace("priority 3", f"priority {priority}")
        host.succeed(f"cat >{CONF} <<'END'\n{own}END\nsystemctl restart keepalived")
    managers.sees_holder("server01")
