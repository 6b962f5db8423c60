"""A cluster file as text, from its data. Pure."""

from __future__ import annotations

import re
from typing import Any

import yaml

from keepalived.spec.plain_text import plain
from keepalived.spec.plain_yaml import PLAIN

WIDE = 100


class _Dumper(yaml.SafeDumper):
    """Quotes whatever the dialect of a cluster file would not read as text."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


for _tag, _pattern, _first in PLAIN:
    _Dumper.add_implicit_resolver(_tag, re.compile(f"(?:{_pattern})$"), list(_first))


def _list(dumper: _Dumper, data: list[Any]) -> yaml.Node:
    short = all(not isinstance(one, dict | list) for one in data) and sum(len(str(one)) + 4 for one in data) < WIDE
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=short)


def _text(dumper: _Dumper, data: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)


def _mapping(dumper: _Dumper, data: dict[str, Any]) -> yaml.Node:
    short = data.keys() <= {"address", "priority", "env", "file", "command", "user"} and not any(
        isinstance(value, dict | list) or "\n" in str(value) for value in data.values()
    )
    return dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=short)


_Dumper.add_representer(list, _list)
_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _mapping)


def yaml_text(data: dict[str, Any], comments: list[str]) -> str:
    """The text: the comments, then a part for each key at the top."""
    head = "".join(f"# {plain(' '.join(comment.split()))}\n" for comment in comments)
    parts = [
        yaml.dump({key: value}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
        for key, value in data.items()
    ]
    return "\n".join([head, *parts]) if head else "\n".join(parts)
