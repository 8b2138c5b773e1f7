"""``scrapy probe``: what it says of a portal is what a crawl would find, and it takes no report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from crawler.demo.run import ROOT
from crawler.demo.server import Response
from tests.crawler.sites import Answer, column_page, healthy, home_page, served

DISALLOW = Response(b"User-agent: *\nDisallow: /\n", 200, "text/plain")
META = '<meta name="SiteIDCode" content="{}"><meta name="SiteName" content="{}">'


def probe(url: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scrapy", "probe", *options, url]
    environment = {**os.environ, "SCRAPY_PROJECT": "demo"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


def probed(answers: Mapping[str, Answer], address: str, *options: str) -> tuple[int, dict[str, Any], list[str]]:
    """Exit code, record, and the paths that were asked for."""
    with served(answers, address) as server:
        done = probe(server.base_url + "/", "--json", *options)
        asked = [entry.target for entry in server.log]
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout), asked


def test_it_names_owner_column_and_a_row_for_the_registry_and_takes_no_report() -> None:
    home = home_page({"/zfxxgknb/": "政府信息公开年报"}, meta=META.format("3703230001", "沂源县人民政府"))
    code, record, asked = probed({**healthy(), "/": home}, "127.0.7.1", "--region", "370323")
    assert code == 0
    assert [owner["agrees"] for owner in record["owner"]] == [True, True]
    (column,) = record["columns"]
    assert (column["reports"], column["years"]) == (2, [2023, 2024])
    assert record["candidates"][0]["url"] == column["url"]
    assert record["row"]["region_code"] == "370323"
    assert record["row"]["columns"] == column["url"]
    assert record["row"]["site_id_code"] == "3703230001"
    assert not [path for path in asked if path.startswith("/zfxxgknb/t")]


@pytest.mark.parametrize(
    ("answers", "address", "outcome"),
    [
        ({"/": home_page(meta=META.format("3604030001", "浔阳区人民政府"))}, "127.0.7.2", "wrong_portal"),
        ({**healthy(), "/robots.txt": DISALLOW}, "127.0.7.3", "robots_denied"),
        (
            {"/": "<html><body><div id=app></div><script src=/app.js></script></body></html>"},
            "127.0.7.4",
            "js_required",
        ),
        ({"/": home_page({"/nb/": "政府信息公开年报"}), "/nb/": column_page({})}, "127.0.7.5", None),
    ],
)
def test_what_stands_in_the_way_is_named(answers: dict[str, Answer], address: str, outcome: str | None) -> None:
    code, record, _ = probed(answers, address, "--region", "610981")
    assert code == 1
    assert [obstacle["outcome"] for obstacle in record["obstacles"]] == ([outcome] if outcome else [])


@pytest.mark.parametrize("url", ["ftp://a.gov.cn/", "nonsense"])
def test_an_address_that_is_none_is_said_in_two_languages(url: str) -> None:
    done = probe(url)
    assert done.returncode == 2
    assert "不是 http(s) 地址" in done.stderr
    assert "is not an http(s) address" in done.stderr
    assert "Traceback" not in done.stderr
