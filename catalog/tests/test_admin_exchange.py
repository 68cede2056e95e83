"""Import and export in the admin."""

import os
from io import BytesIO

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.factories import UserFactory
from catalog.exchange import admin, uploads
from catalog.factories import ProductFactory
from catalog.limits import MAX_UPLOAD
from catalog.models import Product, StockMovement
from catalog.tests.exchange import FILES, everything, export, import_content
from shop.testing.marks import on_one_engine
from shop.testing.pages import form_of, messages_of

pytestmark = on_one_engine

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


def test_staff_see_a_price_of_0_and_an_empty_one(admin_browser, tea):
    page = upload(admin_browser, b"slug,name,price\ntea,Tea,\nfree,Free,0\n")
    for shown in (page, confirm(admin_browser, page)):
        text = shown.content.decode()
        assert "Warning: line 2, price: The cell is empty. The price is 4.50." in text
        assert "Warning: line 3, price: The price is 0." in text


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
        (b"x" * (MAX_UPLOAD + 1), "The file has more than 5 MiB"),
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


GERMAN = (
    "Artikelnr;Bezeichnung;VK;Lager;Farbe;Rest\n"
    "T-1;Grüner Tee;1.299,50;7;grün;a\n"
    "T-2;Weißer Tee;4,50;0;;b\n"
).encode("cp1252")


def read_again(browser, page, **changes):
    form = page.context["reading"]
    data = {name: form[name].value() or "" for name in form.fields}
    columns = page.context["columns"]
    if columns is not None:
        data |= {name: columns[name].value() or "" for name in columns.fields}
    data = {name: value for name, value in data.items() if value is not False}
    return browser.post(f"{LIST}import/", {"stored": page.context["stored"], **data, **changes})


def columns_of(page):
    return {row.title: row.field.value() for row in page.context["column_rows"]}


def test_the_guesses_about_a_table_are_shown_and_corrected(admin_browser):
    page = upload(admin_browser, GERMAN, "liste.csv")
    shown = {name: page.context["reading"][name].value() for name in ("encoding", "delimiter")}
    assert shown == {"encoding": "cp1252", "delimiter": "semicolons"}
    assert page.context["reading"]["decimal"].value() == ","
    assert columns_of(page) == {
        "Artikelnr": "sku",
        "Bezeichnung": "name",
        "VK": "price",
        "Lager": "",
        "Farbe": "",
        "Rest": "",
    }
    rows = page.context["column_rows"]
    assert (rows[1].samples, rows[4].number_not_read) == (["Grüner Tee", "Weißer Tee"], 1)
    assert "not read: Lager, 2 rows" in page.content.decode()

    page = read_again(admin_browser, page, column_3="stock", column_4="metadata.Farbe")
    assert not Product.objects.exists()
    assert columns_of(page)["Lager"] == "stock"
    text = page.content.decode()
    assert "1 of 2 will be sold out: weisser-tee" in text
    assert "Lager as stock, Farbe as metadata.Farbe" in text
    confirm(admin_browser, page)
    tea = Product.objects.get(sku="T-1")
    assert (tea.name, str(tea.price), tea.stock) == ("Grüner Tee", "1299.50", 7)
    assert tea.metadata == {"Farbe": "grün"}
    assert Product.objects.count() == 2


def test_another_encoding_or_delimiter_shows_other_columns(admin_browser, tmp_path):
    page = upload(admin_browser, b"sku,Bezeichnung;Preis;Rest\nGr\xc3\xbcn;5;\n", "a.csv")
    assert columns_of(page) == {"sku,Bezeichnung": "", "Preis": "price", "Rest": ""}
    assert "At least one of the columns slug, sku and name is required" in page.content.decode()
    assert page.context["confirmation"] == ""
    page = read_again(admin_browser, page, column_0="name", encoding="cp1252")
    assert page.context["report"].results[0].changes == ["GrÃ¼n, 5.00"]
    page = read_again(admin_browser, page, delimiter="commas")
    assert columns_of(page) == {"sku": "sku", "Bezeichnung;Preis;Rest": ""}
    page = read_again(admin_browser, page, encoding="utf-16")
    assert page.context["error"] == "The file is not UTF-16."
    assert page.context["confirmation"] == ""
    assert not Product.objects.exists()
    assert len([path for path in (tmp_path / "imports").rglob("*") if path.is_file()]) == 1


def test_a_stored_file_is_only_read_for_its_user_and_known_columns(admin_browser):
    page = upload(admin_browser, GERMAN)
    other = staff_with("add_product", "change_product", "view_product")
    assert "upload the file again" in read_again(other, page).content.decode()
    refused = read_again(admin_browser, page, column_3="shoe")
    assert (refused.status_code, refused.context["confirmation"]) == (200, "")
    assert "Select a valid choice" in refused.content.decode()
    assert read_again(admin_browser, page, format="shoe").context["confirmation"] == ""
    assert read_again(staff_with("add_product"), page).status_code == 403
    assert not Product.objects.exists()


def test_a_table_of_a_known_format_shows_its_columns_without_selects(admin_browser):
    page = upload(admin_browser, (FILES / "shopify.csv").read_bytes())
    assert page.context["reading"]["format"].value() == "shopify"
    rows = page.context["column_rows"]
    assert {row.field for row in rows} == {None}
    read_as = {row.title: row.read_as for row in rows}
    assert (read_as["Vendor"], read_as["Status"]) == ("brand", "is published")
    assert "<td>compare at price</td>" in page.content.decode()
    assert page.context["confirmation"]
    page = read_again(admin_browser, page, format="shop")
    assert columns_of(page)["Vendor"] == "brand"
    page = upload(admin_browser, b"Handle,Title,SKU,Bin name,Available\npot,Pot,P,,3\n")
    assert [row.read_as for row in page.context["column_rows"]] == [
        "slug",
        "not read",
        "sku",
        "not read",
        "stock",
    ]


def test_files_that_are_not_confirmed_are_deleted_after_a_day(admin_browser, tmp_path):
    upload(admin_browser, GERMAN)
    assert uploads.delete_expired() == 0
    (path,) = [path for path in (tmp_path / "imports").rglob("*") if path.is_file()]
    os.utime(path, (1, 1))
    assert uploads.delete_expired() == 1
    assert not path.exists()
