"""A group of staff that maintains the configuration of the checkout, and the texts of mails.

A group that has the name already keeps its permissions.
"""

from importlib import import_module
from typing import Any

from django.db import migrations

NAME = "checkout manager"
_ALL = "view add change delete"
GRANTED = {
    "cart": dict.fromkeys(("promotion", "shippingmethod", "taxrate", "voucher"), _ALL),
    "catalog": {"taxclass": _ALL}
    # They choose what a promotion applies to.
    | dict.fromkeys(("category", "collection", "product"), "view"),
    "shop_mail": {"mailtext": _ALL},
}


def create_group(apps: Any, schema_editor: Any) -> None:
    first = import_module("shop.migrations.0001_staff_groups")
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    group, is_new = groups.get_or_create(name=NAME)
    if is_new:
        group.permissions.set(first.permissions(apps, groups.db, GRANTED))


class Migration(migrations.Migration):
    dependencies = [
        ("cart", "0018_translations"),
        ("catalog", "0038_translations_of_attributes_and_options"),
        ("shop", "0009_catalog_managers_translate_options"),
        ("shop_mail", "0002_texts_by_staff"),
    ]

    operations = [migrations.RunPython(create_group, migrations.RunPython.noop)]
