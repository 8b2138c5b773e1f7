"""Pages made to hold their reader: an element of thousands of attributes, for which lxml's time grows as the square of
their number (40,000 take ten seconds). Tags are told as HTML tells them, so that no quote, comment or script hides one.
"""

from __future__ import annotations

import re

MOST = 5_000  # attributes of an element
ROOM = 160 * 1024  # bytes; a page as large can hold lxml for six seconds, and is not looked through

_RAW = b"script style title textarea xmp iframe noembed noframes".split()  # what they hold is no markup


def tags(most: int) -> re.Pattern[bytes]:
    """Matches a page as far as no element of it has more than so many attributes, in linear time."""
    attributes = (
        rb"""(?:[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"?+|'[^']*+'?+|[^\s>]*+))?+){0,%d}+[\s/]*+(?:>|\Z)"""
        % most
    )
    raw = rb"|".join(
        rb"<%b(?=[\s/>])%b(?<!/>)[^<]*+(?:<(?!/%b[\s/>])[^<]*+)*+" % (name, attributes, name) for name in _RAW
    )
    tag = rb"</?[a-z][^\s/>]*+" + attributes
    comment, declaration = rb"<!--(?!-?>).*?(?:--!?>|\Z)", rb"<(?:[?!]|/(?![a-z]))[^>]*+"
    parts = rb"|".join((rb"[^<]++", comment, raw, tag, declaration, rb"<(?![a-z?!/])"))
    return re.compile(rb"(?:" + parts + rb")*+", re.I | re.S)


_TAGS = tags(MOST)


def has_endless_tag(markup: bytes) -> bool:
    """Whether an element of a page has more than ``MOST`` attributes.

    >>> has_endless_tag(b"<p>" + b"<li a=1>" * 30_000), has_endless_tag(b"<p " + b"a='>' " * 30_000 + b">")
    (False, True)
    """
    if len(markup) <= ROOM:
        return False
    found = _TAGS.match(markup)
    return found is None or found.end() < len(markup)
