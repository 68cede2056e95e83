"""Let catalog managers see the change log of products, unless products were taken from them."""

from django.db import migrations

from shop.migrations._catalog_managers import Grant

GRANT = Grant({"catalog": {"productchange": "view"}}, "change_product")


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0022_product_changes"),
        ("shop", "0004_permissions_of_returns"),
    ]

    operations = [migrations.RunPython(GRANT.add, GRANT.remove)]
