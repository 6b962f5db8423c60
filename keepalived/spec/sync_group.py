"""A sync group, as the cluster file has it. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from keepalived.spec.fields import CheckName, InstanceName
from keepalived.spec.notify import Notify, NotifyCommand, commands_of
from keepalived.spec.strict import Strict


class SyncGroup(Strict):
    """Instances that one node holds together: where one of them cannot be, none is."""

    group: Annotated[list[InstanceName], Field(min_length=2)]
    """The instances, by name: `[inside, outside]`. All of them have the same order of nodes."""
    checks: list[CheckName] | None = None
    """The checks that count for all instances of the group, by name. Default: all."""

    notify_master: Notify | None = None
    """A command that keepalived runs when the node has become the holder of them all."""
    notify_backup: Notify | None = None
    """The same for a node that does not hold them."""
    notify_fault: Notify | None = None
    """The same for a node that takes no part any more."""
    notify_stop: Notify | None = None
    """The same for a daemon that stops. After one second it is killed."""
    notify: Notify | None = None
    """The same for every change of state. `$1` is `GROUP`, `$2` the name of the group."""
    smtp_alert: bool = False
    """`true`: keepalived sends a mail at every change of state. See `smtp`."""

    @property
    def notify_commands(self) -> dict[str, NotifyCommand]:
        """The commands for changes of state, by keyword."""
        return commands_of(self)
