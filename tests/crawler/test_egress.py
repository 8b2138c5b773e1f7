"""Baits: servers at addresses that may not be visited, named in every way that a page, a redirect or a name server can.

Only ``127.0.13.0/24`` is open to the crawl. Each bait counts its connections; none is ever made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.run import Crawled, Workspace
from crawler.demo.server import Response, redirect
from tests.chromium import CHROMIUM
from tests.crawler.raw_servers import RawServer, raw_server
from tests.crawler.sites import Answer, column_page, healthy, home_page, report_page, row, served, write_rows
from tests.crawler.test_crawl_command import run_python

TITLE = "沂源县人民政府2024年政府信息公开工作年度报告"
SHELL = '<html><head><meta charset="utf-8"></head><body><div id="app"></div><script>{}</script></body></html>'
# A name whose answer is public when it is first asked for, and a bait's from then on; one that is always a bait's.
NAMES = """
import socket
real, asked = socket.getaddrinfo, []
def lying(host, *rest, **more):
    name = host.decode() if isinstance(host, bytes) else host
    if name == 'rebind.test':
        asked.append(name)
        host = '127.0.13.1' if len(asked) == 1 else '127.0.14.1'
    elif name == 'inside.test':
        host = '127.0.14.1'
    return real(host, *rest, **more)
def by_name(name):
    return lying(name, None)[0][4][0]
socket.getaddrinfo, socket.gethostbyname = lying, by_name
from scrapy.resolver import dnscache
type(dnscache).__setitem__ = lambda self, key, value: None  # every look-up is a new one
"""


@dataclass
class Baited:
    crawled: Crawled
    baits: dict[str, RawServer]
    stats: dict[str, Any]


def hidden(port: int) -> dict[str, str]:
    """One loopback address in many spellings."""
    return {
        "literal": f"http://127.0.14.1:{port}/",
        "decimal": f"http://2130710017:{port}/",
        "octal": f"http://0177.0.14.1:{port}/",
        "hex": f"http://0x7f000e01:{port}/",
        "mapped": f"http://[::ffff:127.0.14.1]:{port}/",
        "inside-name": f"http://inside.test:{port}/",
        "wide-digits": f"http://１２７.0.14.1:{port}/",
    }


def portals(bait: str, port: int, open_port: int) -> dict[str, dict[str, Answer]]:
    """Portals at open addresses that lead to the bait."""
    nb = home_page({"/zfxxgknb/": "政府信息公开年报"})
    column = column_page({"/zfxxgknb/t2024.html": TITLE})
    websocket = bait.replace("http:", "ws:")
    browser = f"""
fetch('{bait}fetch').catch(() => 0);
fetch('/to-bait').catch(() => 0);
navigator.sendBeacon('{bait}beacon');
new WebSocket('{websocket}socket');
new EventSource('{bait}events');
new Worker(URL.createObjectURL(new Blob(["fetch('{bait}worker')"])));
window.open('{bait}popup');
for (const [tag, name] of [['img','src'], ['iframe','src'], ['script','src'], ['link','href'], ['object','data']]) {{
  const e = document.createElement(tag); e.rel = 'prefetch'; e[name] = '{bait}' + tag; document.body.appendChild(e);
}}
for (const rel of ['preconnect', 'dns-prefetch', 'stylesheet', 'prerender']) {{
  const e = document.createElement('link'); e.rel = rel; e.href = '{bait}' + rel; document.head.appendChild(e);
}}
try {{ const c = new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.14.1:{port}'}}]}});
  c.createDataChannel('x'); c.createOffer().then(o => c.setLocalDescription(o)); }} catch (e) {{}}
"""
    return {
        "redirect": {"/": redirect(bait)},
        "redirect-relative": {"/": redirect(bait.removeprefix("http:"))},
        "userinfo": {"/": redirect(bait.replace("//", "//127.0.13.1@"))},
        "redirect-file": {"/": Response(b"", 302, headers={"Location": "file:///etc/passwd"})},
        "refresh": {"/": f'<html><head><meta http-equiv="refresh" content="0;url={bait}"></head></html>'},
        "script": {"/": f"<html><script>location.href='{bait}'</script></html>"},
        "iframe": {"/": home_page().replace("<body>", f'<body><iframe src="{bait}"></iframe>')},
        "column": {"/": home_page({bait: "政府信息公开年报"})},
        "article": {"/": nb, "/zfxxgknb/": column_page({f"{bait}t2024.html": TITLE})},
        "article-redirect": {"/": nb, "/zfxxgknb/": column, "/zfxxgknb/t2024.html": redirect(bait)},
        "next-page": {"/": nb, "/zfxxgknb/": column_page({}, text=f'<a href="{bait}">下一页</a>')},
        "attachment": {
            "/": nb,
            "/zfxxgknb/": column,
            "/zfxxgknb/t2024.html": report_page().replace(
                "</body>", f'<a href="{bait}a.pdf">附件:年报.pdf</a><a href="/b.pdf">附件二:年报.pdf</a></body>'
            ),
            "/b.pdf": redirect(f"{bait}b.pdf"),
        },
        "base": {"/": nb.replace("<head>", f'<head><base href="{bait}">')},
        "robots": {**healthy(), "/robots.txt": redirect(f"{bait}robots.txt")},
        "browser": {"/": SHELL.format(browser), "/to-bait": redirect(bait)},
        "browser-goes": {"/": SHELL.format(f"setTimeout(() => {{ location['hr' + 'ef'] = '{bait}' }}, 50)")},
        "browser-goes-round": {
            "/": SHELL.format("setTimeout(() => { location['hr' + 'ef'] = '/away' }, 50)"),
            "/away": redirect(bait),
        },
        "browser-frames": {"/": SHELL.format(f"document.body.innerHTML = '<iframe src=\\'{bait}\\'></iframe>'")},
    }


@pytest.fixture(scope="module")
def baited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Baited]:
    workspace = Workspace(tmp_path_factory.mktemp("egress"))
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbait"
    with ExitStack() as stack:
        bait = stack.enter_context(raw_server("127.0.14.1", lambda client, _: client.send(answer)))
        port = bait.port
        baits = {"127.0.14.1": bait}
        closing = Response(str(healthy()["/"]).encode(), headers={"Connection": "close"})
        rules = Response(b"", 404, headers={"Connection": "close"})
        door = stack.enter_context(served({**healthy(), "/": closing, "/robots.txt": rules}, "127.0.13.1"))
        urls = hidden(port) | {
            "rebind": f"http://rebind.test:{door.port}/",
            "any": f"http://0.0.0.0:{port}/",
            "link-local": "http://169.254.169.254/latest/meta-data/",
            "carrier": f"http://100.64.0.1:{port}/",
            "six": f"http://[::1]:{port}/",
        }
        for number, (name, site) in enumerate(portals(bait.base_url + "/", port, door.port).items(), start=2):
            urls[name] = stack.enter_context(served(site, f"127.0.13.{number}")).base_url + "/"
        write_rows(workspace.portals, [row(name, url) for name, url in urls.items()])
        settings = {
            **workspace.settings("run"),
            "EGRESS_ALLOW": "127.0.13.0/24",
            "DNSCACHE_ENABLED": "False",
            "RETRY_TIMES": "0",
            "CITIES_AT_ONCE": "40",
            "BROWSER_SECONDS": "6",
        }
        done = run_python(
            NAMES,
            *("crawl", "annual_reports", "-a", "province=37"),
            *(word for pair in settings.items() for word in ("-s", "=".join(pair))),
        )
        crawled = Crawled(done.returncode, done.stdout + done.stderr, workspace, workspace.runs / "run")
        assert crawled.outcomes, crawled.output[-3000:]
        stats = json.loads((Path(crawled.run) / "stats.json").read_text(encoding="utf-8"))
        yield Baited(crawled, baits, stats)


def test_no_bait_was_connected_to(baited: Baited, record_property: Any) -> None:
    assert {address: len(bait.opened) for address, bait in baited.baits.items()} == {"127.0.14.1": 0}
    assert "bait" not in json.dumps(baited.crawled.reports)
    refused = {name: number for name, number in baited.stats.items() if name.startswith(("egress/", "browser/"))}
    record_property("measured", f"baits: {len(baited.crawled.outcomes)} ways, 0 connections; {refused}")


@pytest.mark.parametrize(
    "name",
    [
        *hidden(0),
        "any",
        "link-local",
        "carrier",
        "six",
        "rebind",
        "redirect",
        "redirect-relative",
        "userinfo",
        "refresh",
        "script",
    ],
)
def test_the_refusal_is_told_with_the_address_and_how_to_open_it(baited: Baited, name: str) -> None:
    found = baited.crawled.outcomes[name]
    assert found["outcome"] == "dns", found
    assert "address_refused:" in found["detail"]
    assert "EGRESS_ALLOW=" in found["detail"]
    assert found["detail"].endswith("retry: settings")


@pytest.mark.parametrize("name", ["redirect-file", "iframe", "column", "article", "next-page", "base", "robots"])
def test_what_leads_astray_is_not_followed(baited: Baited, name: str) -> None:
    assert baited.crawled.outcomes[name]["outcome"] not in ("ok", "crawler_bug"), baited.crawled.outcomes[name]


def test_an_attachment_that_is_refused_costs_no_report(baited: Baited) -> None:
    found = baited.crawled.outcomes["attachment"]
    assert found["reports"] == 1 or "duplicate" in found["detail"]
    assert "address_refused" in found["detail"]
    assert "file_offsite 1" in found["detail"]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_has_no_way_out(baited: Baited) -> None:
    pytest.importorskip("scrapy_playwright", reason="the extra browser is not installed")
    assert baited.stats["browser/pages"] >= 4
    assert baited.stats["egress/refused_browser"] >= 4
