"""Every write of the catalog. ``take_stock``, ``return_stock``, ``adjust_stock`` and
``create_product`` are the only writers of stock, and each leaves a movement.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.contrib.auth.models import AbstractUser
from django.db.models import Case, Expression, F, IntegerField, Value, When
from django.db.models.functions import Now

from catalog import revision
from catalog.errors import (
    CategoryNotFound,
    OutOfStock,
    ProductNotFound,
    ProductUnavailable,
    StockLimit,
)
from catalog.models import (
    MAX_STOCK,
    Category,
    MovementKind,
    Product,
    ProductQuerySet,
    Quantities,
    StockMovement,
)
from shop.core.statements import Update
from shop.core.transactions import transactional


class ProductDetails(TypedDict, total=False):
    """What a product may have beside name, price and stock."""

    description: str
    category_id: int | None
    is_published: bool


class ProductChanges(ProductDetails, total=False):
    """What staff may change of a product; ``stock`` moves by ``adjust_stock`` instead."""

    name: str
    price: Decimal


def _take(**values: int) -> tuple[ProductQuerySet, dict[str, Any]]:
    """Take q0 pieces of p0, q1 of p1 and so on, where there are so many."""
    pieces = _pieces({values[f"p{n}"]: values[f"q{n}"] for n in range(len(values) // 2)})
    products = [value for name, value in values.items() if name.startswith("p")]
    enough = Product.objects.for_sale().filter(pk__in=products, stock__gte=pieces)
    return enough, {"stock": F("stock") - pieces}


_TAKE = Update(_take)


@transactional
def create_product(
    *,
    name: str,
    price: Decimal,
    stock: int = 0,
    actor: AbstractUser | None = None,
    **details: Unpack[ProductDetails],
) -> Product:
    """Create a product with its initial stock. ``price`` is in the shop's currency.

    Raises CategoryNotFound.
    """
    product = Product(name=name, price=price, stock=stock)
    _apply(product, details)
    product.save()
    if stock:
        _record({product.pk: stock}, kind=MovementKind.INITIAL, reason="Initial stock", actor=actor)
    revision.bump()
    return product


@transactional
def update_product(*, product_id: int, **changes: Unpack[ProductChanges]) -> Product:
    """Change a product that is not archived. Raises ProductNotFound, CategoryNotFound."""
    product = _lock(product_id)
    if changes:
        _apply(product, changes)
        product.save(update_fields=list(changes))
        revision.bump()
    return product


@transactional
def archive_product(*, product_id: int) -> None:
    """Take a product out of every read, for good; its rows stay. Raises ProductNotFound."""
    live = Product.objects.not_archived().filter(pk=product_id)
    if not live.update(archived_at=Now(), is_published=False):
        raise ProductNotFound
    revision.bump()


@transactional
def adjust_stock(*, product_id: int, delta: int, reason: str, actor: AbstractUser) -> Product:
    """Add ``delta`` pieces, or take them away. Raises ProductNotFound, OutOfStock, StockLimit."""
    product = _lock(product_id)
    changed = Product.objects.filter(
        pk=product_id, stock__gte=-delta, stock__lte=MAX_STOCK - delta
    ).update(stock=F("stock") + delta)
    if not changed and delta > 0:
        raise StockLimit(limit=MAX_STOCK)
    if not changed:
        raise _out_of_stock([product])
    _record({product_id: delta}, kind=MovementKind.ADJUSTMENT, reason=reason, actor=actor)
    _show_change(was_in_stock=product.stock > 0, is_in_stock=product.stock + delta > 0)
    product.stock += delta
    return product


def take_stock(
    *, products: Sequence[Product], quantities: Quantities, reason: str, actor: AbstractUser
) -> None:
    """Take what an order sells: of every product, or of none.

    ``products`` are locked in ascending id by the caller, in its transaction. One guarded UPDATE
    decides; its row count is checked. Raises ProductUnavailable or OutOfStock, naming the products.
    """
    numbered = enumerate(quantities.items())
    taken = _TAKE.run(
        **{f"{k}{n}": v for n, pair in numbered for k, v in zip("pq", pair, strict=True)}
    )
    if taken != len(quantities):
        _refuse(products, quantities)
    deltas = {product_id: -quantity for product_id, quantity in quantities.items()}
    _record(deltas, kind=MovementKind.SALE, reason=reason, actor=actor)
    if any(product.stock == quantities[product.pk] for product in products):
        revision.bump()


def return_stock(*, quantities: Quantities, reason: str, actor: AbstractUser | None) -> None:
    """Put back what a cancelled order took. Needs the caller's transaction; locks the products.

    The caller returns an order's stock once: it has just won the order's guarded UPDATE.
    """
    products = Product.objects.lock_all(list(quantities))
    Product.objects.filter(pk__in=quantities).update(stock=F("stock") + _pieces(quantities))
    _record(quantities, kind=MovementKind.CANCELLATION, reason=reason, actor=actor)
    if any(product.stock == 0 for product in products):
        revision.bump()


def _lock(product_id: int) -> Product:
    try:
        return Product.objects.not_archived().lock(product_id)
    except Product.DoesNotExist:
        raise ProductNotFound from None


def _apply(product: Product, changes: ProductDetails | ProductChanges) -> None:
    category_id = changes.get("category_id")
    if category_id and not Category.objects.filter(pk=category_id).exists():
        raise CategoryNotFound
    for name, value in changes.items():
        setattr(product, name, value)


def _pieces(quantities: Quantities) -> Expression:
    whens = [When(pk=pk, then=Value(quantity)) for pk, quantity in quantities.items()]
    return Case(*whens, default=Value(0), output_field=IntegerField())


def _refuse(products: Sequence[Product], quantities: Quantities) -> None:
    gone = [product.pk for product in products if not product.is_for_sale]
    if gone:
        raise ProductUnavailable(product_ids=gone)
    raise _out_of_stock([p for p in products if p.stock < quantities[p.pk]])


def _out_of_stock(short: Sequence[Product]) -> OutOfStock:
    return OutOfStock(
        product_id=short[0].pk,
        available=short[0].stock,
        product_ids=[product.pk for product in short],
    )


def _record(
    deltas: Quantities, *, kind: MovementKind, reason: str, actor: AbstractUser | None
) -> None:
    actor_id = None if actor is None else actor.pk
    StockMovement.objects.bulk_create(
        StockMovement(product_id=pk, kind=kind, delta=delta, reason=reason, actor_id=actor_id)
        for pk, delta in deltas.items()
    )


def _show_change(*, was_in_stock: bool, is_in_stock: bool) -> None:
    """Bump the revision where the public answer changes; the number of pieces is not in it."""
    if was_in_stock != is_in_stock:
        revision.bump()
