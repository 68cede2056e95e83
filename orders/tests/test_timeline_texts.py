"""The timeline of an order is in the language of the reader."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override

from orders.factories import place_order
from orders.services import change_contact, confirm_order
from orders.timeline_texts import find_text, translate_note
from shop.testing.marks import on_one_database

pytestmark = on_one_database

GERMAN = {"Accept-Language": "de"}
_WRITERS = {"add_to_timeline", "note_event", "refresh_statuses", "reverse_refund", "_record"} | {
    "cancel_order",
    "confirm_order",
    "record_payment",
    "_set_status",
    "_try_to_set_status",
}


def notes(caller, order, **headers):
    events = caller.get(f"/api/orders/{order.pk}/", headers=headers).json()["events"]
    return [event["note"] for event in events]


def test_the_reader_chooses_the_language(ada, amy, tea):
    order = place_order(ada.user, tea, quantity=3)
    change_contact(order_id=order.pk, changes={"phone": "+49301234567"}, actor=ada.user)
    ada.post(
        f"/api/orders/{order.pk}/cancel-items/", {"items": [{"product_id": tea.pk, "quantity": 1}]}
    )
    confirm_order(order_id=order.pk, actor=amy.user, note="Cash on delivery")
    amy.post(f"/api/orders/{order.pk}/fulfilments/", {})
    assert notes(ada, order) == [
        "Order placed",
        "Changed: phone number",
        "Cancelled: 1 × Tea",
        "Cash on delivery",
        "2 units shipped",
    ]
    assert notes(ada, order, **GERMAN) == [
        "Bestellung aufgegeben",
        "Geändert: Telefonnummer",
        "Storniert: 1 × Tea",
        "Zahlung bei Lieferung",
        "2 Stück versandt",
    ]


@pytest.mark.parametrize(
    ("note", "german"),
    [
        ("", ""),
        ("Payment received", "Zahlung eingegangen"),
        ("1 unit shipped", "1 Stück versandt"),
        ("Refunded 12.50", "12.50 erstattet"),
        ("Cancelled: 2 × {name} %s", "Storniert: 2 × {name} %s"),
        ("Something of an earlier release", "Something of an earlier release"),
        (
            "Changed: shipping address, e-mail address",
            "Geändert: Lieferadresse, E-Mail-Adresse",
        ),
    ],
)
def test_a_note_is_translated(note, german):
    with override("de"):
        assert translate_note(note) == german
    assert translate_note(note) == note


def test_every_text_that_is_written_is_known():
    texts = {text for path in _sources() for text in _texts_of(ast.parse(path.read_text()))}
    assert {"Order placed", "Return approved", "Refunded 1"} <= texts  # the search works
    assert [text for text in sorted(texts) if find_text(text) is None] == []


def _sources():
    for app in ("orders", "payments"):
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            if {"services", "views"} & set(Path(path).parts):
                yield path


def _texts_of(tree):
    """Yield the texts that are passed to what writes the timeline, with 1 for each fact."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "note":
            yield from _strings(node.value)
        if not isinstance(node, ast.Call):
            continue
        if getattr(node.func, "attr", getattr(node.func, "id", "")) not in _WRITERS:
            continue
        for argument in (*node.args, *(each.value for each in node.keywords)):
            yield from _strings(argument)


def _strings(node):
    if isinstance(node, ast.IfExp):
        yield from _strings(node.body)
        yield from _strings(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(each.value if isinstance(each, ast.Constant) else "1" for each in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from [node.value] if node.value[:1].isupper() or node.value[:1].isdigit() else []
