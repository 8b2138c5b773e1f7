"""What a visit decides by beside the pages themselves: the portal's row, and the code with its tables.

A row of a list that was left out is not looked at again while the list is as it was, a page not while it is not due,
columns are not searched again for weeks. All that holds only while the same would be decided again: whoever mends a row
of the registry, or ``titles.csv``, finds at the next run what the old one hid.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from crawler.registry import Portal

_CRAWLER = Path(__file__).resolve().parent.parent
JUDGES = (
    "titles.py", "titles.csv", "subjects.py", "contents.py", "discovery.py", "discovery.csv", "vocabulary.py",
    "report_pages.py", "frontier.py", "shells.py", "listing.py", "walk.py", "asking.py", "scope.py", "urls.py",
    "families/*.py",
)  # fmt: skip
"""Files whose change may decide otherwise; regions and the reading of reports have the parser's version."""


def basis(portal: Portal) -> str:
    """12 hex digits.

    >>> row = Portal("p", "370323", "沂源县人民政府", "http://www.yiyuan.gov.cn/")
    >>> mended = Portal("p", "370323", "沂源县人民政府", "http://www.yiyuan.gov.cn/", hosts=("yiyuan.cn",))
    >>> basis(row) == basis(row), basis(row) == basis(mended), len(basis(row))
    (True, False, 12)
    """
    row = [portal.region_code, portal.name, portal.url, sorted(portal.hosts), portal.site_id_code]
    return hashlib.sha256(json.dumps([row, _code()]).encode()).hexdigest()[:12]


@cache
def _code() -> str:
    digest = hashlib.sha256()
    for pattern in JUDGES:
        for path in sorted(_CRAWLER.glob(pattern)):
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
