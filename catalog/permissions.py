"""Who may see which rows of the catalog. The ``visible_to`` of each queryset uses it."""

from django.contrib.auth.models import AbstractUser, AnonymousUser

from shop.core import permissions


def sees_all(user: AbstractUser | AnonymousUser, model: str) -> bool:
    """Return whether the user sees every row of a model, and the fields that are only for staff.

    This is so for staff with the permission to view, change or add rows of the model.
    """
    return permissions.sees_all(user, f"catalog.{model}", ("view", "change", "add"))
