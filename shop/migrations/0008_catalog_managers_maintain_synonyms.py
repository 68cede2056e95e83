"""Let catalog managers maintain synonyms, unless products were taken from them."""

from django.db import migrations

from shop.migrations._catalog_managers import Grant

GRANT = Grant({"catalog": {"synonym": "view add change delete"}}, "change_product")


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0036_synonyms"),
        ("shop", "0007_catalog_managers_write_collections"),
    ]

    operations = [migrations.RunPython(GRANT.add, GRANT.remove)]
