"""The page of a product: its variants from options, their prices and stock, and its images."""

from decimal import Decimal

import pytest
from django.test import Client

from accounts.factories import staff_with
from catalog import services
from catalog.models import Product, ProductImage, StockMovement
from catalog.products.admin.options import Option, parse_options, write_options
from catalog.tests.uploads import files_in, picture, upload
from orders.factories import place_order
from shop.core.bodies import body_limit
from shop.testing.assertions import assert_audit_passes
from shop.testing.marks import on_one_database
from shop.testing.pages import form_of, submit
from shop.testing.races import at_once

LIST = "/admin/catalog/product/"
OPTIONS = "Size: S, M, L\nColour: Red, Blue"


def change(product):
    return f"{LIST}{product.pk}/change/"


def errors_of(page):
    return page.context["adminform"].form.errors


def facts_of(product):
    rows = product.variants.filter(archived_at=None).order_by("position", "pk")
    return [(" ".join(row.options), row.sku, str(row.price), row.stock) for row in rows]


def numbers_of(form, value):
    """Return the numbers of the new rows that have an option value."""
    names = [name for name in form if name.startswith("new_") and name.endswith("_values")]
    return [name.split("_")[1] for name in names if f'"{value}"' in form[name][0]]


def test_a_product_with_variants_and_images_is_created_on_one_page(admin_browser, amy, media):
    typed = {"name": "Shirt", "price": "20.00", "option_names": OPTIONS}
    page = submit(admin_browser, admin_browser.get(f"{LIST}add/"), **typed, _generate="yes")
    assert page.status_code == 200
    assert not Product.objects.exists()
    form = form_of(page)
    proposed = [form[f"new_{number}_sku"][0] for number in range(6)]
    assert proposed == [f"SHIRT-{size}-{colour}" for size in "SML" for colour in ("RED", "BLUE")]
    stocks = {f"new_{number}_stock": str(number) for number in range(6)}
    more = {"new_1_price": "18.50", "new_5_sku": "LAST", "image_alts": "Front\n\nBack"}
    files = [upload(picture(color=color), name=color) for color in ("red", "green", "blue")]
    page = submit(admin_browser, page, **stocks, **more, images=files)
    shirt = Product.objects.get(parent=None)
    assert page.redirect_chain == [(LIST, 302)]
    assert facts_of(shirt) == [
        ("S Red", "SHIRT-S-RED", "20.00", 0),
        ("S Blue", "SHIRT-S-BLUE", "18.50", 1),
        ("M Red", "SHIRT-M-RED", "20.00", 2),
        ("M Blue", "SHIRT-M-BLUE", "20.00", 3),
        ("L Red", "SHIRT-L-RED", "20.00", 4),
        ("L Blue", "LAST", "20.00", 5),
    ]
    assert (shirt.options, str(shirt.price)) == (["Size", "Colour"], "18.50")
    images = list(shirt.images.order_by("position").values_list("alt", "position"))
    assert images == [("Front", 0), ("", 1), ("Back", 2)]
    moved = StockMovement.objects.filter(kind="initial").order_by("delta")
    assert [row.delta for row in moved] == [1, 2, 3, 4, 5]
    assert {row.actor for row in moved} == {amy.user}
    assert_audit_passes()


def test_saving_adds_variants_of_new_values_and_archives_marked_rows_only(admin_browser, shirt):
    page = admin_browser.get(change(shirt))
    assert form_of(page)["option_names"] == ["Size: S, M\nColour: Red, Blue"]
    submit(admin_browser, page, option_names="Size: S, M, L\nColour: red, Blue")
    base = shirt.slug.upper()
    assert facts_of(shirt) == [
        ("S Red", "S-RED", "20.00", 5),
        ("M Red", "M-RED", "20.00", 3),
        ("M Blue", "M-BLUE", "18.00", 0),
        ("L Red", f"{base}-L-RED", "18.00", 0),
        ("L Blue", f"{base}-L-BLUE", "18.00", 0),
    ]
    fewer = "Size: M, L\nColour: Red, Blue"
    page = submit(admin_browser, admin_browser.get(change(shirt)), option_names=fewer)
    (error,) = errors_of(page)["option_names"]
    assert error.startswith("Variants have values that are missing here: S / Red.")
    page = submit(admin_browser, page, _generate="yes")
    form = form_of(page)
    small = shirt.variants.get(sku="S-RED")
    assert form[f"variant_{small.pk}_archive"] == ["on"]
    assert numbers_of(form, "S") == []
    submit(admin_browser, page)
    assert [row[0] for row in facts_of(shirt)] == ["M Red", "M Blue", "L Red", "L Blue"]
    small.refresh_from_db()
    assert small.archived_at is not None
    assert_audit_passes()


def test_a_combination_that_was_left_out_is_added_by_its_row_only(admin_browser, shirt):
    page = submit(admin_browser, admin_browser.get(change(shirt)), name="Tee")
    assert len(facts_of(shirt)) == 3
    page = submit(admin_browser, admin_browser.get(change(shirt)), _generate="yes")
    assert numbers_of(form_of(page), "Blue") == ["0"]
    form = {key: value for key, value in form_of(page).items() if key != "new_0_add"}
    admin_browser.post(change(shirt), form)
    assert len(facts_of(shirt)) == 3
    page = submit(admin_browser, admin_browser.get(change(shirt)), _generate="yes")
    page = submit(admin_browser, page, new_0_stock="4", new_0_sku="S-RED")
    taken = "The SKU “S-RED” is already in use. Please choose another."
    assert errors_of(page) == {"new_0_sku": [taken]}
    submit(admin_browser, page, new_0_stock="4", new_0_sku="S-BLUE")
    assert ("S Blue", "S-BLUE", "18.00", 4) in facts_of(shirt)


def test_prices_and_stock_of_variants_are_edited_in_place(admin_browser, amy, ada, shirt):
    small = shirt.variants.get(sku="S-RED")
    page = admin_browser.get(change(shirt))
    place_order(ada.user, small)
    name = f"variant_{small.pk}"
    edited = {f"{name}_price": "17.00", f"{name}_stock": "12"}
    refused = submit(admin_browser, page, **edited)
    assert list(errors_of(refused)) == ["stock_reason"]
    submit(admin_browser, refused, stock_reason="Delivery")
    small.refresh_from_db()
    assert (str(small.price), small.stock) == ("17.00", 11)
    moved = small.movements.latest("pk")
    assert (moved.kind, moved.delta, moved.reason, moved.actor) == (
        "adjustment",
        7,
        "Delivery",
        amy.user,
    )
    assert [str(row.price) for row in small.price_changes.order_by("pk")] == ["20.00", "17.00"]
    assert str(Product.objects.get(pk=shirt.pk).price) == "17.00"
    page = admin_browser.get(change(shirt))
    page = submit(admin_browser, page, **{f"{name}_stock": "-1"}, stock_reason="Lost")
    (error,) = errors_of(page)[f"{name}_stock"]
    assert error == "“Shirt – S / Red” has only 11 left in stock."
    assert_audit_passes()


def test_a_price_that_was_changed_meanwhile_is_not_overwritten(admin_browser, shirt):
    small = shirt.variants.get(sku="S-RED")
    page = admin_browser.get(change(shirt))
    services.update_product(product_id=small.pk, price=Decimal("25.00"))
    page = submit(admin_browser, page, **{f"variant_{small.pk}_price": "17.00"})
    (error,) = errors_of(page)[f"variant_{small.pk}_price"]
    assert error.startswith("Price of S / Red was changed to 25.00")
    assert error.endswith("you had 17.00.")
    small.refresh_from_db()
    assert str(small.price) == "25.00"


def test_the_stock_of_a_product_is_a_target(admin_browser, ada, tea):
    page = admin_browser.get(change(tea))
    place_order(ada.user, tea)
    page = submit(admin_browser, page, target_stock="20")
    assert list(errors_of(page)) == ["stock_reason"]
    form = form_of(page)
    del form["initial-target_stock"]
    lost = admin_browser.post(change(tea), form | {"stock_reason": "Count"})
    assert list(errors_of(lost)) == ["target_stock"]
    tea.refresh_from_db()
    assert tea.stock == 9
    submit(admin_browser, page, stock_reason="Count")
    tea.refresh_from_db()
    assert (tea.stock, tea.movements.latest("pk").reason) == (19, "Count")
    submit(admin_browser, admin_browser.get(change(tea)), name="Green tea")
    tea.refresh_from_db()
    assert (tea.name, tea.stock) == ("Green tea", 19)


@pytest.mark.django_db(transaction=True)
def test_a_sale_while_the_form_is_saved_is_kept(admin_browser, ada, tea, shirt):
    small = shirt.variants.get(sku="S-RED")
    edited = {f"variant_{small.pk}_stock": "15", "stock_reason": "Delivery"}
    form = form_of(admin_browser.get(change(shirt))) | edited
    page, _ = at_once(
        lambda: admin_browser.post(change(shirt), form), lambda: place_order(ada.user, small)
    )
    assert page.status_code == 302
    small.refresh_from_db()
    assert small.stock == 14
    assert sorted(row.delta for row in small.movements.all()) == [-1, 5, 10]
    assert_audit_passes()


def test_a_refused_image_saves_nothing(admin_browser, tea, media):
    files = [upload(picture(), name="good.png"), upload(b"#!/bin/sh\n", name="bad.png")]
    page = submit(admin_browser, admin_browser.get(change(tea)), name="Pot", images=files)
    (error,) = errors_of(page)["images"]
    assert error.startswith("bad.png: The image cannot be read.")
    assert form_of(page)["name"] == ["Pot"]
    tea.refresh_from_db()
    assert (tea.name, ProductImage.objects.exists(), files_in(media)) == ("Tea", False, [])
    files = [upload(picture(), name="good.png")]
    page = submit(admin_browser, page, price="-1", images=files)
    assert list(errors_of(page)) == ["price"]
    assert files_in(media) == []
    for path in (f"{LIST}add/", change(tea)):
        assert body_limit("POST", path, "multipart/form-data; boundary=x") == 32 * 1024 * 1024


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ("0 2", ["Blue", "Red", "White", "Green"]),
        ("", ["Red", "Green", "Blue", "White"]),  # without the script
        ("0", ["Red", "Green", "Blue", "White"]),
        ("99999 0", ["White", "Red", "Green", "Blue"]),
    ],
)
def test_new_images_are_saved_at_the_positions_to_which_they_were_dragged(
    admin_browser, tea, media, numbers, expected
):
    page = admin_browser.get(change(tea))
    submit(admin_browser, page, images=[upload(), upload()], image_alts="Red\nGreen")
    red, green = tea.images.order_by("pk")
    moved = numbers == "0 2"
    edited = {f"image_{red.pk}_position": "1", f"image_{green.pk}_position": "3"} if moved else {}
    typed = {"image_alts": "Blue\nWhite", "image_positions": numbers, **edited}
    submit(admin_browser, admin_browser.get(change(tea)), images=[upload(), upload()], **typed)
    assert list(tea.images.order_by("position", "-pk").values_list("alt", flat=True)) == expected


def test_positions_of_new_images_that_are_no_numbers_are_refused(admin_browser, tea, media):
    page = admin_browser.get(change(tea))
    page = submit(admin_browser, page, images=[upload()], image_positions="x")
    assert list(errors_of(page)) == ["image_positions"]
    assert not tea.images.exists()


def test_images_are_sorted_described_and_deleted(
    admin_browser, tea, media, django_capture_on_commit_callbacks
):
    files = [upload(picture(color=color), name=color) for color in ("red", "green", "blue")]
    page = admin_browser.get(change(tea))
    submit(admin_browser, page, images=files, image_alts="Red\nGreen")
    red, green, blue = tea.images.order_by("pk")
    edited = {f"image_{red.pk}_position": "1", f"image_{green.pk}_position": "0"}
    edited |= {f"image_{green.pk}_alt": "Meadow", f"image_{blue.pk}_delete": "on"}
    page = admin_browser.get(change(tea))
    with django_capture_on_commit_callbacks(execute=True):
        submit(admin_browser, page, **edited, images=[upload()])
    rows = list(tea.images.order_by("position").values_list("alt", "position"))
    assert rows == [("Meadow", 0), ("Red", 1), ("", 2)]
    assert len(files_in(media)) == 12


def test_a_form_has_what_its_user_may_change(tea, shirt, media):
    browser = Client()
    browser.force_login(staff_with("catalog.view_product", "catalog.change_product"))
    small = shirt.variants.get(sku="S-RED")
    page = browser.get(change(shirt))
    forged = {
        f"variant_{small.pk}_archive": "on",
        "option_names": OPTIONS,
        "new_0_values": '["L", "Red"]',
        "new_0_price": "1.00",
        "new_0_stock": "1",
        "new_0_add": "on",
        "images": [upload()],
    }
    assert not forged.keys() & (form_of(page).keys() - {"option_names"})
    submit(browser, page, **forged)
    assert len(facts_of(shirt)) == 3
    assert files_in(media) == []
    reader = Client()
    reader.force_login(staff_with("catalog.view_product"))
    page = reader.get(change(shirt)).content.decode()
    assert "variant_" not in page
    assert f'href="{change(small)}"' in page


def test_rows_with_damaged_input_are_refused(admin_browser, shirt):
    rows = {"new_0_values": "[1]", "new_0_price": "x", "new_0_stock": "-1", "new_0_add": "on"}
    page = submit(admin_browser, admin_browser.get(change(shirt)), **rows)
    assert {"new_0_values", "new_0_price", "new_0_stock"} <= errors_of(page).keys()
    huge = "\n".join(f"{name}: {','.join(map(str, range(100)))}" for name in ("Size", "Colour"))
    for text, sentence in [
        (huge, "These are too many combinations: at most 2048."),
        ("Size: S, M\nColour", "Enter the values of every option, or of none."),
        ("Size: S, s\nColour: Red", "Enter each item only once."),
        ('Size: "S\nColour: Red', "Enter an option as in: Size: S, M, L"),
    ]:
        for button in ({}, {"_generate": "yes"}):
            page = admin_browser.get(change(shirt))
            page = submit(admin_browser, page, option_names=text, **button)
            assert errors_of(page)["option_names"] == [sentence]
    assert len(facts_of(shirt)) == 3


@on_one_database
def test_options_are_written_as_they_are_read():
    options = [
        Option("Size", ["1,5 l", '5" wide', '"quoted"']),
        Option("Ratio: x", ["16:9"]),
        Option("Colour", []),
    ]
    lines = write_options(options)
    assert lines[0] == 'Size: "1,5 l", 5" wide, """quoted"""'
    assert parse_options("\n".join(lines)) == options
    assert parse_options("Size, Colour") == [Option("Size", []), Option("Colour", [])]
