"""Recognises what went wrong with a download: a response or an error in, a ``Signal`` out, or None.

``of_response`` looks at a block before a status and at a status before what a page says of itself; of each list
below the first match counts. What the signals mean is in ``crawler.outcomes``.

>>> of_status(412).kind, of_status(404).kind, of_status(200) is None
('blocked:ruishu', 'http:404', True)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import cast

from lxml import etree
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import HtmlResponse, Response, TextResponse, XmlResponse
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.web._newclient import ParseError
from twisted.web.client import ResponseNeverReceived

from crawler.families.page import absolute, base_url, elements, is_endless, once, texts_of, tree, visible_text
from crawler.outcomes import HeadTooLarge, Outcome, Refused, Signal
from crawler.urls import canonical

_DIGITS = re.compile(r"\d+")
_SHOWN = etree.XPath(
    "//body//text()[not(ancestor::script or ancestor::style or ancestor::noscript)]", smart_strings=False
)

# Statuses of cms-families 8. 503 can be both a WAF and a failure: without a marker it is a failure.
STATUSES: dict[int, str] = {
    521: "blocked:jiasule",
    412: "blocked:ruishu",
    429: "blocked:rate_limit",
    **{status: f"blocked:{status}" for status in (401, 403, 405, 406, 418, 421, 422, 444, 451, 468, 493, 514, 567)},
}

# Challenge pages come with any status; they are small, and an article may quote these words.
CHALLENGE_BYTES = 40_000
CHALLENGES: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("blocked:jiasule", re.compile(rb"__jsl_clearance")),
    (
        "blocked:ruishu",
        re.compile(rb"""\$_ts\s*=\s*window\[['"]\$_ts|\$_ts\.(?:nsd|cd)\s*=|<meta[^<>]{1,2000} r=['"]m['"]"""),
    ),
    ("blocked:wswaf", re.compile(rb"""\$_ss\s*=|Environment Checking""")),
    ("blocked:bot_check", re.compile(rb"/_bot_sbu/sbu_fpc\.js")),
)
# What a page of a firewall says; a page that says more than this much is an article that quotes it.
SAYING_CHARACTERS = 600
SAYINGS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "blocked:captcha",
        re.compile("(?:滑动|拖动|点击)(?:滑块|完成|进行)?.{0,6}验证|人机(?:身份)?验证|安全验证|slide to verify"),
    ),
    (
        "blocked:access_check",
        re.compile("访问校验|不合法的参数|访问(?:已)?被(?:拦截|阻断|拒绝)|请求存在威胁|疑似黑客攻击"),
    ),
)
WAF_COOKIES = re.compile(rb"^(?:__jsluid_[sh]|HOY_TR|HBB_HC|C3VK|yunsuo\w*|yd_cookie|acw_sc__v\d)=", re.I)

SOFT_404 = re.compile(
    "页面不存在|您访问的页面(?:不存在|已删除|找不到)|404 Not Found"
    "|您(?:要|所)?(?:访问|查看)的(?:页面|内容)(?:不存在|已被?删除)"
)
OUT_OF_ORDER = re.compile("系统升级中|网站(?:维护|升级)中|网站正在(?:维护|升级)")
MOST_LINKS = 20_000
SOFT_CHARACTERS = 6_000  # of the text of a page that says nothing else


def of_status(status: int, url: str = "") -> Signal | None:
    """What a status alone says; None for 2xx."""
    return None if 200 <= status < 300 else Signal(STATUSES.get(status, f"http:{status}"), url)


def of_response(response: Response) -> Signal | None:
    """What is wrong with a response, if anything."""
    by_status = _block(response) or of_status(response.status, response.url)
    return by_status or _too_much(response) or _cut_short(response) or _soft_error(response)


def _too_much(response: Response) -> Signal | None:
    """A page made to keep its reader busy; the longest lists of real portals have some hundreds of links."""
    if isinstance(response, TextResponse) and is_endless(response):
        return Signal("too_large", response.url, "an element of thousands of attributes")
    has_room = len(response.body) >= MOST_LINKS * len("<a></a>")
    number = response.body.lower().count(b"<a ") if has_room else 0
    return Signal("too_large", response.url, f"{number} links") if number > MOST_LINKS else None


def _cut_short(response: Response) -> Signal | None:
    """A page without a length that ends before its end: the connection broke, and a number may have broken with it."""
    is_cut = "partial" in response.flags and b"<html" in response.body[:4096].lower()
    return Signal("cut_short", response.url) if is_cut and b"</html" not in response.body[-4096:].lower() else None


def of_refusal(response: Response) -> Signal | None:
    """A block of any kind, or a 503: what a city is given a rest for."""
    signal = _block(response) or of_status(response.status, response.url)
    return signal if signal and (signal.outcome is Outcome.BLOCKED or signal.kind == "http:503") else None


def _block(response: Response) -> Signal | None:
    url = response.url
    if len(response.body) <= CHALLENGE_BYTES:
        for kind, marker in CHALLENGES:
            if marker.search(response.body):
                return Signal(kind, url)
        if isinstance(response, TextResponse) and (said := _what_it_says(response)):
            for kind, words in SAYINGS:
                if words.search(said):
                    return Signal(kind, url)
    if response.status != 200 and any(WAF_COOKIES.match(c) for c in response.headers.getlist("Set-Cookie")):
        return Signal(f"blocked:waf_{response.status}", url)
    if response.status == 503 and response.headers.get("Retry-After"):
        return Signal("blocked:overloaded", url, f"Retry-After {_latin(response.headers.get('Retry-After') or b'')}")
    return None


def _what_it_says(response: TextResponse) -> str:
    """Title and text of a page that says little; empty for one that says more, and for data."""
    if not is_markup(response):
        return response.text if len(response.text) <= SAYING_CHARACTERS else ""
    text = visible_text(response)
    return " ".join((*window_title(response), text)) if len(text) <= SAYING_CHARACTERS else ""


def _soft_error(response: Response) -> Signal | None:
    """A 200 that says 404 or "closed for works": in the title, or as all that the page has to say."""
    if not isinstance(response, TextResponse):
        return None
    title = " ".join(window_title(response)) if is_markup(response) else ""
    short = response.text if len(response.text) < SOFT_CHARACTERS else ""
    for text in (title, short):
        if SOFT_404.search(text):
            return Signal("soft_404", response.url)
        if OUT_OF_ORDER.search(text):
            return Signal("closed_for_works", response.url)
    return None


def is_markup(response: TextResponse) -> bool:
    """Whether a page can be asked for its elements; JSON that holds rows of HTML can't."""
    told = isinstance(response, HtmlResponse | XmlResponse)
    return b"<" in response.body[:2048] and (told or response.selector.type != "json")


def not_html(response: Response) -> Signal | None:
    """For pages that must be HTML: a home page or column that is something else, or nothing."""
    if empty := is_empty(response):
        return empty
    if isinstance(response, TextResponse) and is_markup(response):
        return None
    kind = _latin(response.headers.get("Content-Type") or b"no content type").split(";")[0].strip()
    return Signal(f"not_html:{kind}", response.url)


def is_empty(response: Response) -> Signal | None:
    """For what must have a content: a page, a report, a file; lists are ended by an empty answer."""
    return None if response.body.strip() else Signal("empty_answer", response.url)


def needs_browser(response: TextResponse) -> Signal | None:
    """A shell: scripts, next to no text, next to no links."""
    root = tree(response)
    links = islice((anchor for anchor in root.iter("a") if anchor.get("href") is not None), 4)
    if len(list(links)) > 3 or not elements(response, "script"):
        return None
    text = "".join(cast(list[str], _SHOWN(root)))
    return Signal("js_shell", response.url) if len(text.split()) < 20 and len(text) < 200 else None


@dataclass(slots=True)
class Face:
    """What tells one page from another, without clocks and counters: a server that gives its home page for any
    address gives the same face everywhere."""

    page: TextResponse
    _links: list[str] | None = None

    def is_of(self, other: TextResponse) -> bool:
        """Whether another page is this one again; pages with next to no links can't be told."""
        size = len(self.page.body)
        if abs(len(other.body) - size) > size // 10 or _title(self.page) != _title(other):
            return False
        if self._links is None:
            self._links = _links(self.page)
        alike = len(self._links) > 3 and _words(self.page) == _words(other)
        return alike and self._links == _links(other)


def _links(page: TextResponse) -> list[str]:
    base = base_url(page)
    return [canonical(url) for a in tree(page).iter("a") if (url := absolute(base, a.get("href")))]


def _words(page: TextResponse) -> str:
    return _DIGITS.sub("", visible_text(page))


def _title(page: TextResponse) -> str:
    return _DIGITS.sub("", "\n".join(window_title(page)))


@once
def window_title(page: TextResponse) -> list[str]:
    """The texts of the element ``title``."""
    return [text for title in elements(page, "title") for text in texts_of(title)]


def _latin(value: bytes) -> str:
    return value.decode("latin-1")


# What an error of the download means: the first row that it, or what caused it, is of.
ERRORS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (UnsupportedURLSchemeError, "scheme_refused"),
    (CannotResolveHostError, "dns"),
    (DownloadTimeoutError, "timeout"),
    (DownloadConnectionRefusedError, "connection_refused"),
    (DownloadCancelledError, "too_large"),
    (ResponseDataLossError, "cut_short"),
    (HeadTooLarge, "head_too_large"),
    ((ParseError, ValueError), "bad_http"),
    (EOFError, "bad_compression"),
    ((ConnectionResetError, ConnectionLost), "connection_reset"),
    ((ResponseNeverReceived, ConnectionDone), "no_answer"),
)
_TLS = ("OpenSSL", "ssl", "service_identity")
_UNPACKING = ("zlib", "gzip", "brotli", "backports.zstd", "compression")


def of_exception(error: BaseException, url: str = "") -> Signal:
    """What an error of the download means."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, Refused):
            return cause.signal
        if type(cause).__module__.startswith(_TLS):
            return _of_tls(cause, url)
        if type(cause).__module__.startswith(_UNPACKING):
            return Signal("bad_compression", url, str(cause)[:100])
    if isinstance(error, IgnoreRequest):
        return _of_ignored(error, url)
    if isinstance(error, ValueError):  # raised before anything was asked
        return Signal("bad_url", url, str(error)[:100])
    for kinds, kind in ERRORS:
        if any(isinstance(cause, kinds) for cause in causes):
            return Signal(kind, url)
    return Signal(f"connection:{type(error).__name__}", url, str(error)[:100])


def _of_ignored(error: IgnoreRequest, url: str) -> Signal:
    """Scrapy's own refusals say in words what they are."""
    text = str(error)
    if "redirection" in text:
        return Signal("redirect_loop", url)
    if "decompression" in text:
        return Signal("compression_bomb", url, text[:200])
    return Signal("connection:IgnoreRequest", url, text[:200])


TLS_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("tls:wrong_host", re.compile("VerificationError|unrecognized name", re.I)),
    ("tls:certificate", re.compile("certificate verify failed", re.I)),
    ("tls:not_tls", re.compile("wrong version number|packet length too long|http request|record layer failure", re.I)),
    ("tls:protocol", re.compile(
        "unsupported protocol|protocol version|no protocols available|no shared cipher|inappropriate fallback"
        "|dh key too small|ee key too small|legacy|bad ecpoint|unsupported_protocol|insufficient security", re.I)),
)  # fmt: skip


def _of_tls(error: BaseException, url: str) -> Signal:
    if type(error).__name__ == "SysCallError":  # the connection went away beneath TLS
        return Signal("connection_reset", url, str(error))
    if type(error).__name__ == "ZeroReturnError":
        return Signal("no_answer", url)
    words = f"{type(error).__name__} {error}"
    kind = next((kind for kind, pattern in TLS_WORDS if pattern.search(words)), "tls:handshake")
    return Signal(kind, url, words[:160])


def _causes(error: BaseException) -> Iterable[BaseException]:
    """The error, what it came from, and what Twisted wrapped into it."""
    todo, seen = [error], 0
    while todo and seen < 20:
        current, seen = todo.pop(0), seen + 1
        yield current
        todo += [failure.value for failure in getattr(current, "reasons", None) or []]
        todo += [cause for cause in (current.__cause__, current.__context__) if cause is not None]
