from django.db import migrations, models

from shop.core.operations import RunOnPostgreSQL

# PostgreSQL alone: SQLite scans. ``search`` was a generated column (0008). Its expression cannot be
# changed without a rewrite of the table, so it becomes a column that a trigger fills. Existing
# values and the index stay.
_TEXT = "translate(left({}, 10000), '!\"#$%&''()*+,-./:;<=>?@[\\]^_`{{|}}~', repeat(' ', 32))"


def _vector(prefix: str, description: str) -> str:
    columns = ((f"{prefix}name", "A"), (f"{prefix}keywords", "B"), (description, "C"))
    return " || ".join(
        f"setweight(to_tsvector('english', {_TEXT.format(column)}), '{weight}')"
        for column, weight in columns
    )


FUNCTION = f"""
CREATE FUNCTION shop_set_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search := {_vector("NEW.", "coalesce(NEW.description_text, NEW.description)")};
    RETURN NEW;
END $$
"""
TRIGGER = """
CREATE TRIGGER product_sets_search
BEFORE INSERT OR UPDATE OF name, keywords, description, description_text ON catalog_product
FOR EACH ROW WHEN (NEW.parent_id IS NULL) EXECUTE FUNCTION shop_set_search()
"""
FORWARDS = (
    "ALTER TABLE catalog_product ALTER COLUMN search DROP EXPRESSION",
    FUNCTION,
    TRIGGER,
)
BACKWARDS = (
    "DROP TRIGGER product_sets_search ON catalog_product",
    "DROP FUNCTION shop_set_search",
    "ALTER TABLE catalog_product DROP COLUMN search",
    f"""
    ALTER TABLE catalog_product ADD COLUMN search tsvector GENERATED ALWAYS AS
        (CASE WHEN parent_id IS NULL THEN {_vector("", "description")} END) STORED
    """,
    """
    CREATE INDEX product_search ON catalog_product USING gin (search)
        WHERE archived_at IS NULL AND parent_id IS NULL
    """,
)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0014_validate_track_stock"),
    ]

    operations = [
        migrations.AddField(
            model_name="product",
            name="description_text",
            field=models.TextField(
                editable=False,
                help_text="The text of a description with markup, for searches; NULL if it has none.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="product",
            name="description",
            field=models.TextField(
                blank=True,
                default="",
                help_text="Text or HTML. Scripts, styles and unknown elements are removed.",
            ),
        ),
        RunOnPostgreSQL(FORWARDS, BACKWARDS),
    ]
