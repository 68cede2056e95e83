from django.db import migrations

# PostgreSQL cannot change the type of a column that a generated column or a trigger uses, so the
# length of a name was fixed. A trigger now sets the same value. No row is written: the column keeps
# its values. Without its generation, a name can become longer.
_TEXT = "translate(left({}, 10000), '!\"#$%&''()*+,-./:;<=>?@[\\]^_`{{|}}~', repeat(' ', 32))"


def _vector(row: str) -> str:
    columns = (("name", "A"), ("keywords", "B"), ("description", "C"))
    return " || ".join(
        f"setweight(to_tsvector('english', {_TEXT.format(row + column)}), '{weight}')"
        for column, weight in columns
    )


_LEARNS = """
CREATE TRIGGER product_learns_words AFTER INSERT OR UPDATE OF name, keywords ON catalog_product
    FOR EACH ROW WHEN (NEW.parent_id IS NULL) EXECUTE FUNCTION shop_learn_words();
"""
# One string, so that the server executes it in one transaction.
FORWARDS = f"""
CREATE FUNCTION shop_set_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search := CASE WHEN NEW.parent_id IS NULL THEN {_vector("NEW.")} END;
    RETURN NEW;
END $$;
ALTER TABLE catalog_product ALTER COLUMN search DROP EXPRESSION;
DROP TRIGGER product_learns_words ON catalog_product;
ALTER TABLE catalog_product ALTER COLUMN name TYPE varchar(255);
{_LEARNS}
CREATE TRIGGER product_sets_search
    BEFORE INSERT OR UPDATE OF name, keywords, description, parent_id ON catalog_product
    FOR EACH ROW EXECUTE FUNCTION shop_set_search()
"""
BACKWARDS = f"""
DROP TRIGGER product_sets_search ON catalog_product;
DROP FUNCTION shop_set_search;
DROP TRIGGER product_learns_words ON catalog_product;
ALTER TABLE catalog_product DROP COLUMN search;
ALTER TABLE catalog_product ALTER COLUMN name TYPE varchar(200);
{_LEARNS}
ALTER TABLE catalog_product ADD COLUMN search tsvector
    GENERATED ALWAYS AS (CASE WHEN parent_id IS NULL THEN {_vector("")} END) STORED;
CREATE INDEX product_search ON catalog_product USING gin (search)
    WHERE archived_at IS NULL AND parent_id IS NULL
"""


def set_by_trigger(apps, schema_editor) -> None:  # noqa: ANN001
    _run(schema_editor, FORWARDS)


def generate(apps, schema_editor) -> None:  # noqa: ANN001
    _run(schema_editor, BACKWARDS)


def _run(schema_editor, statements) -> None:  # noqa: ANN001
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(statements, params=None)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0014_validate_track_stock")]

    operations = [migrations.RunPython(set_by_trigger, generate)]
