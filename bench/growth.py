"""``python -m bench.growth``: the times of requests in a small database and in a large one.

Requests run in this process, without a server. ``--plans FILE`` writes PostgreSQL's plans of the
statements of frequent requests in the large database.
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

# The words of product names. Each is in a tenth or a fiftieth of all names.
WORDS = {
    "colours": (  # noqa: SIM905 - read as prose
        "red blue green black white yellow purple orange brown grey "
    ).split(),
    "materials": (  # noqa: SIM905 - read as prose
        "ceramic wooden steel glass cotton linen leather copper bamboo paper "
    ).split(),
    "things": (  # noqa: SIM905 - read as prose
        "teapot kettle mug plate bowl spoon knife fork pan lid jug vase lamp chair table "
        "shelf mirror clock rug cushion curtain blanket towel basket box tray candle "
        "frame hook rack bench stool desk cabinet drawer bottle flask grinder sieve whisk "
        "ladle apron glove scarf hat belt bag wallet notebook pencil "
    ).split(),
}
# Products, half of them with twelve variants, customers, carts of half of them, and paid orders of
# two items of the other products. ``audit`` passes.
_LOAD = """
SET statement_timeout = 0; SET synchronous_commit = off;
INSERT INTO accounts_user (id, password, is_superuser, first_name, last_name, is_staff, is_active,
    date_joined, username, email, username_key, email_key, token_version)
SELECT i, 'x', false, '', '', false, true, now(), 'u' || i, 'u' || i || '@example.com', 'u' || i,
    'u' || i || '@example.com', 0 FROM generate_series(1, {customers}) i;
INSERT INTO catalog_category (id, name, slug, parent_id, position, is_published)
SELECT i, 'Category ' || i, 'category-' || i, CASE WHEN i > 10 THEN 1 + i % 10 END, 0, true
FROM generate_series(1, 110) i;
INSERT INTO catalog_categorylink (category_id, above_id)
SELECT id, id FROM catalog_category UNION ALL
SELECT id, parent_id FROM catalog_category WHERE parent_id IS NOT NULL;
INSERT INTO catalog_product (id, name, slug, description, keywords, brand, category_id, price,
    compare_at_price, stock, sold, is_published)
SELECT i, initcap((ARRAY{colours})[1 + i % 10] || ' ' || (ARRAY{materials})[1 + i / 10 % 10]
    || ' ' || (ARRAY{things})[1 + i / 100 % 50]) || ' ' || i, 'product-' || i,
    repeat('Made for the benchmark. ', 10), 'brand' || i % 100 || ' tag' || i % 200 || ' SKU-' || i,
    'Brand ' || i % 100, 11 + i * 7 % 100, 1 + i * 37 % 20000 / 100.0,
    CASE WHEN i % 50 = 0 THEN 250 END, 1000000 - 2 * {orders} / {plain}, i * 31 % 1000, true
FROM generate_series(1, {products}) i;
SELECT setval(pg_get_serial_sequence('catalog_product', 'id'), 10000000);
UPDATE catalog_product SET has_variants = true, options = '["Size"]', stock = 0
WHERE id > {plain};
INSERT INTO catalog_product (name, description, parent_id, options, category_id, price, stock,
    is_published)
SELECT name || ' – ' || size, '', id, jsonb_build_array(size), category_id, price, 5, true
FROM catalog_product, generate_series(30, 52, 2) size WHERE has_variants;
INSERT INTO catalog_stockmovement (product_id, kind, delta, reason)
SELECT id, 'initial', 5, '' FROM catalog_product WHERE parent_id IS NOT NULL;
INSERT INTO catalog_pricechange (product_id, price) SELECT id, price FROM catalog_product;
INSERT INTO catalog_producttag (product_id, tag)
SELECT id, 'tag' || id % 200 FROM catalog_product WHERE parent_id IS NULL;
INSERT INTO catalog_attribute (id, name, slug, kind, choices) VALUES
    (1, 'Litres', 'litres', 'number', '[]'), (2, 'Material', 'material', 'text', '[]');
INSERT INTO catalog_productattribute (product_id, attribute_id, number, text)
SELECT id, 1, id % 100 / 10.0, NULL FROM catalog_product WHERE parent_id IS NULL UNION ALL
SELECT id, 2, NULL, 'Material ' || id % 500 FROM catalog_product WHERE parent_id IS NULL;
INSERT INTO catalog_stockmovement (product_id, kind, delta, reason)
SELECT i, 'initial', 1000000, '' FROM generate_series(1, {plain}) i;
INSERT INTO cart_cart (id, user_id, status)
SELECT i, 1 + i % {customers}, 'ordered' FROM generate_series(1, {orders}) i;
INSERT INTO cart_cart (id, user_id, status)
SELECT {orders} + i, i, 'open' FROM generate_series(1, {customers}, 2) i;
INSERT INTO cart_cartitem (cart_id, product_id, quantity)
SELECT {orders} + i, 1 + (i + n) % {plain}, 1
FROM generate_series(1, {customers}, 2) i, generate_series(1, 3) n;
INSERT INTO orders_order (id, user_id, cart_id, status, total, amount_paid, currency, paid_at,
    created_at)
SELECT i, 1 + i % {customers}, i, 'paid', 20, 20, 'USD', now(), now() - i * interval '1 second'
FROM generate_series(1, {orders}) i;
INSERT INTO orders_orderitem (order_id, product_id, name, unit_price, quantity, line_total)
SELECT i, 1 + (i + n) % {plain}, 'Product', 10, 1, 10
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
    'cart_cart', 'orders_order']) name;
VACUUM ANALYZE;
"""


def main() -> int:
    """Create a database of each size, and measure each in a new process."""
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
    import django  # noqa: PLC0415 - the parent process has no settings

    django.setup()
    from bench.growth_requests import Shopper  # noqa: PLC0415 - as above

    products, customers, orders = _SIZES[size]
    start = time.perf_counter()
    sizes = {"products": products, "plain": products // 2, "customers": customers}
    _load(script(orders=orders, **sizes))
    manage(dict(os.environ), "index_products")
    manage(dict(os.environ), "complete_catalog")
    sys.stdout.write(
        f"\n{products:,} products, {orders:,} orders "
        f"(loaded in {time.perf_counter() - start:.0f} s)\n"
    )
    shopper = Shopper(customers)
    for name, request in shopper.requests().items():
        sys.stdout.write(f"{name:48} {1000 * _time(request):8.1f} ms\n")
        sys.stdout.flush()
    start = time.perf_counter()
    manage(dict(os.environ), "audit")
    sys.stdout.write(f"{'manage.py audit':32} {1000 * (time.perf_counter() - start):8.0f} ms\n")
    if plans:
        Path(plans).write_text(shopper.plans())


def script(*, products: int, plain: int, customers: int, orders: int) -> str:
    """Return the statements that fill a database. ``plain`` products have no variants."""
    sizes = {"products": products, "plain": plain, "customers": customers, "orders": orders}
    return _LOAD.format(**sizes, **WORDS)


def _load(statements: str) -> None:
    from django.db import connection  # noqa: PLC0415 - as above

    for statement in statements.split(";\n"):
        if statement.strip():
            with connection.cursor() as cursor:
                cursor.execute(statement)


def _time(request: Callable[[], Any]) -> float:
    """Return the median time of a request, in seconds, without the first two."""
    times = []
    for _ in range(_REPEAT + 2):
        start = time.perf_counter()
        request()
        times.append(time.perf_counter() - start)
    return median(times[2:])


if __name__ == "__main__":
    raise SystemExit(main())
