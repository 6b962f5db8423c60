"""Upgrades of keepalived and of the system in turn."""

from __future__ import annotations

import re

from lab.debian import NEWER
from lab.operator import CHECKPOINT, FLAG, REBOOT, UPGRADE, Operator
from tests.lab.conftest import GAP_SECONDS, on, on_one_of

SOURCE = "/etc/apt/sources.list.d/newer.list"


def versions(operator: Operator, package: str = "keepalived") -> list[str | None]:
    """The version of a package on each host."""
    return [host.version(package) for host in operator.hosts.values()]


def upgraded(text: str) -> list[str]:
    """The nodes that were upgraded, in order."""
    return re.findall(r"\[(server\d+)\] \d+:\d\d upgrading", text)


@on_one_of("bookworm", "trixie")
def test_keepalived_is_upgraded_in_turn_and_back_and_clients_lose_nothing(managers: Operator) -> None:
    (old,) = set(versions(managers))
    run = managers.types(UPGRADE)
    run.line(f"[server01] nothing to upgrade, keepalived {old} is what apt offers")
    managers.everywhere(f"echo 'deb [trusted=yes lang=none] file:{NEWER} ./' > {SOURCE}")
    with managers.watching() as seen:
        run = managers.types(UPGRADE)
    assert upgraded(run.text) == ["server03", "server02", "server01"]
    run.line(f"[server01] keepalived {old} → {old}+newer")
    assert versions(managers) == [f"{old}+newer"] * 3
    assert seen.route == ["server01", "server02", "server01"]
    assert seen.lost <= 2  # one a move
    assert seen.longest(0) <= GAP_SECONDS

    managers.kills(f"{UPGRADE} --data version={old}", "[server02] keepalived is healthy")
    managers.kills(f"{UPGRADE} --data version={old}", "[server01] 10.10.0.2: server02 → server01 in ")
    managers.is_refused(REBOOT).line("the upgrade of server01 that ")
    run = managers.types(f"{UPGRADE} --data version={old}")
    assert upgraded(run.text) == []
    assert versions(managers) == [old] * 3
    managers.everywhere(f"test ! -e {FLAG} -a ! -e {CHECKPOINT}")

    run = managers.is_refused(f"{UPGRADE} --data version=9.9")
    run.line(f"[server03] server03: apt knows no keepalived 9.9; there is {old}+newer, {old}")


@on("bookworm")
def test_the_whole_system_is_upgraded_and_what_runs_with_replaced_files_is_restarted(managers: Operator) -> None:
    managers.everywhere(f"echo 'deb [trusted=yes lang=none] file:{NEWER} ./' > {SOURCE}; apt-get -qq update")
    managers.everywhere("apt-get -qq install keepalived")
    managers.sees_holder("server01")
    run = managers.types(f"{UPGRADE} --data packages=all")
    assert upgraded(run.text) == ["server03", "server02", "server01"]
    for name in managers.hosts:
        assert re.search(rf"\[{name}\] \S+ restarting keepalived.service, which runs with replaced files", run.text)
    assert all(version and version.endswith("+newer") for version in versions(managers, "libnftnl11"))
    managers.everywhere("! grep -q 'libnftnl.*(deleted)' /proc/$(pidof -s keepalived)/maps")
    managers.types(UPGRADE).line("[server02] nothing to upgrade, ")
    for option in ("packages=some", "version='one two'", "packages=all --data version=1"):
        managers.is_refused(f"{UPGRADE} --data {option}").line("Nothing was done.")
