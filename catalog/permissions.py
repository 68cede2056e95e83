"""Who may see which rows of the catalog; the ``visible_to`` of each queryset asks here."""

from django.contrib.auth.models import AbstractUser, AnonymousUser


def sees_all(user: AbstractUser | AnonymousUser, model: str) -> bool:
    """Whether the user sees every row of a model, and the fields that only staff see.

    These are staff who may view, change or add rows of it: who writes a row may also read it.
    """
    verbs = ("view", "change", "add")
    return user.is_staff and any(user.has_perm(f"catalog.{verb}_{model}") for verb in verbs)
