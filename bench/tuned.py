"""``tuned``: the fastest possible checkout and login, as a limit, not as a design.

Each view executes one SQL statement on the tables of the shop. It verifies the token, but does not
read the user or validate the body. There are no idempotency keys, stock movements, ledger, gateway,
sessions, refresh tokens and rate limits. Any error is a 500.
"""

import time
from collections.abc import Callable
from typing import Any

import orjson
from argon2 import PasswordHasher
from django.db import connection
from django.http import HttpRequest, HttpResponse
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.settings import api_settings

_tokens = TokenBackend(api_settings.ALGORITHM, api_settings.SIGNING_KEY)

_ADD = """
WITH cart AS (
    INSERT INTO cart_cart (user_id, status) VALUES (%(user)s, 'open')
    ON CONFLICT (user_id) WHERE status = 'open' DO UPDATE SET status = 'open' RETURNING id)
INSERT INTO cart_cartitem (cart_id, product_id, quantity)
SELECT cart.id, product.id, %(quantity)s FROM cart, catalog_product product
WHERE product.id = %(product_id)s AND product.stock >= %(quantity)s
ON CONFLICT (cart_id, product_id)
    DO UPDATE SET quantity = cart_cartitem.quantity + excluded.quantity
RETURNING cart_id
"""
_ORDER = """
WITH claimed AS (
    UPDATE cart_cart SET status = 'ordered'
    WHERE id = %(cart_id)s AND user_id = %(user)s AND status = 'open' RETURNING id),
lines AS (
    SELECT item.product_id, product.name, product.price, item.quantity
    FROM claimed JOIN cart_cartitem item ON item.cart_id = claimed.id
    JOIN catalog_product product ON product.id = item.product_id),
taken AS (
    UPDATE catalog_product product SET stock = stock - lines.quantity FROM lines
    WHERE product.id = lines.product_id),
placed AS (
    INSERT INTO orders_order (user_id, cart_id, status, total, amount_paid, currency)
    SELECT %(user)s, claimed.id, 'pending', (SELECT sum(price * quantity) FROM lines), 0, 'EUR'
    FROM claimed RETURNING id),
items AS (
    INSERT INTO orders_orderitem (order_id, product_id, name, unit_price, quantity, line_total)
    SELECT placed.id, product_id, name, price, quantity, price * quantity FROM placed, lines)
SELECT id FROM placed
"""
_PAYMENT = """
WITH paid AS (
    UPDATE orders_order SET status = 'paid', amount_paid = total, paid_at = now()
    WHERE id = %(order_id)s AND user_id = %(user)s AND status = 'pending' RETURNING id, total)
INSERT INTO payments_payment (order_id, method, status, amount, amount_captured, currency,
    captures_later, is_late, provider_key, provider_reference, settled_at)
SELECT id, 'card', 'succeeded', total, total, 'EUR', false, false, gen_random_uuid(), '', now()
FROM paid RETURNING id
"""


_LOGIN = "SELECT id, password FROM accounts_user WHERE username_key = %s"


def _view(statement: str, id_name: str) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        claims: Any = _tokens.decode(request.META["HTTP_AUTHORIZATION"].partition(" ")[2])
        with connection.cursor() as cursor:
            cursor.execute(statement, {**orjson.loads(request.body), "user": claims["user_id"]})
            (pk,) = cursor.fetchone()
        return HttpResponse(orjson.dumps({id_name: pk}), content_type="application/json")

    return view


add = _view(_ADD, "cart_id")
order = _view(_ORDER, "order_id")
payment = _view(_PAYMENT, "payment_id")


def login(request: HttpRequest) -> HttpResponse:
    """Check the password, with the hash of the shop, and sign a token."""
    given = orjson.loads(request.body)
    with connection.cursor() as cursor:
        cursor.execute(_LOGIN, [given["username"]])
        pk, encoded = cursor.fetchone()
    PasswordHasher().verify(encoded.removeprefix("argon2"), given["password"])
    token = _tokens.encode({"user_id": str(pk), "exp": int(time.time()) + 900})
    return HttpResponse(orjson.dumps({"token": token}), content_type="application/json")
