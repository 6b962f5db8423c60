"""The process that asks the network is started when it is needed, and a failure of it is an answer too."""

import subprocess
import sys

import pytest

from keepalived.observed.neighbours import Answer
from keepalived.status.neighbours import Neighbours


def test_an_address_that_is_on_no_network_of_this_machine_is_not_asked_for() -> None:
    assert Neighbours().ask(["127.0.0.1"]) == {"127.0.0.1": Answer(None, "it is not on a network of this machine")}


def test_a_process_that_fails_leaves_the_answers_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert Neighbours().ask(["10.10.0.2", "10.10.0.9"]) == dict.fromkeys(
        ["10.10.0.2", "10.10.0.9"],
        Answer(None, "the process that asks has failed: python -m keepalived.status.neighbours"),
    )


def test_only_the_process_that_asks_loads_scapy() -> None:
    loads = "import sys, keepalived.status.run; print(any(name.split('.')[0] == 'scapy' for name in sys.modules))"
    said = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"
