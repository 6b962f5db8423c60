"""Where the templates are, and how they are read."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_PACKAGE = Path(__file__).parents[1]
TEMPLATES = (
    Path("templates"),  # the operator's own, in the folder in which pyinfra runs
    _PACKAGE / "templates",  # in an installed wheel
    _PACKAGE.parent / "templates",  # in a checkout
)
"""Where templates are looked for. The first folder that has a file of the name wins."""

environment = Environment(  # noqa: S701 - the files are not HTML
    loader=FileSystemLoader(TEMPLATES),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
environment.filters["quoted"] = shlex.quote
environment.filters["oneline"] = lambda text: " ".join(re.sub(r'[^ -~]|["{}]', " ", text).split())
"""What may stand in a comment."""
