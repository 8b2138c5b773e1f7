"""Asking again for a page that an earlier run has read: what to remember of it, and whether it has changed since.

A server that knows conditional requests answers 304 and sends nothing; one that does not sends the same bytes, and
their hash decides. The files beside a page are part of it: a table that was replaced under its old address is a change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from enum import Enum

from scrapy.http import Response

from crawler.families.base import Link, PageRequest
from crawler.items import FetchedDocument
from crawler.ledger.records import KnownFile, Page, Validators, page_key
from crawler.outcomes import Outcome, Signal
from crawler.urls import canonical

Get = Callable[[PageRequest], Awaitable[Response | Signal]]


class Found(Enum):
    """What a look at something known has shown; ``UNKNOWN`` when it could not be had."""

    SAME = "same"
    CHANGED = "changed"
    UNKNOWN = "unknown"


def not_modified(answer: Response, wanted: PageRequest) -> bool:
    """Whether a server says that what it was asked for has not changed; only an answer to such a question counts."""
    return answer.status == 304 and any(name.startswith("If-") for name in wanted.headers)


def remembered(page: Response, documents: list[FetchedDocument], link: Link, list_url: str, column: str | None) -> Page:
    """A page as read, with the files beside it: ``documents`` as a ``ReportSource`` has them; ``column`` lists it."""
    first, *files = documents
    return Page(
        url=first.url,
        title=link.title,
        date=link.date,
        list_url=list_url,
        in_column=column is not None,
        column=page_key(column) if column is not None else "",
        sha256=first.sha256,
        validators=_validators(first) if _is_direct(page, first.url) else Validators(),
        files=[KnownFile(file.url, file.sha256, _validators(file)) for file in files],
    )


async def files_of(known: Page, get: Get) -> Found:
    """Whether the files beside a page are as they were."""
    for file in known.files:
        headers = {"Referer": known.url, **file.validators.conditions}
        answer = await get(PageRequest(file.url, headers=headers, attachment=True))
        if isinstance(answer, Signal):
            return Found.CHANGED if answer.outcome is Outcome.NOT_FOUND else Found.UNKNOWN
        if answer.status != 304 and sha256_of(answer.body) != file.sha256:
            return Found.CHANGED
    return Found.SAME


def sha256_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _validators(document: FetchedDocument) -> Validators:
    held = {name.lower(): value for name, value in document.headers}
    return Validators(held.get("etag"), held.get("last-modified"))


def _is_direct(page: Response, asked_url: str) -> bool:
    """Whether a page came for its own address: what lies behind a shell or was rendered changes without it."""
    request = page.request
    if request is None or request.meta.get("render"):
        return False
    first: str = request.meta.get("redirect_urls", [request.url])[0]
    return canonical(first) == canonical(asked_url)
