"""Hanweb jcms/jpage: rows as XML records inside the page, further groups of rows from ``dataproxy.jsp``.

Known from real pages: a first group of three pages of records, the next by ``dataproxy.jsp`` with the unit's
parameters, its reply without an XML declaration and without ``totalrecord``, an almost empty reply to wrong
parameters, titles cut in the text and whole in ``title=``, ``?uid=&pageNum=`` ignored, a record on the disclosure
host, articles laid out in nested tables. Assumed: the ids of unit and web; robots.txt is missing.
"""

from __future__ import annotations

from html import escape

from crawler.demo.chrome import REPORTS_COLUMN
from crawler.demo.platforms.base import COLUMN_METAS, Portal, cut
from crawler.demo.server import Request, Response
from crawler.demo.site import Entry

COLUMN = 16760
UNIT = "386486"
WEB = "110"
PROXY = "/module/web/jpage/dataproxy.jsp"
EMPTY = b"<datastore><recordset></recordset></datastore>"
ON_DISCLOSURE_HOST = 2019


class HanwebPortal(Portal):
    """City, departments and a mirrored county report in one list."""

    def column_path(self, name: str) -> str:
        return f"/col/col{self.slug(name) - 50000}/index.html"

    def article_host(self, entry: Entry) -> str:
        return "zwgk" if entry.kind == "government" and entry.year == ON_DISCLOSURE_HOST else "www"

    def article_path(self, entry: Entry) -> str:
        year, month, day = (int(part) for part in entry.date.split("-"))
        return f"/art/{year}/{month}/{day}/art_{COLUMN}_{entry.id or 1400000 + int(entry.key[:5], 16) % 400000}.html"

    def reports_url(self) -> str:
        return self.bases.get("www", "") + f"/col/col{COLUMN}/index.html"

    def build(self) -> None:
        self.serve(f"/col/col{COLUMN}/index.html", self._column())
        self.serve(f"/col/col{COLUMN}/", self._column())
        self.serve(PROXY, self._proxy)

    @property
    def _group(self) -> int:
        return int(self.site.data["per_page"] * self.site.data["group_size"])

    def _records(self, start: int, end: int) -> str:
        """Records ``start`` to ``end``, counted from one."""
        entries = self.site.entries[start - 1 : end]
        return "\n".join(f"<record><![CDATA[{self._row(entry)}]]></record>" for entry in entries)

    def _row(self, entry: Entry) -> str:
        href = self.article_path(entry) if self.article_host(entry) == "www" else self.article_url(entry)
        return (
            f'<li class="clearfix"><a title=\'{escape(entry.title)}\' target="_blank" href="{href}">'
            f"{escape(cut(entry.title))}</a><span>{entry.date}</span></li>"
        )

    def _next(self, page: int) -> str:
        unit = f"webid={WEB}&path=/&columnid={COLUMN}&unitid={UNIT}"
        query = f"page={page}&appid=1&{unit}&webname=%25E5%25AE%259A&permissiontype=0"
        return f'<nextgroup><![CDATA[<a href="{PROXY}?{query}"></a>]]></nextgroup>'

    def _column(self) -> str:
        total, per_page, groups = len(self.site.entries), self.site.data["per_page"], self.site.data["group_size"]
        parameters = (
            f"{{col:1,appid:'1',webid:{WEB},path:'/',columnid:{COLUMN},sourceContentType:1,unitid:'{UNIT}',"
            f"webname:'{self.site.name}',permissiontype:0}}"
        )
        content = f"""<div class="main"><div id="{UNIT}"><script type="text/xml"><datastore>
{self._next(1)}
<recordset>{self._records(1, self._group)}</recordset></datastore></script></div>
<script src="/module/web/jpage/jquery.jpage.js"></script>
<script>var param_{UNIT}={parameters};
$('#{UNIT}').jpage({{themeName:'default',showMode:'full',totalRecord:{total},groupSize:{groups},perPage:{per_page},\
proxyUrl:'{PROXY}',ajaxParam:param_{UNIT},dataBefore:'<ul>',dataAfter:'</ul>'}});</script></div>"""
        metas = {"ColumnName": REPORTS_COLUMN, **COLUMN_METAS}
        crumbs = ("政务公开", "政府信息公开", REPORTS_COLUMN)
        return self.chrome.page(REPORTS_COLUMN, content, metas=metas, crumbs=crumbs)

    def _proxy(self, request: Request) -> Response:
        given = {**request.query, **request.form}
        if given.get("unitid") != UNIT or given.get("columnid") != str(COLUMN) or given.get("webid") != WEB:
            return Response(EMPTY, 200, "text/html; charset=utf-8")
        if given.get("startrecord", "").isdigit():
            start = int(given["startrecord"])
            end = min(int(given.get("endrecord") or start + self._group - 1), start + 299)
        else:
            number = int(given.get("page") or 1)
            start, end = (number - 1) * self._group + 1, number * self._group
        records = self._records(start, end)
        body = f"<datastore>{self._next(2)}<recordset>{records}</recordset></datastore>"
        return Response(body.encode(), 200, "text/html; charset=utf-8")

    def container(self, body: str) -> str:
        return f'<div id="zoom" class="bt-content">\n{body}\n</div>'

    def article(self, entry: Entry, body: str) -> str:
        spacer = '<tr><td height="8" colspan="3"></td></tr>'
        content = f"""{self.note(entry)}
<table width="1000" border="0" align="center" cellpadding="0" cellspacing="0"><tbody>
<tr><td><table width="100%" border="0"><tbody><tr><td>当前位置：</td><td>{self.chrome.anchor("首页")}</td>
<td>{self.chrome.anchor(REPORTS_COLUMN)}</td></tr></tbody></table></td></tr>
{spacer}
<tr><td><table width="100%" border="0"><tbody>
<tr><td align="center"><!--<$[标题名称(html)]>begin-->{entry.title}<!--<$[标题名称(html)]>end--></td></tr>
{spacer}
<tr><td align="center">发布日期：{entry.date} 信息来源：{self.publisher(entry)}</td></tr>
{spacer}
<tr><td><!--<$[信息内容]>begin-->{self.container(body)}<!--<$[信息内容]>end--></td></tr>
</tbody></table></td></tr>
{spacer}
<tr><td align="right">责任编辑：政务公开科</td></tr><tr><td>分享到：</td></tr>
<tr><td>[ <a href="javascript:doPrint()">打印本页</a> | <a href="javascript:closeWin()">关闭窗口</a> ]</td></tr>
</tbody></table>"""
        return self.chrome.page(entry.title, content, metas=self.article_metas(entry))
