"""Extensions: politeness from robots.txt, progress on the terminal, the run directory and its verdict."""

from scrapy.settings import BaseSettings

OF_REPORTS = tuple(f"crawler.extensions.{name}" for name in ("progress.Progress", "publish.Publish", "watch.Watch"))


def take_no_reports(settings: BaseSettings) -> None:
    """For spiders that look and take nothing: no feeds and pipelines, and not the extensions that tell of reports.

    All others stay, above all the one that keeps the Crawl-delay.
    """
    extensions = settings.getdict("EXTENSIONS") | dict.fromkeys(OF_REPORTS)
    for name, value in (("FEEDS", {}), ("ITEM_PIPELINES", {}), ("EXTENSIONS", extensions)):
        settings.set(name, value, priority="spider")
