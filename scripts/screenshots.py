"""Takes the pictures of docs/ from a built site: an overview, a region, a report and a cell in its source.

    scrapy demo && python scripts/screenshots.py [--site output/demo/site] [--to docs]

Needs Chromium and the extra browser. The pictures are PNG files of 128 colours, each under 200 KB.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

SIZE = {"width": 1180, "height": 800}
LARGEST = 200_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--site", type=Path, default=Path("output/demo/site"))
    parser.add_argument("--to", type=Path, default=Path("docs"))
    options = parser.parse_args()
    browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser_path is None or not (options.site / "index.html").is_file():
        print(
            f"没有 Chromium,或 {options.site} 里没有网站 / no Chromium, or no site in {options.site}", file=sys.stderr
        )
        return 2
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        for name, show in PICTURES.items():
            show(page, f"file://{options.site.resolve()}")
            path = options.to / f"site-{name}.png"
            page.screenshot(path=path)
            size = path.stat().st_size
            print(f"{path}  {size:,} B")
            if size > LARGEST:
                print(f"{path}: > {LARGEST:,} B", file=sys.stderr)
                return 1
        browser.close()
    return 0


def overview(page: Page, site: str) -> None:
    page.goto(f"{site}/zh/index.html")


def region(page: Page, site: str) -> None:
    page.goto(f"{site}/zh/provinces/370000.html")
    page.locator("#regions tbody th a").first.click()
    page.locator(".cards").first.scroll_into_view_if_needed()
    page.evaluate("window.scrollTo(0, document.querySelector('.cards').offsetTop - 80)")


def report(page: Page, site: str) -> None:
    """The report in which most does not add up, at its table three."""
    page.goto(f"{site}/zh/rules/t302.html")
    page.locator("#found tbody a").first.click()
    page.wait_for_load_state()
    page.evaluate("document.querySelector('td.wrong.error').scrollIntoView({block: 'center'})")


def source(page: Page, site: str) -> None:
    """From the marked number to its cell in the archived page."""
    report(page, site)
    page.locator("td.wrong.error > a").first.click()
    page.locator(":target").wait_for()


PICTURES = {"overview": overview, "region": region, "report": report, "source": source}

if __name__ == "__main__":
    sys.exit(main())
