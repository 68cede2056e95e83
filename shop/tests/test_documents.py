"""The OpenAPI documents: what they say is what the shop answers, and what generators understand."""

import ast
import json
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema_rs import Draft202012Validator

from accounts.factories import StaffFactory, UserFactory
from shop.core.documents import AdminGenerator, StoreGenerator
from shop.core.errors import ShopError
from shop.core.problem_schemas import code_of
from shop.testing.contract import document, strict
from shop.testing.fixtures import Caller
from shop.testing.marks import on_one_database
from shop.testing.rows import fill_every_list
from shop.tests.test_docs import every_subclass

pytestmark = on_one_database

ROOT = Path(__file__).resolve().parent.parent.parent
GENERATORS = {"": SchemaGenerator, "store/": StoreGenerator, "admin/": AdminGenerator}
APPS = ("accounts", "cart", "catalog", "orders", "payments", "shop")


@pytest.fixture(scope="module")
def documents():
    """The whole document and its two parts, as they are served, by the ends of their paths."""
    client, accept = Client(), {"Accept": "application/json"}
    return {
        name: client.get(f"/api/schema/{name}", headers=accept).json()
        for name in ("", "store/", "admin/")
    }


def operations_of(schema):
    return {(method, path) for path, methods in schema["paths"].items() for method in methods}


def everything_in(value):
    """Yield every object of a document."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            yield from everything_in(item)


@pytest.mark.parametrize(
    ("path", "file"),
    [("", "openapi"), ("store/", "openapi-store"), ("admin/", "openapi-admin")],
)
def test_the_committed_documents_are_what_the_shop_serves(client, path, file):
    served = client.get(f"/api/schema/{path}").content.decode()
    assert served == (ROOT / "docs" / f"{file}.yaml").read_text(), "run `make schema`"


# -- Responses ------------------------------------------------------------------------------------

LISTS = {
    "/api/addresses/": "addresses",
    "/api/attributes/": "attributes",
    "/api/categories/": "categories",
    "/api/collections/": "collections",
    "/api/countries/": "countries",
    "/api/disputes/": "disputes",
    "/api/drafts/": "drafts",
    "/api/orders/": "orders",
    "/api/orders/{order_id}/invoices/": "invoices",
    "/api/orders/{order_id}/notes/": "notes",
    "/api/orders/{id}/refunds/": "refunds",
    "/api/orders/{order_id}/returns/": "returns",
    "/api/payments/": "payments",
    "/api/payments/methods/": "payment_methods",
    "/api/payments/{id}/refunds/": "refunds",
    "/api/products/": "products",
    "/api/products/changes/": "products",
    "/api/products/low-stock/": "products",
    "/api/products/{id}/related/": "products",
    "/api/products/{id}/stock/": "movements",
    "/api/returns/": "returns",
    "/api/sales/": "sales",
    "/api/synonyms/": "synonyms",
    "/api/withdrawals/": "withdrawals",
    "/api/webhook-endpoints/": "webhook_endpoints",
    "/api/webhook-deliveries/": "webhook_deliveries",
    "/api/events/": "events",
}
"""The array of each list."""


@pytest.fixture(scope="module")
def rows(module_db):
    """The rows of every list: their ids, a customer and a member of staff."""
    buyer, staff = UserFactory(username="ada"), StaffFactory(username="amy")
    return fill_every_list(buyer, staff), buyer, staff


@pytest.fixture
def ids(rows, db):
    return rows[0]


@pytest.fixture
def ada(rows, db):
    return Caller(rows[1])


@pytest.fixture
def amy(rows, db):
    return Caller(rows[2])


def declared_arrays(operation):
    """Return the names of the arrays at the top of a response."""
    schemas = document()["components"]["schemas"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    properties = schemas[schema["$ref"].rpartition("/")[2]]["properties"]
    return [name for name, member in properties.items() if member.get("type") == "array"]


def test_every_list_is_tried():
    declared = {
        path: declared_arrays(methods["get"])
        for path, methods in document()["paths"].items()
        if "get" in methods
        and not path.endswith("{id}/")
        and path not in (*UNIQUE, *FILES, SUGGESTIONS)
    }
    changes = declared.pop("/api/products/changes/")
    assert changes == ["products", "deleted"]
    assert declared == {
        path: [name] for path, name in LISTS.items() if path != "/api/products/changes/"
    }


UNIQUE = ("/api/cart/", "/api/shop/", "/api/users/me/")
"""Paths without an id that are not lists."""
SUGGESTIONS = "/api/products/suggest/"
"""A path whose response has several lists."""
FILES = ("/api/orders/{order_id}/invoices/{invoice_id}/pdf/",)
"""Paths whose responses are not JSON."""


@pytest.mark.parametrize("path", LISTS)
def test_every_list_has_the_members_that_are_documented(ada, amy, ids, path):
    resource = path.split("/")[2]
    for caller in (ada, amy):
        # The client compares the response with the document.
        answer = caller.get(re.sub(r"{\w+}", str(ids.get(resource)), path))
        if caller is amy or answer.status_code == 200:
            assert answer.status_code == 200
            assert answer.json()[LISTS[path]]


def test_every_object_has_the_members_that_are_documented(ada, amy, ids):
    paths = [path for method, path in operations_of(document()) if method == "get"]
    objects = [path for path in paths if path.endswith("{id}/")] + list(UNIQUE)
    assert len(objects) == 17
    for path in objects:
        answer = amy.get(path.replace("{id}", str(ids.get(path.split("/")[2]))))
        assert answer.status_code == 200
    assert ada.get("/api/cart/").json()["cart_items"]


@pytest.mark.parametrize("header", ["X-Order-Token", "X-Cart-Token"])
def test_every_operation_answers_a_wrong_token_as_documented(ada, amy, ids, header):
    refused = 0
    for method, path in sorted(operations_of(document())):
        found = ids.get(path.split("/")[2], 1)
        for caller in (ada, amy):
            # The client compares the response with the document.
            send = getattr(caller, method)
            answer = send(re.sub(r"{\w+}", str(found), path), {}, headers={header: "42"})
            refused += answer.status_code == 401
    assert refused > 10


def test_the_rows_of_every_list_are_no_breach(ids, capsys):
    call_command("audit")
    assert capsys.readouterr().out == "audit: 40 checks, no breach\n"


def test_a_list_with_another_array_does_not_pass(ada, ids):
    body = ada.get("/api/orders/").json()
    schema = document()["paths"]["/api/orders/"]["get"]["responses"]["200"]["content"]
    validator = Draft202012Validator(
        {
            **schema["application/json"]["schema"],
            "components": document()["components"],
        }
    )
    assert validator.is_valid(body)
    body["purchases"] = body.pop("orders")
    assert not validator.is_valid(body)
    assert not validator.is_valid({**body, "orders": body["purchases"]})


# -- Problems -------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", GENERATORS)
def test_every_problem_is_found_by_its_code(documents, part):
    schemas = documents[part]["components"]["schemas"]
    problems = [*documents[part]["components"]["responses"].values()]
    unions = [
        content["schema"]
        for response in problems
        for content in response["content"].values()
        if "$ref" not in content["schema"]
    ]
    assert len(unions) > 10
    for schema in [*unions, schemas["Problem"]]:
        assert schema["discriminator"]["propertyName"] == "code"
        mapping = schema["discriminator"]["mapping"]
        assert [{"$ref": target} for target in mapping.values()] == schema["oneOf"]
        for code, target in mapping.items():
            problem = schemas[target.rpartition("/")[2]]
            assert code_of(problem) == code
            assert {"type", "title", "status", "detail", "code"} <= set(problem["required"])


@pytest.mark.parametrize("part", GENERATORS)
def test_the_example_of_each_problem_has_the_members_of_its_schema(documents, part):
    components = documents[part]["components"]
    schemas = strict(components["schemas"])
    for response in components["responses"].values():
        for content in response["content"].values():
            validator = Draft202012Validator(
                {**content["schema"], "components": {"schemas": schemas}}
            )
            for example in content["examples"].values():
                validator.validate(example["value"])


def test_an_operation_has_exactly_the_problems_that_it_refuses_with(documents):
    order = documents["store/"]["paths"]["/api/orders/"]["post"]["responses"]
    name = order["409"]["$ref"].rpartition("/")[2]
    content = documents["store/"]["components"]["responses"][name]["content"]
    assert set(content["application/problem+json"]["schema"]["discriminator"]["mapping"]) == {
        "cart_empty",
        "cart_not_open",
        "email_missing",
        "address_incomplete",
        "voucher_not_applicable",
        "shipping_method_unavailable",
        "open_order_limit",
        "held_units_limit",
        "out_of_stock",
        "stock_limit",
        "product_unavailable",
        "total_changed",
        "total_limit",
        "request_in_progress",
    }
    stock = documents[""]["components"]["schemas"]["OutOfStockProblem"]
    assert stock["properties"]["available"]["type"] == "integer"
    assert stock["properties"]["product_ids"]["items"] == {"type": "integer"}
    assert {"available", "product_id", "product_ids"} <= set(stock["required"])


def test_every_path_with_an_id_may_not_exist(documents, anyone):
    # A path with an id that is not a number is not part of the API.
    assert anyone.get("/api/orders/tea/").json()["code"] == "not_found"
    responses = documents[""]["components"]["responses"]
    for path, methods in documents[""]["paths"].items():
        for operation in methods.values():
            if "{" in path:
                response = responses[operation["responses"]["404"]["$ref"].rpartition("/")[2]]
                examples = response["content"]["application/problem+json"]["examples"]
                assert "not_found" in examples, path


def raised():
    """Yield file, class and names of the facts of each error that the code makes."""
    kinds = {kind.__name__: kind for kind in every_subclass(ShopError)}
    for app in APPS:
        for file in (ROOT / app).rglob("*.py"):
            if "tests" in file.parts or "testing" in file.parts:
                continue
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in kinds:
                    names = {keyword.arg for keyword in node.keywords}
                    if None not in names:  # not **example
                        yield file.relative_to(ROOT), kinds[node.func.id], names


def test_each_error_has_the_facts_of_its_example():
    found = list(raised())
    assert len(found) > 60
    general = {"field", "reason"}  # of InvalidField, which has no schema of its own
    wrong = [
        (str(file), kind.__name__, names)
        for file, kind, names in found
        if names != set(kind.example) and not (kind.example == {} and names <= general)
    ]
    assert wrong == []


# -- The two parts --------------------------------------------------------------------------------


def test_the_parts_are_the_whole(documents):
    whole, store, admin = (operations_of(documents[part]) for part in ("", "store/", "admin/"))
    assert store | admin == whole
    assert ("post", "/api/orders/") in store - admin
    assert ("post", "/api/cart/add/") in store - admin
    assert ("get", "/api/products/") in store & admin
    assert ("post", "/api/products/") in admin - store
    assert ("post", "/api/payments/{id}/refunds/") in admin - store


def test_the_store_has_no_operation_for_staff(documents):
    page = (ROOT / "docs" / "security.md").read_text()
    for_staff = page.split("### API: staff")[1].split("\n### ")[0]
    staff = {
        (method.lower(), re.sub(r"{\w+}", "{}", path))
        for line in for_staff.splitlines()
        if "| 403 | 403 | 403 |" in line
        for method, path in re.findall(r"`([A-Z]+) (/[^` ]+)`", line)
    }
    assert len(staff) == 65
    store = {(m, re.sub(r"{\w+}", "{}", p)) for m, p in operations_of(documents["store/"])}
    assert staff & store == set()


def test_the_store_has_no_member_for_staff(documents):
    text = {part: json.dumps(schema).lower() for part, schema in documents.items()}
    assert "only for staff" in text["admin/"]
    assert "only for staff" not in text["store/"]
    product = documents["store/"]["components"]["schemas"]["Product"]
    hidden = {"stock", "private_metadata", "backorder", "track_stock", "low_stock_threshold"}
    hidden |= {"is_published", "publish_at", "translations"}
    complete = documents["admin/"]["components"]["schemas"]["Product"]["properties"]
    assert set(complete) - set(product["properties"]) == hidden
    assert "price" in product["required"]
    node = documents["store/"]["components"]["schemas"]["CategoryNode"]["properties"]
    assert set(node) == {"id", "name", "slug", "children"}


@pytest.mark.parametrize("part", GENERATORS)
def test_what_buyers_see_of_a_product_is_in_the_document_of_the_store(ada, ids, documents, part):
    body = ada.get(f"/api/products/{ids['products']}/").json()
    schemas = strict(documents[part]["components"]["schemas"])
    Draft202012Validator(
        {"$ref": "#/components/schemas/Product", "components": {"schemas": schemas}}
    ).validate(body)


# -- Generators -----------------------------------------------------------------------------------


@pytest.mark.parametrize("part", GENERATORS)
def test_generators_understand_the_documents(documents, part):
    schema = documents[part]
    for item in everything_in(schema):
        # With anyOf, each member may be missing; types made from patternProperties are empty.
        assert not item.keys() & {"anyOf", "patternProperties"}
    assert ("x-audience" in json.dumps(schema)) == (part == "")
    used = set(re.findall(r'"#/components/([^"]+)"', json.dumps(schema)))
    named = {
        f"{kind}/{name}"
        for kind, components in schema["components"].items()
        for name in components
        if kind != "securitySchemes"
    }
    assert used <= named
    assert named - used <= {"schemas/Problem"}


@pytest.mark.parametrize(
    ("component", "member"),
    [
        ("AddressRequest", "country"),
        ("FulfilRequest", "tracking_url"),
        ("CategoryTextsRequest", "slug"),
        ("ProductTextsRequest", "slug"),
    ],
)
@pytest.mark.parametrize("asserted", [True, False])
def test_the_schema_of_a_text_that_may_be_empty_allows_the_empty_text(
    documents, component, member, asserted
):
    schema = documents[""]["components"]["schemas"][component]["properties"][member]
    assert Draft202012Validator(schema, validate_formats=asserted).is_valid("")


def test_parameters_with_any_name_are_an_object(documents):
    parameters = {
        parameter["name"]: parameter
        for parameter in documents["store/"]["paths"]["/api/products/"]["get"]["parameters"]
    }
    assert "metadata" not in parameters
    attributes = parameters["attributes"]
    assert (attributes["style"], attributes["explode"]) == ("form", True)
    assert attributes["schema"]["additionalProperties"] == {"type": "string", "minLength": 1}


def test_parts_are_rendered_in_the_language_of_the_shop(client):
    served = {
        language: client.get("/api/schema/store/", headers={"Accept-Language": language}).content
        for language in ("de", "en")
    }
    assert served["de"] == served["en"]
