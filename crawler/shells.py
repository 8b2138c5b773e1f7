"""Pages that are shells: where they send their reader, which frames they hold, what scripts added to them.

Pure functions over a response; nothing is run, and a script that decides by the client or sets a cookie is left alone.
"""

from __future__ import annotations

import re
from itertools import islice

from scrapy.http import TextResponse

from crawler.families.page import absolute, base_url, elements, scripts, tree, visible_text
from crawler.urls import city_domain

Shown = tuple[int, int]
"""What a page shows: how many links, how many characters."""

_SCRIPT_GO = re.compile(
    r"""(?:^|[;{\s])(?:window\.|top\.|self\.|parent\.|document\.)*location(?:\.href)?\s*=\s*(['"])([^'"]+)\1"""
    r"""|location\.(?:replace|assign)\s*\(\s*(['"])([^'"]+)\3""",
)
_CONDITIONAL = re.compile(r"userAgent|document\.cookie|\bscreen\.|eval\(|\$_ts|__jsl")
_REFRESH = re.compile(r"^\s*(\d+)(?:\.\d*)?\s*[;,]\s*url\s*=\s*['\"]?\s*([^'\"]+)", re.I)


def shell_redirect(response: TextResponse) -> str | None:
    """Where a page without content sends its reader, by meta refresh or one plain script line."""
    for meta in elements(response, "meta"):
        match = _REFRESH.match(meta.get("content") or "")
        if (meta.get("http-equiv") or "").lower() == "refresh" and match and int(match.group(1)) <= 10:
            return _elsewhere(response, match.group(2))
    root = tree(response)
    if next(islice(root.iter("a"), 3, None), None) is not None or len(visible_text(response)) > 200:
        return None
    script = scripts(response)
    if len(script) > 2000 or _CONDITIONAL.search(script):
        return None
    match = _SCRIPT_GO.search(script)
    body = root.find("body")
    onload = (body.get("onload") or "") if body is not None else ""
    match = match or _SCRIPT_GO.search(onload)
    return _elsewhere(response, match.group(2) or match.group(4)) if match else None


def has_scripts(page: TextResponse) -> bool:
    return bool(elements(page, "script"))


def shown(page: TextResponse) -> Shown:
    return sum(1 for _ in tree(page).iter("a")), len(visible_text(page))


def shows_more(rendered: TextResponse, before: Shown) -> bool:
    """Whether scripts have added links or text to a page that had ``before``."""
    links, characters = shown(rendered)
    return links > before[0] or characters > before[1] + 20


def iframe_targets(response: TextResponse) -> list[str]:
    """The pages that a page holds in frames, of the same site, in order."""
    found: dict[str, None] = {}
    base = base_url(response)
    for frame in elements(response, "iframe", "frame"):
        url = absolute(base, frame.get("src"))
        if url and url != response.url and city_domain(url) == city_domain(response.url):
            found.setdefault(url)
    return list(found)


def _elsewhere(response: TextResponse, target: str) -> str | None:
    url = absolute(base_url(response), target.strip())
    return None if url is None or url == response.url.partition("#")[0] else url
