"""The keepalived of both Debian suites accepts what is rendered: golden files, clusters at random, imported files.

Of the origin's own file it has one complaint.
"""

from __future__ import annotations

import base64
import io
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from keepalived.conf.importing.convert import imported
from keepalived.conf.importing.handmade import Handmade, text_of
from keepalived.conf.importing.meaning import meaning
from keepalived.conf.render import configuration
from keepalived.spec import paths
from lab.operator import Operator
from tests.lab.conftest import on
from tests.unit.generated import generate, mended, seeded

UNIT = Path(__file__).parents[1] / "unit"
GOLDEN = sorted((UNIT / "golden").glob("*.conf"))
SEED, GENERATED = 20261128, 40
SAMPLES = "/usr/share/doc/keepalived/samples"
SAMPLE_INTERFACES = ("eth0", "eth1", "eth2", "eth3", "eth0.1")
LABEL = "high"  # the samples have lines for a daemon of this name
INSTANCE = """
vrrp_instance VI_1 {
    interface enp0s3
    virtual_router_id 51
    virtual_ipaddress {
        10.10.0.2
    }
}
"""
pytestmark = on("bookworm", "trixie")


class Examined(NamedTuple):
    """What `keepalived -t` ended with, and what it said."""

    status: int
    words: str

    @property
    def complaints(self) -> set[str]:
        """Each complaint without the place in the file."""
        return {re.sub(r"^\([^)]*\)|\(Line \d+\)", "", line).strip() for line in self.words.splitlines()}


def config_test(operator: Operator, text: str) -> tuple[int, str]:
    """Exit status and words of `keepalived -t` about `text` on a host."""
    encoded = base64.b64encode(text.encode()).decode()
    done = operator.server01.execute(
        f"echo {encoded} | base64 -d > /root/candidate && keepalived -t -f /root/candidate"
    )
    return done.returncode, done.stdout + done.stderr


def config_tests(operator: Operator, texts: Mapping[str, str]) -> dict[str, Examined]:
    """The same for many texts, by name, in one command. Their scripts are there and can be run."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in texts.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    unpack = f"echo {base64.b64encode(packed.getvalue()).decode()} | base64 -d | tar -xz"
    scripts = f"cat * | grep -o '{paths.SCRIPTS}/[^\" ]*' | sort -u | xargs -r -n 1 cp /bin/true"
    test = f"timeout 20 keepalived -t -i {LABEL} -f $name >/root/said 2>&1; echo END $? $name $(base64 -w 0 /root/said)"
    done = operator.server01.succeed(
        f"rm -rf /root/many && mkdir -p /root/many {paths.SCRIPTS} /srv/app && cd /root/many && {unpack}; {scripts}; "
        f"for name in *; do {test}; done",
        timeout=300,
    )
    found = re.findall(r"^END (\d+) (\S+) ?(\S*)$", done, re.MULTILINE)
    return {name: Examined(int(status), base64.b64decode(words).decode()) for status, name, words in found}


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_file_is_accepted(deployed: Operator, golden: Path) -> None:
    text = golden.read_text()
    for script in re.findall(r'"(/etc/keepalived/checks/[^" ]+)', text):
        deployed.server01.succeed(f"install -D -m 755 /bin/true {script}")
    assert config_test(deployed, text) == (0, "")


def test_the_origins_own_file_lacks_only_script_security(deployed: Operator) -> None:
    status, words = config_test(deployed, (UNIT / "origins_own.conf").read_text())
    assert (status, words.strip()) == (
        6,
        "SECURITY VIOLATION - scripts are being executed but script_security not enabled.",
    )


def test_clusters_at_random_are_accepted(deployed: Operator) -> None:
    """A key whose values the model takes and keepalived does not is found here."""
    print(f"seed {SEED}")
    texts: dict[str, str] = {}
    for seed in range(SEED, SEED + 10 * GENERATED):
        cluster, _ = mended(generate(seeded(seed)))
        if cluster is None:
            continue
        node = cluster.order(next(iter(cluster.instances)))[0]
        interfaces = {name: one.interface or "enp0s3" for name, one in cluster.instances.items()}
        texts[f"{seed}.conf"] = configuration(cluster, node, interfaces)
        if len(texts) == GENERATED:
            break
    found = config_tests(deployed, texts)
    assert found.keys() == texts.keys()
    refused = {name: tested for name, tested in found.items() if tested != (0, "")}
    for name in refused:
        print(texts[name])
    assert {name: tested.words for name, tested in refused.items()} == {}


@pytest.fixture(scope="module")
def samples(deployed: Operator) -> dict[str, str]:
    """The samples that Debian's package brings, on a host that has their interfaces."""
    for interface in SAMPLE_INTERFACES:
        make = f"ip link add {interface} type veth peer name to-{interface} && ip link set {interface} up"
        deployed.server01.succeed(f"ip link show {interface} >/dev/null 2>&1 || {{ {make}; }}")
    said = deployed.server01.succeed(
        f"cd {SAMPLES} && for name in keepalived.conf.*; do echo $name $(zcat -f $name | base64 -w 0); done"
    )
    return {name: base64.b64decode(text).decode() for name, text in (line.split() for line in said.splitlines())}


def test_every_sample_of_the_package_is_imported_and_means_the_same(
    deployed: Operator, samples: dict[str, str]
) -> None:
    assert len(samples) >= 25
    interfaces = {interface: [] for interface in SAMPLE_INTERFACES} | {"enp0s3": ["10.10.0.3"]}
    texts: dict[str, str] = {}
    lost = 0
    for name, sample in samples.items():
        text = sample if "vrrp_instance" in sample else sample + INSTANCE
        made = Handmade("server01", {paths.CONFIGURATION: text}, LABEL, "10.10.0.3", interfaces)
        found = imported([made])
        assert found.cluster is not None, (name, found.lost)
        assert not [words for words in found.lost if "would be otherwise" in words], name
        used = {key: one.interface or "enp0s3" for key, one in found.cluster.instances.items()}
        rendered = configuration(found.cluster, "server01", used)
        if not found.lost:
            assert meaning(text_of(made)).without(meaning(rendered, found.cluster)) == [], name
        lost += bool(found.lost)
        texts[f"{name}.theirs"], texts[f"{name}.ours"] = text, rendered
    tested = config_tests(deployed, texts)
    for name in samples:
        ours, theirs = tested[f"{name}.ours"], tested[f"{name}.theirs"]
        assert ours.status in (0, theirs.status), (name, ours, theirs)
        assert ours.complaints <= theirs.complaints, (name, ours, theirs)
    accepted = sum(tested[f"{name}.ours"].status == 0 for name in samples)
    print(f"{len(samples)} samples, {accepted} accepted as they are, {len(samples) - lost} without a loss")
