"""Fills a migrated database, of this working tree or of another one.

``bench.against`` runs this very file in the working tree of another commit too, so it imports
nothing of the shop: it finds the models by their labels, which no migration changes.
"""

import json
import sys
from typing import Any

import django
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import connection

_DESCRIPTION = "Made for the benchmark: some two hundred letters, as a short description has. " * 3


def fill(products: int, customers: int, password: str) -> dict[str, list[Any]]:
    """Create products that no run sells out, and customers; return their ids and usernames."""
    usernames = [f"customer{number}" for number in range(customers)]
    _create_customers(usernames, make_password(password))
    product_ids = _create_products(products)
    with connection.cursor() as cursor:
        # As autovacuum would do soon: PostgreSQL would keep the plans that it made for tables
        # known to be empty, and read them from end to end, however they grew.
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
    for name in usernames:  # save() fills the keys under which a name and an address are unique
        user(username=name, email=f"{name}@example.com", password=password_hash).save()


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(fill(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])))
