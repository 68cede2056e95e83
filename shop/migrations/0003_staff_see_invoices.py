"""Let three groups of staff see invoices too, unless their owner took payments from them."""

from typing import Any

from django.db import migrations

GROUPS = ("order clerk", "support", "accountant")


def add_permission(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(alias).filter(name__in=GROUPS)
    for group in groups.filter(permissions__codename="view_payment"):
        group.permissions.add(_permission(apps, alias))


def remove_permission(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    for group in apps.get_model("auth", "Group").objects.using(alias).filter(name__in=GROUPS):
        group.permissions.remove(_permission(apps, alias))


def _permission(apps: Any, alias: str) -> Any:
    types = apps.get_model("contenttypes", "ContentType").objects.using(alias)
    return (
        apps.get_model("auth", "Permission")
        .objects.using(alias)
        .get_or_create(
            content_type=types.get_or_create(app_label="payments", model="invoice")[0],
            codename="view_invoice",
            defaults={"name": "Can view invoice"},
        )[0]
    )


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("payments", "0009_invoices"),
        ("shop", "0002_permissions_of_drafts_and_withdrawals"),
    ]

    operations = [migrations.RunPython(add_permission, remove_permission)]
