"""What `make release` refuses; and the changelog of today is one that it can take."""

import pytest

from lab.lab import CHECKOUT
from lab.release import RELEASE, disagreements, version

GOOD = """\
# Changelog

## Unreleased

Nothing yet.

## 1.2.0 (2026-11-28)

- That.

## 1.1.0 (2026-01-31)

- This.
"""


def test_a_clean_tree_whose_version_and_changelog_agree_is_a_release() -> None:
    assert disagreements("1.2.0", GOOD, [], ["v1.1.0"]) == []


@pytest.mark.parametrize(
    ("said", "changelog", "changed", "tags", "reason"),
    [
        ("1.3.0", GOOD, [], [], "pyproject.toml says 1.3.0, the top release of CHANGELOG.md is 1.2.0: make them one"),
        ("1.2.0", GOOD, ["README.md"], [], "not committed: README.md"),
        ("1.2.0", GOOD, [], ["v1.2.0"], "the tag v1.2.0 is there already: raise the version in pyproject.toml"),
        ("1.2.0", GOOD.replace("Nothing yet.", "- New."), [], [], "CHANGELOG.md has lines below '## Unreleased'"),
        ("1.2.0", GOOD.replace("## Unreleased", ""), [], [], "CHANGELOG.md has no '## Unreleased'"),
        ("1.2.0", GOOD.replace("2026-11-28", "2999-01-01"), [], [], "CHANGELOG.md says that 1.2.0 is of 2999-01-01"),
        ("1.2.0", "## Unreleased\n\nNothing yet.\n", [], [], "CHANGELOG.md has no release"),
    ],
)
def test_what_speaks_against_a_release_is_named(
    said: str, changelog: str, changed: list[str], tags: list[str], reason: str
) -> None:
    (found,) = disagreements(said, changelog, changed, tags)
    assert found.startswith(reason)


def test_the_top_release_of_the_changelog_is_the_version() -> None:
    top = RELEASE.search((CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert top is not None
    assert top[1] == version()
