"""The table of a cluster file's keys, as docs/cluster-file.md shows it, built from the model. Pure.

`python -m keepalived.spec.table FILE` writes it into FILE, between the two marks.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import get_annotations
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import SkipJsonSchema

from keepalived.spec.cluster import Cluster
from keepalived.spec.fields import Within
from keepalived.spec.meanings import meanings

BEGIN_MARK = "<!-- keys: written by `make docs` from keepalived/spec -->"
END_MARK = "<!-- end of keys -->"
DEFAULT = "Default: "  # what follows it in a field's docstring goes into the column of that name


class Row(NamedTuple):
    """One key: its path in the file, what holds without it, and what it means."""

    key: str
    default: str
    meaning: str


def rows(model: type[BaseModel] = Cluster) -> list[Row]:
    """All keys of `model`, in the order of its fields, each followed by the keys below it."""
    return list(_rows(model, "", {}))


def _rows(model: type[BaseModel], prefix: str, shown: dict[type[BaseModel], str]) -> Iterator[Row]:
    meaning = meanings(model)
    for name, field in _fields(model):
        if any(type(part) is SkipJsonSchema for part in field.metadata):
            continue  # nobody writes it: the name of the cluster is that of its file
        key = f"{prefix}{name}"
        below = next(_models(field.annotation), None)
        if not isinstance(field.default, BaseModel):  # else it is only a heading: its keys have their own defaults
            yield _row(key, field, meaning[name], shown.get(below) if below else None)
        if below is None or below in shown:
            continue
        origins = {get_origin(part) for part in _parts(field.annotation)}
        if dict in origins:
            key = f"{key}.NAME"
            yield Row(key, "required", _one_line(below.__doc__))
        elif list in origins:
            key = f"{key}[]"
        shown[below] = key
        yield from _rows(below, f"{key}.", shown)


def _fields(model: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    """The fields of a model, its own before those it inherits."""
    own = get_annotations(model)
    return sorted(model.model_fields.items(), key=lambda item: item[0] not in own)


def _row(key: str, field: FieldInfo, words: str, like: str | None) -> Row:
    meaning, _, default = _one_line(words).partition(DEFAULT)
    sentences = [meaning.strip()]
    sentences += [f"{part.low} to {part.high}." for part in _within(field)]
    sentences += [f"Its keys are those of `{like}`."] if like else []
    if field.is_required():
        default = "required"
    elif not default:
        default = _shown(field.default)
    return Row(key, default.removesuffix("."), " ".join(sentences))


def _shown(default: object) -> str:
    """`false`, `0.5`, `restart` as a cluster file writes them."""
    if default is None or default == []:
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _one_line(words: str | None) -> str:
    return " ".join((words or "").split())


def _within(field: FieldInfo) -> Iterator[Within]:
    for part in (*field.metadata, *_parts(field.annotation)):
        if isinstance(part, Within):
            yield part


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    return (part for part in _parts(annotation) if isinstance(part, type) and issubclass(part, BaseModel))


def _parts(annotation: Any) -> Iterator[Any]:
    """`annotation` and all it is made of. The keys of a dict are not looked into."""
    yield annotation
    if get_origin(annotation) is dict:
        yield from _parts(get_args(annotation)[1])
    elif get_origin(annotation) is not None:
        for part in get_args(annotation):
            yield from _parts(part)


def markdown(table: list[Row]) -> str:
    """The table as markdown."""
    lines = ["| key | default | meaning |", "|---|---|---|"]
    lines += [f"| `{row.key}` | {row.default} | {row.meaning.replace('|', chr(92) + '|')} |" for row in table]
    return "\n".join(lines) + "\n"


def replaced(document: str) -> str:
    """`document` with today's table between its marks. Raises ValueError where it has no such marks."""
    before, begin, rest = document.partition(BEGIN_MARK)
    _, end, after = rest.partition(END_MARK)
    if not begin or not end:
        raise ValueError(f"the marks are missing: {BEGIN_MARK} and {END_MARK}")
    return f"{before}{BEGIN_MARK}\n\n{markdown(rows())}\n{END_MARK}{after}"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(replaced(target.read_text(encoding="utf-8")), encoding="utf-8")
