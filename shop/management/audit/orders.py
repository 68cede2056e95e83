"""The invariants of what an order consists of: discounts, shipping, fee, tax and vouchers."""

from collections.abc import Iterator

from shop.management.audit.sql import rows


def adjustments_match_their_orders() -> Iterator[str]:
    """I3: discounts, shipping and fee of an order are the sums of its adjustments.

    The discounts are those of its items, too.
    """
    for pk, discounts, shipping, fees in rows(
        """
        SELECT placed.id, COALESCE(part.discounts, 0), COALESCE(part.shipping, 0),
               COALESCE(part.fees, 0)
        FROM orders_order placed
        LEFT JOIN (SELECT order_id,
                   SUM(CASE kind WHEN 'discount' THEN amount ELSE 0 END) AS discounts,
                   SUM(CASE kind WHEN 'shipping' THEN amount WHEN 'shipping_discount' THEN -amount
                       ELSE 0 END) AS shipping,
                   SUM(CASE kind WHEN 'fee' THEN amount ELSE 0 END) AS fees
                   FROM orders_orderadjustment GROUP BY order_id) part ON part.order_id = placed.id
        LEFT JOIN (SELECT order_id, SUM(discount) AS discounts FROM orders_orderitem
                   GROUP BY order_id) items ON items.order_id = placed.id
        WHERE placed.subtotal IS NOT NULL AND (
            ROUND(COALESCE(part.discounts, 0), 2) <> ROUND(placed.discount_total, 2)
            OR ROUND(COALESCE(items.discounts, 0), 2) <> ROUND(placed.discount_total, 2)
            OR ROUND(COALESCE(part.shipping, 0), 2) <> ROUND(placed.shipping_total, 2)
            OR ROUND(COALESCE(part.fees, 0), 2) <> ROUND(placed.fee_total, 2))
        """
    ):
        yield (
            f"order {pk} has adjustments of {discounts} for discounts, {shipping} for shipping and "
            f"{fees} for fees, which are not those of the order and its items"
        )


def taxes_match_their_orders() -> Iterator[str]:
    """I3: the tax of an order is the sum of its rates, of which items have at most all."""
    for pk, total, taxes, items in rows(
        """
        SELECT placed.id, placed.tax_total, COALESCE(rate.total, 0), COALESCE(items.total, 0)
        FROM orders_order placed
        LEFT JOIN (SELECT order_id, SUM(amount) AS total FROM orders_ordertax
                   GROUP BY order_id) rate ON rate.order_id = placed.id
        LEFT JOIN (SELECT order_id, SUM(tax) AS total FROM orders_orderitem
                   GROUP BY order_id) items ON items.order_id = placed.id
        WHERE placed.subtotal IS NOT NULL AND (
            ROUND(COALESCE(rate.total, 0), 2) <> ROUND(placed.tax_total, 2)
            OR ROUND(COALESCE(items.total, 0), 2) > ROUND(placed.tax_total, 2))
        """
    ):
        yield f"order {pk} has a tax of {total}, but its rates {taxes} and its items {items}"


def uses_of_vouchers_match_their_redemptions() -> Iterator[str]:
    """I12: a voucher was used as often as it has redemptions that were not released."""
    for pk, used, redeemed in rows(
        """
        SELECT voucher.id, voucher.used, COALESCE(redeemed.number, 0)
        FROM cart_voucher voucher
        LEFT JOIN (SELECT voucher_id, COUNT(*) AS number FROM cart_voucherredemption
                   WHERE released_at IS NULL GROUP BY voucher_id) redeemed
            ON redeemed.voucher_id = voucher.id
        WHERE voucher.used <> COALESCE(redeemed.number, 0)
        """
    ):
        yield f"voucher {pk} was used {used} times, but has {redeemed} redemptions"


def redemptions_match_their_orders() -> Iterator[str]:
    """I12: a use of a code belongs to an order, and is released if and only if it was cancelled."""
    yield from _uses_differ("redemption", "cart_voucherredemption")


def uses_of_promotions_match_their_orders() -> Iterator[str]:
    """I12: the same for a use of a promotion with a limit."""
    yield from _uses_differ("use", "cart_promotionuse")


def _uses_differ(noun: str, table: str) -> Iterator[str]:
    for pk, order_id, status in rows(
        f"""
        SELECT used.id, used.order_id, placed.status
        FROM {table} used
        LEFT JOIN orders_order placed ON placed.id = used.order_id
        WHERE placed.id IS NULL
           OR (used.released_at IS NOT NULL) <> (placed.status = 'cancelled')
        """  # noqa: S608 - a constant
    ):
        yield f"{noun} {pk} of order {order_id} does not match its status {status}"
