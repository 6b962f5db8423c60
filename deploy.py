"""Installs and configures keepalived on every node: `pyinfra inventory.py deploy.py`."""

from pyinfra import host
from pyinfra.operations import apt, systemd
from pyinfra.operations.util import any_changed

from keepalived import operations
from keepalived.facts import Node

node = host.get_fact(Node)
text = operations.configuration_text(node)

apt.packages(
    name="Install keepalived",
    packages=["keepalived"],
    update=node is None or node.version is None,
    no_recommends=True,
    extra_install_args="-o DPkg::Lock::Timeout=60",  # unattended-upgrades may be at it
)
operations.supported(name="Check the version of keepalived")

# Every node's configuration is good before any node's is touched.
operations.staged(name="Test the new configuration", text=text)

unit = operations.unit(name="Install the unit's drop-in")
operations.in_place(name="Put the configuration in place", text=text)
started = systemd.service(name="Start and enable keepalived", service="keepalived", running=True, enabled=True)
restarted = operations.restarted(name="Restart keepalived", text=text, after=unit)
operations.wait_until_settled(name="Wait until the addresses are held", _if=any_changed(started, restarted))
