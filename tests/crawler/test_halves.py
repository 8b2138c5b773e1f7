"""The tables of a merged run, made by two processes, are those that one would make."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from crawler import exporters
from crawler.cluster import halves
from tests.crawler.test_exporters import line, report


def killed(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def full_disk(reports: Path, start: int, stop: int, step: Path) -> None:
    """One of its files can't be written."""
    (step / "tables/facts_long.csv").mkdir()
    halves._second(reports, start, stop, step)


def lines_of(directory: Path, number: int) -> Path:
    told, reports = report(), directory / "reports.jsonl"
    titles = ["年报", "a\r\nb", '"', None, "=1+1"]
    texts = [json.dumps(line(told, link_title=titles[n % 5], list_date=f"2025-01-{n + 1:02}")) for n in range(number)]
    reports.write_text("".join(text + "\n" for text in texts), encoding="utf-8")
    return reports


def made(directory: Path, write: Any, number: int) -> tuple[dict[str, int | None], Path]:
    (directory / "tables").mkdir(parents=True)
    return write(lines_of(directory, number), lambda name: directory / name), directory


@pytest.mark.parametrize("number", [0, 1, 2, 7])
@pytest.mark.parametrize("second", [halves._second, killed])
def test_two_processes_make_what_one_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, second: Any
) -> None:
    monkeypatch.setattr(halves, "LEAST", 0)
    monkeypatch.setattr(halves, "_second", second)
    one, alone = made(tmp_path / "one", exporters.write_tables, number)
    two, both = made(tmp_path / "two", halves.write_tables, number)
    assert one == two == dict.fromkeys(one, number)
    for name in one:
        if name.endswith(".csv"):
            assert (both / name).read_bytes() == (alone / name).read_bytes()
        else:
            assert pq.read_table(both / name).equals(pq.read_table(alone / name))
    assert {path.name for path in both.iterdir()} == {"tables", "reports.jsonl"}


def test_a_form_that_fails_in_the_other_process_fails_and_the_others_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(halves, "LEAST", 0)
    monkeypatch.setattr(halves, "_second", full_disk)
    told, directory = made(tmp_path, halves.write_tables, 6)
    assert told == dict.fromkeys(told, 6) | {"tables/facts_long.csv": None}
    assert pq.read_table(directory / "tables/reports.parquet").num_rows == 6


def test_what_a_killed_command_left_is_no_part_of_the_next_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(halves, "LEAST", 0)
    (tmp_path / "tables.step" / "tables").mkdir(parents=True)
    (tmp_path / "tables.step" / "told.json").write_text("{}")
    told, directory = made(tmp_path, halves.write_tables, 4)
    assert told == dict.fromkeys(told, 4)
    assert not (directory / "tables.step").exists()
