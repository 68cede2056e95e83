"""/api/addresses/: the addresses that a user keeps, and which of them are the defaults."""

import pytest
from django.db import IntegrityError, transaction

from accounts.address_book import MAX_ADDRESSES
from accounts.models import Address
from shop.testing.budget import query_budget

pytestmark = pytest.mark.django_db

BOOK = "/api/addresses/"
BERLIN = {
    "name": "Ada Lovelace",
    "line1": "Torstraße 1",
    "postal_code": "10119",
    "city": "Berlin",
    "country": "DE",
}
EMPTY = {"company": "", "line2": "", "region": "", "phone": "", "vat_number": ""}
BOTH = {"is_default_shipping": True, "is_default_billing": True}
NEITHER = {"is_default_shipping": False, "is_default_billing": False}


def add(caller, **changes):
    return caller.post(BOOK, BERLIN | changes, format="json")


def change(caller, pk, **members):
    return caller.patch(f"{BOOK}{pk}/", members, format="json")


def defaults(caller):
    """The ids of the default addresses for shipping and billing."""
    rows = caller.get(BOOK).json()["addresses"]
    return tuple(
        next((row["id"] for row in rows if row[f"is_default_{kind}"]), None)
        for kind in ("shipping", "billing")
    )


def test_the_first_address_is_both_defaults_and_the_next_is_neither(ada):
    first = add(ada, country="de", phone="030 123456")
    body = first.json()
    assert first.status_code == 201
    stored = BERLIN | EMPTY | BOTH | {"phone": "+4930123456"}
    assert body == stored | {"id": body["id"]}
    assert first["Location"] == f"{BOOK}{body['id']}/"
    assert ada.get(first["Location"]).json() == body
    second = add(ada, name="Mary")
    assert second.json() == BERLIN | EMPTY | NEITHER | {"id": second.json()["id"], "name": "Mary"}
    listed = ada.get(BOOK).json()
    assert (listed["count"], listed["addresses"]) == (2, [second.json(), body])


def test_a_new_default_replaces_the_former_one(ada):
    first, second = add(ada).json()["id"], add(ada, is_default_shipping=True).json()["id"]
    assert defaults(ada) == (second, first)
    assert change(ada, second, is_default_billing=True).json().items() >= BOTH.items()
    assert defaults(ada) == (second, second)
    assert change(ada, second, is_default_shipping=False).status_code == 200
    assert defaults(ada) == (None, second)
    assert ada.delete(f"{BOOK}{second}/").status_code == 204
    assert defaults(ada) == (None, None)
    assert add(ada).json().items() >= NEITHER.items()


def test_a_change_keeps_the_other_members(ada):
    pk = add(ada).json()["id"]
    before = ada.get(f"{BOOK}{pk}/").json()
    assert change(ada, pk, city="Potsdam").json() == before | {"city": "Potsdam"}
    assert change(ada, pk).json() == before | {"city": "Potsdam"}
    assert ada.get(f"{BOOK}{pk}/").json() == before | {"city": "Potsdam"}


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"line1": None}, "line1"),
        ({"postal_code": "1011"}, "postal_code"),
        ({"country": "US"}, "region"),
        ({"country": None}, "country"),
        ({"country": "XX"}, "country"),
        ({"name": ""}, "name"),
        ({"phone": "12"}, "phone"),
        ({"vat_number": "DE123456789"}, "vat_number"),
        ({"is_default_shipping": "yes"}, "is_default_shipping"),
        ({"is_default_billing": None}, "is_default_billing"),
        ({"user": 1}, "user"),
        ({"id": 1}, "id"),
    ],
)
def test_an_incomplete_or_wrong_address_is_refused(ada, members, field):
    pk = add(ada).json()["id"]
    before = Address.objects.values().get()
    for answer in (change(ada, pk, city="Potsdam", **members), add(ada, **members)):
        assert answer.status_code == 400
        assert field in {error["field"] for error in answer.json()["errors"]}
    assert Address.objects.values().get() == before


@pytest.mark.parametrize("body", [[], "text", 5])
def test_a_body_that_is_no_object_is_refused(ada, body):
    pk = add(ada).json()["id"]
    assert ada.patch(f"{BOOK}{pk}/", body, format="json").status_code == 400


def test_addresses_of_others_are_not_found(ada, bob, amy, anyone):
    pk = add(ada).json()["id"]
    path = f"{BOOK}{pk}/"
    for other in (bob, amy):
        assert other.get(path).status_code == 404
        assert change(other, pk, city="Potsdam").status_code == 404
        assert other.delete(path).status_code == 404
        assert other.get(BOOK).json()["count"] == 0
    assert anyone.get(BOOK).status_code == 401
    assert add(anyone).status_code == 401
    assert ada.get(path).json()["city"] == "Berlin"


def test_a_repeated_request_adds_one_address(ada):
    answers = [
        ada.post(BOOK, BERLIN, format="json", headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert Address.objects.count() == 1


def test_a_full_address_book_takes_no_more(ada, bob):
    row = BERLIN | {"user": ada.user}
    Address.objects.bulk_create(Address(**row) for _ in range(MAX_ADDRESSES - 1))
    assert add(ada).status_code == 201
    answer = add(ada)
    assert (answer.status_code, answer.json()["code"]) == (409, "address_book_full")
    assert answer.json()["limit"] == 50
    assert Address.objects.count() == 50
    assert add(bob).status_code == 201


def test_the_database_refuses_a_second_default(ada):
    add(ada)
    for flag in BOTH:
        with pytest.raises(IntegrityError), transaction.atomic():
            Address.objects.create(user=ada.user, **BERLIN, **{flag: True})


def test_the_number_of_statements(ada):
    add(ada)
    with query_budget(exactly=1 + 1 + 1 + 2 + 1):  # user, lock or read, count, defaults, insert
        add(ada, **BOTH)
    with query_budget(exactly=1 + 2):
        ada.get(BOOK)


def test_staff_see_the_addresses_of_a_user_in_the_admin(ada, admin_browser):
    add(ada, line2="Hinterhof 7")
    page = admin_browser.get(f"/admin/accounts/user/{ada.user.pk}/change/")
    assert (
        "<p>Ada Lovelace, Torstraße 1, Hinterhof 7, 10119 Berlin, Germany "
        "(default for shipping and billing)</p>"
    ) in page.content.decode()
    assert admin_browser.get("/admin/accounts/user/add/").status_code == 200
