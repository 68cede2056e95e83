"""Every write of tags and attributes: what staff say of products beside the fixed columns."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models.deletion import ProtectedError

from catalog import revision
from catalog.attributes.errors import AttributeInUse, AttributeNotFound
from catalog.attributes.models import Attribute, AttributeKind, ProductAttribute, ProductTag
from catalog.errors import SlugTaken
from catalog.limits import ATTRIBUTE_TEXT_LENGTH, MAX_ATTRIBUTE_NUMBER
from catalog.products.models import Product
from shop.core.errors import InvalidField
from shop.core.transactions import transactional

_PLACES = Decimal("0.000001")
_COLUMN = {AttributeKind.NUMBER: "number", AttributeKind.BOOLEAN: "boolean"}


AttributeValue = tuple[Attribute, str, Any]
"""An attribute, the column that holds its value, and the value; None removes it."""


class AttributeChanges(TypedDict, total=False):
    """What staff may change of an attribute; its kind stays, as products have values of it."""

    name: str
    slug: str
    choices: Sequence[str]


@transactional
def create_attribute(
    *, name: str, slug: str, kind: AttributeKind, choices: Sequence[str] = ()
) -> Attribute:
    """Define an attribute. Raises SlugTaken, InvalidField where choices and kind disagree."""
    attribute = Attribute(name=name, slug=slug, kind=kind, choices=list(choices))
    _save(attribute)
    return attribute


@transactional
def update_attribute(*, attribute_id: int, **changes: Unpack[AttributeChanges]) -> Attribute:
    """Change an attribute; a choice that products have cannot go.

    Raises AttributeNotFound, AttributeInUse, SlugTaken, InvalidField.
    """
    attribute = _lock(attribute_id)
    gone = set(attribute.choices) - set(changes.get("choices", attribute.choices))
    users = ProductAttribute.objects.filter(attribute=attribute, text__in=gone)
    if gone and (products := users.count()):
        raise AttributeInUse(products=products)
    for name, value in changes.items():
        setattr(attribute, name, list(value) if name == "choices" else value)  # type: ignore[call-overload]
    _save(attribute)
    return attribute


@transactional
def delete_attribute(*, attribute_id: int) -> None:
    """Delete an attribute that no product has. Raises AttributeNotFound, AttributeInUse."""
    attribute = _lock(attribute_id)
    try:
        attribute.delete()
    except ProtectedError as error:
        raise AttributeInUse(products=len(error.protected_objects)) from None
    revision.bump()


def write_tags(
    *, added: Sequence[tuple[Product, str]], removed: Sequence[tuple[Product, Sequence[str]]]
) -> None:
    """Add tags to products, and remove some. The caller holds the products' locks."""
    for product, tags in removed:
        ProductTag.objects.filter(product=product, tag__in=tags).delete()
    ProductTag.objects.bulk_create(ProductTag(product=product, tag=tag) for product, tag in added)


def write_attributes(values: Sequence[tuple[Product, bool, Sequence[AttributeValue]]]) -> None:
    """Write values of products, each with whether it is new: then it has none to replace.

    The caller holds the products' locks.
    """
    for product, is_new, given in values:
        if not is_new:
            attributes = [attribute for attribute, _, _ in given]
            ProductAttribute.objects.filter(product=product, attribute__in=attributes).delete()
    ProductAttribute.objects.bulk_create(
        ProductAttribute(product=product, attribute=attribute, **{column: value})
        for product, _, given in values
        for attribute, column, value in given
        if value is not None
    )


def read_values(values: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """Read values by the slugs of their attributes. One statement.

    Raises InvalidField, which names what is allowed.
    """
    known = {attribute.slug: attribute for attribute in Attribute.objects.all()}
    found: dict[str, AttributeValue] = {}
    for slug, value in values.items():
        if slug not in known:
            allowed = ", ".join(sorted(known)) or "none yet"
            raise _invalid(slug, f"No such attribute; there are: {allowed}.")
        column, read = ("text", None) if value is None else read_value(known[slug], value)
        found[slug] = (known[slug], column, read)
    return found


def read_value(attribute: Attribute, value: Any) -> tuple[str, Any]:
    """Return the column that holds a value of the attribute, and the value. Raises InvalidField."""
    column = _COLUMN.get(AttributeKind(attribute.kind), "text")
    if column == "boolean":
        fits, reason = type(value) is bool, "true or false"
    elif column == "number":
        fits = type(value) in {int, float, Decimal} and abs(value) < MAX_ATTRIBUTE_NUMBER
        reason = f"a number below {MAX_ATTRIBUTE_NUMBER:,}"
    elif attribute.kind == AttributeKind.CHOICE:
        fits, reason = value in attribute.choices, f"one of: {', '.join(attribute.choices)}"
    else:
        fits = isinstance(value, str) and 0 < len(value) <= ATTRIBUTE_TEXT_LENGTH
        reason = f"text of at most {ATTRIBUTE_TEXT_LENGTH} characters"
    if not fits:
        raise _invalid(attribute.slug, f"It is {reason}.")
    return column, Decimal(str(value)).quantize(_PLACES) if column == "number" else value


def _invalid(slug: str, reason: str) -> InvalidField:
    return InvalidField(field=f"attributes.{slug}", reason=reason)


def _lock(attribute_id: int) -> Attribute:
    try:
        return Attribute.objects.select_for_update(no_key=True).get(pk=attribute_id)
    except Attribute.DoesNotExist:
        raise AttributeNotFound from None


def _save(attribute: Attribute) -> None:
    if (attribute.kind == AttributeKind.CHOICE) != bool(attribute.choices):
        reason = "A choice has choices, and nothing else has."
        raise InvalidField(field="choices", reason=reason)
    try:
        with transaction.atomic():
            attribute.save()
    except IntegrityError:
        raise SlugTaken(slug=attribute.slug) from None
    revision.bump(everything=True)
