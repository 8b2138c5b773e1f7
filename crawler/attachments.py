"""The files of a report beside its page: which links of an article lead to them, and what a file is called.

``wanted`` names the files worth a fetch: all of them, or those that a page needs because it shows not all of its
tables itself. A file is known by the ending of its address, by the address of a download script (``download.jsp``,
``downfile.jsp``, ``wbfileid=``), by the link's text, or by how it stands in the page (a frame, a picture in the body).
``file_name`` reads Content-Disposition as servers write it: RFC 5987, percent signs, UTF-8 or GBK bytes, MIME words.
Pure functions over a response; nothing is requested.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.header import decode_header, make_header
from urllib.parse import unquote_to_bytes, urlsplit

from scrapy.http import Response, TextResponse

from crawler.discovery import in_frame
from crawler.families.page import Element, absolute, base_url, elements, text_of, tree
from crawler.items import FetchedDocument
from crawler.report_pages import tables_shown

MOST = 8  # files of one report
NEVER, MISSING, ALWAYS = "never", "missing", "always"
POLICIES = (NEVER, MISSING, ALWAYS)

_ENDING = r"\.(?:pdf|docx?|wps|xlsx?|et|ods|odt|rtf|zip)"
_FILE = re.compile(rf"{_ENDING}(?:$|[?#&;])", re.I)
_NAMED = re.compile(rf"{_ENDING}\s*[)\]】]?\s*$", re.I)
_SCRIPT = re.compile(
    r"/(?:download|downfile|downloadfile|down|attach|fileDownload|downloadAttach)(?:\.\w{2,5})?(?:$|[/?;])"
    r"|[?&](?:wbfileid|fileid|attachid|attach_id|filename|fileName)=",
    re.I,
)
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|bmp|tiff?|webp)(?:$|[?#])", re.I)
_ORNAMENT = re.compile(
    r"logo|icon|banner|qr|ewm|erweima|weixin|wechat|share|btn|arrow|bg[_.]|blue|red\.|jiucuo|dangzheng|beian|search"
    r"|nav|/skin|/templates?/|/images?/(?:\w{1,12}\.)",
    re.I,
)
_SMALL = 120  # pixels: no table fits a picture of less
_PROMISING = re.compile(r"公开|年报|年度报告|报告|附件|附表|统计表|下载|表[一二三四234]")
# downFile('/dl/7.docx')
_CALLED = re.compile(r"""(?:down|open|attach|file)\w{0,20}\(\s{0,3}['"]([^'"]{3,500})['"]""", re.I)
_VIEWED = re.compile(r"[?&](?:file|src|url)=([^&#]+)", re.I)
_EXTENDED = re.compile(r"filename\*\s*=\s*([\w-]*)'[^']*'([^;]+)", re.I)
_PLAIN = re.compile(r"""filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]+))""", re.I)


def wanted(page: TextResponse, policy: str = MISSING) -> list[str]:
    """The addresses of the files to fetch with an article, most promising first; none that is not on the page."""
    if policy == NEVER or (policy == MISSING and len(tables_shown(page)) == 3):
        return []
    found: dict[str, int] = {}
    for url, rank in (*_linked(page), *_framed(page), *_pictures(page)):
        if url != page.url:
            found[url] = min(rank, found.get(url, rank))
    return sorted(found, key=lambda url: found[url])[:MOST]


def is_file(url: str) -> bool:
    """Whether an address is that of a file rather than of a page.

    >>> is_file("http://sim/a/P0202.pdf"), is_file("http://sim/system/_content/download.jsp?wbfileid=7")
    (True, True)
    >>> is_file("http://sim/art/2025/1/22/art_1_2.html"), is_file("http://sim/download/")
    (False, True)
    """
    parts = urlsplit(url)
    return bool(_FILE.search(parts.path) or _SCRIPT.search(f"{parts.path}?{parts.query}"))


def file_name(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> str | None:
    """What a server calls a file, without any folder; headers are strings of latin-1 characters, as they came.

    >>> file_name({"Content-Disposition": "attachment; filename*=UTF-8''%E5%B9%B4%E6%8A%A5.pdf"})
    '年报.pdf'
    >>> file_name({"Content-Disposition": 'inline; filename="' + "年报.doc".encode("gbk").decode("latin-1") + '"'})
    '年报.doc'
    >>> file_name({"content-disposition": "attachment; filename==?UTF-8?B?5bm05oqlLnBkZg==?="})
    '年报.pdf'
    >>> file_name({"Content-Disposition": 'attachment; filename="..%2f..%2fetc%2fpasswd"'})
    'passwd'
    """
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    value = next((value for name, value in pairs if name.lower() == "content-disposition"), "")[:2000]
    if extended := _EXTENDED.search(value):
        name = _decoded(unquote_to_bytes(extended[2].strip().strip('"')), extended[1])
    elif plain := _PLAIN.search(value):
        raw = plain[1] if plain[1] is not None else plain[2].strip()
        if raw.startswith("=?"):
            name = str(make_header(decode_header(raw)))
        else:
            name = _decoded(unquote_to_bytes(raw.encode("latin-1", "replace")), "")
    else:
        return None
    base = re.split(r"[/\\]", name)[-1]
    return re.sub(r"[\x00-\x1f\x7f]", "", base).strip()[:200] or None


def _decoded(raw: bytes, declared: str) -> str:
    for encoding in (declared, "utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("utf-8", "replace")


def name_of(response: Response) -> str | None:
    """The file name in a response's headers."""
    values = response.headers.getlist("Content-Disposition")
    return file_name({"Content-Disposition": values[0].decode("latin-1")}) if values else None


def _linked(page: TextResponse) -> Iterable[tuple[str, int]]:
    """Links to files, outside of the site's frame. A text that speaks of the report, or a file's name, comes first."""
    base = base_url(page)
    for anchor in tree(page).iter("a", "button", "span", "li"):
        href = anchor.get("href") or ""
        url = absolute(base, href) if anchor.tag == "a" else None
        called = _CALLED.search(anchor.get("onclick") or href) if url is None or anchor.get("onclick") else None
        url = (absolute(base, called[1]) if called else None) or url
        if url is None:
            continue
        text = text_of(anchor) or anchor.get("title") or ""
        named = bool(_NAMED.search(text))
        if (is_file(url) or named) and not in_frame(anchor):
            yield url, 0 if _PROMISING.search(text) else 1 if named else 2


def _framed(page: TextResponse) -> Iterable[tuple[str, int]]:
    """Files shown in a frame, by themselves or through a viewer (``viewer.html?file=…``), and pages in the body."""
    base = base_url(page)
    for frame in elements(page, "iframe", "embed", "object"):
        source = frame.get("src") or frame.get("data")
        viewed = _VIEWED.search(source or "")
        inner = unquote_to_bytes(viewed[1]).decode("utf-8", "replace") if viewed else None
        for target in (inner, source):
            url = absolute(base, target)
            if url and (is_file(url) or (frame.tag == "iframe" and not viewed and not in_frame(frame))):
                yield url, 1 if is_file(url) else 3
                break


def _pictures(page: TextResponse) -> Iterable[tuple[str, int]]:
    """Pictures in the body that may be tables."""
    base = base_url(page)
    for image in tree(page).iter("img"):
        url = absolute(base, image.get("src"))
        if not url or not _PICTURE.search(url) or _ORNAMENT.search(urlsplit(url).path):
            continue
        if not _is_small(image) and not in_frame(image):
            yield url, 4


def _is_small(image: Element) -> bool:
    style = image.get("style") or ""
    sizes = [image.get("width"), image.get("height"), *re.findall(r"(?:width|height)\s*:\s*(\d{1,5})px", style)]
    numbers = [int(m[0]) for size in sizes if size and (m := re.match(r"\s*(\d{1,5})(?!\s*%)", size))]
    return bool(numbers) and min(numbers) < _SMALL


def document_of(page: Response, asked_url: str) -> FetchedDocument:
    """A response as one document of a report."""
    content_type = page.headers.get("Content-Type")
    from_archive = page.request.meta.get("fetched_at") if page.request is not None else None
    return FetchedDocument(
        url=asked_url,
        final_url=page.url,
        status=page.status,
        content_type=content_type.decode("latin-1") if content_type else None,
        body=page.body,
        fetched_at=from_archive or datetime.now(UTC).isoformat(timespec="seconds"),
        headers=[
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, values in page.headers.items()
            for value in values
        ],
        name=name_of(page),
    )
