"""What migrations give to the group of catalog managers."""

from importlib import import_module
from typing import Any, NamedTuple

GROUP = "catalog manager"


class Grant(NamedTuple):
    """Permissions for catalog managers, unless another permission was taken from them.

    ``granted`` are verbs by app and model, such as ``{"catalog": {"synonym": "view add"}}``, and
    ``with_codename`` is the other permission.
    """

    granted: dict[str, dict[str, str]]
    with_codename: str

    def add(self, apps: Any, schema_editor: Any) -> None:
        """Add the permissions."""
        managers = _groups(apps, schema_editor).filter(permissions__codename=self.with_codename)
        for group in managers.distinct():
            group.permissions.add(*self._permissions(apps, schema_editor))

    def remove(self, apps: Any, schema_editor: Any) -> None:
        """Remove the permissions."""
        for group in _groups(apps, schema_editor):
            group.permissions.remove(*self._permissions(apps, schema_editor))

    def _permissions(self, apps: Any, schema_editor: Any) -> Any:
        first = import_module("shop.migrations.0001_staff_groups")
        return list(first.permissions(apps, schema_editor.connection.alias, self.granted))


def _groups(apps: Any, schema_editor: Any) -> Any:
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    return groups.filter(name=GROUP)
