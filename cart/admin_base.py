"""The base of the admin's classes for configuration: shipping, taxes, promotions and vouchers."""

from typing import Any, ClassVar

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db.models.deletion import ProtectedError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cart.places import MAX_PLACES, REGION_LENGTH
from catalog.attributes.forms import SeparatedListField
from shop.core.admin import ShopModelAdmin
from shop.core.errors import Conflict


class InUse(Conflict):
    """409: other rows refer to the row."""

    message = _("It is in use, and cannot be deleted. Deactivate it instead.")


class ConfigurationAdmin(ShopModelAdmin):
    """Saves rows with their models, whose rules and constraints are errors of the form."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete a row. Raises InUse."""
        try:
            obj.delete()
        except ProtectedError:
            raise InUse from None


class PartAdmin(ConfigurationAdmin):
    """Rows that belong to another model: its permissions apply, and its page lists them."""

    permission_model: ClassVar[str] = ""
    """The model whose permissions apply, such as ``cart.shippingmethod``."""
    is_in_index: ClassVar[bool] = False

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Return none if the index does not show the model."""
        return super().get_model_perms(request) if self.is_in_index else {}

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the app to those who may view the other model."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the permission to view or change the other model."""
        return self._has(request, "view") or self._has(request, "change")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the permission to change the other model."""
        return self._has(request, "change")

    has_add_permission = has_change_permission

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Also allow those who may delete the other row, with which these are deleted."""
        return self._has(request, "change") or self._has(request, "delete")

    def _has(self, request: HttpRequest, verb: str) -> bool:
        app, _dot, model = self.permission_model.partition(".")
        return request.user.has_perm(f"{app}.{verb}_{model}")


def places_field(label: str, help_text: str, *, required: bool = False) -> forms.Field:
    """Return a field for codes that are separated by commas."""
    field = SeparatedListField(
        separator=",",
        max_item_length=REGION_LENGTH,
        max_items=MAX_PLACES,
        label=label,
        help_text=help_text,
    )
    field.required = required
    field.widget = AdminTextInputWidget()
    return field
