"""The writes of attributes, of their values, and of tags."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models.deletion import ProtectedError
from django.utils.translation import gettext as _

from catalog import revision
from catalog.attributes.errors import AttributeInUse, AttributeNotFound
from catalog.attributes.models import Attribute, AttributeKind, ProductAttribute, ProductTag
from catalog.errors import SlugTaken
from catalog.history.models import FIELD_LENGTH
from catalog.history.services import Change, record_changes
from catalog.limits import ATTRIBUTE_TEXT_LENGTH, MAX_ATTRIBUTE_NUMBER
from catalog.products.models import Product
from shop.core.errors import InvalidField
from shop.core.lines import REASON, code_of, invisible_in
from shop.core.slugs import normalize_slug
from shop.core.transactions import transactional
from shop.core.translations import Translations, replaced
from shop.engine import Insert, insert_many

_PLACES = Decimal("0.000001")
_TAGS = Insert(ProductTag, "product_id", "tag")
_COLUMN = {AttributeKind.NUMBER: "number", AttributeKind.BOOLEAN: "boolean"}


AttributeValue = tuple[Attribute, str, Any]
"""An attribute, the column that holds its value, and the value; None removes it."""


class AttributeChanges(TypedDict, total=False):
    """The fields of an attribute that staff may change. Values depend on its kind."""

    name: str
    slug: str
    choices: Sequence[str]
    translations: Translations


@transactional
def create_attribute(
    *,
    name: str,
    slug: str,
    kind: AttributeKind,
    choices: Sequence[str] = (),
    translations: Translations | None = None,
) -> Attribute:
    """Create an attribute. Raises SlugTaken, and InvalidField if choices do not fit the kind."""
    attribute = Attribute(name=name, slug=slug, kind=kind, choices=list(choices))
    attribute.translations = check_translations(attribute, translations or {})
    _save(attribute)
    return attribute


@transactional
def update_attribute(*, attribute_id: int, **changes: Unpack[AttributeChanges]) -> Attribute:
    """Change an attribute. A choice that products have cannot be removed.

    The translations of a removed choice are removed, too.

    Raises AttributeNotFound, AttributeInUse, SlugTaken, InvalidField.
    """
    attribute = _lock(attribute_id)
    removed = set(attribute.choices) - set(changes.get("choices", attribute.choices))
    in_use = ProductAttribute.objects.filter(attribute=attribute, text__in=removed)
    if removed and (products := in_use.count()):
        raise AttributeInUse(products=products)
    if "translations" in changes:
        changes["translations"] = replaced(attribute.translations, changes["translations"])
    for name, value in changes.items():
        setattr(attribute, name, list(value) if name == "choices" else value)  # type: ignore[call-overload]
    if "translations" in changes:
        check_translations(attribute, attribute.translations)
    attribute.translations = _without_choices(attribute.translations, removed)
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


def check_translations(attribute: Attribute, translations: Translations) -> Translations:
    """Return translations that fit the attribute.

    Raises InvalidField for choices that it does not have. Any text of a text attribute may be
    translated.
    """
    for texts in translations.values():
        for choice in texts.get("choices", ()):
            if attribute.kind not in (AttributeKind.TEXT, AttributeKind.CHOICE):
                reason = _("Only texts and choices can be translated.")
                raise InvalidField(field="translations", reason=reason)
            if attribute.kind == AttributeKind.CHOICE and choice not in attribute.choices:
                reason = _("The attribute has no choice “{choice}”.").format(choice=choice)
                raise InvalidField(field="translations", reason=reason)
    return translations


def _without_choices(translations: Translations, removed: Iterable[str]) -> dict[str, Any]:
    """Return translations without those of choices that were removed."""
    gone = set(removed)
    return {
        language: {
            name: {choice: text for choice, text in value.items() if choice not in gone}
            if name == "choices"
            else value
            for name, value in texts.items()
        }
        for language, texts in translations.items()
    }


def write_tags(
    *, added: Sequence[tuple[Product, str]], removed: Sequence[tuple[Product, Sequence[str]]]
) -> None:
    """Add tags to products and remove others. The caller has locked the products."""
    for product, tags in removed:
        ProductTag.objects.filter(product=product, tag__in=tags).delete()
    _TAGS.send_with_next((product.pk, tag) for product, tag in added)


def write_attributes(values: Sequence[tuple[Product, bool, Sequence[AttributeValue]]]) -> None:
    """Replace attribute values of products, and record what was changed of products that exist.

    ``values`` has products with whether they are new, and with their values. The caller has locked
    the products.
    """
    existing = {product.pk: changed for product, is_new, changed in values if not is_new}
    record_changes(_changes_of(existing))
    for product, is_new, changed in values:
        if not is_new:
            attributes = [attribute for attribute, _, _ in changed]
            ProductAttribute.objects.filter(product=product, attribute__in=attributes).delete()
    insert_many(
        [
            ProductAttribute(product=product, attribute=attribute, **{column: value})
            for product, _, changed in values
            for attribute, column, value in changed
            if value is not None
        ]
    )


def _changes_of(values: Mapping[int, Sequence[AttributeValue]]) -> Iterator[Change]:
    """Yield the values of products, by id, that differ from the stored ones. One statement."""
    products = [pk for pk, changed in values.items() if changed]
    rows = ProductAttribute.objects.filter(product__in=products) if products else ()
    stored = {(row.product_id, row.attribute_id): row for row in rows}
    for product_id, changed in values.items():
        for attribute, _column, new in changed:
            row = stored.get((product_id, attribute.pk))
            old = None if row is None else _value_of(row)
            if old != new:
                field = f"attribute {attribute.slug}"[:FIELD_LENGTH]
                yield Change(product_id, field, *map(_without_zeros, (old, new)))


def _value_of(row: ProductAttribute) -> Any:
    """Return the value of a row, whatever its kind is."""
    values = (row.text, row.number, row.boolean)
    return next(value for value in values if value is not None)


def _without_zeros(value: Any) -> Any:
    """Return a number as a text, since the log writes decimals as amounts; others as they are."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def read_values(values: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """Validate values by the slugs of their attributes. One statement.

    Raises InvalidField, which lists what is allowed.
    """
    known = {attribute.slug: attribute for attribute in Attribute.objects.all()}
    result: dict[str, AttributeValue] = {}
    for name, value in values.items():
        slug = normalize_slug(name)
        if slug not in known:
            raise _invalid(slug, unknown_attribute(known))
        column, read = ("text", None) if value is None else read_value(known[slug], value)
        result[slug] = (known[slug], column, read)
    return result


def unknown_attribute(known: Iterable[str]) -> str:
    """Return the reason of an error about an attribute that is not among the ``known`` names."""
    names = ", ".join(sorted(known))
    if not names:
        return _("This attribute does not exist. There are no attributes.")
    return _("This attribute does not exist. Existing attributes: {names}.").format(names=names)


def read_value(attribute: Attribute, value: Any) -> tuple[str, Any]:
    """Return the column for a value of the attribute, and the value. Raises InvalidField."""
    column = _COLUMN.get(AttributeKind(attribute.kind), "text")
    if column == "boolean":
        fits, reason = type(value) is bool, _("The value must be true or false.")
    elif column == "number":
        fits = type(value) in {int, float, Decimal} and abs(value) < MAX_ATTRIBUTE_NUMBER
        reason = _("The value must be a number below {limit}.").format(
            limit=f"{MAX_ATTRIBUTE_NUMBER:,}"
        )
    elif attribute.kind == AttributeKind.CHOICE:
        fits = value in attribute.choices
        reason = _("The value must be one of: {choices}.").format(
            choices=", ".join(attribute.choices)
        )
    else:
        fits = isinstance(value, str) and 0 < len(value) <= ATTRIBUTE_TEXT_LENGTH
        reason = _("The value must be text of at most {limit} characters.").format(
            limit=ATTRIBUTE_TEXT_LENGTH
        )
        if fits and (found := invisible_in(value)) is not None:
            fits, reason = False, REASON.format(code=code_of(found))
    if not fits:
        raise _invalid(attribute.slug, reason)
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
        reason = _("Only attributes of the kind choice have choices, and they need at least one.")
        raise InvalidField(field="choices", reason=reason)
    try:
        with transaction.atomic():
            attribute.save()
    except IntegrityError:
        raise SlugTaken(slug=attribute.slug) from None
    revision.bump(everything=True)
