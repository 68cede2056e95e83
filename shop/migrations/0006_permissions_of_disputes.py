"""Give the groups of staff the permissions for disputes.

Groups that were renamed or deleted, and those whose owner took the permission for payments from
them, are left alone.
"""

from importlib import import_module
from typing import Any

from django.db import migrations

GROUPS = {
    "order clerk": {"payments": {"dispute": "view change"}},
    "support": {"payments": {"dispute": "view"}},
    "accountant": {"payments": {"dispute": "view change"}},
}


def add_permissions(apps: Any, schema_editor: Any) -> None:
    first = import_module("shop.migrations.0001_staff_groups")
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    for name, granted in GROUPS.items():
        for group in groups.filter(name=name, permissions__codename="view_payment"):
            group.permissions.add(*first.permissions(apps, groups.db, granted))


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0018_remove_what_was_replaced"),
        ("shop", "0005_catalog_managers_see_changes"),
    ]

    operations = [migrations.RunPython(add_permissions, migrations.RunPython.noop)]
