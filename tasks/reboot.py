"""Reboots the nodes of each cluster one after the other: `pyinfra inventory.py tasks/reboot.py`.

--data only=required             only nodes that ask for it: /run/reboot-required, or a newer kernel installed
--data reason="kernel upgrade"   why, for status and the node's journal
--data resume=no                 an earlier run that did not end is not gone on with: all begin anew
--data force=true                also when no other node could serve
"""

from pyinfra import host

from keepalived.cli.options import said_true
from keepalived.operations import drain as operations
from keepalived.operations import reboot
from keepalived.run.commands import forced

plan = reboot.planned()  # refused here, before anything is done on any host
reboot.noted(name="Note what is to be rebooted", plan=plan, resume=said_true(host, "resume", default=True))

# Node by node within a cluster, clusters side by side; pyinfra runs an operation on all hosts before the next one.
for batch in host.loop(plan.batches):
    reboot.turn(
        name="Reboot one node of each cluster", batch=batch, reason=operations.drain_argument("reason"), force=forced()
    )
reboot.forgotten(name="Note that all is done")
