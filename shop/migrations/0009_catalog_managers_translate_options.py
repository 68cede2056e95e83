"""Let catalog managers translate options, unless products were taken from them."""

from importlib import import_module
from typing import Any

from django.db import migrations

GROUP = "catalog manager"
_GRANTED = {"catalog": {"optiontranslation": "view add change delete"}}


def _groups(apps: Any, schema_editor: Any) -> Any:
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    return groups.filter(name=GROUP)


def _permissions(apps: Any, schema_editor: Any) -> Any:
    first = import_module("shop.migrations.0001_staff_groups")
    return list(first.permissions(apps, schema_editor.connection.alias, _GRANTED))


def add_permissions(apps: Any, schema_editor: Any) -> None:
    managers = _groups(apps, schema_editor).filter(permissions__codename="change_product")
    for group in managers.distinct():
        group.permissions.add(*_permissions(apps, schema_editor))


def remove_permissions(apps: Any, schema_editor: Any) -> None:
    for group in _groups(apps, schema_editor):
        group.permissions.remove(*_permissions(apps, schema_editor))


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0038_translations_of_attributes_and_options"),
        ("shop", "0008_catalog_managers_maintain_synonyms"),
    ]

    operations = [migrations.RunPython(add_permissions, remove_permissions)]
