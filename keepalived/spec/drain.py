"""How a node is taken out of service, as the cluster file has it. Pure."""

from __future__ import annotations

from typing import Annotated, Literal

from keepalived.spec import paths
from keepalived.spec.fields import FlagPath, Within
from keepalived.spec.strict import Strict


class Drain(Strict):
    """How a node is taken out of service."""

    check: Literal["script", "file"] = "script"
    """How keepalived sees the flag. `script`: a `vrrp_script` looks whether the file is there. `file`: a `track_file`
    reads the number in it, at once."""
    flag: FlagPath = paths.FLAG
    """The file that drains the node while it is there (with `check: file`: while its content begins with `1`)."""
    interval: Annotated[int, Within(1, 3600)] = 1
    """Seconds between two looks at the flag. Only with `check: script`."""
    weight: Annotated[int, Within(1, 253)] = 100
    """How much a node in service adds to the priority that it has while it is drained."""
    connections_timeout: Annotated[int, Within(1, 2592000)] = 86400
    """Seconds for which a node serves established connections to an address that has moved away. After that they end.
    Only with `connections: keep`."""

    def contribution(self, *, drained: bool) -> int:
        """What the check adds to the base priority: a script awards points, a file takes them away."""
        if self.check == "script":
            return 0 if drained else self.weight
        return -self.weight if drained else 0
