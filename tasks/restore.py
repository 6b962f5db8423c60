"""Puts nodes back in service: `pyinfra inventory.py tasks/restore.py --limit server02`."""

from keepalived import operations

operations.plan_restore()
operations.restore(name="Restore the node and see it hold what it should")
