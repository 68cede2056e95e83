"""The invariants that a database can show, each a check that yields a line for each breach.

Numbers as in RELIABILITY: I1 stock, I2 carts, I3 order totals, I4 payments, I5 refunds, I9 the demo
gateway's ledger, I11 names. Sets of rows are compared in SQL, so a million rows take seconds. Money
is compared in rounded cents, since SQLite computes decimals as floats.
"""

from collections.abc import Callable, Iterator

from accounts.models import User, fold
from catalog.categories.services import Parents, lineage
from catalog.models import Category, CategoryLink
from shop.management.audit import ledger
from shop.management.audit.sql import CHUNK, rows


def stock_is_the_sum_of_its_movements() -> Iterator[str]:
    """I1: whatever changed stock left a movement."""
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
        yield f"product {pk} has {stock} in stock, its movements add up to {moved}"


def sales_are_what_orders_hold() -> Iterator[str]:
    """I1: pieces sold, less those returned, are those of orders that are not undone.

    An order is undone by its cancelling, or by a refund whose goods came back.
    """
    for pk, sold, held in rows(
        """
        SELECT product_id, SUM(sold), SUM(held)
        FROM (SELECT product_id, -delta AS sold, 0 AS held FROM catalog_stockmovement
              WHERE kind IN ('sale', 'cancellation')
              UNION ALL
              SELECT item.product_id, 0, item.quantity
              FROM orders_orderitem item JOIN orders_order placed ON placed.id = item.order_id
              WHERE placed.status <> 'cancelled' AND placed.restocked_at IS NULL) pieces
        GROUP BY product_id HAVING SUM(sold) <> SUM(held)
        """
    ):
        yield f"product {pk}: movements say {sold} sold, orders hold {held}"


def an_ordered_cart_has_its_order() -> Iterator[str]:
    """I2: a cart is ordered exactly if it became an order of the same user."""
    for pk, status, order_id in rows(
        """
        SELECT cart.id, cart.status, placed.id
        FROM cart_cart cart LEFT JOIN orders_order placed ON placed.cart_id = cart.id
        WHERE (cart.status = 'ordered') <> (placed.id IS NOT NULL)
           OR placed.user_id <> cart.user_id
        """
    ):
        yield f"cart {pk} is {status}, its order is {order_id}"


def order_totals_add_up() -> Iterator[str]:
    """I3: an order's total is the sum of its lines, and each line its price times its quantity."""
    for pk, total, lines in rows(
        """
        SELECT placed.id, placed.total, lines.total
        FROM orders_order placed
        LEFT JOIN (SELECT order_id, SUM(line_total) AS total, SUM(unit_price * quantity) AS product
                   FROM orders_orderitem GROUP BY order_id) lines ON lines.order_id = placed.id
        WHERE lines.total IS NULL OR ROUND(lines.total, 2) <> ROUND(placed.total, 2)
           OR ROUND(lines.product, 2) <> ROUND(placed.total, 2)
        """
    ):
        yield f"order {pk} has total {total}, its lines add up to {lines}"


def money_of_orders_is_money_of_payments() -> Iterator[str]:
    """I4: an order shows as paid what its one payment brought, or nothing.

    Money that came late and went back is none of the order's.
    """
    for pk, status, paid, count, money in rows(
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
           OR COALESCE(got.number, 0) > 1
           OR (placed.paid_at IS NOT NULL) <> (got.number IS NOT NULL)
           OR (placed.status = 'paid' AND got.number IS NULL)
           OR (placed.status = 'paid' AND ROUND(got.total, 2) <> ROUND(placed.total, 2))
           OR (placed.status IN ('pending', 'cancelled') AND got.number IS NOT NULL)
        """
    ):
        yield f"order {pk} is {status} with {paid} paid, its {count} payments brought {money}"


def an_order_has_one_live_payment() -> Iterator[str]:
    """I4: of the payments of an order at most one is open or succeeded."""
    for pk, count in rows(
        """
        SELECT order_id, COUNT(*) FROM payments_payment
        WHERE status IN ('pending', 'requires_action', 'succeeded')
        GROUP BY order_id HAVING COUNT(*) > 1
        """
    ):
        yield f"order {pk} has {count} live payments"


def payments_are_of_their_order() -> Iterator[str]:
    """I4: a payment asks for its order's total, in its currency."""
    for pk, amount, total in rows(
        """
        SELECT payment.id, payment.amount, placed.total
        FROM payments_payment payment JOIN orders_order placed ON placed.id = payment.order_id
        WHERE ROUND(payment.amount, 2) <> ROUND(placed.total, 2)
           OR payment.currency <> placed.currency
        """
    ):
        yield f"payment {pk} is of {amount}, its order of {total}"


def the_gateway_agrees() -> Iterator[str]:
    """I5, I9: the demo gateway took and gave back what the payments say, and nothing else."""
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
                   <> ROUND(payment.amount_captured, 2)))
            OR ROUND(charge.refunded, 2) < ROUND(COALESCE(back.total, 0), 2)
            OR ROUND(charge.refunded, 2)
               > ROUND(payment.amount_refunded - COALESCE(back.by_hand, 0), 2)
            OR (payment.status = 'authorised' AND charge.status = 'declined')
            OR (payment.status IN ('failed', 'cancelled') AND charge.status = 'succeeded'))
        """
    ):
        yield (
            f"payment {payment} is {status}, charge {key} is {charge} of {amount} "
            f"with {refunded} refunded"
        )


def the_last_event_tells_the_status() -> Iterator[str]:
    """An order's status is the one that its last event reached."""
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
        yield f"order {pk} is {status}, its last event says {event}"


def names_are_unique_as_people_read_them() -> Iterator[str]:
    """I11: every user's keys are those of name and address; the database has them unique."""
    users = User.objects.order_by("pk").values_list(
        "pk", "username", "username_key", "email", "email_key"
    )
    for pk, username, username_key, email, email_key in users.iterator(chunk_size=CHUNK):
        if (username_key, email_key) != (fold(username), fold(email)):
            yield f"user {pk} has keys of another spelling: {username_key!r}, {email_key!r}"


def what_lies_below_a_category_is_linked_to_it() -> Iterator[str]:
    """The links that filters follow are the tree that its parents make."""
    parents: Parents = dict(Category.objects.values_list("pk", "parent_id"))
    tree = {(pk, above) for pk in parents for above in lineage(pk, parents)}
    links = set(CategoryLink.objects.values_list("category_id", "above_id"))
    for pk, above in sorted(tree ^ links):
        yield f"category {pk} {'lacks' if (pk, above) in tree else 'has'} a link to {above}"


def variants_follow_their_product() -> Iterator[str]:
    """A variant is published with its product, lies in its category, and answers its options."""
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


def a_product_costs_what_its_cheapest_variant_costs() -> Iterator[str]:
    """The price that lists show, sort and filter by is that of the cheapest variant."""
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
        yield f"product {pk} costs {price}, its cheapest variant {cheapest}"


def the_last_price_change_tells_the_price() -> Iterator[str]:
    """Whatever changed a price left its history, which the lowest of 30 days is read from."""
    for pk, price, told in rows(
        """
        SELECT product.id, product.price, change.price
        FROM catalog_product product
        LEFT JOIN (SELECT product_id, MAX(id) AS id FROM catalog_pricechange GROUP BY product_id)
            latest ON latest.product_id = product.id
        LEFT JOIN catalog_pricechange change ON change.id = latest.id
        WHERE change.id IS NULL OR ROUND(change.price, 2) <> ROUND(product.price, 2)
        """
    ):
        yield f"product {pk} costs {price}, its last price change says {told}"


CHECKS: tuple[Callable[[], Iterator[str]], ...] = (
    stock_is_the_sum_of_its_movements,
    sales_are_what_orders_hold,
    an_ordered_cart_has_its_order,
    order_totals_add_up,
    money_of_orders_is_money_of_payments,
    an_order_has_one_live_payment,
    payments_are_of_their_order,
    ledger.payments_are_what_the_ledger_says,
    ledger.refunds_are_what_the_ledger_says,
    ledger.payments_show_their_refunds,
    ledger.orders_show_their_refunds,
    the_gateway_agrees,
    the_last_event_tells_the_status,
    names_are_unique_as_people_read_them,
    what_lies_below_a_category_is_linked_to_it,
    variants_follow_their_product,
    a_product_costs_what_its_cheapest_variant_costs,
    the_last_price_change_tells_the_price,
)
