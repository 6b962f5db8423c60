"""pyinfra's global arguments with which a run could end with 0 and not be done, or lose its order."""

from __future__ import annotations

from typing import Any

from pyinfra.api import Host
from pyinfra.api.config import Config

from keepalived.cli.errors import NothingDone

WHY = {
    "_ignore_errors": (False, "a node that fails would not end the run"),
    "_continue_on_error": (False, "a node that fails would not end the run"),
    "_success_exit_codes": ([0], "a command that fails would count as done"),
    "_if": ([], "an operation could be left out"),
    "_run_once": (False, "only the first node would have its turn"),
    "_serial": (False, "nodes would not be changed at the same time where they must be"),
}
"""By argument: what pyinfra takes where nobody says anything, and what would happen."""


def refuse_global_arguments(host: Host, config: Config, override: dict[str, Any]) -> None:
    """Raises NothingDone where one is set, in whatever way. Called inside a deploy function."""
    called: dict[str, Any] = dict(host.current_deploy_kwargs or {})
    for name, (unset, happens) in WHY.items():
        if name == "_ignore_errors" and config.IGNORE_ERRORS:
            raise NothingDone(f"config.IGNORE_ERRORS is set (in config.py): {happens}. Leave it out")
        if name in override:
            value, where = override[name], f"--data {name}="
        elif (value := host.data.get(name)) is not None:
            where = f"in the data of {host.name}: inventory or group_data"
        else:
            value, where = called.get(name, unset), "where the deploy is called"
        if value is not None and value != unset:
            raise NothingDone(f"{name} is set ({where}): {happens}. Leave it out")
        if called.get(name, unset) != unset:  # a call counts more than the data of a host
            raise NothingDone(f"{name} is set (where the deploy is called): {happens}. Leave it out")
