"""The status of a run's clusters: what pyinfra's command line asks for, read from and printed for this run."""

from __future__ import annotations

from functools import partial

from pyinfra import host, inventory, state
from pyinfra.api import Host

from keepalived.cli import early
from keepalived.cli.errors import NothingDone
from keepalived.cli.options import said_true
from keepalived.run.look import look, try_again
from keepalived.run.once import once
from keepalived.status.show import show, watch


@once
def show_and_exit() -> None:
    """Shows the clusters of this run's hosts, and ends the run with exit status 0 (healthy) or 1."""
    raise SystemExit(0 if print_by(host) else 1)


def print_by(one: Host) -> bool:
    """Prints them, and returns whether all are healthy. `one`: any host of the run; its data has what --data said."""
    form, watching = one.data.get("format"), said_true(one, "watch")
    if form not in (None, "json", "table"):
        raise NothingDone(f"format={form} is not known: format=json, or leave it out")
    if form == "json" and watching:
        raise NothingDone("format=json and watch=true do not go together: leave one out")
    by_name = {member.data.cluster.name: member.data.cluster for member in inventory if state.is_host_in_limit(member)}
    clusters, looking, ask = list(by_name.values()), partial(look, journal=True), early.neighbours.ask
    if watching:
        watch(clusters, look=looking, ask=ask, try_again=try_again)
        return True
    return show(clusters, form="json" if form == "json" else "table", look=looking, ask=ask)
