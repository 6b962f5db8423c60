"""What a node gets beside keepalived: settings of the kernel, a held package, addresses that networkd keeps."""

from __future__ import annotations

from pyinfra import host
from pyinfra.api import QuoteString, StringCommand, operation

from keepalived.conf.firewall import firewall_drop_in, firewall_text
from keepalived.conf.host import network_text, sysctl_text
from keepalived.facts import Node, node_arguments
from keepalived.plan.host import host_work
from keepalived.run.planning import Commands
from keepalived.spec import paths
from keepalived.spec.cluster import Cluster

REMOVE_FIREWALL = f"{paths.FIREWALL} remove; rm -f {paths.FIREWALL} {paths.FIREWALL_DROP_IN}; systemctl daemon-reload"
MISSING = "the kernel has no such setting, or may not change it here: correct host.sysctls"


@operation()
def prepared(text: str) -> Commands:
    """
    Brings the node to what `host` in the cluster file asks for, but for packages to be installed.

    + text: all of keepalived.conf

    **Example:**

    .. code:: python

        prepared(name="Prepare the host", text=text)
    """
    cluster: Cluster = host.data.cluster
    work = host_work(cluster, host.get_fact(Node, **node_arguments(cluster), journal=False), text)
    for name, value in work.sysctls.items():
        setting = StringCommand("printf '%s\\n'", QuoteString(value), ">", QuoteString(f"/proc/sys/{name}"))
        yield StringCommand(setting, "|| { echo", QuoteString(f"{name}: {MISSING}"), ">&2; exit 1; }")
    if work.put_sysctls and (settings := sysctl_text(cluster)):
        yield StringCommand("install", "-D", "-m", "644", "/dev/stdin", paths.SYSCTLS, _stdin=settings)
    for path in work.keep:
        put = StringCommand("install", "-D", "-m", "644", "/dev/stdin", QuoteString(path), _stdin=network_text(cluster))
        yield put
    for path in work.remove:
        yield StringCommand("rm -f", QuoteString(path))
    if work.remove_firewall:
        yield REMOVE_FIREWALL
    if work.put_firewall and (script := firewall_text(cluster)):
        yield StringCommand("install", "-D", "-m", "755", "/dev/stdin", paths.FIREWALL, _stdin=script)
        if unit := firewall_drop_in(cluster):
            yield StringCommand("install", "-D", "-m", "644", "/dev/stdin", paths.FIREWALL_DROP_IN, _stdin=unit)
            yield "systemctl daemon-reload"
        yield paths.FIREWALL
    if work.hold:
        yield "apt-mark hold keepalived"
