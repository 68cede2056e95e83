"""Errors are in the language of the request, logs in English, successes the same for everyone."""

import ast
import json
import logging
import re
from string import Formatter

import pytest
from django.conf import settings
from django.test import Client
from django.urls import path
from django.utils import translation
from rest_framework import serializers

from accounts.factories import PASSWORD, UserFactory
from catalog.models import Product
from orders.errors import TotalChanged
from payments.errors import MethodAmountLimit, RefundLimit
from shop.asgi import error_response
from shop.core.errors import ShopError, Unavailable
from shop.core.languages import choose_language
from shop.testing import messages
from shop.testing.marks import on_one_database
from shop.urls import handler404, handler500, urlpatterns  # noqa: F401 - of this URLconf

pytestmark = on_one_database

GERMAN = {"Accept-Language": "de"}


def fail(request):
    raise Unavailable


urlpatterns = [path("api/test/unavailable/", fail), *urlpatterns]


def in_german(caller, method, url, body=None, **headers):

    send = getattr(caller, method)
    return send(url, body, format="json" if body is not None else None, headers=GERMAN | headers)


def detail_of(answer, status, code):
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    assert answer["Content-Language"] == "de"
    assert "Accept-Language" in answer["Vary"]
    return body["detail"]


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("DE", "de"),
        ("de-CH;q=0.9", "de"),
        ("de-AT, en;q=0.5", "de"),
        ("en;q=0.5, de;q=0.9", "de"),
        ("fr-CH, fr;q=0.9, de;q=0.7, *;q=0.5", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr", "en"),
        ("*", "en"),
        ("*, de;q=0.5", "en"),
        ("de;q=0", "en"),
        ("de;q=x", "en"),
        ("de;;", "en"),
        (";,=\x00\xff", "en"),
        ("de," * 2000, "de"),
        ("x" * 8000, "en"),
    ],
)
def test_the_language_follows_the_header(accept, language):
    assert choose_language(accept) == language


def test_without_a_header_errors_are_english(anyone, db):
    for headers in ({}, {"Accept-Language": "fr"}):
        answer = anyone.get("/api/orders/", headers=headers)
        assert answer.json()["detail"] == "Please log in to do this."
        assert answer["Content-Language"] == "en"
        assert set(re.split(", *", answer["Vary"])) >= {"Authorization", "Accept-Language"}


def test_a_missing_login_is_explained_in_german(anyone, db):
    detail = detail_of(in_german(anyone, "get", "/api/orders/"), 401, "not_authenticated")
    assert detail == "Bitte melden Sie sich dazu an."


def test_failed_validation_is_explained_in_german(anyone, db):
    answer = in_german(anyone, "post", "/api/users/", {"email": "x" * 300, "login": 1})
    detail = detail_of(answer, 400, "invalid")
    assert detail == "Die Anfrage ist ungültig. Bitte prüfen Sie: email, password, login."
    errors = {(each["field"], each["code"]): each["detail"] for each in answer.json()["errors"]}
    assert errors["email", "max_length"] == ("Möglich sind höchstens 254 Zeichen.")
    assert errors["password", "required"] == "Dieses Feld ist erforderlich."
    assert errors["login", "invalid"] == "Erwartet wird true oder false."


def test_the_only_invalid_field_is_explained_in_the_sentence(anyone, db):
    body = {"password": PASSWORD}
    english = anyone.post("/api/users/", body).json()["detail"]
    assert english == "The request is not valid. Please check email: This field is required."
    german = detail_of(in_german(anyone, "post", "/api/users/", body), 400, "invalid")
    assert german == (
        "Die Anfrage ist ungültig. Bitte prüfen Sie email: Dieses Feld ist erforderlich."
    )


@pytest.mark.parametrize(
    ("error", "english", "german"),
    [
        (
            TotalChanged(total="9.99", expected="1250.00"),
            "€1,250.00",
            "1.250,00\N{NO-BREAK SPACE}€",
        ),
        (RefundLimit(refundable="4.50"), "€4.50", "4,50\N{NO-BREAK SPACE}€"),
        (MethodAmountLimit(limit="500.00"), "€500.00", "500,00\N{NO-BREAK SPACE}€"),
    ],
)
def test_amounts_in_sentences_have_the_currency(settings, error, english, german):
    settings.SHOP_CURRENCY = "EUR"
    with translation.override("en"):
        assert english in error.detail
    with translation.override("de"):
        assert german in error.detail


def test_each_amount_of_an_error_is_named():
    """A fact that looks like an amount, and is in the sentence, is written with the currency."""
    for error in errors_of_the_shop():
        shown = re.findall(r"{(\w+)}", str(error.message))
        amounts = [name for name, value in error.example.items() if is_amount(value)]
        assert set(amounts) & set(shown) <= set(error.amounts), error


def errors_of_the_shop():
    found, left = set(), [ShopError]
    while left:
        children = left.pop().__subclasses__()
        found.update(children)
        left.extend(children)
    return found


def is_amount(value):
    return isinstance(value, str) and bool(re.fullmatch(r"\d+\.\d\d", value))


def test_the_texts_of_fields_do_not_stay_in_the_first_language(anyone, db):
    """DRF keeps the text of some messages in the field that it was first needed for."""
    texts = []
    for headers in (GERMAN, {}, GERMAN):
        body = {"email": f"ada@{'x.' * 150}example.com", "password": PASSWORD}
        answer = anyone.post("/api/users/", body, format="json", headers=headers)
        texts.append(answer.json()["errors"][0]["detail"])
    german = "Möglich sind höchstens 254 Zeichen."
    assert texts == [german, "Ensure this field has no more than 254 characters.", german]


def test_a_refused_password_is_explained_in_german(anyone, db):
    body = {"username": "eve", "email": "eve@example.com", "password": "password"}
    answer = in_german(anyone, "post", "/api/users/", body)
    detail_of(answer, 400, "invalid")
    (error,) = answer.json()["errors"]
    assert error == {
        "field": "password",
        "code": "invalid",
        "detail": "Dieses Passwort ist zu üblich.",
    }


def test_unknown_names_are_explained_in_german(ada, tea):
    answer = in_german(ada, "post", "/api/cart/add/", {"product_id": tea.pk, "quantiy": 1})
    assert "Die Anfrage ist ungültig" in detail_of(answer, 400, "unknown_field")
    assert answer.json()["errors"][-1]["detail"] == (
        'Unbekanntes Feld "quantiy"; meinten Sie "quantity"?'
    )
    answer = in_german(ada, "get", "/api/products/?serach=tea")
    assert detail_of(answer, 400, "unknown_field") == (
        'Unbekannter Parameter "serach"; meinten Sie "search"?'
    )


def test_what_is_not_there_is_explained_in_german(ada, db):
    answer = in_german(ada, "get", "/api/products/99999/")
    assert (
        detail_of(answer, 404, "not_found") == "Das gibt es nicht, oder Sie dürfen es nicht sehen."
    )
    assert "ETag" not in answer
    answer = in_german(ada, "get", "/api/nothing/")
    assert detail_of(answer, 404, "not_found") == "Diesen Pfad gibt es nicht."
    answer = in_german(ada, "get", "/nothing")
    assert detail_of(answer, 404, "not_found") == "Diesen Pfad gibt es nicht."
    answer = in_german(ada, "get", "/api/cart")
    assert detail_of(answer, 404, "not_found") == (
        "Diesen Pfad gibt es nicht. Ergänzen Sie den Schrägstrich am Ende: /api/cart/"
    )


def test_other_refusals_of_requests_are_explained_in_german(anyone, ada, db):
    answer = in_german(ada, "delete", "/api/products/")
    assert detail_of(answer, 405, "method_not_allowed") == 'Methode "DELETE" nicht erlaubt.'
    answer = ada.get("/api/cart/", headers=GERMAN | {"Accept": "text/html"})
    assert detail_of(answer, 406, "not_acceptable") == ("Der Header Accept lässt kein JSON zu.")
    answer = ada.generic("POST", "/api/cart/add/", b"x" * 262_145, headers=GERMAN)
    assert detail_of(answer, 413, "body_too_large") == "Die Anfrage ist größer als 262144 Bytes."
    assert answer.json()["limit"] == 262_144
    answer = ada.generic("POST", "/api/cart/add/", b"<x/>", content_type="text/xml", headers=GERMAN)
    assert detail_of(answer, 415, "unsupported_media_type") == (
        'Nicht unterstützter Medientyp "text/xml" in der Anfrage.'
    )
    answer = ada.generic(
        "POST", "/api/cart/add/", b"{", content_type="application/json", headers=GERMAN
    )
    assert detail_of(answer, 400, "invalid") == (
        "Der Inhalt der Anfrage ist kein gültiges JSON: es ist nicht wohlgeformt."
    )


def test_a_missing_permission_is_explained_in_german(ada, tea):
    answer = in_german(ada, "patch", f"/api/products/{tea.pk}/", {"name": "Cup"})
    assert detail_of(answer, 403, "permission_denied") == (
        "Ihre Rolle erlaubt das nicht. Nötig ist die Berechtigung catalog.change_product."
    )
    assert answer.json()["permission"] == "catalog.change_product"


def test_a_shortage_names_the_product(ada, tea):
    body = {"product_id": tea.pk, "quantity": 11}
    answer = in_german(ada, "post", "/api/cart/add/", body)
    assert detail_of(answer, 409, "out_of_stock") == "„Tea“: nur noch 10 auf Lager."
    english = ada.post("/api/cart/add/", body, format="json").json()
    assert english["detail"] == "“Tea” has only 10 left in stock."
    facts = {"product_id": tea.pk, "name": "Tea", "available": 10, "product_ids": [tea.pk]}
    assert {name: english[name] for name in facts} == facts
    Product.objects.update(stock=0)
    answer = in_german(ada, "post", "/api/cart/add/", body)
    assert detail_of(answer, 409, "out_of_stock") == "„Tea“ ist ausverkauft."


def test_an_order_names_the_products_that_it_cannot_have(ada, tea):
    body = {"product_id": tea.pk, "quantity": 2}
    cart = ada.post("/api/cart/add/", body, format="json").json()["cart_id"]
    Product.objects.update(stock=1)
    answer = in_german(ada, "post", "/api/orders/", {"cart_id": cart})
    assert detail_of(answer, 409, "out_of_stock") == "„Tea“: nur noch 1 auf Lager."
    Product.objects.update(stock=9, is_published=False)
    answer = in_german(ada, "post", "/api/orders/", {"cart_id": cart})
    assert detail_of(answer, 409, "product_unavailable") == (
        "Nicht mehr erhältlich: „Tea“. Bitte nehmen Sie es aus dem Warenkorb."
    )
    assert (answer.json()["product_ids"], answer.json()["names"]) == ([tea.pk], ["Tea"])


def test_a_product_with_variants_is_named(ada, shirt):
    answer = in_german(ada, "post", "/api/cart/add/", {"product_id": shirt.pk, "quantity": 1})
    assert detail_of(answer, 409, "choose_variant") == "Bitte wählen Sie eine Variante von „Shirt“."
    body = answer.json()
    assert (body["product_id"], body["name"], body["field"]) == (shirt.pk, "Shirt", "product_id")
    assert len(body["variant_ids"]) == len(body["choices"]) == 3


def test_a_status_is_a_word_of_the_language(ada, tea):
    cart = ada.post("/api/cart/add/", {"product_id": tea.pk, "quantity": 1}, format="json").json()
    order = ada.post("/api/orders/", {"cart_id": cart["cart_id"]}, format="json").json()
    url = f"/api/orders/{order['order_id']}/cancel/"
    assert ada.post(url).status_code == 200
    answer = in_german(ada, "post", url)
    assert detail_of(answer, 409, "illegal_transition") == (
        "Eine Bestellung mit dem Status „storniert“ kann nicht den Status „storniert“ bekommen."
    )
    assert answer.json()["order_status"] == "cancelled"


def test_names_that_are_taken_are_named_with_their_field(anyone, db):
    UserFactory(username="eve", email="eve@example.com")
    body = {"username": "eve", "email": "new@example.com", "password": PASSWORD}
    answer = in_german(anyone, "post", "/api/users/", body)
    assert detail_of(answer, 409, "username_taken") == (
        "Dieser Benutzername ist vergeben. Bitte wählen Sie einen anderen."
    )
    assert answer.json()["field"] == "username"
    answer = in_german(
        anyone, "post", "/api/users/", body | {"username": "x", "email": "EVE@example.com"}
    )
    assert detail_of(answer, 409, "email_taken") == (
        "Zu dieser E-Mail-Adresse gibt es schon ein Konto. "
        "Melden Sie sich an, oder verwenden Sie eine andere Adresse."
    )
    assert answer.json()["field"] == "email"


def test_an_error_names_no_field_that_was_not_sent(ada, db):
    answer = ada.get("/api/categories/99999/")
    assert (answer.status_code, "field" in answer.json()) == (404, False)


def test_a_rate_limit_is_explained_in_german(anyone, db, settings):
    settings.THROTTLE = True
    body = {"username": "eve", "password": "wrong"}
    answers = [in_german(anyone, "post", "/api/login/", body) for _ in range(11)]
    assert detail_of(answers[0], 401, "invalid_credentials") == (
        "Es gibt kein aktives Konto mit diesem Benutzernamen und diesem Passwort."
    )
    seconds = answers[-1].json()["retry_after"]
    assert detail_of(answers[-1], 429, "too_many_requests") == (
        f"Zu viele Versuche. Bitte versuchen Sie es in {seconds} Sekunden noch einmal."
    )


@pytest.mark.urls("shop.tests.test_languages")
def test_an_outage_is_explained_in_german(anyone, db):
    answer = in_german(anyone, "get", "/api/test/unavailable/")
    assert detail_of(answer, 503, "unavailable") == (
        "Der Shop ist vorübergehend nicht erreichbar. "
        "Bitte versuchen Sie es noch einmal, mit demselben Idempotency-Key."
    )


@pytest.mark.parametrize(
    ("status", "german"),
    [
        (401, "Bitte melden Sie sich dazu an."),
        (403, "Ihre Rolle erlaubt das nicht."),
        (408, "Die Übertragung der Anfrage hat zu lange gedauert."),
        (429, "Zu viele Versuche. Bitte versuchen Sie es in 1 Sekunde noch einmal."),
        (503, "Der Shop ist vorübergehend nicht erreichbar."),
    ],
)
def test_the_server_answers_in_german(status, german, caplog):
    scope = {"method": "GET", "raw_path": b"/api/", "client": ("192.0.2.1", 5), "headers": []}
    header = (b"accept-language", b"de-DE,de;q=0.9")
    with caplog.at_level(logging.INFO):
        first, then = (
            error_response({**scope, "headers": headers}, status) for headers in ([header], [])
        )
    assert json.loads(first.body)["detail"].startswith(german)
    assert dict(first.headers)[b"content-language"] == b"de"
    assert dict(first.headers)[b"vary"] == b"origin, Accept-Language"
    assert dict(then.headers)[b"content-language"] == b"en"
    assert german not in json.loads(then.body)["detail"]
    assert "not passed to Django" in caplog.text


def test_a_repeated_request_gets_the_first_answer_in_its_language(ada, tea):
    body = {"product_id": tea.pk, "quantity": 11}
    key = {"Idempotency-Key": "k1"}
    first = in_german(ada, "post", "/api/cart/add/", body, **key)
    again = ada.post("/api/cart/add/", body, format="json", headers=key)
    assert (again.status_code, again["Idempotent-Replayed"]) == (409, "true")
    assert again.content == first.content
    assert (first["Content-Language"], "Content-Language" in again) == ("de", False)


def test_successes_do_not_depend_on_the_language(anyone, ada, tea):
    for url in ("/api/products/", f"/api/products/{tea.pk}/", "/api/payments/methods/"):
        english, german = anyone.get(url), anyone.get(url, headers=GERMAN)
        assert (english.status_code, english.content) == (200, german.content)
        assert english.get("ETag") == german.get("ETag")
        for answer in (english, german):
            assert "Content-Language" not in answer
            assert "Accept-Language" not in answer.get("Vary", "")
    etag = anyone.get("/api/products/")["ETag"]
    answer = anyone.get("/api/products/", headers=GERMAN | {"If-None-Match": etag})
    assert (answer.status_code, "Content-Language" in answer) == (304, False)


def test_the_schema_is_english_whoever_asks_first(anyone, db):
    from shop.core import documents

    documents._render.cache_clear()
    german = anyone.get("/api/schema/", headers=GERMAN).content
    documents._render.cache_clear()
    assert anyone.get("/api/schema/").content == german


def test_logs_stay_english(anyone, db, caplog):
    with caplog.at_level(logging.INFO):
        answer = anyone.get("/api/products/?search=%00", headers=GERMAN)
    assert answer.json()["detail"] == "Pfad und Parameter dürfen kein NUL-Zeichen enthalten."
    (line,) = [record.getMessage() for record in caplog.records if record.name == "shop.requests"]
    assert line.endswith("Path and query must not contain a NUL character.")


def test_the_language_ends_with_the_request(anyone, db):
    assert in_german(anyone, "get", "/api/orders/")["Content-Language"] == "de"
    assert str(Unavailable().detail).startswith("The shop is temporarily unavailable")


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "Log in | Shop"), ("de", "Anmelden | Shop")],
)
def test_the_admin_has_the_language_of_the_setting(db, settings, language, title):
    settings.ADMIN_LANGUAGE = language
    page = Client().get("/admin/login/", headers={"Accept-Language": "fr, de;q=0.5"})
    assert f'<html lang="{language}"' in page.content.decode()


# -- The catalogs ---------------------------------------------------------------------------------


def names_in(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize(
    "language", [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
)
def test_every_marked_message_is_translated(language):
    catalog = messages.read_catalog(language)
    marked = messages.marked_messages()
    assert len(marked) > 200
    assert {each.id for each in marked if each.id} == {each.id for each in catalog if each.id}, (
        "run make messages"
    )
    assert [each.id for each in messages.untranslated(catalog)] == []
    for message in catalog:
        ids, texts = (
            each if isinstance(each, tuple | list) else [each]
            for each in (message.id, message.string)
        )
        if message.id:
            assert {frozenset(names_in(text)) for text in texts} == {
                frozenset(names_in(text)) for text in ids
            }


_RAISED = {"InvalidField", "Malformed", "ParseError", "UnsupportedEncoding", "ValidationError"}
_NAMES = {"message", "reason", "violation_error_message"}


def unmarked_sentences(tree):
    """Yield the lines of sentences for clients that are plain text in the code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = getattr(node.func, "id", getattr(node.func, "attr", ""))
            texts = [word.value for word in node.keywords if word.arg in _NAMES]
            texts = texts if function in _RAISED or "Constraint" in function else []
            texts += node.args[:1] if function in _RAISED else []
        elif isinstance(node, ast.Assign):
            names = {getattr(target, "id", "") for target in node.targets}
            is_table = "default_error_messages" in names and isinstance(node.value, ast.Dict)
            texts = node.value.values if is_table else [node.value] if names & _NAMES else []
        else:
            texts = []
        for text in texts:
            is_text = isinstance(text, ast.JoinedStr) or (
                isinstance(text, ast.Constant) and " " in str(text.value)
            )
            if is_text:
                yield text.lineno


def test_sentences_for_clients_are_marked():
    """Except in the admin, in files of imports and for the fake Stripe."""
    left_out = {"tests", "testing", "migrations", "management", "admin", "exchange", "gateways"}
    left_out |= {"forms.py", "form_keys.py", "settings.py"}
    found = [
        f"{path.relative_to(messages.ROOT)}:{line}"
        for app in messages.APPS
        for path in (messages.ROOT / app).rglob("*.py")
        if left_out.isdisjoint(path.parts) and not path.name.startswith("admin")
        for line in unmarked_sentences(ast.parse(path.read_text()))
    ]
    assert found == []


FIELDS = [
    each
    for each in vars(serializers).values()
    if isinstance(each, type) and issubclass(each, serializers.Field)
]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.__name__)
def test_the_texts_of_the_rest_framework_are_german_and_formal(field):
    for message in getattr(field, "default_error_messages", {}).values():
        with translation.override("de"):
            german = str(message)
        assert german != str(message)
        assert not re.search(r"\b(du|Gib|Stelle|Nutze|Benutze|Lade|Prüfe)\b", german)


@pytest.mark.parametrize("language", ["de"])
def test_the_compiled_catalog_is_up_to_date(language):
    catalog = messages.read_catalog(language)
    assert messages.compiled_file(language).read_bytes() == messages.compiled(catalog), (
        "run make messages"
    )
