"""The encoding of a page is decided by a strict decode, in this order: as declared, UTF-8, GB18030.

A declared charset can be wrong, and a lax decode hides it as question marks inside numbers and names. What no
strict decode takes is read with the fewest losses and flagged ``encoding_suspect``. Also puts mislabelled HTML
into an ``HtmlResponse``. Counted in stats under ``encoding/``.
"""

from __future__ import annotations

import codecs
import re
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Response, TextResponse
from scrapy.statscollectors import StatsCollector
from w3lib.encoding import http_content_type_encoding

SUSPECT = "encoding_suspect"
TRUSTED = frozenset({"utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "big5", "big5hkscs", "hz"})
"""Encodings of Chinese whose strict decode proves something: others take any bytes, and make nonsense of them."""
OVERRIDDEN = "encoding_overridden"  # another encoding than the declared one was used
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:-]+)""", re.I)
_MARKUP = re.compile(rb"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|script|div|ul)\b", re.I | re.S)
_CHINESE = {"gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk", "gb_2312", "cp936", "hz-gb-2312"}


def declared_encoding(content_type: str | None, body: bytes) -> str | None:
    """A byte order mark, else the header, else the first meta in 4 KB; a GB name means GB18030, its superset.

    >>> declared_encoding("text/html; charset=GB2312", b""), declared_encoding(None, b'<meta charset="utf-8">')
    ('gb18030', 'utf-8')
    """
    if body.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    found = _META.search(body[:4096])
    name = http_content_type_encoding(content_type) or (found[1].decode("ascii") if found else None)
    if name is None:
        return None
    if name.lower() in _CHINESE:
        return "gb18030"
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None


def decide(body: bytes, declared: str | None) -> tuple[str, bool]:
    """The encoding to read a body with, and whether that is certain.

    >>> decide("年报".encode("gbk"), "utf-8"), decide("年报".encode(), "iso8859-1")
    (('gb18030', True), ('utf-8', True))
    >>> decide("年报".encode("gbk"), "koi8-r"), decide("年报".encode("gbk"), "unicode_escape")
    (('gb18030', True), ('gb18030', True))
    """
    trusted = declared if declared in TRUSTED else None
    for name in dict.fromkeys(filter(None, (trusted, "utf-8", "gb18030"))):
        if _decodes(body, name) and not (name == "gb18030" and declared != name and _nearly_utf8(body)):
            return name, True
    lost = {name: body.decode(name, "replace").count("\ufffd") for name in ("utf-8", "gb18030")}
    return min(lost, key=lost.__getitem__), False


def _decodes(body: bytes, name: str) -> bool:
    try:
        body.decode(name)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _nearly_utf8(body: bytes) -> bool:
    """UTF-8 but for a damaged character or two, which GB18030 would turn into nonsense without a complaint."""
    text = body.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    return lost * 200 < sum(ch > "\x7f" for ch in text)


class EncodingMiddleware:
    """Replaces the response's encoding by the one decided here."""

    def __init__(self, stats: StatsCollector) -> None:
        self.stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.stats)

    def process_response(self, request: Request, response: Response) -> Response:
        if not response.body or not (isinstance(response, TextResponse) or _MARKUP.match(response.body[:1024])):
            return response
        header = response.headers.get("Content-Type")
        declared = declared_encoding(header.decode("latin-1") if header else None, response.body)
        encoding, certain = decide(response.body, declared)
        self._count(declared, encoding, certain)
        mislabelled = not isinstance(response, HtmlResponse) and _MARKUP.match(response.body[:1024])
        cls = HtmlResponse if mislabelled else type(response)
        told = [flag for flag, true in ((SUSPECT, not certain), (OVERRIDDEN, declared not in (None, encoding))) if true]
        flags = [*response.flags, *told] if told else response.flags
        return response.replace(cls=cls, encoding=encoding, flags=flags)

    def _count(self, declared: str | None, encoding: str, certain: bool) -> None:
        stats = self.stats
        stats.inc_value(f"encoding/{encoding}")
        if declared != encoding:
            stats.inc_value("encoding/undeclared" if declared is None else "encoding/declared_wrong")
        if not certain:
            stats.inc_value("encoding/suspect")
