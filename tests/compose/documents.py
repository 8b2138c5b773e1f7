"""Documents drawn at random: a report, what happened to it, and the format and mark-up it is written in.

A ``Plan`` says all of it in plain values, so that it can be printed, drawn by hypothesis and written again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from tests.compose import damage
from tests.compose.report import Report, generate

SHEETS = ("xlsx", "xls", "ods")
OFFICE = ("docx", *SHEETS)
FORMS = {"html": 50, "text": 30, "pdf": 5, "docx": 5, "xlsx": 4, "xls": 3, "ods": 3}  # formats, and how often each
CHARSETS = (
    {"charset": "utf-8"},
    {"charset": "utf-8", "bom": True},
    {"charset": "gb18030"},
    {"charset": "gbk", "declared": "gb2312"},
    {"charset": "gbk", "declared": "utf-8"},
    {"charset": "utf-8", "declared": "gb2312"},
)
HEADERS = (None, "text/html", "text/html; charset=utf-8", "text/html; charset=gbk", "application/octet-stream")


@dataclass(frozen=True, slots=True)
class Plan:
    """``cut`` is the share of the bytes that arrived; ``look`` the seed of the mark-up."""

    seed: int = 0
    form: str = "html"
    look: int = 0
    mixed_forms: bool = False
    states: float = 0.0
    damages: tuple[tuple[str, int], ...] = ()
    cut: float = 1.0


@dataclass(frozen=True, slots=True)
class Written:
    """A document as it reaches the parser, and the report that tells the truth of it."""

    report: Report
    body: bytes
    content_type: str | None


def write(plan: Plan) -> Written:
    rng = random.Random(f"look {plan.look}")
    forms = {"form2": rng.choice(["2019", "2021"]), "form3": rng.choice(["2019", "2021"])} if plan.mixed_forms else {}
    damages = damage.visible(plan.damages)
    lone = any(name in damage.ADDING for name, _ in damages)
    if plan.form not in ("html", "text"):
        damages = [pair for pair in damages if pair[0] not in damage.SHIFTING]
    if plan.form == "pdf":  # nothing on a page says that a box was meant for two columns
        damages = [pair for pair in damages if pair[0] != "merged_cells"]
    if plan.form in SHEETS:  # a sheet prints the number that was typed: 0012 is 12
        damages = [pair for pair in damages if pair[0] != "odd_number"]
    if plan.cut < 1:  # of two tables one may have arrived
        damages = [pair for pair in damages if pair[0] not in ("second_version", "decoy_in_place")]
    report = damage.apply(generate(plan.seed, states=0.0 if lone else plan.states, **forms), damages)
    body = compose(plan.form, report, rng)
    content_type = rng.choice(HEADERS) if plan.form in ("html", "text") else None
    return Written(report, body[: max(1, int(len(body) * plan.cut))], content_type)


def compose(form: str, report: Report, rng: random.Random) -> bytes:
    """The report in a format, its look drawn at random; ``form`` is a key of ``FORMS``."""
    if form in OFFICE:
        written: bytes = getattr(import_module("tests.compose.office"), f"compose_{form}")(report)
        return written
    module = import_module(f"tests.compose.{form}")
    if form == "image":
        return module.compose(report, module.random_style(rng), module.random_damage(rng))  # type: ignore[no-any-return]
    options: dict[str, Any] = {name: rng.choice(choices) for name, choices in getattr(module, "OPTIONS", {}).items()}
    if form == "pdf":
        options = module.draw(rng)
    elif form in ("html", "text"):
        options |= rng.choice(CHARSETS)
        if form == "text":
            options.pop("declared", None)
    return module.compose(report, **options)  # type: ignore[no-any-return]
