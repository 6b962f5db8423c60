"""What clients lose by each planned change: by our commands, by hand, and by what others would do."""

from __future__ import annotations

from collections.abc import Callable

from bench.seen import measured, serve_everywhere
from bench.taking import Taking
from bench.ways import ansible, way
from bench.ways.by_hand import ByHand
from bench.ways.ours import Ours
from bench.ways.plain import Plain
from lab.operator import Operator

SETTLED_SECONDS = 2.0  # what comes after an act has ended is its own still
WAYS: dict[str, Callable[[Operator], way.Way]] = {
    "ours": Ours,
    "keep": lambda operator: Ours(operator, keep=True),
    "hand": ByHand,
    "plain": Plain,
    "ansible": ansible.Ansible,
}


def take(taking: Taking) -> None:
    """Each act of each way, several times in turn."""
    for make in WAYS.values():
        with taking.operator() as operator:
            _one_way(taking, operator, make(operator))


def _one_way(taking: Taking, operator: Operator, one: way.Way) -> None:
    one.prepare()
    serve_everywhere(operator)
    operator.sees_holder("server01", seconds=60)
    taking.runs(operator)
    taking.figures.versions = dict(taking.figures.versions) | {"ansible-core": ansible.VERSION}
    installed = way.Installed(operator)
    for _ in range(taking.times):
        for name, act in one.acts().items():
            seen = measured(operator, act, way.HOLDER_AFTER.get(name, "server01"), SETTLED_SECONDS)
            seen.note(taking.figures, name, one.name)
            taking.says(f"{one.name}, {name}: {seen.seconds:.1f} s, {seen.witness}")
            if name == way.UPGRADE:
                assert installed.is_newer, "nothing was upgraded"
                installed.back()
