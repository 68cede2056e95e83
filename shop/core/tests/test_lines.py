"""Texts of one line without invisible characters."""

import pytest
from django.core.exceptions import ValidationError

from shop.core.lines import invisible_in, validate_line, without_invisible
from shop.testing.marks import on_one_database

pytestmark = on_one_database

PERSIAN, FAMILY, CHILLU = "می\u200cخواهم", "👩\u200d👩\u200d👧", "ന\u0d4d\u200d"
WALES = "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"


@pytest.mark.parametrize(
    "text",
    ["Teapot", "Café 1\u00a0l", "緑茶", "Чай", "۱۲\u0601", "❤\ufe0f", "1\ufe0f\u20e3",
     PERSIAN, FAMILY, CHILLU, WALES, "葛\U000e0100", "שלום"],
)  # fmt: skip
def test_what_people_write_is_a_line(text):
    validate_line(text)
    assert without_invisible(text) == text


@pytest.mark.parametrize(
    ("text", "code", "clean"),
    [
        ("Tea\x00pot", "U+0000", "Teapot"),
        ("Tea\npot", "U+000A", "Tea pot"),
        ("Tea\u200bpot", "U+200B", "Teapot"),
        ("Tea\u00adpot", "U+00AD", "Teapot"),
        ("\ufeffTea", "U+FEFF", "Tea"),
        ("Tea\u202etop", "U+202E", "Teatop"),
        ("Tea\u200dpot", "U+200D", "Teapot"),
        ("Ni\u200cke", "U+200C", "Nike"),
        ("می\u200c", "U+200C", "می"),
        ("👩\u200d\u200d👩", "U+200D", "👩👩"),
        ("Tea\ufe0f", "U+FE0F", "Tea"),
        ("Tea\U000e0067", "U+E0067", "Tea"),
        ("\u3164", "U+3164", ""),
        ("\u2800\u2060", "U+2800", ""),
        ("a\ud800", "U+D800", "a"),
    ],
)
def test_invisible_characters_are_named_and_removed(text, code, clean):
    with pytest.raises(ValidationError, match=code.replace("+", r"\+")):
        validate_line(text)
    assert without_invisible(text) == clean
    assert invisible_in(clean) is None
