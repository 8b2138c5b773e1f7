"""One request at a time and a pause after it, per registrable city domain.

Scrapy's own slot is the host, and a redirect keeps the slot of the host it came from: counties of one city would
be asked in parallel. Here the slot follows from the URL of each request, robots.txt included. What a page in the
browser loads (``meta["within"]``: the city whose slot the page holds) has a slot of its own beside it, so that it is
asked for while the city's slot is taken and nobody else asks the city for anything.
"""

from __future__ import annotations

from time import monotonic

from scrapy import Request
from scrapy.core.downloader import Downloader

from crawler.urls import city_domain

WITHIN = " in browser"  # no host has a blank in its name


class CityDownloader(Downloader):
    """Scrapy's downloader with a slot per city domain."""

    def get_slot_key(self, request: Request) -> str:
        city = city_domain(request.url)
        if request.meta.get("within") != city:
            return city
        beside = self.per_slot_settings.setdefault(city + WITHIN, {})
        beside.setdefault("delay", max(self.settings.getfloat("BROWSER_DELAY"), 0.01))
        return city + WITHIN

    def slow_down(self, city: str, seconds: float) -> None:
        """At least ``seconds`` between two requests to a city, for the rest of the run; jitter included."""
        delay = max(seconds / (1 - min(self._jitter, 0.9)), self._delay)
        for key in (city, city + WITHIN):
            held = self.per_slot_settings.setdefault(key, {})  # Scrapy drops idle slots and makes them from this
            held["delay"] = max(delay, held.get("delay", 0.0))
            if key in self.slots:
                self.slots[key].delay = max(self.slots[key].delay, delay)

    def pause(self, city: str, seconds: float = 0.0) -> None:
        """No request to a city for ``seconds`` and its delay, from now."""
        slot = self.slots.get(city)
        if slot is None:
            return
        slot.lastseen = max(slot.lastseen, monotonic() + seconds)
        if slot.latercall is not None:
            slot.latercall.cancel()
            slot.latercall = None
            self._process_queue(slot)
