"""The servers: every group_data/NAME.yml is a cluster and becomes the pyinfra group NAME."""

from pathlib import Path

from keepalived.inventory import LimitError, groups
from keepalived.spec.cluster_file import ClusterError

try:
    globals().update(groups(Path(__file__).parent / "group_data"))
except (ClusterError, LimitError) as error:
    raise SystemExit(f"Nothing was done.\n{error}") from None
