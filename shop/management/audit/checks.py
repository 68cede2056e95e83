"""The invariants of the database. Each check yields a sentence for each breach.

The numbers are those of RELIABILITY: I1 stock, I2 carts, I3 order totals, I4 payments, I5 refunds,
I9 the ledger of the demo gateway, I11 names. Sets of rows are compared in SQL, so that a million
rows take seconds. Amounts are rounded to cents, because SQLite computes decimals as floats.
"""

from collections.abc import Callable, Iterator

from django.db.models import Q

from accounts.addresses import fold, fold_address
from accounts.models import User
from catalog.categories.services import Parents, lineage
from catalog.models import Category, CategoryLink
from shop.management.audit import fulfilments, invoices, ledger, orders, payments, returns
from shop.management.audit.sql import CHUNK, rows


def stock_matches_movements() -> Iterator[str]:
    """I1: the stock of a product is the sum of its movements."""
    for pk, stock, moved in rows(
        """
        SELECT product.id, product.stock, COALESCE(moved.total, 0)
        FROM catalog_product product
        LEFT JOIN (SELECT product_id, SUM(delta) AS total FROM catalog_stockmovement
                   GROUP BY product_id) moved ON moved.product_id = product.id
        WHERE product.stock <> COALESCE(moved.total, 0)
           OR (product.stock < 0 AND NOT product.backorder)
        """
    ):
        yield f"product {pk} has {stock} in stock, but its movements add up to {moved}"


def sold_units_match_orders() -> Iterator[str]:
    """I1: the units sold and not returned are those of the orders.

    Orders that were cancelled, or refunded with the goods returned, do not count, and neither do
    units that were cancelled, or that came back into stock.
    """
    for pk, sold, held in rows(
        """
        SELECT product_id, SUM(sold), SUM(held)
        FROM (SELECT product_id, -delta AS sold, 0 AS held FROM catalog_stockmovement
              WHERE kind IN ('sale', 'cancellation', 'return')
              UNION ALL
              SELECT item.product_id, 0,
                     item.quantity - item.quantity_cancelled - item.quantity_restocked
              FROM orders_orderitem item JOIN orders_order placed ON placed.id = item.order_id
              WHERE placed.status <> 'cancelled' AND placed.restocked_at IS NULL) units
        GROUP BY product_id HAVING SUM(sold) <> SUM(held)
        """
    ):
        yield f"product {pk} has {sold} units sold by its movements, but {held} in orders"


def ordered_carts_have_orders() -> Iterator[str]:
    """I2: a cart is ordered if and only if it has an order, and that of a user is the user's.

    The order of a guest may have joined the account of its e-mail address.
    """
    for pk, status, order_id in rows(
        """
        SELECT cart.id, cart.status, placed.id
        FROM cart_cart cart LEFT JOIN orders_order placed ON placed.cart_id = cart.id
        WHERE (cart.status = 'ordered') <> (placed.id IS NOT NULL)
           OR placed.user_id <> cart.user_id
        """
    ):
        yield f"cart {pk} is {status}, but its order is {order_id}"


def order_totals_add_up() -> Iterator[str]:
    """I3: the subtotal of an order is the sum of its items, and that of an item price × quantity.

    An order of an earlier release has no subtotal: there the total is this sum.
    """
    for pk, total, items in rows(
        """
        SELECT placed.id, COALESCE(placed.subtotal, placed.total), items.total
        FROM orders_order placed
        LEFT JOIN (SELECT order_id, SUM(line_total) AS total, SUM(unit_price * quantity) AS product
                   FROM orders_orderitem GROUP BY order_id) items ON items.order_id = placed.id
        WHERE items.total IS NULL
           OR ROUND(items.total, 2) <> ROUND(COALESCE(placed.subtotal, placed.total), 2)
           OR ROUND(items.product, 2) <> ROUND(COALESCE(placed.subtotal, placed.total), 2)
        """
    ):
        yield f"order {pk} has the subtotal {total}, but its items add up to {items}"


def paid_amounts_match_payments() -> Iterator[str]:
    """I4: the paid amount of an order is what its payments captured.

    Late payments, which are refunded, do not count. An order whose total is 0 needs no payment. An
    order that is paid in full has a time of that; an earlier release set it for a part, too.
    """
    for pk, status, paid, count, captured in rows(
        """
        SELECT placed.id, placed.status, placed.amount_paid, COALESCE(got.number, 0),
               COALESCE(got.total, 0)
        FROM orders_order placed
        LEFT JOIN (SELECT payment.order_id, COUNT(*) AS number,
                          SUM(payment.amount_captured) AS total
                   FROM payments_payment payment
                   WHERE payment.status IN ('succeeded', 'refunded') AND NOT payment.is_late
                   GROUP BY payment.order_id) got
            ON got.order_id = placed.id
        WHERE ROUND(placed.amount_paid, 2) <> ROUND(COALESCE(got.total, 0), 2)
           OR (placed.paid_at IS NOT NULL AND got.number IS NULL AND placed.total <> 0)
           OR (placed.paid_at IS NULL AND placed.amount_paid > 0
               AND ROUND(placed.amount_paid, 2)
                   >= ROUND(placed.total - placed.amount_cancelled, 2))
           OR (placed.status = 'paid' AND placed.paid_at IS NULL)
           OR (placed.status = 'paid' AND ROUND(placed.amount_paid, 2)
                                          < ROUND(placed.total - placed.amount_cancelled, 2))
           OR (placed.status = 'cancelled'
               AND ROUND(placed.amount_paid, 2) <> ROUND(placed.amount_refunded, 2))
        """
    ):
        yield f"order {pk} is {status} with {paid} paid, but {count} payments captured {captured}"


def payments_match_the_demo_gateway() -> Iterator[str]:
    """I5, I9: the demo gateway captured and refunded the amounts of the payments."""
    for key, payment, status, charge, amount, refunded in rows(
        """
        SELECT charge.key, payment.id, payment.status, charge.status,
               COALESCE(charge.captured, charge.amount), charge.refunded
        FROM payments_payment payment
        LEFT JOIN payments_democharge charge ON charge.key = payment.provider_key
        LEFT JOIN (SELECT payment_id,
                   SUM(CASE WHEN status = 'succeeded' AND NOT by_hand THEN amount END) AS total,
                   SUM(CASE WHEN status <> 'failed' AND by_hand THEN amount END) AS by_hand
                   FROM payments_refund GROUP BY payment_id) back
            ON back.payment_id = payment.id
        WHERE payment.method = 'card' AND (
            (payment.status IN ('succeeded', 'refund_pending', 'refunded') AND (
                charge.id IS NULL OR charge.status <> 'succeeded'
                OR ROUND(COALESCE(charge.captured, charge.amount), 2)
                   <> ROUND(payment.amount_captured, 2)
                OR ROUND(charge.capturable, 2) > ROUND(payment.amount_capturable, 2)))
            OR ROUND(charge.refunded, 2) < ROUND(COALESCE(back.total, 0), 2)
            OR ROUND(charge.refunded, 2)
               > ROUND(payment.amount_refunded - COALESCE(back.by_hand, 0), 2)
            OR (payment.status = 'authorised' AND charge.status = 'declined')
            OR (payment.status IN ('failed', 'cancelled') AND charge.status = 'succeeded'))
        """
    ):
        yield (
            f"payment {payment} is {status}, but charge {key} is {charge} of {amount} "
            f"with {refunded} refunded"
        )


def an_order_has_the_status_of_its_last_event() -> Iterator[str]:
    """The status of an order is that of its last event."""
    for pk, status, event in rows(
        """
        SELECT placed.id, placed.status, event.status
        FROM orders_order placed
        LEFT JOIN (SELECT order_id, MAX(id) AS id FROM orders_orderevent GROUP BY order_id) latest
            ON latest.order_id = placed.id
        LEFT JOIN orders_orderevent event ON event.id = latest.id
        WHERE event.id IS NULL OR event.status <> placed.status
        """
    ):
        yield f"order {pk} is {status}, but its last event is {event}"


def keys_of_users_match_their_names() -> Iterator[str]:
    """I11: the unique keys of a user are derived from the username and the e-mail address."""
    users = User.objects.order_by("pk").values_list(
        "pk", "username", "username_key", "email", "email_key"
    )
    for pk, username, username_key, email, email_key in users.iterator(chunk_size=CHUNK):
        if (username_key, email_key) != (fold(username), fold_address(email)):
            yield f"user {pk} has keys that do not match: {username_key!r}, {email_key!r}"


def deleted_users_have_no_personal_data() -> Iterator[str]:
    """The row of a deleted account names nobody, and has no address."""
    kept = Q(addresses__isnull=False) | Q(email_changes__isnull=False)
    kept |= Q(email_verified_at__isnull=False)
    for name in ("first_name", "last_name", "phone"):
        kept |= ~Q(**{name: ""})
    kept |= ~Q(email_key__endswith="@deleted.invalid")
    deleted = User.objects.filter(kept, deleted_at__isnull=False).distinct()
    for pk in deleted.order_by("pk").values_list("pk", flat=True):
        yield f"user {pk} was deleted, but has personal data"


def links_of_categories_match_their_parents() -> Iterator[str]:
    """The links between categories, which filters use, match their parents."""
    parents: Parents = dict(Category.objects.values_list("pk", "parent_id"))
    tree = {(pk, above) for pk in parents for above in lineage(pk, parents)}
    links = set(CategoryLink.objects.values_list("category_id", "above_id"))
    for pk, above in sorted(tree ^ links):
        yield f"category {pk} {'has no' if (pk, above) in tree else 'has a wrong'} link to {above}"


def variants_match_their_products() -> Iterator[str]:
    """A variant has the publication and the category of its product."""
    for pk, parent in rows(
        """
        SELECT variant.id, product.id
        FROM catalog_product variant JOIN catalog_product product ON product.id = variant.parent_id
        WHERE variant.archived_at IS NULL AND (
            product.archived_at IS NOT NULL OR NOT product.has_variants
            OR variant.is_published <> product.is_published
            OR COALESCE(variant.category_id, 0) <> COALESCE(product.category_id, 0)
            OR (variant.publish_at IS NULL) <> (product.publish_at IS NULL)
            OR variant.publish_at <> product.publish_at)
        """
    ):
        yield f"variant {pk} does not follow product {parent}"


def a_product_has_the_price_of_its_cheapest_variant() -> Iterator[str]:
    """The price of a product in lists, sort orders and filters is that of its cheapest variant."""
    for pk, price, cheapest in rows(
        """
        SELECT product.id, product.price, cheapest.price
        FROM catalog_product product
        JOIN (SELECT parent_id, MIN(price) AS price FROM catalog_product
              WHERE archived_at IS NULL AND parent_id IS NOT NULL
              GROUP BY parent_id) cheapest ON cheapest.parent_id = product.id
        WHERE product.archived_at IS NULL AND ROUND(product.price, 2) <> ROUND(cheapest.price, 2)
        """
    ):
        yield f"product {pk} costs {price}, but its cheapest variant {cheapest}"


def a_product_has_the_price_of_its_last_change() -> Iterator[str]:
    """The price of a product is that of its last price change (the lowest price uses them)."""
    for pk, price, last in rows(
        """
        SELECT product.id, product.price, change.price
        FROM catalog_product product
        LEFT JOIN (SELECT product_id, MAX(id) AS id FROM catalog_pricechange GROUP BY product_id)
            latest ON latest.product_id = product.id
        LEFT JOIN catalog_pricechange change ON change.id = latest.id
        WHERE change.id IS NULL OR ROUND(change.price, 2) <> ROUND(product.price, 2)
        """
    ):
        yield f"product {pk} costs {price}, but its last price change is {last}"


CHECKS: tuple[Callable[[], Iterator[str]], ...] = (
    stock_matches_movements,
    sold_units_match_orders,
    ordered_carts_have_orders,
    order_totals_add_up,
    orders.adjustments_match_their_orders,
    orders.taxes_match_their_orders,
    orders.uses_of_vouchers_match_their_redemptions,
    orders.redemptions_match_their_orders,
    orders.uses_of_promotions_match_their_orders,
    paid_amounts_match_payments,
    payments.orders_have_one_active_payment,
    payments.payments_match_their_orders,
    payments.committed_amounts_match_payments,
    ledger.payments_match_the_ledger,
    ledger.refunds_match_the_ledger,
    ledger.payments_match_their_refunds,
    ledger.orders_match_their_refunds,
    ledger.disputes_match_the_ledger,
    ledger.orders_are_flagged_for_their_disputes,
    ledger.shipped_orders_are_paid,
    payments_match_the_demo_gateway,
    invoices.numbers_have_no_gap,
    invoices.invoices_match_their_orders,
    invoices.credits_are_within_their_invoices,
    returns.returned_units_match_their_returns,
    returns.refunds_match_their_items,
    returns.refunds_have_at_most_their_amount_for_items,
    returns.cancelled_amounts_match_their_items,
    an_order_has_the_status_of_its_last_event,
    fulfilments.shipped_quantities_match_fulfilments,
    fulfilments.fulfilments_have_items_of_their_orders,
    fulfilments.fulfilment_statuses_match_fulfilments,
    fulfilments.statuses_follow_from_rows,
    fulfilments.payment_statuses_match_amounts,
    keys_of_users_match_their_names,
    deleted_users_have_no_personal_data,
    links_of_categories_match_their_parents,
    variants_match_their_products,
    a_product_has_the_price_of_its_cheapest_variant,
    a_product_has_the_price_of_its_last_change,
)
