"""Pages of fictional portals, made in the tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from scrapy.http import HtmlResponse

PageMaker = Callable[..., HtmlResponse]


@pytest.fixture
def page() -> PageMaker:
    """A response from markup: ``page("<ul>…</ul>", url="http://sim/nb/")``."""

    def make(markup: str, url: str = "http://sim/zwgk/zfxxgknb/", content_type: str = "text/html") -> HtmlResponse:
        headers = {"Content-Type": f"{content_type}; charset=utf-8"}
        return HtmlResponse(url, body=markup.encode(), headers=headers)

    return make
