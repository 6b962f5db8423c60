"""Installs and configures keepalived on every node: `pyinfra inventory.py deploy.py`."""

from pyinfra import host
from pyinfra.operations import apt

from keepalived.cli.options import DeployOptions, read
from keepalived.facts import Node
from keepalived.operations import deploy

options = read(DeployOptions, host.data.get)
plan = deploy.plan(options)  # refused here, before anything is done on any host
text = plan.texts[host.data.cluster.name][host.data.node]
node = host.get_fact(Node)

apt.packages(
    name="Install keepalived",
    packages=["keepalived"],
    update=node is None or node.version is None,
    no_recommends=True,
    extra_install_args="-o DPkg::Lock::Timeout=60",  # unattended-upgrades may be at it
)
deploy.supported(name="Check the version of keepalived")

# Every node's configuration is good before any node is touched.
deploy.staged(name="Test the new configuration", text=text)
deploy.unit(name="Install the unit's drop-in and enable the service")

# Node by node within a cluster, clusters side by side; pyinfra runs an operation on all hosts before the next one.
for batch in host.loop(plan.batches):
    deploy.turn(name="Change one node of each cluster", batch=batch, text=text, force=options.force)
