"""The platforms of the simulated portals, by the name that a portal's data file uses."""

from __future__ import annotations

from crawler.demo.platforms.ankang import AnkangPortal
from crawler.demo.platforms.base import Portal
from crawler.demo.platforms.easysite import EasySitePortal
from crawler.demo.platforms.hanweb import HanwebPortal
from crawler.demo.platforms.trs import TrsPortal
from crawler.demo.platforms.zibo import ZiboPortal

PLATFORMS: dict[str, type[Portal]] = {
    "ankang": AnkangPortal,
    "easysite": EasySitePortal,
    "hanweb": HanwebPortal,
    "trs": TrsPortal,
    "zibo": ZiboPortal,
}

__all__ = ["PLATFORMS", "Portal"]
