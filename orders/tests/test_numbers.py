"""The numbers of orders."""

from django.conf import settings

from orders.numbers import new_number, read_number, show_number


def test_a_number_is_known_in_any_spelling(settings):
    # 1234567 in base 32 is 15NM7, and 1234567 modulo 37 is 25: S.
    number = "0015NM7S"
    settings.ORDER_NUMBER_PREFIX = "SHOP-"
    assert show_number(number, order_id=1) == "SHOP-0015NM7S"
    for text in (
        "SHOP-0015NM7S",
        "shop-0015nm7s",
        "0015-NM7S",
        " oo15 nm7s ",
        "OOI5NM7S",
        "00l5nm7s",
        "Another-0015NM7S",
    ):
        assert read_number(text) == number, text


def test_a_mistyped_number_is_not_a_number():
    number = "0015NM7S"
    others = {
        number[:at] + each + number[at + 1 :] for at in range(8) for each in "0123456789ABCXYZ"
    }
    assert [other for other in others - {number} if read_number(other)] == []
    swapped = [number[:at] + number[at + 1] + number[at] + number[at + 2 :] for at in range(7)]
    assert {other for other in swapped if read_number(other)} == {number}  # 00 are two equal digits
    for text in ("", "S", "0015NM7", "0015NU7S", "0" * 10_000 + "!", "٠٠15NM7S"):
        assert read_number(text) is None


def test_new_numbers_differ_and_can_be_read():
    assert settings.ORDER_NUMBER_PREFIX == ""
    numbers = {new_number() for _ in range(1000)}
    assert len(numbers) == 1000
    assert {len(number) for number in numbers} == {8}
    assert [read_number(number) for number in numbers] == list(numbers)


def test_an_order_without_a_number_shows_its_id():
    assert show_number(None, order_id=42) == "42"
