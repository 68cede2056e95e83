"""Fills a migrated database, of this working tree or of another one.

``bench.against`` also runs this file in the working tree of another commit. So it does not import
modules of the shop, and finds the models by their labels, which do not change.
"""

import json
import sys
from typing import Any

import django
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.management import call_command, get_commands
from django.db import connection

_DESCRIPTION = "Made for the benchmark: some two hundred letters, as a short description has. " * 3


def fill(products: int, customers: int, password: str) -> dict[str, list[Any]]:
    """Create products with enough stock for every run, and customers; return ids and usernames."""
    usernames = [f"customer{number}" for number in range(customers)]
    _create_customers(usernames, make_password(password))
    product_ids = _create_products(products)
    if "index_products" in get_commands():  # unless it is an earlier release
        call_command("index_products", stdout=sys.stderr)
    with connection.cursor() as cursor:
        # Without statistics, PostgreSQL would prepare plans for empty tables and keep them.
        cursor.execute("ANALYZE accounts_user, catalog_product")
    return {"product_ids": product_ids, "usernames": usernames}


def _create_products(number: int) -> list[int]:
    product = apps.get_model("catalog", "Product")
    product.objects.bulk_create(
        (
            product(
                name=f"Product {index}",
                description=_DESCRIPTION,
                price=f"{index % 200 + 1}.50",
                stock=100_000_000,
            )
            for index in range(number)
        ),
        batch_size=5000,
    )
    return list(product.objects.order_by("pk").values_list("pk", flat=True))


def _create_customers(usernames: list[str], password_hash: str) -> None:
    user = get_user_model()
    for name in usernames:  # save() sets the unique keys of name and address
        user(username=name, email=f"{name}@example.com", password=password_hash).save()


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(fill(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])))
