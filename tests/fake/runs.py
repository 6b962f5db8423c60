"""Whole runs as an operator types them, on a simulated cluster: the plan and its refusals, then batch after batch.

The files in tasks/ do the same with pyinfra around it. What is refused and in which order nodes have their turns, the
verbs' own modules say here as well. A turn that stops ends the run when its batch has ended, as config.py says.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial

from keepalived.cli.errors import NothingDone
from keepalived.cli.options import DeployOptions, DrainOptions, RebootOptions, RemoveOptions, UpgradeOptions, read
from keepalived.facts import Swarm
from keepalived.observed.cluster import ClusterState
from keepalived.observed.swarm import SwarmState
from keepalived.operations import deploy, drain, maintenance, reboot, remove, restore, upgrade
from keepalived.operations.change import deploy_node
from keepalived.operations.checkpoints import remove_checkpoints
from keepalived.plan.maintenance import TurnPart
from keepalived.plan.rollout import RolloutPlan
from keepalived.run.planning import Refuses, may_begin
from keepalived.run.turn import Turn
from keepalived.run.wait import AGAIN_SECONDS, wait
from keepalived.spec import paths
from keepalived.spec.flag import RunKind
from tests.fake import managers
from tests.fake.at_once import at_once
from tests.fake.report import boot_state, packages


class Managers(managers.Managers):
    """A simulated cluster and the commands for it. Without names every node is meant."""

    order: Iterable[int] = ()
    """In which order those go on that have their turns at once (at_once.py)."""

    def _targets(self, names: Collection[str]) -> list[str]:
        return [name for name in self.cluster.nodes if name in names or not names]

    def _look(self, targets: Sequence[str], refuses: Refuses | None = None, *, bare: bool = False) -> ClusterState:
        """Before anything is done."""
        runner = self.turn(targets[0]).runner
        waited = wait(runner.look, lambda seen: may_begin(seen, targets, refuses, bare=bare), AGAIN_SECONDS, runner)
        if not waited.verdict.done:
            raise NothingDone(f"{self.cluster.name}: {waited.verdict.seen}")
        return waited.seen

    def _at_once(self, nodes: Iterable[str], targets: Collection[str], do: Callable[[Turn], None]) -> None:
        """The turns of a batch."""
        turns = [partial(self._begin, name, targets, do) for name in nodes]
        if turns:
            at_once(self.world, turns, self.order)

    def _begin(self, name: str, targets: Collection[str], do: Callable[[Turn], None]) -> None:
        do(self.turn(name, targets))

    def drain(
        self, *names: str, reason: str | None = None, until: str | None = None, force: bool = False, wait: int = 0
    ) -> None:
        """tasks/drain.py"""
        targets = self._targets(names)
        options = read(DrainOptions, {"reason": reason, "until": until, "force": force, "wait": wait}.get)
        drain.refuse_vain_wait(options, [self.cluster])
        self._look(targets, partial(drain.refuses, options))
        with self.forcing(force):
            self._at_once(
                targets, targets, partial(drain.drain_node, reason=reason, until=until, force=force, wait=wait)
            )

    def restore(self, *names: str) -> None:
        """tasks/restore.py"""
        targets = self._targets(names)
        self._look(targets)
        self._at_once(targets, targets, restore.restore_node)

    def rollout(self, *names: str, force: bool = False) -> RolloutPlan:
        """The plan of deploy.py."""
        targets = self._targets(names)
        runner = self.turn(targets[0]).runner
        seen = wait(runner.look, deploy.elected, self.cluster.move_seconds, runner).seen
        texts = {
            name: self.text_of(name)
            for name, node in seen.nodes.items()
            if node is not None and (name in targets or node.unit.runs)
        }
        return deploy.rollout_of(read(DeployOptions, {"force": force}.get), seen, targets, texts)

    def deploy(self, *names: str, force: bool = False) -> None:
        """deploy.py"""
        targets = self._targets(names)
        plan = self.rollout(*names, force=force)
        for name in targets:
            self.stage(name)
        with self.forcing(force):
            for batch in plan.batches:
                self._at_once(batch, targets, self._change(force))

    def _change(self, force: bool) -> Callable[[Turn], None]:
        return lambda turn: deploy_node(turn, self.text_of(turn.node), force=force)

    def _order(
        self, seen: ClusterState, run: RunKind, work: Mapping[str, TurnPart], anew: str = "", *, force: bool
    ) -> list[str]:
        """The turns of a reboot or an upgrade."""
        swarms: Mapping[str, SwarmState | None] = {}
        if self.cluster.maintenance.swarm:
            swarms = self.turn(next(iter(self.cluster.nodes))).runner.ask_all(Swarm)
        return list(maintenance.planned(seen, run, work, swarms, anew=anew, force=force).work)

    def reboot(
        self,
        *names: str,
        required: bool = False,
        reason: str | None = None,
        resume: bool = True,
        force: bool = False,
    ) -> None:
        """tasks/reboot.py"""
        targets = self._targets(names)
        said = {"only": "required" if required else None, "reason": reason, "resume": resume, "force": force}
        options = read(RebootOptions, said.get)
        boots = {name: boot_state(self[name]) for name in targets} if required else {}
        seen = self._look(targets, partial(reboot.refuses, options, boots))
        work = reboot.work_of(options, boots, seen, targets)
        order = self._order(seen, "reboot", work, reboot.anew(options, self.cluster, targets), force=force)
        nodes = self.world.look().nodes
        new = [name for name in work if work[name] == "do" and not reboot.has_checkpoint(nodes[name], resume=resume)]
        with self.forcing(force):
            self._at_once(
                new, targets, partial(reboot.checkpoint_node, meant=[name for name in targets if name in work])
            )
            for name in order:
                self._at_once([name], targets, partial(reboot.reboot_node, reason=reason, force=force))
            self._at_once(targets, targets, remove_checkpoints)

    def upgrade(
        self,
        *names: str,
        version: str | None = None,
        everything: bool = False,
        reason: str | None = None,
        force: bool = False,
    ) -> None:
        """tasks/upgrade.py"""
        targets = self._targets(names)
        said = {"version": version, "packages": "all" if everything else None, "reason": reason, "force": force}
        options = read(UpgradeOptions, said.get)
        seen = self._look(targets, partial(upgrade.refuses, options))
        order = self._order(seen, "upgrade", dict.fromkeys(targets, "do"), force=force)
        for name in targets if version else ():
            if why := upgrade.unknown_version(packages(self[name]), version or ""):
                raise NothingDone(f"{name}: {why}")
        plan = upgrade.UpgradePlan(version, everything, ())
        with self.forcing(force):
            for name in order:
                self._at_once([name], targets, partial(upgrade.upgrade_node, plan=plan, reason=reason, force=force))

    def remove(self, *names: str, force: bool = False) -> None:
        """tasks/remove.py"""
        targets = self._targets(names)
        options = read(RemoveOptions, {"force": force}.get)
        seen = self._look(targets, partial(remove.refuses, options), bare=True)
        running = [name for name in targets if (node := seen.nodes[name]) and remove.is_to_be_stopped(node)]
        with self.forcing(force):
            self._at_once(running, targets, partial(remove.stop_node, force=force))
        for name in targets:
            server = self[name]
            for path in (paths.CONFIGURATION, paths.DROP_IN, paths.CHECKPOINT, self.cluster.drain.flag):
                server.files.pop(path, None)
            server.installed, server.unit_read = None, None
