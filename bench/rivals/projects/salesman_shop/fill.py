"""Fills an empty database: ``python -m salesman_shop.fill PRODUCTS CUSTOMERS PASSWORD``."""

import sys

import django

django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402 - needs the settings
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

from salesman_shop.models import Product  # noqa: E402

_DESCRIPTION = "Made for the benchmark: some two hundred letters, as a short description has. " * 3


def main(products: int, customers: int, password: str) -> None:
    """Create products and customers. The token of a customer contains its number.

    All have the same password, with the default hash of Django.
    """
    password_hash = make_password(password)
    call_command("migrate", run_syncdb=True, verbosity=0)
    Product.objects.bulk_create(
        Product(
            name=f"Product {number}",
            description=_DESCRIPTION,
            price=f"{number % 200 + 1}.50",
            stock=100_000_000,
        )
        for number in range(products)
    )
    for number in range(customers):
        user = User.objects.create(username=f"customer{number}", password=password_hash)
        Token.objects.create(user=user, key=f"token{number}")
    with connection.cursor() as cursor:
        # Only the filled tables, as in bench.fill.
        cursor.execute("ANALYZE auth_user, authtoken_token, salesman_shop_product")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
