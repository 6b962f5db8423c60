"""The pyinfra inventory of the cluster files: a group a file, a host a node; and that --limit names something in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatch
from itertools import chain
from pathlib import Path
from typing import Any

from paramiko import SSHConfig

from keepalived.cli.command_line import command_line, unknown_option
from keepalived.cli.errors import NothingDone
from keepalived.run.ending import take_over
from keepalived.spec.cluster_file import EVERYBODY, ClusterError, read_clusters

Groups = dict[str, list[tuple[str, dict[str, Any]]]]
LONGEST_SECONDS = 900
"""For a command of an operation, or a fact, that has no limit of its own: a node whose disk hangs answers on the
network for ever. apt waits 300 s for its lock, and then installs a few packages."""


class LimitError(Exception):
    """--limit, --exclude or --data does not match what there is. The text is one line."""


def groups(folder: Path, built: Mapping[str, Mapping[str, Any]] | None = None) -> Groups:
    """The hosts of each cluster in `folder`, with `cluster` and `node` in their data, and a limit for each command.

    `built`: more clusters by name, each what its file would say, from wherever they are known.

    Raises NothingDone with every fault of the files, or when pyinfra was called with a --limit or --exclude that
    matches nothing, or a --data that the command does not know.
    """
    try:
        found = _read(folder, built)
        _check_command_line(found)
    except ClusterError as error:
        raise NothingDone(*error.faults) from None
    except LimitError as error:
        raise NothingDone(str(error)) from None
    return found


def _read(folder: Path, built: Mapping[str, Mapping[str, Any]] | None) -> Groups:
    named = _named_by_ssh()
    return {
        name: [
            (
                node,
                {
                    "ssh_hostname": node if named(node) else str(member.address),
                    "cluster": cluster,
                    "node": node,
                    "_timeout": LONGEST_SECONDS,
                },
            )
            for node, member in cluster.nodes.items()
        ]
        for name, cluster in read_clusters(folder, built).items()
    }


def _named_by_ssh() -> Callable[[str], bool]:
    """Whether ~/.ssh/config says under which HostName a node is reached: then pyinfra's connector goes by that."""
    file = Path("~/.ssh/config").expanduser()
    if not file.is_file():
        return lambda node: False
    config = SSHConfig.from_path(file)
    return lambda node: config.lookup(node)["hostname"] != node


def _check_command_line(found: Groups) -> None:
    """Raises LimitError for what was typed."""
    if typed := command_line():
        take_over()  # again: pyinfra's command installs its question about a dead node after config.py
        check_limit(found, typed.limit, typed.exclude)
        if unknown := unknown_option(typed.files, typed.data):
            raise LimitError(unknown)


def check_limit(found: Groups, limit: Iterable[str], exclude: Iterable[str]) -> None:
    """Raises LimitError where pyinfra would go on with nobody and exit 0."""
    for option, patterns in (("limit", limit), ("exclude", exclude)):
        for pattern in patterns:
            if not _matches([pattern], found):
                raise LimitError(_unknown(option, pattern, found))
    if not _matches(limit or [EVERYBODY], found) - _matches(exclude, found):
        raise LimitError("--limit and --exclude together leave no host")


def _matches(patterns: Iterable[str], found: Groups) -> set[str]:
    """As pyinfra does it: the name of a group, or a pattern of host names."""
    return {
        host
        for name, members in found.items()
        for host, _ in members
        if any(pattern in (name, EVERYBODY) or fnmatch(host, pattern) for pattern in patterns)
    }


def _unknown(option: str, pattern: str, found: Groups) -> str:
    hosts = {name: [host for host, _ in members] for name, members in found.items()}
    close = get_close_matches(pattern, [*found, *chain.from_iterable(hosts.values())], n=1)
    if "," in pattern:
        return f"--{option} {pattern} matches no host: say --{option} once for each"
    there = "; ".join(f"{name}: {', '.join(members)}" for name, members in hosts.items())
    return f"--{option} {pattern} matches no host{f' (did you mean {close[0]}?)' if close else ''}. There are {there}"
