"""Bodies that are forms, bodies without a type, and encodings."""

import gzip
import json
from io import BytesIO

import pytest

from accounts.models import User
from cart.models import Cart, CartItem
from catalog.models import Product
from shop.core.models import IdempotencyKey
from shop.wsgi import application

ADD = "/api/cart/add/"
URLENCODED = "application/x-www-form-urlencoded"
BOUNDARY = "multipart/form-data; boundary=x"


def multipart(**texts):
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in texts.items()
    ]
    return "".join(parts) + "--x--\r\n"


def post(client, path, raw, kind, **headers):
    return client.generic("POST", path, raw, content_type=kind, headers=headers)


def quantities():
    return list(CartItem.objects.values_list("quantity", flat=True))


@pytest.mark.parametrize("kind", [URLENCODED, f"{URLENCODED}; charset=UTF-8", BOUNDARY])
def test_a_number_in_a_form_is_a_number(ada, tea, kind):
    raw = f"product_id={tea.pk}&quantity=2"
    if kind == BOUNDARY:
        raw = multipart(product_id=tea.pk, quantity=2)
    assert post(ada, ADD, raw, kind).status_code == 200
    assert quantities() == [2]


@pytest.mark.parametrize("text", ["", "two", "1.0", "1e0", "+1", " 1", "01", "١", "true", "9" * 30])
def test_another_text_is_not_a_number(ada, tea, text):
    answer = post(ada, ADD, multipart(product_id=tea.pk, quantity=text), BOUNDARY)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (400, "quantity")
    assert error["detail"] == "Expected a whole number, such as 3."
    assert quantities() == []


def test_a_form_with_booleans_lists_and_objects(amy):
    raw = (
        "name=T%C3%A9&price=4.50&is_published=false&tags=%5B%22green%22%5D&options=%5B%22Size%22%5D"
        "&metadata=%7B%22erp%22%3A%221%22%7D&low_stock_threshold=&brand="
        "&variants=%5B%7B%22choice%22%3A%7B%22Size%22%3A%22M%22%7D%2C%22stock%22%3A3%7D%5D"
    )
    answer = post(amy, "/api/products/", raw, URLENCODED)
    assert answer.status_code == 201, answer.content
    product = Product.objects.get(parent=None)
    assert (product.name, str(product.price), product.is_published) == ("Té", "4.50", False)
    assert (product.metadata, product.brand) == ({"erp": "1"}, "")
    assert [variant.stock for variant in Product.objects.filter(parent=product)] == [3]


@pytest.mark.parametrize("text", ["True", "1", "yes", "on", ""])
def test_another_text_is_not_a_boolean(amy, text):
    answer = post(amy, "/api/products/", f"name=x&price=1&is_published={text}", URLENCODED)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (400, "is_published")
    assert error["detail"] == "Expected true or false."
    assert not Product.objects.exists()


def test_a_text_that_is_not_json_is_not_a_list(amy):
    answer = post(amy, "/api/products/", "name=x&price=1&tags=green", URLENCODED)
    (error,) = answer.json()["errors"]
    assert (error["field"], error["detail"]) == ("tags", "Expected a list.")


@pytest.mark.parametrize("kind", [URLENCODED, BOUNDARY])
def test_an_unknown_name_in_a_form_is_refused(ada, tea, kind):
    raw = f"product_id={tea.pk}&quantity=1&qty=2"
    if kind == BOUNDARY:
        raw = multipart(product_id=tea.pk, quantity=1, qty=2)
    answer = post(ada, ADD, raw, kind)
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    assert answer.json()["detail"] == 'Unknown member "qty"; did you mean "quantity"?'
    assert quantities() == []


@pytest.mark.parametrize("kind", [URLENCODED, BOUNDARY])
def test_a_repeated_name_in_a_form_is_refused(ada, tea, kind):
    raw = f"product_id={tea.pk}&quantity=1&quantity=2"
    if kind == BOUNDARY:
        one, two = (multipart(product_id=tea.pk), multipart(quantity=1))
        raw = one.removesuffix("--x--\r\n") + two.removesuffix("--x--\r\n") + two
    (error,) = post(ada, ADD, raw, kind).json()["errors"]
    assert (error["field"], error["code"]) == ("quantity", "invalid")
    assert error["detail"] == "The form has this name more than once."
    assert quantities() == []


@pytest.mark.parametrize(
    "raw",
    ["username=a%00b", "user%00name=a", "username=%ff", "username=%ed%a0%80", b"username=\xff"],
)
def test_a_form_that_is_not_valid_text_is_refused(anyone, db, raw):
    answer = post(anyone, "/api/login/", raw, URLENCODED)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("text", [b"\xff", b"a\x00b"])
def test_a_multipart_form_that_is_not_valid_text_is_refused(anyone, db, text):
    raw = multipart(username="a", password="PASSWORD").encode().replace(b"PASSWORD", text)
    answer = post(anyone, "/api/login/", raw, BOUNDARY)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("parameters", ["name*=''; name*1*=", "name*=x''%41"])
def test_a_part_whose_header_is_malformed_is_refused(anyone, db, parameters):
    raw = f"--x\r\nContent-Disposition: form-data; {parameters}\r\n\r\n1\r\n--x--\r\n"
    answer = post(anyone, "/api/login/", raw, BOUNDARY)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_form_with_too_many_names_is_refused(anyone, db):
    raw = "&".join(f"name{number}=1" for number in range(101))
    answer = post(anyone, "/api/login/", raw, URLENCODED)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("raw", ['{"username": "ada"}', ' ["x"]'])
def test_json_that_is_sent_as_a_form_is_pointed_out(anyone, db, raw):
    """``curl -d`` sends this type. The body is not repeated, because it may have a password."""
    answer = post(anyone, "/api/login/", raw, URLENCODED)
    assert answer.status_code == 400
    assert answer.json()["detail"] == (
        "The body is JSON: send it with `Content-Type: application/json`."
    )


def test_a_body_without_a_type_is_read_as_json(ada, tea):
    body = json.dumps({"product_id": tea.pk, "quantity": 2})
    assert post(ada, ADD, body, "").status_code == 200
    assert quantities() == [2]
    assert post(ada, ADD, "product_id=1", "").status_code == 400
    assert quantities() == [2]


def test_a_file_is_not_a_text(ada):
    part = 'Content-Disposition: form-data; name="username"; filename="x"\r\n\r\nada\r\n'
    raw = f"--x\r\n{part}{multipart(password='x')}"
    answer = post(ada, "/api/login/", raw, BOUNDARY)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (400, "username")
    assert error["detail"] == "Expected a text."


def test_an_idempotency_key_covers_a_form(ada, tea):
    for quantity, status in ((1, 200), (1, 200), (2, 422)):
        raw = f"product_id={tea.pk}&quantity={quantity}"
        assert post(ada, ADD, raw, URLENCODED, **{"Idempotency-Key": "k"}).status_code == status
    assert quantities() == [1]
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.parametrize(
    "kind",
    [
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "application/json; charset=rot13",
        "application/json; charset=undefined",
        "application/json; charset=no-such-charset",
        f"{URLENCODED}; charset=iso-8859-1",
        f"{BOUNDARY}; charset=utf-7",
    ],
)
def test_another_charset_is_refused(anyone, db, kind):
    answer = post(anyone, "/api/login/", '{"username": "ada"}', kind)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert answer.json()["detail"] == "The body must be in UTF-8."


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8"])
def test_utf_8_may_be_named(anyone, db, charset):
    kind = f"application/json; charset={charset}"
    answer = post(anyone, "/api/login/", '{"username": "a", "password": "é"}', kind)
    assert answer.status_code == 401


def respond(environ):
    """Return status and body of a response of the WSGI application."""
    statuses = []
    chunks = application(environ, lambda status, headers: statuses.append(int(status[:3])))
    return statuses[0], b"".join(chunks)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "parameter",
    ["charset=rot13", "charset=undefined", "charset=utf-16", "x*=y''%41", "x*=''; x*1*="],
)
def test_the_content_type_of_a_request_without_a_body_has_no_effect(anyone, tea, parameter):
    environ = anyone._base_environ(
        PATH_INFO="/api/products/",
        QUERY_STRING="search=tea",
        CONTENT_TYPE=f"application/json; {parameter}",
    )
    status, body = respond(environ)
    assert (status, json.loads(body)["count"]) == (200, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("parameter", ["charset=rot13", "x*=y''%41", "x*=''; x*1*="])
def test_a_content_type_that_django_cannot_read_is_refused(anyone, db, parameter):
    raw = b'{"username": "ada"}'
    environ = anyone._base_environ(
        REQUEST_METHOD="POST",
        PATH_INFO="/api/login/",
        CONTENT_TYPE=f"application/json; {parameter}",
        CONTENT_LENGTH=str(len(raw)),
        **{"wsgi.input": BytesIO(raw)},
    )
    status, body = respond(environ)
    assert (status, json.loads(body)["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "x", "gzip, identity"])
def test_a_compressed_body_is_refused(anyone, db, coding):
    raw = gzip.compress(b'{"username": "a", "password": "b"}')
    answer = post(anyone, "/api/login/", raw, "application/json", **{"Content-Encoding": coding})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert answer["Accept-Encoding"] == "identity"


def test_a_form_of_another_site_has_no_user(admin_browser, tea):
    """The API ignores the session of the admin, so it needs no CSRF token."""
    answer = post(admin_browser, "/api/products/", "name=x&price=1", URLENCODED)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert Product.objects.get() == tea
    answer = post(admin_browser, ADD, f"product_id={tea.pk}&quantity=1", URLENCODED)
    assert answer.status_code == 200
    assert Cart.objects.get().user is None


def test_registration_and_login_by_form(anyone, db):
    raw = "username=ada&email=ada%40example.com&password=corr3ct-horse"
    assert post(anyone, "/api/users/", raw, URLENCODED).status_code == 201
    assert User.objects.get().email == "ada@example.com"
    raw = multipart(username="ada", password="corr3ct-horse")
    assert "token" in post(anyone, "/api/login/", raw, BOUNDARY).json()
