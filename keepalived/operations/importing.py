"""Reads what somebody wrote by hand on the nodes, and prints the cluster file for it. Changes nothing."""

from __future__ import annotations

import sys
from ipaddress import ip_address
from typing import NoReturn

from pyinfra import inventory, logger, state
from pyinfra.api import Host

from keepalived.cli.errors import NothingDone
from keepalived.conf.importing.convert import Imported, imported
from keepalived.conf.importing.handmade import NotReadable
from keepalived.facts import Files
from keepalived.observed.files import FoundFiles
from keepalived.run.context import current
from keepalived.run.ending import Ended
from keepalived.run.look import ask_all

SECONDS = 20  # many files of a busy server


def show_and_exit() -> None:
    """Prints the cluster file of this run's hosts, and ends the run: with 0, or 1 where the file needs a hand."""

    def show() -> NoReturn:
        found = _imported([host for host in inventory if state.is_host_in_limit(host)])
        sys.stdout.write(found.text)
        sys.stdout.flush()
        for kind, words in (
            ("secret", found.secrets),
            ("not in this file", found.lost),
            ("look at", found.doubts),
            ("moves", found.moves),
        ):
            for one in words:
                logger.warning("%s: %s", kind, one)
        if found.cluster is None:
            logger.error("The file above needs a hand before it can be used.")
        raise Ended(0 if found.cluster else 1)

    current().once("import", show)


def _imported(hosts: list[Host]) -> Imported:
    found = ask_all(hosts, Files, SECONDS)
    unread = [host.name for host, files in found.items() if files is None]
    if unread:
        raise NothingDone(f"{', '.join(unread)} could not be read: is it up, and may you become root there?")
    made = [files.of(*_names(host, files)) for host, files in found.items() if files]
    if doubled := {one.node for one in made if [other.node for other in made].count(one.node) > 1}:
        raise NothingDone(f"several hosts are called {', '.join(sorted(doubled))}: name them by what tells them apart")
    try:
        return imported(made)
    except NotReadable as error:
        raise NothingDone(*str(error).splitlines()) from None


def _names(host: Host, files: FoundFiles) -> tuple[str, str]:
    """What the node is called in the cluster file, and the address that pyinfra connects to, where it is one."""
    typed = str(host.data.get("node") or host.name)
    connected = str(host.data.get("ssh_hostname") or typed)
    return (files.hostname or typed) if _is_address(typed) else typed, connected if _is_address(connected) else ""


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
