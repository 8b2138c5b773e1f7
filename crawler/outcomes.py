"""The one failure taxonomy: what was seen (a signal), what it means for the portal (an outcome), what to do.

``of_response`` and ``of_exception`` turn what came back into a ``Signal``, or None when nothing is wrong. The
tables are read from the top, the first match counts. Blocks are recorded and backed off from, never bypassed:
no row of these tables leads to another attempt with other headers.

>>> of_status(412).outcome, of_status(404).kind
(<Outcome.BLOCKED: 'blocked'>, 'http:404')
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from lxml import etree
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import HtmlResponse, Response, TextResponse, XmlResponse

from crawler.families.page import tree

_TITLE = etree.XPath("//title//text()", smart_strings=False)
_SHOWN = etree.XPath(
    "//body//text()[not(ancestor::script or ancestor::style or ancestor::noscript)]", smart_strings=False
)


class Outcome(StrEnum):
    """How the visit to a portal ended (contract 3)."""

    OK = "ok"
    PARTIAL = "partial"
    EMPTY_DECLARED = "empty_declared"
    EMPTY_UNEXPECTED = "empty_unexpected"
    COLUMN_NOT_FOUND = "column_not_found"
    PAGINATION_INCOMPLETE = "pagination_incomplete"
    BLOCKED = "blocked"
    ROBOTS_DENIED = "robots_denied"
    JS_REQUIRED = "js_required"
    ENCODING_SUSPECT = "encoding_suspect"
    MOVED = "moved"
    WRONG_PORTAL = "wrong_portal"
    NOT_FOUND = "not_found"
    HTTP_ERROR = "http_error"
    DNS = "dns"
    TLS = "tls"
    TIMEOUT = "timeout"
    CRAWLER_BUG = "crawler_bug"


GOOD = frozenset({Outcome.OK, Outcome.EMPTY_DECLARED})

ADVICE: dict[Outcome, tuple[str, str]] = {
    Outcome.OK: ("无需处理", "nothing to do"),
    Outcome.PARTIAL: ("查看 detail 中缺少的年份和未读出的报告", "see detail for missing years and unread reports"),
    Outcome.EMPTY_DECLARED: ("栏目自称暂无内容,下次再看", "the column says that it is empty; look again next time"),
    Outcome.EMPTY_UNEXPECTED: ("人工打开栏目,列表方式可能变了", "open the column; its list mechanism may have changed"),
    Outcome.COLUMN_NOT_FOUND: ("在登记表 columns 中写入年报栏目地址", "put the column's address into the registry"),
    Outcome.PAGINATION_INCOMPLETE: (
        "列表后几页取不到,核对声明页数",
        "later list pages failed; compare with the declared count",
    ),
    Outcome.BLOCKED: (
        "门户拒绝自动访问,不绕过;联系主办单位或改日再试",
        "automated access refused; not bypassed: ask the sponsor",
    ),
    Outcome.ROBOTS_DENIED: ("robots.txt 不允许,遵守", "robots.txt forbids it; honoured"),
    Outcome.JS_REQUIRED: ("页面需浏览器渲染,登记所属系统", "the page needs a browser; register its family"),
    Outcome.ENCODING_SUSPECT: ("编码无法确定,人工核对", "encoding undecidable; look at the page"),
    Outcome.MOVED: ("门户已迁址,核实后更新登记表", "the portal moved; verify and update the registry"),
    Outcome.WRONG_PORTAL: (
        "网站标识码属于其他地区,核对登记表",
        "the site identifies as another region; check the registry",
    ),
    Outcome.NOT_FOUND: ("地址已失效,更新登记表", "the address is gone; update the registry"),
    Outcome.HTTP_ERROR: ("门户故障或不可达,稍后重试", "the portal is failing or unreachable; try later"),
    Outcome.DNS: ("域名无法解析或指向非公网地址", "the name does not resolve, or to no public address"),
    Outcome.TLS: ("证书或握手有误,不关闭校验", "certificate or handshake is wrong; checks stay on"),
    Outcome.TIMEOUT: ("超时,稍后重试或放宽时限", "too slow; try later or raise the limits"),
    Outcome.CRAWLER_BUG: ("程序错误,请带 detail 报告", "a bug of the crawler; report it with detail"),
}


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that went wrong. ``kind`` is stable (``http:404``, ``blocked:ruishu``), ``url`` says where."""

    outcome: Outcome
    kind: str
    url: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.url}".strip()


class RefusedByRobots(IgnoreRequest):
    """robots.txt forbids the page, or could not be read in a way that permits it."""

    def __init__(self, signal: Signal) -> None:
        super().__init__(str(signal))
        self.signal = signal


class BrowserMissing(IgnoreRequest):
    """A page needs a browser, and ``what`` is needed for one is not installed: ``extra`` or ``chromium``."""

    def __init__(self, what: str) -> None:
        names = {"extra": "make extras (pip install 'nianbao[browser]')", "chromium": "apt-get install chromium"}
        super().__init__(f"needs the extra browser: {names[what]}")
        self.what = what


class RefusedAddress(IgnoreRequest):
    """The host is at an address that this run may not visit."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(f"{host} is at {address}, which is not public and not in EGRESS_ALLOW")
        self.host, self.address = host, address


# Statuses of cms-families 8. 503 can be both a WAF and a failure: without a marker it is a failure.
STATUSES: dict[int, tuple[Outcome, str]] = {
    521: (Outcome.BLOCKED, "blocked:jiasule"),
    412: (Outcome.BLOCKED, "blocked:ruishu"),
    421: (Outcome.BLOCKED, "blocked:421"),
    429: (Outcome.BLOCKED, "blocked:rate_limit"),
    **{status: (Outcome.BLOCKED, f"blocked:{status}") for status in (401, 403, 405, 406, 422, 468)},
    **{status: (Outcome.NOT_FOUND, f"http:{status}") for status in (404, 410)},
}

# Challenge pages come with any status; they are small, and an article may quote these words.
CHALLENGE_BYTES = 40_000
CHALLENGES: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("blocked:jiasule", re.compile(rb"__jsl_clearance")),
    ("blocked:ruishu", re.compile(rb"""\$_ts\s*=\s*window\[['"]\$_ts|\$_ts\.(?:nsd|cd)\s*=|<meta[^>]+ r=['"]m['"]""")),
    ("blocked:wswaf", re.compile(rb"""\$_ss\s*=|Environment Checking""")),
    ("blocked:bot_check", re.compile(rb"/_bot_sbu/sbu_fpc\.js")),
    ("blocked:access_check", re.compile("访问校验|不合法的参数|访问被拦截|请求存在威胁".encode())),
)
WAF_COOKIES = re.compile(rb"^(?:__jsluid_[sh]|HOY_TR|HBB_HC|C3VK|yunsuo\w*|yd_cookie)=", re.I)

SOFT_404 = re.compile(
    "页面不存在|您访问的页面(?:不存在|已删除|找不到)|404 Not Found"
    "|您(?:要|所)?(?:访问|查看)的(?:页面|内容)(?:不存在|已被?删除)"
)
OUT_OF_ORDER = re.compile("系统升级中|网站(?:维护|升级)中|网站正在(?:维护|升级)")


def of_status(status: int, url: str = "") -> Signal | None:
    """What a status alone says; None for 2xx."""
    if 200 <= status < 300:
        return None
    outcome, kind = STATUSES.get(status, (Outcome.HTTP_ERROR, f"http:{status}"))
    return Signal(outcome, kind, url)


def of_response(response: Response) -> Signal | None:
    """What is wrong with a response, if anything: a block comes before a status, a status before soft errors."""
    url = response.url
    if len(response.body) <= CHALLENGE_BYTES:
        for kind, marker in CHALLENGES:
            if marker.search(response.body):
                return Signal(Outcome.BLOCKED, kind, url)
    if response.status != 200 and any(WAF_COOKIES.match(c) for c in response.headers.getlist("Set-Cookie")):
        return Signal(Outcome.BLOCKED, f"blocked:waf_{response.status}", url)
    if (by_status := of_status(response.status, url)) is not None:
        return by_status
    if isinstance(response, TextResponse):
        return _soft_error(response)
    return None


def _soft_error(response: TextResponse) -> Signal | None:
    """A 200 that says 404 or "closed for works": in the title, or as all that the page has to say."""
    title = " ".join(_texts(response, _TITLE)) if is_markup(response) else ""
    short = response.text if len(response.text) < 6_000 else ""
    for text in (title, short):
        if SOFT_404.search(text):
            return Signal(Outcome.NOT_FOUND, "soft_404", response.url)
        if OUT_OF_ORDER.search(text):
            return Signal(Outcome.HTTP_ERROR, "closed_for_works", response.url)
    return None


def is_markup(response: TextResponse) -> bool:
    """Whether a page can be asked for its elements; JSON that holds rows of HTML can't."""
    told = isinstance(response, HtmlResponse | XmlResponse)
    return b"<" in response.body[:2048] and (told or response.selector.type != "json")


def not_html(response: Response) -> Signal | None:
    """For pages that must be HTML: a home page or column that is something else."""
    if isinstance(response, TextResponse) and is_markup(response):
        return None
    kind = (response.headers.get("Content-Type") or b"no content type").decode("latin-1").split(";")[0].strip()
    return Signal(Outcome.HTTP_ERROR, f"not_html:{kind}", response.url)


def needs_browser(response: TextResponse) -> Signal | None:
    """A shell: scripts, next to no text, next to no links."""
    root = tree(response)
    links = islice((anchor for anchor in root.iter("a") if anchor.get("href") is not None), 4)
    if len(list(links)) > 3 or next(root.iter("script"), None) is None:
        return None
    text = "".join(_texts(response, _SHOWN))
    return Signal(Outcome.JS_REQUIRED, "js_shell", response.url) if len(text.split()) < 20 and len(text) < 200 else None


def _texts(response: TextResponse, path: etree.XPath) -> list[str]:
    found = path(tree(response))
    return [str(text) for text in found] if isinstance(found, list) else []


def of_exception(error: BaseException, url: str = "") -> Signal:
    """What an error of the download means."""
    if isinstance(error, RefusedByRobots):
        return error.signal
    if isinstance(error, BrowserMissing):
        return Signal(Outcome.JS_REQUIRED, f"browser_missing:{error.what} ({error})", url)
    if isinstance(error, RefusedAddress):
        return Signal(Outcome.DNS, f"address_refused:{error.address}", url)
    if isinstance(error, CannotResolveHostError):
        return Signal(Outcome.DNS, "dns", url)
    if isinstance(error, DownloadTimeoutError):
        return Signal(Outcome.TIMEOUT, "timeout", url)
    if isinstance(error, DownloadConnectionRefusedError):
        return Signal(Outcome.HTTP_ERROR, "connection_refused", url)
    if isinstance(error, DownloadCancelledError):
        return Signal(Outcome.HTTP_ERROR, "too_large", url)
    if isinstance(error, IgnoreRequest):
        kind = "redirect_loop" if "redirection" in str(error) else "ignored"
        return Signal(Outcome.HTTP_ERROR, kind, url)
    if any(_is_tls(cause) for cause in _causes(error)):
        return Signal(Outcome.TLS, "tls", url)
    return Signal(Outcome.HTTP_ERROR, f"connection:{type(error).__name__}", url)


def _causes(error: BaseException) -> Iterable[BaseException]:
    """The error, what it came from, and what Twisted wrapped into it."""
    todo, seen = [error], 0
    while todo and seen < 20:
        current, seen = todo.pop(), seen + 1
        yield current
        todo += [failure.value for failure in getattr(current, "reasons", None) or []]
        todo += [cause for cause in (current.__cause__, current.__context__) if cause is not None]


def _is_tls(error: BaseException) -> bool:
    return type(error).__module__.startswith(("OpenSSL", "ssl", "service_identity"))
