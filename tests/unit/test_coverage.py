"""docs/coverage.md, the model and the golden cluster files say the same: which of what people express has a key."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_origin

import pytest
from pydantic import BaseModel

from keepalived.spec import plain_yaml, raw
from keepalived.spec.cluster import Cluster

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDEN = REPOSITORY / "tests/unit/golden"
TEXT = (REPOSITORY / "docs/coverage.md").read_text(encoding="utf-8")
ROWS, LVS_ROWS = 146, 17
REFUSED = {
    "instances.NAME.raw": raw.OF_INSTANCE,
    "raw.global_defs": raw.OF_GLOBAL_DEFS,
    "raw.blocks": raw.OF_BLOCKS,
}


class Said(NamedTuple):
    """A row of the document."""

    theme: str
    what: str
    how: str
    keys: str
    seen_in: str

    @property
    def named(self) -> list[str]:
        """What stands in backticks among its keys."""
        return re.findall(r"`([^`]+)`", self.keys)


def said() -> list[Said]:
    """All rows, below the heading of their theme."""
    found, theme = [], ""
    for line in TEXT.splitlines():
        theme = line.removeprefix("## ") if line.startswith("## ") else theme
        if line.startswith("| ") and not line.startswith("| what |"):
            cells = [cell.strip() for cell in line.strip("|").split(" |")]
            found.append(Said(theme, *[*cells, ""][:4]))
    return found


ALL = said()


def key_paths(model: type[BaseModel] = Cluster, prefix: str = "") -> Iterator[str]:
    """Every key of a cluster file wherever it may stand: `instances.NAME.virtual_ipaddress[].dev`."""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}"
        yield from _paths_below(field.annotation, f"{prefix}{name}")


def _paths_below(annotation: Any, path: str) -> Iterator[str]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from key_paths(annotation, f"{path}.")
    origin, parts = get_origin(annotation), get_args(annotation)
    for part in parts[1:] if origin is dict else parts:
        yield from _paths_below(part, f"{path}.NAME" if origin is dict else f"{path}[]" if origin is list else path)


def keys_set(part: object, path: str = "") -> Iterator[str]:
    """The keys that a cluster file sets, each also with its value: `on_change: reload`."""
    if isinstance(part, BaseModel):
        for name in part.model_fields_set:
            yield f"{path}.{name}".removeprefix(".")
            yield f"{path}.{name}: {getattr(part, name)}".removeprefix(".")
            yield from keys_set(getattr(part, name), f"{path}.{name}".removeprefix("."))
    elif isinstance(part, dict):
        for one in part.values():
            yield from keys_set(one, f"{path}.NAME")
    elif isinstance(part, list):
        for one in part:
            yield from keys_set(one, f"{path}[]")


def of_golden(name: str) -> set[str]:
    data = plain_yaml.load((GOLDEN / name).read_text(encoding="utf-8"))
    return set(keys_set(Cluster.model_validate({**data, "name": "golden"})))


def rows(how: str) -> list[Any]:
    return [pytest.param(row, id=row.what) for row in ALL if row.how == how]


def test_no_row_is_lost() -> None:
    assert len(ALL) == ROWS
    assert sum(row.theme == "LVS" for row in ALL) == LVS_ROWS
    assert {row.how for row in ALL} <= {"key", "always", "raw", "not yet", "no"}
    assert len({(row.theme, row.what) for row in ALL}) == ROWS


def test_the_document_counts_right() -> None:
    count = Counter(row.how for row in ALL if row.theme != "LVS")
    sentence = " ".join(TEXT.split())
    assert f"Of {ROWS} rows, {ROWS - LVS_ROWS} are about VRRP" in sentence
    assert (
        f"Of these, {count['key'] + count['always']} have a key or are always so, {count['raw']} are said" in sentence
    )
    assert f"{count['not yet']} not yet, and {count['no']} are left out" in sentence


@pytest.mark.parametrize("row", rows("key"))
def test_a_key_is_in_the_model_and_its_golden_file_sets_it(row: Said) -> None:
    assert row.named
    assert {name.partition(":")[0] for name in row.named} <= set(key_paths())
    if row.seen_in.endswith(".py"):  # the older suite does not know it
        assert all(
            name.rpartition(".")[2] in (REPOSITORY / row.seen_in).read_text(encoding="utf-8") for name in row.named
        )
        return
    assert set(row.named) <= of_golden(row.seen_in)
    assert list(GOLDEN.glob(f"{Path(row.seen_in).stem}.*.conf"))


@pytest.mark.parametrize("row", rows("always"))
def test_a_test_shows_what_is_always_so(row: Said) -> None:
    assert (REPOSITORY / row.seen_in).is_file()
    assert {name for name in row.named if name.startswith("instances.")} <= set(key_paths())


@pytest.mark.parametrize("row", rows("raw"))
def test_raw_takes_the_keyword(row: Said) -> None:
    assert row.named
    for name in row.named:
        place, keyword = name.split(": ")
        assert keyword not in REFUSED[place]
        assert place in of_golden(row.seen_in)


@pytest.mark.parametrize("row", [*rows("no"), *rows("not yet")])
def test_what_is_left_out_says_why(row: Said) -> None:
    assert row.keys
    assert not row.seen_in
