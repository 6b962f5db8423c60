"""What apt says is read for what keepalived is and could be; an upgrade is due only where there is something to do."""

import pytest

from keepalived.observed.packages import PackagesState, read_packages

NEWER = """\
keepalived:
  Installed: 1:2.2.7-1+b2
  Candidate: 1:2.2.8-1
  Version table:
     1:2.2.8-1 500
        500 file:/srv/packages ./ Packages
 *** 1:2.2.7-1+b2 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
        100 /var/lib/dpkg/status
     1:2.2.4-0.2 500
        500 http://mirror.example/debian bullseye/main amd64 Packages
"""
SAME = """\
keepalived:
  Installed: 1:2.2.7-1+b2
  Candidate: 1:2.2.7-1+b2
  Version table:
 *** 1:2.2.7-1+b2 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
        100 /var/lib/dpkg/status
"""
PINNED = """\
keepalived:
  Installed: 1:2.2.7-1+b2
  Candidate: 1:2.2.7-1+b2
  Package pin: 1:2.2.7-1+b2
  Version table:
     1:2.3.3-1~bpo12+1 100
        100 http://mirror.example/debian bookworm-backports/main amd64 Packages
 *** 1:2.2.7-1+b2 1001
       1001 http://mirror.example/debian bookworm/main amd64 Packages
        100 /var/lib/dpkg/status
"""
NOT_INSTALLED = """\
keepalived:
  Installed: (none)
  Candidate: 1:2.2.7-1+b2
  Version table:
     1:2.2.7-1+b2 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
"""
REMOVED = """\
keepalived:
  Installed: (none)
  Candidate: (none)
  Version table:
     1:2.2.7-1+b2 -1
        100 /var/lib/dpkg/status
"""
FORBIDDEN = """\
keepalived:
  Installed: (none)
  Candidate: (none)
  Version table:
     1:2.2.7-1+b2 -1
         -1 http://mirror.example/debian bookworm/main amd64 Packages
"""
LOCAL = """\
keepalived:
  Installed: 1:2.2.7-1+b2
  Candidate: 1:2.2.8-1
  Version table:
     1:2.2.8-1 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
     1:2.2.7-1+b2 500
        500 file:/srv/packages ./ Packages
 *** 1:2.2.7-1+b2 100
        100 /var/lib/dpkg/status
"""

NOTHING = """\
Reading package lists...
Building dependency tree...
Reading state information...
Calculating upgrade...
0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.
"""
PENDING = """\
Reading package lists...
Building dependency tree...
Reading state information...
Calculating upgrade...
The following NEW packages will be installed:
  linux-image-6.1.0-28-amd64
The following packages have been kept back:
  docker.io
The following packages will be upgraded:
  keepalived libc6 libc6:i386 linux-image-amd64
4 upgraded, 1 newly installed, 0 to remove and 1 not upgraded.
Inst libc6 [2.36-9+deb12u8] (2.36-9+deb12u9 Debian:12.8/stable [amd64]) [libc6:i386 ]
Inst libc6:i386 [2.36-9+deb12u8] (2.36-9+deb12u9 Debian:12.8/stable [i386])
Conf libc6 (2.36-9+deb12u9 Debian:12.8/stable [amd64])
Conf libc6:i386 (2.36-9+deb12u9 Debian:12.8/stable [i386])
Inst keepalived [1:2.2.7-1+b2] (1:2.2.8-1 localhost [amd64])
Inst linux-image-6.1.0-28-amd64 (6.1.119-1 Debian-Security:12/stable-security [amd64])
Inst linux-image-amd64 [6.1.115-1] (6.1.119-1 Debian-Security:12/stable-security [amd64])
Conf keepalived (1:2.2.8-1 localhost [amd64])
Conf linux-image-6.1.0-28-amd64 (6.1.119-1 Debian-Security:12/stable-security [amd64])
Conf linux-image-amd64 (6.1.119-1 Debian-Security:12/stable-security [amd64])
"""
HALF = """\
The following packages are only half configured, probably due to problems
configuring them the first time.  The configuration should be retried using
dpkg --configure <package> or the configure menu option in dselect:
 keepalived           Failover and monitoring daemon for LVS clusters

"""


def read(policy: str = SAME, pending: str = NOTHING, audit: str = "", stale: str = "") -> PackagesState:
    return read_packages({"policy": policy, "pending": pending, "audit": audit, "stale": stale})


POLICIES = [
    # what apt-cache says, what is installed, what is offered
    (NEWER, "1:2.2.7-1+b2", ["1:2.2.8-1", "1:2.2.7-1+b2", "1:2.2.4-0.2"]),
    (SAME, "1:2.2.7-1+b2", ["1:2.2.7-1+b2"]),
    (PINNED, "1:2.2.7-1+b2", ["1:2.2.7-1+b2", "1:2.3.3-1~bpo12+1"]),  # the best, not the newest first
    (NOT_INSTALLED, None, ["1:2.2.7-1+b2"]),
    ("", None, []),  # apt knows no such package
]


@pytest.mark.parametrize(("policy", "installed", "offered"), POLICIES)
def test_what_is_installed_and_offered_is_read(policy: str, installed: str | None, offered: list[str]) -> None:
    found = read(policy)
    assert (found.installed, found.offered) == (installed, offered)


def test_the_packages_that_an_upgrade_would_install_are_read() -> None:
    assert read().pending == []
    assert read(pending=PENDING).pending == [
        "libc6",
        "libc6:i386",
        "keepalived",
        "linux-image-6.1.0-28-amd64",
        "linux-image-amd64",
    ]


def test_an_installation_that_was_cut_short_is_seen() -> None:
    assert [read().broken, read(audit="\n").broken, read(audit=HALF).broken] == [False, False, True]


SHORT = [  # how dpkg's complaints of installations begin
    "The following packages are in a mess due to serious problems during\n",
    "The following packages have been unpacked but not yet configured.\n",
    "The following packages are only half installed, due to problems during\n",
    "The following packages have been triggered, but the trigger processing\n",
    "The following packages are awaiting processing of triggers that they\n",
]


@pytest.mark.parametrize("audit", SHORT)
def test_every_kind_of_installation_that_was_cut_short_is_seen(audit: str) -> None:
    assert read(audit=audit).broken


def test_what_apt_says_as_json() -> None:
    assert read(NEWER, PENDING.partition("Inst linux")[0], HALF).to_json() == {
        "installed": "1:2.2.7-1+b2",
        "offered": ["1:2.2.8-1", "1:2.2.7-1+b2", "1:2.2.4-0.2"],
        "pending": ["libc6", "libc6:i386", "keepalived"],
        "broken": True,
        "held": False,
        "stale": [],
    }


@pytest.mark.parametrize("part", ["policy", "pending", "audit", "stale"])
def test_a_report_that_lacks_a_part_is_refused(part: str) -> None:
    whole = {"policy": SAME, "pending": NOTHING, "stale": "", "audit": ""}
    with pytest.raises(LookupError, match=part):
        read_packages({key: said for key, said in whole.items() if key != part})


CHOSEN = [
    # what apt-cache says, the version asked for, the one to be installed
    (NEWER, None, "1:2.2.8-1"),
    (NEWER, "1:2.2.7-1+b2", "1:2.2.7-1+b2"),
    (NEWER, "1:2.2.*", "1:2.2.8-1"),
    (NEWER, "1:2.2.4*", "1:2.2.4-0.2"),
    (NEWER, "*", "1:2.2.8-1"),
    (NEWER, "2.2.7-1+b2", None),  # the epoch belongs to it
    (NEWER, "1:2.2.7", None),
    (NEWER, "1:2.3.*", None),
    (PINNED, None, "1:2.2.7-1+b2"),
    (PINNED, "1:2.*", "1:2.2.7-1+b2"),  # the best of those that match
    (PINNED, "1:2.3.3-1~bpo12+1", "1:2.3.3-1~bpo12+1"),
    (PINNED, "1:2.3.*", "1:2.3.3-1~bpo12+1"),
    (NOT_INSTALLED, None, "1:2.2.7-1+b2"),
    ("", None, None),
    ("", "*", None),
]


@pytest.mark.parametrize(("policy", "version", "chosen"), CHOSEN)
def test_the_version_asked_for_or_the_best_one_is_chosen(policy: str, version: str | None, chosen: str | None) -> None:
    assert read(policy).chosen(version) == chosen


DUE = [
    # what apt says, the version asked for, everything, what there is to upgrade
    (read(NEWER), None, False, "keepalived 1:2.2.7-1+b2 → 1:2.2.8-1"),
    (read(NEWER), "1:2.2.4-0.2", False, "keepalived 1:2.2.7-1+b2 → 1:2.2.4-0.2"),  # back again
    (read(NEWER), "1:2.2.7-1+b2", False, None),
    (read(NEWER), "1:2.2.7*", False, None),
    (read(NEWER), "1:9*", False, None),
    (read(SAME), None, False, None),
    (read(PINNED), None, False, None),
    (read(SAME, PENDING), None, False, None),  # keepalived alone is meant
    (read(SAME, PENDING), None, True, "5 packages"),
    (read(SAME, "Inst tzdata [1] (2 Debian)\n1 upgraded, 0 newly installed\n"), None, True, "1 package"),
    (read(NEWER), None, True, None),  # it is held back
    (read(SAME), None, True, None),
    (read(SAME, audit=HALF), None, False, "an installation that was cut short"),
    (read(NEWER, PENDING, HALF), None, True, "an installation that was cut short"),
]


@pytest.mark.parametrize(("packages", "version", "everything", "due"), DUE)
def test_an_upgrade_is_due_where_there_is_something_to_do(
    packages: PackagesState, version: str | None, everything: bool, due: str | None
) -> None:
    assert packages.due(version, everything=everything) == due


@pytest.mark.parametrize("policy", [REMOVED, FORBIDDEN])
def test_what_apt_would_not_install_is_not_chosen_unasked(policy: str) -> None:
    found = read(policy)
    assert found.installed is None
    assert found.chosen(None) is None
    assert found.due(None, everything=False) is None


def test_a_version_is_offered_once_wherever_it_comes_from() -> None:
    assert read(LOCAL).offered == ["1:2.2.8-1", "1:2.2.7-1+b2"]


CUT_SHORT = {
    "apt says nothing": "",
    "dependencies are broken": """\
Reading package lists...
Building dependency tree...
Reading state information...
You might want to run 'apt --fix-broken install' to correct these.
The following packages have unmet dependencies:
 keepalived : Depends: libnftnl11 (>= 1.2.0) but it is not installed
""",
}


@pytest.mark.parametrize("said", CUT_SHORT.values(), ids=CUT_SHORT)
def test_what_apt_could_not_work_out_is_not_taken_for_nothing(said: str) -> None:
    with pytest.raises(ValueError, match="has not come to an end"):
        read(pending=said)
    for audit in COMPLAINTS.values():
        with pytest.raises(ValueError, match="has not come to an end"):
            read(pending=said, audit=audit)


@pytest.mark.parametrize("said", CUT_SHORT.values(), ids=CUT_SHORT)
def test_where_an_installation_was_cut_short_apt_need_not_work_out_anything(said: str) -> None:
    found = read(pending=said, audit=HALF)
    assert (found.broken, found.pending) == (True, [])
    assert found.due(None, everything=True) == "an installation that was cut short"


COMPLAINTS = {
    "a package without checksums": """\
The following packages are missing the md5sums control file in the
database, they need to be reinstalled:
 backup-agent         a package of somebody else's

""",
    "a package without a list of its files": """\
The following packages are missing the list control file in the
database, they need to be reinstalled:
 backup-agent         a package of somebody else's

""",
    "a package without an architecture": """\
The following packages do not have an architecture:
 backup-agent         a package of somebody else's

""",
    "a package of another architecture": """\
The following packages have an unknown foreign architecture, which will
cause dependency issues on front-ends. This can be fixed by registering
the foreign architecture with dpkg --add-architecture:
 wine32:i386          Windows API implementation

""",
}


@pytest.mark.parametrize("audit", COMPLAINTS.values(), ids=COMPLAINTS)
def test_what_dpkg_complains_of_for_ever_is_no_installation_that_was_cut_short(audit: str) -> None:
    assert read(audit=audit).broken is False
    assert read(audit=audit + HALF).broken is True


def test_a_version_that_is_offered_to_some_servers_first_can_be_asked_for() -> None:
    policy = SAME.replace("Version table:\n", "Version table:\n     1:2.2.8-1 500 (phased 20%)\n")
    assert read(policy).offered == ["1:2.2.7-1+b2", "1:2.2.8-1"]


def test_services_with_replaced_files_are_told() -> None:
    assert read(stale="cron.service\nuser@1000.service\n").stale == ["cron.service", "user@1000.service"]
