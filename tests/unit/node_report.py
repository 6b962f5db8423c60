"""Reports of nodes for the tests: those captured on real hosts (reports/), and made ones."""

import base64
import json
from pathlib import Path

from keepalived.observed.parts import parts_of

REPORTS = Path(__file__).parent / "reports"


def captured(name: str) -> dict[str, str]:
    """The parts of reports/NAME.txt."""
    return {key: text for key, text in parts_of(captured_lines(name)).items() if key != "end"}


def captured_lines(name: str) -> list[str]:
    """reports/NAME.txt as pyinfra hands it to a fact."""
    return (REPORTS / f"{name}.txt").read_text(encoding="ascii").splitlines()


def report(parts: dict[str, str | None]) -> list[str]:
    """The lines of a report with these parts, as the node's shell writes them. None: the part is not there."""
    said = [f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in parts.items() if text is not None]
    return [*said, "end"]


def kernel(**interfaces: list[str]) -> str:
    """What `ip -j address show` says."""
    return json.dumps(
        [
            {"ifname": name, "addr_info": [{"local": address} for address in addresses]}
            for name, addresses in interfaces.items()
        ]
    )
