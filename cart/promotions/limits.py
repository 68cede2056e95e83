"""How often promotions were used, which some of them limit.

A promotion's row is the lock of its uses: who places an order locks it before the cart is priced,
so that the uses that are read after it are all that there are.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from accounts.addresses import fold_address
from cart.promotions.customers import customer_of, of_customer
from cart.promotions.models import Promotion, PromotionUse
from shop.engine import Insert, select


class _PromotionId(NamedTuple):
    promotion_id: int


@select(_PromotionId)
def _for_update(*, ids: list[int]) -> QuerySet[Promotion, tuple[int]]:
    """Promotions, locked in ascending id."""
    promotions = Promotion.objects.filter(pk__in=ids).order_by("pk")
    return promotions.select_for_update(no_key=True).values_list("pk")


@select(_PromotionId)
def _used_up(
    *, ids: list[int], user_id: int | None = None, email_key: str | None = None
) -> QuerySet[Promotion, tuple[int]]:
    """The promotions that this customer cannot use any more."""
    active = PromotionUse.objects.filter(released_at=None, promotion_id=OuterRef("pk")).order_by()
    by_customer = active.filter(of_customer(user_id, email_key))
    number, by_this = (
        Subquery(uses.values("promotion_id").values_list(Count("pk")))
        for uses in (active, by_customer)
    )
    is_reached = Q(max_uses__lte=number) | Q(max_uses_per_customer__lte=by_this)
    return Promotion.objects.filter(is_reached, pk__in=ids).values_list("pk")


_new_uses = Insert(PromotionUse, "order_id", "promotion_id", "user_id", "email_key")


def used_up_promotions(
    ids: Sequence[int], *, user_id: int | None, email: str, lock: bool
) -> frozenset[int]:
    """Return which of these promotions were used as often as their limits allow this customer.

    One statement, and none without ids. With ``lock``, which needs the caller's transaction, the
    promotions are locked in ascending id until it ends, by a statement more. The uses of a customer
    are those of the account as well as of the e-mail address.
    """
    if not ids:
        return frozenset()
    if lock:
        _for_update.lock_with_next_statement(ids=list(ids))
    rows = _used_up.rows(ids=list(ids), **customer_of(user_id, email))
    return frozenset(row.promotion_id for row in rows)


def count_uses(ids: Sequence[int], *, order_id: int, user_id: int | None, email: str) -> None:
    """Count a use of each promotion, which ``used_up_promotions`` has locked, for a new order.

    Needs the caller's transaction, and takes effect with its next statement.
    """
    key = fold_address(email)
    _new_uses.send_with_next((order_id, pk, user_id, key) for pk in ids)
