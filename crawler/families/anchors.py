"""The links of a page, looked at once for all that ask for them.

A portal's menus stand on all of its pages, and most of a page's links are its menus. A menu is a list (``ul``, ``ol``):
what its links say, and which of them anybody wants by their words and addresses, is worked out once for all pages that
have the list as it is, and kept. What depends on where a link stands is left to those few that are wanted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from sys import getsizeof
from typing import NamedTuple

from cachetools import LRUCache
from lxml import etree
from scrapy.http import TextResponse

from crawler.families.dates import find_date, is_date, strip_date
from crawler.families.page import Element, absolute, base_url, collapse, folders, once, relative_to, texts_of, tree

_CUT = re.compile(r"(?:…+|\.{2,}|。{2,})$")
_TAG = re.compile(r"<[^>]+>")
_TITLE_LABEL = re.compile(r"^(?:文章)?标题\s*[:\uff1a]\s*")


@dataclass(frozen=True, slots=True)
class Said:
    """What the words of a link say: its text, the title that it stands for, and a date printed inside it; ``attribute``
    is its attribute ``title`` as it stands, ``is_bare`` when there is no text but a date."""

    text: str
    title: str
    date: str | None
    attribute: str
    is_bare: bool


class Anchor(NamedTuple):
    """A link to a page; ``url`` is absolute."""

    element: Element
    url: str
    said: Said


Wanted = Callable[[str, Said], object]
"""Whether a link is worth a look by its address and its words alone: a function of a module, always the same one."""
Condition = Callable[[Element], bool]
"""Whether something holds of a list by its text: again a function of a module."""


class Links:
    """The links below an element that lead to a page, in their order."""

    def __init__(self, root: Element, base: str) -> None:
        self._parts: list[Anchor | tuple[Element, _List]] = []
        walk = etree.iterwalk(root, events=("start",), tag=("a", "ul", "ol"))
        for _, element in walk:
            if element.tag != "a":
                walk.skip_subtree()
                if next(element.iter("a"), None) is not None:
                    self._parts.append((element, _list_of(element, base)))
            elif link := _link_of(element, base):
                self._parts.append(Anchor(element, *link))

    def __iter__(self) -> Iterator[Anchor]:
        return self.that(every_link)

    def urls(self) -> Iterator[str]:
        """Where they lead."""
        for part in self._parts:
            yield from (part.url,) if isinstance(part, Anchor) else (url for url, _ in part[1].links.values())

    def that(self, wanted: Wanted, lists: Condition | None = None) -> Iterator[Anchor]:
        """The links that are ``wanted``; with ``lists`` also those in no list, and all in lists that it holds of."""
        for part in self._parts:
            if isinstance(part, Anchor):
                if lists is not None or wanted(part.url, part.said):
                    yield part
                continue
            element, links = part
            everything = lists is not None and links.holds(lists, element)
            if places := links.places(every_link if everything else wanted):
                anchors = list(element.iter("a"))
                for place in places:
                    yield Anchor(anchors[place], *links.links[place])


class _List:
    """The links of a list by their places among its anchors, and which are wanted; ``size``: the bytes it takes. Of
    classes nothing is known here: they may be others elsewhere."""

    def __init__(self, links: dict[int, tuple[str, Said]], size: int) -> None:
        self.links = links
        self.size = size
        self._places: dict[Wanted, list[int]] = {}
        self._held: dict[Condition, bool] = {}

    def places(self, wanted: Wanted) -> list[int]:
        if (known := self._places.get(wanted)) is None:
            known = self._places[wanted] = [place for place, link in self.links.items() if wanted(*link)]
        return known

    def holds(self, condition: Condition, element: Element) -> bool:
        """Whether a condition holds of the list, which is the same wherever it stands."""
        if (known := self._held.get(condition)) is None:
            known = self._held[condition] = condition(element)
        return known


def every_link(url: str, said: Said) -> bool:
    """Wants all."""
    return True


@once
def page_links(response: TextResponse) -> Links:
    """The links of a whole page, worked out once."""
    return Links(tree(response), base_url(response))


_KEPT = 40 * 2**20  # bytes
_OF_LINK = 500  # bytes that are kept of a link beside its markup and its text
_lists: LRUCache[tuple[int, str, str], _List] = LRUCache(_KEPT, getsizeof=lambda known: known.size)
"""The lists of the pages read last, by what their addresses are relative to (a folder may be a page, too) and by their
markup, with classes and without: a menu marks the item where its reader is."""
_CLASS = re.compile(r'(<[^\s"<>=]+(?: (?!class=)[^\s"<>=]+="[^"<>]*")*) class="[^"<>]*"')  # as lxml writes a tag


def _list_of(element: Element, base: str) -> _List:
    markup = etree.tostring(element, encoding="unicode", with_tail=False)
    starts = (*folders(base), base)
    if known := _known(starts, markup) or _known(starts, plain := _CLASS.sub(r"\1", markup)):
        return known
    anchors = list(element.iter("a"))
    links = {place: link for place, anchor in enumerate(anchors) if (link := _link_of(anchor, base))}
    much = max((relative_to(base, anchor.get("href") or "#") for anchor in anchors), default=0)
    known = _List(links, getsizeof(markup) + sum(_OF_LINK + getsizeof(said.text) for _, said in links.values()))
    if links and known.size < _KEPT // 8:
        _lists[much, starts[much], markup] = _lists[much, starts[much], plain] = known
    return known


def _known(starts: tuple[str, ...], markup: str) -> _List | None:
    found = (_lists.get((much, start, markup)) for much, start in enumerate(starts))
    return next(filter(None, found), None)


def _link_of(anchor: Element, base: str) -> tuple[str, Said] | None:
    """Where an anchor leads, and what it says; None for one that leads to no page."""
    url = absolute(base, anchor.get("href"))
    return (url, said_by(anchor)) if url else None


def said_by(anchor: Element) -> Said:
    """What an anchor says.

    >>> from crawler.families.page import fragment
    >>> said_by(fragment('<a title="云河县2024年年报全文">云河县2024…<i>[2025-01-22]</i></a>').find(".//a"))
    Said(text='云河县2024…[2025-01-22]', title='云河县2024年年报全文', date='2025-01-22', \
attribute='云河县2024年年报全文', is_bare=False)
    """
    said = _said(_words(anchor), anchor.get("title") or "")
    return _by_picture(anchor, said) if said.is_bare else said


def _words(anchor: Element) -> str | tuple[str, ...]:
    if not len(anchor):
        return anchor.text or ""
    if len(anchor) > 1 or len(only := anchor[0]):
        return tuple(texts_of(anchor))
    return tuple(filter(None, (anchor.text, only.text, only.tail)))


def _by_picture(anchor: Element, said: Said) -> Said:
    """What an anchor without words says by its picture, or, where nothing else does, by an ``alt`` of its own."""
    image = anchor.find(".//img")
    alt = (image.get("alt") if image is not None else None) or ("" if said.title else anchor.get("alt"))
    return _said(_words(anchor), said.attribute, alt) if alt else said


@lru_cache(maxsize=8192)
def _said(words: str | tuple[str, ...], attribute: str, alt: str = "") -> Said:
    """``words``: the text of a link, or its text nodes, of which some may be dates."""
    if isinstance(words, str):
        whole = collapse(words)
        text, date = strip_date(whole)
    else:
        whole = collapse("".join(words))
        text, inner = strip_date(collapse("".join(piece for piece in words if not is_date(piece))))
        date = inner or find_date(" ".join(filter(is_date, words)))
    full, shown = full_title(attribute), text or collapse(alt)
    return Said(whole, full if _is_fuller(full, shown) else shown, date, attribute, not text)


def full_title(attribute: str) -> str:
    """A ``title`` attribute as one line: markup, label and date taken off.

    >>> full_title("标题:云河县2024年年报\\n发布日期:2025-01-22")
    '云河县2024年年报'
    """
    if "<" in attribute:
        attribute = _TAG.sub("", attribute)
    if "\n" not in attribute and "题" not in attribute[:4]:
        return strip_date(collapse(attribute))[0]
    lines = [collapse(line) for line in attribute.splitlines() if line.strip()]
    if not lines:
        return ""
    whole = lines[0] if re.search("[:\uff1a]", lines[-1]) and len(lines) > 1 else collapse(" ".join(lines))
    return strip_date(_TITLE_LABEL.sub("", whole))[0]


def _is_fuller(attribute: str, text: str) -> bool:
    if not attribute or attribute == text:
        return False
    stem = "".join(_CUT.sub("", text).strip(" ·•-[]【】").split())
    squeezed = "".join(attribute.split())
    return not stem or (len(squeezed) >= len(stem) and stem[:12] in squeezed)
