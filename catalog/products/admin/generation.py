"""The rows of new variants in a form that was sent: one for each missing combination of values."""

import json
import re
from collections.abc import Sequence
from math import prod
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from catalog.limits import MAX_VARIANTS
from catalog.options.services import fold_option
from catalog.products.admin.options import (
    Option,
    base_sku,
    combinations,
    key_of,
    parse_options,
    propose_skus,
)
from catalog.products.models import Product

MAX_ADDED = 100
"""Variants that one form adds. More would exceed DATA_UPLOAD_MAX_NUMBER_FIELDS."""
_VALUES = re.compile("new_(0|[1-9][0-9]{0,3})_values")
_CELLS = ("sku", "price", "stock", "add")

Missing = dict[tuple[str, ...], tuple[str, ...]]
"""Option values, by the form in which they are compared."""


def numbers_of(sent: QueryDict) -> list[int]:
    """Return the numbers of the rows of new variants, at most MAX_ADDED."""
    found = (match[1] for match in map(_VALUES.fullmatch, sent) if match)
    return sorted(map(int, found))[:MAX_ADDED]


def values_of(sent: QueryDict, number: int) -> list[str]:
    """Return the option values of a row, empty if the form was damaged."""
    return read_values(sent.get(f"new_{number}_values")) or []


def read_values(text: Any) -> list[str] | None:
    """Return the option values in a hidden field; None if they cannot be read."""
    try:
        values = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None
    is_list = isinstance(values, list) and all(isinstance(value, str) for value in values)
    return values if is_list else None


def find_missing(options: Sequence[Option], variants: Sequence[Product]) -> Missing:
    """Return the combinations that no variant has, in the spelling of values that variants have.

    Raises ValidationError if there are too many.
    """
    if prod(len(option.values) for option in options) > MAX_VARIANTS:
        raise ValidationError(_too_many(MAX_VARIANTS))
    present = {key_of(variant.options) for variant in variants}
    spelled = {fold_option(value): value for variant in variants for value in variant.options}
    missing = {
        key: tuple(spelled.get(folded, value) for folded, value in zip(key, values, strict=True))
        for values in combinations(options)
        if (key := key_of(values)) not in present
    }
    if len(missing) > MAX_ADDED:
        raise ValidationError(_too_many(MAX_ADDED))
    return missing


def has_values(options: Sequence[Option], variant: Product) -> bool:
    """Return whether the options have the values of a variant."""
    pairs = zip(options, key_of(variant.options), strict=False)
    return all(value in key_of(option.values) for option, value in pairs)


def with_missing_rows(
    sent: QueryDict, product: Product | None, variants: Sequence[Product]
) -> QueryDict:
    """Return the input with a row for each missing variant, and marks to archive removed ones.

    Rows that were sent keep their input. Options that cannot be read change nothing.
    """
    try:
        options = parse_options(sent.get("option_names", ""))
        missing = find_missing(options, variants)
    except ValidationError:  # the form says it
        return sent
    if not missing and not combinations(options):
        return sent
    if variants and len(options) != len(variants[0].options):  # the service refuses it
        return sent
    filled = sent.copy()
    known = {key_of(values_of(sent, number)): number for number in numbers_of(sent)}
    for name in [name for name in filled if name.startswith("new_")]:
        del filled[name]
    base = base_sku(product, sent.get("sku", "").strip(), sent.get("name", ""))
    fresh = [values for key, values in missing.items() if key not in known]
    skus = iter(propose_skus(base, fresh))
    price = sent.get("price", str(product.price) if product else "")
    for number, (key, values) in enumerate(missing.items()):
        if key in known:
            cells = _row(sent, known[key])
        else:
            cells = {"sku": next(skus), "price": price, "stock": "0", "add": "on"}
        for name, value in {"values": json.dumps(values), **cells}.items():
            filled[f"new_{number}_{name}"] = value
    for variant in variants:
        if not has_values(options, variant):
            filled[f"variant_{variant.pk}_archive"] = "on"
    return filled


def _row(sent: QueryDict, number: int) -> dict[str, Any]:
    """Return the input of a row that was sent."""
    keys = {name: f"new_{number}_{name}" for name in _CELLS}
    return {name: sent[key] for name, key in keys.items() if key in sent}


def _too_many(limit: int) -> str:
    return _("These are too many combinations: at most %(limit)s.") % {"limit": limit}
