"""The mark-up of tables as the form prints them. A report has some two hundred cells in two languages, so it is written
here and not in a template: the labels of a form once, then each cell between them. All text is escaped here.
"""

from __future__ import annotations

from functools import cache
from html import escape

from markupsafe import Markup

from crawler.site.findings import Mark
from crawler.site.layout import Label, layouts
from crawler.site.report import CellView, TableView
from crawler.site.text import clean
from crawler.site.words import Language

MOST_MARKS = 6  # findings shown on one cell
LONGEST_TITLE = 120  # characters of a message on a mark; the whole of it is in the list
SAID = {"empty": ("空", "blank"), "missing_cell": ("缺格", "no cell"), "missing_table": ("缺表", "no table")}


def form(table: TableView, language: Language) -> Markup:
    """A table laid out as printed, each cell with its state, its source and its findings."""
    out = []
    for before, path in _frame(table.name, table.layout.version, language):
        out.append(before)
        if path is not None:
            out.append(cell(table.cells[path], language))
    return Markup("".join(out))


@cache
def _frame(name: str, version: str, language: Language) -> tuple[tuple[str, tuple[str, ...] | None], ...]:
    """What stands before each cell of a form's table, with the path of the cell; the last piece ends the table."""
    pieces: list[tuple[str, tuple[str, ...] | None]] = []
    said = escape(language.label("table", name))
    pending = f'<div class="scroll" tabindex="0" role="group" aria-label="{said}"><table class="form {name}">'
    for part in layouts(version)[name].parts:
        pending += "<tbody>"
        if part.title is not None:
            pending += f"<tr>{_label(part.title, language, 'block')}</tr>\n"
        for line in part.header:
            pending += f"<tr>{''.join(_label(label, language) for label in line)}</tr>\n"
        for row in part.rows:
            pending += "<tr>" + "".join(_label(label, language, "row") for label in row.labels)
            for place in row.places:
                pieces.append((pending, place.path))
                pending = ""
            pending += "</tr>\n"
        pending += "</tbody>"
    return (*pieces, (pending + "</table></div>", None))


def _label(label: Label, language: Language, kind: str = "") -> str:
    spans = "".join(
        f' {name}="{span}"' for name, span in (("colspan", label.colspan), ("rowspan", label.rowspan)) if span > 1
    )
    text = escape(label.zh, quote=False)
    if language.code == "en" and label.en != label.zh:
        text = f'{escape(label.en, quote=False)} <span class="official" lang="zh-CN">{text}</span>'
    return f"<th{f' class={chr(34)}{kind}{chr(34)}' if kind else ''}{spans}>{text}</th>"


def cell(shown: CellView, language: Language) -> Markup:
    """A cell: its number or its state in words, the way to its source, its note, the findings on it."""
    classes = "n" if shown.is_number else f"s {shown.state}"
    if shown.marks:
        classes += f" wrong {shown.marks[0].severity}"
    elif shown.sides:
        classes += " side"
    out = f'<td class="{escape(classes)}"'
    if shown.id:
        out += f' id="{escape(shown.id)}"'
    if shown.span > 1:
        out += f' colspan="{shown.span}"'
    text = escape(shown.text, quote=False) if shown.is_number else _state(shown, language)
    out += f'><a href="{escape(shown.href)}">{text}</a>' if shown.href else f">{text}"
    if shown.note:
        out += f"<sup>{language('注', 'n')}{shown.note}</sup>"
    out += "".join(mark(each, language) for each in shown.marks[:MOST_MARKS])
    if (more := len(shown.marks) - MOST_MARKS) > 0:
        out += f'<a class="mark" href="#findings">+{more}</a>'
    if shown.sides and shown.text not in ("", "0"):
        told = language("与此不符的另一侧:发现", "the other side of finding")
        numbers = ",".join(map(str, shown.sides))
        out += f'<small class="other" title="{told} {numbers}">↔{numbers}</small>'
    return Markup(out + "</td>")


def _state(shown: CellView, language: Language) -> str:
    """A cell without a number: what is printed instead, and what that is."""
    if shown.state in SAID:
        return language(*SAID[shown.state])
    printed = f"<bdi>{escape(clean(shown.text), quote=False)}</bdi>"
    return f"{printed}<b>{language('?未读出', '?unread')}</b>" if shown.state == "unparseable" else printed


def mark(each: Mark, language: Language) -> Markup:
    """A finding where it stands: its sign, and what was expected or else its number."""
    told = escape(clean(each.expected), quote=False) if each.expected else str(each.number)
    title = escape(clean(f"{each.rule} {language(*each.title)[:LONGEST_TITLE]}"))
    return Markup(
        f'<a class="mark {escape(each.severity)}" href="#{escape(each.id)}" title="{title}">'
        f'<span aria-hidden="true">{each.sign}</span><small>{told}</small>'
        f'<span class="unseen">{language.label("severity", each.severity)} {each.number}</span></a>'
    )
