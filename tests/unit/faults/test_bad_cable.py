"""What a bad cable takes for the protocol of a frame."""

from __future__ import annotations

import json

from scapy.layers.inet import IP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether

from faults.bad_cable import Options, protocol


def test_the_protocol_is_that_of_ipv4_or_ipv6() -> None:
    assert protocol(bytes(Ether() / IP(proto=112))) == 112
    assert protocol(bytes(Ether() / IPv6(nh=112))) == 112
    assert protocol(bytes(Ether() / ARP())) is None
    assert protocol(b"") is None


def test_options_go_to_the_process_and_come_out_the_same() -> None:
    options = Options(loss=0.3, drops_back=(112,), seed=7)
    told = json.loads(options.as_json())
    assert (told["loss"], told["drops_back"], told["seed"]) == (0.3, [112], 7)
    assert Options(**told).as_json() == options.as_json()
