"""The simulated portals themselves: reachable, quiet, stopped without a trace; lists only by their mechanism."""

from __future__ import annotations

import json
import threading
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

import pytest
from lxml import html

from crawler.demo.figures import Figures, published, series
from crawler.demo.fleet import PortalFleet
from crawler.demo.forms import CARRIED_IN, CARRIED_OUT, NEW, RESULTS_TOTAL, result_rows
from crawler.demo.site import Site
from crawler.demo.tables import OFFICIAL, Grid, table2, table3, table4

CODES = [site.code for site in Site.load_all()]


def get(url: str, form: dict[str, str] | None = None) -> tuple[int, str]:
    data = urlencode(form).encode() if form is not None else None
    try:
        with urlopen(Request(url, data), timeout=5) as answer:
            return answer.status, answer.read().decode("utf-8", "replace")
    except HTTPError as error:
        with error:
            return error.code, error.read().decode("utf-8", "replace")


@pytest.mark.parametrize("code", CODES)
def test_the_home_page_leads_to_the_annual_reports_over_three_links(fleet: PortalFleet, code: str) -> None:
    portal = fleet.portal(code)
    url = portal.home_url
    for name in ("政务公开", "政府信息公开", "政府信息公开年报"):
        status, text = get(url)
        assert status == 200
        links = html.fromstring(text).xpath(f"//a[normalize-space()='{name}']/@href")
        assert links, f"no link {name} on {url}"
        url = urljoin(url, links[0])
    status, text = get(url)
    assert status == 200
    assert "政府信息公开年报" in text


@pytest.mark.parametrize("code", CODES)
def test_every_article_answers_with_a_page_of_realistic_size(fleet: PortalFleet, code: str) -> None:
    portal = fleet.portal(code)
    for entry in portal.site.entries:
        if entry.href is None:
            with urlopen(portal.article_url(entry), timeout=5) as answer:
                assert 20_000 < len(answer.read()) < 95_000


@pytest.mark.parametrize("code", ["370323", "130111"])
def test_rows_are_not_in_the_column_itself(fleet: PortalFleet, code: str) -> None:
    """Zibo's come as JSON, EasySite's as fragments."""
    portal = fleet.portal(code)
    text = get(portal.reports_url())[1]
    assert portal.site.reports[0].title not in text


def test_old_reports_of_dingxi_need_a_second_group(fleet: PortalFleet) -> None:
    portal = fleet.portal("621100")
    first = get(portal.reports_url())[1]
    oldest = min(portal.site.reports, key=lambda entry: entry.date)
    assert oldest.title not in first
    proxy = portal.bases["www"] + "/module/web/jpage/dataproxy.jsp?startrecord=46&endrecord=90&perpage=15"
    assert oldest.title in get(proxy, {"unitid": "386486", "columnid": "16760", "webid": "110"})[1]
    assert len(get(proxy, {"unitid": "1"})[1]) < 60, "wrong parameters get an almost empty answer"


def test_every_page_of_the_zibo_list_is_told_apart(fleet: PortalFleet) -> None:
    portal = fleet.portal("370323")
    pages = [json.loads(get(portal.reports_url() + f"docList.json?page={n}")[1]) for n in (1, 2, 3)]
    titles = [row["title"] for each in pages for row in each["rows"]]
    assert len(titles) == len(set(titles)) == pages[0]["total"]
    assert pages[2]["rows"] == []


def test_a_portal_fleet_leaves_no_thread_and_no_open_port() -> None:
    before = set(threading.enumerate())
    with PortalFleet(only=("370323", "140525")) as portals:
        url = portals.portals[0].home_url
        assert get(url)[0] == 200
        assert len(portals.log("370323")) == 1
    assert not set(threading.enumerate()) - before
    with pytest.raises(OSError, match="refused"):
        urlopen(url, timeout=2)


def test_the_log_counts_requests_in_progress() -> None:
    with PortalFleet(only=("370323",), latency=0.2) as portals:
        url = portals.portals[0].home_url
        threads = [threading.Thread(target=get, args=(url,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert max(entry.concurrent for entry in portals.log()) == 3


# ------------------------------------------------------------------------------------------------- figures


def holds(figures: Figures) -> None:
    """The identities that the form itself prints."""
    rows = figures.table3
    for name, row in rows.items():
        assert sum(row[:6]) == row[6], name
    for column in range(7):
        total = sum(rows[name][column] for name in result_rows(figures.form3))
        assert total == rows[RESULTS_TOTAL][column]
        arrived = rows[NEW][column] + rows[CARRIED_IN][column]
        assert arrived == rows[RESULTS_TOTAL][column] + rows[CARRIED_OUT][column]
    for block in range(3):
        cells = [int(cell) for cell in figures.table4[block * 5 : block * 5 + 5]]
        assert sum(cells[:4]) == cells[4]


@pytest.mark.parametrize("code", CODES)
def test_composed_figures_satisfy_the_form(code: str) -> None:
    for entry in Site.load(code).entries:
        if entry.report is not None and not entry.report.figures.published:
            holds(entry.report.figures)


@pytest.mark.parametrize("code", CODES)
def test_composed_figures_follow_from_the_year_before(code: str) -> None:
    reports = {entry.year: entry.report for entry in Site.load(code).reports if entry.report}
    for year, report in reports.items():
        before = reports.get(year - 1 if year else None)
        if before and before.figures.table3 and report.figures.table3 and before.subject[-3:] == report.subject[-3:]:
            assert report.figures.table3[CARRIED_IN][:6] == before.figures.table3[CARRIED_OUT][:6]


def test_figures_are_the_same_in_every_run() -> None:
    assert series("云河县", range(2019, 2024), size=30) == series("云河县", range(2019, 2024), size=30)


@pytest.mark.parametrize(
    ("form", "shapes"), [(2019, [(18, 5), (26, 10), (4, 15)]), (2021, [(14, 4), (28, 10), (4, 15)])]
)
def test_tables_have_the_spans_of_the_official_form(form: int, shapes: list[tuple[int, int]]) -> None:
    figures = series("云河县", [form], size=30)[form]
    assert [shape(build(figures, OFFICIAL)) for build in (table2, table3, table4)] == shapes


def shape(grid: Grid) -> tuple[int, int]:
    """Rows and columns of a grid without holes and overlaps."""
    taken: set[tuple[int, int]] = set()
    for row, cells in enumerate(grid):
        column = 0
        for cell in cells:
            while (row, column) in taken:
                column += 1
            spots = {(row + down, column + right) for down in range(cell.rowspan) for right in range(cell.colspan)}
            assert not spots & taken
            taken |= spots
    rows, columns = max(row for row, _ in taken) + 1, max(column for _, column in taken) + 1
    assert len(taken) == rows * columns
    return rows, columns


def test_published_figures_keep_their_mistakes() -> None:
    zezhou = published("140525-2024")
    assert zezhou.table3["unable_not_held"] == [18, 0, 0, 0, 0, 0, 0]
    assert (zezhou.form2, zezhou.form3) == ("2021", "2019")
