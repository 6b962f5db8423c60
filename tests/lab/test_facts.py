"""The facts an operator asks for ad hoc, with their literal results."""

from __future__ import annotations

import json
from typing import Any

from lab.operator import FLAG, NODE, Operator


def fact(operator: Operator, words: str) -> dict[str, Any]:
    """What `pyinfra inventory.py fact keepalived.facts.WORDS --json` says of each host."""
    run = operator.types(f"pyinfra inventory.py fact keepalived.facts.{words} --json")
    (found,) = json.loads(run.stdout).values()
    return dict(found)


def test_node_tells_all_in_one_answer(managers: Operator) -> None:
    managers.server02.succeed(f"touch {FLAG}")
    managers.sees_holder("server01")
    managers.sees(
        "effective priority",
        lambda: fact(managers, "Node")["server02"]["instances"]["VI_1"]["effective_priority"],
        2,
    )
    nodes = fact(managers, "Node")
    holder, drained = nodes["server01"], nodes["server02"]
    assert holder["version"] == "2.2.7"
    assert holder["unit"]["active_state"] == "active"
    assert holder["unit"]["enabled"] is True
    assert holder["holds"] == ["10.10.0.2"]
    assert holder["drained"] is False
    assert holder["configuration"]["applied"] is True
    instance = holder["instances"]["VI_1"]
    assert (instance["state"], instance["base_priority"], instance["effective_priority"]) == ("MASTER", 3, 103)
    assert drained["drained"] is True
    assert (
        drained["flag"]["since"]
        == managers.server02.succeed(f"date -u -d @$(stat -c %Y {FLAG}) +%Y-%m-%dT%H:%M:%SZ").strip()
    )
    assert drained["holds"] == []


def test_a_changed_file_is_told_from_the_running_configuration(redeployed: Operator) -> None:
    managers = redeployed
    managers.server02.succeed("sed -i 's/advert_int 0.5/advert_int 0.6/' /etc/keepalived/keepalived.conf")
    assert fact(managers, "Node --limit server02")["server02"]["configuration"]["applied"] is False
    managers.server02.succeed("systemctl restart keepalived")
    assert fact(managers, "Node --limit server02")["server02"]["configuration"]["applied"] is True


def test_a_stopped_daemon_is_unknown_not_false(managers: Operator) -> None:
    managers.server01.succeed("systemctl stop keepalived")
    node = fact(managers, "Node --limit server01")["server01"]
    assert node["unit"]["active_state"] == "inactive"
    assert node["instances"] is None
    assert node["configuration"]["applied"] is None
    assert node["holds"] == []


def test_holds_and_drained_take_the_clusters_settings_or_others(managers: Operator) -> None:
    assert fact(managers, "Holds") == {"server01": ["10.10.0.2"], "server02": [], "server03": []}
    others = fact(managers, 'Holds addresses=\'["10.10.0.4", "10.10.0.9"]\'')
    assert others == {"server01": [], "server02": ["10.10.0.4"], "server03": []}
    managers.server03.succeed("touch /tmp/elsewhere")
    found = fact(managers, "Drained flag=/tmp/elsewhere check=script")
    assert found == {"server01": False, "server02": False, "server03": True}


def test_what_cannot_be_read_is_null(managers: Operator) -> None:
    managers.server03.succeed("mv /usr/bin/base64 /usr/bin/base64.away; mv /usr/bin/ip /usr/bin/ip.away")
    try:
        run = managers.attempts(f"{NODE} keepalived.facts.Holds --json")
    finally:
        managers.server03.succeed("mv /usr/bin/base64.away /usr/bin/base64; mv /usr/bin/ip.away /usr/bin/ip")
    found = json.loads(run.stdout)
    assert found["keepalived.facts.Node"]["server03"] is None
    assert found["keepalived.facts.Holds"]["server03"] is None
    assert found["keepalived.facts.Holds"]["server01"] == ["10.10.0.2"]
