"""Imports correct or leave out what does not make a product wrong, with a warning."""

import json

import pytest

from catalog.models import Product, ProductImage
from catalog.services import create_product
from catalog.tests.exchange import errors_of, everything, import_content, warnings_of
from shop.testing.assertions import assert_audit_passes
from shop.testing.marks import on_one_engine

pytestmark = [pytest.mark.django_db, on_one_engine]

HEADER = (
    "Handle,Title,Body (HTML),Vendor,Tags,Option1 Name,Option1 Value,Variant SKU,"
    "Variant Inventory Qty,Variant Inventory Policy,Variant Price,Image Src,Image Alt Text\n"
)


def shopify(**cells):
    row = {
        "Handle": "a",
        "Title": "A",
        "Body (HTML)": "",
        "Vendor": "",
        "Tags": "",
        "Option1 Name": "",
        "Option1 Value": "",
        "Variant SKU": "",
        "Variant Inventory Qty": "5",
        "Variant Inventory Policy": "deny",
        "Variant Price": "10.00",
        "Image Src": "",
        "Image Alt Text": "",
        **cells,
    }
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in row.values()) + "\n"


@pytest.mark.parametrize(
    ("cells", "warning", "found"),
    [
        ({"Title": "x" * 255}, None, {"name": "x" * 255}),
        (
            {"Title": "x" * 300},
            "Title: The text has 300 characters and was cut to 255.",
            {"name": "x" * 255},
        ),
        (
            {"Title": "a\x07b"},
            "Title: The control character U+0007 was left out.",
            {"name": "ab"},
        ),
        ({"Body (HTML)": "y" * 150_000}, None, {"description": "y" * 150_000}),
        ({"Vendor": "v" * 255}, None, {"brand": "v" * 255}),
        ({"Variant SKU": "s" * 255}, None, {"sku": "s" * 255}),
        (
            {"Variant Inventory Qty": "-4"},
            (
                "Variant Inventory Qty: The stock is -4, but it may only be negative with backorder. "
                "It was set to 0."
            ),
            {"stock": 0},
        ),
        ({"Variant Inventory Qty": "7.0"}, None, {"stock": 7}),
        ({"Variant Inventory Policy": "CONTINUE"}, None, {"backorder": True}),
        ({"Variant Inventory Policy": "Deny"}, None, {"backorder": False}),
        (
            {"Variant Inventory Policy": "PREORDER"},
            (
                'Variant Inventory Policy: "PREORDER" is neither deny nor continue. It was read as '
                "deny."
            ),
            {"backorder": False},
        ),
    ],
)
def test_a_detail_does_not_refuse_a_product(cells, warning, found):
    table = HEADER + shopify(**cells)
    counts, results = import_content(table)
    assert (counts, errors_of(results)) == ((1, 0, 0, 0), [])
    assert warnings_of(results) == ([f"line 2, {warning}"] if warning else [])
    assert Product.objects.values(*found).get() == found
    before = everything()
    counts, results = import_content(table)
    assert (counts, len(warnings_of(results))) == ((0, 0, 1, 0), 1 if warning else 0)
    assert everything() == before
    assert_audit_passes()


def test_tags_are_kept_once_and_within_their_limits():
    many = ",".join(f"t{n}" for n in range(260))
    table = HEADER + shopify(Tags=f"Summer, summer, {'x' * 256}, {'y' * 255}, {many}")
    counts, results = import_content(table)
    assert counts == (1, 0, 0, 0)
    assert warnings_of(results) == [
        'line 2, Tags: The list contains "summer" twice. It is used once.',
        "line 2, Tags: The text has 256 characters, at most 255 allowed. The tag was left out.",
        "line 2, Tags: The list has 262 tags. Those after the first 250 were left out.",
    ]
    tags = set(Product.objects.get().tags.values_list("tag", flat=True))
    assert tags == {"Summer", "y" * 255, *(f"t{n}" for n in range(248))}


def test_image_addresses_are_corrected_or_left_out():
    addresses = [
        "https://cdn.example.com/a b.jpg?v=1",
        "https://cdn.example.com/ü.jpg",
        "//cdn.example.com/c.jpg",
        "file:///etc/passwd",
        "https://cdn.example.com/" + "x" * 2048,
        "https://cdn.example.com/" + "x" * 2000,
    ]
    first, *others = addresses
    table = HEADER + shopify(**{"Image Src": first, "Image Alt Text": "z" * 600})
    for address in others:
        cells = {"Title": "", "Variant Price": "", "Variant Inventory Qty": ""}
        table += shopify(**cells, **{"Image Src": address, "Variant Inventory Policy": ""})
    counts, results = import_content(table)
    assert (counts, errors_of(results)) == ((1, 0, 0, 0), [])
    assert [warning.split(".", 1)[0] for warning in warnings_of(results)] == [
        "line 2, Image Alt Text: The text has 600 characters and was cut to 512",
        "line 2, Image Src: The URL was corrected to https://cdn",
        "line 4, Image Src: The URL was corrected to https://cdn",
        'line 5, Image Src: "file:///etc/passwd" is not a URL that begins with https:// or http://',
        "line 6, Image Src: The text has 2,072 characters, at most 2,048 allowed",
    ]
    found = ProductImage.objects.order_by("pk").values_list("source_url", flat=True)
    assert list(found) == [
        "https://cdn.example.com/a%20b.jpg?v=1",
        "https://cdn.example.com/ü.jpg",
        "https://cdn.example.com/c.jpg",
        "https://cdn.example.com/" + "x" * 2000,
    ]
    assert import_content(table)[0] == (0, 0, 1, 0)


def test_a_product_may_have_2048_variants_with_long_values(anyone):
    rows = "".join(
        shopify(
            Title="A" if not n else "",
            **{"Option1 Name": "Size", "Option1 Value": f"{n} {'v' * 250}", "Variant SKU": f"S{n}"},
        )
        for n in range(2048)
    )
    assert import_content(HEADER + rows)[0] == (1, 0, 0, 0)
    product = Product.objects.get(parent=None)
    assert product.variants.count() == 2048
    assert anyone.get(f"/api/products/{product.pk}/").status_code == 200
    assert import_content(HEADER + rows)[0] == (0, 0, 1, 0)
    rows += shopify(Title="", **{"Option1 Name": "Size", "Option1 Value": "last"})
    counts, results = import_content(HEADER + rows)
    assert counts == (0, 0, 0, 1)
    assert errors_of(results) == ["line 2, Option1 Value: The product has more than 2048 variants."]


def test_option_values_that_no_index_holds_are_refused(amy):
    wide = "".join(chr(0x1F300 + n % 500) for n in range(255))
    values = {"option1": wide, "option2": wide[1:] + "a", "option3": wide[2:] + "bc"}
    table = (
        "row,name,option1,option2,option3,price\nproduct,A,X,Y,Z,\n"
        f"variant,,{','.join(values.values())},1.00\n"
    )
    counts, results = import_content(table)
    assert counts == (0, 0, 0, 1)
    assert errors_of(results) == [
        "line 3, option1: The option values have more than 2,600 bytes together."
    ]
    product = create_product(name="A", price="1.00", options=["X", "Y", "Z"])
    choice = dict(zip("XYZ", values.values(), strict=True))
    response = amy.post(f"/api/products/{product.pk}/variants/", {"choice": choice})
    assert response.status_code == 400
    assert "more than 2,600 bytes" in response.content.decode()
    assert Product.objects.count() == 1


def test_optional_values_of_the_own_table_are_left_out():
    create_product(name="Tea", slug="tea", price="1.00", compare_at_price="2.00")
    counts, results = import_content(
        "slug,compare_at_price,low_stock_threshold,backorder,metadata,price\n"
        "tea,1e3,-1,maybe,[1],1.50\n"
    )
    assert counts == (0, 1, 0, 0)
    reasons = [warning.removesuffix(" It was left out.") for warning in warnings_of(results)]
    assert reasons == [
        "line 2, metadata: Metadata must be a JSON object.",
        (
            'line 2, compare_at_price: "1e3" is not a price such as 1.99. Write digits and a decimal '
            "point only."
        ),
        'line 2, low_stock_threshold: "-1" is not an integer from 0 to 1,000,000,000.',
        'line 2, backorder: "maybe" is neither true nor false.',
    ]
    tea = Product.objects.get()
    assert (str(tea.price), str(tea.compare_at_price), tea.backorder) == ("1.50", "2.00", False)


def test_corrections_apply_to_json():
    product = {
        "slug": "a",
        "name": "A\ud800",
        "price": "1.00",
        "stock": -2,
        "tags": ["a", "A"],
        "pictures": [{"picture": "../../x"}, {"picture": "//cdn.example.com/a.jpg"}],
    }
    counts, results = import_content(json.dumps([product]), name="file.json")
    assert counts == (1, 0, 0, 0)
    assert [warning.partition(": ")[0] for warning in warnings_of(results)] == [
        "line 1, name",
        "line 1, tags",
        "line 1, picture",
        "line 1, picture",
        "line 1, stock",
    ]
    assert Product.objects.values_list("name", "stock").get() == ("A", 0)
    assert ProductImage.objects.get().source_url == "https://cdn.example.com/a.jpg"


@pytest.mark.parametrize(
    ("price", "reason"),
    [
        ("1,299", "Write digits and a decimal point only."),
        ("19.900", "Write digits and a decimal point only."),
        ("12 50", "Write digits and a decimal point only."),
        ("12,50 €", "The currency of the shop is USD."),
        ("EUR 12.50", "The currency of the shop is USD."),
    ],
)
def test_a_price_is_never_guessed(price, reason):
    table = HEADER + shopify(**{"Variant Price": price})
    counts, results = import_content(table)
    assert counts == (0, 0, 0, 1)
    assert errors_of(results) == [
        f'line 2, Variant Price: "{price}" is not a price such as 1.99. {reason}'
    ]
    assert not Product.objects.exists()


def test_a_price_that_becomes_0_has_a_warning_once(tea):
    table = "slug,name,price\ntea,Tea,0\nfree,Free,0.00\n"
    expected = ["line 2, price: The price is 0.", "line 3, price: The price is 0."]
    assert warnings_of(import_content(table, dry_run=True)[1]) == expected
    assert warnings_of(import_content(table)[1]) == expected
    assert warnings_of(import_content(table)[1]) == []


def test_an_empty_price_has_a_warning_and_changes_nothing(tea):
    for content, name in (
        ("slug,name,price\ntea,Tea, \n", "a.csv"),
        ('[{"slug": "tea", "price": null}]', "a.json"),
    ):
        counts, results = import_content(content, name)
        assert counts == (0, 0, 1, 0)
        assert [w.reason for w in results[0].warnings] == ["The cell is empty. The price is 4.50."]
    assert warnings_of(import_content("slug,stock\ntea,3\n")[1]) == []


def test_prices_of_variants_have_warnings_and_those_of_their_product_have_none():
    table = "row,slug,name,option1,price\nproduct,pot,Pot,Size,\nvariant,,,S,0\nvariant,,,M,5.00\n"
    assert warnings_of(import_content(table)[1]) == ["line 3, price: The price is 0."]
    assert warnings_of(import_content("row,slug,option1,price\nproduct,pot,Size,\n")[1]) == []
    more = "row,slug,option1,price\nproduct,pot,Size,\nvariant,,M,\nvariant,,L,\n"
    assert warnings_of(import_content(more)[1]) == [
        "line 3, price: The cell is empty. The price is 5.00.",
        "line 4, price: The cell is empty. The price is 0.00.",
    ]
