"""Words found in one pass, and those by which families are passed over unasked: no sign of a family without one."""

from __future__ import annotations

import random
import string
import tracemalloc
from collections.abc import Iterator

import pytest
from scrapy.http import TextResponse

from crawler import families
from crawler.demo.server import request_of
from crawler.families.page import utf8
from crawler.families.words import Words
from tests.crawler.walks import response_of
from tests.portals.cases import CASES, make_portal
from tests.portals.platforms.base import Case

HOME = "http://www.sim.gov.cn"


def pages_of(case: Case) -> Iterator[TextResponse]:
    """Home page, column and articles of a composed portal."""
    portal = make_portal(case, "words")
    portal.bases.update(dict.fromkeys(case.hosts, HOME))
    articles = [portal.article_url(entry).removeprefix(HOME) for entry in portal.site.reports]
    for path in ("/", portal.column, *articles[:2]):
        answer = portal.respond(request_of("GET", path, {}, b"", "www"))
        if answer.status == 200 and (answer.content_type or "").startswith("text/html"):
            yield response_of(answer.body.decode("utf-8", "replace"), HOME + path)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_page_with_a_sign_of_a_family_has_one_of_its_words(case: Case) -> None:
    pages = list(pages_of(case))
    assert pages
    for page in pages:
        for family in families.FAMILIES:
            if family.evidence(page):
                assert not family.WORDS or families.has_any(page, family.WORDS), (family.NAME, page.url)


def test_each_family_of_a_system_is_seen_on_some_page() -> None:
    seen = {families.detect(page)[0].NAME for case in CASES for page in pages_of(case)}
    assert seen == {family.NAME for family in families.FAMILIES}


def test_words_are_in_small_letters_and_found_in_text_and_address_of_any_case() -> None:
    allowed = set(string.printable) - set(string.ascii_uppercase)
    words = {word for family in families.FAMILIES for word in family.WORDS}
    assert all(word and set(word) <= allowed for word in words)
    assert families.has_any(response_of("<p>Loading <b>JPage</b></p>", HOME), ("jpage",))
    assert families.has_any(response_of("<p>云河县</p>", HOME + "/Channel_7/"), ("channel_",))
    assert not families.has_any(response_of("<p>云河县</p>", HOME), words)


def test_words_are_found_wherever_a_large_page_is_cut() -> None:
    cut = 2**18
    for before in (cut - 5, cut - 4, cut - 3, cut - 1, cut):
        page = response_of("a" * before + "jpage" + "a" * 2**18, HOME + "/")
        assert families.has_any(page, ("jpage",)), before


def test_a_page_made_of_words_takes_little_memory() -> None:
    page = response_of("/t20" * 2**20, HOME)
    utf8(page)
    tracemalloc.start()
    try:
        assert families.has_any(page, ("/t20",))
        assert tracemalloc.get_traced_memory()[1] < 40 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("number", [1, 64, 65, 200])  # the fast search takes 64 at once
def test_all_words_of_a_text_are_found_those_within_others_too(number: int) -> None:
    chance = random.Random(number)
    made = {"".join(chance.choices("ab-", k=chance.randint(2, 9))) for _ in range(3 * number + 20)}
    names = sorted(made, key=lambda word: (len(word), word), reverse=True)[:number]
    words = Words(names)
    for _ in range(200):
        text = "".join(chance.choices("ab-x", k=chance.randint(0, 60)))
        held = {name for name in names if name in text}
        assert words.found_in(text.encode()) == held
        assert words.any_in(text.encode()) == bool(held)
