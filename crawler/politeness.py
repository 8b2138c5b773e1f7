"""One request at a time and a pause after it, per registrable city domain.

Scrapy's own slot is the host, and a redirect keeps the slot of the host it came from: counties of one city would
be asked in parallel. Here the slot follows from the URL of each request, robots.txt included.
"""

from __future__ import annotations

from scrapy import Request
from scrapy.core.downloader import Downloader

from crawler.urls import city_domain


class CityDownloader(Downloader):
    """Scrapy's downloader with a slot per city domain."""

    def get_slot_key(self, request: Request) -> str:
        return city_domain(request.url)

    def slow_down(self, city: str, seconds: float) -> None:
        """At least ``seconds`` between two requests to a city, for the rest of the run; jitter included."""
        delay = max(seconds / (1 - min(self._jitter, 0.9)), self._delay)
        held = self.per_slot_settings.setdefault(city, {})  # Scrapy drops idle slots; this is what it makes them from
        held["delay"] = max(delay, held.get("delay", 0.0))
        if city in self.slots:
            self.slots[city].delay = max(self.slots[city].delay, delay)
