"""Every write of stock, each leaving a movement: ``take_stock``, ``return_stock``,
``adjust_stock``, and ``stock_new`` for what begins with some.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.db.models import Expression, F, Q, QuerySet

from catalog import revision
from catalog.errors import ChooseVariant, OutOfStock, ProductNotFound, ProductUnavailable
from catalog.limits import MAX_STOCK
from catalog.products.models import Product
from catalog.stock.errors import StockLimit
from catalog.stock.models import MovementKind, Quantities, StockMovement
from shop.core.transactions import transactional
from shop.engine import Insert, ValueByKey, update


@dataclass(frozen=True, slots=True)
class LockedProduct:
    """What an order needs to know of a product whose row its transaction has locked."""

    pk: int
    stock: int
    backorder: bool
    is_sellable: bool

    def shows_stock_after(self, taken: int) -> bool:
        """Whether readers still see it as in stock once so many pieces are taken."""
        return self.backorder or self.stock > taken

    def lacks(self, wanted: int) -> bool:
        """Whether it has fewer pieces than wanted, and none to promise."""
        return self.stock < wanted and not self.backorder


@update
def _take_units(
    *, product_ids: list[int], quantities: list[int]
) -> tuple[QuerySet[Product], dict[str, object]]:
    """Take each product's quantity, where so many units are in stock or can be backordered."""
    units = ValueByKey("pk", keys=product_ids, values=quantities)
    enough = Q(stock__gte=units) | Q(backorder=True, stock__gte=-MAX_STOCK + units)
    products = Product.objects.sellable().filter(enough, pk__in=product_ids)
    return products, {"stock": F("stock") - units}


def take_stock(
    *, products: Sequence[LockedProduct], quantities: Quantities, reason: str, actor: AbstractUser
) -> None:
    """Take what an order sells: of every product, or of none.

    ``products`` are locked in ascending id by the caller, in its transaction. One guarded UPDATE
    decides; its row count is checked. Raises ProductUnavailable or OutOfStock, naming the products.
    """
    taken = _take_units.run(product_ids=list(quantities), quantities=list(quantities.values()))
    if taken != len(quantities):
        _refuse(products, quantities)
    deltas = {product_id: -quantity for product_id, quantity in quantities.items()}
    record_movements(deltas, kind=MovementKind.SALE, reason=reason, actor=actor)
    sold_out = [p.pk for p in products if not p.shows_stock_after(quantities[p.pk])]
    if sold_out:
        revision.bump(sold_out)


def return_stock(*, quantities: Quantities, reason: str, actor: AbstractUser | None) -> None:
    """Put back what a cancelled order took. Needs the caller's transaction; locks the products.

    The caller returns an order's stock once: it has just won the order's guarded UPDATE.
    """
    products = Product.objects.lock_all(list(quantities))
    Product.objects.filter(pk__in=quantities).update(stock=F("stock") + _units(quantities))
    record_movements(quantities, kind=MovementKind.CANCELLATION, reason=reason, actor=actor)
    back = [
        product.pk
        for product in products
        if not product.backorder and product.stock <= 0 < product.stock + quantities[product.pk]
    ]
    if back:
        revision.bump(back)


@transactional
def adjust_stock(*, product_id: int, delta: int, reason: str, actor: AbstractUser) -> Product:
    """Add ``delta`` pieces, or take them away.

    Raises ProductNotFound, ChooseVariant, OutOfStock, StockLimit.
    """
    try:
        product = Product.objects.not_archived().lock(product_id)
    except Product.DoesNotExist:
        raise ProductNotFound from None
    if product.has_variants:
        raise choose_variant(product_id)
    left = Q(stock__gte=-delta) | Q(backorder=True, stock__gte=-MAX_STOCK - delta)
    changed = Product.objects.filter(left, pk=product_id, stock__lte=MAX_STOCK - delta)
    if not changed.update(stock=F("stock") + delta):
        if delta > 0 or product.backorder:
            raise StockLimit(limit=MAX_STOCK)
        raise OutOfStock(product_id=product_id, available=product.stock, product_ids=[product_id])
    record_movements({product_id: delta}, kind=MovementKind.ADJUSTMENT, reason=reason, actor=actor)
    if not product.backorder and (product.stock > 0) != (product.stock + delta > 0):
        revision.bump([product_id])
    product.stock += delta
    return product


def stock_new(*, quantities: Quantities, actor: AbstractUser | None) -> None:
    """Record the stock that new products were inserted with. Needs the caller's transaction."""
    pieces = {pk: quantity for pk, quantity in quantities.items() if quantity}
    record_movements(pieces, kind=MovementKind.INITIAL, reason="Initial stock", actor=actor)


def adjust_locked(*, deltas: Quantities, reason: str, actor: AbstractUser | None) -> None:
    """Move the stock of many products, in one statement.

    ``deltas`` are worked out from rows that the caller has locked, in its transaction, and none
    leaves a stock below zero that may not be. The caller bumps the catalogue's revision.
    """
    pieces = {pk: delta for pk, delta in deltas.items() if delta}
    if not pieces:
        return
    changed = Product.objects.not_archived().filter(pk__in=pieces, has_variants=False)
    if changed.update(stock=F("stock") + _units(pieces)) != len(pieces):
        raise ProductUnavailable(product_ids=sorted(pieces))
    record_movements(pieces, kind=MovementKind.ADJUSTMENT, reason=reason, actor=actor)


def choose_variant(product_id: int) -> ChooseVariant:
    """Return the refusal of a product that asks for a choice, with what there is to choose."""
    variants = Product.objects.for_sale().filter(parent_id=product_id).order_by("position", "pk")
    choices = list(variants.values_list("pk", "options"))
    return ChooseVariant(
        product_id=product_id,
        variant_ids=[pk for pk, _ in choices],
        choices=[" / ".join(options) for _, options in choices],
    )


def record_movements(
    deltas: Quantities, *, kind: MovementKind, reason: str, actor: AbstractUser | None
) -> None:
    """Write a movement a product. The caller changes the stock in the same transaction."""
    actor_id = None if actor is None else actor.pk
    _MOVEMENTS.send_with_next(
        (pk, kind.value, delta, reason, actor_id) for pk, delta in deltas.items()
    )


_MOVEMENTS = Insert(StockMovement, "product_id", "kind", "delta", "reason", "actor_id")


def _units(quantities: Quantities) -> Expression:
    return ValueByKey("pk", keys=list(quantities), values=list(quantities.values()))


def _refuse(products: Sequence[LockedProduct], quantities: Quantities) -> None:
    gone = [product.pk for product in products if not product.is_sellable]
    if gone:
        raise ProductUnavailable(product_ids=gone)
    short = [product for product in products if product.lacks(quantities[product.pk])]
    if not short:
        raise StockLimit(limit=MAX_STOCK)
    raise OutOfStock(
        product_id=short[0].pk,
        available=short[0].stock,
        product_ids=[product.pk for product in short],
    )
