"""The revision, the ETag and the response cache."""

import gzip

import pytest

from cart.factories import fill_cart
from catalog import revision, services
from catalog.errors import ProductNotFound
from catalog.factories import ProductFactory
from catalog.revision import MAX_CACHED, current, responses
from orders.factories import place_order
from orders.services import cancel_order

LIST = "/api/products/"


def test_an_unchanged_response_is_a_304_without_a_body(anyone, tea):
    etag = anyone.get(LIST)["ETag"]
    for header in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response = anyone.get(LIST, headers={"If-None-Match": header})
        assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)
        assert response["Cache-Control"] == "no-cache"
        assert (
            "Content-Type" not in response
        )  # a cache would take it for that of the response it has
        assert "Authorization" in response["Vary"]
    assert anyone.get(LIST, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("s_maxage", "stale", "expected"),
    [
        (0, 0, "no-cache"),
        (30, 0, "public, max-age=0, s-maxage=30"),
        (30, 60, "public, max-age=0, s-maxage=30, stale-while-revalidate=60"),
    ],
)
def test_a_shared_cache_may_serve_public_responses_if_set(
    anyone, ada, amy, tea, settings, s_maxage, stale, expected
):
    settings.CATALOG_S_MAXAGE, settings.CATALOG_STALE_WHILE_REVALIDATE = s_maxage, stale
    for path in (LIST, f"{LIST}{tea.pk}/", "/api/categories/"):
        first, cached = anyone.get(path), anyone.get(path)
        unchanged = anyone.get(path, headers={"If-None-Match": first["ETag"]})
        for response in (first, cached, unchanged):
            assert response["Cache-Control"] == expected
            assert "Authorization" in response["Vary"]
        for caller in (ada, amy):
            assert caller.get(path)["Cache-Control"] == "no-store"
    assert anyone.get(f"{LIST}999/")["Cache-Control"] == "no-store"


def test_a_product_is_revalidated_but_an_error_is_not(anyone, tea):
    path = f"{LIST}{tea.pk}/"
    etag = anyone.get(path)["ETag"]
    assert anyone.get(path, headers={"If-None-Match": f'W/"a", W/{etag}'}).status_code == 304
    for header in (etag, "*"):
        response = anyone.get(f"{LIST}999/", headers={"If-None-Match": header})
        assert (response.status_code, "ETag" in response) == (404, False)


def test_responses_to_staff_are_not_cached(anyone, ada, amy, tea):
    path = f"{LIST}{tea.pk}/"
    for url in (LIST, path):
        assert amy.get(url, headers={"If-None-Match": "*"}).status_code == 200
    assert not revision.responses
    for caller in (anyone, ada):
        assert "stock" not in caller.get(path).json()
    assert amy.get(path).json()["stock"] == 10


def test_a_cached_response_equals_the_original(anyone, tea):
    for path in (LIST, f"{LIST}?page=1&page_size=5", f"{LIST}{tea.pk}/"):
        original, cached = anyone.get(path), anyone.get(path)
        assert (original.status_code, original.content) == (cached.status_code, cached.content)
        # Allow is DRF's; an id is a request's own.
        assert set(original.headers) - set(cached.headers) == {"Allow"}
        for name in set(cached.headers) - {"X-Request-ID"}:
            assert original[name] == cached[name], name


def test_a_cached_response_is_only_used_for_the_same_request(anyone, tea):
    assert anyone.get(LIST).status_code == 200
    assert f"http://testserver{LIST}?" in revision.responses
    for headers in ({"Authorization": "Bearer x"}, {"Authorization": ""}, {"Accept": "text/html"}):
        response = anyone.get(LIST, headers=headers)
        assert response.status_code == {"Bearer x": 401, "": 200}.get(
            headers.get("Authorization", "-"), 406
        )
    assert anyone.head(LIST).content == b""
    assert anyone.post(LIST, {}).status_code == 401
    assert anyone.get(f"{LIST}?page=9").status_code == 404


def test_links_in_a_cached_response_have_the_requested_host(anyone, settings, db):
    settings.ALLOWED_HOSTS = ["one.example.com", "two.example.com"]
    ProductFactory.create_batch(2)
    for host in settings.ALLOWED_HOSTS * 2:
        page = anyone.get(f"{LIST}?page_size=1", headers={"Host": host}).json()
        assert page["next"] == f"http://{host}{LIST}?page=2&page_size=1"


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json, text/plain, */*", 200),
        ("text/html;q=0.9,*/*;q=0.8", 200),
        ("application/*", 200),
        ("application/json; indent=4", 200),
        ("text/html", 406),
        ("application/jsonx", 406),
    ],
)
def test_clients_that_accept_json_get_cached_and_new_responses(anyone, tea, accept, status):
    for _ in range(2):
        response = anyone.get(LIST, headers={"Accept": accept})
        assert response.status_code == status


def test_a_customer_gets_the_public_body_with_no_store(anyone, ada, tea):
    for path in (LIST, f"{LIST}{tea.pk}/"):
        public = anyone.get(path)
        own = ada.get(path, headers={"If-None-Match": public["ETag"]})
        assert (own.status_code, own.content) == (200, public.content)
        assert (own["Cache-Control"], own["Vary"]) == (
            "no-store",
            "Accept-Encoding, Authorization, origin",
        )
        assert "ETag" not in own


def test_public_responses_are_revalidated_and_others_are_not_stored(anyone, ada, amy, tea):
    for path in (LIST, f"{LIST}{tea.pk}/"):
        public = anyone.get(path)
        assert (public["Cache-Control"], "Authorization" in public["Vary"]) == ("no-cache", True)
        for caller in (ada, amy):
            response = caller.get(path)
            assert response["Cache-Control"] == "no-store"
            assert "ETag" not in response
            assert "Authorization" in response["Vary"]


@pytest.mark.parametrize(
    "write",
    [
        lambda amy, path: amy.patch(path, {"price": "9.99"}),
        lambda amy, path: amy.patch(path, {"name": "Other"}),
        lambda amy, path: amy.patch(path, {"is_published": False}),
        lambda amy, path: amy.post(f"{path}stock/", {"delta": -10, "reason": "Lost"}),
        lambda amy, path: amy.delete(path),
        lambda amy, path: amy.post(LIST, {"name": "New", "price": "1"}),
    ],
)
def test_no_response_is_older_than_a_write(anyone, amy, tea, write):
    path = f"{LIST}{tea.pk}/"
    before, etag = anyone.get(LIST).content, anyone.get(path)["ETag"]
    assert write(amy, path).status_code in {200, 201, 204}
    after = anyone.get(LIST)
    assert after.content != before
    assert after["ETag"] != etag
    assert anyone.get(path, headers={"If-None-Match": etag}).status_code in {200, 404}


def test_an_order_bumps_the_revision_only_if_it_sells_out_a_product(ada, tea):
    start = current()
    place_order(ada.user, tea, quantity=9)
    assert current() == start
    last = place_order(ada.user, tea, quantity=1)
    sold_out = current()
    assert sold_out != start
    cancel_order(order_id=last.pk, actor=ada.user)
    assert current() not in {start, sold_out}


def test_returning_stock_of_an_available_product_does_not_bump(ada, tea):
    order = place_order(ada.user, tea, quantity=9)
    start = current()
    cancel_order(order_id=order.pk, actor=ada.user)
    assert current() == start


@pytest.mark.parametrize(("stock", "delta"), [(0, 5), (10, -10)])
def test_an_adjustment_that_changes_in_stock_bumps_the_revision(amy, stock, delta):
    product = ProductFactory(stock=stock)
    start = current()
    body = {"delta": delta, "reason": "Counted"}
    assert amy.post(f"{LIST}{product.pk}/stock/", body).json()["in_stock"] is (stock == 0)
    assert current() != start


def test_failed_writes_do_not_bump(ada, amy, tea):
    cart_id = fill_cart(ada.user, tea, quantity=10)
    amy.post(f"{LIST}{tea.pk}/stock/", {"delta": -1, "reason": "Lost"})
    start = current()
    assert ada.post("/api/orders/", {"cart_id": cart_id}).status_code == 409
    assert amy.post(f"{LIST}{tea.pk}/stock/", {"delta": -10, "reason": "x"}).status_code == 409
    assert amy.patch(f"{LIST}999/", {"price": "1"}).status_code == 404
    assert current() == start


def test_writes_that_are_not_public_do_not_bump(ada, amy, tea):
    start = current()
    fill_cart(ada.user, tea)
    amy.post(f"{LIST}{tea.pk}/stock/", {"delta": 5, "reason": "Delivery"})
    assert amy.patch(f"{LIST}{tea.pk}/", {}).status_code == 200
    assert amy.patch(f"{LIST}{tea.pk}/", {"price": "-1"}).status_code == 400
    assert current() == start


def test_links_have_the_requested_host(anyone, db):
    ProductFactory.create_batch(2)
    for host in ("localhost", "127.0.0.1"):
        page = anyone.get(LIST, {"page_size": 1}, headers={"Host": host}).json()
        assert page["next"] == f"http://{host}/api/products/?page=2&page_size=1"
    assert len(revision.responses) == 2


def test_an_unknown_parameter_is_an_error(anyone, tea):
    for path, known in ((LIST, "attr.<slug>"), (f"{LIST}{tea.pk}/", "fields")):
        response = anyone.get(path, {"utm_source": "mail"})
        (error,) = response.json()["errors"]
        assert (response.status_code, error["field"]) == (400, "utm_source")
        assert known in error["detail"]
    assert not revision.responses


def test_the_order_of_parameters_does_not_matter_for_the_cache(anyone, db):
    ProductFactory(tags=["a"])
    queries = ("page=1&tag=b&tag=a&in_stock=true", "tag=a&in_stock=true&tag=b&page=1&tag=a")
    first, second = (anyone.get(f"{LIST}?{query}") for query in queries)
    assert (first.status_code, first.content) == (200, second.content)
    assert len(revision.responses) == 1
    for query in ({}, {"page": 1}, {"page": 1, "page_size": 5}):
        anyone.get(LIST, query)
    assert len(revision.responses) == 4


def test_an_empty_page_is_not_cached(anyone, tea):
    for query in ("brand=x", "tag=y", "category=999"):
        assert anyone.get(f"{LIST}?{query}").json()["products"] == []
    assert not revision.responses


@pytest.mark.parametrize("query", ["search=tea", "min_price=1", "max_price=9.5", "after="])
def test_queries_with_unlimited_values_are_not_cached(anyone, tea, query):
    assert anyone.get(f"{LIST}?{query}").json()["products"][0]["id"] == tea.pk
    assert not revision.responses


def test_cached_values_are_limited_and_belong_to_one_revision():
    for number in range(MAX_CACHED + 5):
        revision.cached_values.put(f"count {number}", "r-1", number)
    assert len(revision.cached_values) == MAX_CACHED
    assert revision.cached_values.get("count 7", "r-1") == 7
    assert revision.cached_values.get("count 7", "r-2") is None
    revision.cached_values.put("count of staff", None, 7)
    assert "count of staff" not in revision.cached_values


def test_an_error_is_not_cached(anyone, tea):
    assert anyone.get(f"{LIST}999/").status_code == 404
    assert not revision.responses


def test_a_full_response_cache_drops_the_oldest_entry():
    for number in range(MAX_CACHED + 5):
        responses.put(f"http://localhost/{number}", "r-1", b"x")
        responses.put("http://localhost/0", "r-1", b"often replaced")
    assert len(revision.responses) == MAX_CACHED
    assert responses.get("http://localhost/5", "r-1") is None
    assert responses.get("http://localhost/6", "r-1") == b"x"
    assert responses.get("http://localhost/0", "r-1") == b"often replaced"
    assert responses.get(f"http://localhost/{MAX_CACHED + 4}", "r-1") == b"x"
    assert responses.get(f"http://localhost/{MAX_CACHED + 4}", "r-2") is None


def test_a_failed_service_does_not_bump(tea):
    start = current()
    with pytest.raises(ProductNotFound):
        services.archive_product(product_id=999)
    assert current() == start


def unpacked(response):
    return gzip.decompress(response.content)


def test_a_long_response_is_compressed_if_the_client_accepts_it(anyone, ada, amy, db):
    ProductFactory.create_batch(5, description="Tea. " * 50)
    plain = anyone.get(LIST)
    packed = anyone.get(LIST, headers={"Accept-Encoding": "br, gzip"})
    assert (packed["Content-Encoding"], unpacked(packed)) == ("gzip", plain.content)
    assert int(packed["Content-Length"]) == len(packed.content) < len(plain.content) / 4
    assert "Content-Encoding" not in plain
    for response in (plain, packed):
        assert response["Vary"].startswith("Accept-Encoding, Authorization")
    assert unpacked(ada.get(LIST, headers={"Accept-Encoding": "gzip"})) == plain.content
    assert "Content-Encoding" not in amy.get(LIST, headers={"Accept-Encoding": "gzip"})
    tree = anyone.get("/api/categories/", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in tree  # a short one


def test_each_content_coding_has_its_own_etag(anyone, db):
    ProductFactory.create_batch(5, description="Tea. " * 50)
    plain, packed = anyone.get(LIST), anyone.get(LIST, headers={"Accept-Encoding": "gzip"})
    assert packed["ETag"] == f'{plain["ETag"][:-1]}.gz"'
    for made, coding, other in ((plain, "identity", packed), (packed, "gzip", plain)):
        headers = {"Accept-Encoding": coding, "If-None-Match": f"W/{made['ETag']}"}
        response = anyone.get(LIST, headers=headers)
        assert (response.status_code, response.content, response["ETag"]) == (
            304,
            b"",
            made["ETag"],
        )
        assert "Content-Encoding" not in response
        assert "Accept-Encoding" in response["Vary"]
        headers["If-None-Match"] = other["ETag"]
        assert anyone.get(LIST, headers=headers).status_code == 200


def test_head_has_the_headers_of_get(anyone, db):
    ProductFactory.create_batch(5, description="Tea. " * 50)
    headers = {"Accept-Encoding": "gzip"}
    get, head = anyone.get(LIST, headers=headers), anyone.head(LIST, headers=headers)
    for name in ("Content-Encoding", "Content-Length", "ETag", "Vary"):
        assert head[name] == get[name]
    assert head.content == b""


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("GZIP;q=0.5", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip;q=0.0, *", False),
        ("identity, gzip;q=0.5", False),
        ("br", False),
        ("", False),
        ("gzip;q=x", False),
        (",,;=", False),
    ],
)
def test_accept_encoding_decides_about_compression(anyone, db, accepted, packed):
    ProductFactory.create_batch(5, description="Tea. " * 50)
    response = anyone.get(LIST, headers={"Accept-Encoding": accepted})
    assert ("Content-Encoding" in response) is packed
