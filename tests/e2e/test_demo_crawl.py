"""The main job over the five portals: outcomes, every number, files that open and agree, politeness, leftovers."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from itertools import pairwise

import pyarrow.parquet as pq
import pytest

from crawler.demo.check import check_run
from crawler.demo.fleet import PortalFleet
from crawler.demo.run import Crawled
from crawler.demo.site import Site

CODES = [site.code for site in Site.load_all()]
TABLES = ("reports", "facts_long", "validation_results")
COMPLETE = ("reports.jsonl", "outcomes.jsonl", "stats.json", "archive/00001.warc.gz")


def test_every_portal_has_the_outcome_it_should(demo_crawl: Crawled, fleet: PortalFleet) -> None:
    assert demo_crawl.code == 0, demo_crawl.output[-3000:]
    expected = {code: fleet.portal(code).site.expected for code in CODES}
    found = {code: record["outcome"] for code, record in demo_crawl.outcomes.items()}
    assert found == {code: each.outcome for code, each in expected.items()}
    assert {code: record["reports"] for code, record in demo_crawl.outcomes.items()} == {
        code: each.reports for code, each in expected.items()
    }


def test_every_report_and_every_printed_number_is_found(demo_crawl: Crawled, fleet: PortalFleet) -> None:
    checks = check_run(demo_crawl.run, fleet.portals)
    assert {check.place: check.faults for check in checks if check.faults} == {}
    printed = sum(check.cells for check in checks)
    assert printed > 6500


def test_the_government_only(demo_crawl: Crawled) -> None:
    """No department, no town, no look-alike, no report of another region, nothing from another host."""
    kinds = {record["metadata"]["subject_type"] for record in demo_crawl.reports}
    assert kinds <= {"people_government", "government_office"}
    titles = [record["metadata"]["title"] for record in demo_crawl.reports]
    for word in ("安定", "晋城", "镇", "局", "图", "网站", "解读"):
        assert not [title for title in titles if word in title]


def test_office_and_government_of_one_year_are_two_reports(demo_crawl: Crawled) -> None:
    office = demo_crawl.report("610981", 2022, subject="办公室")
    government = demo_crawl.report("610981", 2022, subject="人民政府")
    assert office["report_id"] != government["report_id"]


def test_a_region_renamed_keeps_the_code_of_the_year(demo_crawl: Crawled) -> None:
    metadata = demo_crawl.report("610981", 2020)["metadata"]
    assert (metadata["region_code"], metadata["region_code_current"]) == ("610928", "610981")
    assert demo_crawl.report("610981", 2021)["metadata"]["region_code"] == "610981"


def test_the_shown_date_wins_over_the_date_in_the_address(demo_crawl: Crawled) -> None:
    report = demo_crawl.report("140525", 2024)
    assert "t20250207" in report["source"]["url"]
    assert report["metadata"]["publication_date"] == "2025-02-05"


def test_a_page_in_gbk_is_read(demo_crawl: Crawled) -> None:
    report = demo_crawl.report("140525", 2019)
    assert report["source"]["content_type"] == "text/html"
    assert report["metadata"]["title"] == "泽州县人民政府2019年政府信息公开年度工作报告"


# ------------------------------------------------------------------------------------------------ findings


def failed(record: dict[str, object], *severities: str) -> set[tuple[str, str]]:
    findings = record["findings"]
    assert isinstance(findings, list)
    return {
        (finding["rule"], finding["locator"].removeprefix("tables."))
        for finding in findings
        if finding["status"] == "fail" and finding["severity"] in (severities or ("error", "warning", "info"))
    }


def test_wrong_totals_and_the_mixed_form_of_zezhou_are_found(demo_crawl: Crawled) -> None:
    report = demo_crawl.report("140525", 2024)
    assert failed(report, "error", "warning") == {
        ("T302", "table3.unable_not_held"),
        ("T302", "table3.unable_unclear_after_correction"),
        ("T302", "table3.other_handling"),
        ("T303", "table3.results_total.total"),
        ("MD05", "metadata.cited_document"),
        ("MD06", "template"),
    }
    cell = report["tables"]["table3"]["cells"]["unable_not_held"]["total"]
    assert (cell["value"], cell["state"], cell["raw"]) == (0, "value", "0"), "a printed number is never changed"


@pytest.mark.parametrize(
    ("code", "tables"), [("370323", ("table2", "table3")), ("621100", ("table2", "table3", "table4"))]
)
def test_tables_shown_as_pictures_are_missing_not_zero(demo_crawl: Crawled, code: str, tables: tuple[str, ...]) -> None:
    report = demo_crawl.report(code, 2023)
    assert {("ST04", table) for table in tables} <= failed(report, "error")
    for table in tables:
        assert report["tables"][table]["status"] != "present"
        for cell in (report["tables"][table]["cells"] or {}).values():
            assert "value" not in cell or cell["value"] is None


def test_an_annotated_cell_keeps_its_note(demo_crawl: Crawled) -> None:
    cell = demo_crawl.report("370323", 2023)["tables"]["table4"]["cells"]["review_other"]
    assert (cell["value"], cell["state"]) == (1, "annotated")
    assert "申请人主动撤销复议申请" in cell["note"]


def test_lost_labels_and_a_section_inside_another_are_found(demo_crawl: Crawled) -> None:
    report = demo_crawl.report("610981", 2020)
    assert {rule for rule, _ in failed(report, "warning")} == {"ST02", "ST06"}
    section = next(section for section in report["sections"] if section["number"] == 6)
    assert section["location"] == "embedded_in_section_1"


def test_composed_reports_add_up(demo_crawl: Crawled, fleet: PortalFleet) -> None:
    published = {
        fleet.portal(code).article_url(entry)
        for code in CODES
        for entry in fleet.portal(code).site.reports
        if entry.report and entry.report.prose
    }
    composed = [record for record in demo_crawl.reports if record["source"]["url"] not in published]
    assert len(composed) == 31
    assert {record["metadata"]["title"]: found for record in composed if (found := failed(record, "error"))} == {}


# --------------------------------------------------------------------------------------------------- files


def test_the_manifest_tells_the_size_and_hash_of_every_file(demo_crawl: Crawled) -> None:
    files = demo_crawl.manifest["files"]
    on_disk = {path.relative_to(demo_crawl.run).as_posix() for path in demo_crawl.run.rglob("*") if path.is_file()} - {
        "manifest.json"
    }
    assert set(files) == on_disk
    for name, told in files.items():
        body = (demo_crawl.run / name).read_bytes()
        assert (told["bytes"], told["sha256"]) == (len(body), hashlib.sha256(body).hexdigest()), name
    assert demo_crawl.manifest["complete"] is True
    assert demo_crawl.manifest["verdict"] == 0
    assert demo_crawl.manifest["counts"]["reports"] == len(demo_crawl.reports)


def test_nothing_half_written_is_left(demo_crawl: Crawled) -> None:
    assert not list(demo_crawl.workspace.directory.rglob("*.part"))
    assert {name for name in COMPLETE if not (demo_crawl.run / name).is_file()} == set()
    assert demo_crawl.workspace.latest.resolve() == demo_crawl.run


@pytest.mark.parametrize("table", TABLES)
def test_csv_opens_in_a_spreadsheet_and_agrees_with_parquet(demo_crawl: Crawled, table: str) -> None:
    path = demo_crawl.run / "tables" / f"{table}.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = pq.read_table(demo_crawl.run / "tables" / f"{table}.parquet")
    assert list(rows[0]) == columns.column_names
    records = columns.to_pylist()
    assert len(rows) == len(records)
    for row, record in zip(rows, records, strict=True):
        assert (row["report_id"], row["portal_id"]) == (record["report_id"], record["portal_id"])
        for name, value in record.items():
            if isinstance(value, str):  # a sign that a spreadsheet would calculate with is quoted
                assert row[name] == (f"'{value}" if value[:1] in ("+", "-", "=", "@") else value)
            elif value is None:
                assert row[name] == ""


def test_the_flat_tables_agree_with_the_nested_records(demo_crawl: Crawled) -> None:
    every = pq.read_table(demo_crawl.run / "tables" / "facts_long.parquet").to_pylist()
    told = [fact for fact in every if fact["table"] == "narrative"]
    figures = [(r["report_id"], f["key"], f["value"]) for r in demo_crawl.reports for f in r["narrative"]]
    assert figures
    assert sorted((f["report_id"], f["field"], f["value"]) for f in told) == sorted(figures)
    facts = [fact for fact in every if fact["table"] != "narrative"]
    nested = {}
    for record in demo_crawl.reports:
        for name in ("table2", "table3", "table4"):
            for row, cell in ((record["tables"][name] or {}).get("cells") or {}).items():
                inner = {"": cell} if "state" in cell else cell
                for column, each in inner.items():
                    nested[(record["report_id"], name, row, column)] = each["value"]
    flat = {(f["report_id"], f["table"], f["field"], f["applicant"] or ""): f["value"] for f in facts}
    assert len(flat) == len(facts)
    assert {key: value for key, value in flat.items() if value is not None} == {
        key: value for key, value in nested.items() if value is not None
    }
    findings = pq.read_table(demo_crawl.run / "tables" / "validation_results.parquet")
    assert findings.num_rows == sum(len(record["findings"]) for record in demo_crawl.reports)


def test_tables_open_in_pandas_and_duckdb(demo_crawl: Crawled) -> None:
    pandas = pytest.importorskip("pandas")
    duckdb = pytest.importorskip("duckdb")
    directory = demo_crawl.run / "tables"
    frame = pandas.read_csv(directory / "reports.csv", dtype={"region_code": str, "portal_id": str})
    assert len(frame) == len(demo_crawl.reports)
    assert frame["title"].str.contains("政府信息公开").all()
    with duckdb.connect() as database:
        query = "SELECT sum(value) FROM read_parquet(?) WHERE field = 'new_requests' AND applicant = 'total'"
        (total,) = database.execute(query, [str(directory / "facts_long.parquet")]).fetchone()
        (lines,) = database.execute(
            "SELECT count(*) FROM read_json_auto(?)", [str(demo_crawl.run / "reports.jsonl")]
        ).fetchone()
    nested = [record["tables"]["table3"]["cells"] for record in demo_crawl.reports if record["tables"]["table3"]]
    assert total == sum(cells["new_requests"]["total"]["value"] or 0 for cells in nested if "new_requests" in cells)
    assert lines == len(demo_crawl.reports)


def test_every_report_is_in_the_archive(demo_crawl: Crawled) -> None:
    with gzip.open(demo_crawl.run / "archive" / "00001.warc.gz", "rb") as archive:
        text = archive.read()
    assert text.startswith(b"WARC/1.1")
    for record in demo_crawl.reports:
        assert record["source"]["record_id"].encode() in text
        assert record["source"]["url"].encode() in text


def test_the_terminal_names_portals_verdict_and_files(demo_crawl: Crawled) -> None:
    for code in CODES:
        assert code in demo_crawl.output
    assert "reports.jsonl" in demo_crawl.output
    assert "verdict" in demo_crawl.output
    assert "Traceback" not in demo_crawl.output


# ---------------------------------------------------------------------------------------------- politeness


@pytest.mark.parametrize("code", CODES)
def test_one_request_at_a_time_as_the_server_sees_it(demo_crawl: Crawled, fleet: PortalFleet, code: str) -> None:
    for server in fleet.servers[code]:
        mine = [entry for entry in server.log if "annual-reports-crawler" in entry.user_agent]
        assert mine, "the crawler says who it is"
        assert max(entry.concurrent for entry in mine) == 1
        assert max(entry.connections for entry in mine) == 1


@pytest.mark.parametrize("code", CODES)
def test_no_two_hosts_of_a_portal_are_asked_at_once(demo_crawl: Crawled, fleet: PortalFleet, code: str) -> None:
    """Each answer takes the server 0.02 s: what arrives earlier than that overlaps."""
    times = [entry.time for entry in fleet.log(code) if "annual-reports-crawler" in entry.user_agent]
    assert min(later - earlier for earlier, later in pairwise(times)) > 0.015


@pytest.mark.parametrize("code", CODES)
def test_there_is_a_pause_between_requests(demo_crawl: Crawled, fleet: PortalFleet, code: str) -> None:
    """The demo's delay is 0.05 s, at least 0.04 with its jitter; the server's own 0.02 s come on top."""
    for server in fleet.servers[code]:
        times = [entry.time for entry in server.log if "annual-reports-crawler" in entry.user_agent]
        threes = [later - earlier for earlier, later in zip(times, times[3:], strict=False)]
        assert all(three > 0.1 for three in threes), "a late arrival makes one pause look short, never three together"


@pytest.mark.parametrize("code", CODES)
def test_robots_txt_comes_first_and_no_page_is_asked_for_twice(
    demo_crawl: Crawled, fleet: PortalFleet, code: str
) -> None:
    for server in fleet.servers[code]:
        targets = [entry.target for entry in server.log if "annual-reports-crawler" in entry.user_agent]
        assert targets[0] == "/robots.txt"
        pages = [target for target in targets if "dataproxy" not in target]
        assert len(pages) == len(set(pages))
        assert not [target for target in targets if target.startswith(("/search", "/manage"))]


def test_the_demo_is_quick(demo_crawl: Crawled) -> None:
    seconds = [record["seconds"] for record in demo_crawl.outcomes.values()]
    assert max(seconds) < 20


def test_stats_have_every_portal(demo_crawl: Crawled) -> None:
    stats = json.loads((demo_crawl.run / "stats.json").read_text(encoding="utf-8"))
    assert stats["finish_reason"] == "finished"
    assert stats["portals/ok"] == len(CODES)
