"""What README and docs/ tell somebody to type, typed as it stands there; what they show is what comes out.

Other lab tests do the rest: tests/documents/register.py says of each command which one.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

from lab.operator import CLUSTER_FILE, SHIPPED, Operator
from tests.documents import shown
from tests.lab.conftest import on

pytestmark = on("bookworm")

LOOKS = (
    "ip -brief address",
    "ip -brief link",
    "cat /var/lib/keepalived/releasevip",
    "journalctl -u keepalived",
    "journalctl -u keepalived -e",
    "keepalived --config-test",
    "systemctl status keepalived",
    "systemctl cat keepalived",
    "sysctl net.ipv4.conf.all.arp_ignore",
    "apt-mark hold keepalived",
    "apt-mark unhold keepalived",
)
EMPTY_IN_THE_SCENE = {"checks", "connections"}  # the document fills them in, for a reader to know their form


def test_a_node_is_drained_looked_at_and_restored(managers: Operator) -> None:
    holds = "pyinfra inventory.py fact keepalived.facts.Holds --limit server01"
    shown.holds(managers.types(holds).text, holds, "docs/facts.md")

    drain = 'pyinfra inventory.py tasks/drain.py --limit server01 --data reason="kernel upgrade" -y'
    shown.holds(managers.types(drain).text, drain, "README.md", "docs/drain.md")
    status = "pyinfra inventory.py tasks/status.py"
    shown.holds(managers.types(status).text, status, "README.md")
    document = json.loads(managers.types("pyinfra inventory.py tasks/status.py --data format=json").stdout)
    assert document["healthy"] is True
    node = "pyinfra inventory.py fact keepalived.facts.Node --limit server01 --json"
    assert shape(in_the_document(node)) == shape(json.loads(managers.types(node).stdout))
    managers.types("pyinfra inventory.py fact keepalived.facts.Node")
    asked = "fact keepalived.facts.Drained flag=/var/lib/keepalived/releasevip check=script"
    assert "true" in managers.types(f"pyinfra inventory.py {asked}").text
    for look in LOOKS:
        managers.server01.succeed(look)
    lvs = shlex.quote(shown.text("docs/cluster-file.md", "virtual_server").text)
    managers.server01.succeed(f"printf %s {lvs} > /tmp/lvs.conf; keepalived --config-test -f /tmp/lvs.conf")

    restore = "pyinfra inventory.py tasks/restore.py --limit server01 -y"
    shown.holds(managers.types(restore).text, restore, "README.md", "docs/drain.md")


def in_the_document(command: str) -> Any:
    """The JSON that docs/facts.md shows, with what it leaves out filled in."""
    text = "\n".join(shown.session("docs/facts.md", command).shown)
    return json.loads(re.sub(r"\{…the same…\}", "{}", text))


def shape(part: Any) -> Any:
    """A document without its values: which keys it has, and where."""
    if isinstance(part, dict):
        return {
            key: {} if key in EMPTY_IN_THE_SCENE | {"running_flag"} else shape(value)
            for key, value in part.items()
            if key not in ("lo", "enp0s3", "enp0s8")
        }
    return type(part).__name__ if not isinstance(part, list) else []


def test_what_is_refused_and_what_a_flag_says(managers: Operator) -> None:
    managers.server02.succeed("touch /var/lib/keepalived/releasevip")
    managers.types(
        'pyinfra inventory.py tasks/drain.py --limit server03 --data reason="kernel upgrade" --data until=reboot -y'
    )
    flag = managers.server03.succeed("cat /var/lib/keepalived/releasevip")
    shown.holds_text(flag, "docs/drain.md", "1")
    drain = "pyinfra inventory.py tasks/drain.py --limit server01"
    shown.holds_text(managers.is_refused(drain).text, "docs/drain.md", "--> pyinfra error: Nothing was done.")
    forced = managers.is_refused("pyinfra inventory.py tasks/drain.py --limit server01 --data force=true -y")
    forced.line("server01 still holds 10.10.0.2: no other node can take over")
    managers.server02.succeed("rm /var/lib/keepalived/releasevip")
    managers.sees_holder("server02")
    managers.server02.succeed("echo 1 > /var/lib/keepalived/releasevip")
    managers.types("pyinfra inventory.py tasks/restore.py -y")


def test_an_address_that_stayed_is_taken_off_by_hand(managers: Operator) -> None:
    managers.server02.succeed("systemctl stop keepalived")
    managers.afterwards(managers.server02, "ip address del 10.10.0.2/32 dev enp0s3")
    managers.server02.succeed("ip address add 10.10.0.2/32 dev enp0s3")
    assert "[address-left-behind]" in managers.is_refused("pyinfra inventory.py tasks/status.py").text
    managers.server02.succeed("ip address del 10.10.0.2 dev enp0s3")
    managers.server02.succeed("systemctl start keepalived")
    managers.server02.succeed("systemctl restart keepalived")
    managers.sees_holder("server01")
    managers.types("ssh server01 true")


def test_a_cluster_file_is_read_from_the_nodes(managers: Operator) -> None:
    (managers.project / CLUSTER_FILE).unlink()
    read = managers.types("pyinfra server01,server02,server03 tasks/import.py")
    managers.types("pyinfra server01,server02 tasks/import.py")
    managers.writes(read.stdout)
    managers.types("pyinfra inventory.py tasks/import.py --limit managers")
    assert "nothing to change" in managers.types("pyinfra inventory.py deploy.py --dry --data adopt=true").text
    managers.writes(SHIPPED)
    assert "nothing to change" in managers.types("pyinfra inventory.py deploy.py --dry").text
    managers.types("pyinfra inventory.py deploy.py -y --limit managers")
    managers.types('pyinfra inventory.py tasks/upgrade.py --data version="1:2.2.*" -y')
