"""A country made from a seed: three provinces, thirty cities, more than two hundred counties, each with a site.

The regions are real ones (the codes must be), their sites are not. Most sites are plain; the others are dead, have
moved, refuse, hide, say nothing of themselves, stand behind a link to somebody else's site, have copies, twins,
former codes and names. ``truth`` says for each region the address that is right, ``fate`` what was done to it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from crawler.identity import PROVINCE_SIGNS
from parsers import regions
from parsers.regions import Region
from tests.directory.serving import Page, Pages

PROVINCES = ("21", "22", "54")
FATES = {
    "plain": 45, "no_code": 12, "former_code": 5, "sponsor_only": 4, "moved": 7, "mirrored": 4, "twin": 4, "folder": 3,
    "dead": 3, "gone": 2, "wrong_owner": 4, "upper": 2, "blocked": 2, "robots": 1, "shell": 0.6, "silent": 0.6,
    "unlinked": 0.6, "former_name": 4, "namesake": 1,
}  # fmt: skip
"""What becomes of a county's site, in parts of a hundred or so; ``conclude`` must tell each as it is."""
ANSWERS = set(FATES) - {"dead", "gone", "wrong_owner", "namesake", "upper", "blocked", "robots"}
FORMS = ("anchors", "select", "map", "onclick", "script", "list_page", "iframe", "images")
CHALLENGE = "<html><head><meta content='x' r='m'><script r='m'>$_ts=window['$_ts'];$_ts.nsd=1;</script></head></html>"


@dataclass(slots=True)
class Country:
    """One country; ``build`` gives its sites for a port."""

    seed: int
    provinces: tuple[str, ...] = PROVINCES
    fate: dict[str, str] = field(default_factory=dict)
    host: dict[str, str] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)  # addresses of copies, tourist sites and the like
    truth: dict[str, str] = field(default_factory=dict)  # region or zone -> the address that is right
    links: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # portal -> (text, address) it links to
    port: int = 0
    sites: dict[str, Pages] = field(default_factory=dict)
    random: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self.random.seed(self.seed)
        codes = [code for code in regions.current_codes() if code[:2] in self.provinces]
        for number, code in enumerate(codes):
            self.host[code] = f"127.{61 + number // 62500}.{number // 250 % 250}.{number % 250 + 1}"
            self.fate[code] = self._fate(code)
        self.extra = [f"127.71.{number // 250}.{number % 250 + 1}" for number in range(len(codes) + 50)]

    def _fate(self, code: str) -> str:
        if code.endswith("0000"):
            return "plain"
        if code.endswith("00"):  # a city that can't be read takes its counties with it: one does
            return "dead" if code == "541700" else self.random.choice(["plain", "plain", "no_code", "moved", "twin"])
        fate = self.random.choices(list(FATES), list(FATES.values()))[0]
        if self._namesakes(code) and self.random.random() < 0.4:
            return "namesake"
        fate = "plain" if fate == "namesake" else fate
        renamed = [old for old in regions.predecessors(code) if regions.short_name(old.name) == _short(code)]
        if fate.startswith("former"):
            return fate if renamed and renamed[0].code != code else "plain"
        return fate

    @property
    def findable(self) -> set[str]:
        """Regions with a site of their own that answers a polite visitor, however hard to find or to recognise."""
        return {code for code in self.truth if self.fate.get(code, "zone") in ANSWERS | {"zone"}}

    def url(self, host: str, path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"

    # --- building ------------------------------------------------------------------------------------------

    def build(self, port: int) -> dict[str, Pages]:
        """The sites of all hosts."""
        self.port = port
        spare = iter(self.extra)
        for code in self.host:
            self._found(code, spare)
        for code in self.host:
            if code.endswith("00"):
                self._add_noise(code, spare)
        for code, links in self.links.items():
            self.random.shuffle(links)
            self._publish_links(code, links)
        return self.sites

    def _found(self, code: str, spare: object) -> None:
        """A region's own site, and how the portal above links to it."""
        region = _region(code)
        fate, host = self.fate[code], self.host[code]
        url = self.truth[code] = self.url(host)
        home = Page(self._home(region, fate), charset="gb18030" if self.random.random() < 0.1 else "utf-8")
        self.sites[host] = {"/": home, "/index.html": home}
        linked = [url]
        special: Callable[[Region, object], list[str]] | None = getattr(self, f"_{fate}", None)
        if special is not None:
            linked = special(region, spare)
        if fate in ("dead", "gone", "wrong_owner", "namesake", "upper"):
            del self.truth[code]
        above = _above(code)
        if above and linked:
            for address in linked:
                self.links.setdefault(above, []).append((self._text(region, fate), address))
        self.links.setdefault(code, []) if code.endswith("00") else None

    def _text(self, region: Region, fate: str) -> str:
        if fate == "former_name":
            return next(old.name for old in regions.predecessors(region.code))
        above = _region(_above(region.code) or region.code)
        unsure = regions.find(_short(region.code), within=above.code)
        short = [_short(region.code)] if len([r for r in unsure if r.code != above.code]) == 1 else []
        usual = regions.usual_name(region.name)
        forms = [
            region.name,
            usual,
            f"{region.name}人民政府",
            f"{usual}政府网",
            f"中国·{usual}",
            f"{above.name}{region.name}",
        ]
        return self.random.choice([*forms, *short])

    def _home(self, region: Region, fate: str) -> str:
        organ = region.name + "人民政府"
        code = region.code
        if fate == "former_code":
            code = next(old.code for old in regions.predecessors(code) if old.code != code)
        metas = f'<meta name="SiteName" content="{organ}">' if fate != "sponsor_only" else ""
        metas += "" if fate == "no_code" else f'<meta name="SiteIDCode" content="{code}0001">'
        foot = f"主办单位:{organ} {_SIGNS[region.code[:2]]}ICP备0500{region.code[2:]}号 地址:{region.full_name}"
        title = "网站首页" if fate == "sponsor_only" else f"{organ}门户网站"
        return _page(title, metas, "<p>要闻:全县经济运行平稳。</p>", foot)

    # --- fates ---------------------------------------------------------------------------------------------

    def _moved(self, region: Region, spare: object) -> list[str]:
        old, new = self._spare(spare), self.truth[region.code]
        ways = (
            Page("", 301, new),
            Page(f'<html><head><meta http-equiv="refresh" content="0;url={new}"></head></html>'),
            Page(f"<html><body><script>window.location.href='{new}';</script></body></html>"),
        )
        self.sites[old] = {"/": self.random.choice(ways)}
        return [self.url(old)]

    def _mirrored(self, region: Region, spare: object) -> list[str]:
        copy, own = self._spare(spare), self.host[region.code]
        meta = f'<meta name="SiteDomain" content="{own}:{self.port}">'
        page = Page(self.sites[own]["/"].body.replace("<head>", f"<head>{meta}"))
        self.sites[own] = {"/": page, "/index.html": page}
        self.sites[copy] = {"/": page}
        return [self.url(copy)] if self.random.random() < 0.5 else [self.url(copy), self.truth[region.code]]

    def _twin(self, region: Region, spare: object) -> list[str]:
        url = self.truth[region.code]
        return [url.replace("http:", "https:"), url.rstrip("/"), url + "index.html"]

    def _folder(self, region: Region, spare: object) -> list[str]:
        host = self.host[region.code]
        home = self.sites[host]["/"]
        self.sites[host] = {"/": Page(_page("县级站群", "", "", "")), "/zf/": home, "/zf/index.html": home}
        self.truth[region.code] = self.url(host, "/zf/")
        return [self.url(host, "/zf/index.html")]

    def _dead(self, region: Region, spare: object) -> list[str]:
        return [f"http://127.63.0.1:{self.port}/{region.code}/"]  # nobody listens there

    def _gone(self, region: Region, spare: object) -> list[str]:
        self.sites[self.host[region.code]] = {}
        return [self.truth[region.code]]

    def _wrong_owner(self, region: Region, spare: object) -> list[str]:
        """The link leads to the site of another region, in or out of the country."""
        if self.random.random() < 0.3:
            return [self.url(self.host[self.random.choice([code for code in self.host if code != region.code])])]
        others = [code for code in ("360403", "130503", "440305", "500103") if code[:2] not in self.provinces]
        if not others:
            return [f"http://www.{region.code}-copy.com/"]
        host = self._spare(spare)
        other = _region(self.random.choice(others))
        metas = f'<meta name="SiteIDCode" content="{other.code}0001">' if self.random.random() < 0.7 else ""
        self.sites[host] = {"/": Page(_page(f"{other.name}人民政府", metas, "", f"主办单位:{other.name}人民政府"))}
        return [self.url(host)]

    def _namesake(self, region: Region, spare: object) -> list[str]:
        """The link leads to another region of the same name, whose site bears no code."""
        other, host = _region(self.random.choice(self._namesakes(region.code))), self._spare(spare)
        foot = f"主办单位:{other.name}人民政府 地址:{other.full_name}"
        self.sites[host] = {"/": Page(_page(f"{other.name}人民政府", "", "", foot))}
        return [self.url(host)]

    def _namesakes(self, code: str) -> list[str]:
        """Other regions of the same name, outside of the country."""
        name = _region(code).name
        return [each.code for each in regions.find(name) if each.name == name and each.code[:2] not in self.provinces]

    def _upper(self, region: Region, spare: object) -> list[str]:
        return [self.url(self.host[_above(region.code) or ""], "/index.html")]

    def _blocked(self, region: Region, spare: object) -> list[str]:
        self.sites[self.host[region.code]] = {"/": Page(CHALLENGE, 412)}
        return [self.truth[region.code]]

    def _robots(self, region: Region, spare: object) -> list[str]:
        self.sites[self.host[region.code]]["/robots.txt"] = Page("User-agent: *\nDisallow: /\n")
        return [self.truth[region.code]]

    def _shell(self, region: Region, spare: object) -> list[str]:
        page = Page("<html><body><div id=app></div><script src=/app.js></script></body></html>")
        self.sites[self.host[region.code]] = {"/": page}
        return [self.truth[region.code]]

    def _silent(self, region: Region, spare: object) -> list[str]:
        page = Page(_page("门户网站", "", "<p>欢迎访问本站。</p>", "版权所有"))
        self.sites[self.host[region.code]] = {"/": page}
        return [self.truth[region.code]]

    def _unlinked(self, region: Region, spare: object) -> list[str]:
        return []

    # --- what portals link to besides ----------------------------------------------------------------------

    def _add_noise(self, code: str, spare: object) -> None:
        """Sites of departments, of the party, of tourism, zones, copies on other hosts, columns and news."""
        region, links = _region(code), self.links[code]
        short = _short(code)
        for name, text in (
            (f"{region.name}文化和旅游局", f"{region.name}文旅局"),
            (f"{short}旅游网", short),  # named like the region itself
            (f"中共{region.name}委员会", f"{short}党建网"),
        ):
            if self.random.random() < 0.4:
                said = f"{region.name}人民政府" if self.random.random() < 0.3 else name  # as its system has it
                self._site(links, text, name, f"{code}00{self.random.randint(10, 99)}", self._spare(spare), said)
        below = [each for each in self.host if _above(each) == code]
        for child in self.random.sample(below, min(2, len(below))):
            name = _region(child).name
            links.append((name, f"http://www.{child}-copy.com/"))
            links.append((f"{name}召开经济工作会议", self.url(self.host[code], f"/art/2025/1/2/art_1_{child}.html")))
            links.append((name, self.url(self.host[code], f"/xwzx/qx/{child}/")))
            if self.random.random() < 0.3:
                self._site(links, name, f"{name}旅游网", f"{child}0031", self._spare(spare))
            links.append((f"{name}政府", self.url(self.host[child]))) if self.fate[child] == "plain" else None
        if not code.endswith("0000") and self.random.random() < 0.4:
            self._zone(code, links, self._spare(spare))

    def _site(
        self, links: list[tuple[str, str]], text: str, name: str, code: str, host: str, said: str | None = None
    ) -> None:
        """A site that is no government's portal; ``said`` is what its metas and its foot say."""
        metas = f'<meta name="SiteName" content="{said or name}"><meta name="SiteIDCode" content="{code}">'
        self.sites[host] = {"/": Page(_page(name, metas, "", f"主办单位:{said or name}"))}
        links.append((text, self.url(host)))

    def _zone(self, city: str, links: list[tuple[str, str]], host: str) -> None:
        """A development zone; only one that bears a code of its own can become a row."""
        has_code = self.random.random() < 0.6
        name = f"{_region(city).name}高新技术产业开发区管理委员会"
        code = f"{city[:4]}71" if has_code else city
        self._site(links, "高新区", name, f"{code}0001", host)
        if has_code:
            self.truth[code] = self.url(host)

    def _spare(self, spare: object) -> str:
        return next(spare)  # type: ignore[call-overload, no-any-return]

    # --- how lists of sites are built ----------------------------------------------------------------------

    def _publish_links(self, code: str, links: list[tuple[str, str]]) -> None:
        pages = self.sites[self.host[code]]
        form = self.random.choice(FORMS)
        block = _FORMS.get(form, _anchors)(links)
        if form == "list_page":
            pages["/wzdh/"] = Page(f"<html><head><meta charset=utf-8></head><body>{block}</body></html>")
            block = '<a href="/wzdh/">市县政府网站</a>'
        elif form == "iframe":
            pages["/foot.html"] = Page(f"<html><head><meta charset=utf-8></head><body>{block}</body></html>")
            block = '<iframe src="/foot.html"></iframe>'
        home = pages.get("/")
        if home is not None and "</body>" in home.body:
            page = Page(home.body.replace("</body>", f"{block}</body>"), charset=home.charset)
            pages |= {"/": page, "/index.html": page}


def _anchors(links: list[tuple[str, str]]) -> str:
    return "<ul>" + "".join(f'<li><a href="{url}" target="_blank">{text}</a></li>' for text, url in links) + "</ul>"


def _select(links: list[tuple[str, str]]) -> str:
    options = "".join(f'<option value="{url}">{text}</option>' for text, url in links)
    return f'<select onchange="window.open(this.value)"><option value="">==市县政府网站==</option>{options}</select>'


def _map(links: list[tuple[str, str]]) -> str:
    areas = "".join(f'<area shape="rect" coords="1,1,9,9" href="{url}" alt="{text}">' for text, url in links)
    return f'<img src="/map.png" usemap="#m"><map name="m">{areas}</map>'


def _onclick(links: list[tuple[str, str]]) -> str:
    return "".join(f"<span onclick=\"window.open('{url}')\">{text}</span>" for text, url in links)


def _script(links: list[tuple[str, str]]) -> str:
    rows = ",".join(f"{{name:'{text}',url:'{url}'}}" for text, url in links)
    return f"<script>var count=1; var sites = {{title:'区县', list:[{rows}]}}; show(sites);</script>"


def _images(links: list[tuple[str, str]]) -> str:
    return "".join(f'<a href="{url}"><img src="/x.png" alt="{text}"></a>' for text, url in links)


_SIGNS = {code: sign for sign, code in reversed(PROVINCE_SIGNS.items())}
_FORMS = {"select": _select, "map": _map, "onclick": _onclick, "script": _script, "images": _images}


def _page(title: str, metas: str, body: str, foot: str) -> str:
    menu = "".join(f'<a href="/{n}/">{name}</a>' for n, name in enumerate(("要闻", "政务公开", "办事", "互动")))
    return (
        f"<html><head><title>{title}</title>{metas}</head><body><div>{menu}</div>{body}"
        f"<div class=foot>{foot}</div></body></html>"
    )


def _region(code: str) -> Region:
    region = regions.by_code(code)
    assert region is not None
    return region


def _short(code: str) -> str:
    return regions.short_name(_region(code).name)


def _above(code: str) -> str | None:
    if code.endswith("0000"):
        return None
    city = code[:4] + "00"
    return city if city != code and regions.by_code(city) else code[:2] + "0000"
