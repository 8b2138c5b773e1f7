"""What styles do to the text of a page: which of it is not seen, which does not stand where the source has it.

``effect`` tells that of a style attribute, ``Looks`` of any element of a page, its style sheets included. The answer
is a sum of ``UNSEEN`` (not on the page), ``APART`` (a piece of its own: no digit joins those beside it), ``SPLIT`` (each
child is a piece of its own), ``STRUCK``, ``PALE`` (hardly to be seen unless upon a colour) and ``DOUBT`` (mirrored,
clipped, tiny, with generated digits). A style sheet that hides something is doubted: what holds in the end, scripts
and other sheets decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from lxml import etree

UNSEEN, APART, SPLIT, STRUCK, PALE, DOUBT = 1, 2, 4, 8, 16, 32
MAX_SHEET, MAX_RULES = 300_000, 400  # characters of the style sheets, rules that have an effect

_PARTS = "descendant-or-self::*"  # elements alone: // would ask each piece of text for its attributes too
_ATTRIBUTES = etree.XPath(
    f"{_PARTS}/@style | {_PARTS}/@hidden | {_PARTS}/@dir | descendant::font/@color", smart_strings=False
)
_TOKENS = etree.XPath(f"{_PARTS}/@class | {_PARTS}/@id", smart_strings=False)
_BLOCKS = frozenset(
    ["td", "th", "p", "div", "tr", "table", "tbody", "li", "ul", "ol", "center", "h1", "h2", "h3", "h4"]
)
_ROOMS = frozenset(["td", "th", "tr", "tbody", "thead", "tfoot", "table"])  # a place in the grid whatever its display
_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.S)
_RULE = re.compile(r"([^{};]{1,400})\{([^{}]{0,2000})\}")
_LAST = re.compile(r"[^\s>+~]+\s*$")
_KEY = re.compile(r"[.#]([\w-]+)|^([a-z][a-z0-9]*)", re.I)
_NAME = re.compile(r"[.#]([\w-]+)")
_CONTENT = re.compile(r"content\s*:\s*([^;]*)", re.I)
_MOMENT = re.compile(
    r":(?:hover|active|focus|visited|link|target|checked|disabled)\b", re.I
)  # not the page as it stands
_PSEUDO = re.compile(r"::?(before|after|first-letter|first-line|marker)\s*$", re.I)
_GENERATED = re.compile(r"\d|attr\(|counter")
_ICON = re.compile(r"\\[ef][0-9a-f]{3}\s?", re.I)  # a sign of an icon font
_SIZE = re.compile(r"(-?\d*\.?\d+)\s*(px|pt|em|rem|ex|%|mm|cm|in|vw|vh|q)?")
_FONT_SIZE = re.compile(r"(?:^|\s)(?:(\d*\.?\d+)(px|pt|em|rem|%)|(0)(?=\s|/))")
_PIXELS = {"pt": 4 / 3, "em": 16.0, "rem": 16.0, "ex": 8.0, "%": 0.16, "mm": 3.8, "cm": 38.0, "in": 96.0}
_HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})(?:[0-9a-f]{2})?")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]*)\)")
_WHITES = frozenset(
    "white snow ivory ghostwhite whitesmoke floralwhite azure mintcream honeydew seashell aliceblue transparent".split()
)
LEAST_SIZE, LEAST_OPACITY, PALEST = 4.0, 0.3, 224  # pixels of a font, share, the darkest part of a colour


@lru_cache(maxsize=4096)
def effect(style: str, inline: bool = True) -> int:
    """What a style attribute does to the text in its element, ``inline`` or a block.

    >>> effect("display: none"), effect("float:right"), effect("color:#fff"), effect("font-size:9pt; color:red")
    (1, 2, 16, 0)
    >>> effect("vertical-align:super"), effect("vertical-align:middle"), effect("transform: rotate(180deg)")
    (2, 0, 32)
    """
    given = _given(style)
    if given.keys().isdisjoint(_PROPERTIES) and given.keys().isdisjoint(_SPOILERS):
        return 0
    return _hiding(given) | _placing(given, inline) | _spoiling(given, inline)


def _given(style: str) -> dict[str, str]:
    given = {}
    for part in style.lower().split(";"):
        name, _, value = part.partition(":")
        given[name.strip().removeprefix("-webkit-")] = value.replace("!important", "").strip()
    return given


def _hiding(given: dict[str, str]) -> int:
    size = _font_size(given)
    opacity = _share(given.get("opacity"))
    far = any(_pixels(given.get(side)) <= -100 for side in ("left", "top", "text-indent", "margin-left", "margin-top"))
    if given.get("display") == "none" or given.get("visibility") in ("hidden", "collapse") or far:
        return UNSEEN
    if size == 0 or opacity == 0:
        return UNSEEN
    return DOUBT if (size is not None and size < LEAST_SIZE) or opacity < LEAST_OPACITY else 0


def _placing(given: dict[str, str], inline: bool) -> int:
    display, position = given.get("display", ""), given.get("position")
    found = 0
    if display and not display.startswith("inline") and display not in ("contents", "initial", "inherit", "none"):
        found |= APART
    if "flex" in display or "grid" in display:
        found |= SPLIT
    if given.get("float") in ("left", "right") or "order" in given or position in ("absolute", "fixed"):
        found |= APART
    if position == "relative" and any(_pixels(given.get(side)) for side in ("left", "right", "top", "bottom")):
        found |= APART
    if inline and given.get("vertical-align", "baseline") not in ("baseline", "middle", "inherit", "initial"):
        found |= APART if _pixels(given["vertical-align"], 1.0) else 0
    return found


def _spoiling(given: dict[str, str], inline: bool) -> int:
    found = 0
    if "line-through" in given.get("text-decoration", "") + given.get("text-decoration-line", ""):
        found |= STRUCK
    if given.get("direction") == "rtl" or "override" in given.get("unicode-bidi", ""):
        found |= DOUBT
    if any(given.get(name, "none") not in ("none", "auto", "initial") for name in _SPOILERS):
        found |= DOUBT
    narrow = any(0 <= _pixels(given.get(side), -1.0) <= 1 for side in _SIDES)
    if narrow and given.get("overflow", "visible") not in ("visible", "auto"):
        found |= DOUBT
    nearer = ("letter-spacing", "margin-left", "margin-right") if inline else ("letter-spacing",)
    if any(_pixels(given.get(name)) <= -3 for name in nearer):
        found |= DOUBT
    ink, ground = given.get("text-fill-color") or given.get("color"), _ground(given)
    if ink and ink == ground:
        found |= DOUBT
    elif ink and is_pale(ink):
        found |= PALE
    return found


_PROPERTIES = frozenset(
    "display visibility opacity font font-size position float order direction unicode-bidi overflow letter-spacing margin-left "
    "margin-right margin-top left right top bottom text-indent text-decoration text-decoration-line text-fill-color color "
    "vertical-align content".split()
)
_SIDES = ("width", "height", "max-width", "max-height")
_SPOILERS = ("transform", "rotate", "scale", "translate", "clip", "clip-path", "filter", "text-security", "mask")


def _pixels(value: str | None, other: float = 0.0) -> float:
    """A length in pixels, ``other`` where it is none."""
    found = _SIZE.match(value) if value else None
    return other if found is None else float(found[1]) * _PIXELS.get(found[2] or "px", 1.0)


def _share(value: str | None) -> float:
    found = _SIZE.match(value) if value else None
    return 1.0 if found is None else float(found[1]) / (100 if found[2] == "%" else 1)


def _font_size(given: dict[str, str]) -> float | None:
    size = given.get("font-size")
    if size:
        found = _SIZE.match(size)
        return None if found is None else _pixels(size)
    found = _FONT_SIZE.search(given.get("font", ""))
    return None if found is None else 0.0 if found[3] else _pixels(found[1] + found[2])


def _ground(given: dict[str, str]) -> str | None:
    return given.get("background-color") or given.get("background") or None


def is_pale(color: str) -> bool:
    """
    >>> is_pale("#fff"), is_pale("rgb(250, 250, 250)"), is_pale("rgba(0,0,0,0)"), is_pale("#333"), is_pale("red")
    (True, True, True, False, False)
    """
    color = color.lower()
    if color in _WHITES:
        return True
    if found := _HEX.fullmatch(color):
        step = len(found[1]) // 3
        return all(int(found[1][i : i + step] * (3 - step), 16) >= PALEST for i in range(0, 3 * step, step))
    if found := _FUNCTION.match(color):
        parts = [float(part) for part in re.findall(r"\d*\.?\d+", found[2])]
        if len(parts) > 3 and parts[3] < LEAST_OPACITY:
            return True
        return len(parts) > 2 and (min(parts[:3]) >= PALEST if found[1] == "rgb" else parts[2] >= 90)
    return False


class _Rule(NamedTuple):
    """A rule of a style sheet: its selector, the classes and ids that this names, and its effect."""

    selector: str
    names: frozenset[str]
    does: int


class Looks:
    """The look of the elements of one page. ``any_in(node)`` says whether it is worth asking for those in a node."""

    def __init__(self, root: Any, styles: Iterable[Any]) -> None:
        self.root = root
        self.sheet: dict[str, list[_Rule]] = {}
        self.matched: dict[Any, int] = {}  # keeps the elements, so that they stay the same objects
        text = "\n".join(islice((style.text or "" for style in styles), 200))[:MAX_SHEET]
        for key, rule in _rules(text):
            self.sheet.setdefault(key, []).append(rule)

    def any_in(self, node: Any) -> bool:
        """Whether anything in a node may have an effect."""
        if self.sheet:
            keys = _names(_strings(_TOKENS, node))
            tags = {name for name in self.sheet if name.islower() and next(node.iter(name), None) is not None}
            self._resolve(keys | tags, keys, node)
        return bool(self.matched) or any(
            value in _SIGNS or is_pale(value) or _does(value) for value in set(_strings(_ATTRIBUTES, node))
        )

    def of_piece(self, node: Any) -> int:
        """The effect of an inline element that is a piece of a line and holds no block."""
        if self.sheet and (named := node.get("class") or node.get("id")):
            keys = set(named.split())
            self._resolve(keys, keys, node)
        does = self.of(node) & ~SPLIT
        return 0 if does and next(node.iterdescendants("p", "div", "table", "br", "img"), None) is not None else does

    def _resolve(self, keys: set[str], inside: set[str], node: Any) -> None:
        """Find the elements of the rules with these keys that can be about something in a node."""
        if not (keys := keys & self.sheet.keys()):
            return
        around = inside | _names(value for each in node.iterancestors() for value in each.attrib.values())
        for key in keys:
            rules = self.sheet.pop(key)
            if others := [rule for rule in rules if not rule.names <= around]:
                self.sheet[key] = others
            for rule in rules:
                if rule.names <= around:
                    self._match(rule, key)

    def _match(self, rule: _Rule, key: str) -> None:
        from cssselect import HTMLTranslator, SelectorError  # few pages need it

        try:
            found = self.root.xpath(HTMLTranslator().css_to_xpath(rule.selector))
        except (SelectorError, etree.XPathError, NotImplementedError):
            found = self.root.iter(key)
        for element in found:
            self.matched[element] = self.matched.get(element, 0) | rule.does

    def of(self, node: Any) -> int:
        """The effects of one element by its own attributes and the page's style sheets."""
        tag = node.tag
        inline = tag not in _BLOCKS
        does = effect(style, inline) if (style := node.get("style")) else 0
        if tag in _ROOMS:
            does &= ~(APART | SPLIT)
        if node.get("hidden") is not None:
            does |= UNSEEN
        if tag == "bdo" or (node.get("dir") or "").lower() == "rtl":
            does |= DOUBT
        if tag == "font" and (color := node.get("color")) and is_pale(color.strip()):
            does |= PALE
        if self.matched:
            does |= self.matched.get(node, 0)
        return does & ~PALE | DOUBT if does & PALE and not _upon_colour(node) else does & ~PALE


_SIGNS = frozenset(["", "hidden", "rtl", "RTL"])


def _strings(path: etree.XPath, node: Any) -> Iterable[str]:
    return path(node)  # type: ignore[return-value]


def _does(style: str) -> int:
    return effect(style) | effect(style, False)


def _upon_colour(node: Any) -> bool:
    """Whether an element or the part of the table that holds it has a background that is not pale itself."""
    while node is not None:
        style = node.get("style")
        ground = node.get("bgcolor") or (_ground(_given(style)) if style else None)
        if ground:
            return not is_pale(ground.split()[0])
        if node.tag == "table":
            return False
        node = node.getparent()
    return False


def _names(values: Iterable[str]) -> set[str]:
    return {name for value in set(values) for name in value.split()}


@lru_cache(maxsize=32)  # the pages of a portal have one style sheet
def _rules(text: str) -> list[tuple[str, _Rule]]:
    """Every rule of a style sheet that does something to text, with the class, the id or the tag that its element has."""
    return list(islice(_rules_of(_COMMENT.sub(" ", text)), MAX_RULES))


def _rules_of(text: str) -> Iterator[tuple[str, _Rule]]:
    for selectors, declarations in _RULE.findall(text):
        does = _does(declarations)
        content = _CONTENT.search(declarations)
        generated = content is not None and bool(_GENERATED.search(_ICON.sub("", content[1])))
        if not does and not generated:
            continue
        for selector in selectors.split(","):
            pseudo = _PSEUDO.search(selector)
            if _MOMENT.search(selector) or (pseudo and pseudo[1].lower() in ("before", "after") and not generated):
                continue
            plain = selector[: pseudo.start()].strip() if pseudo else selector.strip()
            last = _LAST.search(plain)
            found = _KEY.search(last[0]) if last else None
            if found is not None:
                certain = 0 if pseudo else does & (APART | SPLIT | STRUCK)
                does_here = certain if certain == does and not generated else certain | DOUBT
                yield found[1] or found[2], _Rule(plain, frozenset(_NAME.findall(plain)), does_here)
