"""Checks: what each may say, that no weights break the order of the nodes, and what their scripts run."""

import subprocess
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepalived.conf.scripts import check_scripts
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import ClusterError, parse
from tests.unit.cluster_states import ONE


def faults(checks: str, **others: str) -> list[str]:
    """What is said of a cluster file with these checks."""
    with pytest.raises(ClusterError) as refused:
        with_checks(checks, **others)
    return refused.value.faults


def with_checks(checks: str, **others: str) -> Cluster:
    """A cluster of three nodes with these checks, and values of other keys."""
    return parse(
        "".join([ONE, f"checks: {{{checks}}}\n", *(f"{key}: {value}\n" for key, value in others.items())]), "m"
    )


REFUSED = [
    ("web: {weight: 5}", "checks.web: says nothing to look at: it needs one of command, process, port, http, unit, "
     "ping, interface, file"),
    ("web: {port: 1, unit: a.service}", "checks.web: has port and unit: it needs one of command, process, port, http, "
     "unit, ping, interface, file"),
    ("web: {port: 0}", "checks.web.port: 0 is not a port or an address with a port: 443 or 192.0.2.10:443"),
    ("web: {port: 65536}", "checks.web.port: 65536 is not a port or an address with a port: 443 or 192.0.2.10:443"),
    ("web: {port: 'host:80'}", "checks.web.port: 'host:80' is not a port or an address with a port: 443 or "
     "192.0.2.10:443"),
    ("web: {port: '[fe80::1%a; reboot]:80'}", "checks.web.port: '[fe80::1%a; reboot]:80' is not a port or an address "
     "with a port: 443 or 192.0.2.10:443"),
    ("web: {http: 'localhost/health'}", "checks.web.http: 'localhost/health' is not the address of a page: "
     "http://127.0.0.1:8080/health"),
    ('web: {http: "http://x/\'; reboot"}', "checks.web.http: \"http://x/'; reboot\" is not the address of a page: "
     "http://127.0.0.1:8080/health"),
    ("web: {unit: haproxy}", "checks.web.unit: 'haproxy' is not the name of a systemd unit: haproxy.service"),
    ("web: {process: /usr/sbin/haproxy}", "checks.web.process: '/usr/sbin/haproxy' is not the name of a process: "
     "haproxy, without path or blanks"),
    ("web: {ping: gateway}", "checks.web.ping: 'gateway' is not an IP address"),
    ("web: {file: run/down}", "checks.web.file: 'run/down' is not the full path of a file (no blanks or quotes)"),
    ("web: {command: ' '}", "checks.web.command: is empty: a command is needed"),
    ("web: {port: 80, user: 'no body'}", "checks.web.user: 'no body' is not the name of a user"),
    ("web: {port: 80, timeout: 0}", "checks.web.timeout: 0 is not in 1..3600"),
    ("web: {port: 80, weight: 0}", "checks.web.weight: 0 counts nothing: leave it out for a check whose failure takes "
     "the node out"),
    ("web: {interface: eth1, rise: 3}", "checks.web.rise: an interface check has none: the kernel tells keepalived at "
     "once"),
    ("'a b': {port: 80}", "checks.a b: 'a b' cannot name a check: use letters, digits, _ -, at most 32"),
    ("web: {prot: 80}", "checks.web.prot: is not a known key (did you mean port?)"),
]  # fmt: skip


@pytest.mark.parametrize(("checks", "fault"), REFUSED)
def test_a_check_that_cannot_be_is_refused_in_one_line(checks: str, fault: str) -> None:
    assert f"m.yml: {fault}" in faults(checks)


ORDER = [
    (
        "web: {port: 80, weight: 1}",
        {},
        "checks.web.weight: server01 with web failing has the same priority as server02 with all checks passing: use 3",
    ),
    (
        "web: {port: 80, weight: -2}",
        {},
        "checks.web.weight: server01 with web failing has the same priority as server03 with all checks passing: "
        "use -3",
    ),
    (
        "web: {port: 80, weight: 120}",
        {},
        "drain.weight: 100: server03 in service with web failing is not above server01 drained with all checks "
        "passing: use 123 to 131",
    ),
    (
        "web: {port: 80, weight: 90}, app: {port: 81, weight: -70}",
        {},
        "checks.web.weight: the weights of the checks add up to 160: there is room for 124, so that every node in "
        "service is above every drained one within 254",
    ),
    (
        "web: {port: 80, weight: 20}",
        {"drain": "{weight: 240}"},
        "drain.weight: 240: server01 in service with all checks passing is above 254: use 23 to 231",
    ),
]


@pytest.mark.parametrize(("checks", "others", "fault"), ORDER)
def test_weights_that_break_the_order_are_refused_with_the_nearest_that_work(
    checks: str, others: dict[str, str], fault: str
) -> None:
    assert faults(checks, **others) == [f"m.yml: {fault}"]


def test_an_instance_names_checks_of_the_file() -> None:
    text = ONE.replace("virtual_router_id: 51", "virtual_router_id: 51, checks: [web, wbe]")
    with pytest.raises(ClusterError) as refused:
        parse(f"{text}checks: {{web: {{port: 80}}}}\n", "m")
    assert refused.value.faults == ["m.yml: instances.VI_1.checks: wbe is not a check of this file: web"]


weights = st.lists(st.integers(-60, 60).filter(bool), min_size=1, max_size=3)


@settings(max_examples=150, deadline=None)
@given(weights, st.integers(1, 253), st.integers(1, 30), st.integers(2, 5), st.sampled_from(["script", "file"]))
def test_what_is_accepted_keeps_the_order_whatever_checks_fail(
    found: list[int], drain: int, step: int, nodes: int, kind: str
) -> None:
    text = (
        f"nodes: {{{', '.join(f's{one}: 10.0.0.{one}' for one in range(1, nodes + 1))}}}\n"
        "instances: {VI_1: {virtual_router_id: 51, virtual_ipaddress: [10.0.0.99]}}\n"
        f"priority_step: {step}\ndrain: {{weight: {drain}, check: {kind}}}\n"
        f"checks: {{{', '.join(f'c{place}: {{port: 80, weight: {weight}}}' for place, weight in enumerate(found))}}}\n"
    )
    try:
        accepted = parse(text, "m")
    except ClusterError:
        return
    fails = [of for size in range(len(found) + 1) for of in combinations(accepted.checks, size)]
    announced = {
        drained: [
            {accepted.effective_priority("VI_1", node, drained=drained, failing=of) for of in fails}
            for node in accepted.nodes
        ]
        for drained in (False, True)
    }
    assert min(map(min, announced[False])) > max(map(max, announced[True])) >= 1
    assert max(map(max, announced[False])) <= 254
    assert min(map(min, announced[True])) >= 1
    for of_nodes in announced.values():
        assert not any(one & other for one, other in combinations(of_nodes, 2))


# What the scripts run, on this machine: the first argument `try` says how it ends.


def tried(tmp_path: Path, check: str) -> tuple[int, str]:
    """Exit status and words of the script of a check, run once."""
    script = check_scripts(with_checks(f"one: {check}"))["one"]
    path = tmp_path / "script"
    path.write_text(script.text)
    done = subprocess.run(["sh", str(path), "try"], capture_output=True, text=True, timeout=30)
    return done.returncode, (done.stdout + done.stderr).strip()


TRIED = [
    ("{command: 'true'}", 0, ""),
    ("{command: \"printf 'a b' | grep -q 'a b'\"}", 0, ""),
    ("{command: 'echo  many   words; exit 7'}", 0, "The check one fails now (exit status 7): many words"),
    ("{command: 'sleep 20', timeout: 1}", 0, "The check one fails now (exit status 124):"),
    ("{command: 'no-such-program --help'}", 126, "The check one cannot be run as root: sh: 1: no-such-program: "
     "not found"),
    ("{command: 'no-such-program | grep x'}", 126, "The check one cannot be run as root: sh: 1: no-such-program: "
     "not found"),
    ("{process: no-such-process}", 0, "The check one fails now (exit status 1): no process no-such-process runs"),
    ("{file: /proc/self/status}", 0, "The check one fails now (exit status 1): /proc/self/status is there"),
    ("{file: /no/such/file}", 0, ""),
    ("{port: '127.0.0.1:1'}", 0, "The check one fails now (exit status 1): bash: connect: Connection refused bash: "
     "line 1: /dev/tcp/127.0.0.1/1: Connection refused"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "status", "words"), TRIED)
def test_a_script_says_how_its_check_ends(tmp_path: Path, check: str, status: int, words: str) -> None:
    assert tried(tmp_path, check) == (status, words)


def test_a_script_has_another_name_when_its_command_changes_and_only_then() -> None:
    names = [
        check_scripts(with_checks(f"one: {check}"))["one"].name
        for check in ("{port: 80}", "{port: 80, weight: 20, rise: 5}", "{port: 81}", "{port: 80, user: nobody}")
    ]
    assert names[0] == names[1]
    assert len(set(names)) == 3


def test_a_check_brings_no_package_that_it_does_not_need() -> None:
    assert with_checks("one: {port: 80}").packages == []
    assert with_checks("a: {http: 'http://x/'}, b: {ping: 10.0.0.1}, c: {ping: 10.0.0.2}").packages == [
        "curl",
        "iputils-ping",
    ]
