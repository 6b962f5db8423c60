"""Finds the Debian mirror this machine itself uses, from its apt sources."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lab.errors import LabError

STABLE = ("bullseye", "bookworm", "trixie", "oldoldstable", "oldstable", "stable")
RELEASES = frozenset((*STABLE, "forky", "testing", "sid", "unstable"))


@dataclass(frozen=True)
class Source:
    """One entry of the apt sources: binary packages of some suites and components at one address."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""

    @property
    def is_debian(self) -> bool:
        """Debian's own archive or a mirror of it; other vendors offer suites of these names too."""
        path = urlsplit(self.uri).path.rstrip("/")
        return (
            "main" in self.components
            and any(suite in RELEASES for suite in self.suites)
            and ("debian-archive" in self.signed_by or path.rsplit("/", 1)[-1] == "debian")
        )


def one_line_sources(text: str) -> Iterator[Source]:
    """The entries of a `.list` file: `deb [signed-by=KEY] URI SUITE COMPONENT...`."""
    for line in text.splitlines():
        found = re.match(r"deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s+([^#]+)", line.strip())
        if found:
            options, uri, suite, components = found.groups(default="")
            key = re.search(r"signed-by=(\S+)", options)
            signed_by = key.group(1) if key else ""
            yield Source(uri, (suite,), tuple(components.split()), signed_by)


def deb822_sources(text: str) -> Iterator[Source]:
    """The entries of a `.sources` file: paragraphs of `Field: value`, switched off ones left out."""
    text = re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)
    for paragraph in re.split(r"\n\s*\n", text):
        joined = re.sub(r"\n[ \t]+", " ", paragraph)
        fields = {
            name.strip().lower(): value.strip()
            for name, colon, value in (line.partition(":") for line in joined.splitlines())
            if colon
        }
        if "deb" in fields.get("types", "").split() and fields.get("enabled", "yes") != "no":
            for uri in fields.get("uris", "").split():
                yield Source(
                    uri,
                    tuple(fields.get("suites", "").split()),
                    tuple(fields.get("components", "").split()),
                    fields.get("signed-by", ""),
                )


def machine_mirror(apt: Path = Path("/etc/apt")) -> str:
    """The address of the first Debian mirror in the sources below `apt`.

    Raises LabError when there is none.
    """
    parts = apt / "sources.list.d"
    lists = [apt / "sources.list", *sorted(parts.glob("*.list"))]
    sources = [s for f in sorted(parts.glob("*.sources")) for s in deb822_sources(f.read_text())]
    sources += [s for f in lists if f.exists() for s in one_line_sources(f.read_text())]
    for source in sources:
        if source.is_debian and (address := _web_address(source.uri)):
            return address
    raise LabError(f"no mirror of Debian (component main) is among the apt sources in {apt}")


def _web_address(uri: str) -> str | None:
    """The address behind `uri`; cloud images name a file of mirrors, the best one first."""
    scheme, _, rest = uri.partition(":")
    if scheme in ("http", "https"):
        return uri.rstrip("/")
    if scheme == "mirror+file":
        path = Path(urlsplit(rest).path)
        for line in path.read_text().splitlines() if path.exists() else []:
            if line.startswith(("http:", "https:")):
                return line.split()[0].rstrip("/")
    return None
