"""Zibo "channel/doc": columns ``/gongkai/channel_…/``, documents ``doc_<24 hex>.html`` inside them.

Known from real pages: the addresses, sub-sites ``/gongkai/site_<pinyin>/`` of the towns with a report column
each, the table 标题 / 索引号 / 文号 / 发文日期 / 发布机构, the tabs 标题 正文 手机 附件 解读, ids whose first eight
digits are the time of creation. Assumed, since no list of this platform was seen: the rows come as JSON from an
address that a script in the column names, a page at a time; robots.txt is missing.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from crawler.demo.chrome import REPORTS_COLUMN
from crawler.demo.platforms.base import COLUMN_METAS, Portal
from crawler.demo.server import Request, Response
from crawler.demo.site import Entry, digest

COUNTY = "channel_c_5f9f696d489871774b4da7ea_n_1605850162.1332"
PAGE_SIZE = 6
PINYIN = {
    "西里镇": "xlz",
    "大张庄镇": "dzzz",
    "南鲁山镇": "nlsz",
    "东里镇": "dlz",
    "悦庄镇": "yzz",
    "鲁村镇": "lcz",
}


class ZiboPortal(Portal):
    """The county column lists the county's reports only; towns and departments have columns of their own."""

    def column_path(self, name: str) -> str:
        if name == "政务公开":
            return "/gongkai/"
        return f"/gongkai/channel_c_{digest(name, 24)}_n_16058501{self.slug(name) % 100:02d}.{self.slug(name) % 9999}/"

    def channel_path(self, entry: Entry) -> str:
        if entry.kind == "town" and entry.unit:
            site = "yyx" + PINYIN[entry.unit.removesuffix("人民政府")] + "rmzf"
            return f"/gongkai/site_{site}/channel_c_{digest(entry.unit, 24)}_n_1605867599.6255/"
        if entry.kind == "department" and entry.unit:
            return f"/gongkai/channel_c_{digest(entry.unit, 24)}_n_1605850198.4017/"
        return f"/gongkai/{COUNTY}/"

    def article_path(self, entry: Entry) -> str:
        created = int(datetime.fromisoformat(entry.date).replace(hour=2, tzinfo=UTC).timestamp())
        return self.channel_path(entry) + f"doc_{entry.id or f'{created:08x}{entry.key[:16]}'}.html"

    def reports_url(self) -> str:
        return self.bases.get("www", "") + f"/gongkai/{COUNTY}/"

    def build(self) -> None:
        channels: dict[str, list[Entry]] = {}
        for entry in self.site.entries:
            channels.setdefault(self.channel_path(entry), []).append(entry)
        for path, entries in channels.items():
            self._channel(path, entries, "县政府信息公开年报" if COUNTY in path else entries[0].unit or "")
        units = {entry.unit: path for path, entries in channels.items() if (entry := entries[0]).unit}
        rows = "".join(f'<li><a href="{path}">{unit}</a></li>\n' for unit, path in units.items())
        name = "部门镇办信息公开年报"
        content = f'<div class="main"><ul class="unit-list">{rows}</ul></div>'
        self.serve(self.column_path(name), self.chrome.page(name, content, crumbs=("政务公开", "政府信息公开", name)))

    def _channel(self, path: str, entries: list[Entry], name: str) -> None:
        listing = f"{path}docList.json"
        script = f"""<ul class="doc-list" id="docList"></ul><div id="pager"></div>
<script>function load(url){{$.getJSON(url,function(d){{var h='';$.each(d.rows,function(i,r){{
h+='<li><a href="'+r.url+'">'+r.title+'</a><span>'+r.publishDate+'</span></li>';}});
$('#docList').html(h);pager(d.total);}});}}
$.getJSON('{listing}?page=1&size={PAGE_SIZE}',function(d){{draw(d);}});</script>"""
        tabs = f'<ul class="tab"><li class="on">{name}</li><li>{self.chrome.anchor("部门镇办信息公开年报")}</li></ul>'
        metas = {"ColumnName": name, **COLUMN_METAS}
        crumbs = ("政务公开", "政府信息公开", REPORTS_COLUMN)
        self.serve(path, self.chrome.page(name, f'<div class="main">{tabs}{script}</div>', metas=metas, crumbs=crumbs))
        self.serve(listing, lambda request: self._rows(request, entries))

    def _rows(self, request: Request, entries: list[Entry]) -> Response:
        number = max(1, int(request.query.get("page", "1")))
        start = (number - 1) * PAGE_SIZE
        rows = [
            {
                "id": self.article_path(entry).rpartition("doc_")[2].removesuffix(".html"),
                "title": entry.title,
                "url": self.article_path(entry),
                "publishDate": entry.date,
            }
            for entry in entries[start : start + PAGE_SIZE]
        ]
        body = json.dumps({"total": len(entries), "page": number, "rows": rows}, ensure_ascii=False)
        return Response(body.encode(), 200, "application/json; charset=utf-8")

    def container(self, body: str) -> str:
        return f'<div class="con" id="zoom">\n{body}\n</div>'

    def article(self, entry: Entry, body: str) -> str:
        code = self.site.data["credit_code"]
        serial = 5000000 + int(entry.key[:5], 16) % 999999
        number = f"{code}/{entry.date[:4]}-{serial}" if entry.unit is None else ""
        info = f"""<table class="info"><tr><td>标题:</td><td colspan="3">{entry.title}</td></tr>
<tr><td>索引号:</td><td>{number}</td><td>文号:</td><td>〔〕号</td></tr>
<tr><td>发文日期:</td><td>{entry.date}</td><td>发布机构:</td><td>{self.publisher(entry)}</td></tr></table>"""
        tabs = '<ul class="tab"><li>标题</li><li>正文</li><li>手机</li><li>附件</li><li>解读</li></ul>'
        tools = '<ul class="tools"><li>字号:</li><li>|</li><li>打印</li></ul>'
        content = f"""<div class="article">{self.note(entry)}{info}{tabs}<h1>{entry.title}</h1>
<div class="date">发布日期:{entry.date}</div>{tools}
{self.container(body)}</div>"""
        crumbs = ("政务公开", "政府信息公开", REPORTS_COLUMN)
        return self.chrome.page(entry.title, content, metas=self.article_metas(entry), crumbs=crumbs)
