"""The drawings of docs/how-it-works.md, from the functions that commands use and the simulated cluster of tests/fake.

`python -m tests.documents.drawn` writes them into the page, and a test holds them against it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from pathlib import Path

from keepalived.plan.election import drain_change, observed
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import parse
from tests.fake.runs import Managers
from tests.unit.cluster_states import AT_REST, ONE

PAGE = Path(__file__).resolve().parents[2] / "docs/how-it-works.md"
STEP_SECONDS = 0.25
STEPS_A_MARK = 8
CHECKED = f"{ONE}checks: {{web: {{port: 443, weight: 10}}}}\n"


def places(cluster: Cluster, states: dict[str, tuple[Collection[str], Collection[str]]]) -> str:
    """Each state of the cluster as a row, each priority that a node may have as a column; the highest one is marked.

    `states`: who is drained and where every check fails, by what the row is called.
    """
    of = [cluster.effective_priority("VI_1", node, drained=False) for node in cluster.nodes]
    failing = tuple(cluster.checks)

    def priority(node: str, drained: Collection[str], fails: Collection[str]) -> int:
        return cluster.effective_priority(
            "VI_1", node, drained=node in drained, failing=failing if node in fails else ()
        )

    rows = {name: {priority(node, *state): node for node in cluster.nodes} for name, state in states.items()}
    columns = sorted({*of, *(at for row in rows.values() for at in row)})
    width = max(map(len, rows))
    lines = [f"{'priority':<{width}}" + "".join(f"{column:>7}" for column in columns)]
    for name, row in rows.items():
        cells = [_cell(row.get(column, ""), column == max(row)) for column in columns]
        lines.append(f"{name:<{width}}{''.join(cells)}".rstrip())
    return "\n".join(lines)


def _cell(node: str, wins: bool) -> str:
    short = node.removeprefix("server")
    return f"{f'[{short}]' if wins else f'{short} ' if short else '':>8}"[:8].rjust(7)[-7:]


def priorities() -> str:
    """What a drain does to the priorities, and who holds the address."""
    cluster = AT_REST.cluster
    drained: list[str] = []
    states: dict[str, tuple[list[str], list[str]]] = {"all in service": ([], [])}
    for node in cluster.nodes:
        drained = [*drained, node]
        words = " and ".join(one.removeprefix("server") for one in drained)
        states["all drained" if len(drained) == len(cluster.nodes) else f"{words} drained"] = (drained, [])
    for named, _ in states.values():  # the election of the plans says the same
        holder = observed(AT_REST).after(*(drain_change(cluster, node) for node in named)).holders("10.10.0.2")
        assert holder == [
            max(cluster.nodes, key=lambda one: cluster.effective_priority("VI_1", one, drained=one in named))
        ]
    return places(cluster, states)


def checks() -> str:
    """What a check with `weight: 10` does to them."""
    cluster = parse(CHECKED, "managers")
    return places(
        cluster,
        {
            "all is well": ([], []),
            "the check fails on 01": ([], ["server01"]),
            "it fails on all": ([], list(cluster.nodes)),
            "01 drained": (["server01"], []),
            "01 drained, it fails on 02 and 03": (["server01"], ["server02", "server03"]),
        },
    )


def strip(managers: Managers, command: Callable[[], object]) -> str:
    """What becomes of each node while a command runs, a character for each quarter of a second."""
    world, advance = managers.world, managers.world.advance
    begin, film = world.now, list[dict[str, str]]()

    def filmed(seconds: float) -> None:
        end = world.now + seconds
        while world.now < end:
            due = begin + len(film) * STEP_SECONDS
            advance(max(0.0, min(end, due) - world.now))
            if world.now >= due:
                film.append({name: _seen(managers, name) for name in world.servers})

    world.advance = filmed  # type: ignore[method-assign]
    command()
    managers.wait(1)
    marks = "".join(f"{at * STEP_SECONDS:<{STEPS_A_MARK}.0f}" for at in range(0, len(film), STEPS_A_MARK))
    return "\n".join(
        [
            f"seconds   {marks}".rstrip(),
            *(f"{name}  {''.join(frame[name] for frame in film)}".rstrip() for name in film[0]),
        ]
    )


def _seen(managers: Managers, name: str) -> str:
    server = managers[name]
    drained = server.read(managers.cluster.drain.flag) is not None
    if server.daemon is None:
        return "r"
    if name in managers.world.holders():
        return "D" if drained else "#"
    return "d" if drained else "."


def drain() -> str:
    """A drain of the holder."""
    managers = Managers()
    return strip(managers, lambda: managers.drain("server01"))


def deploy() -> str:
    """A deploy of another `advert_int`, which restarts keepalived on every node."""
    managers = Managers()
    managers.edit("instances:", "advert_int: 0.4\ninstances:")
    return strip(managers, managers.deploy)


DRAWINGS: dict[str, Callable[[], str]] = {
    "priorities": priorities,
    "checks": checks,
    "drain": drain,
    "deploy": deploy,
}


def drawn(text: str) -> str:
    """The page with today's drawings behind their marks."""
    for name, draw in DRAWINGS.items():
        block = re.compile(rf"(<!-- drawn: {name} -->\n\n```\n).*?(```\n)", re.DOTALL)
        assert block.search(text), f"no <!-- drawn: {name} --> with a block below it"
        text = block.sub(lambda found, draw=draw: f"{found[1]}{draw()}\n{found[2]}", text)  # type: ignore[misc]
    return text


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
