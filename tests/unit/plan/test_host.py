"""What a node gets beside keepalived: what is missing is found, and nothing where nothing is asked for."""

import subprocess
from pathlib import Path

import pytest

from keepalived.conf.firewall import UFW_COMMENT, firewall_drop_in, firewall_text
from keepalived.conf.host import network_text, sysctl_text
from keepalived.observed.host import HostState, read_host
from keepalived.observed.node import NodeState
from keepalived.plan.host import HostWork, host_work, in_the_way
from keepalived.spec.cluster_file import ClusterError, parse
from tests.unit.cluster_states import node
from tests.unit.cluster_text import cluster

SYSCTL = "/etc/sysctl.d/60-floating-address.conf"
LAN = "/etc/systemd/network/10-lan.network.d/floating-address.conf"
ALL = (
    "host: {sysctls: {net.ipv4.ip_nonlocal_bind: 1}, packages: [haproxy], hold: true, keep_configuration: true, "
    "firewall: nftables}"
)
WANTED = parse(cluster(ALL), "m")
TEXT, SCRIPT = sysctl_text(WANTED), firewall_text(WANTED)
CONFIGURATION = "vrrp_instance VI_1 {\n    interface enp0s3\n}\n"
DONE = HostState(
    sysctl_file=TEXT,
    sysctls={"net/ipv4/ip_nonlocal_bind": "1"},
    packages={"keepalived": "hi", "haproxy": "ii"},
    networks={"enp0s3": "/etc/systemd/network/10-lan.network", "other": "/run/systemd/network/20-other.network"},
    kept=[LAN],
    firewall_file=SCRIPT,
    firewall_loaded=True,
)


def seen(host: HostState) -> NodeState:
    """A node on which this is found beside keepalived."""
    return node(103).model_copy(update={"host": host})


LACKING = {
    "nothing": ({}, HostWork()),
    "a value of the kernel": (
        {"sysctls": {"net/ipv4/ip_nonlocal_bind": "0"}},
        HostWork(sysctls={"net/ipv4/ip_nonlocal_bind": "1"}),
    ),
    "what the kernel does not know": ({"sysctls": {}}, HostWork(sysctls={"net/ipv4/ip_nonlocal_bind": "1"})),
    "the file": ({"sysctl_file": None}, HostWork(put_sysctls=True)),
    "a file of before": ({"sysctl_file": "net/ipv4/ip_nonlocal_bind = 0\n"}, HostWork(put_sysctls=True)),
    "a setting that is asked for no more": (
        {"sysctl_file": f"{TEXT}net/ipv4/tcp_syncookies = 1\n"},
        HostWork(put_sysctls=True, left=("net/ipv4/tcp_syncookies",)),
    ),
    "a package": ({"packages": {"keepalived": "hi"}}, HostWork(install=("haproxy",))),
    "a package that was removed": (
        {"packages": {"keepalived": "hi", "haproxy": "rc"}},
        HostWork(install=("haproxy",)),
    ),
    "the hold": ({"packages": {"keepalived": "ii", "haproxy": "ii"}}, HostWork(hold=True)),
    "a drop-in": ({"kept": []}, HostWork(keep=(LAN,))),
    "an interface that is another's now": (
        {"networks": {"enp0s3": "/run/systemd/network/lan.network"}},
        HostWork(keep=("/etc/systemd/network/lan.network.d/floating-address.conf",), remove=(LAN,)),
    ),
    "networkd": ({"networks": {}, "kept": []}, HostWork()),
    "the script of the firewall": ({"firewall_file": None}, HostWork(put_firewall="nftables")),
    "a script of before": (
        {"firewall_file": f"{SCRIPT}# of another version\n"},
        HostWork(put_firewall="nftables", remove_firewall=True),
    ),
    "a rule of the firewall": ({"firewall_loaded": False}, HostWork(put_firewall="nftables")),
    "nftables": ({"firewall_loaded": None}, HostWork()),
}


@pytest.mark.parametrize(("difference", "work"), LACKING.values(), ids=LACKING)
def test_what_is_missing_is_found(difference: dict[str, object], work: HostWork) -> None:
    assert host_work(WANTED, seen(DONE.model_copy(update=difference)), CONFIGURATION) == work
    assert work.due is (work != HostWork())


def test_what_is_asked_for_no_more_is_removed_and_a_hold_stays() -> None:
    assert host_work(parse(cluster(), "m"), seen(DONE), CONFIGURATION) == HostWork(
        remove=(SYSCTL, LAN), left=("net/ipv4/ip_nonlocal_bind",), remove_firewall=True
    )
    assert not host_work(parse(cluster(), "m"), seen(HostState()), CONFIGURATION).due


def test_what_somebody_else_has_made_is_left_alone_and_named_where_it_is_in_the_way() -> None:
    theirs = seen(
        DONE.model_copy(update={"firewall_file": "#!/bin/sh\nreboot\n", "sysctl_file": "vm.swappiness = 1\n"})
    )
    nothing = parse(cluster(), "m")
    assert host_work(nothing, theirs, CONFIGURATION) == HostWork(remove=(LAN,))
    assert in_the_way(nothing, theirs) == []
    assert in_the_way(WANTED, theirs) == [SYSCTL, "/etc/keepalived/firewall.sh"]
    assert not host_work(WANTED, theirs, CONFIGURATION).remove_firewall
    assert in_the_way(WANTED, seen(DONE)) == []


def test_a_node_that_was_not_read_lacks_everything_but_what_only_it_can_tell() -> None:
    assert host_work(WANTED, None, CONFIGURATION) == HostWork(
        ("haproxy",), True, {"net/ipv4/ip_nonlocal_bind": "1"}, True, put_firewall="nftables"
    )


def test_the_plan_says_what_is_to_be_done() -> None:
    assert host_work(WANTED, seen(DONE), CONFIGURATION).words == []
    assert host_work(
        parse(cluster(), "m"), seen(DONE.model_copy(update={"firewall_file": None})), CONFIGURATION
    ).words == [
        f"remove {SYSCTL}",
        f"remove {LAN}",
        "net/ipv4/ip_nonlocal_bind keeps its value until the next boot",
    ]
    changed = {"packages": {}, "sysctls": {}, "sysctl_file": None, "kept": ["/x.conf"], "firewall_loaded": False}
    assert host_work(WANTED, seen(DONE.model_copy(update=changed)), CONFIGURATION).words == [
        "install haproxy",
        "set net/ipv4/ip_nonlocal_bind to 1",
        f"write {SYSCTL}",
        f"write {LAN}",
        "remove /x.conf",
        "let adverts pass nftables",
        "hold the package keepalived",
    ]


def test_the_files_say_who_wrote_them_and_what_is_asked_for() -> None:
    head = "# Written by pyinfra deploy.py from group_data/m.yml: edit that file, the next deploy replaces this one.\n"
    assert head + "net/ipv4/ip_nonlocal_bind = 1\n" == TEXT
    assert network_text(WANTED) == head + "[Network]\nKeepConfiguration=static\n"
    script = "/etc/keepalived/firewall.sh"
    assert firewall_drop_in(WANTED) == head + f"[Service]\nExecStartPost={script}\nExecReload={script}\n"
    assert SCRIPT
    assert SCRIPT.startswith("#!/bin/sh\n")
    assert head.strip() in SCRIPT


def test_a_report_tells_of_the_host() -> None:
    report = {
        "addresses": '[{"ifindex": 1, "ifname": "lo"}, {"ifindex": 7, "ifname": "enp0s3"}]',
        "sysctl_file": "a = 1\n",
        "sysctls": "net/ipv4/tcp_rmem:4096\t131072\t6291456\nnet/ipv4/ip_nonlocal_bind:0",
        "packages": "keepalived hi \nhaproxy ii \n",
        "networks": "7 /etc/systemd/network/10-lan.network\n9 /gone.network",
        "kept": f"{LAN}\n",
    }
    assert read_host(report) == HostState(
        sysctl_file="a = 1\n",
        sysctls={"net/ipv4/tcp_rmem": "4096 131072 6291456", "net/ipv4/ip_nonlocal_bind": "0"},
        packages={"keepalived": "hi", "haproxy": "ii"},
        networks={"enp0s3": "/etc/systemd/network/10-lan.network"},
        kept=[LAN],
    )
    assert read_host({"addresses": "[]"}) == HostState()


TABLE = "table inet filter {\n\t\ttype filter hook input priority filter; policy drop;\n"
ONE_RULE = '\t\tmeta l4proto vrrp accept comment "floating-address"\n'
RULE = ONE_RULE + ONE_RULE.replace("vrrp", "ah")
RULESETS = {
    "no rules at all": ("", True),
    "a chain with the rule": (TABLE + RULE, True),
    "a chain without it": (TABLE, False),
    "a chain with one rule of the two": (TABLE + ONE_RULE, False),
    "two chains and one rule": (TABLE + RULE + TABLE.replace("inet", "ip"), False),
    "a chain that judges what goes through": (TABLE.replace("input", "forward"), True),
    "a chain that translates": (TABLE.replace("type filter", "type nat"), True),
    "a chain of keepalived's own": (TABLE.replace("inet filter", "ip keepalived"), True),
    "a chain below IP": (TABLE.replace("inet", "netdev"), True),
}


@pytest.mark.parametrize(("ruleset", "firewall_loaded"), RULESETS.values(), ids=RULESETS)
def test_each_chain_that_judges_what_comes_in_must_let_adverts_in(ruleset: str, firewall_loaded: bool) -> None:
    assert read_host({"addresses": "[]", "ruleset": ruleset, "firewall": "x"}).firewall_loaded is firewall_loaded


GIVEN = ("allow vrrp any {0} any {0} in", "allow ah any {0} any {0} in")
OF_FOUR, OF_SIX = ("".join(f"### tuple ### {one.format(any)}\n" for one in GIVEN) for any in ("0.0.0.0/0", "::/0"))
UFW = {
    "no rules": ("IPV6=yes\n", False),
    "rules for one protocol of the two": ("IPV6=yes\n" + OF_FOUR, False),
    "rules for both": ("IPV6=yes\n" + OF_FOUR + OF_SIX, True),
    "no IPv6": ("IPV6=no\n" + OF_FOUR, True),
    "quoted": ('IPV6="yes"\n' + OF_FOUR, False),
    "with the comment": ("IPV6=no\n" + OF_FOUR.replace(" in\n", f" in {UFW_COMMENT}\n"), True),
    "from one host alone": ("IPV6=no\n" + OF_FOUR.replace("any 0.0.0.0/0 in", "any 10.10.0.4 in"), False),
    "no permission": ("IPV6=no\n" + OF_FOUR.replace("allow", "deny"), False),
}


@pytest.mark.parametrize(("lines", "firewall_loaded"), UFW.values(), ids=UFW)
def test_ufw_must_let_both_protocols_in_from_anywhere(lines: str, firewall_loaded: bool) -> None:
    assert read_host({"addresses": "[]", "ufw": lines}).firewall_loaded is firewall_loaded


def test_firewalld_must_have_the_policy() -> None:
    script = firewall_text(parse(cluster("host: {firewall: firewalld}"), "m"))
    assert script
    policy = script[script.index("<?xml") : script.index("END\nfi")]
    assert read_host({"addresses": "[]", "firewalld": policy}).firewall_loaded is True
    assert read_host({"addresses": "[]", "firewalld": ""}).firewall_loaded is False


def run_for_ufw(tmp_path: Path, four: str, six: str, *arguments: str) -> str:
    """What the script has ufw do, where these are its rules."""
    (tmp_path / "ufw").mkdir()
    (tmp_path / "default").write_text('IPV6="yes"\n')
    (tmp_path / "ufw/user.rules").write_text(four)
    (tmp_path / "ufw/user6.rules").write_text(six)
    program = tmp_path / "ufw/ufw"
    program.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/done\n')
    program.chmod(0o755)
    text = str(firewall_text(parse(cluster("host: {firewall: ufw}"), "m")))
    text = text.replace("/etc/ufw", f"{tmp_path}/ufw").replace("/etc/default/ufw", f"{tmp_path}/default")
    (tmp_path / "done").touch()
    path = f"{tmp_path}/ufw:/usr/bin:/bin"
    subprocess.run(["sh", "-c", text, "firewall.sh", *arguments], env={"PATH": path}, check=True)
    return (tmp_path / "done").read_text()


def test_ufw_gets_what_is_missing_and_loses_only_what_is_ours(tmp_path: Path) -> None:
    ours = OF_SIX.replace(" in\n", f" in {UFW_COMMENT}\n")
    (tmp_path / "put").mkdir()
    assert run_for_ufw(tmp_path / "put", OF_FOUR.splitlines()[0] + "\n", ours) == (
        "prepend allow proto ah from 0.0.0.0/0 to 0.0.0.0/0 comment floating-address\n"
    )
    (tmp_path / "remove").mkdir()
    assert run_for_ufw(tmp_path / "remove", OF_FOUR, ours, "remove") == ("delete allow proto vrrp from ::/0 to ::/0\n")


def test_another_firewall_gets_a_rule_and_the_first_one_loses_it() -> None:
    other = parse(cluster(ALL.replace("nftables", "ufw")), "m")
    work = host_work(other, seen(DONE), CONFIGURATION)
    assert work.words == ["remove /etc/keepalived/firewall.sh and its rules", "let adverts pass ufw"]
    assert firewall_drop_in(other) is None


def test_the_rule_is_put_into_the_nodes_own_chains_and_not_into_keepaliveds(tmp_path: Path) -> None:
    tables = TABLE.replace("{", "{\n\tchain input {", 1) + TABLE.replace(
        "inet filter {", "ip keepalived {\n\tchain in {"
    )
    (tmp_path / "chains").write_text(tables)
    nft = tmp_path / "nft"
    nft.write_text(f'#!/bin/sh\ncase $1 in list) cat {tmp_path}/chains;; insert) echo "$*" >> {tmp_path}/done;; esac\n')
    nft.chmod(0o755)
    subprocess.run(["sh", "-c", str(SCRIPT)], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=True)
    assert (tmp_path / "done").read_text() == (
        'insert rule inet filter input meta l4proto 51 accept comment "floating-address"\n'
        'insert rule inet filter input meta l4proto 112 accept comment "floating-address"\n'
    )


def test_the_shell_of_a_node_tells_what_read_host_reads(tmp_path: Path) -> None:
    """With the settings of the machine that runs the tests."""
    (tmp_path / "10-lan.network.d").mkdir()
    (tmp_path / "10-lan.network.d/floating-address.conf").touch()
    (tmp_path / "sysctls").write_text("a = 1\n")
    script = (Path(__file__).parents[3] / "keepalived/scripts/node.sh").read_text(encoding="utf-8")
    function = script[script.index("\ntell_of_host() {") : script.index("\ntell_of_daemon() {")]
    given = {
        "sysctl_file": f"{tmp_path}/sysctls",
        "sysctls": "net/ipv4/ip_local_port_range net/ipv4/nothing",
        "networks": str(tmp_path),
        "network_drop_in": "floating-address.conf",
        "firewall": f"{tmp_path}/none",
        "most": "99",
    }
    text = "".join(f"{name}='{value}'\n" for name, value in given.items()) + 'part() { echo "PART $1"; }\n'
    run = subprocess.run(["sh", "-c", f"{text}{function}\ntell_of_host"], capture_output=True, text=True, check=False)
    parts = dict(part.split("\n", 1) for part in run.stdout.split("PART ")[1:])
    found = read_host({"addresses": "[]", **parts})
    own = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    assert found.sysctls == {"net/ipv4/ip_local_port_range": " ".join(own)}
    assert found.sysctl_file == "a = 1\n"
    assert found.kept == [f"{tmp_path}/10-lan.network.d/floating-address.conf"]


REFUSED = {
    "sysctls: {ip_nonlocal_bind: 1}": "host.sysctls.ip_nonlocal_bind.[key]: 'ip_nonlocal_bind' is not a setting of the "
    "kernel: net.ipv4.ip_nonlocal_bind",
    "sysctls: {net.ipv4/../x: 1}": "host.sysctls.net.ipv4/../x.[key]: 'net.ipv4/../x' is not a setting of the kernel: "
    "net.ipv4.ip_nonlocal_bind",
    "sysctls: {net.ipv4.ip_nonlocal_bind: true}": "host.sysctls.net.ipv4.ip_nonlocal_bind: True is not a value of the "
    "kernel: 1, or a text",
    "sysctls: {net.ipv4.ip_nonlocal_bind: '1; reboot'}": "host.sysctls.net.ipv4.ip_nonlocal_bind: '1; reboot' is not a "
    "value of the kernel: 1, or a text",
    "packages: ['-y']": "host.packages[0]: '-y' is not the name of a package",
    "hold: 1": "host.hold: 1 is not true or false",
}


@pytest.mark.parametrize(("text", "fault"), REFUSED.items(), ids=REFUSED)
def test_what_means_nothing_to_a_node_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ClusterError) as refused:
        parse(cluster(f"host: {{{text}}}"), "m")
    assert [one.replace(".[key]", "") for one in refused.value.faults] == [f"m.yml: {fault.replace('.[key]', '')}"]


@pytest.mark.parametrize(("name", "path"), [
    ("net.ipv4.ip_nonlocal_bind", "net/ipv4/ip_nonlocal_bind"),
    ("net/ipv4/conf/eth0.100/arp_ignore", "net/ipv4/conf/eth0.100/arp_ignore"),
])  # fmt: skip
def test_a_setting_is_written_with_dots_or_as_its_path(name: str, path: str) -> None:
    assert parse(cluster(f"host: {{sysctls: {{{name}: 1}}}}"), "m").host.kernel == {path: "1"}
