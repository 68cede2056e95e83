"""The security headers, Vary, and the URLs in responses."""

import re

import pytest
from django.db import connection
from django.test import Client

from accounts.factories import UserFactory, staff_with
from catalog.factories import CategoryFactory, ProductFactory
from catalog.images.files import store_image
from catalog.images.services import add_image
from catalog.tests.uploads import upload
from orders.factories import place_order
from shop.asgi import error_response
from shop.testing.fixtures import Caller
from shop.testing.marks import on_one_database
from shop.tests.security_world import World
from shop.tests.test_asgi import scope
from shop.tests.test_security_table import ROWS

STRICT = "default-src 'none'; frame-ancestors 'none'"
COMMON = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def assert_secure(answer, *, policy=STRICT, resources="same-origin"):
    expected = COMMON | {
        "Content-Security-Policy": policy,
        "Cross-Origin-Resource-Policy": resources,
    }
    assert {name: answer.headers.get(name) for name in expected} == expected


def pages_policy(images):
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
        f"img-src 'self' data:{images}; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/api/", 200),
        ("get", "/api/products/", 200),
        ("get", "/api/products/1/", 404),
        ("get", "/api/schema/", 200),
        ("get", "/api/nowhere/", 404),
        ("get", "/api/orders/", 401),
        ("get", "/api/cart/", 200),
        ("put", "/api/cart/", 405),
        ("post", "/api/login/", 400),
        ("get", "/api/products/?a=%00", 400),
        ("get", "/healthz", 200),
        ("post", "/healthz", 405),
        ("get", "/readyz", 200),
        ("get", "/nowhere", 404),
    ],
)
def test_every_response_has_a_strict_policy(anyone, db, method, path, status):
    answer = getattr(anyone, method)(path)
    assert answer.status_code == status
    assert_secure(answer)


def test_static_files_have_a_strict_policy(tmp_path, settings):
    (tmp_path / "a.css").write_text("body {}")
    settings.STATIC_ROOT = str(tmp_path)
    answer = Client().get("/static/a.css")
    assert (answer.status_code, b"".join(answer)) == (200, b"body {}")
    assert_secure(answer)


def test_a_request_for_an_unknown_host_gets_the_headers_too(anyone, db):
    answer = anyone.get("/api/products/", headers={"Host": "evil.example.com"})
    assert answer.status_code == 400
    assert_secure(answer)


INLINE = re.compile(r"<script(?![^>]*\ssrc=)(?![^>]*json)|<style|\sstyle=|\son[a-z]+=|javascript:")


@on_one_database
def test_pages_have_no_inline_scripts_and_styles(anyone, admin_browser, db, settings):
    """Their policy does not run them."""
    world = World(settings, UserFactory())
    paths = {
        operation.path
        for row in ROWS
        for operation in row.operations
        if operation.method == "GET" and operation.path.startswith("/admin/")
    }
    add_image_to(world.product)
    pages = [admin_browser.get(world.fill(path)) for path in sorted(paths)]
    pages += [anyone.get("/api/docs/"), Client().get("/admin/login/")]
    found = [
        page.content.decode()
        for page in pages
        if page["Content-Type"].startswith("text/html")
        # A message has the styles of a mail, and runs no script.
        and "; sandbox" not in page["Content-Security-Policy"]
    ]
    assert len(found) > 50
    assert [INLINE.findall(text) for text in found if INLINE.search(text)] == []


@pytest.mark.parametrize("status", [408, 429, 503])
def test_an_error_that_django_does_not_see_has_the_headers(status):
    response = error_response(scope(path=b"/api/products/"), status)
    headers = {name.decode().lower(): value.decode() for name, value in response.headers}
    expected = COMMON | {"Content-Security-Policy": STRICT}
    assert {name: headers.get(name.lower()) for name in expected} == expected


def test_the_admin_and_the_documentation_run_files_of_the_shop_only(anyone, admin_browser):
    for browser in (Client(), admin_browser):
        for path in ("/admin/", "/admin/login/", "/admin/jsi18n/", "/admin/nowhere/"):
            assert_secure(browser.get(path), policy=pages_policy(" https:"))
    assert_secure(anyone.get("/api/docs/"), policy=pages_policy(""))


def test_the_index_of_development_is_a_page(settings, db):
    settings.DEBUG = True
    answer = Client().get("/")
    assert answer.status_code == 200
    assert_secure(answer, policy=pages_policy(""))


def test_pages_of_other_hosts_may_show_the_images(anyone, tea):
    image = add_image_to(tea)
    answer = anyone.get(f"/media/{image.small.name}")
    assert answer.status_code == 200
    assert_secure(answer, resources="cross-origin")
    missing = anyone.get("/media/nothing.webp")
    assert missing.status_code == 404
    assert_secure(missing, resources="cross-origin")


def test_a_view_may_set_another_policy(settings, db):
    settings.ROOT_URLCONF = "shop.tests.page_with_a_policy"
    assert_secure(Client().get("/page"), policy="default-src 'self'")


# -- Vary ----------------------------------------------------------------------------------------


def varies_by(answer):
    return {name.strip().lower() for name in answer.headers.get("Vary", "").split(",")}


def test_every_response_of_the_api_varies_by_authorization(anyone, tea):
    ada = Caller(UserFactory())
    sam = Caller(staff_with("catalog.view_product"))
    order = place_order(ada.user, tea)
    category = CategoryFactory()
    paths = [
        "/api/",
        "/api/products/",
        f"/api/products/{tea.pk}/",
        "/api/products/9999/",
        "/api/products/changes/",
        "/api/categories/",
        f"/api/categories/{category.pk}/",
        "/api/attributes/",
        "/api/orders/",
        f"/api/orders/{order.pk}/",
        "/api/payments/methods/",
        "/api/countries/",
        "/api/shop/",
        "/api/cart/",
        "/api/users/me/",
    ]
    for path in paths:
        for client in (anyone, ada, sam):
            assert "authorization" in varies_by(client.get(path)), path
    assert "authorization" in varies_by(ada.post(f"/api/orders/{order.pk}/cancel/"))
    assert "authorization" in varies_by(anyone.put("/api/cart/"))


@pytest.mark.parametrize("origin", [{}, {"Origin": "https://a.example.com"}])
def test_cached_and_unchanged_responses_vary_too(anyone, tea, origin):
    first = anyone.get("/api/products/", headers=origin)
    cached = anyone.get("/api/products/", headers=origin)
    same = anyone.get("/api/products/", headers={"If-None-Match": first["ETag"], **origin})
    assert [answer.status_code for answer in (first, cached, same)] == [200, 200, 304]
    for answer in (first, cached, same):
        assert varies_by(answer) == {"accept-encoding", "authorization", "origin"}
        assert_secure(answer)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no response cache")
@pytest.mark.django_db(transaction=True)
def test_responses_of_the_response_cache_have_the_same_headers():
    from shop.tests.test_response_cache import LIST, Django, cached, read

    ProductFactory()
    django = Django()
    application = cached(django)
    complete = [read(application) for _ in range(2)]
    condition = (b"if-none-match", complete[0][1][b"etag"])
    for status, headers, *_ in (*complete, read(application, condition, path=LIST)):
        named = {name.decode().lower(): value.decode() for name, value in headers.items()}
        assert named["vary"] == "Accept-Encoding, Authorization, origin", status
        assert named["content-security-policy"] == STRICT
        assert named["cross-origin-resource-policy"] == "same-origin"
        assert named["x-content-type-options"] == "nosniff"
    assert django.requests == 1


def test_the_admin_varies_by_cookie(admin_browser):
    for browser in (Client(), admin_browser):
        for path in ("/admin/", "/admin/login/", "/admin/catalog/product/"):
            assert "cookie" in varies_by(browser.get(path)), path


# -- URLs in responses ---------------------------------------------------------------------------


def add_image_to(product):
    with store_image(upload()) as files:
        return add_image(product_id=product.pk, files=files)


@pytest.fixture
def teas(tea, ada):
    """Two products, the first with an image, and two orders of ada."""
    add_image_to(tea)
    for product in (tea, ProductFactory()):
        place_order(ada.user, product)
    return tea


def links(client, product, **headers):
    """The URLs in responses to a request with these headers."""

    def get(path):
        return client.get(path, headers=headers).json()

    index, product = get("/api/"), get(f"/api/products/{product.pk}/")
    pages = [get(f"/api/products/?page_size=1&page={number}") for number in (1, 2)]
    orders = [get(f"/api/orders/?page_size=1&page={number}") for number in (1, 2)]
    return [
        index["products"],
        product["images"][0]["small"],
        pages[0]["next"],
        pages[1]["previous"],
        *(orders[0].get("next"), orders[1].get("previous")),
    ]


def expected(origin, product, *, with_orders):
    return [
        f"{origin}/api/products/",
        f"{origin}/media/{product.images.get().small.name}",
        f"{origin}/api/products/?page=2&page_size=1",
        f"{origin}/api/products/?page_size=1",
        *(
            [f"{origin}/api/orders/?page=2&page_size=1", f"{origin}/api/orders/?page_size=1"]
            if with_orders
            else [None, None]
        ),
    ]


@pytest.mark.parametrize("host", ["testserver", "TESTSERVER", "testserver.", "testserver:81"])
def test_links_begin_with_the_public_url(anyone, ada, teas, settings, host):
    settings.PUBLIC_URL = origin = "https://shop.example.com"
    for _ in range(2):  # the second time from the cache
        assert links(anyone, teas, Host=host) == expected(origin, teas, with_orders=False)
    assert links(ada, teas, Host=host) == expected(origin, teas, with_orders=True)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("testserver", "http://testserver"),
        ("TestServer", "http://testserver"),
        ("testserver.", "http://testserver"),
        ("TESTSERVER.:81", "http://testserver:81"),
    ],
)
def test_links_without_a_public_url_have_one_spelling_of_the_host(anyone, ada, teas, host, origin):
    assert links(anyone, teas, Host=host) == expected(origin, teas, with_orders=False)
    assert links(ada, teas, Host=host) == expected(origin, teas, with_orders=True)
