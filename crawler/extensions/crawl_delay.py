"""Honours ``Crawl-delay``, which Scrapy reads and ignores: the city's slot gets slower, never faster."""

from __future__ import annotations

from typing import Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.robotstxt import RobotParser

from crawler.politeness import CityDownloader
from crawler.urls import city_domain


class CrawlDelay:
    """Connects robots.txt to the pace of a city."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.user_agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        self.longest = crawler.settings.getfloat("CRAWL_DELAY_MAX")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.robots_parsed, signals.robots_parsed)
        return extension

    def robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        seconds = robotparser.crawl_delay(self.user_agent)
        downloader = self.crawler.engine.downloader
        if seconds and seconds > 0 and isinstance(downloader, CityDownloader):  # nan is not
            downloader.slow_down(city_domain(request.url), min(seconds, self.longest))
            self.crawler.stats.max_value("politeness/crawl_delay_max", seconds)
            self.crawler.stats.inc_value("politeness/crawl_delay_hosts")
