"""The groups of staff that most shops need. Their owner may change, rename or delete them.

It is a migration of the project, since the permissions belong to several apps. On a new database
Django creates permissions only after all migrations, so this creates the rows that it needs, as
Django would. A group that exists already keeps its permissions.
"""

from collections.abc import Iterator
from typing import Any

from django.db import migrations

GROUPS = {
    "catalog manager": {
        "catalog": {
            "product": "view add change delete",
            "category": "view add change delete",
            "attribute": "view add change delete",
            "productimage": "view add change delete",
            "sale": "view add change delete",
            "stockmovement": "view",
        },
    },
    "order clerk": {
        "accounts": {"user": "view"},
        "catalog": {"product": "view", "stockmovement": "view"},
        "orders": {"order": "view change"},
        "payments": {"payment": "view"},
    },
    "support": {
        "accounts": {"user": "view"},
        "cart": {"cart": "view"},
        "catalog": {"product": "view"},
        "orders": {"order": "view change"},
        "payments": {"payment": "view"},
    },
    "accountant": {
        "accounts": {"user": "view"},
        "orders": {"order": "view"},
        "payments": {"payment": "view change", "refund": "add"},
    },
}


def create_groups(apps: Any, schema_editor: Any) -> None:
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    for name, granted in GROUPS.items():
        group, is_new = groups.get_or_create(name=name)
        if is_new:
            group.permissions.set(permissions(apps, groups.db, granted))


def permissions(apps: Any, alias: str, granted: dict[str, dict[str, str]]) -> Iterator[Any]:
    for app, models in granted.items():
        for model, verbs in models.items():
            for verb in verbs.split():
                yield permission(apps, alias, app, model, verb)


def permission(apps: Any, alias: str, app: str, model: str, verb: str) -> Any:
    types = apps.get_model("contenttypes", "ContentType").objects.using(alias)
    rows = apps.get_model("auth", "Permission").objects.using(alias)
    verbose_name = apps.get_model(app, model)._meta.verbose_name_raw  # noqa: SLF001
    return rows.get_or_create(
        content_type=types.get_or_create(app_label=app, model=model)[0],
        codename=f"{verb}_{model}",
        defaults={"name": f"Can {verb} {verbose_name}"},
    )[0]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_constraint_messages"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("cart", "0004_constraint_messages"),
        ("catalog", "0012_help_texts_and_error_messages"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("orders", "0005_constraint_messages"),
        ("payments", "0006_describe_constraints_and_fields"),
    ]

    operations = [migrations.RunPython(create_groups, migrations.RunPython.noop)]
