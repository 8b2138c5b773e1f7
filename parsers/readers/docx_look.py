"""What the properties and styles of a Word document do to its text, as ``html_look`` names the effects.

Properties are given as ``Given``: the value of each one that tells something, ``1`` where it has none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from parsers.readers.html_look import APART, DOUBT, PALE, STRUCK, UNSEEN, is_pale
from parsers.readers.zipped import attribute, local

_TELLING = frozenset(
    "vanish strike dstrike vertAlign position color shd highlight sz w spacing eastAsianLayout".split()
)
_OFF = frozenset(["0", "false", "off", "none"])
_TITLES = frozenset(["title", "heading 1", "heading 2", "heading 3"])
LEAST_SIZE, LEAST_SCALE, LEAST_SPACING, LEAST_HEIGHT = 6, 30, -60, 60  # half points, percent, twips, twips

Given = dict[str, str]


@dataclass(slots=True)
class Styles:
    """What styles say of their text by their ids, and the styles of titles and headings."""

    given: dict[str, Given] = field(default_factory=dict)
    titles: set[str] = field(default_factory=set)


def styles_of(part: Iterable[Any]) -> Styles:
    """The styles of a document's part for styles; a style has what the one it is based on has."""
    styles = Styles()
    based: dict[str, str | None] = {}
    for node in part:
        key = attribute(node, "styleId")
        if local(node.tag) != "style" or key is None:
            continue
        name = child_of(node, "name")
        if name is not None and (attribute(name, "val") or "").lower() in _TITLES:
            styles.titles.add(key)
        styles.given[key], based[key] = given_by(child_of(node, "rPr")), value_of(node, "basedOn")
    own = dict(styles.given)
    for key in own:
        chain, at = [key], based.get(key)
        while at in own and at not in chain:
            chain.append(at)
            at = based.get(at)
        styles.given[key] = {name: value for each in reversed(chain) for name, value in own[each].items()}
    return styles


def given_by(properties: Any) -> Given:
    """What run properties say of how text is printed."""
    given = {}
    for child in properties if properties is not None else ():
        name = local(child.tag)
        if name in _TELLING:
            given[name] = attribute(child, {"shd": "fill", "eastAsianLayout": "combine"}.get(name, "val")) or "1"
    return given


def look_of(given: Given) -> int:
    """The effects of run properties, as ``html_look`` names them."""
    if not given:
        return 0
    if _on(given, "vanish"):
        return UNSEEN
    look = STRUCK if _on(given, "strike") or _on(given, "dstrike") else 0
    if given.get("vertAlign", "baseline") != "baseline" or given.get("position", "0") != "0":
        look |= APART
    size, scale, spacing = (_whole(given.get(name), 100) for name in ("sz", "w", "spacing"))
    if size <= LEAST_SIZE or scale < LEAST_SCALE or spacing <= LEAST_SPACING or _on(given, "eastAsianLayout"):
        look |= DOUBT
    if is_pale(given.get("color", "")) and given.get("highlight", "none") == "none" and is_bare(given.get("shd")):
        look |= PALE
    return look


def _on(given: Given, name: str) -> bool:
    return given.get(name, "0").lower() not in _OFF


def _whole(digits: str | None, default: int) -> int:
    bare = (digits or "").removeprefix("-")
    return int(digits or 0) if bare.isascii() and bare.isdigit() and len(bare) < 6 else default


def is_bare(fill: str | None) -> bool:
    return fill is None or fill == "auto" or is_pale(fill)


def child_of(node: Any, name: str) -> Any:
    return next((child for child in node if local(child.tag) == name), None)


def is_on(properties: Any, name: str) -> bool:
    switch = child_of(properties, name)
    return switch is not None and (attribute(switch, "val") or "1").lower() not in _OFF


def value_of(properties: Any, name: str) -> str | None:
    node = None if properties is None else child_of(properties, name)
    return None if node is None else attribute(node, "val")


def shade_of(cell: Any) -> str | None:
    properties = child_of(cell, "tcPr")
    shade = None if properties is None else child_of(properties, "shd")
    return None if shade is None else attribute(shade, "fill")


def flat_row(properties: Any) -> str | None:
    """The doubt about a row that is too low to show its text."""
    height = None if properties is None else child_of(properties, "trHeight")
    if height is None or attribute(height, "hRule") != "exact":
        return None
    return "style" if _whole(attribute(height, "val"), LEAST_HEIGHT) < LEAST_HEIGHT else None
