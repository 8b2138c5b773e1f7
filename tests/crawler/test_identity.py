"""Whose site is it: the code decides, then names and the licence's province; silence is no evidence."""

from __future__ import annotations

import pytest

from crawler.discovery import SiteIdentity
from crawler.identity import evidence, owner_of


@pytest.mark.parametrize(
    ("told", "region", "owner"),
    [
        (SiteIdentity("6109280001", None, None, None), "610981", True),  # the code of before 2021
        (SiteIdentity("6109000002", None, None, None), "610981", True),  # the city hosts the county's site
        (SiteIdentity("3604030001", None, None, None), "610981", False),
        (SiteIdentity("3604030001", "旬阳市人民政府", None, None), "610981", False),  # the code decides
        (SiteIdentity("bm01000001", None, None, None), "610981", None),
        (SiteIdentity(None, "旬阳市人民政府门户网站", "赣ICP备05000000号", None), "610981", True),
        (SiteIdentity(None, "九江市浔阳区人民政府", "赣ICP备05000000号", None), "610981", False),
        (SiteIdentity(None, None, "赣ICP备05000000号", None), "610981", False),
        (SiteIdentity(None, None, "京ICP备05000000号", None), "610981", None),
        (SiteIdentity(None, "政府信息公开", None, "旬阳市人民政府办公室"), "610981", True),
        (SiteIdentity(None, "鼓楼区人民政府", None, None), "320106", True),  # four cities have one
        (SiteIdentity(None, "信息公开平台", None, None), "610981", None),
        (SiteIdentity("3703230001", "沂源县", "鲁ICP备1号", None), None, None),  # nobody said whose it should be
    ],
)
def test_the_owner_of_a_site(told: SiteIdentity, region: str | None, owner: bool | None) -> None:
    assert owner_of(evidence(told, region)) is owner
