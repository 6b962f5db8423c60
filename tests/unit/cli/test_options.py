"""The options of each verb: one model, and what is said of it where an operator reads."""

import ast
import re
from collections.abc import Mapping

import pytest

from keepalived.cli.command_line import FILES
from keepalived.cli.errors import NothingDone
from keepalived.cli.options import (
    OPTIONS,
    DeployOptions,
    DrainOptions,
    RebootOptions,
    StatusOptions,
    UpgradeOptions,
    as_data,
    read,
)
from keepalived.spec.meanings import meanings

EVERY_VERBS = {"probe", "probe_port", "record"}  # explained in the documents
FILE_OF = {verb: file for file, verb in FILES.items()}


@pytest.mark.parametrize("verb", OPTIONS)
def test_the_file_that_an_operator_types_names_each_option_and_no_other(verb: str) -> None:
    text = ast.get_docstring(ast.parse(FILE_OF[verb].read_text(encoding="utf-8"))) or ""
    named = set(re.findall(r"^--data (\w+)=", text, re.MULTILINE))
    assert named == OPTIONS[verb].model_fields.keys() - EVERY_VERBS


def test_each_verb_has_its_options() -> None:
    assert OPTIONS.keys() == FILE_OF.keys()


@pytest.mark.parametrize("verb", OPTIONS)
def test_each_option_is_explained(verb: str) -> None:
    assert meanings(OPTIONS[verb]).keys() == OPTIONS[verb].model_fields.keys()


def said(**data: object) -> Mapping[str, object]:
    return data


def test_what_is_not_said_has_its_default() -> None:
    assert read(RebootOptions, said().get) == RebootOptions(
        only=None, reason=None, resume=True, force=False, probe=True
    )


def test_what_pyinfra_makes_of_words_is_understood() -> None:
    found = read(DrainOptions, said(reason=2026, force=True, probe="off", until="reboot").get)
    assert found == DrainOptions(reason="2026", force=True, probe=False, until="reboot")
    assert read(UpgradeOptions, said(version=2.2).get).version == "2.2"


REFUSED = [
    (DrainOptions, {"force": "maybe"}, "force=maybe is neither true nor false (true, on, yes; false, off, no)"),
    (
        DrainOptions,
        {"until": "monday"},
        "until=monday is not known: until=reboot (the next boot ends it) or until=restore (the default)",
    ),
    (DrainOptions, {"reason": "a\nb"}, "reason: the reason must be one line of words"),
    (RebootOptions, {"only": "1"}, "only=1 is not known: only=required takes only the nodes that ask for a reboot"),
    (UpgradeOptions, {"packages": "most"}, "packages=most is not known: packages=all upgrades the whole system"),
    (
        UpgradeOptions,
        {"version": "1; reboot"},
        "version=1; reboot is not a version of a Debian package: 1:2.2.7-1+b2, or 1:2.2.*",
    ),
    (
        UpgradeOptions,
        {"version": "1:2.2.7", "packages": "all"},
        "version= is keepalived's, packages=all takes the newest of all: leave one out",
    ),
    (StatusOptions, {"format": "json", "watch": "on"}, "format=json and watch=true do not go together: leave one out"),
]


@pytest.mark.parametrize(("model", "data", "words"), REFUSED)
def test_what_makes_no_sense_is_refused(model: type[DrainOptions], data: dict[str, object], words: str) -> None:
    with pytest.raises(NothingDone) as caught:
        read(model, data.get)
    assert str(caught.value) == f"Nothing was done. {words}"


def test_what_was_said_is_typed_again_with_more() -> None:
    options = read(DrainOptions, said(reason="kernel upgrade", until="reboot", force="no", probe="off").get)
    typed = ["reason=kernel upgrade", "until=reboot", "force=true", "probe=false"]
    assert sorted(as_data(options, force="true")) == sorted(typed)
    assert read(DrainOptions, dict(one.split("=", 1) for one in typed).get) == options.model_copy(
        update={"force": True}
    )


def test_what_was_not_said_is_not_typed() -> None:
    assert as_data(read(DeployOptions, {}.get), adopt="true") == ["adopt=true"]


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(NothingDone, match=r"until=x is not known.*; force=y is neither"):
        read(DrainOptions, said(until="x", force="y").get)
