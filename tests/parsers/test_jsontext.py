"""Records as JSON: read as they were written, whatever they hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from parsers.jsontext import dumps, loads


@pytest.mark.parametrize(
    "number", [2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64 - 1, 2**64, 12345678901234500000000, 0, -1, 0.1, 1e22]
)
def test_a_number_stays_the_same_number(number: float) -> None:
    again = loads(dumps({"县": number}))["县"]
    assert (again, type(again)) == (number, type(number))


@pytest.mark.parametrize("value", [10**30, {"县": [10**30, "\u2028\x7f\x00"]}, "\x0b\t/", {1: "县"}])
def test_the_bytes_are_those_of_the_standard_library(value: Any) -> None:
    assert dumps(value) == json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize("text", [b'["\\ud800", 1]', b"[NaN, 12345678901234567890123]", b'\xef\xbb\xbf{"a": 1}'])
def test_what_others_wrote_is_read(text: bytes) -> None:
    assert repr(loads(text)) == repr(json.loads(text))


@pytest.mark.parametrize("text", [b"", b"[1", b"[1]\x00", b'["\xff"]', b"[12345678901234567890123"])
def test_what_is_no_json_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        loads(text)
