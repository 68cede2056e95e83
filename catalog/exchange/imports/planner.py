"""Compares the products of a file with the existing ones. Writes nothing."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from catalog.attributes.models import AttributeKind
from catalog.attributes.services import read_value
from catalog.exchange.imports.columns import NotRead
from catalog.exchange.imports.existing import ExistingRows
from catalog.exchange.imports.extras import add_metadata
from catalog.exchange.imports.images import set_images
from catalog.exchange.imports.lists import FURTHER
from catalog.exchange.imports.plans import NEW_CATEGORY, Plan
from catalog.exchange.imports.prices import check_price
from catalog.exchange.imports.records import (
    ImageRecord,
    ProductRecord,
    VariantRecord,
)
from catalog.exchange.imports.rows import Row, quote
from catalog.exchange.imports.shop import ATTRIBUTE
from catalog.exchange.imports.tax_classes import set_tax_class
from catalog.exchange.imports.translations import SEPARATOR, changed_translations
from catalog.limits import MAX_VARIANTS
from catalog.options.services import fold_options
from catalog.products.errors import StockUntracked
from catalog.products.fields import FIELDS, INHERITED
from catalog.products.models import Product
from catalog.products.variants import OPTIONS_TOO_LONG, fits_index
from catalog.products.writes import RowChanges, repeated_variants, set_backorder
from shop.core.errors import InvalidField

_BOOLEANS = {"true": True, "false": False}


class Planner:
    """Plans the changes of products. Errors and warnings are added to their records."""

    def __init__(
        self, existing: ExistingRows, not_read: NotRead, *, keep_stock: bool, preliminary: bool
    ) -> None:
        """``preliminary`` plans are made without locks.

        Only these access the media storage and count what is not read, and only these may contain
        missing categories.
        """
        self._existing = existing
        self._not_read = not_read
        self._lines: dict[int, int] = {}
        self._keep_stock = keep_stock
        self._preliminary = preliminary

    def plan(self, record: ProductRecord) -> Plan | None:
        """Return the plan of a product, or None if there are errors."""
        if record.errors:
            return None
        plan = self._begin(record)
        if not record.errors:
            self._set_product(plan)
            self._set_variants(plan)
            self._set_stock(plan, plan.product, record.row, record.stock)
            self._set_images(plan, plan.product, record.images)
            self._set_details(plan)
        return None if record.errors else plan

    def _begin(self, record: ProductRecord) -> Plan:
        found = self._existing.find(record)
        if not found:
            row = Product(slug=self._existing.free_slug(record), stock=0)
            if "name" not in record.values:
                record.errors.append(record.row.error("name", "A new product needs a name."))
            return Plan(RowChanges(row), [], record=record)
        product = found[0]
        self._check_found(record, found)
        if record.errors:
            return Plan(RowChanges.of(product), [], record=record)
        rows = self._existing.families[product.pk]
        variants = [RowChanges.of(row) for row in rows[1:]]
        return Plan(RowChanges.of(product), variants, record=record)

    def _check_found(self, record: ProductRecord, found: list[Product]) -> None:
        """Add an error if a record is not about exactly one product, or about one planned before.

        A later batch may not notice the latter, and then changes the product once more.
        """
        product, row = found[0], record.row
        if len(found) > 1:
            reason = f"{len(found)} products have this name. Add the slug or the SKU."
            record.errors.append(row.error("name", reason))
        elif product.parent_id is not None:
            reason = f"{quote(product.sku)} is the SKU of a variant. Add the slug of its product."
            record.errors.append(row.error("sku", reason))
        elif product.pk in self._lines:
            reason = f"The product was already on line {self._lines[product.pk]}."
            record.errors.append(row.error("name", f"{reason} Put all its rows together."))
        else:
            self._lines[product.pk] = row.line

    def _set_product(self, plan: Plan) -> None:
        record, product = plan.record, plan.product.row
        self._check_options(plan)
        self._set_columns(plan, record.row, product, {**record.values, **record.sold})
        self._set_backorder(plan, record.row, product, record.sold)
        self._check_sku(plan, record.row, product)
        if not (plan.variants or record.variants):
            check_price(record, plan.product, record.row, record.sold)
        if record.options is not None:
            product.options = record.options
            product.has_variants = bool(record.options)
        if record.category is not None:
            product.category_id = self._category(record)
        if plan.is_new and not record.variants and "price" not in record.sold:
            record.errors.append(record.row.error("price", "A new product needs a price."))

    def _set_columns(self, plan: Plan, row: Row, product: Product, values: dict[str, Any]) -> None:
        for name, value in values.items():
            if name not in {"tax_class", "tax_code"}:
                setattr(product, name, value)
        add_metadata(plan.record, row, product)
        set_tax_class(plan.record, row, product, values, self._existing.tax_classes)

    def _category(self, record: ProductRecord) -> int | None:
        if record.category is None or not record.category.text:
            return None
        pk = self._existing.categories.find(record.category)
        if pk is None and not self._preliminary:
            record.errors.append(record.row.error("category", "The category was just deleted."))
        return NEW_CATEGORY if pk is None else pk

    def _check_options(self, plan: Plan) -> None:
        """Add errors for options that contradict the existing variants or stock."""
        record, product = plan.record, plan.product.row
        options = product.options if record.options is None else record.options
        if record.variants and not options:
            row = record.variants[0].row
            record.errors.append(row.error("options", "The product has no options."))
        if plan.variants and len(options) != len(product.options):
            reason = f"The existing variants have the options {', '.join(product.options)}."
            record.errors.append(record.row.error("options", reason))
        if options and (record.stock or product.stock):
            reason = "A product with options has no stock. Set that of its variants."
            record.errors.append(record.row.error("stock", reason))

    def _check_sku(self, plan: Plan, row: Row, product: Product) -> None:
        """Add an error if another product has the SKU. The constraint prevents concurrent ones."""
        holder = self._existing.by_sku.get(product.sku) if product.sku else None
        if holder is not None and holder is not product:
            reason = f"The existing product {quote(str(holder))} has the SKU {quote(product.sku)}."
            plan.record.errors.append(row.error("sku", reason))

    def _set_backorder(self, plan: Plan, row: Row, product: Product, given: dict[str, Any]) -> None:
        """Set ``backorder`` without tracking of stock, or add an error if the file unsets it."""
        try:
            set_backorder(product, given)
        except StockUntracked:
            reason = "Its stock is not tracked, so backorder must be true. Or set track_stock."
            plan.record.errors.append(row.error("backorder", reason))

    def _set_variants(self, plan: Plan) -> None:
        record = plan.record
        given = [name for name in INHERITED if FIELDS[name].member in record.sold]
        for existing in plan.variants:
            _inherit(existing.row, plan.product.row, given)
        for number, variant in enumerate(record.variants):
            changes = self._find_variant(plan, variant)
            if changes is None:
                changes = RowChanges(Product(position=number, stock=0))
                plan.variants.append(changes)
            self._set_variant(plan, changes, variant)
            self._set_images(plan, changes, variant.images)
        if len(plan.variants) > MAX_VARIANTS:
            reason = f"The product would have {len(plan.variants)} variants, at most {MAX_VARIANTS}"
            record.errors.append(record.row.error("options", f"{reason} are allowed."))
        if next(repeated_variants(plan), None):
            reason = "Two variants would have the same options."
            record.errors.append(record.row.error("options", reason))
        if not record.errors:
            plan.copy_shared_values()

    def _find_variant(self, plan: Plan, record: VariantRecord) -> RowChanges | None:
        """Return the existing variant with the SKU of the record, or else with its options."""
        sku = record.values.get("sku")
        existing = [(changes, changes.before) for changes in plan.variants if changes.before]
        for changes, before in existing if sku else ():
            if before["sku"] == sku:
                return changes
        for changes, before in existing:
            if before["options"] == record.options:
                return changes
        wanted = fold_options(record.options or ()) if existing else ()
        similar = (v for v, before in existing if wanted == fold_options(before["options"]))
        return next(similar, None)

    def _set_variant(self, plan: Plan, changes: RowChanges, record: VariantRecord) -> None:
        errors, variant = plan.record.errors, changes.row
        names = plan.product.row.options
        if record.options is not None and len(record.options) == len(names):
            variant.options = record.options
            if not fits_index(record.options):
                errors.append(record.row.error("options", str(OPTIONS_TOO_LONG)))
        elif record.options is not None or changes.before is None:
            reason = f"The variant needs a value for each of {', '.join(names)}."
            errors.append(record.row.error("options", reason))
        if changes.before is None:
            _inherit(variant, plan.product.row, INHERITED)
        self._set_columns(plan, record.row, variant, record.values)
        if changes.before is None and "price" not in record.values:
            variant.price = plan.product.row.price
            if variant.price is None:
                errors.append(record.row.error("price", "A new variant needs a price."))
        check_price(plan.record, changes, record.row, record.values)
        self._set_backorder(plan, record.row, variant, record.values)
        self._check_sku(plan, record.row, variant)
        self._set_stock(plan, changes, record.row, record.stock)

    def _set_stock(self, plan: Plan, changes: RowChanges, row: Row, stock: int | None) -> None:
        """Set the stock of a new row, or the delta of an existing row unless it keeps its stock."""
        if stock is None or (changes.before is not None and self._keep_stock):
            stock = max(changes.row.stock, 0) if changes.begins_tracking else changes.row.stock
        elif stock < 0 and not changes.row.backorder:
            reason = f"The stock is {stock}, but it may only be negative with backorder."
            plan.record.warn(row.error("stock", f"{reason} It was set to 0."))
            stock = 0
        if stock < 0 and not changes.row.backorder:
            reason = f"The stock is {stock}, but it may only be negative with backorder."
            plan.record.errors.append(row.error("stock", reason))
        if changes.before is None:
            changes.row.stock = stock
        else:
            changes.delta = stock - changes.row.stock

    def _set_details(self, plan: Plan) -> None:
        record, product = plan.record, plan.product.row
        tags = [] if plan.is_new else self._existing.tags[product.pk]
        if record.tags is not None:
            plan.new_tags = [tag for tag in record.tags if tag not in tags]
            plan.old_tags = [tag for tag in tags if tag not in record.tags]
        self._set_collections(plan)
        self._set_translations(plan)
        for name, cell in record.attributes.items():
            self._set_attribute(plan, name, cell)
        if plan.changes_keywords():
            plan.set_keywords(tags if record.tags is None else record.tags)

    def _set_collections(self, plan: Plan) -> None:
        """Add the product to collections. A rule of a collection chooses its products itself."""
        record, product = plan.record, plan.product.row
        present = self._existing.memberships[product.pk] if product.pk else set()
        for reference in record.collections:
            pk = self._existing.collections.find(reference)
            if pk is None and self._preliminary:
                plan.missing_collections.append(reference)
            elif pk is None:
                reason = f"The collection {quote(reference.text)} was just deleted."
                record.errors.append(record.row.error("collections", reason))
            elif pk in present:
                continue
            elif pk in self._existing.rules:
                reason = f"The collection {quote(reference.text)} chooses its products by a rule."
                column = FURTHER if reference.is_name else "collections"
                record.warn(record.row.error(column, f"{reason} The product was not added."))
            else:
                plan.collections[pk] = reference.text

    def _set_translations(self, plan: Plan) -> None:
        """Set the texts that change. A slug that another product has is left out."""
        record, pk = plan.record, plan.product.row.pk
        for language, texts in record.translations.items():
            slug = texts.get("slug", "")
            if slug and self._existing.has_another(slug, language, pk):
                del texts["slug"]
                reason = f"Another product has the slug {quote(slug)}. It was left out."
                record.warn(record.row.error(f"slug{SEPARATOR}{language}", reason))
        existing = self._existing.translations.get(pk, {})
        plan.translations = changed_translations(record.translations, existing)

    def _set_attribute(self, plan: Plan, name: str, cell: Any) -> None:
        record, slug = plan.record, name.removeprefix(ATTRIBUTE)
        attribute = self._existing.attributes.get(slug)
        if attribute is None:
            if cell and self._preliminary:
                self._not_read.add(name, self._existing.attributes)
            return
        column, value = "text", None
        if cell:
            try:
                column, value = read_value(attribute, _typed(attribute.kind, cell))
            except InvalidField as error:
                reason = f"{error.facts['reason']} It was left out."
                record.warn(record.row.error(name, reason))
                return
        pk = plan.product.row.pk
        if self._existing.values.get((pk, attribute.pk or 0)) != value:
            plan.attributes[slug] = (attribute, column, value)

    def _set_images(self, plan: Plan, changes: RowChanges, records: list[ImageRecord]) -> None:
        existing = self._existing.images[changes.row.pk] if changes.row.pk else []
        set_images(plan, changes, records, existing, check_files=self._preliminary)


def _inherit(variant: Product, product: Product, names: Iterable[str]) -> None:
    for name in names:
        setattr(variant, name, getattr(product, name))


def _typed(kind: str, cell: str) -> Any:
    """Return a cell as a value of the attribute's kind, or None if that is not possible."""
    if kind == AttributeKind.BOOLEAN:
        return _BOOLEANS.get(cell.lower())
    if kind != AttributeKind.NUMBER:
        return cell
    try:
        number = Decimal(cell)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
