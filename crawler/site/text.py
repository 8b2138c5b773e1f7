"""What portals wrote, made safe to show: no control of the reading direction, no address but of the web, no free name
of a file. Escaping itself is Jinja's, which is on for every template."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlsplit

_UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_NAME = re.compile(r"[0-9a-z][0-9a-z_-]{0,63}")
_PERSON = re.compile(
    r"((?:联系人员?|负责人|经办人|审核人|填报人|填表人|责任编辑|编辑)(?:姓名)?[ \u3000]{0,3}[:：][ \u3000]{0,3})"
    r"[\u4e00-\u9fff·]{1,3}(?:[ \u3000]?[\u4e00-\u9fff·]){1,3}(?![\u4e00-\u9fff])"
)
_PERSON_FOLLOWS = re.compile(r"(?:联系人员?|负责人|经办人|审核人|填报人|填表人|责任编辑)(?:姓名)?\s{0,3}[:：]?\s{0,3}")
_NAME_ALONE = re.compile(r"(\s*)[\u4e00-\u9fff·]{2,4}(?![\u4e00-\u9fff])")
_MOBILE = re.compile(r"(?<!\d)(1[3-9])\d{9}(?!\d)")
MOST_URL = 2000


def clean(text: str) -> str:
    """The text without characters that show nothing or turn the reading direction of what follows.

    >>> clean("2023\u202e年\\x07报")
    '2023年报'
    """
    return text if text.isascii() and text.isprintable() else _UNSHOWN.sub("", text)


def brief(value: object, most: int = 300) -> object:
    """A text, cut where it is longer than a list can show.

    >>> brief("无锡市", 2), brief(None), brief(12)
    ('无锡…', None, 12)
    """
    return f"{value[:most]}…" if isinstance(value, str) and len(value) > most else value


def masked(text: str, after: str = "") -> str:
    """The text without names of contact persons and without mobile numbers; ``after`` is what stands before it, where
    label and name are in cells or elements of their own.

    >>> masked("联系人:张三,电话:13912345678"), masked("张三", "联系人:")
    ('联系人:**,电话:13*********', '**')
    """
    text = _MOBILE.sub(r"\1*********", _PERSON.sub(r"\1**", text))
    return _NAME_ALONE.sub(r"\1**", text, count=1) if after and _PERSON_FOLLOWS.fullmatch(after.strip()) else text


def web_url(url: object) -> str | None:
    """The address, if it may be a link: http or https, with a host, without credentials or blanks.

    >>> web_url("https://www.example.gov.cn/a?b=1"), web_url("javascript:alert(1)"), web_url("http://a b/")
    ('https://www.example.gov.cn/a?b=1', None, None)
    """
    if not isinstance(url, str) or len(url) > MOST_URL or clean(url) != url or re.search(r'[\s"<>\\^`{|}]', url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host and "@" not in parts.netloc else None


def file_name(identity: object) -> str:
    """A name for a page of ``identity``: itself in lower case where it is plain, else a hash of it.

    >>> file_name("T302"), file_name("50bc29d6a7984fcc"), file_name("../../etc/passwd")
    ('t302', '50bc29d6a7984fcc', 'x3754d6cb3a38e118')
    """
    text = str(identity)
    return (
        text.lower()
        if _NAME.fullmatch(text.lower())
        else "x" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
    )
