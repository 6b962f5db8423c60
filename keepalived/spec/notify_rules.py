"""What must hold between the keys of notify commands and of mail. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from keepalived.spec.blocks import parse_blocks
from keepalived.spec.cluster import Cluster
from keepalived.spec.fault import Fault
from keepalived.spec.notify import Smtp


def notify_faults(cluster: Cluster) -> Iterator[Fault]:
    """What is wrong with the notify commands and the mail of a cluster."""
    for place, owner in cluster.notifying.items():
        for keyword, command in owner.notify_commands.items():
            if (command.command is None) == (command.script is None):
                path = f"{place}.{keyword}"
                yield Fault(path, "needs one of command, script", (f"{path}.command", f"{path}.script"))
    yield from _mail_faults(cluster)
    if cluster.smtp is not None:
        yield from _raw_mail_faults(cluster)


def _raw_mail_faults(cluster: Cluster) -> Iterator[Fault]:
    """Raw lines of mail beside `smtp`. Without it they are for what `smtp` does not take: a mail server by its name."""
    mail = {key: f"smtp.{key}" for key in Smtp.model_fields}
    texts: dict[str, tuple[str | None, dict[str, str]]] = {"raw.global_defs": (cluster.raw.global_defs, mail)}
    for name, instance in cluster.instances.items():
        texts[f"instances.{name}.raw"] = (instance.raw, {"smtp_alert": f"instances.{name}.smtp_alert"})
    for path, (text, keys) in texts.items():
        for words, _ in parse_blocks(text or ""):
            if key := keys.get(words[0]):
                yield Fault(path, f"{words[0]}: use {key}", ("smtp",))
                break


def _mail_faults(cluster: Cluster) -> Iterator[Fault]:
    """keepalived says nothing of either."""
    alerted = [place for place, owner in cluster.notifying.items() if owner.smtp_alert]
    if cluster.smtp is None:
        for place in alerted:
            path = f"{place}.smtp_alert"
            yield Fault(path, "no mail is sent: smtp must name the mail server and who gets it", ("smtp",))
    elif not alerted:
        yield Fault("smtp", "no mail is sent: set smtp_alert: true in an instance", ("instances",))
