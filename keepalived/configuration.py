"""The files of a node: rendered from a checked cluster, and told apart by what they mean. Reads only the templates."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from keepalived.cluster import Cluster

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
    """The text of keepalived.conf on `node`; `interfaces` has the network interface of each instance."""
    template = _environment.get_template("keepalived.conf.j2")
    return template.render(cluster=cluster, node=node, interfaces=interfaces)


def drop_in() -> str:
    """The text of the drop-in for keepalived.service, the same on every node."""
    return (TEMPLATES / "keepalived.service.conf").read_text(encoding="utf-8")


def fingerprint(text: str) -> str | None:
    """A digest of what keepalived reads in `text`: without comments, indents and empty lines.

    Equal digests, equal configurations; so a file on disk can be compared with the copy that a running daemon keeps
    (memory file "consolidated_configuration", lib/parser.c in keepalived 2.2 and 2.3). None when the text pulls in more
    than itself (include, definitions, conditions), which only keepalived can resolve.
    """
    lines = []
    for line in text.splitlines():
        words = " ".join(re.sub(r'("[^"]*")|[#!].*', lambda match: match.group(1) or "", line).split())
        if re.match(r"include|[@$~]", words):
            return None
        if words:
            lines.append(words)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
