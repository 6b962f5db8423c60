"""Takes nodes out of service: `pyinfra inventory.py tasks/drain.py --limit server02`.

--data reason="kernel upgrade"   why, for status and the node's journal
--data until=reboot              ends with the node's next boot; until=restore, the default: when it is restored
--data force=true                also when no other node could serve
"""

from keepalived.operations import drain as operations

operations.plan_drain()  # refused here, before anything is done on any host
operations.drain(
    name="Drain the node and see another one hold its addresses",
    reason=operations.drain_argument("reason"),
    until=operations.drain_argument("until"),
    force=operations.forced(),
)
