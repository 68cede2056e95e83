"""The catalogs of ``bench.lists``: SQL for both databases; products as in ``bench.growth``."""

from dataclasses import dataclass

from django.core.management import call_command
from django.db import connection

from bench.growth import WORDS


@dataclass(frozen=True, slots=True)
class Size:
    """A catalog: its products, how many of them have variants, and how many each of these has."""

    products: int
    with_variants: int
    variants: int

    @property
    def rows(self) -> int:
        """Rows of the table of products, which also has the variants."""
        return self.products + self.with_variants * self.variants


_MILLION_ROWS = 142_858
SIZES = {
    "1000": Size(1_000, 500, 12),
    "100000": Size(100_000, 50_000, 12),
    "million-rows": Size(_MILLION_ROWS, _MILLION_ROWS // 2, 12),
    "million-products": Size(1_000_000, 100_000, 3),
}
"""Sizes by name. ``million-rows`` counts products and variants."""

_JSON = {"postgresql": "CAST({} AS jsonb)", "sqlite": "{}"}
_SETUP = """
CREATE TEMPORARY TABLE number (i INTEGER PRIMARY KEY);
INSERT INTO number WITH RECURSIVE counted (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted
    WHERE i < {products}) SELECT i FROM counted;
CREATE TEMPORARY TABLE word (kind VARCHAR(20), place INTEGER, word VARCHAR(20));
INSERT INTO word (kind, place, word) VALUES {words};
"""
_LOAD = """
INSERT INTO catalog_category (id, name, slug, parent_id, position, is_published)
SELECT i, 'Category ' || i, 'category-' || i, CASE WHEN i > 10 THEN 1 + i % 10 END, 0, true
FROM number WHERE i <= 110;
INSERT INTO catalog_categorylink (category_id, above_id)
SELECT id, id FROM catalog_category UNION ALL
SELECT id, parent_id FROM catalog_category WHERE parent_id IS NOT NULL;
INSERT INTO catalog_product (id, name, slug, description, keywords, brand, category_id, price,
    compare_at_price, stock, sold, is_published, has_variants, options)
SELECT i, {name}, 'product-' || i, {description},
    'brand' || (i % 100) || ' tag' || (i % 200) || ' SKU-' || i, 'Brand ' || (i % 100),
    11 + i * 7 % 100, 1 + i * 37 % 20000 / 100.0, CASE WHEN i % 50 = 0 THEN 250 END,
    CASE WHEN i > {plain} THEN 0 ELSE 1000 END, i * 31 % 1000, true, i > {plain},
    CASE WHEN i > {plain} THEN {option} ELSE {no_option} END
FROM number
JOIN word colour ON colour.kind = 'colours' AND colour.place = i % 10
JOIN word material ON material.kind = 'materials' AND material.place = i / 10 % 10
JOIN word thing ON thing.kind = 'things' AND thing.place = i / 100 % 50
ORDER BY i;
INSERT INTO catalog_product (id, name, description, parent_id, options, category_id, price, stock,
    is_published)
SELECT {products} + (product.id - {plain} - 1) * {variants} + i,
    product.name || ' – ' || (28 + 2 * i), '', product.id, {size}, product.category_id,
    product.price, 5, true
FROM catalog_product product JOIN number ON i <= {variants} WHERE product.has_variants
ORDER BY product.id, i;
INSERT INTO catalog_pricechange (product_id, price) SELECT id, price FROM catalog_product;
INSERT INTO catalog_producttag (product_id, tag)
SELECT id, 'tag' || (id % 200) FROM catalog_product WHERE parent_id IS NULL;
INSERT INTO catalog_attribute (id, name, slug, kind, choices) VALUES
    (1, 'Litres', 'litres', 'number', {nothing}), (2, 'Material', 'material', 'text', {nothing});
INSERT INTO catalog_productattribute (product_id, attribute_id, number, text)
SELECT id, 1, id % 100 / 10.0, NULL FROM catalog_product WHERE parent_id IS NULL UNION ALL
SELECT id, 2, NULL, 'Material ' || (id % 500) FROM catalog_product WHERE parent_id IS NULL;
DROP TABLE number;
DROP TABLE word;
"""


def load(size: Size) -> None:
    """Fill the migrated database, index its products and refresh its statistics."""
    with connection.cursor() as cursor:
        for statement in _statements(size):
            cursor.execute(statement)
    call_command("index_products", verbosity=0)
    call_command("complete_catalog", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def _statements(size: Size) -> list[str]:
    json = _JSON[connection.vendor].format
    words = ", ".join(
        f"('{kind}', {place}, '{word.title()}')"
        for kind, own in WORDS.items()
        for place, word in enumerate(own)
    )
    script = (_SETUP + _LOAD).format(
        products=max(size.products, 110),
        plain=size.products - size.with_variants,
        variants=size.variants,
        words=words,
        name="colour.word || ' ' || material.word || ' ' || thing.word || ' ' || i",
        description=f"'{'Made for the benchmark. ' * 10}'",
        option=json("'[\"Size\"]'"),
        no_option=json("'[]'"),
        nothing=json("'[]'"),
        size=json("'[\"' || (28 + 2 * i) || '\"]'"),
    )
    first = ["SET statement_timeout = 0"] if connection.vendor == "postgresql" else []
    return first + [part for part in script.split(";\n") if part.strip()]
