"""The templates and what all of them know: language, policy, navigation, the way to the site's directory."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from crawler.site import cells
from crawler.site.text import brief, clean, file_name, web_url
from crawler.site.words import Language, figure_name, moment, number, percent

HERE = Path(__file__).parent
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; base-uri 'none'; form-action 'none'"
INERT_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
NAVIGATION = (
    ("overview", "index.html", "总览", "Overview"),
    ("regions", "regions/index.html", "地区", "Regions"),
    ("rankings", "rankings/index.html", "排名", "Rankings"),
    ("rules", "rules/index.html", "核对规则", "Checks"),
    ("portals", "portals/index.html", "采集门户", "Portals"),
    ("data", "data/index.html", "数据下载", "Data"),
)


@cache
def environment() -> jinja2.Environment:
    """Escapes everything, knows no undefined name, and lets no character turn the reading direction."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters |= {"number": number, "percent": percent, "moment": moment}
    made.filters |= {"brief": brief, "file_name": file_name, "web_url": web_url}
    made.globals |= {
        "policy": POLICY,
        "navigation": NAVIGATION,
        "figure_name": figure_name,
        "form": cells.form,
        "cell": cells.cell,
        "mark": cells.mark,
    }
    return made


def _shown(value: Any) -> Any:
    return clean(value) if type(value) is str else value


def render(template: str, path: str, language: Language, *, section: str, crumbs: Any = (), **values: Any) -> str:
    """A page; ``path`` is where it lies in the tree of its language. Without ``crumbs`` the index of its section leads
    to it."""
    crumbs = crumbs or [(href, (zh, en)) for key, href, zh, en in NAVIGATION if key == section and href != path]
    root = "../" * (path.count("/") + 1)
    return (
        environment()
        .get_template(template)
        .render(L=language, path=path, root=root, section=section, crumbs=crumbs, **values)
    )


def render_copy(**values: Any) -> str:
    """The page around an archived copy; it lies beside no tree of a language."""
    return environment().get_template("copy.html").render(policy=INERT_POLICY, **values)
