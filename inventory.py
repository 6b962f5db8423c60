"""The servers: every group_data/NAME.yml is a cluster and becomes the pyinfra group NAME."""

from pathlib import Path

from keepalived.inventory import groups

globals().update(groups(Path(__file__).parent / "group_data"))
