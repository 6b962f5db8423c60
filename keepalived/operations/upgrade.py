"""pyinfra operations that upgrade keepalived, or the whole system, on the nodes of each cluster one after the other."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from dataclasses import dataclass

from pyinfra import host, logger, state
from pyinfra.api import FunctionCommand, QuoteString, StringCommand, operation
from pyinfra.facts.apt import noninteractive_apt

from keepalived.cli.errors import NothingDone
from keepalived.facts import Boot, Packages
from keepalived.observed.checkpoint import Checkpoint
from keepalived.observed.cluster import ClusterState
from keepalived.observed.packages import Packages as PackagesState
from keepalived.operations import swarm as swarm_turn
from keepalived.operations import turn as cycle
from keepalived.operations.drain import drain_argument
from keepalived.plan import maintenance
from keepalived.plan.maintenance import Work, is_left
from keepalived.run import progress
from keepalived.run.commands import (
    Commands,
    forced,
    in_words,
    operator_name,
    plan_run,
    refuse,
    shell,
    targets,
    write_file,
)
from keepalived.run.look import ask, hosts_of, look
from keepalived.run.once import once
from keepalived.spec import paths

APT_SECONDS = 60  # for apt to tell what it would do
INSTALL_SECONDS = 3600
# dpkg itself does not wait for another one to end.
MEND = """
for try in $(seq 60); do
  said=$(DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a 2>&1) && exit 0
  case $said in *lock*) sleep 5;; *) break;; esac
done
printf '%s\\n' "$said"; exit 1
"""
WAITS_FOR_APT = "-o DPkg::Lock::Timeout=300"  # unattended-upgrades may be at it
STAYS = re.compile(
    r"(dbus|systemd-logind|user@\d+|getty@\w+|serial-getty@\w+|display-manager|gdm3?|sddm|lightdm)\.service"
)
"""Services whose restart ends sessions or cuts off the system's own parts from each other: they wait for a reboot."""


@dataclass(frozen=True)
class Plan:
    """What is to be upgraded, and the batches of hosts whose turn it is."""

    version: str | None
    everything: bool
    batches: tuple[frozenset[str], ...]


@once
def planned() -> Plan:
    """The plan of this run, made once from one look at each cluster, and told. Raises NothingDone, before all."""
    drain_argument("reason")
    version, packages = host.data.get("version"), host.data.get("packages")
    if packages not in (None, "all"):
        raise NothingDone(f"packages={packages} is not known: packages=all upgrades the whole system")
    if version is not None and packages is not None:
        raise NothingDone("version= is keepalived's, packages=all takes the newest of all: leave one of them out")
    if version is not None and not re.fullmatch(r"[A-Za-z0-9.+:~*-]+", str(version)):
        raise NothingDone(f"version={version} is not a version of a Debian package: 1:2.2.7-1+b2, or 1:2.2.*")
    force = forced()

    def work_of(meant: Collection[str]) -> dict[str, Work]:
        return dict.fromkeys(meant, "do")

    def refuses(seen: ClusterState, meant: Collection[str]) -> str | None:
        return None if force else maintenance.refusal(seen, "upgrade", work_of(meant))

    orders, swarm_of = {}, {}
    led: set[str] = set()
    for name, seen in plan_run(refuses).items():
        todo = work_of(targets(seen.cluster))
        leader, swarm_of[name] = swarm_turn.plan(seen.cluster, todo, force=force)
        plan = maintenance.plan(seen, "upgrade", todo, leader)
        for words in plan.words:
            logger.info(words)
        orders[name] = list(plan.work)
        if leader:
            led.add(name)
    return Plan(
        str(version) if version else None,
        packages == "all",
        cycle.batches(orders, swarm_of, led),
    )


@operation()
@in_words
def known(plan: Plan) -> Commands:
    """
    Ends the run, before any node is touched, where apt does not know the version that is asked for.

    + plan: what is to be upgraded

    **Example:**

    .. code:: python

        upgrade.known(name="Check that the version is to be had", plan=plan)
    """
    if not state.is_executing or plan.version is None:
        return
    packages = ask(host, Packages, APT_SECONDS)
    if packages is None or packages.chosen(plan.version) is None:
        there = ", ".join(packages.offered) if packages and packages.offered else "none"
        yield refuse(
            f"{host.name}: apt knows no keepalived {plan.version}; there is {there or 'none'}. Nothing was upgraded"
        )


@operation()
@in_words
def turn(batch: Collection[str], plan: Plan, reason: str | None = None, force: bool = False) -> Commands:
    """
    Upgrades this node if it is its turn and there is something to upgrade: out of service, upgrade, healthy, back.

    + batch: the names of the hosts whose turn it is
    + plan: what is to be upgraded
    + reason: why, for status and the node's journal
    + force: also when no other node could serve

    **Example:**

    .. code:: python

        for batch in host.loop(plan.batches):
            upgrade.turn(name="Upgrade one node of each cluster", batch=batch, plan=plan)
    """
    if host.name not in batch:
        return
    if not state.is_executing:
        yield FunctionCommand(_nothing, (), {})  # for the plan: there may be something to do
        return
    before = look(host.data.cluster)
    node, packages = before.nodes[host.data.node], ask(host, Packages, APT_SECONDS)
    if node is None or packages is None:
        yield refuse(f"{host.name} cannot be read any more: nothing was done to it")
        return
    due = packages.due(plan.version, everything=plan.everything)
    stale = _stale(plan, packages)
    if not (due or stale or is_left(node, "upgrade")):
        host.log(f"nothing to upgrade, keepalived {packages.installed} is what apt offers")
        return
    progress.begin()
    noted = node.maintenance if node.maintenance and node.maintenance.run == "upgrade" else None
    if noted is None:
        begun = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
        noted = Checkpoint(run="upgrade", by=operator_name(), begun=begun, boot=node.boot or "")
        if node.maintenance and node.maintenance.availability:
            noted = noted.drained_in_swarm(node.maintenance.availability, node.maintenance.waiting)
        yield write_file(paths.CHECKPOINT, noted.content)
    yield from cycle.leave("upgrade", before, node, noted, reason, force=force)
    progress.step(f"upgrading {due}" if due else "restarting what runs with replaced files")
    yield from cycle.last_look("upgrade", force=force)
    yield from _upgrade(plan)
    after = look(host.data.cluster).nodes[host.data.node]
    yield from cycle.come_back("upgrade", after.maintenance if after else noted)
    yield StringCommand("rm -f", paths.CHECKPOINT)
    _tell_what_waits()


def _nothing() -> None:
    pass


def _stale(plan: Plan, packages: PackagesState) -> list[str]:
    """The services that run with replaced files and that this run is to restart."""
    found = [one for one in packages.stale if not STAYS.fullmatch(one)]
    return found if plan.everything else [one for one in found if one == "keepalived.service"]


def _upgrade(plan: Plan) -> Commands:
    """What apt has to do, and the restart of services that it leaves with replaced files."""
    stands, me = cycle.otherwise("upgrade"), hosts_of(host.data.cluster)[host.data.node]
    wanted = ask(host, Packages, APT_SECONDS)
    if wanted is None:
        yield refuse(f"apt on {host.name} does not answer. {stands}")
        return
    if wanted.broken:
        yield shell("`dpkg --configure -a`", StringCommand(MEND), me, stands, seconds=INSTALL_SECONDS)
    command = None
    if plan.everything:
        command = StringCommand(noninteractive_apt(f"{WAITS_FOR_APT} upgrade --with-new-pkgs"))
    elif (chosen := wanted.chosen(plan.version)) not in (None, wanted.installed):
        install = noninteractive_apt(f"{WAITS_FOR_APT} --no-install-recommends --allow-downgrades install")
        command = StringCommand(install, QuoteString(f"keepalived={chosen}"))
    if command:
        yield shell("apt-get", command, me, stands, seconds=INSTALL_SECONDS)
    now = ask(host, Packages, APT_SECONDS)
    for service in _stale(plan, now) if now else []:
        progress.step(f"restarting {service}, which runs with replaced files")
        restart = StringCommand("systemctl try-restart", QuoteString(service))
        yield shell(f"`systemctl try-restart {service}`", restart, me, stands)
    if now and wanted.installed != now.installed:
        host.log_styled(f"keepalived {wanted.installed} → {now.installed}", fg="green")


def _tell_what_waits() -> None:
    """What a reboot alone brings about."""
    packages, boot = ask(host, Packages, APT_SECONDS), ask(host, Boot, APT_SECONDS)
    if packages and packages.stale:
        host.log(f"{', '.join(packages.stale)} still run with replaced files until the next boot")
    if boot and boot.asks:
        host.log(f"asks for a reboot ({boot.asks}): tasks/reboot.py --data only=required")
