"""The SQL of facets: each part counts the products of a query, which is inserted for ``{sql}``.

The columns are those of ``catalog.search.facets``. PostgreSQL needs the types of nulls.
"""

from catalog.limits import MAX_FACET_VALUES
from shop.core.fields import MAX_ID

_ID = "CAST(NULL AS BIGINT)"
_TEXT = "CAST(NULL AS TEXT)"

# Numbers of products and invisible categories are rolled up along the tree.
_CATEGORIES = f"""
SELECT 'categories', own.id, own.parent_id, own.name, own.slug, {_TEXT}, {_TEXT},
    CAST(SUM(counted.products) AS BIGINT), {_TEXT}, {_TEXT}
FROM ({{sql}}) counted JOIN catalog_categorylink link ON link.category_id = counted.value
JOIN catalog_category own ON own.id = link.above_id {{visible}}
GROUP BY own.id, own.parent_id, own.name, own.slug, own.position
"""  # noqa: S608 - constants
_PUBLISHED = """
WHERE NOT EXISTS (SELECT 1 FROM catalog_categorylink up
    JOIN catalog_category above ON above.id = up.above_id
    WHERE up.category_id = own.id AND NOT above.is_published)
"""
# The spellings of a brand are counted together, under the one of them that was written first.
BRANDS = f"""
SELECT 'brands', {_ID}, {_ID}, {_TEXT}, {_TEXT}, {_TEXT}, value, products, {_TEXT}, {_TEXT}
FROM (
    SELECT value, products, ROW_NUMBER() OVER (ORDER BY products DESC, value) AS place
    FROM (
        SELECT value, CAST(SUM(spelled) OVER (PARTITION BY brand) AS BIGINT) AS products,
            ROW_NUMBER() OVER (PARTITION BY brand ORDER BY written, value) AS spelling
        FROM (
            SELECT counted.value, counted.products AS spelled,
                COALESCE(own.key, counted.value) AS brand, COALESCE(own.id, {MAX_ID}) AS written
            FROM ({{sql}}) counted LEFT JOIN catalog_spelling own
                ON own.kind = 'brand' AND own.text = counted.value
            WHERE counted.value <> ''
        ) spelled
    ) summed WHERE spelling = 1
) ranked WHERE place <= {MAX_FACET_VALUES}
"""  # noqa: S608 - constants
# ``value`` is the highest price of those with variants that differ in price.
PRICES = f"""
SELECT 'price', {_ID}, {_ID}, {_TEXT}, {_TEXT}, {_TEXT}, CAST(MAX(high) AS TEXT), {_ID},
    CAST(MIN(low) AS TEXT), CAST(MAX(low) AS TEXT)
FROM ({{sql}}) priced HAVING MIN(low) IS NOT NULL
"""  # noqa: S608 - constants
ATTRIBUTES = f"""
SELECT 'attributes', own.id, {_ID}, own.name, own.slug, own.kind,
    COALESCE(text, CAST(amount AS TEXT), CAST(flag AS TEXT)), products, low, high
FROM (
    SELECT attribute_id, text, amount, flag, products,
        CAST(MIN(amount) OVER own AS TEXT) AS low, CAST(MAX(amount) OVER own AS TEXT) AS high,
        ROW_NUMBER() OVER (PARTITION BY attribute_id ORDER BY products DESC, text, amount, flag)
            AS place
    FROM ({{sql}}) counted WINDOW own AS (PARTITION BY attribute_id)
) ranked JOIN catalog_attribute own ON own.id = attribute_id WHERE place <= {MAX_FACET_VALUES}
"""  # noqa: S608 - constants
# The content of an option set is JSON.
OPTIONS = f"""
SELECT 'options', {_ID}, {_ID}, CAST(own.options AS TEXT), {_TEXT}, {_TEXT},
    CAST(own.variants AS TEXT), counted.products, {_TEXT}, {_TEXT}
FROM ({{sql}}) counted JOIN catalog_optionset own ON own.id = counted.option_set_id
"""  # noqa: S608 - constants
FOUND = "found_ (id) AS MATERIALIZED ({sql})"
NOTHING_FOUND = "SELECT 0 WHERE 1 = 0"
MATCHED = "matched_ (id, category_id, brand, low, high) AS MATERIALIZED ({sql})"
NOTHING_MATCHED = "SELECT 0, 0, '', 0, 0 WHERE 1 = 0"
COUNTED = """
SELECT {column} AS value, COUNT(*) AS products FROM matched_ GROUP BY {column}
"""
PRICED = "SELECT low, high FROM matched_"


def categories(*, for_staff: bool) -> str:
    """Return the part of categories. Customers see those that are published with all ancestors."""
    return _CATEGORIES.replace("{visible}", "" if for_staff else _PUBLISHED)
