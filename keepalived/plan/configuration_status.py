"""Whether a node runs the configuration that this repository has for it. Pure."""

from __future__ import annotations

from typing import Literal

from keepalived.conf.fingerprint import fingerprint
from keepalived.observed.node import NodeState

ConfigurationStatus = Literal["applied", "waiting for a restart", "differs", "changed by hand", "foreign", "unknown"]


def configuration_status(node: NodeState, text: str | None, on_change: str = "restart") -> ConfigurationStatus:
    """What is to be said of the configuration of `node`. `text`: the one that this repository has for it."""
    configuration = node.configuration
    if configuration.origin in (None, "foreign"):
        return configuration.origin or "unknown"
    if configuration.origin == "edited":
        return "changed by hand"
    # A reload does not take up another unit, and nobody restarts the daemon where on_change is reload.
    applied = configuration.applied if on_change == "reload" else node.applied
    if applied is False:
        return "waiting for a restart"
    if text is not None and configuration.running not in (None, fingerprint(text)):
        return "differs"
    return "applied" if applied else "unknown"
