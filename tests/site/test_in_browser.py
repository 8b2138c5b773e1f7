"""The catalogue in a real browser, wide and narrow, from disk and from a server: quiet, usable, deaf to spite."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from crawler.site.serve import server
from tests.chromium import CHROMIUM
from tests.site.small import Small

sync_api = pytest.importorskip("playwright.sync_api", reason="the extra browser is not installed")
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine", allow_module_level=True)

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PAGES = (
    "index.html", "guide.html", "regions/index.html", "provinces/370000.html", "regions/370323.html",
    "regions/140525.html", "rankings/index.html", "rankings/granted_rate-2022-county.html", "rules/index.html",
    "rules/st08.html", "portals/index.html", "portals/blocked.html", "data/index.html", "data/reports_wide.html",
)  # fmt: skip


@dataclass
class Visit:
    """A page of the browser and what it complained of, asked for and was asked."""

    page: sync_api.Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, url: str) -> sync_api.Page:
        self.page.goto(url)
        return self.page


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def visit(browser: sync_api.Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    context = browser.new_context(viewport=getattr(request, "param", WIDE))
    made = Visit(context.new_page())
    made.page.on("console", lambda message: made.said.append(f"{message.type}: {message.text}"))
    made.page.on("pageerror", lambda error: made.said.append(str(error)))
    made.page.on("dialog", lambda dialog: (made.said.append(dialog.message), dialog.dismiss()))
    made.page.on("request", lambda asked: made.asked.append(asked.url))
    yield made
    context.close()


@pytest.fixture(scope="module")
def served(site: Small) -> Iterator[str]:
    made = server(site.path)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made.server_address[1]}"
    made.shutdown()
    thread.join()
    made.server_close()


def reports(site: Small, language: str) -> list[str]:
    return sorted(f"reports/{path.name}" for path in (site.path / language / "reports").glob("*.html"))


def quiet(visit: Visit, start: str) -> None:
    assert visit.said == []
    assert [url for url in visit.asked if not url.startswith(start)] == []
    assert visit.page.evaluate("window.pwned") is None
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), visit.page.url


def test_every_page_is_quiet_from_disk(site: Small, visit: Visit) -> None:
    start = f"file://{site.path}/"
    copies = [f"archived/{path.name}" for path in (site.path / "archived").glob("*.html")]
    for path in [*(f"zh/{path}" for path in (*PAGES, *reports(site, "zh"))), *copies]:
        visit.open(start + path)
        quiet(visit, start)
    assert "Noto" in visit.page.evaluate("getComputedStyle(document.documentElement).fontFamily")


@pytest.mark.parametrize("visit", [NARROW], indirect=True)
def test_every_kind_of_page_is_quiet_from_a_server_on_a_phone(site: Small, served: str, visit: Visit) -> None:
    for path in (*PAGES, *reports(site, "en")[::3]):
        visit.open(f"{served}/en/{path}")
        quiet(visit, served)
    for copy in (site.path / "archived").glob("*.html"):
        visit.open(f"{served}/archived/{copy.name}")
        quiet(visit, served)
    answer = visit.page.goto(f"{served}/zh/../archived/{copy.name}")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]
    assert visit.page.goto(f"{served}/zh/reports/").status == 404


def test_the_server_gives_nothing_but_the_site(site: Small, served: str) -> None:
    (site.path.parent / "secret.txt").write_text("secret")
    host, port = served.removeprefix("http://").split(":")
    for path in ("/../secret.txt", "/zh/..%2f..%2fsecret.txt", "/zh/../../secret.txt", "//secret.txt"):
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        connection.request("GET", path)
        assert connection.getresponse().status == 404, path
        connection.close()


def test_a_table_is_sorted_by_keyboard_and_filtered(site: Small, visit: Visit) -> None:
    page = visit.open(f"file://{site.path}/zh/rules/index.html")
    header = page.locator("th", has_text="不符").first
    header.locator("button").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert header.get_attribute("aria-sort") == "descending"
    counts = [int(text.replace(",", "")) for text in page.locator("tbody tr td:nth-child(5)").all_inner_texts()]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]
    every = page.locator("tbody tr").count()
    page.get_by_label("筛选规则").fill("复议")
    shown = page.locator("tbody tr:visible")
    assert 0 < shown.count() < every
    assert all("复议" in text for text in shown.all_inner_texts())
    assert page.locator("output").inner_text() == f"{shown.count()} / {every}"


def test_without_a_script_the_tables_are_plain(site: Small, browser: sync_api.Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"file://{site.path}/zh/rules/index.html")
    assert page.locator(".filter:visible").count() == 0
    assert page.locator("th button").count() == 0
    assert page.locator("tbody tr:visible").count() > 20
    context.close()


def test_the_language_switch_leads_to_the_same_page_and_back(site: Small, visit: Visit) -> None:
    start = f"file://{site.path}/"
    page = visit.open(f"{start}zh/regions/370323.html")
    page.get_by_role("link", name="English").click()
    assert page.url == f"{start}en/regions/370323.html"
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("link", name="中文").click()
    assert page.url == f"{start}zh/regions/370323.html"
    page.goto(f"{start}index.html")
    page.wait_for_url("**/zh/index.html")


def test_two_clicks_lead_from_a_report_to_a_marked_cell(site: Small, visit: Visit) -> None:
    """A page, a PDF and a flattened text: the place is in view, and looks unlike its neighbours."""
    for name in ("whole-2019-layout-gbk.html", "pdf-ruled.pdf", "flattened-b.txt"):
        page = visit.open(f"file://{site.report(name)}")
        page.locator("table.table3 td.n > a").nth(8).click()
        target = page.locator(":target")
        target.wait_for()
        box = target.bounding_box()
        assert box is not None
        assert 0 <= box["y"] < WIDE["height"], name
        look = "e => getComputedStyle(e).outlineStyle + getComputedStyle(e).stroke"
        assert target.evaluate(look) != "nonenone", name
    quiet(visit, f"file://{site.path}/")


def test_the_skip_link_comes_first(site: Small, visit: Visit) -> None:
    page = visit.open(f"file://{site.path}/zh/index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_hostile_report_looks_like_a_good_one(site: Small, visit: Visit) -> None:
    shape = "[...document.querySelectorAll('main *')].filter(e => getComputedStyle(e).display === 'none').length"
    good = visit.open(f"file://{site.report('placeholders.html')}").evaluate(shape)
    page = visit.open(f"file://{site.hostile}")
    assert page.evaluate(shape) == good
    assert page.locator("h1").inner_text().startswith("沂源县人民政府2020年")
    for link in page.locator("main a[href]").evaluate_all("all => all.map(a => a.href)"):
        assert link.startswith(("file:", "http://portal.example/")), link
    page.locator("main a[href*=archived]").first.click()
    page.mouse.move(300, 300)
    page.mouse.click(300, 300)
    quiet(visit, f"file://{site.path}/")


@pytest.mark.parametrize("visit", [WIDE, NARROW], indirect=True)
def test_nothing_serious_stands_in_the_way(site: Small, visit: Visit) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    wanted = [site.path / "zh" / path for path in PAGES]
    wanted += [site.report("hybrid-23-rows.html"), site.hostile, site.report("hybrid-23-rows.html", "en")]
    wanted += list((site.path / "archived").glob("*.html"))[:3]
    serious = []
    for path in wanted:
        visit.open(f"file://{path}")
        for each in axe.run(visit.page).response["violations"]:
            if each["impact"] in ("serious", "critical"):
                serious.append((path.name, each["id"], each["nodes"][0]["html"][:200]))
    assert serious == []


def test_all_that_can_be_used_is_reached_by_keyboard_and_seen(site: Small, visit: Visit) -> None:
    page = visit.open(f"file://{site.path}/zh/rules/index.html")
    look = """() => { const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();
        return [e.tagName, e.className, s.outlineStyle, parseFloat(s.outlineWidth), b.width * b.height] }"""
    stops = []
    for _ in range(20):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(look))
    assert all(style != "none" and width >= 2 and area > 0 for _, _, style, width, area in stops), stops
    kinds = [tag for tag, *_ in stops]
    assert kinds.index("INPUT") < kinds.index("BUTTON")
    assert any(name == "language" for _, name, *_ in stops)


def test_a_page_prints_without_what_is_of_the_screen_only(site: Small, visit: Visit, tmp_path: Path) -> None:
    page = visit.open(f"file://{site.report('hybrid-23-rows.html')}")
    page.emulate_media(media="print")
    assert not page.locator("header.top").is_visible()
    assert page.locator("table.table3").is_visible()
    printed = page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")
