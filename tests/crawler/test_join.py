"""One report, all its addresses: twins and re-posts are joined, a corrected version is a revision of it."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.demo.run import Workspace, run_crawl
from tests.crawler.sites import Answer, column_page, home_page, report_page, served

TITLE = "沂源县人民政府2024年政府信息公开工作年度报告"


def dated(page: str, day: str) -> str:
    return page.replace("</head>", f'<meta name="PubDate" content="{day} 09:00"></head>')


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """A portal with one report under four addresses, once corrected, and a report that stands alone."""
    original = dated(report_page(), "2025-01-20")
    corrected = dated(report_page().replace("12件", "13件"), "2025-03-02")
    site: dict[str, Answer] = {
        "/": home_page({"/nb/": "政府信息公开年报"}),
        "/nb/": column_page(
            {
                "/nb/corrected.html": TITLE + "（更正）",
                "/nb/original.html": TITLE,
                "/m/nb/original.html": TITLE,
                "/nb/again.html": TITLE,
                "/nb/t2023.html": TITLE.replace("2024", "2023"),
            }
        ),
        "/nb/corrected.html": corrected,
        "/nb/original.html": original,
        "/m/nb/original.html": original.replace("<h1>", '<div class="mobile-top">手机版</div><h1>'),
        "/nb/again.html": original.replace("<p>", '<p class="MsoNormal"><span>').replace("</p>", "</span></p>"),
        "/nb/t2023.html": report_page(year=2023),
    }
    with served(site, "127.0.6.1") as server:
        held = Workspace(tmp_path_factory.mktemp("join"))
        crawled = run_crawl(held, {"url": server.base_url + "/", "region": "370323"})
    (outcome,) = crawled.outcomes.values()
    assert (crawled.code, outcome["outcome"], outcome["reports"]) == (0, "ok", 2), crawled.output
    return crawled.reports


def test_twins_and_re_posts_are_one_report_with_all_addresses(records: list[dict[str, Any]]) -> None:
    (first,) = [r for r in records if r["source"]["revision"] == {"number": 1, "of": 2, "latest": False}]
    assert [address["url"].partition("/nb/")[2] for address in first["source"]["addresses"]] == [
        "original.html", "original.html", "again.html",
    ]  # fmt: skip


def test_a_correction_is_a_later_revision_of_the_same_report(records: list[dict[str, Any]]) -> None:
    (second,) = [r for r in records if r["source"]["revision"] == {"number": 2, "of": 2, "latest": True}]
    assert second["metadata"]["publication_date"] == "2025-03-02"
    assert len({r["report_id"] for r in records}) == 2
    assert len(records) == 3
