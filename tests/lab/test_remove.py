"""Taking a node out of a cluster for good."""

from __future__ import annotations

from lab.operator import DEPLOY, DRAIN, REMOVE, RESTORE, SHIPPED, Operator
from tests.lab.conftest import GAP_SECONDS, on


@on("bookworm")
def test_a_removed_node_leaves_the_address_to_the_others(redeployed: Operator) -> None:
    managers = redeployed
    managers.server01.succeed(
        "touch /etc/keepalived/mine /var/lib/keepalived/mine; cd /etc/keepalived; mkdir checks; "
        "printf '#!/bin/sh\ntouch /root/was-run\n' | tee firewall.sh > checks/web-20240101; "
        "chmod 755 firewall.sh checks/*"
    )
    managers.types(DEPLOY).line("managers: nothing to change")
    plan = managers.types(f"{REMOVE} --dry --limit server01")
    plan.line("managers: remove server01; 10.10.0.2 goes from server01 to server02")
    plan.line("then take server01 out of group_data/managers.yml, or a deploy installs it again")
    plan.line("        pyinfra inventory.py deploy.py")
    with managers.watching() as seen:
        run = managers.types(f"{REMOVE} --limit server01")
    run.line("10.10.0.2: server01 → server02 in ")
    assert (seen.route, seen.lost <= 1) == (["server01", "server02"], True)
    assert seen.longest(0) <= GAP_SECONDS
    assert managers.server01.version("keepalived") is None
    places = (
        "/etc/keepalived /var/lib/keepalived /etc/systemd/system/keepalived* /run/keepalived* /etc/default/keepalived"
    )
    assert managers.server01.execute(f"find {places} | sort").stdout.split() == [
        "/etc/keepalived", "/etc/keepalived/checks", "/etc/keepalived/checks/web-20240101",
        "/etc/keepalived/firewall.sh", "/etc/keepalived/mine", "/var/lib/keepalived", "/var/lib/keepalived/mine",
    ]  # fmt: skip
    managers.server01.fail("test -e /root/was-run")
    managers.types(f"{REMOVE} --limit server01").line("managers: keepalived is not on server01")

    managers.writes(SHIPPED.replace("  server01: 10.10.0.3\n", ""))
    with managers.watching() as seen:
        managers.types(DEPLOY)
    assert (seen.lost, seen.route, seen.counts) == (0, ["server02"], {1})

    managers.types(f"{DRAIN} --limit server03")
    for refused in (f"{REMOVE} --limit server02", REMOVE):
        managers.is_refused(refused).line("Nothing was done.")
    assert managers.server02.version("keepalived") is not None
    managers.types(f"{RESTORE} --limit server03")
    managers.writes(SHIPPED)
    managers.types(DEPLOY)

    # The last one goes, and the ranks of those that stay with it: no address moves for that.
    managers.sees_holder("server01")
    managers.types(f"{REMOVE} --limit server03")
    managers.writes(SHIPPED.replace("  server03: 10.10.0.5\n", ""))
    with managers.watching() as seen:
        managers.types(DEPLOY)
    assert (seen.lost, seen.route, seen.counts) == (0, ["server01"], {1})
