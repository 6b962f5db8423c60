"""Raw lines and blocks: put in as they are, or refused with what to do instead."""

from pathlib import Path

import pytest

from keepalived.conf.contents import contents, lost
from keepalived.conf.fingerprint import origin
from keepalived.conf.render import configuration
from keepalived.spec.cluster_file import ClusterError, parse, read_clusters
from keepalived.spec.raw import OF_BLOCKS, OF_GLOBAL_DEFS, OF_INSTANCE
from tests.unit.cluster_text import cluster, instance

PLACES = {
    "global_defs": (lambda text: cluster(f"raw: {{global_defs: {text}}}"), "raw.global_defs", OF_GLOBAL_DEFS),
    "instance": (lambda text: instance(rest=f"raw: {text}"), "instances.VI_1.raw", OF_INSTANCE),
    "blocks": (lambda text: cluster(f"raw: {{blocks: {text}}}"), "raw.blocks", OF_BLOCKS),
}


def fault_of(place: str, text: str) -> str:
    """What is said of this raw text, without its path."""
    written, path, _ = PLACES[place]
    with pytest.raises(ClusterError) as refused:
        parse(written(text), "m")
    (fault,) = refused.value.faults
    assert fault.startswith(f"m.yml: {path}: ")
    return fault.removeprefix(f"m.yml: {path}: ")


@pytest.mark.parametrize(
    ("place", "word", "instead"),
    [(place, word, instead) for place, (_, _, words) in PLACES.items() for word, instead in words.items()],
)
def test_a_word_that_a_key_has_is_refused_with_the_key(place: str, word: str, instead: str) -> None:
    assert fault_of(place, f'"x 1\\n  \\"{word}\\" 1 {{ a }}"') == f"{word}: {instead}"


ALONE = "keepalived alone can resolve it, and nobody could compare what runs with what is deployed"
REFUSED = {
    "a } too many": ("'a }'", "a } too many"),
    "a } missing": ("'a {'", "a } is missing"),
    "nothing": ("' # no more'", "is empty: leave it out"),
    "include": (
        '"x\\n include /etc/x.conf"',
        f"line 2: include: {ALONE}. Put the text itself here, or name its file in raw.file",
    ),
    "include of a kind": (
        "'includer /x'",
        f"line 1: include: {ALONE}. Put the text itself here, or name its file in raw.file",
    ),
    "a definition": ("'$IF=eth0'", f"line 1: $IF=eth0: {ALONE}. Write the value itself"),
    "a definition within": ("'a ${_PWD}/x'", f"line 1: a: {ALONE}. Write the value itself"),
    "a condition": ("'@node1 a'", f"line 1: @node1: {ALONE}. Write the value itself"),
    "a sequence": ("'~SEQ(a, 1) b'", f"line 1: ~SEQ(a,: {ALONE}. Write the value itself"),
    "a line that goes on": ("'a \\'", "line 1: ends in \\: write it on one line"),
    "a quote missing": ("'a \"b'", 'line 1: a " is missing'),
    "a control character": ('"a \\e[2J"', "line 1: has a control character"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("text", "fault"), REFUSED.values(), ids=REFUSED)
def test_text_that_could_not_be_put_in_or_compared_is_refused(place: str, text: str, fault: str) -> None:
    assert fault_of(place, text) == fault


def test_what_means_nothing_in_a_comment_or_in_quotes_is_put_in() -> None:
    found = parse(instance(rest="raw: 'debug \"/x a$\" # include $x {'"), "m")
    assert '    debug "/x a$" # include $x {\n' in configuration(found, "server01", {"VI_1": "eth0"})


def test_a_file_beside_the_cluster_file_is_put_in(tmp_path: Path) -> None:
    (tmp_path / "lvs.conf").write_text("virtual_server 10.10.0.2 80 {\n    lb_algo rr\n}\n")
    (tmp_path / "m.yml").write_text(cluster("raw: {file: lvs.conf}"))
    text = configuration(read_clusters(tmp_path)["m"], "server01", {"VI_1": "eth0"})
    assert text.endswith("# As in raw:\nvirtual_server 10.10.0.2 80 {\n    lb_algo rr\n}\n")
    assert origin(text) == "deployed"


def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.conf").write_text("a\nvrrp_instance VI_9 {\n}\n")
    (tmp_path / "a.yml").write_text(cluster("raw: {file: none.conf}"))
    (tmp_path / "b.yml").write_text(cluster("raw: {file: bad.conf}"))
    with pytest.raises(ClusterError) as refused:
        read_clusters(tmp_path)
    assert refused.value.faults == [
        "a.yml: raw.file: none.conf cannot be read: No such file or directory",
        "b.yml: raw.file: vrrp_instance: use instances",
    ]


FOREIGN = """\
global_defs {
    router_id a
}
vrrp_instance OLD {
    kernel_rx_buf_size 65536
    virtual_ipaddress {
        10.10.0.2
    }
}
virtual_server 10.10.0.2 80 {
}
"""


def test_what_is_kept_as_raw_is_not_lost_by_an_adoption() -> None:
    kept = [
        "global_defs: {router_id: a}",
        "raw: {blocks: 'virtual_server 10.10.0.2 80 { }'}",
    ]
    instance_of = "virtual_router_id: 51, virtual_ipaddress: [10.10.0.2], raw: kernel_rx_buf_size 65536"
    with_raw = configuration(parse(cluster(*kept, instance=instance_of), "m"), "server01", {"VI_1": "eth0"})
    without = configuration(parse(cluster(), "m"), "server01", {"VI_1": "eth0"})
    assert lost(contents(FOREIGN), with_raw) == []
    assert lost(contents(FOREIGN), without) == [
        "router_id (global)",
        "kernel_rx_buf_size of OLD",
        "virtual_server 10.10.0.2 80",
    ]


SMTP = "smtp: {notification_email: [ops@example.org], smtp_server: 10.10.0.25}"
OF_MAIL = [
    "notification_email { a@b.c }",
    "notification_email_from a@b.c",
    "smtp_server mail",
    "smtp_connect_timeout 9",
]


@pytest.mark.parametrize("line", OF_MAIL)
def test_raw_lines_of_mail_stand_only_where_there_is_no_smtp(line: str) -> None:
    raw, word = f"raw: {{global_defs: '{line}'}}", line.split()[0]
    parse(f"{instance()}\n{raw}", "m")
    with pytest.raises(ClusterError) as refused:
        parse(f"{instance(rest='smtp_alert: true')}\n{SMTP}\n{raw}", "m")
    assert refused.value.faults == [f"m.yml: raw.global_defs: {word}: use smtp.{word}"]


def test_a_raw_alert_stands_only_where_there_is_no_smtp() -> None:
    parse(instance(rest="raw: smtp_alert"), "m")
    with pytest.raises(ClusterError) as refused:
        parse(f"{instance(rest='smtp_alert: true, raw: smtp_alert')}\n{SMTP}", "m")
    assert refused.value.faults == ["m.yml: instances.VI_1.raw: smtp_alert: use instances.VI_1.smtp_alert"]
