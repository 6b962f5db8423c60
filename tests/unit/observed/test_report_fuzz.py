"""Whatever becomes of a node's report on its way, it is read for what it says or refused, and never guessed at."""

import base64
import copy
import json
import string
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from keepalived.observed.node import NodeState
from keepalived.observed.parts import ReportError
from keepalived.observed.report import read_report
from tests.unit.node_report import REPORTS, captured, report

NEWER = {  # than most captured reports
    "running_flag": "/var/lib/keepalived/releasevip\n1795348361\n1\nby: alice@notebook\n",
    "flag_seen": "yes\n",
    "files": "/usr/sbin/keepalived|12|9|1.0|755|0|0\n/var/lib/keepalived/|1|0|1.0|755|0|0\n",
    "drop_in": "[Service]\nEnvironment=KEEPALIVED_DROP_IN=4f1c\n",
    "environment": "TMPDIR=/run/keepalived\nKEEPALIVED_DROP_IN=4f1c\n",
    "boot": "5a1c3b0e-9d3f-4f0c-8a55-1f2e3d4c5b6a/21\n",
    "checkpoint": "run: reboot\nby: alice@notebook\nbegun: 2026-01-31 10:11:12 UTC\n"
    "boot: 5a1c/21\navailability: Active\nwaiting: agent=1 web=2\n",
    "journal": "1795348361.123456 server01 Keepalived_vrrp[525]: (VI_1) Entering MASTER STATE\n"
    "1795348362.123456 server01 Keepalived_vrrp[525]: (VI_1) Received advert from 10.10.0.4 with lower priority 102\n",
}
SOUND: dict[str, dict[str, Any]] = {file.stem: NEWER | captured(file.stem) for file in sorted(REPORTS.glob("*.txt"))}
KEYS = sorted({key for parts in SOUND.values() for key in parts})
DUMPS = [name for name, parts in SOUND.items() if "dump" in parts]

# The same on every run: a commit that is tested twice is judged once.
fuzzed = settings(
    max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
LETTERS = f"{string.printable}\0\x1b\x1c\x85\u2028\ufeffé٣€😀"  # few: all of them would take seconds to list
texts = st.text(LETTERS)
names = st.sampled_from(list(SOUND))
parts = st.builds("{} {}".format, st.sampled_from(KEYS), st.binary().map(base64.b64encode).map(bytes.decode))
lines = st.lists(st.one_of(texts, parts, st.just("end")))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def read_or_refused(found: list[str]) -> NodeState | None:
    """The state in a report; None when it was refused. Fails when anything but ReportError is raised."""
    with suppress(ReportError):
        return read_report(found)
    return None


@pytest.mark.parametrize("name", SOUND)
def test_what_is_made_something_else_here_is_sound(name: str) -> None:
    assert read_report(report(SOUND[name])).journal is not None


@fuzzed
@given(lines)
def test_arbitrary_lines_are_read_or_refused(found: list[str]) -> None:
    read_or_refused(found)
    read_or_refused([*found, "end"])


@fuzzed
@given(names, st.lists(st.sampled_from(KEYS), min_size=1), lines)
def test_a_report_may_lack_parts_and_have_others(name: str, missing: list[str], more: list[str]) -> None:
    read_or_refused([*report(SOUND[name] | dict.fromkeys(missing)), *more])


@fuzzed
@given(st.data())
def test_a_part_may_be_cut_short_or_be_something_else(data: st.DataObject) -> None:
    name = data.draw(names)
    key = data.draw(st.sampled_from(sorted(SOUND[name])))
    text = SOUND[name][key]
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    for changed in (text[:start], text[start:], text[:start] + data.draw(texts) + text[end:], data.draw(texts)):
        read_or_refused(report(SOUND[name] | {key: changed}))


@fuzzed
@given(names, st.integers(min_value=0))
def test_a_report_cut_at_any_byte_is_refused(name: str, position: int) -> None:
    whole = "\n".join(report(SOUND[name]))
    cut = whole[: position % len(whole)].splitlines()
    with pytest.raises(ReportError):
        read_report(cut)
    read_or_refused([*cut, "end"])  # a line cut short in the middle


@fuzzed
@given(names, lines)
def test_without_its_last_line_a_report_is_refused(name: str, more: list[str]) -> None:
    endless = [line for line in [*report(SOUND[name]), *more] if line.partition(" ")[0] != "end"]
    with pytest.raises(ReportError):
        read_report(endless)


@fuzzed
@given(st.sampled_from(DUMPS), st.integers(min_value=0))
def test_a_dump_cut_short_leaves_the_instances_unknown(name: str, position: int) -> None:
    dump = SOUND[name]["dump"].rstrip()
    found = read_report(report(SOUND[name] | {"dump": dump[: position % len(dump)]}))
    assert found.instances is None
    assert found.model_copy(update={"instances": {}}) != found


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the values within `value` are: `(0, "data", "vips")`; `()` is all of it."""
    yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*place, key))


def at(value: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        value = value[key]
    return value


JSON_PARTS = [(name, key) for name, parts in SOUND.items() for key in ("asked", "addresses", "dump") if key in parts]
PLACES = {part: list(places(json.loads(SOUND[part[0]][part[1]]))) for part in JSON_PARTS}
FIRST = "bookworm-holder"


@fuzzed
@given(
    st.sampled_from(JSON_PARTS).flatmap(lambda part: st.tuples(st.just(part), st.sampled_from(PLACES[part]))), values
)
@example(((FIRST, "dump"), (0, "data", "iname")), 5)  # ValidationError
@example(((FIRST, "dump"), (0, "data", "iname")), "\ud800")  # ValidationError
@example(((FIRST, "dump"), (0, "data", "last_transition")), 1e17)  # OSError
@example(((FIRST, "asked"), ("addresses",)), None)  # TypeError
@example(((FIRST, "addresses"), (0, "ifname")), 5)  # ValidationError
def test_a_value_may_be_of_another_type(where: tuple[tuple[str, str], tuple[Any, ...]], value: Any) -> None:
    (name, key), place = where
    said = json.loads(SOUND[name][key])
    if place:
        at(said, place[:-1])[place[-1]] = value
    read_or_refused(report(SOUND[name] | {key: json.dumps(said if place else value)}))


@fuzzed
@given(st.data())
def test_fields_and_parts_that_are_not_known_change_nothing(data: st.DataObject) -> None:
    name, key = data.draw(st.sampled_from([part for part in JSON_PARTS if part[1] != "asked"]))
    said = json.loads(SOUND[name][key])
    for place in PLACES[name, key]:
        if isinstance(mapping := at(said, place), dict):
            mapping[f"new_{data.draw(texts)}"] = copy.deepcopy(data.draw(values))
    found = report(SOUND[name] | {key: json.dumps(said), "new_part": data.draw(texts)})
    assert read_report(found) == read_report(report(SOUND[name]))


DEEP = {
    "a time that no clock shows": {"flag": "1e17\n1\n"},
    "a time in the journal that no clock shows": {"journal": "1e17 x: (VI_1) Entering MASTER STATE\n"},
    "a dump of brackets": {"dump": "[" * 100_000},
    "addresses of brackets": {"addresses": "[" * 100_000},
    "a configuration of braces": {"running": "a {\n" * 5_000},
    "a number without an end": {
        "asked": '{"flag": "/f", "check": "file", "addresses": []}',
        "flag": f"1795348361\n{'9' * 5_000}",
    },
    "a dump that is a mapping": {"dump": "{}"},
    "a dump that is a text": {"dump": '""'},
}


@pytest.mark.parametrize("changed", DEEP.values(), ids=DEEP)
def test_what_no_sound_node_says_is_refused_or_unknown(changed: dict[str, str]) -> None:
    found = read_or_refused(report(SOUND[FIRST] | changed))
    assert found is None or found.instances != {}
