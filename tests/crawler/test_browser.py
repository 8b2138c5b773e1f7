"""Portals that show nothing without JavaScript: rendered in a real browser, that goes nowhere it may not."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from crawler.demo.run import Workspace, run_crawl
from crawler.demo.server import Request, Response, page
from tests.chromium import CHROMIUM
from tests.crawler import late_contexts
from tests.crawler.sites import Answer, column_page, healthy, home_page, report_page, row, served, write_rows

pytest.importorskip("scrapy_playwright", reason="the extra browser is not installed")
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine", allow_module_level=True)

SHELL = '<html><head><meta charset="utf-8"><title>门户</title></head><body><div id="app"></div>{script}</body></html>'
HOME = """<script>
fetch('/data/menu').then(r => r.json()).then(rows => {
  document.getElementById('app').innerHTML =
    rows.map(r => '<li><a href="' + r.u + '">' + r.n + '</a></li>').join('') + '<p>欢迎访问本站，这里是首页。</p>';
});
fetch('http://10.255.255.1/steal').catch(() => 0);
fetch('http://192.168.77.1:8080/').catch(() => 0);
new Image().src = '/huge.png';
</script>"""
LIST = """<script>
fetch('/data/rows').then(r => r.json()).then(rows => {
  document.querySelector('ul.list').innerHTML =
    rows.map(r => '<li><a href="' + r.u + '">' + r.n + '</a><span>2025-01-20</span></li>').join('');
});
</script>"""
TITLE = "沂源县人民政府{}年政府信息公开工作年度报告"


def as_json(value: object) -> Response:
    return Response(json.dumps(value, ensure_ascii=False).encode(), 200, "application/json")


def spa() -> dict[str, Answer]:
    """A portal whose home page and list are made by scripts, from endpoints that nobody has documented."""
    rows = [{"u": f"/nb/{year}.html", "n": TITLE.format(year)} for year in (2022, 2023)]
    return {
        "/": SHELL.format(script=HOME),
        "/data/menu": as_json([{"u": "/nb/", "n": "政府信息公开年报"}, {"u": "/news/", "n": "要闻"}]),
        "/nb/": column_page({}).replace("</body>", LIST + "</body>"),
        "/data/rows": as_json(rows),
        "/huge.png": page("no picture is ever asked for"),
        **{f"/nb/{year}.html": report_page(year=year) for year in (2022, 2023)},
    }


def crawl(
    site: dict[str, Answer], address: str, path: Path, **settings: str
) -> tuple[dict[str, object], list[str], dict]:
    with served(site, address) as server:
        done = run_crawl(Workspace(path), {"url": server.base_url + "/", "region": "370323"}, settings)
        asked = [entry.target for entry in server.log]
    (outcome,) = done.outcomes.values()
    return outcome, asked, json.loads((done.run / "stats.json").read_text(encoding="utf-8"))


def test_a_portal_made_by_scripts_is_read_and_its_baits_are_not(tmp_path: Path) -> None:
    outcome, asked, stats = crawl(spa(), "127.0.8.1", tmp_path)
    assert (outcome["outcome"], outcome["years_found"]) == ("ok", [2022, 2023]), outcome
    assert "/huge.png" not in asked
    assert stats["browser/pages"] == 2
    assert stats["egress/refused_browser"] == 2
    assert "10.255.255.1" not in str(outcome)


def test_a_list_that_scripts_fill_within_a_full_page_is_rendered(tmp_path: Path) -> None:
    menu = "".join(f'<li><a href="/c{n}/">栏目{n}</a></li>' for n in range(30))
    site = spa()
    site["/"] = home_page({"/nb/": "政府信息公开年报"})
    site["/nb/"] = column_page({}).replace("<body>", f"<body><ul>{menu}</ul>").replace("</body>", LIST + "</body>")
    outcome, _, stats = crawl(site, "127.0.8.5", tmp_path)
    assert (outcome["outcome"], outcome["years_found"]) == ("ok", [2022, 2023]), outcome
    assert stats["browser/pages"] == 1


def test_a_portal_that_can_be_read_without_a_browser_is(tmp_path: Path) -> None:
    outcome, _, stats = crawl(healthy(), "127.0.8.2", tmp_path)
    assert outcome["outcome"] == "ok"
    assert "browser/pages" not in stats


@pytest.mark.parametrize(
    ("script", "settings", "says"),
    [
        ("<script>setInterval(() => fetch('/data/tick?' + Math.random()), 20)</script>", {"BROWSER_SECONDS": "3"}, ""),
        ("<script>while (true) {}</script>", {"BROWSER_SECONDS": "3"}, "timeout"),
        (HOME, {"BROWSER_PAGES": "0"}, "js_shell"),
    ],
)
def test_a_shell_that_stays_one_is_js_required(
    tmp_path: Path, script: str, settings: dict[str, str], says: str
) -> None:
    site: dict[str, Answer] = {"/": SHELL.format(script=script), "/data/tick": as_json(1)}
    outcome, _, _ = crawl(site, "127.0.8.3", tmp_path, **settings)
    assert outcome["outcome"] == "js_required"
    assert says in str(outcome["detail"])


def test_a_shell_without_the_browser_extra_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(Path("/usr/bin/git").parent / "nowhere"))
    outcome, _, _ = crawl({"/": SHELL.format(script=HOME)}, "127.0.8.4", tmp_path)
    assert outcome["outcome"] == "js_required"
    assert "browser" in str(outcome["detail"])


def test_home_pages_of_plain_portals_need_no_browser() -> None:
    assert "<script" not in home_page()


@pytest.mark.parametrize("times", [1, 3])
def test_a_browser_that_is_killed_is_started_again(tmp_path: Path, times: int) -> None:
    psutil = pytest.importorskip("psutil", reason="needs the extra cluster")
    killed: list[int] = []

    def menu(request: Request) -> Response:
        for each in psutil.Process().children(recursive=True) if len(killed) < times else ():
            words = " ".join(each.cmdline())
            if "chromium" in words and "--type=" not in words and "playwright" not in words.split()[0]:
                killed.append(each.pid)
                each.kill()
        return as_json([{"u": "/nb/", "n": "政府信息公开年报"}, {"u": "/news/", "n": "要闻"}])

    outcome, _, _ = crawl({**spa(), "/data/menu": menu}, "127.0.8.6", tmp_path)
    assert len(killed) == times
    assert (outcome["outcome"], outcome["years_found"]) == ("ok", [2022, 2023]), outcome


def test_pages_that_end_before_their_context_is_there_cost_the_others_neither_place_nor_time(tmp_path: Path) -> None:
    counties = {"370321": "桓台县", "370322": "高青县", "370323": "沂源县", "370829": "嘉祥县"}
    workspace, rows = Workspace(tmp_path), []
    with ExitStack() as servers:
        for number, (code, county) in enumerate(counties.items()):
            organ = f"{county}人民政府"
            site = healthy(organ) | {"/data/menu": as_json([{"u": "/zfxxgknb/", "n": "政府信息公开年报"}])}
            site["/"] = SHELL.format(script=HOME)
            server = servers.enter_context(served(site, f"127.0.8.{20 + number}"))
            rows.append(row(code, server.base_url + "/", code, name=organ))
        write_rows(workspace.portals, rows)
        settings = {
            "PLAYWRIGHT_BROWSER_PROVIDER": "tests.crawler.late_contexts.LateContexts",
            "BROWSER_SECONDS": "4",  # and those that wait for a place wait longer
        }
        done = run_crawl(workspace, {"province": "37"}, settings)
    stats = json.loads((done.run / "stats.json").read_text(encoding="utf-8"))
    assert Counter(outcome["outcome"] for outcome in done.outcomes.values()) == {"js_required": 2, "ok": 2}
    assert stats["browser/pages"] == len(counties), "none is rendered a second time"
    assert f"{late_contexts.LEFT} 0" in done.output
