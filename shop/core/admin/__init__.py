"""Base classes of the admin: forms, lists, actions, and models that only actions change."""

from shop.core.admin.actions import Work, reason_of
from shop.core.admin.base import ShopModelAdmin
from shop.core.admin.form_steps import Effect, FormStep
from shop.core.admin.read_only import ReadOnlyAdmin, ReadOnlyInline, is_number
from shop.core.admin.waiting import Waiting

__all__ = [
    "Effect",
    "FormStep",
    "ReadOnlyAdmin",
    "ReadOnlyInline",
    "ShopModelAdmin",
    "Waiting",
    "Work",
    "is_number",
    "reason_of",
]
