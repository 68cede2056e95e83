from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

# PostgreSQL alone: SQLite scans. A generated column is the database's to keep, whoever writes;
# so are the words that misspelt ones are compared with. Variants are found by their product.
_TEXT = "translate(left({}, 10000), '!\"#$%&''()*+,-./:;<=>?@[\\]^_`{{|}}~', repeat(' ', 32))"
_VECTOR = " || ".join(
    f"setweight(to_tsvector('english', {_TEXT.format(column)}), '{weight}')"
    for column, weight in (("name", "A"), ("keywords", "B"), ("description", "C"))
)
COLUMN = f"""
ALTER TABLE catalog_product ADD COLUMN search tsvector
    GENERATED ALWAYS AS (CASE WHEN parent_id IS NULL THEN {_VECTOR} END) STORED
"""
INDEX = """
CREATE INDEX product_search ON catalog_product USING gin (search)
    WHERE archived_at IS NULL AND parent_id IS NULL
"""
WORDS = """
CREATE TABLE catalog_searchword (word text PRIMARY KEY);
CREATE INDEX searchword_similar ON catalog_searchword USING gin (word gin_trgm_ops)
"""
SIMILAR = """
CREATE FUNCTION shop_similar_words(wanted text) RETURNS text[] LANGUAGE sql STABLE
SET pg_trgm.similarity_threshold = 0.2 AS $$
    SELECT ARRAY(
        SELECT word FROM catalog_searchword
        WHERE word % wanted AND length(word) BETWEEN length(wanted) - 2 AND length(wanted) + 2
        ORDER BY similarity(word, wanted) DESC, word LIMIT 50
    )
$$
"""
LEARN = f"""
CREATE FUNCTION shop_learn_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalog_searchword
    SELECT DISTINCT found.word
    FROM regexp_split_to_table(lower({_TEXT.format("NEW.name || ' ' || NEW.keywords")}), '\\s+')
        AS found (word)
    WHERE length(found.word) BETWEEN 4 AND 40 AND found.word !~ '[0-9]'
        AND NOT EXISTS (SELECT 1 FROM catalog_searchword known WHERE known.word = found.word)
    ORDER BY found.word
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""  # noqa: S608 - text of our own
TRIGGER = """
CREATE TRIGGER product_learns_words AFTER INSERT OR UPDATE OF name, keywords ON catalog_product
FOR EACH ROW WHEN (NEW.parent_id IS NULL) EXECUTE FUNCTION shop_learn_words()
"""
LEARN_ALL = "UPDATE catalog_product SET name = name WHERE parent_id IS NULL"
FORWARDS = (COLUMN, INDEX, WORDS, SIMILAR, LEARN, TRIGGER, LEARN_ALL)
BACKWARDS = (
    "DROP TRIGGER product_learns_words ON catalog_product",
    "DROP FUNCTION shop_learn_words",
    "DROP FUNCTION shop_similar_words",
    "DROP TABLE catalog_searchword",
    "ALTER TABLE catalog_product DROP COLUMN search",
)


def find_words(apps, schema_editor) -> None:  # noqa: ANN001
    _run(schema_editor, FORWARDS)


def forget_words(apps, schema_editor) -> None:  # noqa: ANN001
    _run(schema_editor, BACKWARDS)


def _run(schema_editor, statements) -> None:  # noqa: ANN001
    if schema_editor.connection.vendor == "postgresql":
        for statement in statements:
            schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_describe_what_is_there")]

    operations = [
        TrigramExtension(),
        migrations.RunPython(find_words, forget_words),
    ]
