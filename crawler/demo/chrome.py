"""What surrounds the content of a government page: metas, menus, side columns, footers, scripts.

The pieces are the same on all portals and take their links from the platform, which serves a page for every
one of them; links to other hosts are those that every such page has. ``Chrome.page`` puts a page together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

from crawler.demo.site import Site

MENU: dict[str, tuple[str, ...]] = {
    "走进{place}": ("历史沿革", "自然地理", "行政区划", "经济社会", "文化旅游", "城市名片", "风景名胜", "地方特产"),
    "新闻中心": ("今日要闻", "部门动态", "乡镇动态", "通知公告", "媒体关注", "视频新闻", "图片新闻", "专题报道"),
    "政务公开": ("领导之窗", "机构职能", "政策文件", "规划计划", "财政资金", "重大项目", "公共资源交易", "政府公报"),
    "政务服务": ("个人办事", "法人办事", "部门服务", "办事指南", "结果公示", "便民查询", "好差评", "中介超市"),
    "互动交流": ("领导信箱", "在线访谈", "民意征集", "网上调查", "常见问题", "热点回应", "新闻发布会", "建言献策"),
    "数据开放": ("统计公报", "统计数据", "数据解读", "开放目录", "接口服务", "数据应用", "数据地图", "数据动态"),
}
DISCLOSURE = ("政府信息公开指南", "政府信息公开制度", "法定主动公开内容", "依申请公开", "政府网站工作年度报表")
REPORTS_COLUMN = "政府信息公开年报"
NEWS = (
    "重点项目建设推进会召开",
    "各地开展夏季防汛演练",
    "政务服务大厅推出延时服务",
    "农村人居环境整治工作现场观摩",
    "第三季度经济运行情况新闻发布会",
    "优化营商环境若干措施政策解读",
    "城乡居民医保参保缴费开始",
    "冬季供暖工作安排",
    "省政府信息公开工作调研组来访",
    "中小学招生入学政策问答",
)
MINISTRIES = (
    "外交部", "国防部", "国家发展改革委", "教育部", "科技部", "工业和信息化部", "国家民委", "公安部", "民政部",
    "司法部", "财政部", "人力资源社会保障部", "自然资源部", "生态环境部", "住房城乡建设部", "交通运输部",
    "水利部", "农业农村部", "商务部", "文化和旅游部", "国家卫生健康委", "退役军人事务部", "应急管理部",
    "人民银行", "审计署",
)  # fmt: skip
PROVINCES = (
    "北京", "天津", "河北", "山西", "内蒙古", "辽宁", "吉林", "黑龙江", "上海", "江苏", "浙江", "安徽", "福建",
    "江西", "山东", "河南", "湖北", "湖南", "广东", "广西", "海南", "重庆", "四川", "贵州", "云南", "西藏",
    "陕西", "甘肃", "青海", "宁夏", "新疆",
)  # fmt: skip
STYLE = """
*{margin:0;padding:0}body{font:14px/1.6 "Microsoft YaHei",SimSun,sans-serif;color:#333;background:#f5f7fa}
a{color:#234;text-decoration:none}a:hover{color:#c00}.wrap{width:1200px;margin:0 auto;background:#fff}
.top{height:36px;line-height:36px;background:#f2f2f2;font-size:12px}.logo{height:110px;background:#0b5aa6;color:#fff}
.logo h2{font-size:34px;padding:26px 40px}.nav>li{float:left;width:170px;text-align:center;background:#0b5aa6}
.nav>li>a{color:#fff;line-height:46px;display:block}.nav ul{display:none}.nav li:hover ul{display:block}
.crumb{padding:12px 20px;border-bottom:1px solid #ddd}.side{float:left;width:240px}.main{float:right;width:920px}
.list li{line-height:38px;border-bottom:1px dashed #ddd}.list span{float:right;color:#999}table{font-size:14px}
.footer{clear:both;padding:24px;text-align:center;background:#0b5aa6;color:#fff;font-size:12px}.footer a{color:#fff}
.demo-note{padding:6px 20px;background:#fffbe6;border:1px solid #ffe58f;font-size:12px}.article h1{text-align:center}
"""
ICONS = "".join(
    f".icon-{i}{{background:url(/images/sprite.png) -{i % 12 * 32}px -{i // 12 * 32}px;width:32px;height:32px}}\n"
    for i in range(160)
)  # the picture sheet of a service hall, as such pages carry it inline
SCRIPT = """
(function(){var s=document.getElementById('simple');if(s){s.onclick=function(){document.body.className='large'}}
function size(n){var b=document.getElementById('zoom');if(b){b.style.fontSize=n+'px'}}window.doZoom=size;
window.doPrint=function(){window.print()};window.closeWin=function(){window.close()};
window.search=function(f){if(!f.q.value){alert('请输入关键词');return false}return true};})();
"""

Links = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Chrome:
    """The frame of one portal. ``link`` gives the address of a column by its name."""

    site: Site
    link: Links

    def page(
        self,
        title: str,
        content: str,
        *,
        metas: Mapping[str, str] | None = None,
        head: str = "",
        crumbs: tuple[str, ...] = (),
        charset: str = "utf-8",
    ) -> str:
        tags = {"SiteName": self.site.name, "SiteDomain": "loopback", "SiteIDCode": self.site.site_code}
        tags = {} if self.site.data.get("no_metas") else {**tags, **(metas or {})}
        meta = "\n".join(f'<meta name="{escape(name)}" content="{escape(value)}">' for name, value in tags.items())
        return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="{charset}">
<meta http-equiv="X-UA-Compatible" content="IE=edge">
{meta}
<title>{escape(title)}_{escape(self.site.name)}</title>
<style>{STYLE}{ICONS}</style>
{head}
</head>
<body>
<div class="wrap">
{self.header()}
{self.crumbs(crumbs)}
{content}
{self.footer()}
</div>
<script>{SCRIPT}</script>
</body>
</html>
"""

    def anchor(self, name: str, text: str | None = None) -> str:
        return f'<a href="{escape(self.link(name))}">{escape(text or name)}</a>'

    def header(self) -> str:
        items = [f'<li><a href="{escape(self.link("首页"))}">首页</a></li>']
        for name, children in MENU.items():
            menu = name.format(place=self.site.place)
            inner = "".join(f'\n  <li class="sub-item">{self.anchor(child)}</li>' for child in children)
            items.append(f'<li class="nav-item">{self.anchor(menu)}\n<ul class="sub-menu">{inner}\n</ul></li>')
        return f"""<div class="top"><span>今天是<em id="today"></em></span>
<a href="javascript:void(0);" id="simple">无障碍阅读</a> | <a href="javascript:void(0);">繁体</a> |
<a href="javascript:void(0);">适老版</a> | <a href="https://www.gov.cn/">中国政府网</a></div>
<div class="logo"><h2>{escape(self.site.name)}</h2>
<form onsubmit="return search(this)" action="{escape(self.link("站内搜索"))}">
<input name="q" placeholder="请输入关键词">
<select name="pos"><option>搜索位置</option><option>标题</option><option>正文</option></select>
<button type="submit">搜索</button></form></div>
<ul class="nav clearfix">{"".join(items)}</ul>"""

    def crumbs(self, names: tuple[str, ...]) -> str:
        if not names:
            return ""
        trail = " &gt; ".join(self.anchor(name) for name in ("首页", *names))
        return f'<div class="crumb">当前位置：{trail}</div>'

    def footer(self) -> str:
        footer = self.site.footer
        ministries, provinces = _options(MINISTRIES, "b"), _options(PROVINCES, "s")
        return f"""<div class="footer">
<div class="links"><select><option>国务院部门网站</option>{ministries}</select>
<select><option>省区市政府网站</option>{provinces}</select></div>
<p>{self.anchor("网站地图")} | {self.anchor("关于我们")} | {self.anchor("政府网站工作年度报表", "网站年报")}</p>
<p>主办单位：{footer["organiser"]}　承办单位：{footer["undertaker"]}</p>
<p>网站标识码：{self.site.site_code}　<a href="https://beian.miit.gov.cn/">{footer["icp"]}</a>　{footer["police"]}</p>
<p><a href="https://zfwzgl.www.gov.cn/exposure/">政府网站找错</a> 党政机关</p>
</div>"""

    def home(self) -> str:
        """The home page's content: news, notices, the door to the disclosure pages, services."""
        news = "".join(f'<li><a href="{escape(self.link("今日要闻"))}">{title}</a></li>\n' for title in NEWS)
        services = "".join(f"<li>{self.anchor(name)}</li>\n" for name in MENU["政务服务"])
        names = ("政务公开", "政策文件", "依申请公开", "政府公报")
        doors = "".join(f"<li>{self.anchor(name)}</li>\n" for name in names)
        return f"""<div class="banner"><h3>要闻</h3><ul class="news">{news}</ul></div>
<div class="open"><h3>{self.anchor("政务公开")}</h3><ul>{doors}</ul></div>
<div class="service"><h3>政务服务</h3><ul>{services}</ul></div>"""

    def plain_column(self, name: str) -> str:
        """A column that has nothing to do with annual reports."""
        rows = "".join(
            f'<li><a href="{escape(self.link(name))}?n={i}">{title}</a><span>2025-{i + 1:02d}-1{i % 9}</span></li>\n'
            for i, title in enumerate(NEWS)
        )
        return f'<div class="side"><h3>{escape(name)}</h3></div><div class="main"><ul class="list">{rows}</ul></div>'


def _options(names: tuple[str, ...], prefix: str) -> str:
    """Choices that lead to other sites."""
    return "".join(f'<option value="https://www.gov.cn/{prefix}{i}/">{name}</option>\n' for i, name in enumerate(names))
