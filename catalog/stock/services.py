"""All changes of stock: sales, returns and adjustments. Each change records a movement.

New rows are inserted with their initial stock by ``catalog.products.writes``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from django.contrib.auth.models import AbstractUser
from django.db.models import Expression, F, Q, QuerySet

from catalog import revision
from catalog.errors import OutOfStock, ProductNotFound, ProductUnavailable, VariantRequired
from catalog.history.services import STOCK, Change, record_changes
from catalog.limits import MAX_STOCK
from catalog.products.models import Product
from catalog.stock.errors import StockLimit
from catalog.stock.models import MovementKind, Quantities, StockMovement
from shop.core.transactions import transactional
from shop.engine import Insert, ValueByKey, update


@dataclass(frozen=True, slots=True)
class LockedProduct:
    """A snapshot of the row of a product that the transaction of an order has locked."""

    pk: int
    name: str
    stock: int
    backorder: bool
    is_sellable: bool

    def is_in_stock_after(self, taken: int) -> bool:
        """Return whether it is still in stock, or can be backordered, after units are taken."""
        return self.backorder or self.stock > taken

    def is_short_of(self, quantity: int) -> bool:
        """Return whether fewer units are in stock and it cannot be backordered."""
        return self.stock < quantity and not self.backorder


@update
def _take_units(
    *, product_ids: list[int], quantities: list[int]
) -> tuple[QuerySet[Product], dict[str, object]]:
    """Subtract each product's quantity if enough units are in stock or can be backordered."""
    units = ValueByKey("pk", keys=product_ids, values=quantities)
    enough = Q(stock__gte=units) | Q(backorder=True, stock__gte=-MAX_STOCK + units)
    products = Product.objects.sellable().filter(enough, pk__in=product_ids)
    return products, {"stock": F("stock") - units}


def take_stock(
    *,
    products: Sequence[LockedProduct],
    quantities: Quantities,
    reason: str,
    actor: AbstractUser | None,
) -> list[int]:
    """Take the units of an order, of all products or of none. Return the ids of those sold out.

    The caller has locked ``products`` in ascending id, in its transaction. One conditional UPDATE
    decides, and its row count is checked. The caller passes the ids to ``revision.bump`` as the
    last statement of its transaction. Raises ProductUnavailable, OutOfStock, StockLimit.
    """
    taken = _take_units.run(product_ids=list(quantities), quantities=list(quantities.values()))
    if taken != len(quantities):
        _raise_shortage(products, quantities)
    deltas = {product_id: -quantity for product_id, quantity in quantities.items()}
    record_movements(deltas, kind=MovementKind.SALE, reason=reason, actor=actor)
    return [p.pk for p in products if not p.is_in_stock_after(quantities[p.pk])]


def return_stock(*, quantities: Quantities, reason: str, actor: AbstractUser | None) -> None:
    """Return the units of an order to stock, as the last statements of a transaction.

    Needs a transaction, and locks the products, then the revision. The caller must call it once for
    each order, after a guarded UPDATE of the order.
    """
    if in_stock_again := put_back(quantities=quantities, reason=reason, actor=actor):
        revision.bump(in_stock_again)


def put_back(
    *,
    quantities: Quantities,
    reason: str,
    actor: AbstractUser | None,
    kind: MovementKind = MovementKind.CANCELLATION,
) -> list[int]:
    """Return the units of an order to stock. Return the ids of products that are in stock again.

    ``kind`` says whether they were cancelled or came back. As ``return_stock``, but the caller
    passes the ids to ``revision.bump`` as its last statement.
    """
    products = Product.objects.lock_all(list(quantities))
    Product.objects.filter(pk__in=quantities).update(stock=F("stock") + _units(quantities))
    record_movements(quantities, kind=kind, reason=reason, actor=actor)
    return [
        product.pk
        for product in products
        if not product.backorder and product.stock <= 0 < product.stock + quantities[product.pk]
    ]


@transactional
def adjust_stock(*, product_id: int, delta: int, reason: str, actor: AbstractUser) -> Product:
    """Add ``delta`` units, or remove them if it is negative.

    Raises ProductNotFound, VariantRequired, OutOfStock, StockLimit.
    """
    try:
        product = Product.objects.not_archived().lock(product_id)
    except Product.DoesNotExist:
        raise ProductNotFound from None
    if product.has_variants:
        raise variant_required(product_id)
    enough = Q(stock__gte=-delta) | Q(backorder=True, stock__gte=-MAX_STOCK - delta)
    adjustable = Product.objects.filter(enough, pk=product_id, stock__lte=MAX_STOCK - delta)
    if not adjustable.update(stock=F("stock") + delta):
        raise adjustment_error(product, delta)
    record_movements({product_id: delta}, kind=MovementKind.ADJUSTMENT, reason=reason, actor=actor)
    record_changes([Change(product_id, STOCK, product.stock, product.stock + delta, reason)])
    if not product.backorder and (product.stock > 0) != (product.stock + delta > 0):
        revision.bump([product_id])
    product.stock += delta
    return product


def record_initial_stock(*, quantities: Quantities, actor: AbstractUser | None) -> None:
    """Record movements for the stock that new products were inserted with. Needs a transaction."""
    units = {pk: quantity for pk, quantity in quantities.items() if quantity}
    record_movements(units, kind=MovementKind.INITIAL, reason="Initial stock", actor=actor)


def adjustment_error(product: Product, delta: int) -> OutOfStock | StockLimit:
    """Return why ``delta`` units cannot be added to a stock that becomes too small or too large."""
    if delta > 0 or product.backorder:
        return StockLimit(limit=MAX_STOCK)
    return OutOfStock(
        product_id=product.pk,
        name=product.name,
        available=product.stock,
        product_ids=[product.pk],
    )


def check_adjustment(product: Product, delta: int) -> None:
    """Check that units can be added to the stock of a locked row. Raises OutOfStock, StockLimit."""
    lowest = -MAX_STOCK if product.backorder else 0
    if not lowest <= product.stock + delta <= MAX_STOCK:
        raise adjustment_error(product, delta)


def adjust_locked_stock(*, deltas: Quantities, reason: str, actor: AbstractUser | None) -> None:
    """Adjust the stock of many products with one statement.

    The caller has locked the products in its transaction, has checked that no stock becomes
    negative that must not, and bumps the revision. Raises ProductUnavailable.
    """
    if not deltas:
        return
    products = Product.objects.not_archived().filter(pk__in=deltas, has_variants=False)
    if products.update(stock=F("stock") + _units(deltas)) != len(deltas):
        names = dict(Product.objects.filter(pk__in=deltas).values_list("pk", "name"))
        pks = sorted(names)
        raise ProductUnavailable(product_ids=pks, names=[names[pk] for pk in pks])
    record_movements(deltas, kind=MovementKind.ADJUSTMENT, reason=reason, actor=actor)


def variant_required(product_id: int) -> VariantRequired:
    """Return the error for a product that can only be bought as one of its variants."""
    name = Product.objects.values_list("name", flat=True).get(pk=product_id)
    variants = Product.objects.for_sale().filter(parent_id=product_id).order_by("position", "pk")
    choices = list(variants.values_list("pk", "options"))
    return VariantRequired(
        product_id=product_id,
        name=name,
        variant_ids=[pk for pk, _ in choices],
        choices=[" / ".join(options) for _, options in choices],
    )


def record_movements(
    deltas: Quantities, *, kind: MovementKind, reason: str, actor: AbstractUser | None
) -> None:
    """Insert a movement for each product, with the next statement of the transaction.

    The caller changes the stock in the same transaction.
    """
    actor_id = None if actor is None else actor.pk
    _MOVEMENTS.send_with_next(
        (pk, kind.value, delta, reason, actor_id) for pk, delta in deltas.items()
    )


_MOVEMENTS = Insert(StockMovement, "product_id", "kind", "delta", "reason", "actor_id")


def _units(quantities: Quantities) -> Expression:
    return ValueByKey("pk", keys=list(quantities), values=list(quantities.values()))


def shortages(
    products: Sequence[LockedProduct], quantities: Quantities
) -> list[ProductUnavailable | OutOfStock]:
    """Return why not all units of an order can be taken: at most one error of each kind."""
    found: list[ProductUnavailable | OutOfStock] = []
    unavailable = [product for product in products if not product.is_sellable]
    if unavailable:
        pks, names = [one.pk for one in unavailable], [one.name for one in unavailable]
        found.append(ProductUnavailable(product_ids=pks, names=names))
    sellable = [product for product in products if product.is_sellable]
    short = [product for product in sellable if product.is_short_of(quantities[product.pk])]
    if short:
        first, pks = short[0], [product.pk for product in short]
        facts = {"product_id": first.pk, "name": first.name, "available": first.stock}
        found.append(OutOfStock(**facts, product_ids=pks))
    return found


def _raise_shortage(products: Sequence[LockedProduct], quantities: Quantities) -> NoReturn:
    for error in shortages(products, quantities):
        raise error
    raise StockLimit(limit=MAX_STOCK)
