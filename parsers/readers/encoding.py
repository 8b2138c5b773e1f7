"""Which encoding a text is in, decided by strict decoding.

Order: a byte order mark, UTF-8, what the header or the page declares, GB18030. UTF-8 goes before the declared
charset because a wrong declaration is common while Chinese text in another encoding is practically never valid
UTF-8. Where nothing decodes strictly the reading with the fewest replaced characters is taken and counted.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DECLARED = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_\-]{2,20})""", re.I)
_ALIASES = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030"}


@dataclass(frozen=True, slots=True)
class Decoded:
    text: str
    encoding: str
    errors: int = 0


def declared(body: bytes, content_type: str | None) -> list[str]:
    """The charsets that the header and the first 4 KB of the page name, as Python codecs."""
    names = []
    for text in ((content_type or "").encode("ascii", "ignore"), body[:4096]):
        if found := _DECLARED.search(text):
            name = found[1].decode().lower()
            try:
                names.append(codecs.lookup(_ALIASES.get(name, name)).name)
            except LookupError:
                continue
    return names


def decode(body: bytes, content_type: str | None = None) -> Decoded:
    """The text of ``body``.

    >>> decode('年报'.encode('gbk'), 'text/html; charset=utf-8').encoding
    'gb18030'
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return Decoded(body.decode(name, "replace"), name)
    for name in dict.fromkeys(["utf-8", *declared(body, content_type), "gb18030"]):
        try:
            return Decoded(body.decode(name), name)
        except (UnicodeDecodeError, LookupError):
            continue
    readings = [(body.decode(name, "replace"), name) for name in ("utf-8", "gb18030")]
    text, name = min(readings, key=lambda reading: reading[0].count("\ufffd"))
    return Decoded(text, name, text.count("\ufffd"))
