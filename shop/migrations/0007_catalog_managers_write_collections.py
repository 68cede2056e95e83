"""Let catalog managers write collections, unless categories were taken from them."""

from django.db import migrations

from shop.migrations._catalog_managers import Grant

GRANT = Grant({"catalog": {"collection": "view add change delete"}}, "change_category")


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0025_collections"),
        ("shop", "0006_permissions_of_disputes"),
    ]

    operations = [migrations.RunPython(GRANT.add, GRANT.remove)]
