"""The files beside an article: which of a page's links, frames and pictures are worth a fetch."""

from __future__ import annotations

import pytest
from scrapy.http import HtmlResponse

from crawler.attachments import ALWAYS, MOST, NEVER, file_name, wanted

LABELS = ("第二十条第（一）项", "行政许可", "本年新收", "结转下年度", "结果维持", "复议后起诉")
TABLES = "<table><tr>" + "".join(f"<td>{label}</td>" for label in LABELS) + "</tr></table>"
URL = "http://www.sim/zwgk/202501/t20250122_1.html"


def page(body: str) -> HtmlResponse:
    return HtmlResponse(URL, body=f"<html><body>{body}</body></html>".encode(), encoding="utf-8")


def test_a_page_with_all_tables_needs_no_file() -> None:
    article = page(TABLES + '<a href="./P0202.pdf">附件：年报.pdf</a>')
    assert wanted(article) == []
    assert wanted(article, ALWAYS) == ["http://www.sim/zwgk/202501/P0202.pdf"]
    assert wanted(page('<a href="./P0202.pdf">年报.pdf</a>'), NEVER) == []


@pytest.mark.parametrize(
    ("markup", "file"),
    [
        ('<a href="./P020250207398112345678.pdf">附件</a>', "/zwgk/202501/P020250207398112345678.pdf"),
        ('<a href="/module/download/downfile.jsp?classid=0&filename=ab12.doc">点击下载</a>',
         "/module/download/downfile.jsp?classid=0&filename=ab12.doc"),
        ('<a href="/system/_content/download.jsp?urltype=news.DownloadAttachUrl&owner=1&wbfileid=77">年报</a>',
         "/system/_content/download.jsp?urltype=news.DownloadAttachUrl&owner=1&wbfileid=77"),
        ('<a href="/gateway/file/8812ab">云河县2024年政府信息公开工作年度报告.docx</a>', "/gateway/file/8812ab"),
        ('<iframe src="/pdfjs/web/viewer.html?file=%2Fupload%2Fnb.pdf"></iframe>', "/upload/nb.pdf"),
        ('<embed src="/upload/nb.pdf" type="application/pdf">', "/upload/nb.pdf"),
        ("<a href=\"javascript:download('/dl/8.docx')\">附件</a>", "/dl/8.docx"),
        ("<a href='#' onclick=\"downFile('/dl/7.docx')\">附件</a>", "/dl/7.docx"),
        ('<iframe src="/tables/2024.html"></iframe>', "/tables/2024.html"),
        ('<div><p><img src="./W020250101.png" width="600"></p></div>', "/zwgk/202501/W020250101.png"),
    ],
)  # fmt: skip
def test_a_file_is_found_however_it_is_linked(markup: str, file: str) -> None:
    assert wanted(page(f"<h1>云河县2024年政府信息公开工作年度报告</h1>{markup}")) == [f"http://www.sim{file}"]


@pytest.mark.parametrize(
    "markup",
    [
        '<div class="header"><a href="/app.zip">下载客户端</a></div>',
        '<img src="/images/logo.png"><img src="./red.gif" width="16" height="16"><img src="x.png" style="width:40px">',
        '<a href="javascript:void(0)">附件.pdf</a><a href="file:///etc/passwd">附件.doc</a>',
        '<a href="/zwgk/nb/">政府信息公开年报</a>',
        "<a>年报.pdf</a><iframe></iframe><embed src='data:application/pdf;base64,AAAA'>",
    ],
)
def test_what_is_no_file_of_the_report_is_left(markup: str) -> None:
    assert wanted(page(markup)) == []


def test_the_most_promising_files_come_first_and_not_too_many() -> None:
    links = "".join(f'<a href="/f{n}.pdf">第{n}号</a>' for n in range(30))
    found = wanted(page(links + '<img src="/upload/9.jpg"><a href="/nb.doc">附件：公开情况统计表</a>'))
    assert len(found) == MOST
    assert found[0] == "http://www.sim/nb.doc"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("attachment; filename=nb.pdf", "nb.pdf"),
        ('attachment; filename="' + "年报.pdf".encode().decode("latin-1") + '"', "年报.pdf"),
        ('attachment; filename="' + "年报.pdf".encode("gb18030").decode("latin-1") + '"', "年报.pdf"),
        ("attachment;filename=%E5%B9%B4%E6%8A%A5.wps;filename*=GBK''%C4%EA%B1%A8.wps", "年报.wps"),
        ('attachment; filename="C:\\\\temp\\\\nb.xls"', "nb.xls"),
        ("attachment; filename*=nonsense''%ff%fe", "��"),
        ("inline", None),
        ("attachment; filename=", None),
    ],
)
def test_the_name_of_a_file_is_read_in_any_encoding_and_without_a_folder(value: str, name: str | None) -> None:
    assert file_name([("content-disposition", value)]) == name
