"""The one lock of carts (RELIABILITY R4, R5): the user's row if there is one, then the cart's.

The user's row exists before the user has a cart, so that this lock also serializes requests that
open the first cart. Each lock is sent together with the statement that reads the cart; that
statement sees what was committed before the lock was granted.
"""

from django.db import connection

from cart.guests import Buyer
from cart.statements import cart_for_update, open_cart_id
from shop.engine import send_with_next

# The inner query locks the user first, since PostgreSQL does not merge a query that locks rows into
# the outer one. A cart that another transaction has opened meanwhile is not found, and its rows are
# safe: their writers lock the user.
_LOCK_OF_USER = """
SELECT (SELECT cart.id FROM cart_cart cart
        WHERE cart.user_id = buyer.id AND cart.status = 'open' FOR NO KEY UPDATE)
FROM (SELECT id FROM accounts_user WHERE id = %s FOR NO KEY UPDATE) buyer
"""


def lock_cart_with_next_statement(buyer: Buyer) -> None:
    """Lock the buyer's open cart before the next statement is executed. Needs a transaction.

    Locks a user first, then the cart; of a guest only the cart, and of a draft too, whose customer
    its writers have locked (``cart.drafts``). SQLite has one lock for all rows.
    """
    if buyer.cart_id is not None:
        cart_for_update.lock_with_next_statement(cart_id=buyer.cart_id)
    elif buyer.user is not None and connection.vendor == "postgresql":
        send_with_next(_LOCK_OF_USER, [buyer.user.pk])


def lock_cart(buyer: Buyer) -> int | None:
    """Lock the buyer's open cart and return its id, or None if there is none.

    Needs the caller's transaction. The lock lasts until it ends.
    """
    lock_cart_with_next_statement(buyer)
    row = open_cart_id.row(**buyer.key)
    return None if row is None else row.cart_id
