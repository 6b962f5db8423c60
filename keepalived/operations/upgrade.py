"""Upgrades keepalived, or the whole system, on the nodes of each cluster one after the other."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from pyinfra import host, state
from pyinfra.api import QuoteString, StringCommand, operation
from pyinfra.facts.apt import noninteractive_apt

from keepalived.cli.operator import operator_name
from keepalived.cli.options import UpgradeOptions, as_data
from keepalived.facts import Boot, Packages
from keepalived.observed.checkpoint import Checkpoint
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.observed.packages import PackagesState
from keepalived.operations.maintenance import Turns, order_of
from keepalived.operations.turn import last_look, leave_service, own_checkpoint, return_to_service
from keepalived.plan import maintenance
from keepalived.plan.commands import command, limit_to
from keepalived.plan.maintenance import is_left
from keepalived.run.context import current
from keepalived.run.files import remove_file, write_checkpoint
from keepalived.run.hands import TurnCommand, error_in_words, targets
from keepalived.run.look import GONE, ask
from keepalived.run.planning import Commands, look_before, refuse
from keepalived.run.turn import Turn
from keepalived.spec import paths

APT_SECONDS = 60  # for apt to tell what it would do
INSTALL_SECONDS = 3600
# Neither waits for another one to end: unattended-upgrades may be at it, and holds these locks for minutes at most.
PATIENTLY = """
for try in $(seq 60); do
  said=$(LC_ALL=C DEBIAN_FRONTEND=noninteractive {command} 2>&1) && exit 0
  case $said in *"get lock"* | *"locked by"*) sleep 5;; *) break;; esac
done
printf '%s\\n' "$said"; exit 1
"""
READ_PACKAGES = PATIENTLY.format(command="apt-get -q update")
FINISH_INSTALLATION = PATIENTLY.format(command="dpkg --force-confdef --force-confold --configure -a")
WAITS_FOR_APT = "-o DPkg::Lock::Timeout=300"  # unattended-upgrades may be at it
STAYS = re.compile(
    r"(dbus|systemd-logind|user@\d+|getty@\w+|serial-getty@\w+|display-manager|gdm3?|sddm|lightdm)\.service"
)
"""Services whose restart ends sessions or cuts off the system's own parts from each other: they wait for a reboot."""


@dataclass(frozen=True)
class UpgradePlan:
    """What is to be upgraded, and the batches of hosts."""

    version: str | None
    everything: bool
    batches: tuple[frozenset[str], ...]


def plan(options: UpgradeOptions) -> UpgradePlan:
    """The plan of this run, made once from one look at each cluster, and told. Raises NothingDone, before all."""
    return current().once("upgrade", partial(_make_plan, options))


def _make_plan(options: UpgradeOptions) -> UpgradePlan:
    turns = Turns()
    for seen in look_before(partial(refuses, options)).values():
        order_of(turns, seen, "upgrade", dict.fromkeys(targets(seen.cluster), "do"), force=options.force)
    return UpgradePlan(options.version, options.packages == "all", turns.batches())


def refuses(options: UpgradeOptions, seen: ClusterState, meant: Collection[str]) -> str | None:
    """Why these nodes of a cluster may not be upgraded; None when they may."""
    if options.force:
        return None
    limit = limit_to(seen.cluster, meant) or [seen.cluster.name]
    forced = command("tasks/upgrade.py", limit, as_data(options, force="true"))
    return maintenance.run_refusal(seen, "upgrade", dict.fromkeys(meant, "do"), forced)


@operation()
def known(plan: UpgradePlan) -> Commands:
    """
    Ends the run, before any node is touched, where apt does not know the version that is asked for.

    + plan: what is to be upgraded

    **Example:**

    .. code:: python

        known(name="Check that the version is to be had", plan=plan)
    """
    if not state.is_executing or plan.version is None:
        return
    try:
        packages = ask(host, Packages, APT_SECONDS)
    except GONE as error:
        yield refuse(
            f"{host.name} does not answer any more ({error_in_words(error, APT_SECONDS)}). Nothing was upgraded"
        )
        return
    if why := unknown_version(packages, plan.version):
        yield refuse(f"{host.name}: {why}. Nothing was upgraded")


def unknown_version(packages: PackagesState | None, version: str) -> str | None:
    """That apt has no such version of keepalived, in words; None: it has."""
    if packages and packages.chosen(version):
        return None
    there = ", ".join(packages.offered) if packages and packages.offered else "none"
    return f"apt knows no keepalived {version}; there is {there}"


@operation()
def turn(batch: Collection[str], plan: UpgradePlan, reason: str | None = None, force: bool = False) -> Commands:
    """
    Upgrades this node if it is its turn and there is something to upgrade: out of service, upgrade, healthy, back.

    + batch: the names of the hosts whose turn it is
    + plan: what is to be upgraded
    + reason: why, for status and the node's journal
    + force: also when no other node could serve

    **Example:**

    .. code:: python

        for batch in host.loop(plan.batches):
            turn(name="Upgrade one node of each cluster", batch=batch, plan=plan)
    """
    if host.name in batch:
        yield TurnCommand(partial(upgrade_node, plan=plan, reason=reason, force=force))


def upgrade_node(turn: Turn, plan: UpgradePlan, *, reason: str | None = None, force: bool = False) -> None:
    """The turn of a node that is upgraded; one on which there is nothing to upgrade is left alone."""
    before = turn.look()
    node, packages = before.nodes[turn.node], turn.runner.ask(Packages, turn.node, APT_SECONDS)
    if node is None or packages is None:
        turn.stop(f"{turn.node} does not answer any more: nothing was done to it")
    hold = turn.cluster.host.hold
    due = packages.due(plan.version, everything=plan.everything, held_too=hold)
    if packages.held and not hold and due and not plan.everything:
        turn.stop(
            f"apt holds keepalived on {turn.node}. Run `apt-mark unhold keepalived` there, or set host.hold: true in "
            f"{turn.cluster.name}.yml. Nothing was done to it"
        )
    if not (due or _stale(plan, packages) or is_left(node, "upgrade")):
        turn.say(f"nothing to upgrade, keepalived {packages.installed} is what apt offers")
        return
    turn.times.listed = True
    checkpoint = own_checkpoint(node, "upgrade") or _begin(turn, node)
    leave_service(turn, "upgrade", before, checkpoint, reason, force=force, cuts=plan.everything)
    last_look(turn, force=force)
    turn.announce(f"upgrading {due}" if due else "restarting what runs with replaced files")
    _upgrade(turn, plan)
    after = turn.look().nodes[turn.node]
    return_to_service(turn, "upgrade", after.checkpoint if after else checkpoint)
    turn.shell(remove_file(paths.CHECKPOINT), "removing the checkpoint")
    _say_what_waits(turn)


def _begin(turn: Turn, node: NodeState) -> Checkpoint:
    """Writes the checkpoint of an upgrade."""
    begun = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    new = Checkpoint(run="upgrade", by=operator_name(), begun=begun, boot=node.boot or "")
    if node.checkpoint and node.checkpoint.availability:  # what the swarm is to be brought back to is not forgotten
        new = new.drained_in_swarm(node.checkpoint.availability, node.checkpoint.waiting)
    turn.shell(write_checkpoint(new), "writing the checkpoint")
    return new


def _stale(plan: UpgradePlan, packages: PackagesState) -> list[str]:
    """The services that run with replaced files and that this run is to restart."""
    found = [one for one in packages.stale if not STAYS.fullmatch(one)]
    return found if plan.everything else [one for one in found if one == "keepalived.service"]


def _upgrade(turn: Turn, plan: UpgradePlan) -> None:
    """What apt has to do, and the restart of services that it leaves with replaced files."""
    wanted = turn.runner.ask(Packages, turn.node, APT_SECONDS)
    if wanted is None:
        turn.stop(f"apt on {turn.node} does not answer")
    if wanted.broken:
        turn.shell(FINISH_INSTALLATION, "`dpkg --configure -a`", seconds=INSTALL_SECONDS)
    hold = turn.cluster.host.hold
    if wanted.held and hold:
        turn.shell("apt-mark unhold keepalived", "`apt-mark unhold keepalived`")
    command = None
    if plan.everything:
        command = StringCommand(noninteractive_apt(f"{WAITS_FOR_APT} upgrade --with-new-pkgs"))
    elif (chosen := wanted.chosen(plan.version)) not in (None, wanted.installed):
        install = noninteractive_apt(f"{WAITS_FOR_APT} --no-install-recommends --allow-downgrades install")
        command = StringCommand(install, QuoteString(f"keepalived={chosen}"))
    if command:
        turn.shell(command, "apt-get", seconds=INSTALL_SECONDS)
    if hold:
        turn.shell("apt-mark hold keepalived", "`apt-mark hold keepalived`")
    now = turn.runner.ask(Packages, turn.node, APT_SECONDS)
    if now is None:
        turn.stop(f"apt on {turn.node} does not answer: what runs with replaced files was not restarted")
    for service in _stale(plan, now):
        turn.announce(f"restarting {service}, which runs with replaced files")
        restart = StringCommand("systemctl try-restart", QuoteString(service))
        turn.shell(restart, f"`systemctl try-restart {service}`")
    if wanted.installed != now.installed:
        turn.runner.say(f"keepalived {wanted.installed} → {now.installed}", "good")


def _say_what_waits(turn: Turn) -> None:
    """What a reboot alone brings about."""
    packages = turn.runner.ask(Packages, turn.node, APT_SECONDS)
    boot = turn.runner.ask(Boot, turn.node, APT_SECONDS)
    if packages and packages.stale:
        turn.say(f"{', '.join(packages.stale)} still run with replaced files until the next boot")
    if boot and boot.asks:
        reboot = command("tasks/reboot.py", [turn.node], ["only=required"])
        turn.say(f"asks for a reboot ({boot.asks}):{reboot}")
