"""Takes nodes out of service: `pyinfra inventory.py tasks/drain.py --limit server02`.

--data reason="kernel upgrade"   why, for status and the node's journal
--data until=reboot              ends with the node's next boot; until=restore, the default: when it is restored
--data force=true                also when no other node could serve
"""

from pyinfra import host

from keepalived.cli.options import DrainOptions, read
from keepalived.operations import drain

options = read(DrainOptions, host.data.get)
drain.plan(options)  # refused here, before anything is done on any host
drain.drain(
    name="Drain the node and see another one hold its addresses",
    reason=options.reason,
    until=options.until,
    force=options.force,
)
