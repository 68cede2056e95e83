"""Descriptions are sanitized HTML, with plain text for searches."""

import pytest
from django.core.management import call_command
from django.db import connection

from catalog.factories import ProductFactory
from catalog.models import Product
from catalog.products.descriptions import sanitize, text_of
from catalog.tests.exchange import everything, export, import_content
from shop.testing.marks import on_one_engine

pytestmark = [pytest.mark.django_db, on_one_engine]

LIST, ADMIN = "/api/products/", "/admin/catalog/product/"
RAW = (
    '<p class="zebrafish" onclick="x()">Hand&nbsp;made &eacute;toile</p><script>alert(1)</script>'
    "<table><tr><td>washable</td></tr></table>"
)
CLEAN = "<p>Hand&nbsp;made étoile</p><table><tbody><tr><td>washable</td></tr></tbody></table>"
TEXT = "Hand made étoile\nwashable"


def found(client, word):
    return client.get(LIST, {"search": word}).json()["count"]


def assert_sanitized(client):
    product = Product.objects.get()
    body = client.get(f"{LIST}{product.pk}/").json()
    assert (body["description"], body["description_text"]) == (CLEAN, TEXT)
    listed = client.get(LIST).json()["products"][0]
    assert listed["description"] == CLEAN
    assert "description_text" not in listed
    words = ("étoile", "washable", "made", "td", "table", "zebrafish", "nbsp", "eacute", "alert")
    assert {word: found(client, word) for word in words} == {
        "étoile": 1,
        "washable": 1,
        "made": 1,
        **dict.fromkeys(words[3:], 0),
    }


def test_the_api_sanitizes(amy, anyone):
    created = amy.post(LIST, {"name": "Robe", "price": "1.00", "description": RAW})
    assert created.json()["description"] == CLEAN
    assert_sanitized(anyone)
    path = f"{LIST}{created.json()['id']}/"
    amy.patch(path, {"description": "Plain & simple, 5 < 6"})
    body = anyone.get(path).json()
    assert body["description"] == body["description_text"] == "Plain & simple, 5 < 6"
    assert found(anyone, "étoile") == 0
    assert found(anyone, "simple") == 1
    amy.patch(path, {"description": RAW})
    assert_sanitized(anyone)


def test_the_admin_sanitizes(admin_browser, anyone):
    form = {"name": "Robe", "price": "1.00", "stock": "1", "is_published": "on"}
    assert admin_browser.post(f"{ADMIN}add/", {**form, "description": RAW}).status_code == 302
    assert_sanitized(anyone)
    product = Product.objects.get()
    change = {**form, "slug": product.slug, "description": f"{RAW}<iframe src=x></iframe>"}
    assert admin_browser.post(f"{ADMIN}{product.pk}/change/", change).status_code == 302
    assert_sanitized(anyone)


def test_an_import_sanitizes_and_repeating_it_changes_nothing(anyone):
    header = "Handle,Title,Body (HTML),Option1 Name,Option1 Value,Variant Price\n"
    quoted = RAW.replace('"', '""')
    file = f'{header}robe,Robe,"{quoted}",Title,Default Title,10.00\n'
    assert import_content(file)[0] == (1, 0, 0, 0)
    assert_sanitized(anyone)
    before = everything()
    assert import_content(file)[0] == (0, 0, 1, 0)
    assert import_content(export("csv"))[0] == (0, 0, 1, 0)
    assert import_content(export("json"), "products.json")[0] == (0, 0, 1, 0)
    assert everything() == before


@pytest.fixture
def raw(db):
    """A product that an older release has written."""
    product = ProductFactory(name="Robe")
    Product.objects.filter(pk=product.pk).update(description=RAW)
    return product


def test_responses_about_older_products_are_safe(anyone, raw):
    body = anyone.get(f"{LIST}{raw.pk}/").json()
    assert (body["description"], body["description_text"]) == (CLEAN, TEXT)
    assert anyone.get(LIST).json()["products"][0]["description"] == CLEAN


def test_the_command_sanitizes_older_products(anyone, raw, tea, capsys):
    ProductFactory(name="Plain", description="5 < 6 & more")
    call_command("sanitize_descriptions")
    assert capsys.readouterr().out == "1 descriptions sanitized\n"
    raw.refresh_from_db()
    assert (raw.description, raw.description_text) == (CLEAN, TEXT)
    assert found(anyone, "washable") == 1
    assert found(anyone, "zebrafish") == 0
    before = everything()
    call_command("sanitize_descriptions")
    assert capsys.readouterr().out == "0 descriptions sanitized\n"
    assert everything() == before


def test_a_write_of_an_older_product_keeps_what_it_does_not_change(amy, raw):
    amy.patch(f"{LIST}{raw.pk}/", {"brand": "Hearth"})
    raw.refresh_from_db()
    assert (raw.description, raw.description_text) == (RAW, None)


@pytest.mark.parametrize(
    ("html", "clean", "text"),
    [
        ("<scr<script>ipt>alert(1)</script>", "ipt&gt;alert(1)", "ipt>alert(1)"),
        ('<a href="jav&#x09;ascript:alert(1)">x</a>', '<a rel="noopener noreferrer">x</a>', "x"),
        ('<a href="data:text/html,x">x</a>', '<a rel="noopener noreferrer">x</a>', "x"),
        ("<img src=x.png onerror=alert(1)>", '<img src="x.png">', ""),
        ("<IMG SRC=JaVaScRiPt:alert(1)>", "<img>", ""),
        ("<svg><script>alert(1)</script></svg>ok", "ok", "ok"),
        ("<style>p{}</style><title>t</title>ok", "ok", "ok"),
        ('<p style="position:fixed">ok</p>', "<p>ok</p>", "ok"),
        ("<iframe src=//x></iframe><object></object><form><input>ok</form>", "ok", "ok"),
        ("<!-- hidden -->ok<!--[if IE]>x<![endif]-->", "ok", "ok"),
        ("<b>bold</b>er<br>next", "<b>bold</b>er<br>next", "bolder\nnext"),
        ("<ul><li>one<li>two</ul>", "<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("&lt;script&gt;", "&lt;script&gt;", "<script>"),
        ("Fish &amp; chips", "Fish &amp; chips", "Fish & chips"),
        ("Fish & chips; 5 < 6 > 4", "Fish & chips; 5 < 6 > 4", "Fish & chips; 5 < 6 > 4"),
        ("", "", ""),
    ],
)
def test_only_harmless_markup_is_left(html, clean, text):
    assert (sanitize(html), text_of(clean)) == (clean, text)
    assert sanitize(clean) == clean


def test_a_description_is_measured_after_sanitizing(amy):
    script = f"<script>{'x' * 20_000}</script>"
    body = {"name": "Robe", "price": "1.00", "description": f"ok{script}"}
    assert amy.post(LIST, body).json()["description"] == "ok"
    long = amy.post(LIST, {**body, "description": "<p>" + "&" * 110_000 + "</p>"})
    assert long.status_code == 400
    assert long.json()["errors"][0]["code"] == "max_length"


def test_nested_markup_is_no_problem(amy):
    body = {"name": "Robe", "price": "1.00", "description": "<b>" * 1400 + "deep"}
    assert amy.post(LIST, body).json()["description_text"] == "deep"


def test_names_and_alternative_texts_are_text_and_escaped_in_the_admin(admin_browser, amy):
    name = "<script>alert(1)</script>"
    product = ProductFactory(name=name, tags=[name], options=(name,), stock=0)
    pages = [ADMIN, f"{ADMIN}{product.pk}/change/", f"{ADMIN}{product.pk}/delete/"]
    for page in pages:
        assert name not in admin_browser.get(page, follow=True).content.decode(), page
    assert amy.get(f"{LIST}{product.pk}/").json()["name"] == name


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no trigger for it")
def test_the_previous_release_updates_what_searches_find(anyone, tea):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_product SET description = 'Malty leaves' WHERE id = %s", [tea.pk]
        )
        cursor.execute(
            "INSERT INTO catalog_product (name, description, price, stock, is_published)"
            " VALUES ('Old', 'Smoky leaves', 1, 5, true)"
        )
    call_command("index_products")
    assert [found(anyone, word) for word in ("malty", "smoky", "leaves")] == [1, 1, 2]
