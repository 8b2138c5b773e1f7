"""The records of jpage, a list script that several systems use: ``<record><![CDATA[<li>…</li>]]></record>``.

Systems differ in the address that gives further records; the records are the same, in a page or in a reply, as XML
or in a string.
"""

from __future__ import annotations

import re
from html import unescape

from crawler.families.base import Link
from crawler.families.page import fragment
from crawler.families.rows import link_rows

RECORD = re.compile(r"<record(?:\s[^<>]{0,200})?>", re.I)

_TOTAL = re.compile(r"<totalrecord>\s*(?:<!\[CDATA\[)?\s*(\d+)", re.I)


def record_links(markup: str, base: str) -> list[Link]:
    """The links of the records, one per address, whatever surrounds the records."""
    parts = []
    for body in record_bodies(markup):
        sections = [section.partition("]]>")[0] for section in body.split("<![CDATA[")[1:]]
        parts.append("".join(sections) if sections else unescape(body))
    links: dict[str, Link] = {}
    for link in link_rows(fragment("".join(f"<div>{part}</div>" for part in parts)), base, every=True):
        links.setdefault(link.url, link)
    return list(links.values())


def record_bodies(markup: str) -> list[str]:
    """What stands in each closed record; a broken last one is left out.

    >>> record_bodies("<record>a</record><RECORD type='x'>b</RECORD><record>c")
    ['a', 'b']
    """
    bodies = []
    for piece in RECORD.split(markup)[1:]:
        end = piece.lower().find("</record")
        if end >= 0:
            bodies.append(piece[:end])
    return bodies


def total_records(markup: str) -> int | None:
    """The number of records that a reply declares."""
    match = _TOTAL.search(markup)
    return int(match.group(1)) if match else None
