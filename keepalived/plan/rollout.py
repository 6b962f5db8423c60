"""The order in which the nodes of a cluster are changed, and what is done to each. Pure.

The rule behind it: while a node that can serve exists, the address has a holder, and a change does not take it from one
before another has it. Nodes that hold nothing come first, the lowest rank first; holders come last and hand over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from keepalived.conf.adverts import AdvertSettings, advert_settings
from keepalived.conf.fingerprint import fingerprint, fingerprint_but_priorities
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.spec.cluster import Cluster

Work = Literal["start", "restart", "reload", "restore", "replace"]
"""start: the daemon does not run. restart, reload: it runs something else. restore: an earlier run left the node
drained. replace: the file differs in comments only."""

WORDS: dict[Work, str] = {
    "start": "start keepalived",
    "restart": "restart keepalived",
    "reload": "reload keepalived",
    "restore": "put it back in service (an earlier deploy ended before it could)",
    "replace": "replace the file, which differs in comments only",
}


class Refused(Exception):
    """A rollout that would leave an address without a holder, or with two. The text says why and what to do."""


@dataclass(frozen=True)
class Plan:
    """What is to be done to one cluster: `batches` of nodes, one batch after the other, and the same in words."""

    batches: tuple[tuple[str, ...], ...]
    words: tuple[str, ...]


def due(cluster: Cluster, node: NodeState, text: str) -> Work | None:
    """What must be done for `node` to run the configuration `text`; None when it does."""
    if not node.unit.runs:
        return "start"
    differs = node.configuration.running != fingerprint(text)
    if cluster.on_change == "reload":
        if differs:
            return "reload" if reload_carries(node, text) else "restart"
    elif (
        differs and node.unit.current and node.configuration.running_but_priorities == fingerprint_but_priorities(text)
    ):
        return "reload"  # a node has joined or left: the ranks of the others are no reason to move an address
    elif differs or node.unit.current is False:
        return "restart"
    if node.flag.run == "deploy":
        return "restore"
    if node.configuration.sha256 != hashlib.sha256(text.encode()).hexdigest():
        return "replace"
    return None


def reload_carries(node: NodeState, text: str) -> bool:
    """Whether a reload brings `node` to `text` with the addresses it holds."""
    old, new = node.configuration.advert_settings, advert_settings(text)
    return old is not None and all(old[name].reload_carries(new[name]) for name in old.keys() & new.keys())


def incompatible(old: Mapping[str, AdvertSettings] | None, new: Mapping[str, AdvertSettings]) -> set[str]:
    """The instances in which speakers of the old and of the new terms do not hear each other."""
    old = old or {}
    return {name for name in old.keys() & new.keys() if old[name] != new[name]}


def plan(state: ClusterState, texts: Mapping[str, str], targets: Collection[str], *, force: bool = False) -> Plan:
    """The rollout of `texts` (by node) to the `targets`. Raises Refused."""
    cluster = state.cluster
    nodes = {name: node for name, node in state.nodes.items() if node is not None}
    work = {name: what for name in targets if (what := due(cluster, nodes[name], texts[name]))}
    by_rank = sorted(work, key=cluster.drained_priority)
    replaced = [name for name in by_rank if work[name] == "replace"]
    starting = [name for name in reversed(by_rank) if work[name] == "start"]
    idle = [name for name in by_rank if work[name] not in ("start", "replace") and not nodes[name].holds]
    holders = [name for name in by_rank if work[name] not in ("start", "replace") and nodes[name].holds]

    for address in unheld(state):
        hearing = [name for name, node in nodes.items() if _is_backup(node)]
        if hearing and not state.unread():
            raise Refused(
                f"{cluster.name}: {address} is on none of the nodes, and yet {hearing[0]} hears somebody who holds it: "
                f"a machine that is not in {cluster.name}.yml (any more?) speaks for the same virtual_router_id. Drain "
                "it and stop keepalived there, or put it into the file"
            )

    if (renamed := _renamed(nodes, texts, work)) and not force:
        raise Refused(
            f"{cluster.name}: {renamed}, and the two are not the same for the nodes that run: take the address out, "
            "deploy, and put it back under the new name; --data force=true does it at once, with two holders meanwhile"
        )

    batches: list[list[str]]
    if parting := _parting(nodes, work, texts):
        if not force:
            _all_together(state, nodes, texts, targets, parting)
        if all(work[name] == "reload" for name in idle + holders):
            batches = [idle + holders, starting]
        else:
            if holders and not idle + starting and not _under(nodes, texts, holders) and not force:
                raise Refused(
                    f"{cluster.name}: {', '.join(sorted(parting))}: nodes do not hear each other before and after this "
                    f"change, and there is no other node to hold {', '.join(nodes[holders[0]].holds)} while "
                    f"{holders[0]} restarts. --data force=true does it with a gap of some seconds"
                )
            # Started together, two of nearly the same priority may both take the addresses for a moment.
            able = sorted(
                idle + starting,
                key=lambda name: (not nodes[name].drained, cluster.drained_priority(name)),
                reverse=True,
            )
            first, *rest = able or [""]
            # The holder goes as soon as the first one holds what it holds, and no other is left on the old terms.
            batches = [[first] if first else [], rest + holders[:1], *([name] for name in holders[1:])]
    else:
        new = [starting[:1], starting[1:]]  # the best one first: the others find their master
        old = [[name] for name in idle + holders]
        # A new node that is nobody's unicast peer yet hears nobody, and would hold the addresses a second time.
        unicast = any(instance.unicast for instance in cluster.instances.values())
        batches = [*old, *new] if unicast else [*new, *old]
    batches = [batch for batch in [replaced, *batches] if batch]
    return Plan(tuple(tuple(batch) for batch in batches), tuple(_words(state, work, batches, parting)))


def _parting(nodes: Mapping[str, NodeState], work: Mapping[str, Work], texts: Mapping[str, str]) -> set[str]:
    """The instances in which the change sets nodes that run apart."""
    return {
        instance
        for name, what in work.items()
        if what in ("restart", "reload")
        for instance in incompatible(nodes[name].configuration.advert_settings, advert_settings(texts[name]))
    }


def unheld(state: ClusterState) -> list[str]:
    """The floating addresses that running daemons are configured for, and no node is seen holding."""
    running = [
        node.configuration.advert_settings or {} for node in state.nodes.values() if node is not None and node.unit.runs
    ]
    known = {address for terms in running for instance in terms.values() for address in instance.addresses}
    return [address for address in state.cluster.addresses if address in known and not state.holders(address)]


def _is_backup(node: NodeState) -> bool:
    """Whether it hears a master."""
    return any(said.state == "BACKUP" and said.master_priority for said in (node.instances or {}).values())


def _under(nodes: Mapping[str, NodeState], texts: Mapping[str, str], holders: Collection[str]) -> bool:
    """Whether a node beside the `holders` speaks on the new terms already."""
    return any(
        node.unit.runs
        and node.configuration.advert_settings is not None
        and node.configuration.advert_settings == advert_settings(texts[name])
        for name, node in nodes.items()
        if name not in holders and name in texts
    )


def _all_together(
    state: ClusterState,
    nodes: Mapping[str, NodeState],
    texts: Mapping[str, str],
    targets: Collection[str],
    parting: Collection[str],
) -> None:
    """Raises Refused when a node that runs would be left behind on the old terms: it would be a second holder."""
    behind = [
        name
        for name, node in nodes.items()
        if name not in targets
        and node.unit.runs
        and incompatible(node.configuration.advert_settings, advert_settings(texts[name]))
    ]
    where = (
        f"{state.cluster.name}: {', '.join(sorted(parting))}: nodes do not hear each other before and after this change"
    )
    if behind:
        raise Refused(
            f"{where}, so all that run must make it together: {', '.join(behind)} would be left out. Run it without "
            "--limit, or stop keepalived there first"
        )
    sleeping = [
        name
        for name, node in nodes.items()
        if name not in targets and not node.unit.runs and node.unit.enabled and node.version
    ]
    if unseen := state.unread() + sleeping:
        raise Refused(
            f"{where}: {', '.join(unseen)} cannot make it now and would hold the addresses a second time when it comes "
            "back. Deploy to it as well, or take it out of the file; --data force=true leaves it behind all the same"
        )


def _renamed(nodes: Mapping[str, NodeState], texts: Mapping[str, str], work: Mapping[str, Work]) -> str | None:
    """An address that is to change from one instance to another, in words: no order of nodes makes that safe."""
    for name in work:
        now = {
            one: instance
            for instance, old in (nodes[name].configuration.advert_settings or {}).items()
            for one in old.addresses
        }
        then = {one: instance for instance, new in advert_settings(texts[name]).items() for one in new.addresses}
        for address in now.keys() & then.keys():
            if now[address] != then[address]:
                return f"{address} is to go from instance {now[address]} to {then[address]}"
    return None


def successor(state: ClusterState, name: str) -> str | None:
    """The node that takes over what `name` holds when it is drained: the best of the others that could serve it."""
    holder = state.nodes[name]
    held = [
        instance
        for instance, settings in state.cluster.instances.items()
        if holder and set(settings.addresses) & set(holder.holds)
    ]
    able = {
        other: sum(said.effective_priority for said in (node.instances or {}).values())
        for other, node in state.nodes.items()
        if other != name
        and node is not None
        and not any(state.unable(other, instance) for instance in held or state.cluster.instances)
    }
    return max(able, key=able.__getitem__, default=None)


def _words(
    state: ClusterState, work: Mapping[str, Work], batches: Collection[Collection[str]], parting: Collection[str]
) -> list[str]:
    cluster = state.cluster
    if not batches:
        return []
    words = [f"{cluster.name}: {len(work)} of {len(cluster.nodes)} nodes to change; {state.who_holds()}"]
    if parting:
        words.append(
            f"  the terms of {', '.join(sorted(parting))} change, nodes before and after it do not hear each other: "
            "one that holds nothing takes the addresses as well, then their holder lets go"
        )
    for number, batch in enumerate(batches, 1):
        for name in batch:
            node = state.nodes[name]
            holds = node.holds if node else []
            hand = ""
            if work[name] == "restart" and holds and not parting:
                to = successor(state, name)
                hand = f"hand {', '.join(holds)} to {to}, " if to else "no other node can take over: "
                if to and node and node.running_flag is None:
                    hand = "its daemon looks at no flag that this repository knows, so it cannot hand over: "
            words.append(f"  {number}. {name}: {hand}{WORDS[work[name]]}")
    for instance, settings in cluster.instances.items():
        after = _holder_after(state, work)
        for address in settings.addresses:
            if after and state.holders(address) != [after]:
                words.append(f"  afterwards {address} ({instance}) is on {after}")
    return words


def _holder_after(state: ClusterState, work: Mapping[str, Work]) -> str | None:
    """The best of the nodes that will run: by the new priorities, and by their flags as they are."""
    cluster = state.cluster
    rank = {
        name: cluster.effective_priority(name, drained=node.drained and node.flag.run != "deploy")
        for name, node in state.nodes.items()
        if node is not None and (node.unit.runs or work.get(name) == "start")
    }
    return max(rank, key=rank.__getitem__, default=None)
