"""What belongs to a reboot or an upgrade of a node, as the cluster file has it. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from keepalived.spec.fields import Command, Within
from keepalived.spec.strict import Strict


class Hook(Strict):
    """A command of the operator's own. `"systemctl stop app"` is short for `{command: "systemctl stop app"}`.

    It is run by sh as root, with the name and the address of the node that is in maintenance in NODE and NODE_ADDRESS.
    """

    command: Command
    """The command. If it fails, the run ends."""
    on: Literal["node", "another"] = "node"
    """Where it runs. `node`: on the node that is rebooted or upgraded. `another`: on another node that can serve."""
    timeout: Annotated[int, Within(1, 86400)] = 300
    """Seconds the command may take. After that it is ended and counts as failed."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [{"type": "string", "description": "the command"}, schema]}


def _read_hook(value: object) -> object:
    return {"command": value} if isinstance(value, str) else value


class Healthy(Strict):
    """What tells that a node may serve again."""

    command: Command
    """The command. It runs on the node, again and again until it succeeds."""
    timeout: Annotated[int, Within(1, 86400)] = 60
    """Seconds until the command must have succeeded. After that the run ends."""


Hooks = list[Annotated[Hook, BeforeValidator(_read_hook)]]


class Maintenance(Strict):
    """What belongs to a reboot or an upgrade of a node, beside its floating addresses."""

    before: Hooks = []
    """Commands to run when the node holds no address any more, before it is rebooted or upgraded. Each is a text, or
    the keys below."""
    after: Hooks = []
    """Commands to run when the node is back, before it is restored."""
    healthy: Healthy | None = None
    """A command that must succeed before the node is restored."""
    swarm: bool = False
    """`true`: the nodes are Docker Swarm managers. Their tasks move away before a reboot or upgrade, and the quorum is
    kept."""
    boot_timeout: Annotated[int, Within(10, 86400)] = 600
    """Seconds a reboot may take, from the command until the node answers again; and then until its services are up."""
    connections_timeout: Annotated[int, Within(0, 86400)] = 60
    """Seconds for which a reboot or an upgrade of the system waits for established connections to end before it cuts
    them. Only with `connections: keep`."""
