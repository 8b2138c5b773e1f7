"""Log lines as JSON objects, one a line, for programs that collect logs: ``LOG_JSON = True``."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured


class JsonLogs:
    """Gives the handlers that Scrapy has installed another form."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not crawler.settings.getbool("LOG_JSON"):
            raise NotConfigured
        extension = cls()
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)  # Scrapy has its handlers by then
        return extension

    def spider_opened(self, spider: Spider) -> None:
        run = getattr(spider, "run", None)
        formatter = JsonFormatter(run.run_id if run is not None else None)
        for handler in logging.getLogger().handlers:
            handler.setFormatter(formatter)


class JsonFormatter(logging.Formatter):
    """
    >>> record = logging.LogRecord("crawler.walk", logging.ERROR, "walk.py", 1, "no list: %s", ("370323",), None)
    >>> line = json.loads(JsonFormatter("night").format(record))
    >>> line["level"], line["message"], line["template"], line["run_id"]
    ('ERROR', 'no list: 370323', 'no list: %s', 'night')
    """

    def __init__(self, run_id: str | None = None) -> None:
        super().__init__()
        self.run_id = run_id

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "run_id": self.run_id,
            "message": record.getMessage(),
            "template": str(record.msg),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps({name: value for name, value in told.items() if value is not None}, ensure_ascii=False)
