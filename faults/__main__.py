"""Does faults to clusters on lab hosts of this machine and audits each from outside: `make faults`.

Results are kept as each case ends, and a second run goes on where the first one stopped.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import click

from bench.machine import machine
from faults import document, results
from faults.cases.registry import CASES
from faults.phases import Result
from faults.run import run_variant
from faults.variants import PLAINEST, Variant, chosen, every, pairwise
from lab import requirements
from lab.errors import LabError
from lab.lab import CHECKOUT

CASE_SECONDS = 16.0  # measured: what one takes, with its share of bringing the variant up
FEW_KILLS = 1


def wanted(variants: list[Variant], names: tuple[str, ...]) -> Iterator[tuple[Variant, str]]:
    """Each case in each variant that it can be done to."""
    for variant in variants:
        for name, case in CASES.items():
            if case.applies(variant) and (not names or name in names):
                yield variant, name


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--chosen", "part", flag_value="chosen", help="A fixed part, for every change of the code.")
@click.option("--pairwise", "part", flag_value="pairwise", default=True, help="Any two properties meet (default).")
@click.option("--all", "part", flag_value="all", help="Every combination.")
@click.option("--plainest", "part", flag_value="plainest", help="All faults, done to the plainest variant.")
@click.option("--variant", "only", multiple=True, metavar="NAME", help="This variant alone; more than once: these.")
@click.option("--case", "names", multiple=True, metavar="NAME", help="This fault alone; more than once: these.")
@click.option("--kills", default=FEW_KILLS, show_default=True, help="How often the operator's machine dies in a case.")
@click.option("--seed", type=int, help="For what happens by chance; printed. Default: another one each time.")
@click.option("--fresh", is_flag=True, help="Begin anew, or do these again.")
@click.option("--list", "listing", is_flag=True, help="Print what would be done, and about how long it takes.")
@click.option("--document", "documenting", is_flag=True, help="Do nothing but write docs/faults.md and its pictures.")
def main(
    part: str,
    only: tuple[str, ...],
    names: tuple[str, ...],
    kills: int,
    seed: int | None,
    fresh: bool,
    listing: bool,
    documenting: bool,
) -> None:
    """Do faults to clusters on lab hosts, and audit each from outside."""
    kept = results.FOLDER / ("chosen.jsonl" if part == "chosen" else "results.jsonl")
    if documenting:
        document.write(results.read(kept), CHECKOUT)
        return
    by_name = {variant.name: variant for variant in every()}
    if unknown := [*(set(only) - set(by_name)), *(set(names) - set(CASES))]:
        raise click.UsageError(f"unknown: {', '.join(unknown)}; see --list --all")
    parts = {"pairwise": pairwise(), "all": every(), "plainest": [PLAINEST]}
    if part == "chosen":
        keys = [(variant.name, name) for variant, name in chosen()]
    else:
        variants = [by_name[name] for name in only] or parts[part]
        keys = [(variant.name, name) for variant, name in wanted(variants, names)]
    if fresh and not (only or names):
        kept.unlink(missing_ok=True)
    due = keys if fresh else results.left(keys, results.read(kept))
    click.echo(f"{len(due)} of {len(keys)} cases are to be done; about {len(due) * CASE_SECONDS / 60:.0f} min.")
    if listing:
        for variant, case in due:
            click.echo(f"{variant}  {case}: {CASES[case].words}")
        return
    if os.geteuid() != 0 or (lacking := requirements.missing()):
        raise click.ClickException(f"the lab needs root{'' if os.geteuid() else f': {lacking}'}")
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    click.echo(f"Seed {seed}: the same chances with --seed {seed}.")
    began = time.monotonic()
    _do(by_name, due, kept, kills, seed)
    found = {key: result for key, result in results.read(kept).items() if key in keys}
    _tell(found, len(keys), time.monotonic() - began)
    if part != "chosen" and not (only or names):
        document.write(results.read(kept), CHECKOUT)
    sys.exit(any(result.differs for result in found.values()) or len(found) < len(keys))


def _do(by_name: dict[str, Variant], due: list[results.Key], kept: Path, kills: int, seed: int) -> None:
    def keep(result: Result) -> None:
        results.keep(kept, result)
        click.echo(f"{'DIFFERS' if result.differs else 'held   '} {result.case} ({result.seconds:.0f} s)")
        for one in result.differs:
            click.echo(f"        {one}")

    for name, keys in groupby(due, key=lambda key: key[0]):
        click.echo(f"{name}:")
        cases = [CASES[case] for _, case in keys]
        try:
            run_variant(by_name[name], cases, kills=kills, seed=seed, machine=machine(), keep=keep)
        except LabError as error:
            click.echo(f"        {name} could not be made: {error}")


def _tell(found: dict[results.Key, Result], count: int, seconds: float) -> None:
    differ = sum(bool(result.differs) for result in found.values())
    click.echo(
        f"{len(found)} of {count} cases are done, {differ} of them did not hold as expected; "
        f"this run took {seconds / 60:.1f} min."
    )


if __name__ == "__main__":
    main(prog_name="faults")
