"""Takes nodes out of service: `pyinfra inventory.py tasks/drain.py --limit server02`."""

from keepalived import operations

operations.drain(name="Drain the node and see another one hold its addresses")
