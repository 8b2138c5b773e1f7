"""A page's elements and texts: looked up once for all who ask, and the same as lxml gives them."""

from __future__ import annotations

import random
import time
from typing import get_args

import pytest
from scrapy.http import HtmlResponse, Response

from crawler import trouble
from crawler.families import endless
from crawler.families import page as pages
from crawler.families.page import Hidden, Rare, elements, plain_text, text_of, tree, visible_text
from tests.crawler.families.test_words import pages_of
from tests.portals.cases import CASES

KINDS = (*get_args(Hidden), *get_args(Rare))
MARKUP = """<html><head><title>年报</title><base href="/a/"><meta name="a" content="1"></head><body>
<h2>二</h2><h1>一</h1>
<select><option>2023年</option></select><iframe src="a"></iframe><embed src="b"><iframe src="c"></iframe>
<script>var a = "甲";</script><p>２０２４年\u3000\n  年报<noscript>无脚本</noscript></p>
<p> \u3000 </p><p>乙</p></body></html>"""


def response(markup: str) -> HtmlResponse:
    return HtmlResponse("http://sim/", body=markup.encode(), encoding="utf-8")


def test_elements_are_in_the_order_of_the_page_whatever_is_asked_for_first() -> None:
    page = response(MARKUP)
    assert [each.get("src") for each in elements(page, "embed", "iframe")] == ["a", "b", "c"]
    assert [each.text for each in elements(page, "h1", "h2")] == ["二", "一"]
    assert elements(page, "area") == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_elements_are_those_of_the_tree(case: object) -> None:
    for page in pages_of(case):  # type: ignore[arg-type]
        for kind in KINDS:
            assert elements(page, kind) == list(tree(page).iter(kind))  # type: ignore[arg-type]


def test_texts_are_a_line_each_without_what_is_hidden() -> None:
    page = response(MARKUP)
    assert visible_text(page) == "二\n一\n2023年\n２０２４年 年报\n乙"
    assert plain_text(page) == "二\n一\n2023年\n2024年 年报\n乙"


def test_a_long_text_is_as_plain_as_a_short_one() -> None:
    for size in (pages._SHORT - 1, pages._SHORT, 3 * pages._SHORT):
        assert plain_text(response(f"<p>\n {'０' * size}\t年 </p>")) == f"{'0' * size} 年"


def test_the_text_of_an_element_is_the_same_with_and_without_children() -> None:
    root = tree(response("<p>\n 云河县\t2024年 </p><p>\n 云河县<b>\t2024年</b> <!-- 注 --></p><p></p>"))
    assert [text_of(each) for each in root.iter("p")] == ["云河县 2024年", "云河县 2024年", ""]


def distinct(number: int, form: str) -> str:
    return "".join(form.format(n) for n in range(number))


@pytest.mark.parametrize(
    "attributes",
    [
        distinct(60_000, "a{} "),
        distinct(60_000, "a{}/"),
        distinct(60_000, "a{}=''"),
        distinct(60_000, "a{}='<p>' "),
        distinct(60_000, 'a{}=">" '),
        distinct(60_000, "a{}=b "),
        "b\" c' " + distinct(60_000, "a{} "),
    ],
    ids=["plain", "slashes", "joined", "tags within", "brackets within", "bare values", "stray quotes"],
)
@pytest.mark.parametrize("name", ["li", "SCRIPT", "st:yle"])
def test_an_element_without_end_is_no_page_and_takes_no_time(name: str, attributes: str) -> None:
    page = response(f"<html><body><!-- < --><p>云河县</p><{name} {attributes}>x</{name}>")
    begun = time.process_time()
    signal = trouble.of_response(page)
    assert signal is not None
    assert (signal.kind, signal.outcome.value) == ("too_large", "http_error")
    assert len(tree(page)) == 0
    assert len(pages.fragment(page.text)) == 0
    assert time.process_time() - begun < 2


HIDING = """
<!-- <!--> <!---> --> --!> <script> </script> <script/> </scriptx> <SCRIPT|a=b> </SCRIPT|> <style>
</style> <style|/> <title> </title> <textarea> </textarea> <xmp> </xmp> <iframe> </iframe>
<noscript> <noembed> </noembed> <noframes> </noframes> <plaintext> <svg> <math> <template> <![CDATA[
]]> <!doctype|html> <?x ?> < </ </x <p> <a|b=" " ' = <a|b=' > x | / <li|a|b|c|d|e|f|g|h>
<li|a='1'|b=">"|c|d|e|f|g|h=i> <body> </head>
""".split()


def test_nothing_hides_an_element_from_being_counted() -> None:
    chance, sound = random.Random(7), endless.tags(5)
    many = 0
    for _ in range(40_000):
        markup = "".join(chance.choices(HIDING, k=chance.randint(1, 9))).replace("|", " ").encode()
        most = max((len(each.attrib) for each in pages._parsed(markup).iter()), default=0)
        many += most > 5
        found = sound.match(markup)
        assert most <= 5 or found is None or found.end() < len(markup), markup
    assert many > 1_000


def test_a_file_is_not_taken_for_a_page() -> None:
    file = Response("http://sim/a.pdf", body=b"%PDF-1.4 <a " + b"b " * 200_000)
    assert trouble.of_response(file) is None


def test_a_large_page_of_many_elements_is_read() -> None:
    """... whatever its scripts compare, its comments say, its quotes leave open."""
    code = "if (a<b && c) { d('" + "x y " * 20_000 + "') }"
    heavy = "<p title='a>b' class=x data-a=\"<li \">云河县</p>" * 3_000
    page = response(
        f"<script>{code}</script><!-- <a {code} --><style>a<b {code}</style>{heavy}<p>1 < 2 <3</p><a href='x>年"
    )
    assert len(page.body) > endless.ROOM
    assert trouble.of_response(page) is None
    assert len(list(tree(page).iter("p"))) == 3_001


def test_of_a_page_made_of_rare_elements_no_more_than_a_bound_is_kept() -> None:
    page = response("<body>" + "<base>" * 100_000)
    assert len(elements(page, "base")) == pages.MOST_ELEMENTS
    assert len(tree(page).findall(".//base")) == 100_000
