"""What must hold between the keys of notify commands and of mail. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from keepalived.spec.cluster import Cluster
from keepalived.spec.fault import Fault


def notify_faults(cluster: Cluster) -> Iterator[Fault]:
    """What is wrong with the notify commands and the mail of a cluster."""
    for place, owner in cluster.notifying.items():
        for keyword, command in owner.notify_commands.items():
            if (command.command is None) == (command.script is None):
                path = f"{place}.{keyword}"
                yield Fault(path, "needs one of command, script", (f"{path}.command", f"{path}.script"))
    yield from _mail_faults(cluster)


def _mail_faults(cluster: Cluster) -> Iterator[Fault]:
    """keepalived says nothing of either."""
    alerted = [place for place, owner in cluster.notifying.items() if owner.smtp_alert]
    if cluster.smtp is None:
        for place in alerted:
            path = f"{place}.smtp_alert"
            yield Fault(path, "no mail is sent: smtp must name the mail server and who gets it", ("smtp",))
    elif not alerted:
        yield Fault("smtp", "no mail is sent: set smtp_alert: true in an instance", ("instances",))
