"""A page asked for through Scrapy's engine: a ``PageRequest`` in, a ``Response`` or a ``Signal`` out, never an error.

The one way in which spiders of this project fetch, so that every request carries ``portal_id`` and goes through all
downloader middlewares.
"""

from __future__ import annotations

from typing import Any

from scrapy import FormRequest, Request
from scrapy.crawler import Crawler
from scrapy.http import JsonRequest, Response

from crawler.families.base import PageRequest
from crawler.outcomes import Signal
from crawler.trouble import of_exception


class RunStopped(Exception):
    """The run is being stopped: what failed because of it says nothing of a portal."""


async def fetch(crawler: Crawler, wanted: PageRequest, portal_id: str) -> Response | Signal:
    """The answer to a request, or what the failure to get one means."""
    meta: dict[str, Any] = {"portal_id": portal_id, "asked_url": wanted.url}
    if wanted.attachment:
        meta["attachment"] = True
    if wanted.render:
        meta["render"] = True
    try:
        return await crawler.engine.download_async(_request(wanted, meta))
    except Exception as error:  # of the network, or of a URL that can't be asked for: a signal, not a crash
        if is_ending(crawler):  # which says nothing of the portal
            raise RunStopped from error
        crawler.stats.inc_value(f"portals/download_errors/{type(error).__name__}")
        return of_exception(error, wanted.url)


def is_ending(crawler: Crawler) -> bool:
    """Whether the run is being stopped; a spider that is being closed has an engine that runs on for a while."""
    engine = crawler.engine
    if engine is None or not engine.running:
        return True
    slot = engine._slot  # there is no public way to ask
    return slot is None or slot.closing is not None


def _request(wanted: PageRequest, meta: dict[str, Any]) -> Request:
    headers = dict(wanted.headers)
    if wanted.form is None:
        return Request(wanted.url, method=wanted.method, headers=headers, meta=meta)
    if wanted.as_json:
        return JsonRequest(wanted.url, method=wanted.method, data=dict(wanted.form), headers=headers, meta=meta)
    return FormRequest(wanted.url, method=wanted.method, formdata=dict(wanted.form), headers=headers, meta=meta)
