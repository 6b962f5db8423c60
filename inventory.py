"""The servers: every group_data/NAME.yml is a cluster and becomes the pyinfra group NAME."""

from pathlib import Path

from keepalived.cluster_file import ClusterError
from keepalived.inventory import LimitError, groups

try:
    globals().update(groups(Path(__file__).parent / "group_data"))
except (ClusterError, LimitError) as error:
    raise SystemExit(f"Nothing was done.\n{error}") from None
