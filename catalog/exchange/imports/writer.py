"""Writes planned products, a batch in one transaction and a constant number of statements.

It keeps what the services keep: a movement for each change of stock, a row for each price, and the
catalogue's revision, once and last.
"""

from collections.abc import Callable, Sequence

from django.contrib.auth.models import AbstractUser

from catalog import revision
from catalog.attributes.models import ProductAttribute, ProductTag
from catalog.exchange.imports.plans import Plan, RowPlan
from catalog.images.models import ProductImage
from catalog.limits import REASON_LENGTH
from catalog.prices.models import PriceChange
from catalog.products.models import Product
from catalog.stock.services import adjust_locked, stock_new
from shop.core.transactions import transactional


@transactional
def write(
    plan_all: Callable[[], list[Plan]], *, reason: str, actor: AbstractUser | None
) -> list[Plan]:
    """Do what ``plan_all`` plans, with the rows locked that it reads; return the plans.

    Raises IntegrityError where someone took a slug or a SKU meanwhile; nothing is written then.
    """
    plans = plan_all()
    todo = [plan for plan in plans if plan.does_something()]
    if not todo:
        return plans
    rows = [row for plan in todo for row in plan.rows()]
    _insert(todo)
    old = [row for row in rows if row.before is not None]
    # Pieces come before a backorder ends, and go after one begins: no row is ever in breach.
    _move_stock([row for row in old if row.delta > 0], reason, actor)
    _update(old)
    _move_stock([row for row in old if row.delta < 0], reason, actor)
    new = {row.row.pk: row.row.stock for row in rows if row.before is None}
    stock_new(quantities=new, actor=actor)
    _write_prices(rows)
    _write_words(todo)
    _write_images(rows)
    revision.bump(sorted(row.row.pk for row in rows))
    return plans


def _insert(plans: Sequence[Plan]) -> None:
    Product.objects.bulk_create(plan.product.row for plan in plans if plan.is_new)
    variants = []
    for plan in plans:
        for variant in plan.variants:
            if variant.before is None:
                variant.row.parent = plan.product.row
                variants.append(variant.row)
    Product.objects.bulk_create(variants)


def _update(rows: Sequence[RowPlan]) -> None:
    changed = [row for row in rows if row.columns()]
    columns = sorted({name for row in changed for name in row.columns()})
    if changed:
        Product.objects.bulk_update([row.row for row in changed], columns)


def _move_stock(rows: Sequence[RowPlan], reason: str, actor: AbstractUser | None) -> None:
    deltas = {row.row.pk: row.delta for row in rows}
    adjust_locked(deltas=deltas, reason=reason[:REASON_LENGTH], actor=actor)


def _write_prices(rows: Sequence[RowPlan]) -> None:
    PriceChange.objects.bulk_create(
        PriceChange(product=row.row, price=row.row.price)
        for row in rows
        if row.before is None or row.before["price"] != row.row.price
    )


def _write_words(plans: Sequence[Plan]) -> None:
    for plan in plans:
        if plan.old_tags:
            ProductTag.objects.filter(product=plan.product.row, tag__in=plan.old_tags).delete()
    ProductTag.objects.bulk_create(
        ProductTag(product=plan.product.row, tag=tag) for plan in plans for tag in plan.new_tags
    )
    said = [(plan.product.row, *value) for plan in plans for value in plan.attributes.values()]
    for product, attribute, _, _ in said:
        if product.pk:
            ProductAttribute.objects.filter(product=product, attribute=attribute).delete()
    ProductAttribute.objects.bulk_create(
        ProductAttribute(product=product, attribute=attribute, **{column: value})
        for product, attribute, column, value in said
        if value is not None
    )


def _write_images(rows: Sequence[RowPlan]) -> None:
    changed = [picture for row in rows for picture in row.changed_images]
    if changed:
        ProductImage.objects.bulk_update(changed, ["alt", "position"])
    ProductImage.objects.bulk_create(
        ProductImage(
            product=row.row,
            source_url=said.url,
            large=said.large,
            small=said.small,
            **said.values,
        )
        for row in rows
        for said in row.new_images
    )
