"""The examples of docs/other-repositories.md that build clusters from what others know, run as they are written."""

import json
import re
import runpy
from pathlib import Path

import pytest

DOCUMENT = (Path(__file__).parents[3] / "docs/other-repositories.md").read_text(encoding="utf-8")
CHAPTER = DOCUMENT.partition("\n## Clusters from elsewhere\n")[2].partition("\n## ")[0]
EXAMPLES = re.findall(r"```python\n(.*?)```", CHAPTER, re.DOTALL)
HOSTS_YML = """\
all:
  children:
    managers:
      hosts:
        server01: {ansible_host: 10.10.0.3, ansible_user: admin}
        server02: {ansible_host: 10.10.0.4}
    others:
      hosts:
        db01: {ansible_host: 10.10.0.99}
"""
HOSTS_INI = """\
[others]
db01 ansible_host=10.10.0.99

[web]
# the web servers
web01 ansible_host=10.10.0.13 ansible_user=admin
web02 ansible_host=10.10.0.14

[web:vars]
ansible_port=22
"""
NETBOX = {
    "count": 2,
    "results": [
        {"id": number, "name": f"server0{number}", "primary_ip4": {"address": f"10.10.0.{number + 2}/24"}}
        for number in (1, 2)
    ],
}
TERRAFORM = {
    "nodes": {
        "sensitive": False,
        "type": ["map", "string"],
        "value": {"server01": "10.10.0.3", "server02": "10.10.0.4"},
    },
    "floating_ip": {"sensitive": False, "type": "string", "value": "10.10.0.2"},
}
FILES = {
    "hosts.yml": HOSTS_YML,
    "hosts.ini": HOSTS_INI,
    "netbox.json": json.dumps(NETBOX),
    "terraform.json": json.dumps(TERRAFORM),
}
MANAGERS = {"managers": {"server01": "10.10.0.3", "server02": "10.10.0.4"}}
WEB = {"web": {"web01": "10.10.0.13", "web02": "10.10.0.14"}}


@pytest.mark.parametrize(
    ("example", "expected"),
    list(zip(EXAMPLES, [MANAGERS | WEB, MANAGERS, MANAGERS], strict=True)),
    ids=["ansible", "netbox", "terraform"],
)
def test_an_example_gives_the_hosts_of_its_source(
    tmp_path: Path, example: str, expected: dict[str, dict[str, str]]
) -> None:
    (tmp_path / "group_data").mkdir()
    for name, text in {**FILES, "inventory.py": example}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = runpy.run_path(str(tmp_path / "inventory.py"))
    assert {
        name: {node: str(data["cluster"].nodes[node].address) for node, data in found[name]} for name in expected
    } == expected
