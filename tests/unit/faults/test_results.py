"""Results are kept as they come, and a run goes on where the last one stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from faults.cases.registry import CASES
from faults.document import page
from faults.phases import Result, Seen
from faults.results import keep, left, read
from faults.variants import PLAINEST


def result(case: str = "holder-cut", **changes: Any) -> Result:
    told: dict[str, Any] = {
        "variant": PLAINEST.name,
        "case": case,
        "date": "2026-01-31",
        "machine": "a machine",
        "seconds": 20.0,
        "phases": [_seen("cut", ["server02"], 1302), _seen("plugged in", ["server01"], 0)],
        "holders": [(0.0, ("server01",)), (9.0, ())],
    }
    return Result(**told | changes)


def _seen(done: str, names: list[str], lost: int) -> Seen:
    return Seen(
        done=done,
        expected=f"{names[0]}; nothing lost",
        began=0.0,
        holders={"10.10.0.2": names},
        answered={"10.10.0.2": names},
        settled=1.4,
        named=["node-unreadable"] if lost else [],
        lost=lost,
        silence=lost / 1000,
    )


def test_what_is_kept_is_read_again_and_the_last_one_counts(tmp_path: Path) -> None:
    path = tmp_path / "made" / "results.jsonl"
    assert read(path) == {}
    first, second = result(differs=["it did not settle"]), result()
    for one in (first, result("backup-cut"), second):
        keep(path, one)
    assert read(path) == {(PLAINEST.name, "holder-cut"): second, (PLAINEST.name, "backup-cut"): result("backup-cut")}


def test_a_line_that_was_cut_short_counts_for_nothing_and_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(result().model_dump_json()[:50])
    keep(path, result("backup-cut"))
    assert list(read(path)) == [(PLAINEST.name, "backup-cut")]


def test_what_is_done_is_not_done_again() -> None:
    wanted = [("a", "x"), ("a", "y"), ("b", "x")]
    assert left(wanted, [("a", "y"), ("b", "z")]) == [("a", "x"), ("b", "x")]


def test_the_page_has_a_row_for_each_result_and_tells_what_differs() -> None:
    told = page(
        {
            (PLAINEST.name, "holder-cut"): result(),
            (PLAINEST.name, "child-killed"): result("child-killed", differs=["killed: it did not settle"], broken=3),
        }
    )
    rows = {line.split("|")[1].strip(): line for line in told.splitlines() if line.startswith("| [")}
    cut = rows["[The holder's cable is cut, and plugged in again](pictures/faults/holder-cut.svg)"]
    assert [cell.strip() for cell in cut.split("|")[2:-1]] == [
        "cut → plugged in",
        "server02; nothing lost → server01; nothing lost",
        "server02 → server01",
        "1302 → 0",
        "1.3 s → 0 ms",
        "-",
        "1.4 s → 1.4 s",
        "node-unreadable",
    ]
    assert f"| {PLAINEST.name} | 2 | 1 | 1 | 2026-01-31 | a machine |" in told
    assert f"- {PLAINEST.name}, child-killed: killed: it did not settle." in told
    assert all(case.words.removesuffix(".") in told for case in CASES.values() if not case.named)
