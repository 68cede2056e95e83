"""Give the groups of staff the permissions for returns.

Groups that were renamed or deleted, and those whose owner took the permission for orders from them,
are left alone.
"""

from importlib import import_module
from typing import Any

from django.db import migrations

GROUPS = {
    "order clerk": {"orders": {"return": "view add change"}},
    "support": {"orders": {"return": "view add change"}},
    "accountant": {"orders": {"return": "view"}},
}


def add_permissions(apps: Any, schema_editor: Any) -> None:
    first = import_module("shop.migrations.0001_staff_groups")
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    for name, granted in GROUPS.items():
        verb = "view" if name == "accountant" else "change"
        for group in groups.filter(name=name, permissions__codename=f"{verb}_order"):
            group.permissions.add(*first.permissions(apps, groups.db, granted))


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0019_returns"),
        ("shop", "0003_staff_see_invoices"),
    ]

    operations = [migrations.RunPython(add_permissions, migrations.RunPython.noop)]
