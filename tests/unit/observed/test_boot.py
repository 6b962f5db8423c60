"""A server asks for a reboot when it says so or has a newer kernel of the flavour that runs, and only then."""

import re
import subprocess
from typing import Any

import pytest

from keepalived.observed.boot import IDENTITY, BootState, newer_kernel, read_boot

NEWER = [
    # what runs, what is installed, the newest that is newer
    ("6.1.0-27-amd64", ["6.1.0-26-amd64", "6.1.0-27-amd64", "6.1.0-28-amd64"], "6.1.0-28-amd64"),
    ("6.1.0-27-amd64", ["6.1.0-30-amd64", "6.1.0-9-amd64", "6.1.0-29-amd64"], "6.1.0-30-amd64"),
    ("6.1.0-9-amd64", ["6.1.0-10-amd64"], "6.1.0-10-amd64"),  # numbers, not letters
    ("6.1.0-28-amd64", ["6.1.0-27-amd64", "6.1.0-28-amd64"], None),
    ("6.1.0-28-amd64", ["6.12.9+bpo-amd64"], "6.12.9+bpo-amd64"),  # from bookworm-backports
    ("6.12.9+bpo-amd64", ["6.1.0-28-amd64"], None),
    ("6.12.41+deb13-amd64", ["6.12.41+deb13-amd64", "6.12.43+deb13-amd64"], "6.12.43+deb13-amd64"),
    ("6.12.9+bpo-amd64", ["6.12.41+deb13-amd64"], "6.12.41+deb13-amd64"),
    ("6.12.41+deb13-amd64", ["6.12.9+deb13-amd64"], None),
    ("6.12.41+deb13-cloud-amd64", ["6.12.43+deb13-amd64", "6.12.43+deb13-rt-amd64"], None),
    ("6.12.41+deb13-cloud-amd64", ["6.12.43+deb13-cloud-amd64"], "6.12.43+deb13-cloud-amd64"),
    # one flavour beside another: which one is booted is not a question of its age
    ("5.10.0-30-cloud-amd64", ["5.10.0-30-cloud-amd64", "5.10.0-31-amd64"], None),
    ("5.10.0-30-cloud-amd64", ["5.10.0-31-cloud-amd64", "5.10.0-32-amd64"], "5.10.0-31-cloud-amd64"),
    ("5.10.0-30-amd64", ["5.10.0-31-cloud-amd64"], None),
    ("6.1.0-27-amd64", ["6.1.0-28-arm64"], None),
    # relatives of Debian, and kernels of one's own
    ("5.15.0-91-generic", ["5.15.0-100-generic", "5.15.0-101-lowlatency"], "5.15.0-100-generic"),
    ("6.6.31+rpt-rpi-v8", ["6.6.31+rpt-rpi-2712", "6.6.51+rpt-rpi-v8"], "6.6.51+rpt-rpi-v8"),
    ("6.8.12-4-pve", ["6.8.12-10-pve"], "6.8.12-10-pve"),
    ("6.18.44-fc-v595", [], None),
    ("6.1.0-rc1", ["6.1.0-rc1", "6.1.0-27-amd64"], None),
    ("6.1.0-27-amd64", ["6.1.0-rc1", "6.2.0-rc1"], None),
    ("6.1.0", ["6.1.0", "6.1.0-rc1"], None),
    # what is in /boot beside kernels
    ("6.1.0-27-amd64", ["6.1.0-28-amd64.dpkg-new", "6.1.0-28-amd64.old", "lts", ""], None),
    ("6.1.0-27-amd64", [], None),
    ("", [], None),
    ("lts", ["lts", "6.1.0-28-amd64"], None),
]


@pytest.mark.parametrize(("running", "installed", "newer"), NEWER)
def test_only_a_newer_kernel_of_the_same_flavour_counts(running: str, installed: list[str], newer: str | None) -> None:
    assert newer_kernel(running, installed) == newer
    assert newer_kernel(running, installed[::-1]) == newer


BACKPORTS = [
    ("6.1.0-0.deb11.21-amd64", ["6.1.0-0.deb11.21-amd64", "6.1.0-0.deb11.22-amd64"], "6.1.0-0.deb11.22-amd64"),
    ("5.10.0-0.bpo.9-amd64", ["5.10.0-0.bpo.9-amd64", "5.10.0-0.bpo.15-amd64"], "5.10.0-0.bpo.15-amd64"),
]


@pytest.mark.parametrize(("running", "installed", "newer"), BACKPORTS)
def test_where_a_kernel_was_ported_back_to_is_no_flavour(running: str, installed: list[str], newer: str) -> None:
    assert newer_kernel(running, installed) == newer


PARTS = {
    "kernel": "6.1.0-27-amd64\n",
    "installed": "6.1.0-26-amd64\n6.1.0-27-amd64\n",
    "required": "no\n",
    "system": "running\n",
    "failed": "",
}


def read(**changed: str) -> BootState:
    return read_boot(PARTS | changed)


def test_a_report_in_full() -> None:
    found = read(
        installed="6.1.0-27-amd64\n6.1.0-28-amd64\n",
        system="degraded\n",
        failed="web.service\nmnt-backup.mount\n",
    )
    assert found.to_json() == {
        "kernel": "6.1.0-27-amd64",
        "newest_kernel": "6.1.0-28-amd64",
        "reboot_required": False,
        "system": "degraded",
        "failed": ["web.service", "mnt-backup.mount"],
        "asks": "kernel 6.1.0-28-amd64 is installed, 6.1.0-27-amd64 runs",
    }


ASKS: list[tuple[dict[str, str], str | None]] = [
    ({}, None),
    ({"installed": ""}, None),  # a container has none
    ({"installed": "6.1.0-28-amd64\n"}, "kernel 6.1.0-28-amd64 is installed, 6.1.0-27-amd64 runs"),
    ({"required": "yes\n"}, "/run/reboot-required is there"),
    ({"required": "yes\n", "installed": "6.1.0-28-amd64\n"}, "/run/reboot-required is there"),
    ({"failed": "web.service\n", "system": "degraded\n"}, None),  # a restart repairs that
]


@pytest.mark.parametrize(("changed", "why"), ASKS)
def test_a_server_that_asks_for_a_reboot_says_why(changed: dict[str, str], why: str | None) -> None:
    assert read(**changed).asks == why


@pytest.mark.parametrize(
    ("said", "system"), [("starting\n", "starting"), ("running\n", "running"), ("", "unknown"), ("\n", "unknown")]
)
def test_how_far_a_boot_is_stands_in_systemds_words(said: str, system: str) -> None:
    assert read(system=said).system == system


@pytest.mark.parametrize("part", PARTS)
def test_a_report_that_lacks_a_part_is_refused(part: str) -> None:
    with pytest.raises(LookupError, match=part):
        read_boot({key: said for key, said in PARTS.items() if key != part})


def test_a_boot_is_told_by_the_kernel_and_the_first_process_and_is_the_same_while_it_lasts() -> None:
    def ask() -> Any:
        return subprocess.run(["sh", "-c", IDENTITY], check=True, capture_output=True, text=True).stdout

    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[0-9]+\n", ask())
    assert ask() == ask()
