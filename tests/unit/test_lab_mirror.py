"""The mirror is found in every form apt sources take, and no other vendor's is taken for it."""

from pathlib import Path

import pytest

from lab.errors import LabError
from lab.mirror import machine_mirror

DEB822 = """\
# Debian itself
Types: deb deb-src
# snapshot: 20250520
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""
VENDORS = """\
deb [arch=amd64 signed-by=/etc/apt/keyrings/d.asc] https://vendor.example/linux/debian bookworm stable
deb https://vendor.example/apt stable main
deb https://vendor.example/apt cloud-sdk-bookworm main
# deb http://commented.example/debian bookworm main
"""


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_deb822_sources_are_read(apt: Path) -> None:
    (apt / "sources.list.d/debian.sources").write_text(DEB822)
    assert machine_mirror(apt) == "http://mirror.example/debian"


def test_one_line_sources_are_read(apt: Path) -> None:
    (apt / "sources.list").write_text(
        "deb cdrom:[Debian GNU/Linux 12]/ bookworm main\n"
        "deb-src http://source.example/debian bookworm main\n"
        "deb http://mirror.example/debian bookworm main non-free-firmware # ours\n"
    )
    assert machine_mirror(apt) == "http://mirror.example/debian"


def test_other_vendors_are_passed_over(apt: Path) -> None:
    (apt / "sources.list.d/a-vendors.list").write_text(VENDORS)
    with pytest.raises(LabError, match="no mirror of Debian"):
        machine_mirror(apt)
    (apt / "sources.list.d/debian.list").write_text(
        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/d12 bookworm main\n"
    )
    assert machine_mirror(apt) == "http://mirror.example/d12"


def test_a_source_switched_off_is_passed_over(apt: Path) -> None:
    (apt / "sources.list.d/debian.sources").write_text("Enabled: no\n" + DEB822.partition("\n\n")[0])
    with pytest.raises(LabError, match="no mirror of Debian"):
        machine_mirror(apt)


def test_the_list_of_mirrors_of_a_cloud_image_is_followed(apt: Path) -> None:
    mirrors = apt / "mirrors.list"
    mirrors.write_text("# best first\nhttps://near.example/debian\tpriority:1\nhttps://far.example/debian\n")
    (apt / "sources.list.d/debian.sources").write_text(
        f"Types: deb\nURIs: mirror+file://{mirrors}\nSuites: bookworm\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
    )
    assert machine_mirror(apt) == "https://near.example/debian"
