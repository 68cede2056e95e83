"""How the shop grows: ``python -m bench.growth`` asks it at 1,000 products and at a million orders.

Each request is made inside this process on a PostgreSQL of its own, so that nothing but the request
is timed; ``--plans FILE`` writes PostgreSQL's plan of each hot statement at the larger size.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from shop.testing.postgres import running_postgres
from shop.testing.server import environment_for, fresh_database, manage

_SIZES = {"small": (1_000, 1_000, 10_000), "large": (100_000, 100_000, 1_000_000)}
_REPEAT = 15

# Products, customers, half of them with a cart, orders of two lines each, paid; the books balance.
_LOAD = """
SET statement_timeout = 0; SET synchronous_commit = off;
INSERT INTO accounts_user (id, password, is_superuser, first_name, last_name, is_staff, is_active,
    date_joined, username, email, username_key, email_key, token_version)
SELECT i, 'x', false, '', '', false, true, now(), 'u' || i, 'u' || i || '@example.com', 'u' || i,
    'u' || i || '@example.com', 0 FROM generate_series(1, {customers}) i;
INSERT INTO catalog_product (id, name, description, price, stock, is_published)
SELECT i, 'Product ' || i, repeat('Made for the benchmark. ', 10), 10,
    1000000 - 2 * {orders} / {products}, true FROM generate_series(1, {products}) i;
INSERT INTO catalog_stockmovement (product_id, kind, delta, reason)
SELECT i, 'initial', 1000000, '' FROM generate_series(1, {products}) i;
INSERT INTO cart_cart (id, user_id, status)
SELECT i, 1 + i % {customers}, 'ordered' FROM generate_series(1, {orders}) i;
INSERT INTO cart_cart (id, user_id, status)
SELECT {orders} + i, i, 'open' FROM generate_series(1, {customers}, 2) i;
INSERT INTO cart_cartitem (cart_id, product_id, quantity)
SELECT {orders} + i, 1 + (i + n) % {products}, 1
FROM generate_series(1, {customers}, 2) i, generate_series(1, 3) n;
INSERT INTO orders_order (id, user_id, cart_id, status, total, amount_paid, currency, paid_at,
    created_at)
SELECT i, 1 + i % {customers}, i, 'paid', 20, 20, 'USD', now(), now() - i * interval '1 second'
FROM generate_series(1, {orders}) i;
INSERT INTO orders_orderitem (order_id, product_id, name, unit_price, quantity, line_total)
SELECT i, 1 + (i + n) % {products}, 'Product', 10, 1, 10
FROM generate_series(1, {orders}) i, generate_series(0, 1) n;
INSERT INTO orders_orderevent (order_id, status, note)
SELECT i, status, '' FROM generate_series(1, {orders}) i, (VALUES ('pending'), ('paid')) s (status);
INSERT INTO catalog_stockmovement (product_id, kind, delta, reason)
SELECT product_id, 'sale', -1, '' FROM orders_orderitem;
INSERT INTO payments_payment (order_id, method, status, amount, currency, provider_key,
    provider_reference, settled_at, amount_captured)
SELECT i, 'card', 'succeeded', 20, 'USD', gen_random_uuid(), '', now(), 20
FROM generate_series(1, {orders}) i;
INSERT INTO payments_ledgerentry (payment_id, kind, amount, reference)
SELECT id, 'captured', 20, '' FROM payments_payment;
INSERT INTO payments_democharge (key, amount, currency, status, refund_key, refunded)
SELECT provider_key, 20, 'USD', 'succeeded', '', 0 FROM payments_payment;
INSERT INTO token_blacklist_outstandingtoken (user_id, jti, token, created_at, expires_at)
SELECT i, md5(i::text || n), '', now(), now() + interval '14 days'
FROM generate_series(1, {customers}) i, generate_series(1, 2) n;
INSERT INTO token_blacklist_blacklistedtoken (token_id, blacklisted_at)
SELECT id, now() FROM token_blacklist_outstandingtoken WHERE id % 10 = 0;
SELECT setval(pg_get_serial_sequence(name, 'id'), 10000000) FROM unnest(ARRAY['accounts_user',
    'catalog_product', 'cart_cart', 'orders_order']) name;
VACUUM ANALYZE;
"""


def main() -> int:
    """Start a database for each size, measure in a process of its own, print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth")
    parser.add_argument("--plans", default="", help="write the plans to this file")
    parser.add_argument("--inside", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        _measure(options.inside, options.plans)
        return 0
    for size in _SIZES:
        with running_postgres(durable=True) as server, fresh_database(server) as database:
            environment = environment_for(database, DJANGO_SETTINGS_MODULE="shop.settings")
            manage(environment, "migrate", "--verbosity", "0")
            command = [sys.executable, "-m", "bench.growth", "--inside", size]
            plans = ["--plans", options.plans] if options.plans and size == "large" else []
            subprocess.run([*command, *plans], env=environment, check=True)
    return 0


def _measure(size: str, plans: str) -> None:
    import django  # noqa: PLC0415 - the outer process has no settings

    django.setup()
    from bench.growth_requests import Shopper  # noqa: PLC0415 - as above

    products, customers, orders = _SIZES[size]
    start = time.perf_counter()
    _load(_LOAD.format(products=products, customers=customers, orders=orders))
    sys.stdout.write(
        f"\n{products:,} products, {orders:,} orders "
        f"(loaded in {time.perf_counter() - start:.0f} s)\n"
    )
    shopper = Shopper(customers)
    for name, request in shopper.requests().items():
        sys.stdout.write(f"{name:32} {1000 * _time(request):8.1f} ms\n")
        sys.stdout.flush()
    start = time.perf_counter()
    manage(dict(os.environ), "audit")
    sys.stdout.write(f"{'manage.py audit':32} {1000 * (time.perf_counter() - start):8.0f} ms\n")
    if plans:
        Path(plans).write_text(shopper.plans())


def _load(script: str) -> None:
    from django.db import connection  # noqa: PLC0415 - as above

    for statement in script.split(";\n"):
        if statement.strip():
            with connection.cursor() as cursor:
                cursor.execute(statement)


def _time(request: Callable[[], Any]) -> float:
    """Return the median time of a request, in seconds; the first two are not counted."""
    times = []
    for _ in range(_REPEAT + 2):
        start = time.perf_counter()
        request()
        times.append(time.perf_counter() - start)
    return median(times[2:])


if __name__ == "__main__":
    raise SystemExit(main())
