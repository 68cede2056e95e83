"""Compares what a file says of a product with what the shop has; writes nothing."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.files.storage import default_storage

from catalog.attributes.models import AttributeKind
from catalog.attributes.services import read_value
from catalog.exchange.imports.existing import ExistingRows
from catalog.exchange.imports.plans import NEW_CATEGORY, Plan
from catalog.exchange.imports.records import (
    ImageRecord,
    ProductRecord,
    VariantRecord,
    category_slug,
)
from catalog.exchange.imports.rows import Row, quote
from catalog.exchange.imports.shop import ATTRIBUTE
from catalog.images.models import ProductImage
from catalog.limits import MAX_IMAGES, MAX_VARIANTS
from catalog.products.models import Product
from catalog.products.writes import RowChanges
from shop.core.errors import InvalidField

_BOOLEANS = {"true": True, "false": False}


class Planner:
    """Plans products; what is the matter with one is added to its record's faults."""

    def __init__(
        self, existing: ExistingRows, *, keep_stock: bool, rehearsal: bool = False
    ) -> None:
        """Plan by the rows that exist.

        A rehearsal holds no lock: it may ask the media storage, and categories may be missing.
        """
        self._existing = existing
        self._keep_stock = keep_stock
        self._rehearsal = rehearsal

    def plan(self, record: ProductRecord) -> Plan | None:
        """Return what to do with a product, None where something is the matter with it."""
        if record.faults:
            return None
        plan = self._begin(record)
        if not record.faults:
            self._set_product(plan)
            self._set_variants(plan)
            self._set_stock(plan, plan.product, record.row, record.stock)
            self._set_images(plan, plan.product, record.images)
            self._set_details(plan)
        return None if record.faults else plan

    def _begin(self, record: ProductRecord) -> Plan:
        found = self._existing.find(record)
        if found is None:
            row = Product(slug=self._existing.free_slug(record), stock=0)
            if "name" not in record.values:
                record.faults.append(record.row.fault("name", "A new product has a name."))
            return Plan(RowChanges(row), [], record=record)
        if found.parent_id is not None:
            reason = f"{quote(found.sku)} is the SKU of a variant: name its product by its slug."
            record.faults.append(record.row.fault("sku", reason))
            return Plan(RowChanges.of(found), [], record=record)
        rows = self._existing.families[found.pk]
        variants = [RowChanges.of(row) for row in rows[1:]]
        return Plan(RowChanges.of(found), variants, record=record)

    def _set_product(self, plan: Plan) -> None:
        record, product = plan.record, plan.product.row
        self._check_options(plan)
        for name, value in {**record.values, **record.sold}.items():
            setattr(product, name, value)
        self._check_sku(plan, record.row, product)
        if record.options is not None:
            product.options = record.options
            product.has_variants = bool(record.options)
        if record.category is not None:
            product.category_id = self._category(record)
        if plan.is_new and not record.variants and "price" not in record.sold:
            record.faults.append(record.row.fault("price", "A new product has a price."))

    def _category(self, record: ProductRecord) -> int | None:
        if not record.category:
            return None
        pk = self._existing.categories.get(category_slug(record.category))
        if pk is None and not self._rehearsal:
            record.faults.append(record.row.fault("category", "It has gone this very moment."))
        return NEW_CATEGORY if pk is None else pk

    def _check_options(self, plan: Plan) -> None:
        """Refuse options that the product's variants, or its own stock, do not allow."""
        record, product = plan.record, plan.product.row
        options = product.options if record.options is None else record.options
        if record.variants and not options:
            row = record.variants[0].row
            record.faults.append(row.fault("options", "Its product has no options."))
        if plan.variants and len(options) != len(product.options):
            reason = f"The shop's variants are chosen by {', '.join(product.options)}."
            record.faults.append(record.row.fault("options", reason))
        if options and (record.stock or product.stock):
            reason = "Pieces belong to the variants of a product that has options."
            record.faults.append(record.row.fault("stock", reason))

    def _check_sku(self, plan: Plan, row: Row, product: Product) -> None:
        """Refuse a SKU of another product; the unique constraint does so for one that is coming."""
        holder = self._existing.by_sku.get(product.sku) if product.sku else None
        if holder is not None and holder is not product:
            reason = f"{quote(product.sku)} is the SKU of {quote(str(holder))} in the shop."
            plan.record.faults.append(row.fault("sku", reason))

    def _set_variants(self, plan: Plan) -> None:
        record = plan.record
        for number, said in enumerate(record.variants):
            planned = self._find_variant(plan, said)
            if planned is None:
                planned = RowChanges(Product(position=number, stock=0))
                plan.variants.append(planned)
            self._set_variant(plan, planned, said)
            self._set_images(plan, planned, said.images)
        if len(plan.variants) > MAX_VARIANTS:
            reason = f"It would have {len(plan.variants)} variants, more than {MAX_VARIANTS}."
            record.faults.append(record.row.fault("options", reason))
        chosen = [tuple(variant.row.options) for variant in plan.variants]
        if len(set(chosen)) < len(chosen):
            reason = "Two variants would have the same options."
            record.faults.append(record.row.fault("options", reason))
        if not record.faults:
            plan.align()

    def _find_variant(self, plan: Plan, said: VariantRecord) -> RowChanges | None:
        """Return the variant that is meant: by its SKU, else by its options."""
        sku = said.values.get("sku")
        by_sku = [v for v in plan.variants if v.before and sku and v.before["sku"] == sku]
        by_options = [v for v in plan.variants if v.before and v.before["options"] == said.options]
        return next(iter(by_sku + by_options), None)

    def _set_variant(self, plan: Plan, planned: RowChanges, said: VariantRecord) -> None:
        record, variant = plan.record, planned.row
        names = plan.product.row.options
        if said.options is not None and len(said.options) == len(names):
            variant.options = said.options
        elif said.options is not None or planned.before is None:
            reason = f"It has a value for each of {', '.join(names)}."
            record.faults.append(said.row.fault("options", reason))
        for name, value in said.values.items():
            setattr(variant, name, value)
        if planned.before is None and "price" not in said.values:
            price = plan.product.row.price
            if price is None:
                record.faults.append(said.row.fault("price", "A new variant has a price."))
            variant.price = price
        self._check_sku(plan, said.row, variant)
        self._set_stock(plan, planned, said.row, said.stock)

    def _set_stock(self, plan: Plan, planned: RowChanges, row: Row, wanted: int | None) -> None:
        """Let the stock become what the file says; existing rows keep theirs if asked."""
        if wanted is None or (planned.before is not None and self._keep_stock):
            wanted = planned.row.stock
        if wanted < 0 and not planned.row.backorder:
            reason = f"It is {wanted}: only what is sold on backorder may owe pieces."
            plan.record.faults.append(row.fault("stock", reason))
        if planned.before is None:
            planned.row.stock = wanted
        else:
            planned.delta = wanted - planned.row.stock

    def _set_details(self, plan: Plan) -> None:
        record, product = plan.record, plan.product.row
        had = [] if plan.is_new else self._existing.tags[product.pk]
        if record.tags is not None:
            plan.new_tags = [tag for tag in record.tags if tag not in had]
            plan.old_tags = [tag for tag in had if tag not in record.tags]
        for name, cell in record.attributes.items():
            self._set_attribute(plan, name, cell)
        if plan.needs_keywords():
            plan.set_keywords(had if record.tags is None else record.tags)

    def _set_attribute(self, plan: Plan, name: str, cell: Any) -> None:
        record, slug = plan.record, name.removeprefix(ATTRIBUTE)
        attribute = self._existing.attributes.get(slug)
        if attribute is None and not cell:
            return
        if attribute is None:
            known = ", ".join(sorted(self._existing.attributes)) or "none yet"
            record.faults.append(record.row.fault(name, f"No such attribute; there are: {known}."))
            return
        column, value = "text", None
        if cell:
            try:
                column, value = read_value(attribute, _typed(attribute.kind, cell))
            except InvalidField as refusal:
                reason = refusal.facts["reason"]
                record.faults.append(record.row.fault(name, reason))
                return
        pk = plan.product.row.pk
        if self._existing.values.get((pk, attribute.pk or 0)) != value:
            plan.attributes[slug] = (attribute, column, value)

    def _set_images(self, plan: Plan, planned: RowChanges, records: list[ImageRecord]) -> None:
        """Add images, and change those that exist; none is deleted."""
        had = list(self._existing.images[planned.row.pk]) if planned.row.pk else []
        for said in records:
            found = next((image for image in had if _is_of(image, said)), None)
            if found is None:
                self._check_files(plan, said)
                image = ProductImage(
                    product=planned.row,
                    source_url=said.url,
                    large=said.large,
                    small=said.small,
                    **said.values,
                )
                planned.new_images.append(image)
                continue
            had.remove(found)
            if any(getattr(found, name) != value for name, value in said.values.items()):
                for name, value in said.values.items():
                    setattr(found, name, value)
                planned.changed_images.append(found)
        if len(had) + len(records) > MAX_IMAGES:
            reason = f"It would have more than {MAX_IMAGES} pictures."
            plan.record.faults.append(plan.record.row.fault("picture", reason))

    def _check_files(self, plan: Plan, said: ImageRecord) -> None:
        for name in (said.large, said.small) if self._rehearsal and said.large else ():
            if not default_storage.exists(name):
                reason = f"The media storage has no {quote(name)}: copy the pictures first."
                plan.record.faults.append(said.row.fault("picture", reason))


def _is_of(image: ProductImage, said: ImageRecord) -> bool:
    if said.url:
        return image.source_url == said.url
    return image.large.name == said.large


def _typed(kind: str, cell: str) -> Any:
    """Return a cell as a value of the attribute's kind; None, which none allows, if it is not."""
    if kind == AttributeKind.BOOLEAN:
        return _BOOLEANS.get(cell.lower())
    if kind != AttributeKind.NUMBER:
        return cell
    try:
        number = Decimal(cell)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
