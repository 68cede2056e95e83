"""Every operation refuses members and parameters that it does not declare."""

import re

import pytest
from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, get_resolver

from accounts.factories import StaffFactory
from accounts.services import add_address
from catalog import revision
from catalog.factories import ProductFactory
from orders.factories import place_order
from payments.models import Payment
from shop.core.query import parameters_of
from shop.testing.fixtures import Caller
from shop.testing.marks import on_one_database
from shop.testing.rows import BERLIN

pytestmark = on_one_database

NAME = "zzz_unknown"
RAW = {("/api/webhooks/stripe/", "POST")}
"""The body of a webhook is signed, and has what the provider sends."""


def routes():
    """Yield path, method, view class and action name of every operation below /api/."""
    for path, callback in walk(get_resolver().url_patterns):
        view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
        if view is None or not path.startswith("/api/"):
            continue
        actions = getattr(callback, "actions", None) or dict.fromkeys(["get", "head"])
        for method, name in actions.items():
            if method in view.http_method_names:
                yield path, method.upper(), callback, name


def walk(patterns, prefix=""):
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield re.sub(r"<\w+>", "1", simplify_regex(route)), pattern.callback
        else:
            yield from walk(pattern.url_patterns, route)


ROUTES = sorted({(path, method) for path, method, *_ in routes()})


def test_the_routes_are_complete():
    assert len(ROUTES) > 60
    assert {("/api/", "GET"), ("/api/schema/", "GET"), ("/api/docs/", "GET")} <= set(ROUTES)
    assert {("/api/logout/all/", "POST"), ("/api/cart/items/1/", "DELETE")} <= set(ROUTES)


@pytest.fixture
def root(db):
    """A superuser, whom no permission stops."""
    return Caller(StaffFactory(username="root", is_superuser=True))


def refused(answer):
    """Return the errors of a response that refuses an unknown name."""
    assert answer.status_code == 400, answer.content
    if answer.request["REQUEST_METHOD"] == "HEAD":
        return []
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] == "unknown_field"
    return [error for error in body["errors"] if error["code"] == "unknown_field"]


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_an_unknown_parameter_is_refused(root, unthrottled, path, method):
    answer = root.generic(method, f"{path}?{NAME}=1&{NAME}=2")
    errors = refused(answer)
    if method != "HEAD":
        (error,) = errors
        assert error["field"] == NAME
        assert error["detail"].startswith(f'Unknown parameter "{NAME}"; ')


@pytest.mark.parametrize(("path", "method"), sorted(set(ROUTES) - RAW))
def test_an_unknown_member_is_refused(root, unthrottled, path, method):
    if "/images/" in path:  # those of a product that does not exist are a 404
        path = path.replace("products/1/", f"products/{ProductFactory().pk}/")
    if "/addresses/" in path:  # so are changes of an address that does not exist
        address = add_address(user=root.user, values=BERLIN)
        path = path.replace("addresses/1/", f"addresses/{address.pk}/")
    if path.endswith(("/cancel-items/", "/returns/")):  # and what is done with an order
        order = place_order(root.user, ProductFactory(stock=1))
        path = path.replace("orders/1/", f"orders/{order.pk}/")
    form = "multipart" if path.endswith("/images/") and method == "POST" else "json"
    data, content_type = root._encode_data({NAME: 1}, format=form)
    errors = refused(root.generic(method, path, data, content_type))
    if method != "HEAD":
        (error,) = errors
        assert error["field"] == NAME
        assert error["detail"].startswith(f'Unknown member "{NAME}"; ')


@pytest.mark.parametrize("path", ["/api/logout/", "/api/orders/1/cancel/", "/api/cart/"])
@pytest.mark.parametrize("body", ["{}", "null", ""])
def test_an_empty_body_is_accepted_where_none_is_read(root, path, body):
    method = "DELETE" if path == "/api/cart/" else "POST"
    answer = root.generic(method, path, body, "application/json")
    assert answer.status_code in (200, 204, 404)


@pytest.mark.parametrize("body", ["[]", "[1]", "1", "false", '"x"'])
def test_another_body_is_refused_where_none_is_read(root, body):
    answer = root.generic("POST", "/api/logout/", body, "application/json")
    assert (answer.status_code, answer.json()["detail"]) == (400, "This request takes no body.")
    assert root.get("/api/users/me/").status_code == 200


@pytest.fixture
def schema(client):
    return client.get("/api/schema/", headers={"Accept": "application/json"}).json()


def test_the_document_lists_the_parameters_that_are_accepted(schema):
    for path, method, callback, name in routes():
        if method == "HEAD" or not hasattr(callback, "actions"):
            continue
        view = callback.cls(**callback.initkwargs, action=name, request=None)
        operation = next(
            operations[method.lower()]
            for template, operations in schema["paths"].items()
            if re.sub(r"{\w+}", "1", template) == path and method.lower() in operations
        )
        documented = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"}
        assert documented == set(parameters_of(view)), (path, method)


def test_the_document_allows_no_further_members(schema):
    components = schema["components"]["schemas"]
    bodies = [
        content["schema"]
        for operations in schema["paths"].values()
        for operation in operations.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    ]
    assert len(bodies) > 15
    while bodies:
        body = bodies.pop()
        if "$ref" in body:
            bodies.append(components[body["$ref"].rpartition("/")[2]])
        elif "properties" in body:
            assert body["additionalProperties"] is False, body
            bodies += body["properties"].values()
        elif "items" in body:
            bodies.append(body["items"])


def test_an_unknown_member_of_a_nested_object_is_refused(root):
    product = {
        "name": "Shirt",
        "price": "20.00",
        "options": ["Size"],
        "variants": [{"choice": {"Size": "M"}, "stok": 3}],
    }
    (error,) = refused(root.post("/api/products/", product))
    assert error["field"] == "variants.0.stok"
    assert error["detail"] == 'Unknown member "stok"; did you mean "stock"?'
    assert root.get("/api/products/").json()["count"] == 0


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("end_at", "ends_at"),
        ("endsAt", "ends_at"),
        ("startsat", "starts_at"),
        ("products", "product_ids"),
        ("Value", "value"),
    ],
)
def test_the_nearest_known_name_is_suggested(root, name, known):
    sale = {"name": "Sale", "kind": "percent", "value": "50.00", name: None}
    (error,) = refused(root.post("/api/sales/", sale))
    assert error["detail"] == f'Unknown member "{name}"; did you mean "{known}"?'
    assert root.get("/api/sales/").json()["count"] == 0


def test_all_mistakes_are_named_at_once(root):
    answer = root.post("/api/products/", {"name": "", "published": False, "Price": "1"})
    errors = {error["field"]: error["code"] for error in answer.json()["errors"]}
    assert errors == {
        "name": "blank",
        "price": "required",
        "published": "unknown_field",
        "Price": "unknown_field",
    }
    assert answer.json()["code"] == "unknown_field"


def test_long_and_many_unknown_names_do_not_make_a_long_response(root):
    body = {f"{'x' * 5000}{number}": 1 for number in range(40)}
    answer = root.post("/api/cart/add/", body)
    assert answer.status_code == 400
    assert len(answer.content) < 10_000


def test_a_cached_response_is_not_sent_for_a_request_with_an_unknown_parameter(anyone, tea):
    for path in ("/api/products/", f"/api/products/{tea.pk}/", "/api/attributes/"):
        assert anyone.get(path).status_code == 200
        refused(anyone.get(f"{path}?{NAME}=1"))
        refused(anyone.generic("GET", path, f'{{"{NAME}": 1}}', "application/json"))
        assert anyone.get(path).status_code == 200
    assert len(revision.responses) == 3


def test_health_checks_ignore_parameters(anyone, db):
    for path in ("/healthz", "/readyz"):
        assert anyone.get(f"{path}?{NAME}=1").status_code == 200


def test_a_parameter_may_be_given_once(root):
    (error,) = root.get("/api/orders/?page=1&page=2").json()["errors"]
    assert error == {
        "field": "page",
        "code": "invalid",
        "detail": "The parameter may be given at most once.",
    }


def test_a_misspelt_member_changes_nothing(root, tea):
    order = place_order(root.user, tea)
    body = {"order_id": order.pk, "payment_method": "bank_transfer"}
    path = root.post("/api/payments/", body)["Location"]
    refused(root.post(f"{path}record/", {"amonut": "10.00"}))
    assert Payment.objects.get().status == "pending"
