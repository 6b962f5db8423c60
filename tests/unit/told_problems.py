"""Problems as tests expect them: with the severity that the registry gives to an id."""

from keepalived.observed.cluster import ClusterState
from keepalived.plan.diagnosis.findings import Evidence, Problem
from keepalived.plan.diagnosis.registry import DIAGNOSES, problems

DEPLOY = "pyinfra inventory.py deploy.py"
RESTORE = "pyinfra inventory.py tasks/restore.py"
JOURNAL = "journalctl -u keepalived -e"
ADVERTS = "tcpdump -n -i any ip proto 112 or ip6 proto 112"
SEVERITIES = {one.id: one.severity for one in DIAGNOSES}


def told(id: str, node: str | None, words: str, cure: str, command: str | None = None) -> Problem:
    """A problem of the check `id`."""
    return Problem(id, SEVERITIES[id], node, words, cure, command)


def found(state: ClusterState) -> list[Problem]:
    """What is wrong according to the nodes alone."""
    return problems(Evidence(state))


def unread(name: str) -> Problem:
    return told("node-unreadable", name, f"{name} cannot be read", "Check that it is up", f"ssh {name} true")


def stopped(name: str, how: str = "inactive") -> Problem:
    return told(
        "keepalived-stopped",
        name,
        f"keepalived is {how} on {name}",
        f"Read why, then start it (systemctl start keepalived) or deploy. On {name}",
        JOURNAL,
    )
