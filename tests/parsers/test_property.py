"""Generated reports are read whole from every way of writing them."""

from __future__ import annotations

import pytest

import parsers
from tests.compose import html, text, truth
from tests.compose.report import generate


def read(body: bytes, content_type: str | None = None) -> dict[str, object]:
    return parsers.parse_report(parsers.Source(body, content_type=content_type)).to_dict()


@pytest.mark.parametrize("style", html.STYLES)
@pytest.mark.parametrize("seed", range(4))
def test_an_undamaged_page_is_read_whole(style: str, seed: int) -> None:
    report = generate(seed)
    result = truth.check(read(html.compose(report, style=style)), report)
    assert (result.silent, result.nulls) == ([], [])


@pytest.mark.parametrize("flattening", "ABDEF")
@pytest.mark.parametrize("seed", range(4))
def test_undamaged_text_is_read_whole(flattening: str, seed: int) -> None:
    report = generate(seed)
    result = truth.check(read(text.compose(report, flattening=flattening)), report)
    assert (result.silent, result.nulls) == ([], [])
