"""Idempotency-Key, on operations that touch the database alone."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F

from cart.models import CartItem
from catalog.models import Product
from shop.core.errors import InvalidField
from shop.core.idempotency import read_key
from shop.core.models import IdempotencyKey
from shop.testing.races import at_once

ADD = "/api/cart/add/"


def add(caller, tea, key="k", quantity=1):
    body = {"product_id": tea.pk, "quantity": quantity}
    return caller.post(ADD, body, headers={"Idempotency-Key": key})


def test_the_first_answer_comes_again_byte_for_byte(ada, tea):
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
def test_a_key_that_was_used_matters_more_than_a_mistake(ada, tea, body):
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
def test_a_twin_is_no_row_of_a_name_that_is_taken(amy, path, body):
    """Each of these first writes within a block that has a meaning for an IntegrityError."""
    first, second = [amy.post(path, body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Idempotent-Replayed"] == "true"
    assert second.content == first.content


def test_a_key_is_its_callers_and_its_operations_own(ada, bob, amy, tea):
    assert [add(caller, tea).status_code for caller in (ada, bob)] == [200, 200]
    body, headers = {"delta": 1, "reason": "x"}, {"Idempotency-Key": "k"}
    answers = [amy.post(f"/api/products/{tea.pk}/stock/", body, headers=headers) for _ in range(2)]
    assert [answer.json()["stock"] for answer in answers] == [11, 11]
    assert Product.objects.get().stock == 11
    assert add(amy, tea).status_code == 200
    assert IdempotencyKey.objects.count() == 4


def test_a_location_comes_again(amy):
    body, headers = {"name": "Pot", "price": "1"}, {"Idempotency-Key": "k"}
    first, second = [amy.post("/api/products/", body, headers=headers) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Location"] == first["Location"]
    assert Product.objects.count() == 1


def test_a_refusal_by_the_state_of_things_is_remembered(ada, amy, tea):
    refused = add(ada, tea, quantity=11)
    assert refused.status_code == 409
    amy.post(f"/api/products/{tea.pk}/stock/", {"delta": 5, "reason": "x"})
    again = add(ada, tea, quantity=11)
    assert (again.status_code, again.content) == (409, refused.content)
    assert again["Content-Type"] == "application/problem+json"
    assert not CartItem.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_twin_that_succeeds_before_a_refusal_is_written_answers_for_both(ada, amy, tea, settings):
    """The refused work is undone first; whoever writes the record then has the last word."""
    settings.PREPARE_STATEMENTS = False  # so that the statement can be told by its text
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
def test_a_record_that_is_cleaned_up_between_two_looks_is_no_answer(ada, tea):
    add(ada, tea)

    def clean_up_first(execute, sql, params, many, context):
        if sql.startswith("SELECT") and 'FROM "core_idempotencykey"' in sql:
            at_once(lambda: IdempotencyKey.objects.all().delete())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(clean_up_first):
        answer = add(ada, tea)
    assert (answer.status_code, answer.json()["code"]) == (409, "request_in_progress")
    assert CartItem.objects.get().quantity == 1


@pytest.mark.parametrize(("product_id", "quantity", "status"), [(10**9, 1, 404), (1, 0, 400)])
def test_a_mistake_is_not_remembered(ada, tea, product_id, quantity, status):
    body = {"product_id": product_id, "quantity": quantity}
    answer = ada.post(ADD, body, headers={"Idempotency-Key": "k"})
    assert answer.status_code == status
    assert not IdempotencyKey.objects.exists()
    assert add(ada, tea).status_code == 200


@pytest.mark.parametrize("header", ['"k"', "k", " k ", '  "k"'])
def test_a_quoted_key_is_the_bare_one(ada, tea, header):
    add(ada, tea, key="k")
    assert add(ada, tea, key=header)["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("header", ["", '""', '"', '"a', "a b", "é", "x" * 256, '"a"b"', "\x7f"])
def test_what_is_no_key_is_a_400(ada, tea, header):
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


def test_a_body_of_any_number_has_a_fingerprint(ada, tea):
    body = {"product_id": tea.pk, "quantity": 1, "ignored": 10**40}
    assert ada.post(ADD, body, headers={"Idempotency-Key": "k"}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_twin_that_waits_too_long_is_told_to_ask_again(ada, tea):
    """On PostgreSQL the twin waits on the index until its lock time-out; SQLite has one lock, a 503."""
    record = {"user": ada.user, "scope": f"POST {ADD}", "key": "k", "fingerprint": "0"}

    def impatient():
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET lock_timeout = '200ms'")
            else:
                cursor.execute("PRAGMA busy_timeout = 200")
        return add(ada, tea)

    with transaction.atomic():
        IdempotencyKey.objects.create(**record)
        (answer,) = at_once(impatient)
        transaction.set_rollback(True)
    expected = {"postgresql": (409, "request_in_progress"), "sqlite": (503, "unavailable")}
    assert (answer.status_code, answer.json()["code"]) == expected[connection.vendor]
    assert int(answer["Retry-After"]) >= 1
    assert add(ada, tea).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["a row that another request locks", "a statement's time limit"])
def test_what_else_takes_too_long_is_no_twin(ada, tea, what):
    """A 503, as without a key: the claim's own lock time-out alone speaks of a twin."""

    def impatient():
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA busy_timeout = 200")
            elif "row" in what:
                cursor.execute("SET lock_timeout = '200ms'")
            else:
                cursor.execute("SET statement_timeout = '200ms'")
        return add(ada, tea)

    with transaction.atomic():
        if "row" in what:
            type(ada.user).objects.filter(pk=ada.user.pk).update(first_name="Ada")
        else:
            IdempotencyKey.objects.create(
                user=ada.user, scope=f"POST {ADD}", key="k", fingerprint="0"
            )
        (answer,) = at_once(impatient)
        transaction.set_rollback(True)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert not CartItem.objects.exists()
