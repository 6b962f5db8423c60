"""Puts nodes back in service: `pyinfra inventory.py tasks/restore.py --limit server02`.

What a reboot or upgrade that did not end has left is ended too.
"""

from keepalived.operations import drain as operations

operations.plan_restore()
operations.rejoin_swarm(name="Give the swarm back what a reboot or upgrade has taken")
operations.restore(name="Restore the node and see it hold what it should")
operations.end_maintenance(name="End what a reboot or upgrade has left")
