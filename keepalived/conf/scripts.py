"""The scripts of a cluster: rendered from the cluster file, named after their content. Reads the templates."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import NamedTuple

from keepalived.conf.templates import environment
from keepalived.spec import paths
from keepalived.spec.check import Check, command_of
from keepalived.spec.cluster import Cluster
from keepalived.spec.notify import NotifyCommand, program_of, with_arguments


class Script(NamedTuple):
    """A script that keepalived runs. `name`: what it is for, with a digest of the text, as keepalived and the node
    have it. `tries`: whether it says, with the argument `try`, that it can be run."""

    name: str
    text: str
    tries: bool = True

    @property
    def path(self) -> str:
        """Where it lies on a node."""
        return f"{paths.SCRIPTS}/{self.name}"


def check_scripts(cluster: Cluster) -> dict[str, Script]:
    """The scripts of the checks of a cluster, by the check's name; the same on every node."""
    return {name: _of_check(cluster.name, name, check) for name, check in cluster.checks.items() if check.is_script}


def notify_scripts(cluster: Cluster) -> dict[str, dict[str, Script]]:
    """The scripts for changes of state by the place of their owner in the file, and keyword; the same on every node."""
    return {
        place: {
            keyword: _of_notify(cluster.name, cluster.drain.flag, keyword, command)
            for keyword, command in owner.notify_commands.items()
        }
        for place, owner in cluster.notifying.items()
    }


def scripts_of(cluster: Cluster) -> list[Script]:
    """All scripts of a cluster, each once."""
    notified = [script for scripts in notify_scripts(cluster).values() for script in scripts.values()]
    shipped = [
        _shipped(keyword, command.script)
        for owner in cluster.notifying.values()
        for keyword, command in owner.notify_commands.items()
        if command.script
    ]
    return list(dict.fromkeys([*check_scripts(cluster).values(), *shipped, *notified]))


def is_name_of_script(name: str) -> bool:
    """Whether a file of this name in the folder of the scripts is one of ours."""
    return re.fullmatch(r"[A-Za-z0-9_-]+-[0-9a-f]{8}", name) is not None


@lru_cache
def _of_check(cluster: str, name: str, check: Check) -> Script:
    template = environment.get_template("check.sh.j2")
    text = template.render(
        cluster={"name": cluster},
        name=name,
        check=check,
        command=command_of(check),
        results=paths.CHECK_RESULTS,
    )
    return _named(name, text)


@lru_cache
def _of_notify(cluster: str, flag: str, keyword: str, notify: NotifyCommand) -> Script:
    template = environment.get_template("notify.sh.j2")
    command = _shipped(keyword, notify.script).path if notify.script else str(notify.command)
    text = template.render(
        cluster={"name": cluster},
        keyword=keyword,
        user=notify.user,
        program=program_of(command),
        command=with_arguments(command),
        flag=flag,
    )
    return _named(keyword, text)


def _shipped(keyword: str, text: str) -> Script:
    """The operator's own file, as it is."""
    return _named(f"{keyword}_file", text)._replace(tries=False)


def _named(name: str, text: str) -> Script:
    return Script(f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}", text)
