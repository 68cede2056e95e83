"""Filters of the list of products that only staff have: tax class, and what is shipped."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from catalog.products.models import Product, ProductQuerySet
from catalog.tax_classes.models import STANDARD
from catalog.tax_classes.services import normalize_code

_BOOLEANS = {"true": True, "false": False}


def read_boolean(text: str) -> bool:
    """Read a boolean. Raises ValueError with a sentence."""
    if text not in _BOOLEANS:
        raise ValueError(_("The value must be true or false."))
    return _BOOLEANS[text]


def _read_tax_class(text: str) -> str | None:
    """Read the code of a tax class, None for that of the standard rate."""
    if not text:
        raise ValueError(_("The value must not be empty."))
    code = normalize_code(text)
    return None if code == STANDARD else code


STAFF_FILTERS: dict[str, Callable[[str], Any]] = {
    "requires_shipping": read_boolean,
    "tax_class": _read_tax_class,
}


def apply_staff_filters(products: ProductQuerySet, values: Mapping[str, Any]) -> ProductQuerySet:
    """Return the products that match, or that have a variant that matches."""
    columns = {"requires_shipping": "requires_shipping", "tax_class": "tax_class_id"}
    wanted = Q(*((columns[name], values[name]) for name in STAFF_FILTERS if name in values))
    if not wanted:
        return products
    variants = Product.objects.not_archived().filter(wanted, parent_id=OuterRef("pk"))
    return products.filter(Q(wanted, has_variants=False) | Q(Exists(variants), has_variants=True))
