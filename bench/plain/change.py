"""Changes keepalived.conf on all nodes and has keepalived take it up, as a deploy of a few lines does.

--data old=… new=… act=restarted|reloaded
"""

from pyinfra import host
from pyinfra.operations import files, systemd

changed = files.replace(
    name="Change keepalived.conf",
    path="/etc/keepalived/keepalived.conf",
    text=host.data.old,
    replace=host.data.new,
)
systemd.service(
    name="Take it up",
    service="keepalived",
    restarted=host.data.act == "restarted",
    reloaded=host.data.act == "reloaded",
    _if=changed.did_change,
)
