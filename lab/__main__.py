"""The command line of the lab: `python -m lab up | shell | status | down | purge`."""

import os
import shutil
import sys
import time
from contextlib import ExitStack
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from lab import debian, requirements, shell, teardown
from lab.demo import demo, without_hosts
from lab.errors import LabError
from lab.lab import CHECKOUT, Lab
from lab.places import CACHE, MOST_NODES, STATE
from lab.progress import shown

PASSED = ("CI", "NO_COLOR", "COLORTERM")


class OneLineErrors(click.Group):
    """Tells what went wrong in one line instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (LabError, OSError) as error:
            click.echo(f"lab: {error}", err=True)
            ctx.exit(1)


@click.group(cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--name", default="lab", show_default=True, help="One lab among several.")
@click.pass_context
def main(context: click.Context, name: str) -> None:
    """Real Debian hosts on this machine: server01... at 10.10.0.3..., in a network of their own."""
    requirements.complete_path()
    context.obj = Lab(name)
    if context.invoked_subcommand == "demo" and (lacking := requirements.missing()):
        without_hosts(lacking)
        context.exit(1)
    if os.geteuid() != 0:
        become_root()


@main.command()
@click.option("--nodes", default=3, show_default=True, type=click.IntRange(1, MOST_NODES))
@click.option("--suite", default="bookworm", show_default=True, type=click.Choice(debian.CHOICES))
@click.option("--owner", type=int, metavar="PID", help="Take the lab down when this process ends.")
@click.pass_obj
def up(lab: Lab, nodes: int, suite: str, owner: int | None) -> None:
    """Bring the lab up; or boot those of its hosts that are down."""
    changed = lab.up(nodes, suite, owner=owner, steps=shown)
    click.echo(f"The lab {lab.name} {'is up' if changed else 'was up already'}: {lab.settings}.")


@main.command("shell", context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def stand_in(lab: Lab, command: tuple[str, ...]) -> None:
    """Run a shell, or COMMAND, in the operator's network."""
    entering = lab.entering(command or ("bash",))
    sys.stdout.flush()
    os.execvpe(entering[0], entering, shell.environment(lab.places))  # noqa: S606


@main.command()
@click.pass_obj
def status(lab: Lab) -> None:
    """Show the hosts."""
    if not lab.is_up:
        left = teardown.remains(lab.places)
        click.echo(f"The lab {lab.name} {'ended badly: `lab down`' if left else 'is down'}.")
        return
    table = Table("host", "address", "power", "keepalived", title=f"{lab.name}: {lab.settings}")
    for host in lab.hosts.values():
        since = host.up_since()
        power = "down" if since is None else f"up since {time.strftime('%X', time.localtime(since))}"
        table.add_row(host.name, host.address, power, host.version("keepalived") or "-")
    Console().print(table)


@main.command()
@click.pass_obj
def down(lab: Lab) -> None:
    """Remove the lab: its processes, namespaces and files."""
    removed = lab.down(steps=shown)
    click.echo(f"The lab {lab.name} {'is' if removed else 'was'} down.")


@main.command()
def purge() -> None:
    """Remove the base systems, which the next `up` builds again."""
    labs = [Lab(path.name) for path in sorted(STATE.iterdir())] if STATE.is_dir() else []
    if up := [lab.name for lab in labs if lab.runs]:
        raise LabError(f"not while labs are up: {', '.join(up)}")
    for lab in labs:  # what a run that was killed has left
        lab.down()
    with ExitStack() as building:
        for suite in debian.SUITES:
            building.enter_context(debian.being_built(suite))
        shutil.rmtree(CACHE, ignore_errors=True)
    click.echo("The base systems are gone.")


@main.command("demo")
@click.pass_obj
def demo_(lab: Lab) -> None:
    """Watch a floating address live on three hosts, leave one and come back."""
    demo(lab)


@main.command()
def setup() -> None:
    """Install the Debian packages that the lab needs on this machine, where any is missing."""
    if packages := requirements.lacking_packages():
        with shown(f"Installing {' '.join(packages)}"):
            requirements.install(packages)


def become_root() -> None:
    """Start this very command again through sudo. Raises LabError where that cannot be."""
    if not requirements.can_become_root():
        raise LabError("neither root nor sudo: a lab needs one of them")
    passed = [f"{name}={os.environ[name]}" for name in PASSED if name in os.environ]
    # -B: no files of root's in somebody's checkout.
    again = ["sudo", "env", *passed, f"PYTHONPATH={CHECKOUT}", sys.executable, "-B", "-m", "lab"]
    os.execvp("sudo", [*again, *sys.argv[1:]])  # noqa: S606


if __name__ == "__main__":
    main(prog_name="lab")
