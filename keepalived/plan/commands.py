"""The commands of this repository as messages show them: whole, and on a line of their own. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable

from keepalived.spec.cluster import Cluster


def command(file: str, limit: Iterable[str] = (), data: Iterable[str] = ()) -> str:
    """`pyinfra inventory.py tasks/drain.py --limit server02 --data force=true`. `data` has `KEY=VALUE` each."""
    options = [*(f"--limit {name}" for name in limit), *(f"--data {shlex.quote(one)}" for one in data)]
    return on_a_line(" ".join(["pyinfra inventory.py", file, *options]))


def on_a_line(shell: str) -> str:
    """A command of the shell as it stands in a message."""
    return f"\n    {shell}"


def limit_to(cluster: Cluster, targets: Collection[str]) -> list[str]:
    """What `--limit` names in a run for these nodes; nothing where all are meant."""
    return [] if set(targets) == set(cluster.nodes) else list(targets)
