"""The clusters of this repository on hosts that are not there: `pyinfra tests/fake/inventory.py deploy.py --dry`.

Every node answers facts.Node as a fresh Debian does, without keepalived; all else succeeds without a word.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from keepalived.spec.cluster_file import read_clusters
from tests.unit.node_report import captured, kernel, report

CLUSTERS = read_clusters(Path(__file__).parent.parent.parent / "group_data")
FRESH = captured("bookworm-not_installed")
Parts = Mapping[str, str | None]


def fake(reports: Mapping[str, Parts], refused: Mapping[str, Iterable[str]]) -> dict[str, list[tuple[str, Any]]]:
    """The groups of group_data as @fake hosts.

    `reports`: what some nodes report otherwise, by part. `refused`: what of a command makes it fail, by node.
    """
    return {
        name: [
            (
                f"@fake/{node}",
                {
                    "cluster": cluster,
                    "node": node,
                    "fake_delay": 0,
                    "fake_delay_jitter": 0,
                    "fake_responses": {
                        "asked=": report(
                            FRESH | {"addresses": kernel(enp0s3=[str(member.address)])} | dict(reports.get(node, {}))
                        )
                    }
                    | {words: {"success": False, "stderr": f"{words}: no"} for words in refused.get(node, ())},
                },
            )
            for node, member in cluster.nodes.items()
        ]
        for name, cluster in CLUSTERS.items()
    }


globals().update(fake({}, {}))
