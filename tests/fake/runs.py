"""Whole runs as an operator types them, on a simulated cluster: the plan and its refusals, then one turn after another.

The files in tasks/ do the same with pyinfra around it. There nodes of a batch have their turns side by side, here one
after the other; a turn that stops ends the run, as config.py says.
"""

from __future__ import annotations

from collections.abc import Collection

from keepalived.cli.errors import NothingDone
from keepalived.facts import Swarm
from keepalived.observed.cluster import ClusterState
from keepalived.operations.change import deploy_node
from keepalived.operations.checkpoints import remove_checkpoints
from keepalived.operations.drain import drain_node
from keepalived.operations.reboot import checkpoint_node, reboot_node
from keepalived.operations.remove import is_there, stop_node
from keepalived.operations.restore import restore_node
from keepalived.operations.upgrade import UpgradePlan, upgrade_node
from keepalived.plan import guard, maintenance, rollout
from keepalived.plan.maintenance import TurnPart
from keepalived.plan.swarm import leader_of, leave_refusal
from keepalived.spec import paths
from keepalived.spec.flag import RunKind
from tests.fake import managers
from tests.fake.report import boot_state


class Managers(managers.Managers):
    """A simulated cluster and the commands for it. Without names every node is meant."""

    def _targets(self, names: Collection[str]) -> list[str]:
        return [name for name in self.cluster.nodes if name in names or not names]

    def _look(self, targets: Collection[str], *, bare: bool = False) -> ClusterState:
        """Before anything is done."""
        seen = self.world.look()
        if unread := [name for name in targets if seen.nodes[name] is None]:
            raise NothingDone(f"{', '.join(unread)} cannot be read")
        lacking = [name for name in targets if (node := seen.nodes[name]) and node.version is None]
        if lacking and not bare:
            raise NothingDone(f"keepalived is not installed on {', '.join(lacking)}")
        return seen

    def drain(self, *names: str, reason: str | None = None, until: str | None = None, force: bool = False) -> None:
        """tasks/drain.py"""
        targets = self._targets(names)
        seen = self._look(targets)
        if not force and (why := guard.drain_refusal(seen, targets)):
            raise NothingDone(why)
        with self.forcing(force):
            for name in targets:
                drain_node(self.turn(name, targets), reason=reason, until=until, force=force)

    def restore(self, *names: str) -> None:
        """tasks/restore.py"""
        targets = self._targets(names)
        self._look(targets)
        for name in targets:
            restore_node(self.turn(name, targets))

    def rollout(self, *names: str, force: bool = False) -> rollout.RolloutPlan:
        """The plan of deploy.py."""
        targets = self._targets(names)
        seen = self._look(targets, bare=True)
        texts = {
            name: self.text_of(name)
            for name, node in seen.nodes.items()
            if node is not None and (name in targets or node.unit.runs)
        }
        return rollout.plan_rollout(seen, texts, targets, force=force)

    def deploy(self, *names: str, force: bool = False) -> None:
        """deploy.py"""
        targets = self._targets(names)
        plan = self.rollout(*names, force=force)
        for name in targets:
            self.stage(name)
        with self.forcing(force):
            for batch in plan.batches:
                for name in batch:
                    deploy_node(self.turn(name, targets), self.text_of(name), force=force)

    def _order(
        self, seen: ClusterState, run: RunKind, work: dict[str, TurnPart], *, resume: bool = True, force: bool
    ) -> list[str]:
        """The turns of a reboot or an upgrade."""
        if not force and (why := maintenance.run_refusal(seen, run, work, "")):
            raise NothingDone(why)
        leader = None
        if self.cluster.maintenance.swarm:
            swarms = self.turn(next(iter(self.cluster.nodes))).runner.ask_all(Swarm)
            for name in work:
                if work[name] == "do" and not force and (why := leave_refusal(swarms, name)):
                    raise NothingDone(why)
            leader = leader_of(swarms)
        return list(maintenance.plan_maintenance(seen, run, work, leader).work)

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
        seen = self._look(targets)
        asking = [name for name in targets if boot_state(self[name]).asks] if required else None
        work = maintenance.reboots(seen, targets, asking, resume=resume)
        order = self._order(seen, "reboot", work, resume=resume, force=force)
        with self.forcing(force):
            for name in targets:
                node = self.world.look().nodes[name]
                if work.get(name) == "do" and not (node and resume and maintenance.is_pending(node)):
                    checkpoint_node(self.turn(name, targets), meant=[one for one in targets if one in work])
            for name in order:
                reboot_node(self.turn(name, targets), reason=reason, force=force)
            for name in targets:
                remove_checkpoints(self.turn(name, targets))

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
        seen = self._look(targets)
        order = self._order(seen, "upgrade", dict.fromkeys(targets, "do"), force=force)
        plan = UpgradePlan(version, everything, ())
        with self.forcing(force):
            for name in order:
                upgrade_node(self.turn(name, targets), plan, reason=reason, force=force)

    def remove(self, *names: str, force: bool = False) -> None:
        """tasks/remove.py"""
        targets = self._targets(names)
        seen = self._look(targets, bare=True)
        due = [name for name in targets if is_there(seen.nodes[name])]
        if due and not force:
            if set(due) == set(self.cluster.nodes):
                raise NothingDone("no node would be left")
            if why := guard.nobody_left(seen, due):
                raise NothingDone(why)
        with self.forcing(force):
            for name in due:
                node = self.world.look().nodes[name]
                if node and (node.unit.runs or node.unit.enabled):
                    stop_node(self.turn(name, targets), force=force)
        for name in due:
            server = self[name]
            for path in (paths.CONFIGURATION, paths.DROP_IN, paths.CHECKPOINT, self.cluster.drain.flag):
                server.files.pop(path, None)
            server.installed, server.unit_read = None, None
