from django.db import migrations

# Products of the time before have no slug and no history of prices yet. Of the columns that
# writers lock, none is touched; there is nothing to undo.
SLUGS = "UPDATE catalog_product SET slug = 'product-' || id WHERE slug = '' AND parent_id IS NULL"
PRICES = """
INSERT INTO catalog_pricechange (product_id, price, created_at)
SELECT id, price, created_at FROM catalog_product
"""
CHANGED = "UPDATE catalog_product SET changed_in = 1 WHERE changed_in IS NULL"


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_unique_skus_and_slugs")]

    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (SLUGS, PRICES, CHANGED)
    ]
