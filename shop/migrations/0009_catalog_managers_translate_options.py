"""Let catalog managers translate options, unless products were taken from them."""

from django.db import migrations

from shop.migrations._catalog_managers import Grant

GRANT = Grant({"catalog": {"optiontranslation": "view add change delete"}}, "change_product")


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0038_translations_of_attributes_and_options"),
        ("shop", "0008_catalog_managers_maintain_synonyms"),
    ]

    operations = [migrations.RunPython(GRANT.add, GRANT.remove)]
