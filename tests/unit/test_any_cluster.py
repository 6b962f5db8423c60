"""Any cluster that the model accepts is rendered with the meaning of its file; any other is refused with a path."""

from __future__ import annotations

import random
import re
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepalived.conf.adverts import advert_settings
from keepalived.conf.drain_check import DrainCheck, drain_check
from keepalived.conf.drain_obstacles import drain_obstacles
from keepalived.conf.fingerprint import fingerprint, origin
from keepalived.conf.importing.keys import ADDRESS
from keepalived.conf.importing.of_node import keys_of
from keepalived.conf.render import configuration
from keepalived.conf.scripts import check_scripts, notify_scripts
from keepalived.spec.blocks import Block, first, parse_blocks, value_of
from keepalived.spec.cluster import Cluster
from tests.unit.generated import BY_HAND, generate, mended, part, seeded

CHANCE = st.randoms(use_true_random=False)


def accepted(chance: random.Random) -> Cluster | None:
    """A cluster of a generated file. What is refused on the way to it is refused with a path."""
    data = generate(chance)
    before = deepcopy(data)
    cluster, faults = mended(data)
    for fault in faults:
        found = re.fullmatch(r"any\.yml: ([A-Za-z0-9_.\[\]-]+): (.+)", fault)
        assert found, fault
        top = re.split(r"[.\[]", found[1])[0]
        assert top in {*before, *Cluster.model_fields}, fault
    return cluster


def texts_of(cluster: Cluster) -> dict[str, str]:
    """keepalived.conf of each node, as on hosts whose own addresses are on enp0s3."""
    interfaces = {name: one.interface or "enp0s3" for name, one in cluster.instances.items()}
    return {node: configuration(cluster, node, interfaces) for node in cluster.nodes}


def words_of(block: Block, keyword: str) -> list[list[str]]:
    """The words of each line in the block of a keyword."""
    return [words for words, _ in first(block, keyword)]


def said(text: str, name: str) -> dict[str, Any]:
    """What a configuration says of an instance, read by keepalived's rules."""
    top = parse_blocks(text)
    block = next(inner for words, inner in top if words == ["vrrp_instance", name])
    groups = [inner for words, inner in top if words[0] == "vrrp_sync_group" and [name] in words_of(inner, "group")]
    tracking = groups[0] if groups else block
    addresses = [*words_of(block, "virtual_ipaddress"), *words_of(block, "virtual_ipaddress_excluded")]
    return {
        "virtual_router_id": value_of(block, "virtual_router_id", ""),
        "priority": value_of(block, "priority", "100"),
        "interface": value_of(block, "interface", ""),
        "version": value_of(block, "version", value_of(first(top, "global_defs"), "vrrp_version", "2")),
        "advert_int": float(value_of(block, "advert_int", "1")),
        "addresses": [ADDRESS.validate_python(" ".join(words)) for words in addresses],
        "peers": sorted(words[0] for words in words_of(block, "unicast_peer")),
        "password": value_of(first(block, "authentication"), "auth_pass", ""),
        "mail": any(words == ["smtp_alert", "true"] for words, _ in block),
        "notify": {words[0]: words[1].split()[0] for words, _ in block if words[0].startswith("notify")},
        "tracked": {words[0] for key in ("track_script", "track_interface") for words in words_of(tracking, key)},
    }


def wanted(cluster: Cluster, name: str, node: str) -> dict[str, Any]:
    """The same as the model has it."""
    one = cluster.instances[name]
    scripts, by_script = check_scripts(cluster), cluster.drain.check == "script"
    notified = notify_scripts(cluster)
    others = [str(cluster.advert_source(name, other)) for other in cluster.members(name) if other != node]
    tracked = {str(check.interface or scripts[key].name) for key, check in cluster.checks_of(name).items()}
    return {
        "virtual_router_id": str(one.virtual_router_id),
        "priority": str(cluster.base_priority(name, node)),
        "interface": one.interface or "enp0s3",
        "version": str(cluster.version(name)),
        "advert_int": cluster.advert_seconds(name),
        "addresses": one.floating,
        "peers": sorted(others) if one.unicast else [],
        "password": one.authentication.auth_pass.get_secret_value() if one.authentication else "",
        "mail": one.smtp_alert,
        "notify": {keyword: script.path for keyword, script in notified[f"instances.{name}"].items()},
        "tracked": tracked | ({"chk_releasevip"} if by_script else set()),
    }


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CHANCE)
def test_a_cluster_means_in_keepaliveds_words_what_its_file_says(chance: random.Random) -> None:
    cluster = accepted(chance)
    if cluster is None:
        return
    fingerprints = set()
    for node, text in texts_of(cluster).items():
        for name, one in cluster.instances_of(node).items():
            assert said(text, name) == wanted(cluster, name, node)
            assert all(
                line.split() in [words for words, _ in _block(text, name)] for line in (one.raw or "").splitlines()
            )
        lines = {" ".join(words) for words, _ in first(parse_blocks(text), "global_defs")}
        assert lines >= set(cluster.global_defs.lines.values())
        assert drain_check(text) == DrainCheck(cluster.drain.check, cluster.drain.flag)
        assert drain_obstacles(text) == {}
        assert origin(text) == "deployed"
        fingerprints.add(fingerprint(text))
        assert keys_of(node, text).instances.keys() == cluster.instances_of(node).keys()
    assert None not in fingerprints


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CHANCE)
def test_the_nodes_of_a_cluster_accept_each_others_adverts(chance: random.Random) -> None:
    cluster = accepted(chance)
    found = [advert_settings(text) for text in texts_of(cluster).values()] if cluster else []
    for one in found:
        for other in found:
            assert all(one[name].accepts(other[name]) for name in one.keys() & other.keys())


def _block(text: str, name: str) -> Block:
    return next(inner for words, inner in parse_blocks(text) if words == ["vrrp_instance", name])


def test_most_of_what_is_generated_is_sound_and_has_every_key() -> None:
    found = [accepted(seeded(seed)) for seed in range(60)]
    assert sum(cluster is not None for cluster in found) >= 40
    chance = seeded(1)
    for model in BY_HAND:
        assert part(chance, model, share=1).keys() == model.model_fields.keys() - BY_HAND[model]
