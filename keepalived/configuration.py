"""The files of a node: rendered from a checked cluster, and compared by meaning. Reads only the templates."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from keepalived.cluster import Cluster
from keepalived.flag import THIS_BOOT

PATH = "/etc/keepalived/keepalived.conf"
DROP_IN_PATH = "/etc/systemd/system/keepalived.service.d/floating-address.conf"
TEMPLATES = Path(__file__).parent.parent / "templates"

_environment = Environment(  # noqa: S701 - the files are not HTML
    loader=FileSystemLoader(TEMPLATES),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def configuration(cluster: Cluster, node: str, interfaces: Mapping[str, str]) -> str:
    """The text of keepalived.conf on `node`; `interfaces` has the network interface of each instance.

    Its fingerprint stands in a comment, so that a file that somebody has changed can be told from an older one.
    """
    template = _environment.get_template("keepalived.conf.j2")

    def render(fingerprint: str) -> str:
        return template.render(cluster=cluster, node=node, interfaces=interfaces, fingerprint=fingerprint)

    return render(str(fingerprint(render(""))))


def origin(text: str) -> Literal["deployed", "edited", "foreign"]:
    """Who wrote a keepalived.conf: deploy.py, deploy.py and then somebody else, or only somebody else."""
    found = re.search(r"^# Written by pyinfra deploy\.py .*\n(?:#.*\n)*?# Fingerprint: (\w+)\r?$", text, re.MULTILINE)
    if not found:
        return "foreign"
    return "deployed" if found[1] == fingerprint(text) else "edited"


class NoInterface(Exception):
    """There is no network interface for an instance on a node. The text says what to do."""


def interfaces(cluster: Cluster, node: str, carried: Mapping[str, list[str]]) -> dict[str, str]:
    """The network interface of each instance on `node`: as set, or the one that carries the node's own address.

    `carried` has the addresses by interface, as the node reports them. Raises NoInterface.
    """
    own = str(cluster.nodes[node].address)
    found = next((interface for interface, addresses in carried.items() if own in addresses), None)
    for instance, settings in cluster.instances.items():
        if settings.interface is None and found is None:
            raise NoInterface(
                f"{node}: no network interface carries its address {own}: correct nodes.{node} or set "
                f"instances.{instance}.interface in {cluster.name}.yml"
            )
    chosen = {instance: settings.interface or str(found) for instance, settings in cluster.instances.items()}
    used: dict[tuple[int, int, str], str] = {}
    for instance, settings in cluster.instances.items():
        other = used.setdefault((settings.family, settings.virtual_router_id, chosen[instance]), instance)
        if other != instance:
            raise NoInterface(
                f"{node}: {other} and {instance} have virtual_router_id {settings.virtual_router_id} on the same "
                f"interface, {chosen[instance]}: give one of them another in {cluster.name}.yml"
            )
    return chosen


def drop_in(cluster: Cluster) -> str:
    """The text of the drop-in for keepalived.service, the same on every node of a cluster."""
    template = _environment.get_template("keepalived.service.conf.j2")
    return template.render(flag=cluster.drain.flag, this_boot=THIS_BOOT)


def fingerprint_but_ranks(text: str) -> str | None:
    """The same for all that is not a priority: equal where two texts differ at most in the ranks of the nodes."""
    return fingerprint(re.sub(r"^(\s*priority) \d+", r"\1", text, flags=re.MULTILINE))


def fingerprint(text: str) -> str | None:
    """A digest of what keepalived reads in `text`: without comments, indents and empty lines.

    Equal digests, equal configurations; so a file on disk can be compared with the copy that a running daemon keeps
    (memory file "consolidated_configuration", lib/parser.c in keepalived 2.2 and 2.3). None when the text pulls in more
    than itself (include, definitions, conditions), which only keepalived can resolve.
    """
    lines = []
    for line in text.splitlines():
        words = re.sub(
            r'("[^"]*")|[#!].*|\s+', lambda part: part[1] or (" " if part[0].isspace() else ""), line
        ).strip()
        if re.match(r"include|[@$~]", words):
            return None
        if words:
            lines.append(words)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
