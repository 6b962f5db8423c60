"""The one error that an operator sees before a run begins."""

from __future__ import annotations

from pyinfra.api import DeployError
from pyinfra_cli.exceptions import CliError


class NothingDone(DeployError, CliError):
    """What was asked for cannot be. Raised while a run is being planned it ends it on all hosts, with exit status 1.

    pyinfra's deploy code lets a DeployError through as it is, and its command shows a CliError in its own words, where
    it would put the place in our source before those of any other.
    """

    def __init__(self, *why: str) -> None:
        separator = " " if len(why) == 1 else "\n"
        super().__init__(separator.join(["Nothing was done.", *why]))
