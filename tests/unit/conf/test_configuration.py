"""Files of a node: whole against golden files, and told apart by what they mean.

After a change that is meant, `python -m tests.unit.conf.test_configuration` writes golden/*.conf anew: read the diff.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from keepalived.conf.drop_in import drop_in_digest
from keepalived.conf.fingerprint import fingerprint, fingerprint_but_election, origin
from keepalived.conf.interfaces import Links, NoInterface, interfaces
from keepalived.conf.render import configuration, drop_in
from keepalived.spec.cluster_file import parse
from tests.unit.node_report import captured

GOLDEN = Path(__file__).parents[1] / "golden"
REPOSITORY = Path(__file__).parents[3]


def rendered(name: str) -> dict[str, str]:
    """keepalived.conf of every node of golden/NAME.yml, by the name of its golden file."""
    cluster = parse((GOLDEN / f"{name}.yml").read_text(encoding="utf-8"), name)
    return {
        f"{name}.{node}.conf": configuration(
            cluster, node, {one: cluster.interface(one, node) or "enp0s3" for one in cluster.instances_of(node)}
        )
        for node in cluster.nodes
    }


CLUSTERS = sorted(file.stem for file in GOLDEN.glob("*.yml"))


@pytest.mark.parametrize("name", CLUSTERS)
def test_configurations_are_as_ever(name: str) -> None:
    golden = {file.name: file.read_text(encoding="utf-8") for file in GOLDEN.glob(f"{name}.*.conf")}
    assert rendered(name) == golden


def test_a_configuration_depends_on_data_alone(tmp_path: Path) -> None:
    """Not on the folder, time zone, language or hash seed of whoever runs it: else every run would change something."""
    script = (
        "import json, sys; from tests.unit.conf.test_configuration import CLUSTERS, rendered;"
        "json.dump({name: rendered(name) for name in CLUSTERS}, sys.stdout)"
    )
    elsewhere = {"PYTHONPATH": str(REPOSITORY), "PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C", "HOME": "/"}
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=elsewhere, stdout=subprocess.PIPE, check=True
    )
    assert json.loads(run.stdout) == {name: rendered(name) for name in CLUSTERS}


def test_a_script_and_a_file_are_never_both_there() -> None:
    for name in CLUSTERS:
        for text in rendered(name).values():
            assert ("vrrp_script" in text, "track_script" in text) == ("track_file" not in text,) * 2


def test_the_drop_in_makes_the_folder_of_the_default_flag_and_ends_a_drain_at_boot() -> None:
    cluster = parse((GOLDEN / "default.yml").read_text(encoding="utf-8"), "default")
    lines = drop_in(cluster).splitlines()
    assert "StateDirectory=keepalived" in lines  # /var/lib/keepalived
    (before_start,) = [line for line in lines if line.startswith("ExecStartPre=")]
    assert before_start.endswith("/var/lib/keepalived/releasevip || rm -f /var/lib/keepalived/releasevip'")


def test_the_drop_in_has_its_digest_and_starts_keepalived_after_what_serves_the_addresses() -> None:
    plain = drop_in(parse((GOLDEN / "default.yml").read_text(encoding="utf-8"), "default"))
    text = (GOLDEN / "default.yml").read_text(encoding="utf-8") + "start_after: [haproxy.service, docker.service]\n"
    ordered = drop_in(parse(text, "default"))
    assert "[Unit]" not in plain
    assert "After=haproxy.service docker.service\n" in ordered.partition("\n[Service]\n")[0]
    assert drop_in_digest(plain) not in (None, drop_in_digest(ordered))
    assert ordered.splitlines()[-1] == f"Environment=KEEPALIVED_DROP_IN={drop_in_digest(ordered)}"


PLAIN = 'vrrp_script chk {\nscript "/usr/bin/test ! -e /x"\nweight 100\n}\n'
SAME = {
    "indents": PLAIN.replace("\n", "\n    "),
    "tabs": PLAIN.replace(" 100", "\t100"),
    "blank lines": PLAIN.replace("\n", "\n\n \n"),
    "no line break at the end": PLAIN.rstrip(),
    "CRLF": PLAIN.replace("\n", "\r\n"),
    "comments": f"# a\n! b\n{PLAIN}#c",
    "comments behind a word": PLAIN.replace("100", "100 # a").replace("{", "{!b"),
    "a quote in a comment": f'# "\n{PLAIN}',
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_what_keepalived_does_not_read_does_not_count(text: str) -> None:
    assert fingerprint(text) == fingerprint(PLAIN) is not None


OTHER = {
    "a value": PLAIN.replace("100", "10"),
    "two words in one": PLAIN.replace("weight 100", "weight100"),
    "a line less": PLAIN.replace("weight 100\n", ""),
    "a line in a comment": PLAIN.replace("weight", "#weight"),
    "an exclamation mark in quotes": PLAIN.replace("! ", ""),
    "what follows an exclamation mark in quotes": PLAIN.replace("/x", "/y"),
    "a hash in quotes": PLAIN.replace("/x", "/x#1"),
    "without the quotes": PLAIN.replace('"', ""),
    "nothing": "",
    "blanks in quotes": PLAIN.replace("-e /x", "-e  /x"),
}


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_what_keepalived_reads_counts(text: str) -> None:
    assert fingerprint(text) not in (fingerprint(PLAIN), None)


@pytest.mark.parametrize("line", ["include /etc/x.conf", "  include x", "@node1 priority 3", "$IF=enp0s3", "~SEQ(a)"])
def test_what_pulls_in_more_than_itself_has_no_fingerprint(line: str) -> None:
    assert fingerprint(f"{PLAIN}{line}\n") is None


def test_an_address_at_or_a_dollar_within_a_line_is_no_definition() -> None:
    assert fingerprint('notify "/x a@b"\n') is not None


@pytest.mark.parametrize("report", ["bookworm-holder", "trixie-holder", "trixie-everything"])
def test_a_daemons_copy_means_what_its_file_means(report: str) -> None:
    disk, running = (captured(report)[part] for part in ("configuration", "running"))
    assert disk != running
    assert fingerprint(disk) == fingerprint(running) is not None


@pytest.mark.parametrize("report", ["bookworm-holder", "trixie-holder", "trixie-everything"])
def test_another_priority_alone_is_told_from_another_meaning(report: str) -> None:
    disk, running = (captured(report)[part] for part in ("configuration", "running"))
    other = re.sub(r"    priority \d+", "    priority 42", disk)
    assert fingerprint(other) != fingerprint(running)
    assert fingerprint_but_election(other) == fingerprint_but_election(running) is not None
    assert fingerprint_but_election(other.replace("enp0s3", "enp0s4")) != fingerprint_but_election(running)


def test_a_daemon_that_was_not_restarted_is_told_by_its_copy() -> None:
    disk, running = (captured("trixie-not_restarted")[part] for part in ("configuration", "running"))
    assert fingerprint(disk) != fingerprint(running)


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_rendered_configuration_has_its_own_fingerprint_in_a_comment(name: str) -> None:
    for text in rendered(name).values():
        assert f"# Fingerprint: {fingerprint(text)}" in text.splitlines()
        assert origin(text) == "deployed"


OURS = rendered("default")["default.server01.conf"]
MARK = next(line for line in OURS.splitlines() if line.startswith("# Fingerprint: "))
ORIGINS = {
    "as deployed": (OURS, "deployed"),
    "another comment": (OURS.replace("# By hand,", "# As alice said, by hand,"), "deployed"),
    "a comment more, within the head": (OURS.replace(MARK, f"# Ask alice.\n{MARK}"), "deployed"),
    "a comment more, before all": (f"# Ask alice.\n\n{OURS}", "deployed"),
    "a comment more, at the end": (f"{OURS}# Ask alice.\n", "deployed"),
    "a comment less": (OURS.replace("#   it", "it").replace("# While", "#\n# While"), "deployed"),
    "blanks and blank lines": (OURS.replace("    priority 3", "\n\tpriority   3"), "deployed"),
    "another value": (OURS.replace("priority 3 ", "priority 4 "), "edited"),
    "a line more": (f"{OURS}vrrp_instance VI_2 {{\n}}\n", "edited"),
    "a line less": (OURS.replace("    script_user root\n", ""), "edited"),
    "a line taken out by a comment": (OURS.replace("    script_user", "#   script_user"), "edited"),
    "more than itself": (f"{OURS}include /etc/keepalived/more.conf\n", "edited"),
    "another fingerprint": (OURS.replace(MARK, "# Fingerprint: 0"), "edited"),
    "the fingerprint of what pulls in more": (f"{OURS}include x\n".replace(MARK, "# Fingerprint: None"), "edited"),
    "without the fingerprint": (OURS.replace(f"{MARK}\n", ""), "foreign"),
    "without the line before it": (OURS.replace("# Written by pyinfra", "# Written by"), "foreign"),
    "a fingerprint far from that line": (OURS.replace(MARK, f"\n{MARK}"), "foreign"),
    "without comments": ("\n".join(line for line in OURS.splitlines() if "#" not in line), "foreign"),
    "the origin's": ((Path(__file__).parents[1] / "origins_own.conf").read_text(encoding="utf-8"), "foreign"),
    "on a real host": (captured("trixie-holder")["configuration"], "deployed"),
    "nothing": ("", "foreign"),
}


@pytest.mark.parametrize(("text", "found"), ORIGINS.values(), ids=ORIGINS)
def test_who_wrote_a_configuration_is_told_by_its_fingerprint(text: str, found: str) -> None:
    assert origin(text) == found


def test_configurations_of_different_meaning_have_different_fingerprints() -> None:
    texts = [text for name in CLUSTERS for text in rendered(name).values()]
    assert len({fingerprint(text) for text in texts}) == len(texts)


TWO = """\
nodes: {server01: 10.10.0.3, server02: 10.10.0.4}
instances:
  A: {virtual_router_id: 51, virtual_ipaddress: [10.10.0.2], interface: enp0s3}
  B: {virtual_router_id: 51, virtual_ipaddress: [10.10.0.9]}
"""


def test_an_interface_is_the_one_that_is_set_or_carries_the_nodes_own_address() -> None:
    carried = {"lo": ["127.0.0.1"], "enp0s3": ["10.20.0.3"], "enp0s8": ["10.10.0.3"]}
    assert interfaces(parse(TWO, "managers"), "server01", Links(carried)) == {"A": "enp0s3", "B": "enp0s8"}


NONE = [
    (
        {"lo": ["127.0.0.1"]},
        "server01: no network interface carries its address 10.10.0.3: correct nodes.server01 or set"
        " instances.B.interface in managers.yml",
    ),
    (
        {"enp0s3": ["10.10.0.3"]},
        "server01: A and B have virtual_router_id 51 on the same interface, enp0s3: give one of them another in"
        " managers.yml",
    ),
]


@pytest.mark.parametrize(("carried", "problem"), NONE)
def test_a_node_whose_interfaces_do_not_do_is_told(carried: dict[str, list[str]], problem: str) -> None:
    with pytest.raises(NoInterface) as caught:
        interfaces(parse(TWO, "managers"), "server01", Links(carried))
    assert str(caught.value) == problem


def test_a_check_of_an_instances_own_interface_is_told() -> None:
    """keepalived ignores it, and `-t` complains."""
    text = TWO + "checks: {link: {interface: enp0s3}}\n"
    with pytest.raises(NoInterface) as caught:
        interfaces(parse(text, "managers"), "server01", Links({"enp0s3": ["10.20.0.3"], "enp0s8": ["10.10.0.3"]}))
    assert str(caught.value) == (
        "server01: the check link looks at enp0s3, the own interface of A: keepalived looks at that one anyway, and "
        "ignores the check. Take checks.link out of managers.yml, or give A other checks"
    )


def test_a_table_of_nodes_begins_with_the_highest_priority() -> None:
    rows = [
        line.split() for line in rendered("everything")["everything.server02.conf"].splitlines() if " 10.10.0." in line
    ]
    assert [row[1] for row in rows if row[0] == "#" and row[1].startswith("server")] == [
        "server01",
        "server03",
        "server02",
    ]


if __name__ == "__main__":
    for old in GOLDEN.glob("*.conf"):
        old.unlink()
    for name in CLUSTERS:
        for file, text in rendered(name).items():
            (GOLDEN / file).write_text(text, encoding="utf-8")
