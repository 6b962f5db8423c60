"""global_defs of one node: the table of keywords that have another form in a cluster file. Pure."""

from __future__ import annotations

from collections.abc import Callable

from keepalived.conf.importing.handmade import written
from keepalived.conf.importing.keys import OF_ALL, NodeKeys, value_from
from keepalived.spec.blocks import Block
from keepalived.spec.global_defs import GlobalDefs


def read_global_defs(found: NodeKeys, block: Block) -> None:
    for words, inner in block:
        if read := OF_GLOBAL_DEFS.get(words[0]):
            read(found, words, inner)
        elif words[0] in OF_ALL:
            found.of_all[OF_ALL[words[0]]] = value_from(words, inner)
        elif words[0] in GlobalDefs.model_fields:
            found.global_defs[words[0]] = value_from(words, inner)
        else:
            found.raw.append(written([(words, inner)]))


def _version(found: NodeKeys, words: list[str], inner: Block) -> None:
    found.version = 3 if words[1:2] == ["3"] else 2


def _user(found: NodeKeys, words: list[str], inner: Block) -> None:
    found.user = words[1] if len(words) > 1 else None


def _smtp(found: NodeKeys, words: list[str], inner: Block) -> None:
    value = value_from(words, inner)
    if words[0] == "smtp_server":
        value = ":".join([f"[{words[1]}]" if ":" in words[1] else words[1], words[2]]) if words[2:] else value
    found.smtp[words[0]] = value
    found.smtp_lines.append(written([(words, inner)]))


def _nothing(found: NodeKeys, words: list[str], inner: Block) -> None:
    """What every file of this project says already."""


OF_GLOBAL_DEFS: dict[str, Callable[[NodeKeys, list[str], Block], None]] = {
    "vrrp_version": _version,
    "script_user": _user,
    "enable_script_security": _nothing,
    "notification_email": _smtp,
    "notification_email_from": _smtp,
    "smtp_server": _smtp,
    "smtp_connect_timeout": _smtp,
}
