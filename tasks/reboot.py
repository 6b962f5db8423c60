"""Reboots the nodes of each cluster one after the other: `pyinfra inventory.py tasks/reboot.py`.

--data only=required             only nodes that ask for it: /run/reboot-required, or a newer kernel installed
--data reason="kernel upgrade"   why, for status and the node's journal
--data resume=no                 an earlier run that did not end is not continued: all begin anew
--data force=true                also when no other node could serve
"""

from pyinfra import host

from keepalived.cli.options import RebootOptions, read
from keepalived.operations import reboot

options = read(RebootOptions, host.data.get)
plan = reboot.plan(options)  # refused here, before anything is done on any host
reboot.checkpoint(name="Write down what is to be rebooted", plan=plan)

# Node by node within a cluster, clusters side by side; pyinfra runs an operation on all hosts before the next one.
for batch in host.loop(plan.batches):
    reboot.turn(name="Reboot one node of each cluster", batch=batch, reason=options.reason, force=options.force)
reboot.finish(name="Write down that all is done")
