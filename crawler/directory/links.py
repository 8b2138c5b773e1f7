"""The links of a portal's page that may lead to the sites of other governments, and the pages that list such links.

Such lists come as blocks of anchors (市县政府网站), as choices (友情链接), as image maps, as elements that go on a
click, as rows of a known CMS, and as literals in scripts. Pure functions over a response.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from scrapy.http import TextResponse

from crawler import discovery, families, shells
from crawler.families.literals import literal
from crawler.families.page import absolute, base_url, scripts, text_of, tree
from crawler.families.rows import is_article
from crawler.urls import canonical, city_domain, host_of

MAX_LINKS = 3000  # of one page
MAX_LITERALS = 500  # brackets of a page's scripts that are tried
_DATA_ATTRIBUTES = ("data-href", "data-url", "data-link")
_LISTS = re.compile(
    r"(?:[省市州盟区县旗]{1,3}(?:级|市区)?|各地|地方|地市|市州|盟市|县市区|区县市?|县区|市县|旗县|下级|所属|全[省市州盟区])"
    r".{0,4}(?:政府)?(?:门户)?(?:网站群?|网|站群|链接|导航)$"
    r"|^(?:友情|网站|相关|常用)?链接$|^(?:政府)?网站(?:导航|地图|群|链接)$|^站群(?:导航)?$|^(?:市县|区县|县区|市州|盟市)(?:政府|导航|链接)?$"
)
_INDEX = re.compile(r"/(?:m?index|default|home|main)\.(?:s?html?|jspx?|aspx?|php)$", re.I)
_FILE = re.compile(r"\.(?:s?html?|jspx?|aspx?|php|do|action|pdf|docx?|xlsx?|zip|rar|jpe?g|png|gif|css|js)$", re.I)
_OPENS = re.compile(r"[\[{]")


@dataclass(frozen=True, slots=True)
class SiteLink:
    """A link to what may be the home page of a site, and the text that names it."""

    url: str
    text: str


def site_links(page: TextResponse) -> list[SiteLink]:
    """Links with a name whose addresses can be home pages, each once, in order."""
    found: dict[tuple[str, str], SiteLink] = {}
    for url, text in _every(page):
        if text and is_home(url) and canonical(url) != canonical(page.url):
            found.setdefault((url, text), SiteLink(url, text))
        if len(found) >= MAX_LINKS:
            break
    return list(found.values())


def list_pages(page: TextResponse) -> list[str]:
    """Pages of the same site that are named as lists of other sites, and its frames."""
    found: dict[str, str] = {}
    for url, text, _ in discovery.links_of(page):
        plain = re.sub(r"\W+", "", text)
        if len(plain) <= 14 and _LISTS.search(plain) and city_domain(url) == city_domain(page.url):
            found.setdefault(canonical(url), url)
    for url in shells.iframe_targets(page):
        found.setdefault(canonical(url), url)
    found.pop(canonical(page.url), None)
    return list(found.values())


def is_home(url: str) -> bool:
    """Whether an address can be a home page: a host, or one folder of it.

    >>> [is_home(f"http://www.sim.gov.cn{path}") for path in ("", "/", "/index.html", "/lcq/", "/lcq/index.shtml")]
    [True, True, True, True, True]
    >>> [is_home(f"http://www.sim.gov.cn{path}") for path in ("/a/b/", "/?id=7", "/2025/1/2/art_1_2.html", "/x.pdf")]
    [False, False, False, False]
    """
    parts = urlsplit(url)
    path = _INDEX.sub("/", parts.path)
    if parts.query or _FILE.search(path) or is_article(url):
        return False
    return len([part for part in path.split("/") if part]) <= 1


def is_official(url: str) -> bool:
    """Whether a host can be a government's: below gov.cn, or a bare address; copies stand on other hosts.

    >>> [is_official(f"http://{host}/") for host in ("www.sim.gov.cn", "sim.gov.cn", "1.25.240.11:82", "sim.com")]
    [True, True, True, False]
    """
    host = host_of(url)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.endswith(".gov.cn")
    return True


def home_of(asked: str, answered: str) -> str:
    """The address to register: where the answer came from, without the name of its index file.

    >>> home_of("http://www.sim.gov.cn", "https://www.sim.gov.cn/zwgk/index.shtml")
    'https://www.sim.gov.cn/'
    >>> home_of("http://old.sim.gov.cn/", "http://www.new.gov.cn/lcq/index.html")
    'http://www.new.gov.cn/lcq/'
    """
    there = urlsplit(answered)
    path = urlsplit(asked).path if host_of(asked) == host_of(answered) else there.path
    return f"{there.scheme}://{there.netloc}{_INDEX.sub('/', path) or '/'}"


def _every(page: TextResponse) -> Iterator[tuple[str, str]]:
    for url, text, _ in discovery.links_of(page):
        yield url, text
    base = base_url(page)
    for element in tree(page).iter("li", "div", "span", "a", "option", "dd"):
        for name in _DATA_ATTRIBUTES:
            if (address := absolute(base, element.get(name))) is not None:
                yield address, text_of(element)[:60]
    for link in families.detect(page)[0].listing(page, {}).links:
        yield link.url, link.title
    for value in _literals(scripts(page)):
        yield from _named(value, base)


def _literals(script: str) -> Iterator[Any]:
    """The arrays and objects that scripts hold, the outermost of each."""
    at = 0
    for _ in range(MAX_LITERALS):
        opens = _OPENS.search(script, at)
        if opens is None:
            return
        value, end = literal(script, opens.start())
        at = end or opens.end()
        if value:
            yield value


def _named(value: Any, base: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Objects that hold a name beside an address: ``{name: "历下区", url: "http://…"}``."""
    if depth > 8:
        return
    if isinstance(value, list):
        for each in value:
            yield from _named(each, base, depth + 1)
    if not isinstance(value, dict):
        return
    texts = [each for each in value.values() if isinstance(each, str)]
    addresses = [each for each in texts if re.match(r"(?:https?:)?//", each)]
    names = [each for each in texts if re.search(r"[\u4e00-\u9fff]{2}", each) and each not in addresses]
    for address in addresses:
        if (url := absolute(base, address)) is not None:
            yield from ((url, name) for name in names)
    for each in value.values():
        if isinstance(each, list | dict):
            yield from _named(each, base, depth + 1)
