"""Withdrawals without a login: what is stored, who sees it, and the receipt."""

from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.factories import staff_with
from catalog.factories import ProductFactory
from orders.factories import place_order
from orders.models import Order, OrderEvent, Return, Withdrawal
from orders.numbers import show_number
from orders.services import handle_withdrawal, ship_order
from payments.factories import pay
from shop.core.errors import Conflict
from shop.core.models import Event
from shop.testing.fixtures import Caller
from shop.testing.pages import forms_of, submit
from shop.testing.races import times

WITHDRAWALS = "/api/withdrawals/"


@pytest.fixture
def order(ada, tea):
    return place_order(ada.user, tea, quantity=2)


def declaration(order, **members):
    number = show_number(order.number, order_id=order.pk)
    return {
        "number": number,
        "email": "ada@example.com",
        "name": "Ada Lovelace",
        **members,
    }


def test_a_withdrawal_is_stored_with_its_order_and_the_response_never_tells(anyone, order):
    items = [{"sku": "TP-1", "quantity": 1}, {"name": "Tea"}]
    typed = order.number.lower().replace("0", "o")
    bodies = [
        declaration(order, number=f"{typed[:4]} - {typed[4:]}", email="ADA@example.com"),
        declaration(order, items=items, note="One is enough."),
        declaration(order, email="eve@example.com"),
        declaration(order, number="00000000"),
        declaration(order, number="my order of last week"),
    ]
    answers, statements = [], []
    for body in bodies:
        with CaptureQueriesContext(connection) as sent:
            answers.append(anyone.post(WITHDRAWALS, body))
        statements.append(len(sent))
    assert len(set(statements)) == 1
    assert {(each.status_code, each.content) for each in answers} == {
        (
            202,
            b'{"message":"We have received your withdrawal. You will get a receipt by e-mail."}',
        )
    }
    found = list(Withdrawal.objects.order_by("pk").values_list("order_id", "order_number"))
    assert found == [
        (order.pk, bodies[0]["number"]),
        (order.pk, order.number),
        (None, order.number),
        (None, "00000000"),
        (None, "my order of last week"),
    ]
    second = Withdrawal.objects.get(pk=Withdrawal.objects.order_by("pk")[1].pk)
    assert (second.items, second.note, second.status) == (items, "One is enough.", "new")
    assert Order.objects.get().status == "pending"
    assert OrderEvent.objects.count() == 1  # the order's own: buyers see nothing of strangers
    kinds = Event.objects.filter(kind="withdrawal.received").order_by("pk")
    assert [event.data["order_id"] for event in kinds] == [order.pk, order.pk, None, None, None]


def test_what_is_not_a_declaration_is_refused(anyone, order):
    wrong = [
        ({"email": "ada"}, "email"),
        ({"name": " "}, "name"),
        ({"items": [{"quantity": 1}]}, "items.0"),
        ({"items": [{"sku": "TP-1", "quantity": 0}]}, "items.0.quantity"),
        ({"reason": "none"}, "reason"),
    ]
    for members, field in wrong:
        answer = anyone.post(WITHDRAWALS, declaration(order, **members))
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == field
    assert not Withdrawal.objects.exists()


def test_an_address_gets_ten_receipts_an_hour_and_others_still_theirs(anyone, order):
    for _ in range(10):
        assert anyone.post(WITHDRAWALS, declaration(order)).status_code == 202
    refused = anyone.post(WITHDRAWALS, declaration(order, email="Ada@Example.com"))
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert anyone.post(WITHDRAWALS, declaration(order, email="b@example.com")).status_code == 202
    assert Withdrawal.objects.count() == 11


def test_the_number_has_its_former_name_too(anyone, order):
    body = declaration(order)
    former = {"order_number": body.pop("number"), **body}
    assert anyone.post(WITHDRAWALS, former).status_code == 202
    assert Withdrawal.objects.get().order == order
    missing = anyone.post(WITHDRAWALS, body).json()
    assert [(error["field"], error["code"]) for error in missing["errors"]] == [
        ("number", "required")
    ]


def test_a_key_makes_a_declaration_once_also_without_a_login(anyone, order):
    post = partial(anyone.post, WITHDRAWALS, declaration(order), headers={"Idempotency-Key": "k"})
    assert [post().status_code, post().status_code] == [202, 202]
    assert Withdrawal.objects.count() == 1
    changed = declaration(order, note="More")
    assert anyone.post(WITHDRAWALS, changed, headers={"Idempotency-Key": "k"}).status_code == 422


def test_staff_list_and_handle_withdrawals(anyone, ada, amy, order):
    anyone.post(WITHDRAWALS, declaration(order, items=[{"sku": "TP-1", "quantity": 1}]))
    anyone.post(WITHDRAWALS, declaration(order, number="x"))
    linked, unknown = Withdrawal.objects.order_by("pk")
    page = amy.get(WITHDRAWALS, {"order_id": order.pk, "status": "new"}).json()["withdrawals"]
    assert [each["withdrawal_id"] for each in page] == [linked.pk]
    assert page[0]["items"] == [{"sku": "TP-1", "quantity": 1}]
    handle = f"{WITHDRAWALS}{linked.pk}/handle/"
    handled = amy.post(handle)
    assert (handled.status_code, handled.json()["status"]) == (200, "handled")
    assert amy.post(handle).json()["code"] == "withdrawal_handled"
    assert amy.post(f"{WITHDRAWALS}{unknown.pk}/handle/").status_code == 200
    assert amy.get(WITHDRAWALS, {"status": "new"}).json()["count"] == 0
    last = ada.get(f"/api/orders/{order.pk}/").json()["events"][-1]
    assert (last["note"], last["actor"], last["status"]) == (
        "Withdrawal handled",
        "staff",
        "pending",
    )


def test_a_withdrawal_is_accepted_as_a_return_of_what_it_names(anyone, ada, amy, tea):
    cup = ProductFactory(name="Cup", price="10.00", sku="C-1", stock=5)
    order = place_order(ada.user, tea, cup, quantity=3)
    pay(order)
    early = accept_after(anyone, amy, declaration(order))
    assert early.json()["code"] == "withdrawal_unclear"  # nothing was shipped yet
    ship_order(order_id=order.pk, actor=amy.user)
    wrong = [{"sku": "C-2", "quantity": 1}], [{"name": "cup", "quantity": 4}]
    codes = [
        accept_after(anyone, amy, declaration(order, items=items)).json()["code"] for items in wrong
    ]
    assert codes == ["withdrawal_unclear", "return_limit"]
    assert accept_after(anyone, amy, declaration(order, email="x@example.com")).status_code == 409
    assert not Return.objects.exists()
    assert not Withdrawal.objects.filter(status="handled").exists()
    items = [{"sku": "c-1", "quantity": 2}, {"product_id": tea.pk}]
    accepted = accept_after(anyone, amy, declaration(order, items=items))
    made = Return.objects.get()
    assert (accepted.status_code, accepted.json()["return_id"]) == (200, made.pk)
    assert (made.kind, made.status, made.resolution) == ("withdrawal", "approved", "refund")
    units = dict(made.items.values_list("item__product_id", "quantity"))
    assert units == {tea.pk: 3, cup.pk: 2}
    again = amy.post(f"{WITHDRAWALS}{accepted.json()['withdrawal_id']}/accept/")
    assert again.json()["code"] == "withdrawal_handled"
    rest = accept_after(anyone, amy, declaration(order, items=[{"name": "Cup"}]))
    assert rest.json()["code"] == "return_limit"  # three are shipped, two of them come back
    assert Return.objects.count() == 1


def accept_after(anyone, amy, body):
    """Declare a withdrawal, and let staff accept it."""
    assert anyone.post(WITHDRAWALS, body).status_code == 202
    return amy.post(f"{WITHDRAWALS}{Withdrawal.objects.latest('pk').pk}/accept/")


@pytest.mark.django_db(transaction=True)
def test_two_members_of_staff_handle_a_withdrawal_once(anyone, amy, order):
    anyone.post(WITHDRAWALS, declaration(order))
    withdrawal = Withdrawal.objects.get()

    def handle():
        try:
            handle_withdrawal(withdrawal_id=withdrawal.pk, actor=amy.user)
        except Conflict as error:
            return error.code
        return "handled"

    assert sorted(times(4, handle)) == ["handled", *["withdrawal_handled"] * 3]
    assert OrderEvent.objects.filter(note="Withdrawal handled").count() == 1


def test_staff_see_withdrawals_in_the_admin_and_at_the_order(anyone, admin_browser, order):
    anyone.post(WITHDRAWALS, declaration(order, items=[{"name": "Tea", "quantity": 2}]))
    page = admin_browser.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    assert "2 × Tea" in page
    assert "Ada Lovelace" in admin_browser.get("/admin/orders/withdrawal/").content.decode()


def test_buyers_read_public_notes_and_staff_all(anyone, ada, bob, amy, order):
    notes = f"/api/orders/{order.pk}/notes/"
    clerk = Caller(staff_with("orders.view_order"))
    internal = amy.post(notes, {"text": "Called twice."})
    public = amy.post(notes, {"text": "A gift is in it.", "is_public": True})
    assert (internal.status_code, public.status_code) == (201, 201)
    body = public.json()
    assert (body["text"], body["is_public"], body["author"]) == ("A gift is in it.", True, "amy")
    assert [each["text"] for each in ada.get(notes).json()["notes"]] == ["A gift is in it."]
    assert ada.get(notes).json()["notes"][0]["author"] == "staff"
    everything = ["Called twice.", "A gift is in it."]
    assert [each["text"] for each in clerk.get(notes).json()["notes"]] == everything
    assert [bob.get(notes).status_code, anyone.get(notes).status_code] == [404, 401]
    assert [ada.post(notes, {"text": "x"}).status_code, clerk.post(notes).status_code] == [403, 403]
    assert amy.post("/api/orders/999999/notes/", {"text": "x"}).status_code == 404
    assert amy.post(notes, {"text": ""}).status_code == 400
    events = ada.get(f"/api/orders/{order.pk}/").json()["events"]
    assert [event["note"] for event in events] == ["Order placed", "Note added"]
    facts = list(Event.objects.filter(kind="order.note_added").values_list("data", flat=True))
    assert [fact["is_public"] for fact in facts] == [False, True]


def test_a_note_is_added_in_the_admin(ada, admin_browser, order):
    path = f"/admin/orders/ordernote/add/?order={order.pk}"
    form = forms_of(admin_browser.get(path))[-1]
    saved = admin_browser.post(path, form | {"text": "Two lines\nof text", "is_public": "on"})
    assert (saved.status_code, saved["Location"]) == (
        302,
        f"/admin/orders/order/{order.pk}/change/",
    )
    (note,) = ada.get(f"/api/orders/{order.pk}/notes/").json()["notes"]
    assert note["text"] == "Two lines\nof text"
    page = admin_browser.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    assert "of text" in page


def test_a_withdrawal_without_an_order_is_linked_by_hand_and_then_accepted(
    anyone, amy, admin_browser, ada, tea
):
    order = pay(place_order(ada.user, tea, quantity=2)).order
    ship_order(order_id=order.pk, actor=amy.user)
    anyone.post(WITHDRAWALS, declaration(order, number="last week", email="a@example.org"))
    withdrawal = Withdrawal.objects.get()
    page_url = f"/admin/orders/withdrawal/{withdrawal.pk}"
    shown = admin_browser.get(f"{page_url}/change/").content.decode()
    assert (f"{page_url}/link/" in shown, f"{page_url}/accept/" in shown) == (True, False)
    form = admin_browser.get(f"{page_url}/link/")
    unknown = submit(admin_browser, form, order_number="00000000").content.decode()
    assert "There is no order with this number." in unknown
    asked = submit(admin_browser, form, order_number=order.number.lower())
    assert "2 × Tea" in asked.content.decode()
    assert not Withdrawal.objects.filter(order=order).exists()
    shown = submit(admin_browser, asked).content.decode()
    assert (f"{page_url}/link/" in shown, f"{page_url}/accept/" in shown) == (False, True)
    note = order.events.latest("pk")
    assert (note.note, note.actor) == (f"Withdrawal {withdrawal.pk} linked", amy.user)
    again = submit(admin_browser, form, order_number=order.number).content.decode()
    assert "This withdrawal belongs to an order already." in again
    submit(admin_browser, admin_browser.get(f"{page_url}/accept/"))
    withdrawal.refresh_from_db()
    assert (withdrawal.accepted_return.status, withdrawal.status) == ("approved", "handled")
    done = admin_browser.get(f"{page_url}/change/").content.decode()
    assert 'class="button"' not in done
