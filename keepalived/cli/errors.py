"""The one error that an operator sees before a run begins."""

from __future__ import annotations

import sys

from pyinfra.api import DeployError


def _cli_error() -> type[Exception]:
    """What pyinfra's command shows in the error's own words; of any other it tells the place in our source first.

    Its package patches the standard library when it is imported (gevent), so only the command itself imports it.
    """
    loaded = sys.modules.get("pyinfra_cli.exceptions")
    found: type[Exception] = loaded.CliError if loaded else Exception
    return found


class NothingDone(DeployError, _cli_error()):  # type: ignore[misc] # the base is known when pyinfra's command runs
    """What was asked for cannot be. Raised while a run is being planned it ends it on all hosts, with exit status 1.

    pyinfra's deploy code lets a DeployError through as it is.
    """

    def __init__(self, *why: str) -> None:
        separator = " " if len(why) == 1 else "\n"
        super().__init__(separator.join(["Nothing was done.", *why]))
