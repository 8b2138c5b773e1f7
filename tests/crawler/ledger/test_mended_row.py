"""What an earlier run left out, because of what the registry or a table said, is found once these are mended."""

from __future__ import annotations

from pathlib import Path

from crawler.demo.run import Workspace, run_crawl
from crawler.ledger.recall import Recall
from crawler.ledger.records import Column, Memory, Page
from crawler.run import now
from tests.crawler.sites import column_page, healthy, report_page, row, served, write_rows

QUIET = {"SEASON": "", "PROGRESS_ENABLED": "False", "DOWNLOAD_DELAY": "0.01"}
COLUMN = "http://a.gov.cn/nb/"


def test_a_report_on_a_host_that_the_row_comes_to_name_is_found_by_the_next_run(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    far_page = {"/t2022.html": report_page("沂源县人民政府", 2022)}
    with served(far_page, "127.0.8.8") as far, served(site := healthy(), "127.0.8.7") as own:
        titles = {f"/zfxxgknb/t{year}.html": f"{year}年政府信息公开工作年度报告" for year in (2023, 2024)}
        site["/zfxxgknb/"] = column_page({**titles, f"{far.base_url}/t2022.html": "2022年政府信息公开工作年度报告"})
        found: list[list[int]] = []
        for run_id, hosts in (("one", ""), ("two", ""), ("mended", "127.0.8.8")):
            write_rows(workspace.portals, [row("370323", own.base_url + "/", hosts=hosts)])
            crawled = run_crawl(workspace, {"province": "37"}, QUIET, run_id=run_id, remember=True)
            assert crawled.code == 0, crawled.output
            found.append(crawled.outcomes["370323"]["years_found"])
    assert found == [[2023, 2024], [2023, 2024], [2022, 2023, 2024]]


def remembering(basis: str) -> Memory:
    """A ledger in which a visit of that basis read a column whole, and left a page of it out."""
    left = Recall(basis=basis)
    left.column(COLUMN, "sign")
    left.note(Page(f"{COLUMN}t1.html", "年报", column=left.columns.popitem()[0]))
    left.column(COLUMN, "sign")
    left.told(f"{COLUMN}t1.html", None, None, "", "other_region")
    return Memory("government", now(), list(left.columns.values()), dict(left.read), basis=basis)


def test_another_basis_takes_nothing_as_remembered() -> None:
    same, other = (Recall(remembering("then"), basis=basis) for basis in ("then", "now"))
    assert same.settled
    assert same.known(f"{COLUMN}t1.html") is not None
    assert same.as_remembered(COLUMN, "sign") is not None
    assert not other.settled
    assert other.known(f"{COLUMN}t1.html") is None
    assert other.as_remembered(COLUMN, "sign") is None


def test_what_a_column_had_before_the_basis_was_kept_is_read_again() -> None:
    memory = Memory("government", now(), [Column(COLUMN, "sign", now())])
    assert Recall(memory).as_remembered(COLUMN, "sign") is None
