"""The base of the catalog's admin classes, which write with the services."""

from typing import Any

from django import forms
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shop.core.admin import ShopModelAdmin


class ServiceAdmin(ShopModelAdmin):
    """An admin that calls a service to create, update or delete a row."""

    def create(self, request: HttpRequest, values: dict[str, Any]) -> Model:
        """Create a row from the values of the form and return it."""
        raise NotImplementedError

    def update(self, obj: Any, changes: dict[str, Any]) -> None:
        """Update a row with the values that changed in the form."""
        raise NotImplementedError

    def delete(self, obj: Any) -> None:
        """Delete a row."""
        raise NotImplementedError

    def product_form(
        self, request: HttpRequest, product: Any, form: forms.Form, title: str
    ) -> HttpResponse:
        """Return a page with a form about a product."""
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "product": product,
            "form": form,
        }
        return render(request, "admin/catalog/product/form.html", context)

    def values_of(self, form: Any, *, change: bool) -> dict[str, Any]:
        """Return the arguments of the service: all values of a new row, or the changed ones."""
        names = form.changed_data if change else form.fields
        return {name: form.cleaned_data[name] for name in names}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Call the service to create or to update the row."""
        values = self.values_of(form, change=change)
        if change:
            self.update(obj, values)
        else:  # Django logs the addition of obj
            obj.pk, obj._state.adding = self.create(request, values).pk, False  # noqa: SLF001

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Call the service."""
        self.delete(obj)


def staff_of(request: HttpRequest) -> AbstractUser:
    """Return the member of staff who sent the request. Raises PermissionDenied."""
    if not isinstance(request.user, AbstractUser):
        raise PermissionDenied
    return request.user
