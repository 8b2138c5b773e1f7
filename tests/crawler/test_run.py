"""A run's directory: parts until complete, a manifest that agrees, ``latest`` only after a good verdict."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from crawler.errors import InputError
from crawler.items import PortalOutcome
from crawler.registry import Portal
from crawler.run import check_id, claim
from crawler.verdict import ACTION, FAILURE, OK, judge
from crawler.visits import Visit, conclude

DONE = {"finish_reason": "finished"}


def test_a_published_run_has_no_parts_and_a_manifest_that_agrees(tmp_path: Path) -> None:
    run = claim(tmp_path / "runs", "one")
    run.part("reports.jsonl").write_text("{}\n")
    run.part("tables/a.csv").write_text("x")
    assert not list(run.path.rglob("reports.jsonl"))
    run.publish({"verdict": 0})
    run.point_latest_here()
    manifest = json.loads((run.path / "manifest.json").read_text())
    assert set(manifest["files"]) == {"reports.jsonl", "tables/a.csv"}
    assert manifest["files"]["tables/a.csv"] == {"bytes": 1, "sha256": hashlib.sha256(b"x").hexdigest()}
    assert not list(run.path.rglob("*.part"))
    assert (tmp_path / "latest").readlink() == Path("runs/one")


def test_latest_moves_in_one_step_from_run_to_run(tmp_path: Path) -> None:
    for name in ("one", "two"):
        run = claim(tmp_path / "runs", name)
        run.publish({})
        run.point_latest_here()
    assert (tmp_path / "latest").resolve() == tmp_path / "runs" / "two"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "runs"]


def test_a_finished_run_is_never_written_to_again(tmp_path: Path) -> None:
    claim(tmp_path, "one").publish({})
    with pytest.raises(InputError, match="finished run"):
        claim(tmp_path, "one")


def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "reports.jsonl.part").write_text("half")
    claim(tmp_path, "one").publish({})
    assert json.loads((tmp_path / "one" / "manifest.json").read_text())["files"] == {}


def test_two_runs_do_not_write_to_one_directory(tmp_path: Path) -> None:
    run = claim(tmp_path, "one")
    with pytest.raises(InputError, match="another run"):
        claim(tmp_path, "one")
    run.release()


def test_runs_of_one_second_get_two_directories(tmp_path: Path) -> None:
    runs = [claim(tmp_path) for _ in range(3)]
    assert len({run.run_id for run in runs}) == 3
    for run in runs:
        run.release()


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "a b", "x" * 101])
def test_an_id_that_is_no_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="RUN_ID"):
        check_id(tmp_path, name)


def outcome(name: str, kind: str, reports: int = 0) -> PortalOutcome:
    return PortalOutcome(name, "370323", "http://a/", kind, reports=reports)


@pytest.mark.parametrize(
    ("outcomes", "stats", "written", "code", "moves"),
    [
        ([outcome("a", "ok", 2)], {"reports/joined": 2}, {"r": 2}, OK, True),
        ([outcome("a", "empty_declared")], {}, {"r": 0}, OK, True),
        ([outcome("a", "ok", 1), outcome("b", "dns")], {"reports/joined": 1}, {"r": 1}, ACTION, True),
        ([outcome("a", "dns")], {}, {"r": 0}, ACTION, False),
        ([outcome("a", "ok", 0)], {}, {"r": 0}, FAILURE, False),
        ([outcome("a", "crawler_bug", 3)], {"reports/joined": 3}, {"r": 3}, FAILURE, False),
        ([outcome("a", "ok", 2)], {"reports/joined": 2}, {"r": 1}, FAILURE, False),
        ([outcome("a", "ok", 2)], {"reports/joined": 2}, {"r": None}, FAILURE, False),
        ([outcome("a", "ok", 2)], {"reports/joined": 2, "feeds/failed": 1}, {"r": 2}, FAILURE, False),
        ([outcome("a", "ok", 2)], {"reports/joined": 2, "finish_reason": "shutdown"}, {"r": 2}, FAILURE, False),
        ([], {}, {"r": 0}, FAILURE, False),
        ([outcome("a", "ok", 1), outcome("a", "ok", 1)], {"reports/joined": 1}, {"r": 1}, FAILURE, False),
    ],
)
def test_the_verdict(
    outcomes: list[PortalOutcome], stats: dict[str, object], written: dict[str, int | None], code: int, moves: bool
) -> None:
    verdict = judge(sorted({o.portal_id for o in outcomes}), outcomes, DONE | stats, written)
    assert (verdict.code, verdict.moves_latest) == (code, moves)
    assert verdict.reasons or code == OK


def test_a_visit_without_a_report_is_never_ok() -> None:
    portal = Portal("p", "370323", "n", "http://a/")
    assert conclude(Visit(portal)).outcome == "column_not_found"
    assert conclude(Visit(portal, columns=1, rows=3)).outcome == "empty_unexpected"
    assert conclude(Visit(portal, columns=1, declared_empty=True)).outcome == "empty_declared"
    assert conclude(Visit(portal, columns=1, rows=1, years={"x": 2024})).outcome == "ok"
    assert conclude(Visit(portal, years={"x": 2024})).outcome == "partial", "found outside of any column"
