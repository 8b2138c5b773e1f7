"""Reports whose tables stand in files beside the page: fetched, read together, every number right, archived."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from crawler.demo.run import Crawled, Workspace, run_crawl
from crawler.demo.server import Request, Response
from tests.compose import html, office, truth
from tests.compose.report import Report, generate
from tests.crawler.sites import Answer, column_page, home_page, served

DOWNLOAD = "/system/_content/download.jsp"


def of_one_county(year: int) -> Report:
    drawn = (generate(f"attached {year} {number}", year=year) for number in count())
    return next(report for report in drawn if report.county == "云河县")


YEARS = {year: of_one_county(year) for year in (2021, 2022, 2023, 2024)}


def without_tables(report: Report, *links: str) -> str:
    """The page of a report that leaves its tables to files."""
    bare = replace(report, body=[part for part in report.body if part.kind != "table"])
    return html.compose(bare).decode().replace("</body>", "".join(links) + "</body>")


def only_tables(report: Report) -> Report:
    return replace(report, body=[part for part in report.body if part.kind in ("title", "heading", "table")])


def download(request: Request) -> Response:
    name = "附件:统计表.docx".encode("gb18030").decode("latin-1")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(office.compose_docx(YEARS[2021]), 200, "application/octet-stream", headers)


def site() -> dict[str, Answer]:
    page_2023 = without_tables(YEARS[2023], '<iframe src="/tables/2023.html" width="900"></iframe>')
    return {
        "/": home_page({"/nb/": "政府信息公开年报"}),
        "/nb/": column_page({f"/nb/{year}.html": report.title for year, report in YEARS.items()}),
        "/nb/2021.html": without_tables(YEARS[2021], f'<a href="{DOWNLOAD}?urltype=x&wbfileid=7">附件</a>'),
        DOWNLOAD: download,
        "/nb/2022.html": without_tables(YEARS[2022], '<a href="b.xlsx">附表</a><a href="gone.pdf">附件2</a>'),
        "/nb/b.xlsx": Response(office.compose_xlsx(YEARS[2022]), 200, "application/vnd.ms-excel"),
        "/nb/2023.html": page_2023,
        "/tables/2023.html": html.compose(only_tables(YEARS[2023])).decode(),
        "/nb/2024.html": html.compose(YEARS[2024]).decode().replace("</body>", '<a href="2024.pdf">PDF</a></body>'),
        "/nb/2024.pdf": Response(b"%PDF-1.4 not asked for", 200, "application/pdf"),
    }


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Crawled, list[str]]:
    with served(site(), "127.0.9.1") as server:
        done = run_crawl(Workspace(tmp_path_factory.mktemp("attached")), {"url": server.base_url + "/"})
        return done, [entry.target for entry in server.log]


def record_of(crawled: tuple[Crawled, list[str]], year: int) -> dict[str, Any]:
    (record,) = [record for record in crawled[0].reports if record["metadata"]["report_year"] == year]
    return record


@pytest.mark.parametrize("year", list(YEARS))
def test_every_number_of_the_tables_is_read_wherever_they_stand(crawled: tuple[Crawled, list[str]], year: int) -> None:
    checked = truth.check(record_of(crawled, year), YEARS[year])
    assert checked.silent == []
    assert checked.share == 1.0


def test_the_file_is_told_of_with_its_name_and_kept_in_the_archive(crawled: tuple[Crawled, list[str]]) -> None:
    page, file = record_of(crawled, 2021)["source"]["documents"]
    assert file["name"] == "附件:统计表.docx"
    assert page["record_id"] != file["record_id"]
    cell = record_of(crawled, 2021)["tables"]["table3"]["cells"]["new_requests"]["total"]
    assert cell["origin"]["document"] == 1


def test_a_file_that_is_gone_is_noted_and_costs_no_report(crawled: tuple[Crawled, list[str]]) -> None:
    (outcome,) = crawled[0].outcomes.values()
    assert (outcome["outcome"], outcome["years_found"]) == ("ok", list(YEARS))
    assert "gone.pdf" in outcome["detail"]


def test_no_file_is_asked_for_where_the_page_has_all_tables(crawled: tuple[Crawled, list[str]]) -> None:
    assert "/nb/2024.pdf" not in crawled[1]
