"""The table of keys in docs/cluster-file.md is what the model says, and every key in it has a meaning."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.json_schema import SkipJsonSchema

from keepalived.spec.cluster_file import ClusterError, parse
from keepalived.spec.fields import Within
from keepalived.spec.table import BEGIN_MARK, END_MARK, markdown, replaced, rows

REPOSITORY = Path(__file__).resolve().parents[3]


class _Described(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class Cargo(_Described):
    """A thing that
    is carried."""

    weight: Annotated[int, Within(1, 9)]
    """Kilograms."""


class Engine(_Described):
    """What drives it."""

    fuel: Literal["coal", "wood"] = "wood"
    """`coal` | `wood`."""


class Train(_Described):
    name: SkipJsonSchema[str]
    cargo: dict[str, Annotated[Cargo, BeforeValidator(lambda value: value)]]
    """All that is carried."""
    returned: list[Cargo] = []
    """All that comes back."""
    speed: float | None = None
    """Metres a second. Default: as fast
    as it can."""
    slow: bool = False
    """No hurry."""
    engine: Engine = Engine()


def test_a_table_has_each_key_with_its_default_range_and_meaning() -> None:
    assert markdown(rows(Train)) == (
        "| key | default | meaning |\n"
        "|---|---|---|\n"
        "| `cargo` | required | All that is carried. |\n"
        "| `cargo.NAME` | required | A thing that is carried. |\n"
        "| `cargo.NAME.weight` | required | Kilograms. 1 to 9. |\n"
        "| `returned` | none | All that comes back. Its keys are those of `cargo.NAME`. |\n"
        "| `speed` | as fast as it can | Metres a second. |\n"
        "| `slow` | `false` | No hurry. |\n"
        "| `engine.fuel` | `wood` | `coal` \\| `wood`. |\n"
    )


def test_the_document_has_the_table_of_the_model() -> None:
    """If not: `make docs`."""
    document = (REPOSITORY / "docs/cluster-file.md").read_text(encoding="utf-8")
    assert document == replaced(document)


def test_every_key_has_a_meaning() -> None:
    """If not: write a docstring below the field in keepalived/spec/cluster.py."""
    assert [row.key for row in rows() if not row.meaning or not row.default] == []


def test_the_keys_are_those_that_a_cluster_file_may_have() -> None:
    """Each key of the top level is refused as what is wrong with it, and not as unknown."""
    keys = {row.key.partition(".")[0] for row in rows()}
    with pytest.raises(ClusterError) as refused:
        parse("".join(f"{key}: null\n" for key in [*sorted(keys), "surprise"]), "managers")
    unknown = [fault for fault in refused.value.faults if "is not a known key" in fault]
    assert [fault.split(":")[1] for fault in unknown] == [" surprise"]


@pytest.mark.parametrize("document", ["", BEGIN_MARK, END_MARK, f"{END_MARK}{BEGIN_MARK}"])
def test_a_document_without_the_marks_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match="marks are missing"):
        replaced(document)
