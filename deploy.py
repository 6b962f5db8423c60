"""Installs and configures keepalived on every node: `pyinfra inventory.py deploy.py`."""

from pyinfra import host
from pyinfra.operations import apt

from keepalived.facts import Node
from keepalived.operations import deploy as installation

plan = installation.deployment()
text = plan.texts[host.data.cluster.name][host.data.node]
node = host.get_fact(Node)

apt.packages(
    name="Install keepalived",
    packages=["keepalived"],
    update=node is None or node.version is None,
    no_recommends=True,
    extra_install_args="-o DPkg::Lock::Timeout=60",  # unattended-upgrades may be at it
)
installation.supported(name="Check the version of keepalived")

# Every node's configuration is good before any node is touched.
installation.staged(name="Test the new configuration", text=text)
installation.unit(name="Install the unit's drop-in and enable the service")

# Node by node within a cluster, clusters side by side; pyinfra runs an operation on all hosts before the next one.
for batch in host.loop(plan.batches):
    installation.turn(name="Change one node of each cluster", batch=batch, text=text)
