"""The CMS families, and which of them a page belongs to.

A new family is a new module with ``NAME``, ``WORDS``, ``evidence`` and ``listing``, named in ``FAMILIES``. The order
decides where two see their signs: systems with signs of their own stand before those whose signs others copy.
"""

from __future__ import annotations

from collections.abc import Collection

from scrapy.http import TextResponse

from crawler.families import (
    ankang,
    aspnet,
    easysite,
    epoint,
    generic,
    gkmlpt,
    hanweb,
    hanweb_inline,
    hanweb_xxgk,
    jpaas,
    lonsun,
    ncms,
    querylist,
    trs,
    truecms,
    ucap,
    vsb,
    zibo,
)
from crawler.families.base import Family, Link, Listing, PageRequest
from crawler.families.page import lowered, once
from crawler.families.words import Words

FAMILIES: tuple[Family, ...] = (
    querylist,
    truecms,
    hanweb,
    jpaas,
    hanweb_xxgk,
    hanweb_inline,
    easysite,
    gkmlpt,
    lonsun,
    zibo,
    ankang,
    vsb,
    epoint,
    ncms,
    ucap,
    trs,
    aspnet,
    generic,
)

__all__ = ["FAMILIES", "Family", "Link", "Listing", "PageRequest", "by_name", "detect", "has_any", "lists_by_request"]

_WORDS = Words({word for family in FAMILIES for word in family.WORDS})


def has_any(response: TextResponse, words: Collection[str]) -> bool:
    """Whether one of some families' ``WORDS`` is in the text or the address of a page."""
    return not _words_of(response).isdisjoint(words)


@once
def _words_of(response: TextResponse) -> frozenset[str]:
    """All words of all families that a page has, in its text or its address."""
    address = response.url.encode("utf-8", "replace").lower()
    return _WORDS.found_in(address) | _WORDS.found_in(lowered(response))


@once
def detect(response: TextResponse) -> tuple[Family, list[str]]:
    """The family of a page and the signs it was told by; ``generic`` when there are none."""
    for family in FAMILIES:
        signs = family.evidence(response) if not family.WORDS or has_any(response, family.WORDS) else []
        if signs:
            return family, signs
    raise LookupError("no family claims the page: the last of FAMILIES must claim any")


def lists_by_request(response: TextResponse) -> bool:
    """Whether a page of a known system names the requests that give its rows: nothing of it needs a browser."""
    family, _ = detect(response)
    return family is not generic and bool(family.listing(response, {}).more)


def by_name(name: str) -> Family:
    """The family of that name; a ``KeyError`` names the known ones.

    >>> by_name("trs").NAME
    'trs'
    """
    for family in FAMILIES:
        if name == family.NAME:
            return family
    raise KeyError(f"no family {name!r}; known: {', '.join(family.NAME for family in FAMILIES)}")
