"""Records and run directories as a crawl leaves them, made without a crawl."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import parsers
from crawler.run import claim
from tests.compose import html
from tests.compose.report import generate
from tests.parsers.statistics_forms import PROVINCIAL, PROVINCIAL_HEADER
from tests.parsers.statistics_forms import html as statistics_html
from tests.parsers.statistics_forms import page as statistics_page

Record = dict[str, Any]
RUN = "20250601T000000Z"


@cache
def _parsed(seed: int) -> Record:
    body = html.compose(generate(seed))
    return parsers.parse_report(parsers.Source(body, "http://a/"), region_code="370323").to_dict()


@cache
def _old() -> Record:
    return statistics_page(statistics_html([PROVINCIAL_HEADER, *PROVINCIAL])).to_dict()


def record(
    seed: int = 0, *, report_id: str = "", at: str = "2025-03-01T00:00:00+00:00", old: bool = False, **source: Any
) -> Record:
    """A line of ``reports.jsonl``: a generated report, or an older one with the statistics table."""
    told = {
        "url": f"http://portal/{seed}.html",
        "fetched_at": at,
        "content_sha256": f"{seed:064x}",
        "archive": "archive/00000.warc.gz",
        "record_id": f"<urn:uuid:{seed}>",
        "addresses": [{"url": f"http://portal/{seed}.html"}],
        "revision": {"number": 1, "of": 1, "latest": True},
    }
    parsed = copy.deepcopy(_old() if old else _parsed(seed))
    return {"report_id": report_id or f"report{seed:010d}", "portal_id": "p1", "source": told | source, **parsed}


def outcome(portal_id: str = "p1", **more: Any) -> Record:
    told = {"portal_id": portal_id, "region_code": "370323", "url": "http://portal/", "outcome": "ok", "detail": "",
            "family": "trs", "years_found": [2023, 2024], "years_missing": [], "reports": 2, "pages": 5, "bytes": 1000,
            "seconds": 1.5}  # fmt: skip
    return told | more


def write_run(
    runs: Path,
    records: Iterable[Record],
    outcomes: Iterable[Record] = (),
    *,
    run_id: str = RUN,
    finished: str = "2025-06-01T00:00:00+00:00",
) -> Path:
    """A published run's directory."""
    run = claim(runs, run_id)
    held = {"reports.jsonl": records, "outcomes.jsonl": outcomes or [outcome()]}
    for name, lines in held.items():
        with run.part(name).open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    run.publish(
        {"run_id": run_id, "schema_version": "1.0", "code_version": "abc", "started": finished, "finished": finished,
         "verdict": 0, "reasons": [], "complete": True, "counts": {"portals": 1, "outcomes": 1}}
    )  # fmt: skip
    return run.path
