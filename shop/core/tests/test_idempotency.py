"""Idempotency-Key, on operations that only use the database."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from cart.models import CartItem
from catalog.models import Product
from shop.core.errors import IdempotencyKeyReused, InvalidField
from shop.core.idempotency import idempotent, read_key
from shop.core.models import IdempotencyKey
from shop.testing.races import at_once

ADD = "/api/cart/add/"


def add(caller, tea, key="k", quantity=1):
    body = {"product_id": tea.pk, "quantity": quantity}
    return caller.post(ADD, body, headers={"Idempotency-Key": key})


def test_a_duplicate_request_gets_the_stored_response(ada, tea):
    first, second = add(ada, tea), add(ada, tea)
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert (second.status_code, second.content) == (200, first.content)
    assert second["Content-Type"] == first["Content-Type"]
    assert CartItem.objects.get().quantity == 1


def test_members_in_another_order_are_the_same_body(ada, tea):
    for raw in ('{"product_id": %d, "quantity": 1}', '{"quantity":1,"product_id":%d}'):
        answer = ada.generic(
            "POST",
            ADD,
            raw % tea.pk,
            content_type="application/json",
            headers={"Idempotency-Key": "k"},
        )
        assert answer.status_code == 200
    assert answer["Idempotent-Replayed"] == "true"


def test_another_body_is_a_422(ada, tea):
    add(ada, tea)
    answer = add(ada, tea, quantity=2)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert CartItem.objects.get().quantity == 1


@pytest.mark.parametrize("body", [{"quantity": 0}, {"product_id": 10**9}])
def test_a_reused_key_takes_precedence_over_validation(ada, tea, body):
    add(ada, tea)
    body = {"product_id": tea.pk, "quantity": 1, **body}
    answer = ada.post(ADD, body, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/categories/", {"name": "Pots", "slug": "pots"}),
        ("/api/attributes/", {"name": "Glaze", "slug": "glaze", "kind": "text"}),
        ("/api/products/", {"name": "Pot", "slug": "pot", "price": "1"}),
    ],
)
def test_a_duplicate_request_is_not_reported_as_a_taken_name(amy, path, body):
    """Each of these operations handles an IntegrityError of its first write."""
    first, second = [amy.post(path, body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Idempotent-Replayed"] == "true"
    assert second.content == first.content


def test_a_key_belongs_to_a_user_and_an_operation(ada, bob, amy, tea):
    assert [add(caller, tea).status_code for caller in (ada, bob)] == [200, 200]
    body, headers = {"delta": 1, "reason": "x"}, {"Idempotency-Key": "k"}
    answers = [amy.post(f"/api/products/{tea.pk}/stock/", body, headers=headers) for _ in range(2)]
    assert [answer.json()["stock"] for answer in answers] == [11, 11]
    assert Product.objects.get().stock == 11
    assert add(amy, tea).status_code == 200
    assert IdempotencyKey.objects.count() == 4


def test_the_stored_response_has_the_location(amy):
    body, headers = {"name": "Pot", "price": "1"}, {"Idempotency-Key": "k"}
    first, second = [amy.post("/api/products/", body, headers=headers) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Location"] == first["Location"]
    assert Product.objects.count() == 1


def test_a_conflict_is_stored(ada, amy, tea):
    refused = add(ada, tea, quantity=11)
    assert refused.status_code == 409
    amy.post(f"/api/products/{tea.pk}/stock/", {"delta": 5, "reason": "x"})
    again = add(ada, tea, quantity=11)
    assert (again.status_code, again.content) == (409, refused.content)
    assert again["Content-Type"] == "application/problem+json"
    assert not CartItem.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_duplicate_that_succeeds_before_a_conflict_is_stored_decides(ada, amy, tea, settings):
    """The work is rolled back before the conflict is stored; a duplicate may succeed meanwhile."""
    settings.PREPARE_STATEMENTS = False  # so that the wrapper sees the SQL
    connection.close()
    writes = 'INSERT INTO "core_idempotencykey"'
    second_transaction = "BEGIN" if connection.vendor == "sqlite" else writes
    seen, answers = [], []

    def restock_and_repeat(execute, sql, params, many, context):
        if sql.strip().startswith(second_transaction):
            seen.append(sql)
            if len(seen) == 2:
                stock = {"delta": 5, "reason": "x"}
                at_once(lambda: amy.post(f"/api/products/{tea.pk}/stock/", stock))
                answers.extend(at_once(lambda: add(ada, tea, quantity=11)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(restock_and_repeat):
        first = add(ada, tea, quantity=11)
    assert [answer.status_code for answer in (first, *answers)] == [200, 200]
    assert first["Idempotent-Replayed"] == "true"
    assert first.content == answers[0].content
    assert CartItem.objects.get().quantity == 11


@pytest.mark.django_db(transaction=True)
def test_a_record_that_is_deleted_meanwhile_is_a_request_in_progress(ada, tea):
    add(ada, tea)

    def clean_up_first(execute, sql, params, many, context):
        if sql.startswith("SELECT") and 'FROM "core_idempotencykey" WHERE' in sql:
            at_once(lambda: IdempotencyKey.objects.all().delete())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(clean_up_first):
        answer = add(ada, tea)
    assert (answer.status_code, answer.json()["code"]) == (409, "request_in_progress")
    assert CartItem.objects.get().quantity == 1


@pytest.mark.parametrize(("product_id", "quantity", "status"), [(10**9, 1, 404), (1, 0, 400)])
def test_other_errors_are_not_stored(ada, tea, product_id, quantity, status):
    body = {"product_id": product_id, "quantity": quantity}
    answer = ada.post(ADD, body, headers={"Idempotency-Key": "k"})
    assert answer.status_code == status
    assert not IdempotencyKey.objects.exists()
    assert add(ada, tea).status_code == 200


@pytest.mark.parametrize("header", ['"k"', "k", " k ", '  "k"'])
def test_a_quoted_key_equals_the_bare_one(ada, tea, header):
    add(ada, tea, key="k")
    assert add(ada, tea, key=header)["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("header", ["", '""', '"', '"a', "a b", "é", "x" * 256, '"a"b"', "\x7f"])
def test_an_invalid_key_is_a_400(ada, tea, header):
    answer = add(ada, tea, key=header)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "Idempotency-Key")
    assert not CartItem.objects.exists()


def test_escapes_in_a_quoted_key_are_read():
    assert read_key(r'"a\"b\\c"') == 'a"b\\c'
    with pytest.raises(InvalidField):
        read_key(r'"a\x"')


def test_a_key_is_kept_for_two_days(ada, tea, capsys):
    add(ada, tea)
    for hours, left in ((47, 1), (2, 0)):
        IdempotencyKey.objects.update(created_at=F("created_at") - timedelta(hours=hours))
        call_command("cleanup")
        assert IdempotencyKey.objects.count() == left
    assert add(ada, tea).status_code == 200
    assert CartItem.objects.get().quantity == 2


def test_a_body_may_contain_any_integer(ada, tea):
    body = {"product_id": tea.pk, "quantity": 10**40}
    answer = ada.post(ADD, body, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "max_value")


@pytest.mark.django_db(transaction=True)
def test_a_duplicate_request_that_waits_too_long_is_a_409(ada, tea):
    """PostgreSQL waits on the index until the lock time-out. SQLite has one lock: a 503."""
    record = {"user": ada.user, "scope": f"POST {ADD}", "key": "k", "fingerprint": "0"}

    def add_with_short_time_outs():
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET lock_timeout = '200ms'")
            else:
                cursor.execute("PRAGMA busy_timeout = 200")
        return add(ada, tea)

    with transaction.atomic():
        IdempotencyKey.objects.create(**record)
        (answer,) = at_once(add_with_short_time_outs)
        transaction.set_rollback(True)
    expected = {"postgresql": (409, "request_in_progress"), "sqlite": (503, "unavailable")}
    assert (answer.status_code, answer.json()["code"]) == expected[connection.vendor]
    assert int(answer["Retry-After"]) >= 1
    assert add(ada, tea).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("reason", ["a row that another request locks", "a statement's time limit"])
def test_other_time_outs_are_a_503(ada, tea, reason):
    """Only a lock time-out of the record itself means that the request is a duplicate."""

    def add_with_short_time_outs():
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA busy_timeout = 200")
            elif "row" in reason:
                cursor.execute("SET lock_timeout = '200ms'")
            else:
                cursor.execute("SET statement_timeout = '200ms'")
        return add(ada, tea)

    with transaction.atomic():
        if "row" in reason:
            type(ada.user).objects.filter(pk=ada.user.pk).update(first_name="Ada")
        else:
            IdempotencyKey.objects.create(
                user=ada.user, scope=f"POST {ADD}", key="k", fingerprint="0"
            )
        (answer,) = at_once(add_with_short_time_outs)
        transaction.set_rollback(True)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert not CartItem.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_key_belongs_to_one_guest(tea):
    """The operations of carts and orders pass the digest of a guest's token."""

    def sell():
        Product.objects.update(stock=F("stock") - 1)
        return Response({"stock": Product.objects.get().stock})

    def ask(guest, **body):
        post = APIRequestFactory().post("/", body, HTTP_IDEMPOTENCY_KEY="k", format="json")
        response = idempotent(Request(post, parsers=[JSONParser()]), sell, guest=guest)
        stored = getattr(response, "data", None) or json.loads(response.content)
        return stored["stock"]

    assert [ask("a" * 64), ask("b" * 64), ask("a" * 64)] == [9, 8, 9]
    with pytest.raises(IdempotencyKeyReused):
        ask("a" * 64, quantity=2)
    assert [ask(None), ask(None)] == [7, 6]  # without a token nothing is stored
    assert IdempotencyKey.objects.count() == 2
    with pytest.raises(IntegrityError):
        IdempotencyKey.objects.create(scope="s", key="k", fingerprint="")
