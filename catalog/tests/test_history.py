"""The change log of products: old, new, who and how, in the API, the admin, imports and commands."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from accounts.models import User
from catalog import services
from catalog.attributes.models import AttributeKind
from catalog.attributes.services import create_attribute
from catalog.models import Product, ProductChange
from shop.testing.pages import confirm, form_of

pytestmark = pytest.mark.django_db
PAGE = "/admin/catalog/productchange/"
LIST = "/api/products/"


def log_of(*products):
    rows = ProductChange.objects.filter(product__in=products).order_by("pk")
    return [
        (row.field, row.old, row.new, row.user and row.user.username, row.how, row.detail)
        for row in rows.select_related("user")
    ]


@pytest.fixture
def quiet_tea(tea):
    ProductChange.objects.all().delete()
    return tea


def test_a_change_by_the_api_names_its_user(amy, quiet_tea):
    path = f"{LIST}{quiet_tea.pk}/"
    amy.patch(path, {"price": "5.00", "name": "Tea", "low_stock_threshold": 3, "tags": ["green"]})
    assert log_of(quiet_tea) == [
        ("price", "4.50", "5.00", "amy", "api", ""),
        ("low_stock_threshold", "", "3", "amy", "api", ""),
        ("tags", "", "+ green", "amy", "api", ""),
    ]
    ProductChange.objects.all().delete()
    amy.patch(path, {"price": "5.00"})  # no change
    amy.patch(path, {"price": "-1"})  # refused
    assert log_of(quiet_tea) == []
    amy.post(f"{path}stock/", {"delta": -3, "reason": "Broken"})
    amy.post(f"{path}stock/", {"delta": -30, "reason": "Too many"})
    amy.delete(path)
    assert log_of(quiet_tea) == [
        ("stock", "10", "7", "amy", "api", "Broken"),
        ("archived", "no", "yes", "amy", "api", ""),
    ]


def test_a_change_in_the_admin_names_its_user(admin_browser, quiet_tea):
    page = f"/admin/catalog/product/{quiet_tea.pk}/change/"
    form = form_of(admin_browser.get(page))
    admin_browser.post(page, form | {"price": "3.00", "description": "Fine"})
    confirm(admin_browser, "/admin/catalog/product/", "unpublish", quiet_tea)
    path = f"/admin/catalog/product/{quiet_tea.pk}/adjust/"
    admin_browser.post(path, form_of(admin_browser.get(path)) | {"delta": "2", "reason": "Found"})
    (user,) = {row[3] for row in log_of(quiet_tea)}
    assert user is not None
    assert log_of(quiet_tea) == [
        ("description", "", "Fine", user, "admin", ""),
        ("price", "4.50", "3.00", user, "admin", ""),
        ("is_published", "yes", "no", user, "admin", ""),
        ("stock", "10", "12", user, "admin", "Found"),
    ]
    listed = admin_browser.get(PAGE, {"q": "Tea"}).content.decode()
    assert "4 product changes" in listed
    assert "3.00" in listed
    assert "1 product change" in admin_browser.get(PAGE, {"q": "4.50"}).content.decode()
    assert "4 product changes" in admin_browser.get(PAGE, {"q": user}).content.decode()
    assert "0 product changes" in admin_browser.get(PAGE, {"q": "coffee"}).content.decode()


def test_an_import_names_its_file_and_its_user(admin_browser, quiet_tea, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    path = tmp_path / "prices.csv"
    path.write_text(f"slug,price,stock\n{quiet_tea.slug},6.00,4\n")
    call_command("import_products", path, stdout=StringIO())
    url, table = "/admin/catalog/product/import/", f"slug,price\n{quiet_tea.slug},7.00\n"
    page = admin_browser.post(url, {"file": SimpleUploadedFile("new.csv", table.encode())})
    admin_browser.post(url, {"confirm": page.context["confirmation"]})
    user, detail = User.objects.get(is_superuser=True).username, "Import prices.csv"
    assert log_of(quiet_tea) == [
        ("price", "4.50", "6.00", None, "import", detail),
        ("stock", "10", "4", None, "import", detail),
        ("price", "6.00", "7.00", user, "import", "Import new.csv"),
    ]


def test_values_that_follow_from_others_are_left_out(shirt):
    ProductChange.objects.all().delete()
    services.update_product(product_id=shirt.pk, name="Blouse")
    cheapest = Product.objects.filter(parent=shirt).order_by("price")[0]
    services.update_product(product_id=cheapest.pk, price=Decimal("1.00"))
    assert log_of(shirt, *shirt.variants.all()) == [
        ("name", "Shirt", "Blouse", None, "system", ""),
        ("price", "18.00", "1.00", None, "system", ""),
    ]


def test_a_created_product_and_its_variants_are_logged_once(shirt, tea):
    assert log_of(tea) == [("created", "", "4.50", None, "system", "")]
    variants = [row[:3] for row in log_of(*shirt.variants.all())]
    assert sorted(variants) == [
        ("created", "", "18.00"),
        ("created", "", "20.00"),
        ("created", "", "20.00"),
    ]


def test_orders_leave_no_changes(ada, quiet_tea):
    ada.post("/api/cart/add/", {"product_id": quiet_tea.pk, "quantity": 2})
    cart_id = ada.get("/api/cart/").json()["cart_id"]
    assert ada.post("/api/orders/", {"cart_id": cart_id}).status_code == 201
    assert log_of(quiet_tea) == []


def test_changed_values_of_attributes_are_logged(amy, quiet_tea):
    create_attribute(name="Weight", slug="weight", kind=AttributeKind.NUMBER)
    create_attribute(name="Origin", slug="origin", kind=AttributeKind.TEXT)
    path = f"{LIST}{quiet_tea.pk}/"
    for attributes in (
        {"weight": 0.125, "origin": "Assam"},
        {"weight": 0.125, "origin": "Darjeeling"},
        {"weight": None},
    ):
        assert amy.patch(path, {"attributes": attributes}).status_code == 200
    assert sorted(row[:4] for row in log_of(quiet_tea)) == [
        ("attribute origin", "", "Assam", "amy"),
        ("attribute origin", "Assam", "Darjeeling", "amy"),
        ("attribute weight", "", "0.125", "amy"),
        ("attribute weight", "0.125", "", "amy"),
    ]


def test_sales_are_logged_at_the_products_that_they_name(amy, quiet_tea, shirt):
    ProductChange.objects.all().delete()
    start = {"starts_at": "2099-03-01T09:00:00Z"}
    body = {"name": "Spring", "kind": "percent", "value": "10", **start}
    sale = amy.post("/api/sales/", {**body, "product_ids": [quiet_tea.pk]}).json()
    path = f"/api/sales/{sale['id']}/"
    assert amy.patch(path, {"value": "12.50"}).status_code == 200
    assert amy.patch(path, {"product_ids": [shirt.pk]}).status_code == 200
    assert amy.delete(path).status_code == 204
    words = "Spring: −{} % from 2099-03-01 09:00 UTC until further notice"
    ten, more = words.format("10"), words.format("12.5")
    assert [row[:4] for row in log_of(quiet_tea)] == [
        ("sale", "", ten, "amy"),
        ("sale", ten, more, "amy"),
        ("sale", more, "", "amy"),
    ]
    assert [row[:4] for row in log_of(shirt)] == [
        ("sale", "", more, "amy"),
        ("sale", more, "", "amy"),
    ]
