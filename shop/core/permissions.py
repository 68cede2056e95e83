"""Which staff may do what: ``is_staff`` alone allows nothing, each operation asks for a permission.

The functions send no SQL for buyers. For staff, Django reads the permissions once for each request.
"""

from django.contrib.auth.models import AbstractUser, AnonymousUser


def has_staff_permission(user: AbstractUser | AnonymousUser, permission: str) -> bool:
    """Return whether the user is active, a member of staff, and has a permission.

    ``permission`` is a name such as "orders.change_order".
    """
    return user.is_staff and user.has_perm(permission)


def sees_all(
    user: AbstractUser | AnonymousUser, model: str, verbs: tuple[str, ...] = ("view", "change")
) -> bool:
    """Return whether the user sees every row of a model, as in the admin.

    ``model`` is a name such as "orders.order". ``verbs`` are the permissions of which one is
    enough. The ``visible_to`` of each queryset uses it.
    """
    app, _, name = model.partition(".")
    return user.is_staff and any(user.has_perm(f"{app}.{verb}_{name}") for verb in verbs)
