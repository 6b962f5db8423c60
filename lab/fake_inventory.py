"""The cluster files' hosts as pyinfra's @fake ones, fresh machines that can be planned for without any."""

from pathlib import Path

from keepalived.conf.render import configuration
from keepalived.inventory import groups
from lab.fakes import fakes

_GROUP_DATA = Path(__file__).resolve().parent.parent / "group_data"

globals().update(fakes(_GROUP_DATA))

if __name__ == "__main__":
    for _hosts in groups(_GROUP_DATA).values():
        for _node, _data in _hosts:
            _cluster = _data["cluster"]
            print(f"\n==> {_node}:/etc/keepalived/keepalived.conf <==")
            print(configuration(_cluster, _node, dict.fromkeys(_cluster.instances, "enp0s3")))
