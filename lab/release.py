"""Whether this checkout can be released, and what is to be done then: `make release` uploads nothing.

What the wheel does on hosts, tests/lab/test_wheel.py tries before.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Collection
from datetime import date
from pathlib import Path

from lab.lab import CHECKOUT

RELEASE = re.compile(r"^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$", re.MULTILINE)
UNRELEASED = "## Unreleased"
NOTHING = "Nothing yet."


def version() -> str:
    """The one that stands in pyproject.toml, which is where it stands."""
    return str(tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def disagreements(said: str, changelog: str, changed: Collection[str], tags: Collection[str]) -> list[str]:
    """What speaks against a release of the version `said`. `changed`: files that are not committed."""
    found = []
    unreleased, _, _ = changelog.partition(UNRELEASED)[2].partition("\n## ")
    if UNRELEASED not in changelog:
        found.append(f"CHANGELOG.md has no {UNRELEASED!r}: write it on top, with `{NOTHING}` below it")
    elif unreleased.strip() != NOTHING:
        found.append(
            f"CHANGELOG.md has lines below {UNRELEASED!r}: move them to a release, and write `{NOTHING}` there"
        )
    if (top := RELEASE.search(changelog)) is None:
        found.append("CHANGELOG.md has no release: `## 1.0.0 (2026-11-28)`")
    elif top[1] != said:
        found.append(f"pyproject.toml says {said}, the top release of CHANGELOG.md is {top[1]}: make them one")
    elif date.fromisoformat(top[2]) > date.today():
        found.append(f"CHANGELOG.md says that {said} is of {top[2]}, which is still to come")
    if changed:
        found.append(f"not committed: {', '.join(sorted(changed))}")
    if f"v{said}" in tags:
        found.append(f"the tag v{said} is there already: raise the version in pyproject.toml")
    return found


def _git(*words: str) -> list[str]:
    run = subprocess.run(["git", *words], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return run.stdout.splitlines()


def main() -> None:
    """`agree`: ends with 1 and every reason where this is no release. `next`: says what is left to do."""
    said = version()
    if sys.argv[1:] == ["agree"]:
        changelog = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
        changed = [line[3:] for line in _git("status", "--porcelain")]
        if reasons := disagreements(said, changelog, changed, _git("tag", "--list")):
            sys.exit("\n".join(["This is no release:", *(f"  {reason}" for reason in reasons)]))
        return
    built = sorted(Path(CHECKOUT / "dist").iterdir())
    print(f"{said} is built, and the wheel was installed into a fresh environment and served a repository:")
    print("\n".join(f"    dist/{file.name}" for file in built))
    print("Nothing was uploaded. What is left to do:")
    print(f"    git tag --sign --message 'Version {said}' v{said}")
    print(f"    git push origin v{said}")
    print(f"    twine upload {' '.join(f'dist/{file.name}' for file in built)}")


if __name__ == "__main__":
    main()
