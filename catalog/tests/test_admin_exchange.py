"""Import and export in the admin."""

from io import BytesIO

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.factories import UserFactory
from catalog.exchange import admin
from catalog.factories import ProductFactory
from catalog.models import Product, StockMovement
from catalog.tests.exchange import FILES, everything, export, import_content
from shop.testing.pages import form_of, messages_of

LIST = "/admin/catalog/product/"
TABLE = b"slug,name,price,stock\ntea,Tea,5.00,7\npot,Pot,24.00,2\nbad,Bad,abc,1\n"


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


def upload(browser, content=TABLE, name="new.csv", **more):
    return browser.post(f"{LIST}import/", {"file": SimpleUploadedFile(name, content), **more})


def confirm(browser, page):
    return browser.post(f"{LIST}import/", {"confirm": page.context["confirmation"]})


def staff_with(*permissions):
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    browser = Client()
    browser.force_login(user)
    return browser


def test_a_file_is_previewed_and_then_imported(admin_browser, amy, tea, tmp_path):
    before = everything()
    page = upload(admin_browser)
    message = page.content.decode()
    assert "1 created, 1 changed, 0 unchanged, 1 refused" in message
    assert "price 4.50 → 5.00" in message
    assert "line 4, price: &quot;abc&quot; is not a price" in message
    assert everything() == before
    done = confirm(admin_browser, page).content.decode()
    assert "Imported new.csv: 1 created, 1 changed, 0 unchanged, 1 refused." in done
    tea.refresh_from_db()
    assert (str(tea.price), tea.stock) == ("5.00", 7)
    movement = StockMovement.objects.get(product=tea, kind="adjustment")
    assert (movement.delta, movement.reason, movement.actor) == (-3, "Import new.csv", amy.user)
    assert [path for path in (tmp_path / "imports").rglob("*") if path.is_file()] == []


def test_a_workbook_and_shopify_csv_can_be_imported(admin_browser):
    import_content(FILES / "shop.csv")
    book = export("xlsx")
    assert (
        "products: 0 created, 0 changed, 3 unchanged, 0 refused; variants: 2 unchanged"
        in upload(admin_browser, book).content.decode()
    )
    page = upload(admin_browser, (FILES / "shopify.csv").read_bytes())
    assert "3 created" in confirm(admin_browser, page).content.decode()


def test_keep_stock_does_not_change_stock(admin_browser, tea):
    confirm(admin_browser, upload(admin_browser, keep_stock="on"))
    tea.refresh_from_db()
    assert (str(tea.price), tea.stock) == ("5.00", 10)


def test_a_strict_import_with_an_error_cannot_be_confirmed(admin_browser, tea):
    page = upload(admin_browser, strict="on")
    assert page.context["confirmation"] == ""
    assert Product.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The submitted file is empty."),
        (b"\xff\xfe\x00", "The file is UTF-16"),
        (b"thing\n1\n", "At least one of the columns slug, sku and name is required"),
        (b"x" * (admin.MAX_UPLOAD + 1), "The file has more than 5 MiB"),
    ],
)
def test_the_form_shows_an_error_for_an_unreadable_file(admin_browser, content, message):
    page = upload(admin_browser, content)
    assert message in page.content.decode()
    assert not Product.objects.exists()


def test_a_confirmation_is_valid_once_and_only_for_its_user(admin_browser, tea):
    page = upload(admin_browser)
    other = staff_with("add_product", "change_product", "view_product")
    for browser, ticket in ((other, page.context["confirmation"]), (admin_browser, "made up")):
        response = browser.post(f"{LIST}import/", {"confirm": ticket}, follow=True)
        assert "upload the file again" in response.content.decode()
    assert Product.objects.count() == 1
    page = upload(admin_browser)
    confirm(admin_browser, page)
    assert "upload the file again" in confirm(admin_browser, page).content.decode()


@pytest.mark.parametrize("permission", ["add_product", "change_product", "view_product"])
def test_an_import_needs_both_permissions(db, permission):
    browser = staff_with(permission)
    assert browser.get(f"{LIST}import/").status_code == 403
    assert upload(browser).status_code == 403
    assert "import/" not in browser.get(LIST).content.decode()
    assert not Product.objects.exists()


def test_all_products_or_selected_ones_are_exported(admin_browser):
    import_content(FILES / "shop.csv")
    response = admin_browser.get(f"{LIST}export/?format=csv")
    assert response["Content-Disposition"] == 'attachment; filename="products.csv"'
    assert response.content == export()
    variant = Product.objects.get(sku="POT-S")
    chosen = {"action": "export_csv", "_selected_action": [variant.pk]}
    assert admin_browser.post(f"{LIST}?kind=all", chosen).content == export(
        only=[variant.parent_id]
    )
    book = admin_browser.get(f"{LIST}export/?format=xlsx").content
    assert import_content(book, name="a.xlsx")[0] == (0, 0, 12, 0)
    response = admin_browser.get(f"{LIST}export/?format=ods", follow=True)
    assert "This format is not supported." in response.content.decode()


def test_the_admin_does_not_export_too_many_products(admin_browser, monkeypatch):
    monkeypatch.setattr(admin, "MAX_EXPORTED", 1)
    ProductFactory.create_batch(2)
    response = admin_browser.get(f"{LIST}export/", follow=True)
    assert "manage.py export_products" in response.content.decode()


def test_an_export_needs_the_view_permission(db):
    assert staff_with("add_sale").get(f"{LIST}export/").status_code == 403
    assert (
        BytesIO(staff_with("view_product").get(f"{LIST}export/").content).read(3) == b"\xef\xbb\xbf"
    )


def test_an_import_that_is_confirmed_twice_is_run_once(admin_browser, tea):
    form = form_of(upload(admin_browser))
    admin_browser.post(f"{LIST}import/", form)
    Product.objects.filter(slug="pot").update(price="1.00")
    page = admin_browser.post(f"{LIST}import/", form, follow=True)
    assert messages_of(page) == ["This form was already sent; nothing was changed."]
    assert str(Product.objects.get(slug="pot").price) == "1.00"
    page = upload(admin_browser, name="again.csv")
    assert (
        "Imported again.csv" in admin_browser.post(f"{LIST}import/", form_of(page)).content.decode()
    )
