"""The one place where a URL is made canonical, and where two URLs are said to belong to one site.

``canonical`` is the identity of a page: http and https, ``www``, default ports, ``index.html`` and session ids do
not make another page. It is a key, never fetched. ``city_domain`` is the key of politeness: counties of a city
share a cluster, and gov.cn is a public suffix, so lcq.sjz.gov.cn belongs to sjz.gov.cn.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import urlsplit

import tldextract
from w3lib.url import canonicalize_url

_SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # the list in the package; no network
_INDEX = re.compile(r"/m?(?:index|default)(?:_0)?\.(?:s?html?|jsp|aspx?|php)$", re.I)
_SESSION = re.compile(r";jsessionid=[^?#/]*|/\(S\(\w{1,40}\)\)", re.I)
_MOBILE = re.compile(r"/mpost_(?=\d+\.html?$)")  # NFCMS's twin of a page for small screens
_STAMP = re.compile(
    r"(?:topsearch|_)=[\d.]*|key=\d{10,}|v=[\d.]*|(?:jsessionid|phpsessid|aspsessionid\w*|cftoken)=.*"
    r"|(?:s|sid|sess|session|session_?id|token|ticket|nonce)=(?=\D*\d)[\w.-]{16,}"
    r"|(?:t|ts|_t|time|timestamp|rnd|rand|random|r)=(?:0?\.\d{4,}|\d{10,})",
    re.I,
)
_SCRIPT = re.compile(r"\.(?:jspx?|aspx?|php|do|action)$", re.I)


@lru_cache(maxsize=8192)
def host_of(url: str) -> str:
    """
    >>> host_of("https://WWW.yunhe.gov.cn:443/a"), host_of("http://127.0.0.1:8000/")
    ('www.yunhe.gov.cn', '127.0.0.1')
    """
    try:
        return (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


@lru_cache(maxsize=8192)
def city_domain(url_or_host: str) -> str:
    """The registrable domain; an IP address, or a name without a public suffix, stands for itself.

    >>> city_domain("http://lcq.sjz.gov.cn/x"), city_domain("zwgk.dingxi.gov.cn"), city_domain("http://1.25.240.11:80/")
    ('sjz.gov.cn', 'dingxi.gov.cn', '1.25.240.11')
    >>> city_domain("http://localhost:8000/"), city_domain("http://[::1]:8000/")
    ('localhost', '::1')
    """
    host = host_of(url_or_host) if "//" in url_or_host else url_or_host.lower()
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return _SUFFIXES(host).top_domain_under_public_suffix or host


@lru_cache(maxsize=8192)
def canonical(url: str) -> str:
    """
    >>> canonical("https://www.yunhe.gov.cn:443/zwgk/index.html") == canonical("http://yunhe.gov.cn/zwgk/")
    True
    >>> canonical("http://a.gov.cn/x.jsp;jsessionid=1F?b=2&a=1#top")
    'a.gov.cn/x.jsp?a=1&b=2'
    >>> canonical("http://a.gov.cn/nb/?sid=9f86d081884c7d659a2f&p=2"), canonical("http://a.gov.cn/nb/?sid=12")
    ('a.gov.cn/nb/?p=2', 'a.gov.cn/nb/?sid=12')
    >>> canonical("http://a.gov.cn/col/col7/index.html?uid=3&pageNum=2") == canonical("http://a.gov.cn/col/col7/")
    True
    >>> canonical("http://a.gov.cn/show.jsp?v=7&_=0.51"), canonical("http://a.gov.cn/list.jsp?id=3&PAGENUM=2")
    ('a.gov.cn/show.jsp?v=7', 'a.gov.cn/list.jsp?PAGENUM=2&id=3')
    >>> canonical("http://a.gov.cn/(S(x1y2))/nb/mindex.html?topSearch=1&v=3"), canonical("http://a.gov.cn/nb?gk=4")
    ('a.gov.cn/nb/', 'a.gov.cn/nb?gk=4')
    >>> canonical("http://a.gov.cn/nb/content/mpost_7.html")
    'a.gov.cn/nb/content/post_7.html'

    An address that can't be asked for (see ``is_web``) stands for itself.
    """
    if not _is_sound(url):
        return url
    parts = urlsplit(canonicalize_url(_SESSION.sub("", url)))
    host = host_of(url).removeprefix("www.")
    port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
    path = _MOBILE.sub("/post_", _INDEX.sub("/", parts.path)) or "/"
    query = _query(parts.query, is_script=bool(_SCRIPT.search(parts.path)))
    return f"{host}{port}{path}" + (f"?{query}" if query else "")


def _query(query: str, *, is_script: bool) -> str:
    """What of a query tells one page from another: no stamps and sessions, and not where Hanweb's pager stands.

    >>> _query("pageNum=2&uid=5", is_script=False), _query("id=1&pageNum=2", is_script=False)
    ('', 'id=1&pageNum=2')
    """
    pairs = [pair for pair in query.split("&") if pair]
    names = {pair.partition("=")[0].lower() for pair in pairs}
    state = {"uid", "pagenum"} if {"uid", "pagenum"} <= names else set()
    return "&".join(
        pair
        for pair in pairs
        if pair.partition("=")[0].lower() not in state
        and (not _STAMP.fullmatch(pair) or (is_script and pair[:2].lower() == "v="))
    )


def is_web(url: str) -> bool:
    """Whether a link can be visited at all.

    >>> is_web("https://a.gov.cn/x"), is_web("javascript:;"), is_web("http:///x"), is_web("http://[bad/")
    (True, False, False, False)
    >>> is_web("http://a.gov.cn:99999/"), is_web("http://a.gov.cn:８０/"), is_web("http://a.gov.cn/" + chr(0xD800))
    (False, False, False)
    """
    return url[:8].lower().startswith(("http://", "https://")) and bool(host_of(url)) and _is_sound(url)


def _is_sound(url: str) -> bool:
    """Whether a URL can be taken apart and sent: its port is one, and it has no half of a character."""
    try:
        urlsplit(url).port  # noqa: B018 - raises for what is no port
        url.encode()
    except ValueError:
        return False
    return True
