"""Politeness as the servers see it: pauses, turns, cities that are left alone, windows in China time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from crawler.demo.run import Crawled, Workspace, run_crawl
from crawler.demo.server import LogEntry, PortalServer, Response, page, redirect
from crawler.errors import InputError
from crawler.windows import CHINA, read
from tests.chromium import CHROMIUM
from tests.crawler.sites import Answer, healthy, home_page, row, served, write_rows
from tests.crawler.test_crawl_command import run_python

DELAY, JITTER, PAUSE, LONGEST = 0.3, 0.1, 0.6, 0.8
SETTINGS = {
    "DOWNLOAD_DELAY": str(DELAY),
    "DOWNLOAD_DELAY_JITTER": str(JITTER),
    "REFUSAL_PAUSE": str(PAUSE),
    "CRAWL_DELAY_MAX": str(LONGEST),
    "CITIES_AT_ONCE": "40",
    "BROWSER_DELAY": "0.2",
    "BROWSER_REQUESTS": "12",
    "BROWSER_SECONDS": "40",
}
LEAST = DELAY * (1 - JITTER)
TEXT = "text/plain"


def rules(text: str, content_type: str = TEXT) -> Response:
    return Response(text.encode("latin-1"), 200, content_type)


def refusing(answer: Response) -> dict[str, Answer]:
    return {"/": answer, "/robots.txt": answer}


def after(*first: Response) -> Answer:
    """A home page that is given when ``first`` have been."""
    answers, home = iter(first), str(healthy()["/"])
    return lambda _: next(answers, None) or page(home)


DENY = rules("User-agent: *\nDisallow: /\n")
SHELL = """<html><head><meta charset="utf-8"><title>门户</title></head><body><div id="app"></div>
<script>{}</script></body></html>"""
LOADS = """for (let n = 0; n < 6; n++) fetch('/data/' + n);
fetch('http://FAR/data/far', {mode: 'no-cors'});
fetch('/data/menu').then(r => r.json()).then(rows => {
  document.getElementById('app').innerHTML = rows.map(r => '<li><a href="' + r.u + '">' + r.n + '</a></li>').join('')
    + '<p>欢迎访问本站，这里是首页。</p>';
});"""
MENU = Response(json.dumps([{"u": "/zfxxgknb/", "n": "政府信息公开年报"}]).encode(), 200, "application/json")
SCRIPTED: dict[str, Answer] = {
    **healthy(),
    "/data/menu": MENU,
    "/robots.txt": rules("User-agent: *\nDisallow: /data/3\n"),
    **{f"/data/{n}": Response(b"1", 200, "application/json") for n in range(6)},
}
TICKS = "let n = 0; setInterval(() => fetch('/tick/' + n++), 20)"

# The portals of one city have one address, and a port each.
CITIES: dict[str, list[dict[str, Answer]]] = {
    "turns": [{**healthy(), "/": redirect("/home/"), "/home/": healthy()["/"]}, healthy(), healthy()],
    "waits": [{**healthy(), "/": after(Response(b"", 429, headers={"Retry-After": "2"}))}],
    "waits-once": [{**healthy(), "/": after(*[Response(b"", 503, headers={"Retry-After": "1"})] * 2)}],
    "says-403": [refusing(Response(b"", 403))] * 6,
    "says-429": [refusing(Response(b"", 429))] * 6,
    "says-503": [refusing(Response(b"", 503))] * 6,
    "says-tomorrow": [refusing(Response(b"", 503, headers={"Retry-After": "86400"}))] * 3,
    "now-and-then": [*[{**healthy(), "/zfxxgknb/t2023.html": Response(b"", 403)}] * 2, healthy()],
    "delay": [{**healthy(), "/robots.txt": rules("User-agent: *\nCrawl-delay: 0.6\n")}],
    "delay-absurd": [{**healthy(), "/robots.txt": rules("User-agent: *\nCrawl-delay: 86400\n")}],
    "delay-nan": [{**healthy(), "/robots.txt": rules("User-agent: *\nCrawl-delay: nan\n")}],
    "delay-negative": [{**healthy(), "/robots.txt": rules("User-agent: *\nCrawl-delay: -7\n")}],
    "delay-ours": [
        {
            **healthy(),
            "/robots.txt": rules(
                "User-agent: annual-reports-crawler\nCrawl-delay: 0.5\n\nUser-agent: *\nDisallow: /\n"
            ),
        }
    ],
    "rules-elsewhere": [{**healthy(), "/robots.txt": redirect("/rules.txt"), "/rules.txt": DENY}],
    "rules-bom": [{**healthy(), "/robots.txt": rules("\xef\xbb\xbfUser-agent: *\r\nDisallow: /zfxxgknb/\r\n")}],
    "rules-as-file": [{**healthy(), "/robots.txt": rules("User-agent: *\nDisallow: /\n", "application/octet-stream")}],
    "rules-garbage": [{**healthy(), "/robots.txt": rules("\x00\xff\xfe garbage")}],
    "rules-html": [{**healthy(), "/robots.txt": page("<!DOCTYPE html><html>User-agent: *\nDisallow: /</html>")}],
    "rules-gone": [{**healthy(), "/robots.txt": Response(b"", 410)}],
    "far": [{**healthy(), "/data/far": page("1")}],
    "browser": [SCRIPTED, healthy()],
    "ticks": [{"/": SHELL.format(TICKS)}],
}


@dataclass
class Scene:
    """One crawl over all cities, and what their servers saw."""

    done: Crawled
    servers: dict[str, list[PortalServer]]

    def outcomes(self, city: str) -> list[dict[str, Any]]:
        return [self.done.outcomes[f"{city}-{n}"] for n in range(len(CITIES[city]))]

    def seen(self, city: str) -> list[LogEntry]:
        """The requests to a city, in time."""
        entries = (entry for server in self.servers[city] for entry in server.log)
        return sorted(entries, key=lambda entry: entry.time)

    def asked(self, city: str) -> list[str]:
        return [entry.target for entry in self.seen(city)]

    def pauses(self, city: str) -> list[float]:
        return [later.time - earlier.time for earlier, later in pairwise(self.seen(city))]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    workspace = Workspace(tmp_path_factory.mktemp("politeness"))
    servers: dict[str, list[PortalServer]] = {}
    with ExitStack() as stack:
        for number, (name, sites) in enumerate(CITIES.items(), start=1):
            if name == "browser":
                far = servers["far"][0].base_url.removeprefix("http://")
                sites = [{**sites[0], "/": SHELL.format(LOADS.replace("FAR", far))}, *sites[1:]]
            address = f"127.0.11.{number}"
            servers[name] = [stack.enter_context(served(site, address, latency=0.03)) for site in sites]
        rows = [row(f"{name}-{n}", s.base_url + "/") for name, each in servers.items() for n, s in enumerate(each)]
        write_rows(workspace.portals, rows)
        yield Scene(run_crawl(workspace, {"province": "37"}, SETTINGS), servers)


@pytest.mark.parametrize("city", CITIES)
def test_no_city_is_asked_for_two_things_at_once_or_without_a_pause(scene: Scene, city: str) -> None:
    """As the servers saw it: every portal, robots.txt, redirects, retries and what a browser loads included."""
    assert scene.seen(city)
    for server in scene.servers[city]:
        assert {entry.concurrent for entry in server.log} <= {1}
    least = LEAST if city not in ("browser", "ticks") else 0.2 * (1 - JITTER)
    if len(pauses := scene.pauses(city)) > 3:  # a request may reach a busy server late, and the next one does not
        assert mean(pauses) >= least
    ends = [(entry.time, entry.time + 0.03) for entry in scene.seen(city)]
    assert all(end <= start for (_, end), (start, _) in pairwise(ends)), "no answer was still under way at another port"


def test_the_pace_is_measured(scene: Scene, record_property: Any) -> None:
    pauses = scene.pauses("turns")
    assert [found["outcome"] for found in scene.outcomes("turns")] == ["ok"] * 3
    record_property(
        "measured",
        f"one city, 3 portals: {len(pauses) + 1} requests, never 2 at once, "
        f"pauses {min(pauses):.2f}–{max(pauses):.2f} s at DOWNLOAD_DELAY {DELAY} ± {JITTER:.0%}, at the servers",
    )


def test_retry_after_is_waited_for_and_the_page_asked_for_once_more(scene: Scene) -> None:
    assert scene.asked("waits")[:3] == ["/robots.txt", "/", "/"]
    assert scene.pauses("waits")[1] >= 1.95
    assert scene.outcomes("waits")[0]["outcome"] == "ok"
    assert scene.asked("waits-once") == ["/robots.txt", "/", "/"], "a second refusal is final"
    assert scene.outcomes("waits-once")[0]["outcome"] == "blocked"


@pytest.mark.parametrize(
    ("city", "asked", "says"),
    [
        ("says-403", 4, "连续 4 次拒绝"),
        ("says-429", 4, "blocked:rate_limit"),
        ("says-503", 4, "http:503"),
        ("says-tomorrow", 1, "RETRY_AFTER_MAX"),
    ],
)
def test_a_city_that_keeps_refusing_is_left_alone(scene: Scene, city: str, asked: int, says: str) -> None:
    assert len(scene.asked(city)) == asked
    left = [found for found in scene.outcomes(city) if "left_alone" in found["detail"]]
    assert len(left) == len(CITIES[city]) - asked
    for found in left:
        assert (found["outcome"], found["pages"]) == ("blocked", 0)
        assert says in found["detail"]
        assert found["detail"].endswith("retry: later")


def test_pauses_grow_with_each_refusal(scene: Scene) -> None:
    for pause, least in zip(scene.pauses("says-403"), (PAUSE, 2 * PAUSE, 4 * PAUSE), strict=True):
        assert pause >= 0.7 * least


def test_a_refusal_among_good_answers_costs_no_city(scene: Scene) -> None:
    assert [found["outcome"] for found in scene.outcomes("now-and-then")] == ["partial", "partial", "ok"]


@pytest.mark.parametrize(("city", "least"), [("delay", 0.6), ("delay-absurd", LONGEST), ("delay-ours", 0.5)])
def test_a_crawl_delay_is_kept_within_reason(scene: Scene, city: str, least: float) -> None:
    assert mean(scene.pauses(city)[1:]) >= 0.9 * least  # robots.txt itself sets the pace


@pytest.mark.parametrize(
    "city",
    ["delay", "delay-absurd", "delay-nan", "delay-negative", "delay-ours", "rules-garbage", "rules-html", "rules-gone"],
)
def test_rules_that_forbid_nothing_keep_nothing_from_us(scene: Scene, city: str) -> None:
    assert scene.outcomes(city)[0]["outcome"] == "ok"


@pytest.mark.parametrize("city", ["rules-elsewhere", "rules-bom", "rules-as-file"])
def test_rules_are_read_where_they_are_rules(scene: Scene, city: str) -> None:
    assert scene.outcomes(city)[0]["outcome"] in ("robots_denied", "column_not_found")
    assert not any(target.startswith("/zfxxgknb") for target in scene.asked(city))


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")
def test_what_a_page_in_the_browser_loads_is_asked_for_as_anything_is(scene: Scene, record_property: Any) -> None:
    pytest.importorskip("scrapy_playwright", reason="the extra browser is not installed")
    assert [found["outcome"] for found in scene.outcomes("browser")] == ["ok", "ok"]
    asked = scene.asked("browser")
    assert "/data/5" in asked
    assert "/data/3" not in asked, "robots.txt holds for what a page loads"
    assert "/data/far" in scene.asked("far")
    assert 1 <= len([target for target in scene.asked("ticks") if target.startswith("/tick/")]) <= 11
    inside = [entry.time for entry in scene.seen("browser") if entry.target.startswith("/data/")]
    pauses = [later - earlier for earlier, later in pairwise(inside)]
    record_property(
        "measured",
        f"browser: {len(inside)} requests of one page, never 2 at once, pauses {min(pauses):.2f}–{max(pauses):.2f} s "
        f"at BROWSER_DELAY 0.2, at the server",
    )


# ------------------------------------------------------------------------------------------------- windows


@pytest.mark.parametrize(
    ("text", "city_domain", "at", "wait"),
    [
        ("", "a.gov.cn", "12:00", 0),
        ("20:00-07:00", "a.gov.cn", "06:59", 0),
        ("20:00-07:00", "a.gov.cn", "07:00", 13 * 3600),
        ("20:00-07:00", "a.gov.cn", "20:00", 0),
        ("01:00-05:00", "a.gov.cn", "05:30", 19.5 * 3600),
        ("12:00-13:00, 20:00-07:00", "a.gov.cn", "11:30", 1800),
        ("20:00-07:00, sjz.gov.cn=22:00-24:00", "sjz.gov.cn", "21:00", 3600),
        ("20:00-07:00, sjz.gov.cn=22:00-24:00", "sjz.gov.cn", "23:59", 0),
        ("20:00-07:00, sjz.gov.cn=always", "sjz.gov.cn", "12:00", 0),
        ("sjz.gov.cn=22:00-23:00", "a.gov.cn", "12:00", 0),
    ],
)
def test_windows_are_in_china_time(text: str, city_domain: str, at: str, wait: float) -> None:
    hour, minute = map(int, at.split(":"))
    assert read(text).wait(city_domain, datetime(2026, 3, 1, hour, minute, tzinfo=CHINA)) == wait


@pytest.mark.parametrize(
    "text",
    ["20:00", "25:00-07:00", "07:00-07:00", "24:30-07:00", "00:00-24:00", "=always", "x=y", "www.sjz.gov.cn=1:00-2:00"],
)
def test_a_window_that_can_not_be_read_is_told(text: str) -> None:
    with pytest.raises(InputError, match="CRAWL_WINDOW"):
        read(text)


FAST_CLOCK = """from datetime import datetime, timedelta
from time import monotonic
from crawler import cities, windows
cities.LOOK = 0.05
zero = monotonic()
windows.now = lambda: datetime(2026, 3, 1, 12, tzinfo=windows.CHINA) + timedelta(seconds=(monotonic() - zero) * 2000)
"""
"""The clock runs some thousand times faster: a visit's time is over long before its window opens."""
IN_THE_EVENING = {"CRAWL_WINDOW": "127.0.12.2=20:00-21:00", "CITIES_AT_ONCE": "1", "PORTAL_SECONDS": "10"}


@pytest.fixture
def night_and_day(tmp_path: Path) -> Iterator[tuple[Workspace, PortalServer, PortalServer]]:
    """Two portals in a registry, the first to be visited in the evening only."""
    home = home_page({"/zfxxgknb/": "政府信息公开年报"}, meta='<meta name="SiteIDCode" content="3703230001">')
    with served({**healthy(), "/": home}, "127.0.12.2") as night, served(healthy(), "127.0.12.3") as day:
        workspace = Workspace(tmp_path)
        write_rows(workspace.portals, [row("night", night.base_url + "/"), row("day", day.base_url + "/")])
        yield workspace, night, day
        last, first = max(entry.time for entry in day.log), min(entry.time for entry in night.log)
        assert last < first, "the one place was given to the portal that could be visited"


def with_settings(settings: Mapping[str, str]) -> list[str]:
    return [word for name, value in settings.items() for word in ("-s", f"{name}={value}")]


def test_a_portal_outside_of_its_window_waits_off_its_time_and_keeps_nobody(
    night_and_day: tuple[Workspace, PortalServer, PortalServer],
) -> None:
    workspace, *_ = night_and_day
    settings = with_settings(workspace.settings("run") | IN_THE_EVENING)
    done = run_python(FAST_CLOCK, "crawl", "annual_reports", "-a", "province=37", *settings)
    crawled = Crawled(done.returncode, done.stdout, workspace, workspace.runs / "run")
    assert {name: found["outcome"] for name, found in crawled.outcomes.items()} == {"night": "ok", "day": "ok"}
    assert crawled.outcomes["night"]["seconds"] < 10
    assert "outside of CRAWL_WINDOW, waiting: 127.0.12.2 03-01 20:00" in done.stderr
    stats = json.loads((crawled.run / "stats.json").read_text(encoding="utf-8"))
    assert stats["politeness/window_waits"] >= 1


def test_a_row_is_verified_in_the_window_of_its_city(
    night_and_day: tuple[Workspace, PortalServer, PortalServer],
) -> None:
    workspace, *_ = night_and_day
    settings = with_settings({"PORTALS_DIR": str(workspace.portals)} | IN_THE_EVENING)
    done = run_python(FAST_CLOCK, "portals", "verify", *settings)
    told = [line.split()[1] for line in done.stdout.splitlines() if line.startswith(("✓", "!"))]
    assert told == ["day", "night"], done.stderr


def test_a_probe_outside_of_the_window_says_when_it_opens_and_asks_for_nothing() -> None:
    with served(healthy(), "127.0.12.2") as night:
        settings = with_settings(IN_THE_EVENING)
        done = run_python(FAST_CLOCK, "probe", night.base_url + "/", *settings)
        assert done.returncode == 2
        assert "127.0.12.2 is outside of its CRAWL_WINDOW now, which opens at 03-01 20:00 China time" in done.stderr
        assert "不在 CRAWL_WINDOW 时段内" in done.stderr
        assert not night.log
        assert run_python(FAST_CLOCK, "probe", "--now", night.base_url + "/", *settings).returncode == 0
