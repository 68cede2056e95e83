"""``ordering=name`` is the order that people expect, the same on both databases."""

from django.core.management import call_command

from catalog.factories import ProductFactory
from catalog.models import Product
from shop.testing.marks import on_one_engine

pytestmark = on_one_engine

LIST = "/api/products/"
IN_ORDER = [
    "“Quoted”",
    "10 cups",
    "A b",
    "a-b",
    "ab",
    "apfel",
    "Apfel",
    "Äpfel",
    "Arm",
    "Ärmel",
    "Art",
    "coté",
    "Éclair",
    "Øl",
    "Ostern",
    "Straße",
    "Zebra",
    "Чай",
    "緑茶",
]


def names(client, query):
    return [product["name"] for product in client.get(f"{LIST}?{query}").json()["products"]]


def test_names_are_sorted_by_letters_then_accents_then_case(anyone, db):
    for name in sorted(IN_ORDER, key=lambda name: name[::-1]):
        ProductFactory(name=name)
    assert names(anyone, "ordering=name") == IN_ORDER
    assert names(anyone, "ordering=-name") == IN_ORDER[::-1]
    page = anyone.get(f"{LIST}?ordering=name&after=&page_size=7").json()
    rest = anyone.get(page["next"]).json()
    assert [product["name"] for product in rest["products"]] == IN_ORDER[7:14]


def test_a_new_name_and_names_of_an_older_release_get_their_keys(anyone, amy, db):
    older, renamed = ProductFactory(name="Ähre"), ProductFactory(name="Zebra")
    Product.objects.filter(pk=older.pk).update(name_key=b"")
    ProductFactory(name="Affe")
    assert amy.patch(f"{LIST}{renamed.pk}/", {"name": "Äffchen"}).status_code == 200
    assert names(anyone, "ordering=name") == ["Ähre", "Äffchen", "Affe"]
    call_command("complete_catalog")
    assert names(anyone, "ordering=name") == ["Äffchen", "Affe", "Ähre"]
