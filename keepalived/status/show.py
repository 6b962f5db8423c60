"""Looking at all clusters and the network at once, and printing what comes of it, once or again and again."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Literal

import gevent
from gevent.event import Event
from rich.console import Console
from rich.live import Live

from keepalived.conf.interfaces import NoInterface, interfaces
from keepalived.conf.render import configuration
from keepalived.observed.cluster import ClusterState
from keepalived.observed.neighbours import Answer
from keepalived.plan.diagnosis.findings import Evidence
from keepalived.plan.diagnosis.registry import problems
from keepalived.spec.cluster import Cluster
from keepalived.status.document import document
from keepalived.status.table import render

REDRAW_SECONDS = 2
PIPE_WIDTH = 200  # characters a line where there is no terminal

Form = Literal["table", "json"]
Look = Callable[[Cluster], ClusterState]
Ask = Callable[[Sequence[str]], Mapping[str, Answer]]


def show(clusters: Sequence[Cluster], *, form: Form, look: Look, ask: Ask) -> bool:
    """Prints the status of the clusters, and returns whether all are healthy."""
    evidence = gather(clusters, look, ask)
    now = datetime.now(UTC)
    if form == "json":
        print(json.dumps(document(evidence, now).model_dump(mode="json"), indent=2, ensure_ascii=False))
    else:
        _console().print(render(evidence, now))
    sys.stdout.flush()
    return not any(problems(one) for one in evidence)


def watch(clusters: Sequence[Cluster], *, look: Look, ask: Ask, try_again: Callable[[], None]) -> None:
    """Redraws the table until Ctrl-C. `try_again`: the next look tries nodes that could not be reached once more."""
    stop = Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())  # pyinfra's own would disconnect under our hands
    console = _console()
    redraws = console.is_terminal and not console.is_dumb_terminal  # else one below the other
    with Live(console=console, auto_refresh=False) if redraws else nullcontext() as live:
        while not stop.is_set():
            drawn = render(gather(clusters, look, ask), datetime.now(UTC))
            if live:
                live.update(drawn, refresh=True)
            else:
                console.print(drawn)
                sys.stdout.flush()
            stop.wait(REDRAW_SECONDS)
            try_again()


def gather(clusters: Sequence[Cluster], look: Look, ask: Ask) -> list[Evidence]:
    """Looks at all clusters side by side, and asks the network meanwhile."""
    asking = gevent.spawn(ask, [address for cluster in clusters for address in cluster.addresses])
    looking = [gevent.spawn(look, cluster) for cluster in clusters]
    return [_evidence(looked.get(), asking.get()) for looked in looking]


def _evidence(state: ClusterState, answers: Mapping[str, Answer]) -> Evidence:
    texts, undecided = {}, {}
    for name, node in state.nodes.items():
        if node is not None:
            try:
                texts[name] = configuration(state.cluster, name, interfaces(state.cluster, name, node.links))
            except NoInterface as error:
                undecided[name] = str(error)
    return Evidence(
        state,
        texts=texts,
        undecided=undecided,
        answers={address: answers[address] for address in state.cluster.addresses if address in answers},
    )


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH, no_color=True, highlight=False)
