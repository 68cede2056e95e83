"""Fills an empty database: ``python -m oscar_shop.fill PRODUCTS CUSTOMERS PASSWORD``."""

import sys

import django

django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402 - needs the settings
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from oscar.core.loading import get_model  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

_DESCRIPTION = "Made for the benchmark: some two hundred letters, as a short description has. " * 3


def main(products: int, customers: int, password: str) -> None:
    """Create products and customers. The token of a customer contains its number.

    All have the same password, with the default hash of Django.
    """
    password_hash = make_password(password)
    call_command("migrate", verbosity=0)
    _stock(products)
    get_model("address", "Country").objects.create(
        iso_3166_1_a2="NL", printable_name="Netherlands", is_shipping_country=True
    )
    for number in range(customers):
        user = User.objects.create(username=f"customer{number}", password=password_hash)
        Token.objects.create(user=user, key=f"token{number}")
        get_model("analytics", "UserRecord").objects.create(user=user)
    with connection.cursor() as cursor:
        # Only the filled tables, as in bench.fill.
        cursor.execute(
            "ANALYZE auth_user, authtoken_token, catalogue_product, partner_stockrecord,"
            " analytics_userrecord"
        )


def _stock(products: int) -> None:
    kind = get_model("catalogue", "ProductClass").objects.create(name="Thing")
    partner = get_model("partner", "Partner").objects.create(name="Partner")
    product, record = get_model("catalogue", "Product"), get_model("partner", "StockRecord")
    made = product.objects.bulk_create(
        product(
            title=f"Product {number}",
            slug=f"product-{number}",
            upc=f"{number}",
            description=_DESCRIPTION,
            product_class=kind,
        )
        for number in range(products)
    )
    record.objects.bulk_create(
        record(
            product=one,
            partner=partner,
            partner_sku=f"{number}",
            price=f"{number % 200 + 1}.50",
            num_in_stock=100_000_000,
        )
        for number, one in enumerate(made)
    )
    # Counters of sales exist, as in a shop with orders. If two requests create a counter at the
    # same time, one of them is a 500.
    counter = get_model("analytics", "ProductRecord")
    counter.objects.bulk_create(counter(product=one) for one in made)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
