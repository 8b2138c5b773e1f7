"""Charts drawn at build time: Altair's description of a chart, made SVG by vl-convert, named by what it shows.

A chart that is there already is not drawn again. Colours are told apart by colour-blind readers, and each chart stands
beside a table of the same numbers.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from crawler.errors import InputError
from crawler.site.data import Row
from crawler.site.output import Output
from crawler.site.regions import STATES
from crawler.site.text import clean
from crawler.site.words import Language

LONGEST = 12  # characters of a province's name; the library aborts on control characters
WIDTH = 460  # legible on a phone too, where a chart is as wide as the page
FONT = "PingFang SC, Hiragino Sans GB, Microsoft YaHei, Noto Sans CJK SC, Source Han Sans SC, sans-serif"
_COUNTED = re.compile(r"\b(?:gradient|clip)_?\d+\b")
COLOURS = {
    "on_time": "#2171b5", "late": "#e69f00", "undated": "#9ecae1", "unreadable": "#cc79a7", "missing": "#a63603",
    "blocked": "#555555", "not_visited": "#d9d9d9",
}  # fmt: skip


class SiteMissing(InputError):
    """The libraries of the extra ``site`` are not installed."""

    def __init__(self, library: str | None) -> None:
        super().__init__(
            f"缺少 {library}：请安装附加组件 site（pip install -e '.[site]'）",
            f"{library} is not installed: install the extra site (pip install -e '.[site]')",
        )


def require() -> None:
    """Raises ``SiteMissing`` where charts can't be drawn."""
    try:
        import altair  # noqa: F401
        import vl_convert  # noqa: F401
    except ImportError as error:
        raise SiteMissing(error.name) from None


def drawn(output: Output, draw: Callable[..., Any], rows: Sequence[Row], language: Language, made_from: str) -> str:
    """The path of a picture, drawn by one of the functions below if there is none yet of the same."""
    path = f"charts/{made_from}.svg"
    if not output.is_due(path):
        output.page(path, made_from, lambda: _svg(draw(rows, language)))
    return path


def states_by_year(rows: Sequence[Row], language: Language) -> Any:
    """Regions by year and state as stacked bars."""
    import altair

    values = [
        {"year": str(row["report_year"]), "n": row["regions"], "order": STATES.index(row["state"]),
         "state": language.label("coverage", row["state"])}
        for row in rows
    ]  # fmt: skip
    names = [language.label("coverage", state) for state in STATES]
    regions: Counter[int] = Counter()
    for row in rows:
        regions[row["report_year"]] += row["regions"]
    return (
        altair.Chart(altair.InlineData(values=values))
        .mark_bar()
        .encode(
            x=altair.X("year:O", title=None, axis=altair.Axis(labelAngle=0)),
            y=altair.Y(
                "sum(n):Q",
                title=language("地区数", "regions"),
                axis=altair.Axis(tickCount=min(max(regions.values(), default=1), 5), format="d"),
            ),
            color=altair.Color(
                "state:N",
                title=None,
                scale=altair.Scale(domain=names, range=[COLOURS[state] for state in STATES]),
                legend=altair.Legend(orient="bottom", columns=3, labelLimit=0),
            ),
            order="order:Q",
        )
        .properties(width=WIDTH, height=220)
    )


def heat_map(rows: Sequence[Row], language: Language) -> Any:
    """The share of a province's regions with a report, by year; ``rows`` have province_name, report_year, share."""
    import altair

    values = [
        {"province": clean(row["province_name"] or row["province_code"])[:LONGEST], "code": row["province_code"],
         "year": str(row["report_year"]), "share": row["share"], "text": f"{row['share']:.0%}"}
        for row in rows if row["share"] is not None
    ]  # fmt: skip
    base = altair.Chart(altair.InlineData(values=values)).encode(
        x=altair.X("year:O", title=None, axis=altair.Axis(labelAngle=0, orient="top")),
        y=altair.Y("province:N", title=None, sort=altair.EncodingSortField("code", order="ascending")),
    )
    squares = base.mark_rect(stroke="#fff").encode(
        color=altair.Color(
            "share:Q",
            title=language("公布比例", "published"),
            scale=altair.Scale(domain=[0, 1], scheme="blues"),
            legend=altair.Legend(format=".0%", orient="bottom", direction="horizontal"),
        )
    )
    numbers = base.mark_text(fontSize=11).encode(
        text="text:N", color=altair.condition("datum.share > 0.55", altair.value("#fff"), altair.value("#1c2127"))
    )
    return (squares + numbers).properties(width=WIDTH, height=altair.Step(22))


def _svg(chart: Any) -> str:
    import vl_convert

    chart = chart.configure(font=FONT).configure_view(strokeWidth=0).configure_axis(labelFontSize=12)
    told = chart.configure_legend(labelFontSize=12, titleFontSize=12).to_dict()
    return _renumbered(vl_convert.vegalite_to_svg(json.dumps(told, ensure_ascii=False, sort_keys=True)))


def _renumbered(svg: str) -> str:
    """The same picture whatever was drawn before it: names of gradients and clips count from 0."""
    names = dict.fromkeys(_COUNTED.findall(svg))
    numbers = {name: f"n{at}" for at, name in enumerate(names)}
    return _COUNTED.sub(lambda match: numbers[match[0]], svg)
