"""One crawl over portals that each fail in their own way: every one gets its one outcome, the rest is not harmed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.run import Crawled, Workspace, run_crawl
from crawler.demo.server import PortalServer, Request, Response, page, redirect
from tests.crawler.sites import Answer, column_page, healthy, home_page, report_page, row, served, write_rows

HTML = {"Content-Type": "text/html"}
CHALLENGE = "<html><head><meta content='x' r='m'><script r='m'>$_ts=window['$_ts'];$_ts.nsd=1;</script></head></html>"
EMPTY_COLUMN: dict[str, Answer] = {"/": home_page({"/zfxxgknb/": "政府信息公开年报"})}
ONE = {"/zfxxgknb/t2024.html": "沂源县人民政府2024年政府信息公开工作年度报告"}

SITES: dict[str, dict[str, Answer]] = {
    "healthy": healthy(),
    "empty_said": {**EMPTY_COLUMN, "/zfxxgknb/": column_page({}, text="暂无数据")},
    "empty_unsaid": {**EMPTY_COLUMN, "/zfxxgknb/": column_page({})},
    "no_column": {"/": home_page()},
    "gone": {},
    "failing": {"/": Response(b"oops", 500)},
    "forbidden": {"/": page("<html>403 Forbidden</html>", status=403)},
    "challenge": {"/": page(CHALLENGE, status=412)},
    "challenge_200": {"/": page(CHALLENGE)},
    "soft_404": {"/": "<html><head><title>页面不存在</title></head><body>抱歉</body></html>"},
    "not_html": {"/": Response(b"\x89PNG\r\n\x1a\n" + bytes(64), 200, "image/png")},
    "shell": {"/": "<html><body><div id=app></div><script src=/app.js></script></body></html>"},
    "robots_disallow": {**healthy(), "/robots.txt": Response(b"User-agent: *\nDisallow: /\n", 200, "text/plain")},
    "robots_403": {**healthy(), "/robots.txt": page("no", status=403)},
    "robots_html": {**healthy(), "/robots.txt": page("<html><body>User-agent: *<br>Disallow: /</body></html>")},
    "other_site": {"/": home_page(meta='<meta name="SiteIDCode" content="3604030001">'), **healthy()},
    "report_404": {**healthy(), "/zfxxgknb/t2023.html": page("<html>404</html>", status=404)},
    "all_404": {"/": home_page({"/zfxxgknb/": "政府信息公开年报"}), "/zfxxgknb/": column_page(ONE)},
    "unreadable": {
        "/": home_page({"/zfxxgknb/": "政府信息公开年报"}),
        "/zfxxgknb/": column_page(ONE),
        "/zfxxgknb/t2024.html": f"<html><body><h1>{ONE['/zfxxgknb/t2024.html']}</h1><img src=a.png></body></html>",
    },
    "shell_home": {**healthy(), "/": '<html><head><meta http-equiv="refresh" content="0; url=/home/"></head></html>'},
    "mixed": {
        "/": home_page({"/zfxxgknb/": "政府信息公开年报"}),
        "/zfxxgknb/": column_page(
            {
                "/zfxxgknb/t2024.html": "博山区人民政府2024年政府信息公开工作年度报告",
                "/zfxxgknb/index.html?x=1#top": "政府网站工作年度报表2024",
                "/zfxxgknb/caizheng.html": "博山区财政局2024年政府信息公开工作年度报告",
                "/zfxxgknb/zhen.html": "白塔镇人民政府2024年政府信息公开工作年度报告",
                "/zfxxgknb/jiedao.html": "城东街道办事处2024年政府信息公开工作年度报告",
                "/zfxxgknb/other.html": "2024年政府信息公开工作年度报告",
                "/zfxxgknb/again.html": "博山区人民政府2024年政府信息公开工作年度报告",
            }
        ),
        "/zfxxgknb/t2024.html": report_page("博山区人民政府"),
        "/zfxxgknb/other.html": report_page("淄川区人民政府"),
        "/zfxxgknb/again.html": report_page("博山区人民政府"),
    },
}
SITES["shell_home"]["/home/"] = home_page({"/zfxxgknb/": "政府信息公开年报"})
SITES["other_site"]["/"] = home_page({"/zfxxgknb/": "年报"}, meta='<meta name="SiteIDCode" content="3604030001">')

REGIONS = {"mixed": "370304"}
EXPECTED = {
    "healthy": "ok",
    "empty_said": "empty_declared",
    "empty_unsaid": "empty_unexpected",
    "no_column": "column_not_found",
    "gone": "not_found",
    "failing": "http_error",
    "forbidden": "blocked",
    "challenge": "blocked",
    "challenge_200": "blocked",
    "soft_404": "not_found",
    "not_html": "http_error",
    "shell": "js_required",
    "robots_disallow": "robots_denied",
    "robots_403": "robots_denied",
    "robots_html": "ok",
    "other_site": "wrong_portal",
    "report_404": "partial",
    "all_404": "not_found",
    "unreadable": "partial",
    "shell_home": "ok",
    "mixed": "ok",
    "refused": "http_error",
    "dropped": "http_error",
    "moved": "moved",
    "no_name": "dns",
    "no_tls": "tls",
    "too_slow": "timeout",
    "crash": "crawler_bug",
}


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, PortalServer]]:
    with ExitStack() as stack:
        held = {
            name: stack.enter_context(served(answers, f"127.0.3.{n}"))
            for n, (name, answers) in enumerate(SITES.items(), start=1)
        }
        yield held


@pytest.fixture(scope="module")
def crawled(servers: dict[str, PortalServer], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    """All of them in one crawl, with those that have no working server."""
    workspace = Workspace(tmp_path_factory.mktemp("failures"))
    with ExitStack() as stack:
        closed = stack.enter_context(served({}, "127.0.4.1"))
        closed_url = closed.base_url
        closed.stop()
        dropped = stack.enter_context(served({"/": Response(drop=True)}, "127.0.4.2"))
        moved = stack.enter_context(served({"/": redirect(servers["healthy"].base_url + "/")}, "127.0.4.3"))
        plain = stack.enter_context(served({}, "127.0.4.4"))
        slow = stack.enter_context(served({"/": _sleeping}, "127.0.4.5"))
        rows = [row(name, s.base_url + "/", REGIONS.get(name, "370323")) for name, s in servers.items()]
        rows += [
            row("refused", closed_url + "/"),
            row("dropped", dropped.base_url + "/"),
            row("moved", moved.base_url + "/"),
            row("no_name", "http://no-such-host.invalid/"),
            row("no_tls", plain.base_url.replace("http:", "https:") + "/"),
            row("too_slow", slow.base_url + "/"),
        ]
        write_rows(workspace.portals, rows)
        yield run_crawl(workspace, {"province": "37"}, {"DOWNLOAD_TIMEOUT": "1.5", "RETRY_TIMES": "0"})


def _sleeping(request: Request) -> Response:
    time.sleep(2.5)
    return page("late")


@pytest.mark.parametrize("name", [name for name in EXPECTED if name != "crash"])
def test_each_failure_has_its_outcome(crawled: Crawled, name: str) -> None:
    found = crawled.outcomes[name]
    assert found["outcome"] == EXPECTED[name], found["detail"]
    assert found["detail"] or found["outcome"] == "ok"


def test_one_outcome_each_and_a_verdict_that_says_so(crawled: Crawled) -> None:
    lines = (crawled.run / "outcomes.jsonl").read_text(encoding="utf-8").splitlines()
    ids = [json.loads(line)["portal_id"] for line in lines]
    assert sorted(ids) == sorted(set(EXPECTED) - {"crash"})
    assert crawled.code == 1, crawled.output[-2000:]
    assert crawled.manifest["verdict"] == 1
    assert crawled.manifest["complete"] is True
    assert "Traceback" not in crawled.output


def test_only_what_is_in_scope_is_kept(crawled: Crawled) -> None:
    outcome = crawled.outcomes["mixed"]
    assert outcome["reports"] == 1
    for reason in ("agency 3", "lookalike 1", "other_region 1", "duplicate 1"):
        assert reason in outcome["detail"]


def test_units_below_are_not_even_asked_for(crawled: Crawled, servers: dict[str, PortalServer]) -> None:
    asked = [entry.target for entry in servers["mixed"].log]
    assert "/zfxxgknb/caizheng.html" not in asked
    assert "/zfxxgknb/zhen.html" not in asked
    assert len(asked) == len(set(asked)), "a page was asked for twice"


def test_a_portal_that_refuses_is_left_alone(servers: dict[str, PortalServer], crawled: Crawled) -> None:
    for name in ("forbidden", "challenge", "challenge_200", "robots_403"):
        assert len(servers[name].log) <= 2, [entry.target for entry in servers[name].log]
    assert [entry.target for entry in servers["robots_disallow"].log] == ["/robots.txt"]


def test_one_request_at_a_time(servers: dict[str, PortalServer], crawled: Crawled) -> None:
    for server in servers.values():
        assert max((entry.concurrent for entry in server.log), default=1) == 1


def test_the_source_says_where_a_report_was_found(crawled: Crawled, servers: dict[str, PortalServer]) -> None:
    base = servers["healthy"].base_url
    # portals of one region that show the same report share it: it is recorded once, whoever was first
    source = next(r["source"] for r in crawled.reports if r["metadata"]["report_year"] == 2023)
    assert source["list_url"].endswith("/zfxxgknb/")
    assert source["link_title"] == "沂源县人民政府2023年政府信息公开工作年度报告"
    assert source["list_date"] == "2025-01-20"
    assert source["archive"] == "archive/00001.warc.gz"
    assert source["record_id"].startswith("<urn:uuid:")
    assert len(source["content_sha256"]) == 64
    assert base


# --------------------------------------------------------------------------------- crawls of a single portal


def crawl(workspace: Workspace, url: str, run_id: str = "run", **more: Any) -> Crawled:
    settings = more.pop("settings", {})
    return run_crawl(workspace, {"url": url, "region": "370323", **more}, settings, run_id=run_id)


def test_years_that_are_missing_make_it_partial(tmp_path: Path) -> None:
    with served(healthy(years=(2022, 2023, 2024)), "127.0.5.1") as server:
        done = crawl(Workspace(tmp_path), server.base_url + "/", years="2023-2025")
    (outcome,) = done.outcomes.values()
    assert (outcome["outcome"], outcome["years_found"], outcome["years_missing"]) == ("partial", [2023, 2024], [2025])
    assert done.code == 1
    assert "/zfxxgknb/t2022.html" not in [entry.target for entry in server.log]


def test_gaps_are_told_when_no_years_are_asked_for(tmp_path: Path) -> None:
    with served(healthy(years=(2020, 2023)), "127.0.5.1") as server:
        done = crawl(Workspace(tmp_path), server.base_url + "/zfxxgknb/")
    (outcome,) = done.outcomes.values()
    assert (outcome["outcome"], outcome["years_missing"]) == ("ok", [2021, 2022])


def test_two_runs_give_the_same_ids(tmp_path: Path) -> None:
    with served(healthy(), "127.0.5.1") as server:
        first = crawl(Workspace(tmp_path), server.base_url + "/", "first")
        again = crawl(Workspace(tmp_path), server.base_url + "/", "again")
    ids = [sorted(r["report_id"] for r in done.reports) for done in (first, again)]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 2
    assert (tmp_path / "latest").resolve().name == "again"


def test_a_list_that_declares_more_than_it_gives_is_incomplete(tmp_path: Path) -> None:
    pages = healthy()
    rows = {f"/zfxxgknb/t{year}.html": f"沂源县人民政府{year}年政府信息公开工作年度报告" for year in (2023, 2024)}
    pages["/zfxxgknb/"] = column_page(rows, more="<script>createPageHTML(3, 0, 'index', 'html');</script>")
    pages["/zfxxgknb/index_1.html"] = Response(b"", 500)
    pages["/zfxxgknb/index_2.html"] = Response(b"", 500)
    with served(pages, "127.0.5.1") as server:
        done = crawl(Workspace(tmp_path), server.base_url + "/", settings={"RETRY_TIMES": "0"})
    (outcome,) = done.outcomes.values()
    assert outcome["outcome"] == "pagination_incomplete", outcome
    assert outcome["reports"] == 2


def test_crawl_delay_is_kept(tmp_path: Path) -> None:
    pages: dict[str, Answer] = {
        **healthy(years=(2024,)),
        "/robots.txt": Response(b"User-agent: *\nCrawl-delay: 1\n", 200, "text/plain"),
    }
    with served(pages, "127.0.5.1") as server:
        done = crawl(Workspace(tmp_path), server.base_url + "/")
    assert done.code == 0, done.output
    times = [entry.time for entry in server.log][1:]  # the answer to the first, robots.txt, sets the pace
    assert all(later - earlier >= 0.95 for earlier, later in pairwise(times))


def test_time_that_runs_out_is_told(tmp_path: Path) -> None:
    with served(healthy(years=tuple(range(2015, 2025))), "127.0.5.1", latency=0.2) as server:
        done = crawl(Workspace(tmp_path), server.base_url + "/", settings={"PORTAL_SECONDS": "1.2"})
    (outcome,) = done.outcomes.values()
    assert outcome["outcome"] == "partial"
    assert "PORTAL_SECONDS" in outcome["detail"]
