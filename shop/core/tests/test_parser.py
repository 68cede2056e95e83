"""The strict JSON parser, as a function and through a request."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.core.strict_json import loads
from shop.testing.marks import on_one_database

pytestmark = on_one_database

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=10,
)


@given(values)
def test_json_is_parsed(value):
    assert loads(json.dumps(value).encode()) == value


REFUSED = [
    b"",
    b"{",
    b"nonsense",
    b'{"a": 1, "a": 2}',
    b'{"b": {"a": 1, "a": 1}}',
    b"[NaN]",
    b"[Infinity]",
    b"[-Infinity]",
    b"[1e999]",
    b"[-1e999]",
    b'["\\u0000"]',
    b'{"\\u0000": 1}',
    b'["\\ud800"]',
    b'["\\udc00\\ud800"]',
    b'["\xff"]',
    b'["\xed\xa0\x80"]',
    b'\xef\xbb\xbf{"a": 1}',
    b"{'a': 1}",
    b"[1,]",
    b"[01]",
    b'["\x01"]',
    b"[" * 21 + b"]" * 21,
    b'{"a":' * 21 + b"1" + b"}" * 21,
    b"[" * 100_000,
    b"[" + b"9" * 5000 + b"]",
]


@pytest.mark.parametrize("raw", REFUSED)
def test_json_that_is_not_strict_is_refused(raw):
    with pytest.raises(ValueError):
        loads(raw)


@pytest.mark.parametrize("raw", REFUSED)
def test_a_body_that_is_not_strict_json_is_a_400(anyone, db, raw):
    answer = anyone.generic("POST", "/api/login/", raw, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("text", ['"[[[[[[[[[[[[[[[[[[[[[[["', '"\\ud83d\\ude00"', '"\\\\u0000"'])
def test_similar_valid_json_is_parsed(text):
    assert loads(text.encode()) == json.loads(text)


def test_twenty_levels_are_parsed():
    raw = b"[" * 20 + b"]" * 20
    assert loads(raw) == json.loads(raw)
