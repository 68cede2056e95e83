"""The variants on the page of a product: a row for each, and rows for those to be added."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import BoundField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from catalog.admin_base import staff_of
from catalog.admin_sections import REASON_MISSING, Section, difference, reason_field
from catalog.errors import OutOfStock
from catalog.limits import MAX_VARIANTS
from catalog.products.admin.generation import (
    Missing,
    find_missing,
    has_values,
    numbers_of,
    values_of,
    with_missing_rows,
)
from catalog.products.admin.options import (
    Option,
    base_sku,
    combinations,
    key_of,
    options_of,
    parse_options,
    propose_skus,
    write_options,
)
from catalog.products.admin.variant_fields import (
    fields_of_new_variant,
    fields_of_variant,
    title_of,
)
from catalog.products.errors import SkuTaken
from catalog.products.fields import NewVariant, ProductChanges
from catalog.products.models import Product
from catalog.products.variants import VariantEdits, edit_variants
from shop.core.admin import ReadOnlyInline
from shop.core.errors import InvalidField

GENERATE = "_generate"
"""The button that adds a row for each missing combination of option values."""
MAX_EDITED = 100
"""Variants on one page. More would exceed DATA_UPLOAD_MAX_NUMBER_FIELDS."""


class VariantInline(ReadOnlyInline):
    """The variants of a product, with links to their pages."""

    model = Product
    fk_name = "parent"
    verbose_name_plural = _("variants")
    fields = ("page", "sku", "price", "stock", "backorder", "track_stock", "weight", "position")
    readonly_fields = fields
    ordering = ("position", "pk")
    max_num = MAX_VARIANTS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Exclude archived variants."""
        return super().get_queryset(request).filter(archived_at=None)

    @admin.display(description=_("Variant"))
    def page(self, variant: Product) -> str:
        """Return a link to the page of the variant."""
        url = reverse("admin:catalog_product_change", args=[variant.pk])
        return format_html('<a href="{}">{}</a>', url, title_of(variant.options))


class Row(NamedTuple):
    """A row of the table of variants. ``page`` is the address of a variant that exists."""

    title: str
    page: str
    cells: list[BoundField | None]
    hidden: BoundField | None = None


class VariantSection(Section):
    """The variants of a product, and the combinations of its options that have none yet."""

    template_name = "admin/catalog/product/variants.html"

    def __init__(self, request: HttpRequest, product: Product | None) -> None:
        """Read the variants. With the button, put the missing ones in the form that was sent."""
        super().__init__(request, product)
        self.variants = _variants_of(product)
        self.is_too_long = len(self.variants) > MAX_EDITED
        self.may_add = self.may("add_product")
        if GENERATE in request.POST and self.may_add:
            filled = with_missing_rows(request.POST, product, self.variants)
            request.POST = cast("Any", filled)
        self.rows = [] if self.is_too_long else [v for v in self.variants if self._is_shown(v)]
        self.has_reason = any(variant.track_stock for variant in self.rows)
        self.new = numbers_of(request.POST) if self.may_add else []

    def fields(self) -> dict[str, forms.Field]:
        """Return the fields of the rows."""
        fields: dict[str, forms.Field] = {}
        may_archive = self.may("delete_product")
        for variant in self.rows:
            fields |= fields_of_variant(variant, may_archive=may_archive)
        for number in self.new:
            values = values_of(self.request.POST, number)
            fields |= fields_of_new_variant(number, values)
        if self.has_reason:
            fields["stock_reason"] = reason_field()
        return fields

    def bind(self, form: Any) -> None:
        """Show the options with the values that the variants have."""
        super().bind(form)
        names = self.product.options if self.product else []
        lines = write_options(options_of(names, (v.options for v in self.variants)))
        form.initial["option_names"] = form.fields["option_names"].known = lines

    def clean(self) -> None:
        """Find what is to be done, and add errors of the rows."""
        archived = [v.pk for v in self.rows if self.value(f"variant_{v.pk}_archive")]
        kept = [variant for variant in self.rows if variant.pk not in archived]
        self.edits = VariantEdits(
            changes={v.pk: changes for v in kept if (changes := self._changes_of(v))},
            deltas={v.pk: delta for v in kept if (delta := self._delta_of(v))},
            new=self._new_variants(archived),
            archived=archived,
        )
        if self.edits.deltas and not self.value("stock_reason"):
            self.form.add_error("stock_reason", REASON_MISSING)

    def save(self, product: Product) -> None:
        """Change, add and archive the variants. Raises InvalidField, which names a row's field."""
        reason, actor = self.value("stock_reason") or "", staff_of(self.request)
        try:
            if self.edits:
                edit_variants(product_id=product.pk, edits=self.edits, reason=reason, actor=actor)
        except (SkuTaken, OutOfStock) as error:
            field = self._field_of(error)
            if field not in self.form.fields:
                raise
            raise InvalidField(field=field, reason=error.detail) from None

    def _field_of(self, error: SkuTaken | OutOfStock) -> str:
        """Return the field that an error of the service is about; empty if there is none."""
        if isinstance(error, OutOfStock):
            return f"variant_{error.facts['product_id']}_stock"
        rows = [f"variant_{v.pk}" for v in self.rows] + [f"new_{number}" for number in self.new]
        changed = [f"{row}_sku" for row in rows if f"{row}_sku" in self.form.changed_data]
        return next((name for name in changed if self.value(name) == error.facts["sku"]), "")

    def table(self) -> list[Row]:
        """Return the rows for the template."""
        return [*map(self._row, self.rows), *map(self._new_row, self.new)]

    def _row(self, variant: Product) -> Row:
        page = reverse("admin:catalog_product_change", args=[variant.pk])
        cells = [self._cell(f"variant_{variant.pk}_{name}") for name in ("sku", "price", "stock")]
        cells += [None, self._cell(f"variant_{variant.pk}_archive")]
        return Row(title_of(variant.options), page, cells)

    def _new_row(self, number: int) -> Row:
        cells = [self._cell(f"new_{number}_{name}") for name in ("sku", "price", "stock", "add")]
        title = title_of(values_of(self.request.POST, number))
        return Row(title, "", [*cells, None], self.form[f"new_{number}_values"])

    def _cell(self, name: str) -> BoundField | None:
        return self.form[name] if name in self.form.fields else None

    # -- Variants that exist -----------------------------------------------------------------------

    def _is_shown(self, variant: Product) -> bool:
        return self.is_sent(f"variant_{variant.pk}_price")

    def _changes_of(self, variant: Product) -> ProductChanges:
        changed = self.form.changed_data
        names = [name for name in ("sku", "price") if f"variant_{variant.pk}_{name}" in changed]
        values = {name: self.value(f"variant_{variant.pk}_{name}") for name in names}
        return cast("ProductChanges", values)

    def _delta_of(self, variant: Product) -> int:
        name = f"variant_{variant.pk}_stock"
        try:
            return difference(self.form, name) if name in self.form.fields else 0
        except ValidationError as error:
            self.form.add_error(name, error)
            return 0

    # -- Variants to add ---------------------------------------------------------------------------

    def _new_variants(self, archived: Sequence[int]) -> list[NewVariant]:
        """Return the variants to add, and add errors about the options to the form."""
        is_changed = "option_names" in self.form.changed_data
        if "option_names" in self.form.errors or not (is_changed or self.new):
            return []
        left = [variant for variant in self.variants if variant.pk not in archived]
        try:
            options = parse_options("\n".join(self.value("option_names")))
            missing = find_missing(options, left)
            _check_options(options, left)
        except ValidationError as error:
            self.form.add_error("option_names", error)
            return []
        rows = {key_of(self.value(f"new_{n}_values") or ()): n for n in self.new}
        new = [self._new_variant(options, missing, key, n) for key, n in rows.items()]
        if is_changed and self.may_add:
            unseen = [v for key, v in missing.items() if key not in rows and self._is_new(v)]
            new += self._default_variants(options, unseen)
        return [variant for variant in new if variant is not None]

    def _is_new(self, values: Sequence[str]) -> bool:
        """Return whether no variant has one of the values: it was not left out on purpose."""
        known: list[set[str]] = [set() for _value in values]
        for variant in self.variants:
            for used, value in zip(known, key_of(variant.options), strict=False):
                used.add(value)
        return any(v not in used for used, v in zip(known, key_of(values), strict=True))

    def _new_variant(
        self, options: Sequence[Option], missing: Missing, key: tuple[str, ...], number: int
    ) -> NewVariant | None:
        """Return the variant of a row; None if it is not wanted, or not an option any more."""
        if key not in missing or not self.value(f"new_{number}_add"):
            return None
        columns = {name: self.value(f"new_{number}_{name}") for name in ("sku", "price", "stock")}
        return cast("NewVariant", {"choice": _choice(options, missing[key]), **columns})

    def _default_variants(
        self, options: Sequence[Option], missing: Sequence[Sequence[str]]
    ) -> list[NewVariant]:
        """Return the variants that the form does not show, with the product's price."""
        base = base_sku(self.product, self.value("sku") or "", self.value("name") or "")
        skus = propose_skus(base, missing)
        return [
            {"choice": _choice(options, values), "sku": sku}
            for values, sku in zip(missing, skus, strict=True)
        ]


def _variants_of(product: Product | None) -> list[Product]:
    if product is None or not product.has_variants:
        return []
    rows = Product.objects.not_archived().filter(parent=product).order_by("position", "pk")
    return list(rows)


def _check_options(options: Sequence[Option], variants: Iterable[Product]) -> None:
    """Refuse to remove values that variants have: they are archived by their rows only."""
    if not combinations(options):
        if any(option.values for option in options):
            raise ValidationError(_("Enter the values of every option, or of none."))
        return
    gone = [title_of(variant.options) for variant in variants if not has_values(options, variant)]
    if gone:
        sentence = _(
            "Variants have values that are missing here: %(variants)s. Enter the values again, or "
            "archive these variants in the table."
        )
        raise ValidationError(sentence % {"variants": ", ".join(gone)})


def _choice(options: Sequence[Option], values: Sequence[str]) -> dict[str, str]:
    return dict(zip((option.name for option in options), values, strict=True))
