"""Settings that can't be meant: a word where a number is expected, a negative one, a setting that nobody knows.

What is expected of a setting, the type of its default in ``settings/default.py`` tells.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from scrapy.settings import BaseSettings

from crawler.errors import InputError


def check_values(settings: BaseSettings) -> None:
    """Raises ``InputError``."""
    from settings import default as known

    for name, usual in vars(known).items():
        if name.isupper() and isinstance(usual, bool | int | float) and not _fits(settings, name, usual):
            zh, en = _EXPECTED[type(usual)]
            raise InputError(f"{name} 应为{zh},不是“{settings[name]}”", f"{name} is {en}, not {settings[name]!r}")


def check_names(settings: BaseSettings, names: Iterable[str]) -> None:
    """Raises ``InputError`` for a setting that neither the project nor Scrapy has."""
    if unknown := sorted(name for name in names if name not in settings):
        raise InputError(f"没有设置项 {', '.join(unknown)}", f"no such setting: {', '.join(unknown)}")


_EXPECTED = {
    bool: ("True 或 False", "True or False"),
    int: ("非负整数", "a whole number, not negative"),
    float: ("非负数", "a number, not negative"),
}


def _fits(settings: BaseSettings, name: str, usual: float) -> bool:
    try:
        if isinstance(usual, bool):
            return settings.getbool(name) in (True, False)
        number = settings.getint(name) if isinstance(usual, int) else settings.getfloat(name)
    except (TypeError, ValueError):
        return False
    return math.isfinite(number) and number >= 0
