"""Serializer fields that do not convert JSON types, and amounts."""

from decimal import Decimal

import pytest
from rest_framework.exceptions import ValidationError

from shop.core.fields import AmountField, IdField, StrictBool, StrictInt, StrictStr
from shop.core.money import add_up, quantize, show
from shop.testing.marks import on_one_database

pytestmark = on_one_database


@pytest.mark.parametrize(
    ("text", "amount"), [("0", "0"), ("12.5", "12.5"), ("9999999999.99", "9999999999.99")]
)
def test_an_amount_is_a_string_with_at_most_two_decimals(text, amount):
    assert AmountField().run_validation(text) == Decimal(amount)


@pytest.mark.parametrize(
    "value",
    [
        1,
        1.5,
        None,
        True,
        "",
        "-1",
        "+1",
        "1e3",
        "1_000",
        " 1",
        "1 ",
        "1.",
        ".5",
        "1.999",
        "NaN",
        "Infinity",
        "1,50",
        "0x10",
        "١",
        "1\n",
        "10000000000",
        [],
        {},
    ],
)
def test_other_values_are_not_an_amount(value):
    with pytest.raises(ValidationError):
        AmountField().run_validation(value)


@pytest.mark.parametrize("value", ["1", 1.0, True, None, [], 2.5])
def test_other_types_are_not_an_integer(value):
    with pytest.raises(ValidationError):
        StrictInt(min_value=0, max_value=9).run_validation(value)


@pytest.mark.parametrize(
    ("value", "is_id"), [(0, False), (1, True), (2**63 - 1, True), (2**63, False)]
)
def test_an_id_has_the_limits_of_its_column(value, is_id):
    if is_id:
        assert IdField().run_validation(value) == value
    else:
        with pytest.raises(ValidationError):
            IdField().run_validation(value)


@pytest.mark.parametrize("value", [1, 1.5, True, None, [], {}])
def test_other_types_are_not_a_string(value):
    with pytest.raises(ValidationError):
        StrictStr(max_length=9).run_validation(value)


@pytest.mark.parametrize("value", ["true", "yes", 1, 0, None, []])
def test_other_types_are_not_a_boolean(value):
    with pytest.raises(ValidationError):
        StrictBool().run_validation(value)
    assert StrictBool().run_validation(True) is True


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [("2.345", "2.35"), ("2.344", "2.34"), ("-2.345", "-2.35"), ("1", "1.00")],
)
def test_half_a_cent_is_rounded_up(amount, rounded):
    assert str(quantize(Decimal(amount))) == rounded


def test_amounts_are_formatted_with_two_decimals():
    assert show(add_up([Decimal("0.1"), Decimal("0.2")])) == "0.30"
    assert show(add_up([])) == "0.00"
