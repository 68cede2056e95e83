from django.db import migrations

# SQLite alone: PostgreSQL has the column ``vector``. The words are folded already.
TABLE = """
CREATE VIRTUAL TABLE catalog_productsearch_text USING fts5 (
    a, b, c, d, tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co M*'"
)
"""
DELETE = """
CREATE TRIGGER productsearch_deletes_text AFTER DELETE ON catalog_productsearch
BEGIN DELETE FROM catalog_productsearch_text WHERE rowid = OLD.id; END
"""
# PostgreSQL alone, where a release that does not know the index may write at the same time. This
# release writes the words afterwards in the same transaction.
FUNCTION = """
CREATE FUNCTION shop_outdate_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalog_productsearch SET is_outdated = true
    WHERE product_id = NEW.id AND NOT is_outdated;
    RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER product_outdates_search
AFTER UPDATE OF name, keywords, description, description_text, category_id ON catalog_product
FOR EACH ROW WHEN (
    NEW.parent_id IS NULL AND (NEW.name, NEW.keywords, NEW.description, NEW.category_id)
    IS DISTINCT FROM (OLD.name, OLD.keywords, OLD.description, OLD.category_id)
) EXECUTE FUNCTION shop_outdate_search()
"""
_FORWARDS = {"sqlite": (TABLE, DELETE), "postgresql": (FUNCTION, TRIGGER)}
_BACKWARDS = {
    "sqlite": (
        "DROP TRIGGER productsearch_deletes_text",
        "DROP TABLE catalog_productsearch_text",
    ),
    "postgresql": (
        "DROP TRIGGER product_outdates_search ON catalog_product",
        "DROP FUNCTION shop_outdate_search",
    ),
}


def create(apps, schema_editor) -> None:  # noqa: ANN001
    _run(schema_editor, _FORWARDS)


def drop(apps, schema_editor) -> None:  # noqa: ANN001
    _run(schema_editor, _BACKWARDS)


def _run(schema_editor, statements) -> None:  # noqa: ANN001
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0034_product_search_texts")]

    operations = [migrations.RunPython(create, drop)]
