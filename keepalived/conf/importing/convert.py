"""From hand-made configurations to the cluster file that reproduces them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from keepalived.conf.importing.doubts import doubts, moves
from keepalived.conf.importing.fit import fitted
from keepalived.conf.importing.handmade import Handmade, NotReadable, text_of
from keepalived.conf.importing.keys import ReadNode
from keepalived.conf.importing.meaning import meaning
from keepalived.conf.importing.merge import Merged, merged
from keepalived.conf.importing.of_node import keys_of
from keepalived.conf.importing.yaml_text import yaml_text
from keepalived.conf.render import configuration
from keepalived.conf.scripts import scripts_of
from keepalived.spec.cluster import Cluster
from keepalived.spec.plain_text import plain


class Imported(NamedTuple):
    """`text`: the cluster file. `lost`: what it does not say. `doubts`: what is wrong with what was read. `moves`: what
    a deploy of it moves. `cluster` is None where the file needs a hand: `lost` says what is wrong with it."""

    text: str
    lost: list[str]
    doubts: list[str]
    moves: list[str]
    secrets: list[str]
    cluster: Cluster | None


def imported(nodes: list[Handmade]) -> Imported:
    """The cluster file of these nodes. Raises NotReadable with a line for each node that cannot be read."""
    read: list[ReadNode] = []
    texts: dict[str, str] = {}
    problems = []
    for made in nodes:
        try:
            texts[made.node] = plain(text_of(made).replace("\r\n", "\n"))
            keys = keys_of(made.node, texts[made.node])
        except NotReadable as error:
            problems.append(str(error))
        except ValueError as error:
            problems.append(f"{made.node}: keepalived.conf cannot be read: {error}")
        else:
            read.append((made, keys))
    if problems:
        raise NotReadable("\n".join(problems))
    found = merged(read)
    lost = list(found.lost)
    if not found.data["instances"]:
        lost.append("there is no vrrp_instance: write under instances what shall float")
    secrets = _name_secrets(found.data["instances"], found.passwords)
    data, cluster = fitted(found, lost)
    if cluster:
        lost += _differences(read, texts, cluster, lost)
    doubtful = [*doubts(read, texts, found), *(_numbers(found, cluster) if cluster else ())]
    moved = moves(read, found)
    if cluster and scripts_of(cluster):
        moved.append(
            "the first deploy restarts each node, since keepalived's unit must let scripts run: a holder hands its "
            "addresses over and takes them back; one without a file that drains it is reloaded, and keeps them"
        )
    comments = [
        f"Read from keepalived.conf of {', '.join(texts)}. docs/moving-over.md says how to go on.",
        *(f"SECRET: {secret}" for secret in secrets),
        *(f"NOT IN THIS FILE: {words}" for words in dict.fromkeys(lost)),
        *(f"LOOK AT: {words}" for words in doubtful),
        *(f"MOVES: {words}" for words in moved),
    ]
    return Imported(yaml_text(data, comments), list(dict.fromkeys(lost)), doubtful, moved, secrets, cluster)


def _differences(nodes: list[ReadNode], texts: dict[str, str], cluster: Cluster, lost: list[str]) -> list[str]:
    """What a deploy of `cluster` would write otherwise than it is, and what nothing in `lost` is about."""
    found = []
    for made, keys in nodes:
        if not keys.instances.keys() >= cluster.instances.keys():
            continue  # it is called otherwise there
        interfaces = {name: one.interface or keys.instances[name].interface for name, one in cluster.instances.items()}
        due = meaning(configuration(cluster, made.node, interfaces), cluster)
        for statement in meaning(texts[made.node]).without(due):
            whose, _, what = statement.partition(": ")
            keyword = what.split()[0] if what.split() else whose
            about = (keyword,) if whose.startswith(("vrrp_instance ", "global_defs")) else (keyword, whose)
            if not any(word in words for word in about for words in lost):
                found.append(f"{made.node}: `{statement}` would be otherwise")
    return found


def _numbers(found: Merged, cluster: Cluster) -> Iterator[str]:
    """Whether a check that fails may move addresses otherwise than today."""
    for name, check in cluster.checks.items():
        if check.weight != (was := found.data["checks"][name].get("weight")):
            yield (
                f"the check {name} has weight {check.weight}, not {was}, and the priorities are wider apart by as "
                "much: so no two nodes have the same, and the same node wins"
            )
            return
    for name, bases in found.bases.items():
        if name in cluster.instances and any(check.weight for check in cluster.checks_of(name).values()):
            new = {node: cluster.base_priority(name, node) for node in bases}
            if len({base - new[node] for node, base in bases.items()}) > 1:
                numbers = ", ".join(f"{node} {base}, here {new[node]}" for node, base in bases.items())
                yield f"priorities of {name} are apart otherwise ({numbers}): see what a failed check does"


def _name_secrets(instances: dict[str, dict[str, object]], passwords: dict[str, str]) -> list[str]:
    """Puts the name of an environment variable in the place of each password; what somebody must do with it."""
    named: dict[str, str] = {}
    said = []
    for name, instance in instances.items():
        if not isinstance(authentication := instance.get("authentication"), dict):
            continue
        password = passwords.get(name, "")
        if password not in named:
            own = re.sub(r"[^A-Z0-9]", "_", name.upper())
            named[password] = "VRRP_PASSWORD" if len(set(passwords.values())) == 1 else f"VRRP_PASSWORD_{own}"
            said.append(
                f"export {named[password]} with the auth_pass of {name} (on a node: grep auth_pass "
                "/etc/keepalived/keepalived.conf) before the file is used, or write where it is kept"
            )
        instance["authentication"] = {**authentication, "auth_pass": {"env": named[password]}}
    return said
