"""Takes nodes out of service: `pyinfra inventory.py tasks/drain.py --limit server02`.

--data reason="kernel upgrade"   why, for status and the node's journal
--data until=reboot              ends with the node's next boot; until=restore, the default: when it is restored
--data wait=60                   waits so many seconds for the end of the connections that the node still serves
--data force=true                also when no other node could serve
"""

from keepalived import deploys

deploys.drain()
