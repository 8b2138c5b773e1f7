"""The download handler of http and https: plain requests as ever, ``meta["render"]`` through a browser.

The browser is started with the first page to render and shared by both schemes. It shows ``PAGES_AT_ONCE`` pages: who
asks for one holds a place meanwhile (``crawler.cities``), so that what waits for a place waits before its request is
made, on nobody's time. Each page has a context of its own, closed when the page is read. Pictures, media, fonts and
styles are never loaded; all else is fetched by the crawler (``routes``). A page has ``BROWSER_SECONDS`` from when its
context is asked for; one that needs more is not tried again, since its scripts would run for as long again. What is
missing (the extra, Chromium) is a ``BrowserMissing``.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from contextlib import suppress
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError
from scrapy.http import Response

from crawler.browser.routes import Routes
from crawler.browser.wall import Wall
from crawler.connections import PlainDownloadHandler
from crawler.outcomes import BrowserMissing, Refused, Signal
from crawler.politeness import CityDownloader

logger = logging.getLogger(__name__)

PAGES_AT_ONCE = 2
RESTARTS = 3
EXECUTABLES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", "--disable-extensions", "--disable-default-apps", "--disable-dev-shm-usage",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--webrtc-ip-handling-policy=disable_non_proxied_udp",
)  # fmt: skip


class BrowserDownloadHandler(PlainDownloadHandler):
    """The plain handler, with a browser for the pages that need one."""

    async def download_request(self, request: Request) -> Response:
        if not request.meta.get("render"):
            return await super().download_request(request)
        return await browser_of(self.crawler).render(request)

    async def close(self) -> None:
        await super().close()
        browser = _browsers.pop(self.crawler, None)
        if browser is not None:
            await browser.close()


class Browser:
    """One browser of one crawl; ``places`` has one for each page that it may show at a time."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.seconds = crawler.settings.getfloat("BROWSER_SECONDS")
        self.most = crawler.settings.getint("PAGE_MAXSIZE")
        self.wall = Wall(lambda: crawler.stats.inc_value("browser/walled"))
        self.places = asyncio.Semaphore(PAGES_AT_ONCE)
        self._handler: Any = None
        self._starting = asyncio.Lock()
        self._contexts = count()
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False

    async def render(self, request: Request) -> Response:
        """The page as it stands when its scripts have come to rest, or when its time is up.

        A browser that was ended from outside is started again, ``RESTARTS`` times for a page.
        """
        left = RESTARTS
        while True:
            browser = None
            try:
                handler = await self._started()
                browser = handler.browser
                return await self._rendered(handler, request)
            except (Refused, BrowserMissing):
                raise
            except Exception as error:
                if self._closed or not left or not await self._has_ended(browser, error):
                    raise
                left -= 1
                logger.warning("浏览器意外结束,重新启动 / the browser ended, it is started again: %s", request.url)

    async def _has_ended(self, browser: Any, error: Exception) -> bool:
        """Whether it was the end of the browser that a page failed by. A page knows it before its browser does."""
        if browser is None:
            return self._handler is not None  # it was ended while it started
        is_sure = type(error).__name__ == "TargetClosedError"  # of playwright
        for _ in range(50 if is_sure else 2):
            if not browser.is_connected():
                return True
            await asyncio.sleep(0.1)
        return False

    async def _rendered(self, handler: Any, request: Request) -> Response:
        name = f"{request.meta.get('portal_id', 'page')}-{next(self._contexts)}"
        routes = Routes(self.crawler, request)
        page = request.replace(meta={**request.meta, **_how(name, self.seconds, self.most, routes)})
        self.crawler.stats.inc_value("browser/pages")
        opening = asyncio.ensure_future(handler._create_browser_context(name, page.meta["playwright_context_kwargs"]))
        try:
            return await asyncio.wait_for(_shown(opening, handler, page), self.seconds + 5)
        except Exception as error:
            if type(error).__name__ == "TimeoutError":  # of asyncio, or of playwright
                raise Refused(Signal("timeout", request.url, "browser")) from error
            raise
        finally:
            closing = asyncio.ensure_future(_close(opening))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
            await routes.close()
            await asyncio.wait({closing}, timeout=self.seconds)
            if isinstance(downloader := self.crawler.engine.downloader, CityDownloader):
                downloader.pause(routes.city)  # its delay begins when the page is read

    async def _started(self) -> Any:
        async with self._starting:
            if self._handler is None:
                self._handler = await self._start()
            if (browser := getattr(self._handler, "browser", None)) is not None and not browser.is_connected():
                del self._handler.browser
            await self._handler._maybe_launch_browser()
        return self._handler

    async def _start(self) -> Any:
        executable = next((found for name in EXECUTABLES if (found := shutil.which(name))), None)
        try:
            from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
        except ImportError:
            raise BrowserMissing("extra") from None
        if executable is None:
            raise BrowserMissing("chromium")
        wall = await self.wall.start()
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        settings = self.crawler.settings.copy()
        settings.frozen = False
        launch = {
            "executable_path": executable,
            "args": [*ARGUMENTS, *sandbox],
            "proxy": {"server": wall, "bypass": "<-loopback>"},
            "timeout": 60_000,
        }
        settings.setdict(
            {
                "PLAYWRIGHT_BROWSER_TYPE": "chromium",
                "PLAYWRIGHT_LAUNCH_OPTIONS": launch,
                "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 1,
                "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": self.seconds * 1000,
                "PLAYWRIGHT_ABORT_REQUEST": _unrouted,
            },
            priority="cmdline",
        )
        handler = ScrapyPlaywrightDownloadHandler(_Settings(self.crawler, settings))
        handler.config.target_closed_max_retries = 0  # it would make a context anew, that nobody closes
        # It would forget a browser that has ended, and its contexts, some time after the next one has begun.
        handler._browser_disconnected_callback = _nothing
        await handler._launch()
        return handler

    async def close(self) -> None:
        self._closed = True
        if self._handler is not None:
            await self._handler.close()
        await self.wall.stop()


class _Settings:
    """A crawler with other settings, as far as the playwright handler asks."""

    def __init__(self, crawler: Crawler, settings: Any) -> None:
        self._crawler = crawler
        self.settings = settings

    def __getattr__(self, name: str) -> Any:
        return getattr(self._crawler, name)


_browsers: WeakKeyDictionary[Crawler, Browser] = WeakKeyDictionary()


def browser_of(crawler: Crawler) -> Browser:
    """The crawl's browser; nothing is started by asking for it."""
    return _browsers.setdefault(crawler, Browser(crawler))


def _how(context: str, seconds: float, most: int, routes: Routes) -> dict[str, Any]:
    from scrapy_playwright.page import PageMethod

    return {
        "playwright": True,
        "playwright_context": context,
        "playwright_page_init_callback": routes.attach,
        "playwright_context_kwargs": {
            "java_script_enabled": True,
            "accept_downloads": False,
            "service_workers": "block",
        },
        "playwright_page_methods": [PageMethod(_settled, seconds * 1000, most)],
        "playwright_page_goto_kwargs": {"wait_until": "domcontentloaded"},
    }


async def _shown(opening: asyncio.Task[Any], handler: Any, page: Request) -> Response:
    """A page in its context. Time that is up ends the page, never the making of a context: one could not be closed."""
    await asyncio.shield(opening)
    response: Response = await handler.download_request(page)
    return response


async def _close(opening: asyncio.Task[Any]) -> None:
    """Closes a context, as soon as it is there."""
    with suppress(Exception):  # it may have gone with its browser
        await (await opening).context.close()


async def _settled(page: Any, milliseconds: float, most: int) -> None:
    """Until no request is on its way; a page that never rests is read as it stands, and one that grew huge is not."""
    with suppress(Exception):
        await page.wait_for_load_state("networkidle", timeout=milliseconds)
    if await page.evaluate("document.documentElement ? document.documentElement.outerHTML.length : 0") > most:
        raise DownloadCancelledError(f"a page of more than {most} characters")


def _nothing() -> None:
    """When a browser has ended: each page closes its own context, and ``_started`` sees to the next browser."""


def _unrouted(request: Any) -> bool:
    """``Routes`` answers every request; should one get past it, it is not made."""
    return True
