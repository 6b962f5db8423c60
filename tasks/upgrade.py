"""Upgrades keepalived on the nodes of each cluster one after the other: `pyinfra inventory.py tasks/upgrade.py`.

--data version=1:2.2.7-1+b2      that version, also an older one; a pattern (1:2.2.*) takes the best that matches
--data packages=all              the whole system instead
--data reason="security update"  why, for status and the node's journal
--data force=true                also when no other node could serve
"""

from pyinfra import host
from pyinfra.operations import apt

from keepalived.cli.options import UpgradeOptions, read
from keepalived.operations import upgrade

options = read(UpgradeOptions, host.data.get)
plan = upgrade.plan(options)  # refused here, before anything is done on any host
apt.update(name="Read what packages there are")
upgrade.known(name="Check that the version is to be had", plan=plan)

# Node by node within a cluster, clusters side by side; pyinfra runs an operation on all hosts before the next one.
for batch in host.loop(plan.batches):
    upgrade.turn(
        name="Upgrade one node of each cluster", batch=batch, plan=plan, reason=options.reason, force=options.force
    )
