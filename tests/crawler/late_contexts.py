"""A Chromium that is slow at first, for ``PLAYWRIGHT_BROWSER_PROVIDER``."""

from __future__ import annotations

import asyncio
import logging
from itertools import count
from typing import Any

from scrapy_playwright.provider import PlaywrightBrowserProvider

logger = logging.getLogger(__name__)

LATE = 2  # contexts
SECONDS = 10.0  # until one of these is there
LEFT = "contexts left open:"


class LateContexts(PlaywrightBrowserProvider):  # type: ignore[misc]
    """The first contexts come late; at its end the browser tells how many are open, but for those that are known."""

    async def launch_browser(self) -> Any:
        browser = await super().launch_browser()
        make, close, numbers = browser.new_context, browser.close, count()

        async def new_context(**how: Any) -> Any:
            number = next(numbers)
            context = await make(**how)
            if number < LATE:
                await asyncio.sleep(SECONDS)
            return context

        async def told() -> None:
            logger.warning("%s %d", LEFT, len(browser.contexts))
            await close()

        browser.new_context, browser.close = new_context, told
        return browser
