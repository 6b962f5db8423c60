"""Puts nodes back in service: `pyinfra inventory.py tasks/restore.py --limit server02`."""

from keepalived import operations

operations.plan_restore()
operations.end_maintenance(name="End what a reboot or upgrade has left")
operations.restore(name="Restore the node and see it hold what it should")
