"""What keepalived runs, and to whom it writes, when an instance changes its state. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from keepalived.spec.fields import Command, MailAddress, MailServer, ShippedFile, UserName, Within
from keepalived.spec.strict import Strict

STATES = {
    "notify_master": "MASTER",
    "notify_backup": "BACKUP",
    "notify_fault": "FAULT",
    "notify_stop": "STOP",
    "notify_master_rx_lower_pri": "MASTER_RX_LOWER_PRI",
    "notify": None,
}
"""The keys that name a command, each with its state; `notify` is run in all of them, and keepalived tells it which."""


class NotifyCommand(Strict):
    """A command for a change of state. `/usr/local/sbin/moved` is short for `{command: /usr/local/sbin/moved}`.

    A file that is named by its full path and nothing else gets the arguments; in any other command they are `$1`, ….
    """

    command: Command | None = None
    """The command, run by sh: `logger "$2 is $3 now"`. `$1` is `INSTANCE`, `$2` its name, `$3` the state, and with
    `notify` `$4` is the priority."""
    script: ShippedFile | None = None
    """In place of `command`: a file beside the cluster file that a deploy puts on the nodes, `scripts/moved.sh`. It
    begins with `#!` and gets the same arguments."""
    user: UserName = "root"
    """Who runs it."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [{"type": "string", "description": "the command"}, schema]}


def program_of(command: str) -> str:
    """The file on the node that a command begins with, where that is named by its full path; else empty."""
    first = command.split()[0]
    return first if re.fullmatch(r"(/[A-Za-z0-9_.,:=+@-]+)+", first) else ""


def with_arguments(command: str) -> str:
    """The command as a shell runs it with the arguments."""
    return f'{command.strip()} "$@"' if command.strip() == program_of(command) else command


def _read_command(value: object) -> object:
    return {"command": value} if isinstance(value, str) else value


def commands_of(owner: BaseModel) -> dict[str, NotifyCommand]:
    """The commands for changes of state of an instance or a group, by keyword."""
    given = {keyword: getattr(owner, keyword, None) for keyword in STATES}  # a group knows fewer
    return {keyword: command for keyword, command in given.items() if command is not None}


Notify = Annotated[NotifyCommand, BeforeValidator(_read_command)]


class Smtp(Strict):
    """Who gets the mail of the instances that have `smtp_alert`."""

    notification_email: Annotated[list[MailAddress], Field(min_length=1)]
    """Who gets it: `[ops@example.org]`."""
    smtp_server: MailServer
    """The mail server, by its IP address: `10.10.0.25`, or `10.10.0.25:587`. keepalived neither encrypts nor logs in
    there."""
    notification_email_from: MailAddress | None = None
    """The sender. Default: `root@` and the node's own name."""
    smtp_connect_timeout: Annotated[int, Within(1, 3600)] = 30
    """Seconds until keepalived gives up a connection to the mail server."""
